#!/usr/bin/env bash
# More of what once hurt a host or a figure: programs with unusual memory, ends and families.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

export ARENATOP_CONF=interval_ms:100

# Without a limit to the stack the kernel places all memory from the bottom up, amid the classes' regions: what no class owns
# was taken for some class's when it was freed.
cat >bottom.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static void *volatile block[1000];
int main(void) {
    for (int i = 0; i < 1000; i++) block[i] = malloc(5000);
    for (int i = 0; i < 1000; i++) free(block[i]);
    puts("done");
    fflush(stdout);
    pause();
}
END
cc -w -o bottom bottom.c
if (ulimit -s unlimited) 2>/dev/null; then
    # shellcheck disable=SC2016 # the inner shell's
    start bottom bash -c 'ulimit -s unlimited; LD_PRELOAD=$0 exec ./bottom' "$AGENT $JEMALLOC"
    wait_for "a program without a limit to its stack" grep -q 'done' bottom.out
    check "without a limit to the stack, nothing is called exact" wait_dump "$pid" bottom.json \
        '.seq > 3 and .agent.mode == "flow" and all(.classes[]; .mode == "flow")'
    stop "$pid"
else
    skip "without a limit to the stack" "there is a hard one"
fi

# Where the kernel makes huge pages by itself each arena's own books, some ten pages, were 2 MiB resident.
books_pages() {
    awk '/^140000000000-/ { is = 1 } is && /^VmFlags:/ { print; exit }' "/proc/$pid/smaps"
}
if [ -e /sys/kernel/mm/transparent_hugepage ]; then
    start books env LD_PRELOAD="$AGENT $JEMALLOC" "$WORKLOADS/threads" self:io_1
    wait_for "its threads" grep -qx ready books.out
    check "no huge page is made of an arena's books" matches ' nh( |$)' "$(books_pages)"
    stop "$pid"
    start books env MALLOC_CONF=metadata_thp:always LD_PRELOAD="$AGENT $JEMALLOC" "$WORKLOADS/threads" self:io_1
    wait_for "its threads" grep -qx ready books.out
    check "but where jemalloc is told to" matches ' hg( |$)' "$(books_pages)"
    stop "$pid"
else
    skip "huge pages of an arena's books" "this kernel has none"
fi

# Where memory is not overcommitted, or nobody says so for want of a /proc, jemalloc takes addresses first and pages later: what
# was said to be zero could not be read yet, and a jemalloc with --enable-debug, which does that, crashed.
cat >later.c <<'END'
#include <jemalloc/jemalloc.h>
#include <stdio.h>
#include <unistd.h>
#pragma weak mallctl
int main(void) {
    unsigned arena;
    size_t bytes = sizeof arena;
    char name[64];
    extent_hooks_t *hooks;
    bool zero = false, commit = false;
    int ends[2];
    mallctl("thread.arena", &arena, &bytes, NULL, 0);
    snprintf(name, sizeof name, "arena.%u.extent_hooks", arena);
    bytes = sizeof hooks;
    mallctl(name, &hooks, &bytes, NULL, 0);
    void *volatile block = hooks->alloc(hooks, NULL, 1 << 21, 4096, &zero, &commit, arena);
    return pipe(ends) != 0 || commit || block == NULL || (zero && write(ends[1], block, 1) != 1);
}
END
cc -w -o later later.c
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
    # shellcheck disable=SC2016 # the inner shell's
    check "what is said to be zero can be read" exits 0 unshare -m sh -c 'umount -l /proc && LD_PRELOAD=$0 exec ./later' "$AGENT $JEMALLOC"
else
    skip "what is said to be zero can be read" "needs root and namespaces"
fi

# A program that takes the hooks of a class's arena, puts its own in their place, and calls those that were there with its own
# as what they are hooks of: the agent's took what lies behind them for its own, and wrote to it.
cat >hooks.c <<'END'
#include <jemalloc/jemalloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#pragma weak mallctl
static struct { extent_hooks_t hooks; uint64_t behind[4]; } own;
static extent_alloc_t *former;
static void *pass_on(extent_hooks_t *hooks, void *at, size_t bytes, size_t alignment, bool *zero, bool *commit, unsigned arena) {
    return former(hooks, at, bytes, alignment, zero, commit, arena);
}
static void *wraps(void *u) {
    unsigned arena;
    size_t bytes = sizeof arena;
    char name[64];
    extent_hooks_t *hooks;
    mallctl("thread.arena", &arena, &bytes, NULL, 0);
    snprintf(name, sizeof name, "arena.%u.extent_hooks", arena);
    bytes = sizeof hooks;
    mallctl(name, &hooks, &bytes, NULL, 0);
    former = hooks->alloc;
    own.hooks = *hooks;
    own.hooks.alloc = pass_on;
    hooks = &own.hooks;
    mallctl(name, NULL, NULL, &hooks, sizeof hooks);
    void *volatile block = malloc(64 << 20);
    printf("%d\n", block != NULL && (own.behind[0] | own.behind[1]) == 0);
    fflush(stdout);
    pause();
    return u;
}
int main(void) { pthread_t t; pthread_create(&t, 0, wraps, 0); pthread_join(t, 0); }
END
cc -w -o hooks hooks.c
start hooks env LD_PRELOAD="$AGENT $JEMALLOC" ./hooks
wait_for "its own hooks" grep -q . hooks.out
check "what lies behind a program's own hooks is the program's" equal 1 "$(cat hooks.out)"
check "a class whose arena has the program's hooks is an estimate" wait_dump "$pid" hooks.json \
    '.seq > 3 and (.classes[] | select(.name == "wraps()") | .mode == "flow" and .why == "the program binds arenas of its own")'
check "and that is said" grep -q 'the program gave its own hooks to arena [0-9]*: class wraps() is an estimate' hooks.err
stop "$pid"

# A signal's handler that ends its thread (pthread_exit) at any instruction of the thread's own renaming (every tenth; the
# processor's trap flag raises SIGTRAP): it must not leave a lock behind for all others to wait for.
if [ "$(uname -m)" = x86_64 ]; then
    cat >leaves.c <<'END'
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
enum { EVERY = 10 };
static long at, steps;
static void leaves(int number) { (void)number; pthread_exit(NULL); }
static void trapped(int number) { (void)number; if (++steps == at) syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1); }
static void *renames(void *u) {
    (void)u;
    steps = 0;
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
    prctl(PR_SET_NAME, "new");
    __asm__ volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc");
    return &at;
}
int main(void) {
    pthread_t thread;
    void *stays = NULL;
    signal(SIGTRAP, trapped);
    signal(SIGUSR1, leaves);
    for (at = 1; stays == NULL; at += EVERY) {
        pthread_create(&thread, NULL, renames, NULL);
        pthread_join(thread, &stays);
    }
    printf("%ld\n", at);
    fflush(stdout);
    pause();
}
END
    cc -mno-red-zone -o leaves leaves.c
    start leaves env LD_PRELOAD="$AGENT $JEMALLOC" ./leaves
    check "a handler ends the thread at any moment of its renaming" wait_for "the last" grep -q . leaves.out
    check "all of them are gone" wait_dump "$pid" leaves.json \
        '.seq > 3 and ([.classes[] | select(.threads > 0) | "\(.name) \(.threads)"]) == ["main 1"] and .process.unexplained == 0'
    stop "$pid"
fi

# A handler that ends its thread at any instruction of its beginning, before its own start routine: whose locks the thread had
# then are let go, and the class does not keep it.
if [ "$(uname -m)" = x86_64 ]; then
    cat >traps.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
extern int trapping;
#pragma weak trapping
static void *(*start)(void *);
static void *argument;
static void *begins(void *u) {
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
    return start(argument);
}
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*routine)(void *), void *given) {
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = dlsym(RTLD_NEXT, "pthread_create");
    if (!&trapping || !trapping) return next(thread, attributes, routine, given);
    start = routine, argument = given;
    return next(thread, attributes, begins, given);
}
END
    cat >begins.c <<'END'
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int trapping;
static long at, steps;
static void trapped(int number) { if (++steps == at) pthread_exit(NULL); }
static void *begun(void *u) {
    __asm__ volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc");
    free(malloc(10));
    return &at;
}
static void *make(void) {
    pthread_t thread;
    void *result;
    steps = 0;
    pthread_create(&thread, NULL, begun, NULL);
    pthread_join(thread, &result);
    return result;
}
int main(void) {
    signal(SIGTRAP, trapped);
    make();
    make();
    trapping = 1;
    for (at = 1; make() == NULL; at++) {}
    trapping = 0;
    make();
    printf("%d\n", at > 300);
    fflush(stdout);
    pause();
}
END
    cc -w -shared -fPIC -o traps.so traps.c
    cc -w -rdynamic -mno-red-zone -o begins begins.c
    start begins env LD_PRELOAD="$AGENT $PWD/traps.so $JEMALLOC" ./begins
    check "a handler ends the thread at any moment of its beginning" wait_for "the last" grep -q 1 begins.out
    check "its class does not keep it" wait_dump "$pid" begins.json \
        '.seq > 3 and (.classes[] | select(.name == "begun()") | .threads < 5 and .threads_total > 10)'
    stop "$pid"
fi

# A signal's handler that names its thread amid malloc() and free(), at any instruction: jemalloc's cache of the thread, and
# its arena, are left as they are until jemalloc is done. The thread had a name (renamed), had none (first), or had its name
# while it still blocked every signal (masked); its attributes said what it does not block (given), or it let signals through by
# a jump (jumps).
if [ "$(uname -m)" = x86_64 ]; then
    cat >amid.c <<'END'
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <ucontext.h>
#include <unistd.h>
enum { BLOCKS = 60 };
static char *way;
static sigset_t all, none;
static long at, steps, twice;
static void trapped(int number, siginfo_t *info, void *context) {
    if (++steps != at) return;
    prctl(PR_SET_NAME, "new");
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~0x100; /* the rest at its own pace */
}
static void *volatile held[BLOCKS];
static void *allocates(void *u) {
    jmp_buf back;
    if (strcmp(way, "first") != 0) prctl(PR_SET_NAME, "old");
    if (strcmp(way, "given") != 0) pthread_sigmask(SIG_SETMASK, &none, NULL);
    if (strcmp(way, "jumps") == 0 && sigsetjmp(back, 1) == 0) {
        pthread_sigmask(SIG_BLOCK, &all, NULL);
        siglongjmp(back, 1);
    }
    for (int i = 0; i < BLOCKS; i++) held[i] = malloc(100);
    for (int i = 0; i < BLOCKS; i++) free(held[i]);
    steps = 0;
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
    held[0] = malloc(100);
    free(malloc(100));
    held[1] = malloc(100);
    __asm__ volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc");
    for (int i = 2; i < BLOCKS; i++) held[i] = malloc(100);
    for (int i = 0; i < BLOCKS; i++) for (int j = 0; j < i; j++) twice += held[i] == held[j];
    for (int i = 0; i < BLOCKS; i++) free(held[i]);
    return steps < at ? u : NULL;
}
int main(int argc, char **argv) {
    pthread_attr_t given;
    pthread_t thread;
    void *ended = NULL;
    way = argv[1];
    sigfillset(&all);
    sigemptyset(&none);
    pthread_attr_init(&given);
    pthread_attr_setsigmask_np(&given, &none);
    sigaction(SIGTRAP, &(struct sigaction){.sa_sigaction = trapped, .sa_flags = SA_SIGINFO}, NULL);
    for (at = 1; ended == NULL; at++) {
        if (strcmp(way, "masked") == 0 || strcmp(way, "given") == 0) pthread_sigmask(SIG_SETMASK, &all, NULL);
        pthread_create(&thread, strcmp(way, "given") == 0 ? &given : NULL, allocates, &at);
        pthread_sigmask(SIG_SETMASK, &none, NULL);
        pthread_join(thread, &ended);
    }
    printf("%ld at once for two, of many: %d\n", twice, at > 30);
    fflush(stdout);
    pause();
}
END
    cc -w -mno-red-zone -o amid amid.c
    for way in renamed first masked given jumps; do
        start "amid-$way" env LD_PRELOAD="$AGENT $JEMALLOC" ./amid "$way"
        check "$way: a handler names the thread amid malloc and free" wait_for "the last" grep -q . "amid-$way.out"
        check "$way: no block is handed out twice" equal "0 at once for two, of many: 1" "$(cat "amid-$way.out")"
        [ "$way" = first ] && old='allocates()' || old=old
        check "$way: the name counts, and the books close" wait_dump "$pid" amid.json '.seq > 3 and .process.unexplained == 0 and
            ([.classes[] | select(.name == ("new", "'"$old"'")) | [.threads_total > 30, .live]]) == [[true, 0], [true, 0]]'
        stop "$pid"
    done
fi

# Threads that the kernel has and that have not come to their first instruction of ours: they are not unseen.
cat >holds.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
extern int hold;
#pragma weak hold
static struct held { void *(*start)(void *); void *argument; } held[4];
static int count;
static void *waits(void *argument) {
    struct held *one = argument;
    while (access("let-go", F_OK) != 0) usleep(1000);
    return one->start(one->argument);
}
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = dlsym(RTLD_NEXT, "pthread_create");
    if (!&hold || !hold) return next(thread, attributes, start, argument);
    held[count] = (struct held){start, argument};
    return next(thread, attributes, waits, &held[count++]);
}
END
cat >held.c <<'END'
#include <pthread.h>
#include <unistd.h>
int hold;
static void *idle(void *u) { pause(); return u; }
int main(void) {
    pthread_t thread;
    hold = 1;
    for (int i = 0; i < 4; i++) pthread_create(&thread, 0, idle, 0);
    pause();
}
END
cc -shared -fPIC -o holds.so holds.c
cc -rdynamic -o held held.c
start held env LD_PRELOAD="$AGENT $PWD/holds.so $JEMALLOC" ./held
threads() { # RUNNING
    wait_dump "$pid" held.json '.seq > '"$2"' and .agent.threads_unseen == 0 and
        ([.classes[] | select(.name == "idle()") | .threads] | add // 0) == '"$1"
}
check "threads that are being made are not unseen" threads 0 3
: >let-go
check "nor when they have begun" threads 4 6
stop "$pid"

# A program that switches jemalloc's own threads on and off: while it waits for their end it holds locks that they must not
# need for the agent's sake. And handlers of signals that come when jemalloc, which makes them, lets signals through again
# name its thread (names).
cat >switches.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <jemalloc/jemalloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#pragma weak mallctl
static __thread int named_amid;
static unsigned named;
static void names(int number) {
    char name[] = "a";
    (void)number;
    name[0] += named++ % 26;
    prctl(PR_SET_NAME, name);
}
int pthread_sigmask(int how, const sigset_t *set, sigset_t *before) {
    int (*next)(int, const sigset_t *, sigset_t *) = dlsym(RTLD_NEXT, "pthread_sigmask");
    if (named_amid) raise(SIGUSR1);
    return next(how, set, before);
}
static void *switches(void *way) {
    prctl(PR_SET_NAME, "switches");
    named_amid = strcmp(way, "names") == 0;
    for (int i = 0; i < 60; i++) {
        bool on = i % 2 == 0;
        mallctl("background_thread", NULL, NULL, &on, sizeof on);
    }
    named_amid = 0;
    return way;
}
int main(int argc, char **argv) {
    pthread_t thread;
    signal(SIGUSR1, names);
    pthread_create(&thread, NULL, switches, argv[1]);
    pthread_join(thread, NULL);
    printf("%d\n", named >= 30);
    fflush(stdout);
    pause();
}
END
cc -w -rdynamic -o switches switches.c
for way in quietly names; do
    start "$way" env LD_PRELOAD="$AGENT $JEMALLOC" ./switches "$way"
    check "$way: jemalloc's own threads are switched on and off" wait_for "the last time" grep -q . "$way.out"
    stop "$pid"
done
check "it was named amid them" equal "0 1" "$(cat quietly.out) $(cat names.out)"

# jemalloc's own threads, of which the first makes the others: what it allocates for them is in the books, though it is never
# asked.
cat >classes.c <<'END'
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static void *volatile block[8];
static void *takes(void *name) {
    pthread_setname_np(pthread_self(), name);
    for (int i = 0; i < 8; i++) block[i] = malloc(100000);
    pause();
    return name;
}
int main(void) {
    static char names[8][16];
    pthread_t thread;
    for (int i = 0; i < 8; i++) {
        snprintf(names[i], sizeof names[i], "class-%c", 'a' + i);
        pthread_create(&thread, NULL, takes, names[i]);
    }
    pause();
}
END
cc -o classes classes.c
start classes env MALLOC_CONF=background_thread:true LD_PRELOAD="$AGENT $JEMALLOC" ./classes
its_own() {
    grep -l jemalloc_bg_thd "/proc/$pid"/task/*/comm 2>/dev/null | wc -l
}
several() {
    [ "$(its_own)" -ge 2 ]
}
check "jemalloc has threads of its own" wait_for "two of them" several
check "the books close all the same" wait_dump "$pid" classes.json '.seq > 3 and .process.unexplained == 0 and
    ([.classes[] | select(.name | startswith("class-"))] | length) == 8'
stop "$pid"

# A thread forks while another is in daemon(): its child is not the one whose end that announces, and may fork.
cat >meanwhile.c <<'END'
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
static pthread_t caller;
static volatile int called, forked;
static void *forks(void *u) {
    while (!called) usleep(1000);
    if (fork() == 0) {
        pid_t grandchild = fork();
        if (grandchild == 0) _exit(0);
        waitpid(grandchild, NULL, 0);
        printf("%d\n", getpid());
        fflush(stdout);
        pause();
    }
    forked = 1;
    return u;
}
static void prepare(void) {
    if (called || !pthread_equal(pthread_self(), caller)) return;
    called = 1;
    while (!forked) usleep(1000);
}
int main(void) {
    pthread_t thread;
    caller = pthread_self();
    pthread_create(&thread, NULL, forks, NULL);
    pthread_atfork(prepare, NULL, NULL);
    return daemon(1, 1);
}
END
cc -w -o meanwhile meanwhile.c
start meanwhile env LD_PRELOAD="$AGENT $JEMALLOC" ./meanwhile
wait_for "the child" grep -q . meanwhile.out
child=$(cat meanwhile.out)
check "a child of a fork during another thread's daemon() is watched" wait_dump "$child" meanwhile.json
check "and watched on" next_dump "$child" later.json
kill -KILL "$child"
wait_for "its end" gone "$pid"
stop "$pid"
rm -f "/dev/shm/arenatop.$child".*

# Thirty generations of children, each of which lives long enough to be watched: what is the agent's in each is not kept by the
# next.
cat >generations.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
static long own_kib(void) {
    char line[256];
    long kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, status) != NULL) sscanf(line, "RssAnon: %ld", &kib);
    fclose(status);
    return kib;
}
int main(void) {
    long first = 0;
    for (int generation = 0; generation < 30; generation++) {
        usleep(100000);
        if (generation == 2) first = own_kib();
        pid_t child = fork();
        if (child != 0) return waitpid(child, NULL, 0) != child;
    }
    usleep(100000);
    printf("%ld\n", own_kib() - first);
    return 0;
}
END
cc -w -o generations generations.c
start generations env ARENATOP_CONF=interval_ms:20 LD_PRELOAD="$AGENT $JEMALLOC" ./generations
wait_for "the last generation" gone "$pid"
stop "$pid"
check "no generation keeps what the agent had in the one before" test "$(cat generations.out)" -lt 100
done_testing
