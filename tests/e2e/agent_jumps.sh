#!/usr/bin/env bash
# Threads that are led out of the midst of the agent's own doing, at any instruction of it in a free() of another class's memory
# (the processor's trap flag raises SIGTRAP): what they do later is seen as ever.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

export ARENATOP_CONF=interval_ms:100

if [ "$(uname -m)" != x86_64 ]; then
    skip "jumps out of a free" "no trap flag on this processor"
    done_testing
fi

# By a jump (siglongjmp), or because it is a vfork child's doing, which is killed. Then the thread is renamed, or ends by the
# kernel's own exit(2), whereupon its memory is unmapped.
cat >left.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
enum { BLOCKS = 40, STACK = 1 << 20 };
static int by_child, exits;
static volatile long at, left, done;
static long *steps;
static sigjmp_buf back;
static void *volatile given[BLOCKS], *volatile kept;
static void trapped(int number, siginfo_t *info, void *context) {
    Dl_info where;
    void *pc = (void *)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    if (dladdr(pc, &where) == 0 || strstr(where.dli_fname, "libarenatop") == NULL || ++*steps != at) return;
    left++;
    if (by_child) kill(getpid(), SIGKILL);
    siglongjmp(back, 1);
}
static void *gives(void *u) {
    for (int i = 0; i < BLOCKS; i++) given[i] = malloc(100);
    return u;
}
static void free_stepping(void *block) {
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
    free(block);
    __asm__ volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc");
}
static void *leaves(void *u) {
    prctl(PR_SET_NAME, "old");
    free(malloc(100));
    for (int i = 1; i < BLOCKS; i++) free(given[i]);
    *steps = 0;
    if (sigsetjmp(back, 1) == 0) {
        if (!by_child || vfork() == 0) free_stepping(given[0]);
        if (by_child && getpid() != *(pid_t *)u) _exit(0);
    }
    done = *steps < at;
    if (exits) syscall(SYS_exit, 0);
    prctl(PR_SET_NAME, "new");
    free(malloc(100));
    kept = malloc(1000);
    return u;
}
int main(int argc, char **argv) {
    pid_t own = getpid();
    pthread_attr_t placed;
    pthread_t thread;
    by_child = strcmp(argv[1], "child") == 0, exits = strcmp(argv[1], "exits") == 0;
    steps = mmap(NULL, sizeof *steps, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    dladdr(main, &(Dl_info){0});
    sigaction(SIGTRAP, &(struct sigaction){.sa_sigaction = trapped, .sa_flags = SA_SIGINFO}, NULL);
    for (at = 1; !done; at++) {
        pthread_create(&thread, NULL, gives, NULL);
        pthread_join(thread, NULL);
        void *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        pthread_attr_init(&placed);
        pthread_attr_setstack(&placed, stack, STACK);
        pthread_create(&thread, &placed, leaves, &own);
        pthread_join(thread, NULL);
        munmap(stack, STACK);
    }
    printf("%ld\n", at - 1);
    fflush(stdout);
    pause();
}
END
cc -w -mno-red-zone -o left left.c
for way in jump child exits; do
    start "$way" env LD_PRELOAD="$AGENT $JEMALLOC" ./left "$way"
    check "$way: a thread is led out of every step of a free" wait_for "the last" grep -q . "$way.out"
    times=$(cat "$way.out")
    check "$way: there are many" test "$times" -gt 30
    if [ "$way" = exits ]; then
        check "exits: the thread's books are closed, and nothing is read of what is gone" wait_dump "$pid" left.json \
            '.seq > 3 and (.classes[] | select(.name == "old") | .threads == 0 and .threads_total == '"$times)"
    else
        check "$way: then it follows its name" wait_dump "$pid" left.json \
            '.seq > 3 and (.classes[] | select(.name == "new") | .threads == 0 and .threads_total == '"$times)"
    fi
    stop "$pid"
done

# A thread that is at its end already, and is ended there once more, by a handler that calls pthread_exit.
cat >ended.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <ucontext.h>
#include <unistd.h>
enum { BLOCKS = 40, STACK = 1 << 20, NEAR = 1 << 20 };
static int allocates;
static char *agent;
static volatile long at, done;
static volatile long steps, began, readied;
static void *volatile given[BLOCKS];
static pthread_key_t last_key;
static int (*set_unseen)(pthread_key_t, const void *);
static void trapped(int number, siginfo_t *info, void *context) {
    Dl_info where;
    const ucontext_t *at_context = context;
    void *pc = (void *)at_context->uc_mcontext.gregs[REG_RIP];
    if ((size_t)((char *)pc - agent) >= NEAR || dladdr(pc, &where) == 0 || (char *)where.dli_fbase != agent) {
        readied |= began;
        return;
    }
    began = 1;
    if (!readied) return; /* until the first call of libc's returns nobody could do anything about it */
    if (sigismember(&at_context->uc_sigmask, SIGUSR1)) return; /* no handler would come here */
    if (++steps == at) pthread_exit(NULL);
}
static void step(void) {
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
}
static void stop_stepping(void *u) { /* where the agent's key and jemalloc's have been */
    __asm__ volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc");
    done = steps < at;
}
static void *gives(void *u) {
    for (int i = 0; i < BLOCKS; i++) given[i] = malloc(100);
    return u;
}
static void *ends(void *u) {
    prctl(PR_SET_NAME, "ends");
    free(allocates ? given[0] : NULL);
    free(allocates ? malloc(5000) : NULL);
    set_unseen(last_key, u);
    step();
    return u;
}
int main(int argc, char **argv) {
    pthread_attr_t placed;
    pthread_t thread;
    allocates = strcmp(argv[1], "allocates") == 0;
    set_unseen = dlsym(dlopen("libc.so.6", RTLD_LAZY), "pthread_setspecific");
    pthread_key_create(&last_key, stop_stepping);
    Dl_info hook;
    dladdr(dlsym(RTLD_DEFAULT, "pthread_create"), &hook);
    agent = hook.dli_fbase;
    sigaction(SIGTRAP, &(struct sigaction){.sa_sigaction = trapped, .sa_flags = SA_SIGINFO}, NULL);
    for (at = 1; !done; at++) {
        steps = began = readied = 0;
        pthread_create(&thread, NULL, gives, NULL);
        pthread_join(thread, NULL);
        void *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        pthread_attr_init(&placed);
        pthread_attr_setstack(&placed, stack, STACK);
        pthread_create(&thread, &placed, ends, &thread);
        pthread_join(thread, NULL);
        munmap(stack, STACK);
    }
    printf("%ld\n", at - 1);
    fflush(stdout);
    pause();
}
END
cc -w -o ended ended.c
for way in waits allocates; do
    start "$way" env LD_PRELOAD="$AGENT $JEMALLOC" ./ended "$way"
    check "$way: a thread is ended at every step of its end" wait_for "the last" grep -q . "$way.out"
    times=$(cat "$way.out")
    check "$way: there are many" test "$times" -gt 100
    check "$way: its books are closed, others begin and end, and snapshots are taken" wait_dump "$pid" ended.json \
        '.seq > 3 and (.classes[] | select(.name == "ends") | .threads <= 1 and .threads_total == '"$times)"
    stop "$pid"
done
done_testing
