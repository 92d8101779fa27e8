#!/usr/bin/env bash
# What once hurt a host or a figure, and must not again: each case a small program of its own.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

export ARENATOP_CONF=interval_ms:100

# One huge allocation that fails is no reason to doubt a class.
cat >huge.c <<'END'
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(void) {
    void *volatile block = malloc((size_t)200 << 40);
    printf("%s %d\n", block == NULL ? "NULL" : "?", errno);
    fflush(stdout);
    pause();
}
END
cc -w -o huge huge.c
start huge env LD_PRELOAD="$AGENT $JEMALLOC" ./huge
wait_for "a huge allocation" grep -q . huge.out
check "a huge allocation fails as ever" equal "NULL 12" "$(cat huge.out)"
check "and leaves the class exact" wait_dump "$pid" huge.json '.seq > 2 and all(.classes[]; .mode == "exact")'
stop "$pid"

# Memory is left in a vanished thread's cache by a fork; the child, which has one thread, forks again when it is watched.
cat >twice.c <<'END'
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static sem_t filled;
static void *fill(void *u) {
    for (int i = 0; i < 100; i++) { void *volatile p = malloc(1000); free(p); }
    sem_post(&filled);
    pause();
    return u;
}
static void tell(void) { printf("%d\n", getpid()); fflush(stdout); }
int main(void) {
    pthread_t thread;
    char line;
    sem_init(&filled, 0, 0);
    pthread_create(&thread, NULL, fill, NULL);
    sem_wait(&filled);
    if (fork() == 0) {
        tell();
        if (read(0, &line, 1) == 1 && fork() == 0) tell();
        pause();
    }
    pthread_join(thread, NULL);
}
END
cc -o twice twice.c
mkfifo twice.in
start twice env LD_PRELOAD="$AGENT $JEMALLOC" ./twice
has_told() { # TIMES
    [ "$(wc -l <twice.out)" -ge "$1" ]
}
wait_for "a child" has_told 1
check "a child is watched" wait_dump "$(cat twice.out)" child.json
echo 1<>twice.in
wait_for "a grandchild" has_told 2
grandchild=$(tail -n 1 twice.out)
check "a grandchild's books close" wait_dump "$grandchild" grand.json \
    '.seq > 3 and (.process | .moved == 0 and .unexplained == 0)'
check "what the first fork stranded is not forgotten" holds grand.json '.process.stranded > 0'
check "it has one thread" holds grand.json '([.classes[].threads] | add) == 1 and all(.classes[]; .threads <= 1)'
mapfile -t family < <(pgrep -g "$pid")
kill -KILL -- "-$pid" 2>/dev/null
stop "$pid" KILL
for one in "${family[@]}"; do
    rm -f "/dev/shm/arenatop.$one".*
done

# Static TLS is taken out of each thread's stack, the agent's too.
cat >tls.c <<'END'
#include <string.h>
#include <unistd.h>
static __thread char large[180 << 10];
int main(void) { memset(large, 1, sizeof large); sleep(600); return large[5]; }
END
cc -o tls tls.c
start tls env LD_PRELOAD="$AGENT $JEMALLOC" ./tls
check "a program with large TLS is watched" wait_dump "$pid" tls.json
stop "$pid"

# A library whose fork handlers take a lock that threads hold while they are renamed; and one whose keys allocate at a
# thread's end. Both are older than the agent's constructor.
cat >library.c <<'END'
#include <pthread.h>
#include <stdlib.h>
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t key;
static void take(void) { pthread_mutex_lock(&lock); }
static void give(void) { pthread_mutex_unlock(&lock); }
static void end(void *p) { void *volatile more = malloc(1000); free(more); free(p); }
__attribute__((constructor)) static void begin(void) { pthread_atfork(take, give, give); pthread_key_create(&key, end); }
void with_lock(void (*what)(int), int i) { take(); what(i); give(); }
void use_key(void) { pthread_setspecific(key, malloc(100)); }
END
cat >uses.c <<'END'
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
void with_lock(void (*what)(int), int i);
void use_key(void);
static volatile int stop;
static void rename_self(int i) { char name[16]; snprintf(name, sizeof name, "n%c", 'a' + i % 7); pthread_setname_np(pthread_self(), name); }
static void *renames(void *u) { for (int i = 0; !stop; i++) { with_lock(rename_self, i); usleep(200); } return u; }
static void *ends(void *u) { use_key(); return u; }
int main(void) {
    pthread_t thread, other;
    pthread_create(&thread, 0, renames, 0);
    for (int i = 0; i < 300; i++) {
        pid_t child = fork();
        if (child == 0) _exit(0);
        waitpid(child, 0, 0);
        pthread_create(&other, 0, ends, 0);
        pthread_join(other, 0);
    }
    stop = 1;
    pthread_join(thread, 0);
    puts("done");
    fflush(stdout);
    pause();
}
END
cc -shared -fPIC -o library.so library.c && cc -o uses uses.c -L. -l:library.so -Wl,-rpath,.
start uses env LD_PRELOAD="$AGENT $JEMALLOC" ./uses
check "fork and a library's fork handlers do not wait for each other" wait_for "three hundred forks" grep -q 'done' uses.out
check "what a key's destructor allocates is booked where it lies" wait_dump "$pid" uses.json \
    '.seq > 3 and .process.unexplained == 0 and (.classes[] | select(.name == "ends()") | .live == 0 and .alloc_bytes > 0)'
stop "$pid"

# percpu_arena forbids the way back to an automatic arena: the thread stays in its class.
cat >back.c <<'END'
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
static void *volatile block[1000];
static void *work(void *u) {
    pthread_setname_np(pthread_self(), "busy");
    for (int i = 0; i < 1000; i++) block[i] = malloc(10000);
    pthread_setname_np(pthread_self(), "idle");
    for (int i = 0; i < 1000; i++) free(block[i]);
    for (int i = 0; i < 1000; i++) block[i] = malloc(10000);
    for (int i = 0; i < 1000; i++) free(block[i]);
    pause();
    return u;
}
int main(void) { pthread_t t; pthread_create(&t, 0, work, 0); pthread_join(t, 0); }
END
cc -o back back.c
start back env MALLOC_CONF=percpu_arena:percpu ARENATOP_RULES='- name=idle*' LD_PRELOAD="$AGENT $JEMALLOC" ./back
check "a thread that cannot leave its arena keeps its class" wait_dump "$pid" back.json \
    '.seq > 3 and .process.unexplained == 0 and (.classes[] | select(.name == "busy") | .threads == 1 and .live == 0)'
stop "$pid"

# A library whose fork handler, older than the agent's, makes a thread in the child: it is counted, and outlives the main one.
cat >helper.c <<'END'
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static sem_t begun;
pthread_t helper;
static void *help(void *u) {
    char line;
    free(malloc(1000));
    sem_post(&begun);
    if (read(0, &line, 1) != 1 || line == 'q') return u;
    for (;;) pause();
}
static void child(void) { pthread_create(&helper, 0, help, 0); sem_wait(&begun); }
__attribute__((constructor)) static void begin(void) { sem_init(&begun, 0, 0); pthread_atfork(0, 0, child); }
END
cat >helped.c <<'END'
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
extern pthread_t helper;
int main(int argc, char **argv) {
    pid_t pid = fork();
    if (pid != 0) return waitpid(pid, 0, 0) != pid;
    printf("%d\n", getpid());
    fflush(stdout);
    if (argc > 1) pthread_exit(0);
    pthread_join(helper, 0);
    pause();
}
END
cc -shared -fPIC -o helper.so helper.c && cc -o helped helped.c -L. -l:helper.so -Wl,-rpath,.
begin_helped() { # WORD...
    rm -f helped.in helped.out
    mkfifo helped.in
    start helped env LD_PRELOAD="$AGENT $JEMALLOC" ./helped "$@"
    wait_for "the child" grep -q . helped.out
    child=$(cat helped.out)
}
end_helped() {
    kill -KILL "$child" 2>/dev/null
    wait_for "its end" gone "$pid"
    stop "$pid"
    rm -f "/dev/shm/arenatop.$child".*
}
readonly by_class='([.classes[] | select(.threads > 0) | "\(.name) \(.threads)"] | sort)'
begin_helped
check "a thread of a library's fork handler is counted" wait_dump "$child" helped.json \
    "$by_class"' == ["help() 1", "main 1"] and (.process | .moved == 0 and .unexplained == 0)'
echo q 1<>helped.in
check "and its end" wait_dump "$child" helped.json "$by_class"' == ["main 1"] and all(.arenas[]; .threads <= 1)'
end_helped
begin_helped alone
check "it outlives the main thread" wait_dump "$child" helped.json "$by_class"' == ["help() 1"]'
check "and is watched on" next_dump "$child" later.json
end_helped

# One that makes a thread there and sees it end: libc unmaps the stacks of most threads that the child has not, where their
# counters were, and gave it that of another.
cat >joiner.c <<'END'
#include <pthread.h>
static void *begin_and_end(void *u) { return u; }
static void child(void) { pthread_t id; if (pthread_create(&id, 0, begin_and_end, 0) == 0) pthread_join(id, 0); }
__attribute__((constructor)) static void begin(void) { pthread_atfork(0, 0, child); }
void joiner(void) {}
END
cat >joined.c <<'END'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
void joiner(void);
static pthread_barrier_t working;
static void *volatile kept[16];
void *work(void *slot) {
    *(void *volatile *)slot = malloc(1000000);
    pthread_barrier_wait(&working);
    for (;;) pause();
}
int main(void) {
    joiner();
    pthread_barrier_init(&working, 0, 17);
    pthread_attr_t large;
    pthread_attr_init(&large);
    pthread_attr_setstacksize(&large, 8 << 20);
    for (int i = 0; i < 16; i++) { pthread_t id; if (pthread_create(&id, &large, work, (void *)&kept[i]) != 0) return 1; }
    pthread_barrier_wait(&working);
    pid_t pid = fork();
    if (pid == 0) for (;;) pause();
    printf("%d\n", pid);
    fflush(stdout);
    int status;
    return waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status) || WTERMSIG(status) != 9;
}
END
cc -shared -fPIC -o joiner.so joiner.c && cc -o joined joined.c -L. -l:joiner.so -Wl,-rpath,.
start joined env LD_PRELOAD="$AGENT $JEMALLOC" ./joined
wait_for "the child" grep -q . joined.out
child=$(cat joined.out)
check "the threads' memory is in the child's books" wait_dump "$child" joined.json '(.process | .moved == 0 and .unexplained == 0)
    and ([.classes[] | select(.name == "work()") | .live] == [16 * 1048576])'
kill -KILL "$child"
wait_for "its end" gone "$pid"
stop "$pid"
check "the child did not crash" equal 0 "$status"
rm -f "/dev/shm/arenatop.$child".*

# A server's beginning: it makes threads, and closes what it has inherited meanwhile. A file that the agent had open in one
# of its threads would have had a number that the program goes on with, and a child of a fork would keep it. The program's
# own open() is asked first by everybody.
cat >opens.c <<'END'
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static int watching;
static const char *process = "";
static void note(const char *path) {
    char name[16];
    prctl(PR_GET_NAME, name);
    if (watching && strcmp(name, "arenatop") != 0) { printf("%s%s opens %s\n", process, name, path); fflush(stdout); }
}
int open(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    int mode = va_arg(more, int);
    note(path);
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
int openat(int folder, const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    int mode = va_arg(more, int);
    note(path);
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}
static void *first(void *u) { pause(); return u; }
static void *second(void *u) { return u; }
static void *third(void *u) { pause(); return u; }
int main(int argc, char **argv) {
    pthread_t thread;
    watching = 1;
    for (int i = 0; i < 3; i++) pthread_create(&thread, 0, first, 0);
    pthread_create(&thread, 0, second, 0);
    pthread_join(thread, 0);
    pid_t child = fork();
    if (child == 0) {
        process = "child: ";
        for (int i = 0; i < 3; i++) pthread_create(&thread, 0, third, 0);
        pthread_create(&thread, 0, second, 0);
        pthread_join(thread, 0);
        if (argc > 1) _exit(0);
        printf("%d\n", getpid());
        fflush(stdout);
        pause();
    }
    if (argc > 1) { waitpid(child, 0, 0); return 0; }
    pause();
}
END
cc -o opens opens.c -Wl,--export-dynamic-symbol=open -Wl,--export-dynamic-symbol=openat
start opens env LD_PRELOAD="$AGENT $JEMALLOC" ./opens
wait_for "a child" grep -qx '[0-9]*' opens.out
child=$(grep -x '[0-9]*' opens.out)
check "the agent opens no file in a thread of the program's" equal "$child" "$(cat opens.out)"
check "threads of the beginning have the names of their routines" wait_dump "$pid" opens.json \
    '([.classes[] | select(.threads_total > 0) | "\(.name) \(.threads_total)"] | sort) == ["first() 3", "main 1", "second() 1"]'
check "a fork's child's, too" wait_dump "$child" opens.json '[.classes[] | select(.name == "third()") | .threads] == [3]'
kill -KILL "$child"
stop "$pid" KILL
rm -f "/dev/shm/arenatop.$child".*
check "nor at its end" equal "" "$(for _ in 1 2 3; do LD_PRELOAD="$AGENT $JEMALLOC" ./opens ends; done)"

# A signal's handler that renames its thread, at any instruction of the thread's own renaming (the processor's trap flag
# raises SIGTRAP; every twentieth, and others each time): it must not wait for a mutex that the thread itself holds, and its
# name, the last one, counts.
if [ "$(uname -m)" = x86_64 ]; then
    cat >each.c <<'END'
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>
enum { EVERY = 20 };
static long from, steps, handled;
static unsigned done;
static void trapped(int number) {
    (void)number;
    if (steps++ % EVERY != from) return;
    prctl(PR_SET_NAME, "old");
    handled++;
}
static __attribute__((noinline)) void rename_stepping(void) {
    steps = 0;
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
    pthread_setname_np(pthread_self(), "new");
    __asm__ volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc");
}
static void *renames(void *u) {
    pthread_setname_np(pthread_self(), "old");
    void *volatile block = malloc(100);
    rename_stepping();
    free(block); /* a name that came meanwhile is looked at */
    block = malloc(100);
    __atomic_add_fetch(&done, 1, __ATOMIC_RELAXED);
    pause();
    return u;
}
int main(void) {
    pthread_t thread;
    signal(SIGTRAP, trapped);
    for (; from < EVERY; from++) {
        pthread_create(&thread, NULL, renames, NULL);
        while (__atomic_load_n(&done, __ATOMIC_RELAXED) == from) usleep(100);
    }
    printf("%ld\n", handled);
    fflush(stdout);
    pause();
}
END
    cc -mno-red-zone -o each each.c
    start each env LD_PRELOAD="$AGENT $JEMALLOC" ./each
    check "a handler renames the thread at any moment of its renaming" wait_for "the last" grep -q . each.out
    check "hundreds of times" test "$(cat each.out)" -gt 300
    check "and the last name counts" wait_dump "$pid" each.json \
        '[.classes[] | select(.name == ("new", "old")) | [.name, .threads]] == [["old", 20]]'
    check "and the books close" wait_dump "$pid" each.json '.process | .moved == 0 and .unexplained == 0'
    stop "$pid"
fi
# A child of the kernel's own clone ends as its last thread does, which the agent sees to; of two that end together only one
# may call exit(). One is held at every third instruction of the agent's, at its end, until the other has called it.
if [ "$(uname -m)" = x86_64 ]; then
    cat >once.c <<'END'
#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
enum { EVERY = 3, PATIENCE_MS = 20 };
static struct { int exits, held; } *seen;
static uintptr_t from, to;
static long at, steps;
void exit(int status) { /* in the place of libc's: who comes second is counted, too */
    __atomic_add_fetch(&seen->exits, 1, __ATOMIC_SEQ_CST);
    usleep(PATIENCE_MS * 1000);
    _exit(status);
}
static int find(struct dl_phdr_info *info, size_t bytes, void *u) {
    if (strstr(info->dlpi_name, "libarenatop") == NULL) return 0;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD && (info->dlpi_phdr[i].p_flags & PF_X)) {
            from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            to = from + info->dlpi_phdr[i].p_memsz;
        }
    return 1;
}
static void trapped(int number, siginfo_t *info, void *context) {
    ucontext_t *there = context;
    uintptr_t rip = there->uc_mcontext.gregs[REG_RIP];
    if (rip < from || rip >= to || ++steps < at) return;
    there->uc_mcontext.gregs[REG_EFL] &= ~0x100;
    __atomic_store_n(&seen->held, 1, __ATOMIC_SEQ_CST);
    for (int i = 0; i < PATIENCE_MS && __atomic_load_n(&seen->exits, __ATOMIC_SEQ_CST) == 0; i++)
        syscall(SYS_nanosleep, &(struct timespec){0, 1000000}, NULL);
}
static void *leaves(void *u) {
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
    return u;
}
static int child(void) {
    pthread_t thread;
    int status, pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0) {
        pthread_create(&thread, NULL, leaves, NULL);
        for (int i = 0; i < 100 && !__atomic_load_n(&seen->held, __ATOMIC_SEQ_CST); i++) usleep(1000);
        pthread_exit(NULL);
    }
    waitpid(pid, &status, 0);
    return seen->held;
}
int main(void) {
    int many = 0, none = 0;
    seen = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    dl_iterate_phdr(find, NULL);
    sigaction(SIGTRAP, &(struct sigaction){.sa_sigaction = trapped, .sa_flags = SA_SIGINFO}, NULL);
    for (at = 1;; at += EVERY) {
        seen->exits = seen->held = 0;
        if (!child()) break;
        many += seen->exits > 1;
        none += seen->exits == 0;
    }
    printf("%d twice, %d never, of many: %d\n", many, none, at > 100);
    fflush(stdout);
    _exit(0);
}
END
    cc -w -rdynamic -mno-red-zone -o once once.c
    env ARENATOP_CONF=quiet:true LD_PRELOAD="$AGENT $JEMALLOC" timeout -k 5 120 ./once >once.out
    check "exit is called once in each child" equal "0 twice, 0 never, of many: 1" "$(cat once.out)"
fi

done_testing
