/* raw.c: a program that asks the kernel itself, past libc, one thing a run: `raw WHAT`; the rest is as in guest.c. What it
 * sees it says. `wait` before WHAT: first lives until a line comes on stdin. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

enum { NOBODY = 65534, CAPABILITIES = 41, EXITS = 4 };

static void work(void)
{
    for (size_t bytes = 16; bytes < 100000; bytes *= 2) {
        void *volatile block = malloc(bytes);
        free(block);
    }
}

/* As long as several looks take. */
static void rest(void)
{
    const struct timespec some = {0, 150000000};
    nanosleep(&some, NULL);
}

static int wait_for_a_line(void)
{
    char line[16];
    return read(STDIN_FILENO, line, sizeof line) < 0;
}

static void say(const char *what, long result)
{
    printf("%s: %s\n", what, result == 0 ? "done" : strerror(errno));
}

/* ---- rights ---- */

static int user(void)
{
    say("setresuid", syscall(SYS_setresuid, (long)NOBODY, (long)NOBODY, (long)NOBODY));
    say("setuid", setuid(0));
    work();
    return 3;
}

/* With the way back: the rights are those of the user that it is now all the same. */
static int effective_user(void)
{
    say("seteuid", syscall(SYS_setresuid, -1L, (long)NOBODY, 0L));
    say("seteuid to another", seteuid(1));
    say("seteuid back", seteuid(0));
    return 4;
}

/* Everything that a daemon may give up, one by one. */
static int gives_up(void)
{
    long failed = syscall(SYS_setgroups, 0L, NULL) | syscall(SYS_prctl, PR_SET_KEEPCAPS, 1L, 0L, 0L, 0L);
    for (int capability = 0; capability < CAPABILITIES; capability++)
        failed |= prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    failed |= syscall(SYS_setresgid, (long)NOBODY, (long)NOBODY, (long)NOBODY);
    failed |= syscall(SYS_setresuid, (long)NOBODY, (long)NOBODY, (long)NOBODY);
    say("gives up", failed);
    return wait_for_a_line() + 5;
}

/* What servers do for a request: a right of one thread's, whatever the others may. */
static void *other_user(void *argument)
{
    say("a thread's setresuid", syscall(SYS_setresuid, -1L, (long)NOBODY, 0L));
    work();
    return argument;
}

static int thread_user(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, other_user, NULL);
    pthread_join(thread, NULL);
    say("setuid", setuid(NOBODY));
    return 6;
}

/* ---- namespaces ---- */

static int user_namespace(void)
{
    say("unshare", syscall(SYS_unshare, (long)CLONE_NEWUSER));
    say("unshare of nonsense", syscall(SYS_unshare, 1L));
    return 7;
}

static int clocks(void)
{
    say("unshare", unshare(CLONE_NEWTIME));
    int fd = open("/proc/self/ns/time_for_children", O_RDONLY);
    say("setns", setns(fd, CLONE_NEWTIME));
    say("setns, by its number", syscall(SYS_setns, (long)fd, (long)CLONE_NEWTIME));
    return 8;
}

/* ---- prctl ---- */

static int filter(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 2, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {sizeof code / sizeof code[0], code};
    long failed = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    failed |= syscall(SYS_prctl, PR_SET_SECCOMP, (long)SECCOMP_MODE_FILTER, &program, 0L, 0L);
    if (failed != 0 || write(STDOUT_FILENO, "shut in\n", 8) != 8)
        _exit(1);
    _exit(9);
}

static void *named(void *argument)
{
    syscall(SYS_prctl, PR_SET_NAME, "by-number", 0L, 0L, 0L);
    void *volatile block = malloc(1 << 20);
    puts("named");
    wait_for_a_line();
    free(block);
    return argument;
}

static int name(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, named, NULL);
    pthread_join(thread, NULL);
    return 10;
}

/* ---- ends ---- */

static void *leaves(void *argument)
{
    work();
    syscall(SYS_exit, 0L);
    return argument;
}

/* Stacks larger than what libc keeps for further threads: they are unmapped when their threads are joined. */
static int thread_exits(void)
{
    pthread_attr_t large;
    pthread_attr_init(&large);
    pthread_attr_setstacksize(&large, (size_t)64 << 20);
    for (unsigned i = 0; i < EXITS; i++) {
        pthread_t thread;
        int error = pthread_create(&thread, &large, leaves, NULL);
        printf("a thread: %s\n", strerror(error));
        if (error != 0 || pthread_join(thread, NULL) != 0)
            return 1;
        rest();
    }
    return 11;
}

static int thread_exits_waits(void)
{
    int status = thread_exits();
    puts("joined");
    return wait_for_a_line() + status;
}

static void *leaves_last(void *argument)
{
    rest();
    work();
    puts("the last one goes");
    syscall(SYS_exit, 13L);
    return argument;
}

static int main_exits(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, leaves_last, NULL);
    syscall(SYS_exit, 12L);
    return 1;
}

static int main_exits_alone(void)
{
    work();
    syscall(SYS_exit, 14L);
    return 1;
}

static int exit_group(void)
{
    syscall(SYS_exit_group, 15L);
    return 1;
}

/* A child with memory, stack and TLS of its parent's ends, and its parent does not. */
static int child_exits(void)
{
    int status = 0;
    void *volatile block = malloc(1000);
    pid_t child = vfork();
    if (child == 0)
        syscall(SYS_exit, 16L);
    waitpid(child, &status, 0);
    free(block);
    work();
    printf("a child: %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return wait_for_a_line() + 17;
}

static const struct {
    const char *name;
    int (*what)(void);
} things[] = {
    {"user", user},
    {"effective-user", effective_user},
    {"gives-up", gives_up},
    {"thread-user", thread_user},
    {"user-namespace", user_namespace},
    {"clocks", clocks},
    {"filter", filter},
    {"name", name},
    {"thread-exits", thread_exits},
    {"thread-exits-waits", thread_exits_waits},
    {"main-exits", main_exits},
    {"main-exits-alone", main_exits_alone},
    {"exit-group", exit_group},
    {"child-exits", child_exits},
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
    fprintf(stderr, "raw: do what?\n");
    return 2;
}
