/* selves.c: a program in which it is not plain who is who, one way a run: `selves WHAT`. Children in pid namespaces of their
 * own, as process 1 of one makes them; children on borrowed memory; signals that wait for a thread. What it sees it says.
 * `wait` before WHAT: first lives until a line comes on stdin. */
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
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RESTING = 20, EARLY = 20, MORE = 3, STACK = 64 << 20 };

static void *do_work(void *argument)
{
    void *volatile block = malloc(100);
    free(block);
    return argument;
}

static void *do_rest(void *argument)
{
    do_work(argument);
    for (;;)
        pause();
    return argument;
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
    return read(STDIN_FILENO, line, sizeof line) <= 0;
}

static int make(pthread_t *thread, void *(*what)(void *))
{
    int error = pthread_create(thread, NULL, what, NULL);
    if (error != 0)
        printf("no thread: %s\n", strerror(error));
    return error;
}

static void make_and_join(void)
{
    pthread_t thread;
    if (make(&thread, do_work) == 0)
        pthread_join(thread, NULL);
}

static int tell(const char *who, pid_t child)
{
    int status = 0;
    if (waitpid(child, &status, 0) != child)
        printf("%s: %s\n", who, strerror(errno));
    else if (WIFEXITED(status))
        printf("%s: status %d\n", who, WEXITSTATUS(status));
    else
        printf("%s: signal %d\n", who, WTERMSIG(status));
    fflush(stdout);
    return 0;
}

/* ---- pid namespaces ---- */

/* By the kernel's own clone, of which libc knows nothing. */
static int makes_raw(void)
{
    pid_t child = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
    if (child == 0)
        exit(7);
    tell("exit", child);
    child = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
    if (child == 0)
        _exit(8);
    return tell("_exit", child);
}

/* The child is process 1, as its parent was, and has none of its threads. */
static int forks(void)
{
    pthread_t resting;
    for (int i = 0; i < RESTING; i++)
        if (make(&resting, do_rest) != 0)
            return 1;
    rest();
    if (unshare(CLONE_NEWPID) != 0)
        return 1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        make_and_join();
        rest();
        exit(5);
    }
    return tell("the child", child);
}

static int runs_nothing(void *argument)
{
    (void)argument;
    prctl(PR_SET_NAME, "borrower", 0, 0, 0);
    execl("/nowhere", "nowhere", (char *)NULL);
    _exit(127);
}

/* As posix_spawn does, but for the namespace. */
static int borrows(void)
{
    static char stack[1 << 16];
    pid_t child = clone(runs_nothing, stack + sizeof stack, CLONE_VM | CLONE_VFORK | CLONE_NEWPID | SIGCHLD, NULL);
    tell("the child", child);
    return wait_for_a_line();
}

/* ---- a child on borrowed memory shuts itself in ---- */

static struct sock_filter ends_only[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 1, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
};

static int shut_in(int runs)
{
    struct sock_fprog program = {.len = sizeof ends_only / sizeof ends_only[0], .filter = ends_only};
    pid_t child = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork): that is what it is about */
    if (child == 0) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
            _exit(99);
        if (runs)
            execl("/nowhere", "nowhere", (char *)NULL);
        _exit(6);
    }
    tell("the child", child);
    make_and_join();
    rest();
    return 4;
}

static int shut_in_ends(void)
{
    return shut_in(0);
}

static int shut_in_runs(void)
{
    return shut_in(1);
}

/* ---- signals that wait for a thread: their handlers run before its start routine ---- */

static volatile int handled;
static volatile pid_t child_of_handler;

static void name_it(int signal)
{
    (void)signal;
    handled += prctl(PR_SET_NAME, "early", 0, 0, 0) == 0;
}

static void fork_it(int signal)
{
    (void)signal;
    child_of_handler = fork();
}

static void name_and_fork_it(int signal)
{
    name_it(signal);
    fork_it(signal);
}

static void *go_on(void *argument)
{
    pthread_t more[MORE];
    while (child_of_handler == -1) /* on a busy machine the signal comes late */
        sched_yield();
    do_work(argument);
    if (child_of_handler != 0)
        return argument;
    for (int i = 0; i < MORE; i++)
        if (make(&more[i], do_work) != 0)
            _exit(1);
    for (int i = 0; i < MORE; i++)
        pthread_join(more[i], NULL);
    if (argument != NULL) {
        printf("child %d\n", (int)getpid());
        fflush(stdout);
        for (;;)
            pause();
    }
    rest();
    exit(9);
}

/* All signals that are sent to it until it runs wait for it, which libc starts with all of them blocked. Its stack is too
 * large for libc to keep when it has ended. */
static int start_with_signal(void (*handler)(int), void *(*what)(void *), void *argument)
{
    pthread_attr_t attributes;
    pthread_t thread;
    signal(SIGUSR1, handler);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    int error = pthread_create(&thread, &attributes, what, argument);
    if (error != 0)
        return printf("no thread: %s\n", strerror(error));
    pthread_kill(thread, SIGUSR1);
    return pthread_join(thread, NULL);
}

static void *take_a_while(void *argument)
{
    const struct timespec while_ = {0, 5000000};
    do_work(argument);
    nanosleep(&while_, NULL);
    return argument;
}

static int named_early(void)
{
    for (int i = 0; i < EARLY; i++)
        start_with_signal(name_it, take_a_while, NULL);
    printf("%d named\n", handled);
    fflush(stdout);
    rest();
    return wait_for_a_line();
}

static int forked_early_by(void (*handler)(int))
{
    child_of_handler = -1;
    start_with_signal(handler, go_on, NULL);
    return tell("the child", child_of_handler);
}

static int forked_early(void)
{
    return forked_early_by(fork_it);
}

static int named_and_forked_early(void)
{
    return forked_early_by(name_and_fork_it);
}

/* The child says who it is, and stays. */
static int forked_early_stays(void)
{
    static char stays[] = "stays";
    child_of_handler = -1;
    start_with_signal(fork_it, go_on, stays);
    return wait_for_a_line();
}

static const struct {
    const char *name;
    int (*what)(void);
} things[] = {
    {"raw", makes_raw},
    {"forks", forks},
    {"borrows", borrows},
    {"shut-in-ends", shut_in_ends},
    {"shut-in-runs", shut_in_runs},
    {"named-early", named_early},
    {"forked-early", forked_early},
    {"named-and-forked-early", named_and_forked_early},
    {"forked-early-stays", forked_early_stays},
};

int main(int argc, char **argv)
{
    int at = 1;
    if (at < argc && strcmp(argv[at], "wait") == 0) {
        at++;
        do_work(NULL);
        if (wait_for_a_line() != 0)
            return 1;
    }
    for (unsigned i = 0; at < argc && i < sizeof things / sizeof things[0]; i++)
        if (strcmp(argv[at], things[i].name) == 0)
            return things[i].what();
    fprintf(stderr, "selves: do what?\n");
    return 2;
}
