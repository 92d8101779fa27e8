/* lives.c: a program that shuts itself in, one way a run: `lives WHAT [WORD...]`; the rest is as in guest.c. What it sees it
 * says. `wait` before WHAT: first lives until a line comes on stdin. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NOBODY = 65534 };

/* Enough for jemalloc to map some more. */
static void work(void)
{
    static void *blocks[400];
    for (unsigned i = 0; i < 400; i++)
        blocks[i] = malloc(50000);
    for (unsigned i = 0; i < 400; i++)
        free(blocks[i]);
}

static void *do_work(void *argument)
{
    work();
    return argument;
}

static void say(const char *text)
{
    if (write(STDOUT_FILENO, text, strlen(text)) < 0)
        _exit(99);
}

/* As long as several snapshots take. */
static void rest(void)
{
    const struct timespec some = {0, 300000000};
    nanosleep(&some, NULL);
}

static int wait_for_a_line(void)
{
    char line[16];
    return read(STDIN_FILENO, line, sizeof line) < 0;
}

/* ---- filters ---- */

enum { ALLOWED_MAX = 40 };

static const int few[] = {SYS_read, SYS_write, SYS_exit_group,      SYS_exit,      SYS_mmap, SYS_munmap, SYS_madvise,
                          SYS_brk,  SYS_fstat, SYS_clock_nanosleep, SYS_newfstatat};
static const int threads[] = {
    SYS_clone,  SYS_clone3,         SYS_futex, SYS_set_robust_list, SYS_rseq,  SYS_mprotect,          SYS_gettid,
    SYS_getpid, SYS_rt_sigprocmask, SYS_prctl, SYS_sched_yield,     SYS_wait4, SYS_sched_getaffinity, SYS_rt_sigaction};

struct filter {
    struct sock_filter code[2 * ALLOWED_MAX + 4];
    unsigned short length;
};

static void add(struct filter *filter, const int *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        filter->code[filter->length++] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)numbers[i], 0, 1);
        filter->code[filter->length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    }
}

static const int naming[] = {SYS_prctl};

/* Lets pass what `few` has, `threads` too if so, and answers everything else with `otherwise`. */
static struct filter make_filter(int with_threads, unsigned otherwise)
{
    struct filter filter = {.length = 1};
    filter.code[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    add(&filter, few, sizeof few / sizeof few[0]);
    if (with_threads)
        add(&filter, threads, sizeof threads / sizeof threads[0]);
    filter.code[filter.length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, otherwise);
    return filter;
}

/* Kills for these alone. */
static struct filter make_filter_against(const int *numbers, size_t count)
{
    struct filter filter = {.length = 1};
    filter.code[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < count; i++) {
        filter.code[filter.length++] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)numbers[i], 0, 1);
        filter.code[filter.length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    }
    filter.code[filter.length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    return filter;
}

static void shut_in(struct filter filter, int everybody)
{
    struct sock_fprog program = {.len = filter.length, .filter = filter.code};
    long failed = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (everybody)
        failed |= syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
    else
        failed |= prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
    say(failed == 0 ? "shut in\n" : "no filter\n");
}

static int in_a_thread(void)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, do_work, NULL);
    if (error == 0)
        error = pthread_join(thread, NULL);
    say(error == 0 ? "a thread\n" : "no thread\n");
    return 4;
}

static int filter_few(void)
{
    shut_in(make_filter(0, SECCOMP_RET_KILL_PROCESS), 0);
    work();
    rest();
    return 3;
}

/* May name its threads, and not ask for their numbers. */
static int filter_names(void)
{
    struct filter filter = make_filter(0, SECCOMP_RET_KILL_PROCESS);
    const struct sock_filter otherwise = filter.code[--filter.length];
    add(&filter, naming, sizeof naming / sizeof naming[0]);
    filter.code[filter.length++] = otherwise;
    shut_in(filter, 0);
    say(prctl(PR_SET_NAME, "inside", 0, 0, 0) == 0 ? "named\n" : "no name\n");
    work();
    rest();
    return 12;
}

static int filter_threads(void)
{
    shut_in(make_filter(1, SECCOMP_RET_KILL_PROCESS), 0);
    work();
    rest();
    return in_a_thread();
}

static int filter_trap(void)
{
    shut_in(make_filter(1, SECCOMP_RET_TRAP), 0);
    return in_a_thread();
}

static int filter_refuse(void)
{
    shut_in(make_filter(1, SECCOMP_RET_ERRNO | EPERM), 1);
    work();
    rest();
    return in_a_thread();
}

static int filter_everybody(void)
{
    shut_in(make_filter(1, SECCOMP_RET_KILL_PROCESS), 1);
    work();
    rest();
    in_a_thread();
    rest();
    return 5;
}

static int filter_everybody_few(void)
{
    shut_in(make_filter(0, SECCOMP_RET_KILL_PROCESS), 1);
    work();
    rest();
    return 6;
}

/* Until it is killed. */
static int filter_everybody_rests(void)
{
    shut_in(make_filter(1, SECCOMP_RET_KILL_PROCESS), 1);
    for (;;)
        rest();
    return 1;
}

static int filter_fork(void)
{
    int status;
    shut_in(make_filter(1, SECCOMP_RET_KILL_PROCESS), 0);
    pid_t child = fork();
    if (child == 0) {
        work();
        rest();
        exit(7);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) + 1 : 100 + WTERMSIG(status);
}

/* A filter that is not allowed, and one that is no filter: the process is as it was. */
static int filter_refused(void)
{
    struct sock_filter nothing = {0};
    struct sock_fprog none = {.len = 0}, bad = {.len = 1, .filter = &nothing},
                      nowhere = {.len = 3, .filter = (struct sock_filter *)16};
    long failed = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &none);
    printf("none: %ld %s\n", failed, strerror(errno));
    failed = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &bad);
    printf("bad: %ld %s\n", failed, strerror(errno));
    printf("NULL: %d %s\n", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL), strerror(errno));
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    for (unsigned long flags = 0; flags <= SECCOMP_FILTER_FLAG_TSYNC; flags += SECCOMP_FILTER_FLAG_TSYNC) {
        failed = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, (void *)8);
        printf("nowhere: %ld %s\n", failed, strerror(errno));
        failed = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &nowhere);
        printf("its code nowhere: %ld %s\n", failed, strerror(errno));
    }
    printf("prctl, nowhere: %d %s\n", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (void *)8), strerror(errno));
    return in_a_thread() + 5;
}

/* One of its own, and then one for everybody that forbids nothing; with it the first is everybody's, too. */
static int filter_both(const int *numbers, size_t count)
{
    shut_in(make_filter_against(numbers, count), 0);
    shut_in(make_filter_against(NULL, 0), 1);
    work();
    rest();
    return 13;
}

static int filter_both_opens(void)
{
    static const int opens[] = {SYS_openat, SYS_tgkill};
    return filter_both(opens, sizeof opens / sizeof opens[0]);
}

static int filter_both_masks(void)
{
    static const int masks[] = {SYS_rt_sigprocmask};
    return filter_both(masks, sizeof masks / sizeof masks[0]);
}

/* Where memory need not be given back it is cleared by hand, if it was not empty anyway. */
static int filter_clears(void)
{
    static const int clears[] = {SYS_madvise};
    shut_in(make_filter_against(clears, sizeof clears / sizeof clears[0]), 0);
    for (size_t bytes = 1 << 16; bytes <= 1 << 26; bytes *= 2) {
        const char *block = calloc(1, bytes);
        say(block != NULL && block[0] == 0 && block[bytes - 1] == 0 ? "cleared\n" : "not cleared\n");
    }
    return 15;
}

static volatile int given, begun;

static void forbid_names(int everybody)
{
    static const int names[] = {SYS_prctl};
    shut_in(make_filter_against(names, 1), everybody);
}

static void *wait_for_name(void *shuts_in)
{
    free(malloc(100));
    begun = 1;
    while (!given)
        ;
    if (shuts_in != NULL)
        forbid_names(0);
    work();
    rest();
    return NULL;
}

/* A thread that another names, and that may not ask for its name any more when it could notice; itself, or nobody. */
static int filter_named(void *itself)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, wait_for_name, itself) != 0)
        return 1;
    while (!begun)
        ;
    printf("named: %d\n", pthread_setname_np(thread, "given"));
    fflush(stdout);
    if (itself == NULL)
        forbid_names(1);
    given = 1;
    pthread_join(thread, NULL);
    return 16;
}

static int filter_named_itself(void)
{
    static int itself;
    return filter_named(&itself);
}

static int filter_named_all(void)
{
    return filter_named(NULL);
}

/* Takes the agent's thread out of the way, which cannot come back. */
static int filter_namespace(const int *numbers, size_t count)
{
    shut_in(make_filter_against(numbers, count), 0);
    if (unshare(CLONE_NEWUSER) != 0)
        say("no namespace\n");
    work();
    rest();
    return 14;
}

static int filter_namespace_clones(void)
{
    static const int clones[] = {SYS_clone, SYS_clone3};
    return filter_namespace(clones, sizeof clones / sizeof clones[0]);
}

static int filter_namespace_opens(void)
{
    static const int opens[] = {SYS_openat};
    return filter_namespace(opens, sizeof opens / sizeof opens[0]);
}

/* Another user for good, who may not even try to be its old self, as where a sandbox denies what raises rights. */
static int filter_owner(void)
{
    static const int owner[] = {SYS_setfsuid};
    if (getuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) != 0)
        return 1;
    shut_in(make_filter_against(owner, 1), 1);
    work();
    rest();
    return in_a_thread() + 10;
}

static int strict(void)
{
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    free(malloc(100));
    say("strict\n");
    syscall(SYS_exit, 8);
    return 1;
}

/* ---- signals ---- */

/* Sends itself every signal that can be waited for, and must get each of them itself. */
static int signals_waited(void)
{
    sigset_t all;
    unsigned got = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    for (int signal = 1; signal <= SIGRTMAX; signal++) {
        int received = 0;
        if (signal == SIGKILL || signal == SIGSTOP || (signal > 31 && signal < SIGRTMIN))
            continue;
        kill(getpid(), signal);
        sigwait(&all, &received);
        got += received == signal;
    }
    printf("waited for %u signals\n", got);
    return 9;
}

static int signals_read(void)
{
    struct signalfd_siginfo info;
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    int fd = signalfd(-1, &all, 0);
    kill(getpid(), SIGUSR1);
    ssize_t got = read(fd, &info, sizeof info);
    printf("read %zd, signal %d\n", got, got == sizeof info ? (int)info.ssi_signo : -1);
    return 10;
}

static volatile sig_atomic_t handled_by_main;
static pthread_t main_thread;

static void handle(int signal)
{
    (void)signal;
    handled_by_main += pthread_equal(pthread_self(), main_thread) != 0;
}

static int signals_handled(void)
{
    main_thread = pthread_self();
    signal(SIGUSR1, handle);
    for (unsigned i = 0; i < 100; i++)
        kill(getpid(), SIGUSR1);
    printf("%d of 100 came to the main thread\n", (int)handled_by_main);
    return 11;
}

/* ---- the rest ---- */

/* By hand, with a session between: the grandchild says who it is, and stays. */
static int double_fork(void)
{
    fflush(stdout);
    if (fork() != 0)
        _exit(0);
    setsid();
    if (fork() != 0)
        _exit(0);
    work();
    printf("daemon %d\n", (int)getpid());
    fflush(stdout);
    for (;;)
        pause();
    return 1;
}

static int be_not_dumpable(int (*then)(void))
{
    if (getuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) != 0)
        return 1;
    printf("dumpable: %d\n", prctl(PR_SET_DUMPABLE, 0) == 0 ? prctl(PR_GET_DUMPABLE) : -1);
    fflush(stdout);
    work();
    rest();
    return then() == 0 ? in_a_thread() + 8 : 1;
}

static int at_once(void)
{
    return 0;
}

static int not_dumpable(void)
{
    return be_not_dumpable(at_once);
}

static int not_dumpable_waits(void)
{
    return be_not_dumpable(wait_for_a_line);
}

static int locked(void)
{
    printf("locked: %s\n", mlockall(MCL_CURRENT | MCL_FUTURE) == 0 ? "all" : strerror(errno));
    fflush(stdout);
    work();
    rest();
    return in_a_thread() + 9;
}

static const struct {
    const char *name;
    int (*what)(void);
} things[] = {
    {"filter-few", filter_few},
    {"filter-names", filter_names},
    {"filter-threads", filter_threads},
    {"filter-trap", filter_trap},
    {"filter-refuse", filter_refuse},
    {"filter-everybody", filter_everybody},
    {"filter-everybody-few", filter_everybody_few},
    {"filter-everybody-rests", filter_everybody_rests},
    {"filter-fork", filter_fork},
    {"filter-refused", filter_refused},
    {"filter-both-opens", filter_both_opens},
    {"filter-both-masks", filter_both_masks},
    {"filter-clears", filter_clears},
    {"filter-named-itself", filter_named_itself},
    {"filter-named-all", filter_named_all},
    {"filter-namespace-clones", filter_namespace_clones},
    {"filter-namespace-opens", filter_namespace_opens},
    {"filter-owner", filter_owner},
    {"strict", strict},
    {"signals-waited", signals_waited},
    {"signals-read", signals_read},
    {"signals-handled", signals_handled},
    {"double-fork", double_fork},
    {"not-dumpable", not_dumpable},
    {"not-dumpable-waits", not_dumpable_waits},
    {"locked", locked},
};

int main(int argc, char **argv)
{
    int at = 1;
    setvbuf(stdout, NULL, _IOLBF, 4096);
    if (at < argc && strcmp(argv[at], "wait") == 0) {
        at++;
        work();
        if (wait_for_a_line() != 0)
            return 1;
    }
    for (unsigned i = 0; at < argc && i < sizeof things / sizeof things[0]; i++)
        if (strcmp(argv[at], things[i].name) == 0)
            return things[i].what();
    fprintf(stderr, "lives: do what?\n");
    return 2;
}
