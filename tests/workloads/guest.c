/* guest.c: a program that does the unusual, one thing a run: `guest WHAT [WORD...]`. It says what it sees, so that a run
 * under the agent can be held against one without. `wait` before WHAT: first lives until a line comes on stdin. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { NOBODY = 65534, IN_A_ROW = 50000, AT_ONCE = 2000 };

static char **words; /* behind WHAT */

static void say_status(const char *what, int status)
{
    if (WIFEXITED(status))
        printf("%s: status %d\n", what, WEXITSTATUS(status));
    else
        printf("%s: signal %d\n", what, WTERMSIG(status));
}

static int failed(const char *what, int error)
{
    printf("%s: %s\n", what, strerror(error));
    return 1;
}

/* Allocates and frees as programs do, some of it in vain. */
static void work(void)
{
    void *blocks[64];
    for (unsigned i = 0; i < 64; i++)
        blocks[i] = malloc(16 << i % 12);
    for (unsigned i = 0; i < 64; i++)
        free(blocks[i]);
}

static void *do_work(void *argument)
{
    work();
    return argument;
}

/* ---- ends ---- */

static void at_end(void)
{
    puts("a handler of the end");
    fflush(stdout);
}

static int end_exit(void)
{
    atexit(at_end);
    exit(3);
}

static int end_return(void)
{
    atexit(at_end);
    return 4;
}

static int end_at_once(void)
{
    fflush(stdout);
    _exit(5);
}

static int end_c99(void)
{
    fflush(stdout);
    _Exit(6);
}

static int end_quick(void)
{
    at_quick_exit(at_end);
    quick_exit(7);
}

static int end_abort(void)
{
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    abort();
}

static int end_signal(void)
{
    fflush(stdout);
    raise(atoi(words[0]));
    return 1;
}

static int end_caught(void)
{
    sigset_t set;
    int received;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    kill(getpid(), SIGTERM);
    sigwait(&set, &received);
    return received;
}

static void *exit_from_here(void *argument)
{
    (void)argument;
    exit(8);
}

static int end_in_thread(void)
{
    pthread_t thread;
    atexit(at_end);
    pthread_create(&thread, NULL, exit_from_here, NULL);
    pthread_join(thread, NULL);
    return 1;
}

/* ---- the main thread leaves, others go on ---- */

static void *work_on(void *argument)
{
    const struct timespec pause = {0, 300000000};
    (void)argument;
    nanosleep(&pause, NULL);
    work();
    puts("the last one goes");
    return NULL;
}

static int main_leaves(void)
{
    pthread_t thread;
    atexit(at_end);
    pthread_create(&thread, NULL, work_on, NULL);
    pthread_detach(thread);
    pthread_exit(NULL);
}

static void *wait_for_ever(void *argument)
{
    (void)argument;
    puts("waiting");
    fflush(stdout);
    for (;;)
        pause();
    return NULL;
}

static int main_leaves_for_ever(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, wait_for_ever, NULL);
    pthread_exit(NULL);
}

static int main_leaves_alone(void)
{
    pthread_exit(NULL);
}

/* ---- children ---- */

static int wait_and_say(const char *what, pid_t child)
{
    int status;
    if (child < 0)
        return failed(what, errno);
    waitpid(child, &status, 0);
    say_status(what, status);
    return 0;
}

static int child_forks(void)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, do_work, NULL);
        pthread_join(thread, NULL);
        work();
        exit(9);
    }
    return wait_and_say("fork", child);
}

/* Through the kernel alone: no handler of fork runs. */
static int child_clones(void)
{
    fflush(stdout);
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
    if (child == 0) {
        work();
        exit(10);
    }
    return wait_and_say("clone", child);
}

static int child_vforks(void)
{
    static char name[] = "true";
    char *const arguments[] = {name, NULL};
    fflush(stdout);
    pid_t child = vfork();
    if (child == 0) {
        execv("/bin/true", arguments);
        _exit(127);
    }
    wait_and_say("vfork, exec", child);
    child = vfork();
    if (child == 0)
        _exit(11);
    return wait_and_say("vfork, _exit", child);
}

static int child_spawns(void)
{
    static char shell[] = "sh", option[] = "-c", script[] = "echo spawned; exit 12";
    char *const arguments[] = {shell, option, script, NULL};
    pid_t child;
    fflush(stdout);
    int error = posix_spawn(&child, "/bin/sh", NULL, NULL, arguments, environ);
    if (error != 0)
        return failed("posix_spawn", error);
    wait_and_say("posix_spawn", child);
    say_status("system", system("exit 13"));
    return 0;
}

/* Both generations end; the last one writes where the test looks. */
static int child_daemon(void)
{
    if (daemon(1, 1) != 0)
        return failed("daemon", errno);
    work();
    printf("daemon %d\n", (int)getpid());
    fflush(stdout);
    if (words[0] != NULL)
        for (;;)
            pause();
    return 0;
}

/* A daemon as many make themselves: it lets go of the terminal when it is ready, and not before. */
static int child_lets_go(void)
{
    const struct timespec ready = {0, 300000000};
    pid_t child = fork();
    if (child != 0)
        return child < 0;
    alarm(600); /* should nobody stop it */
    nanosleep(&ready, NULL);
    printf("daemon %d\n", (int)getpid());
    fflush(stdout);
    int null = open("/dev/null", O_RDWR);
    for (int i = 0; i < 3; i++)
        dup2(null, i);
    for (;;)
        pause();
}

/* A server that forks: its workers rest until it has ended, for which it waits for a line. */
static int child_workers(void)
{
    char line[16];
    for (int i = 0; i < atoi(words[0]); i++) {
        pid_t child = fork();
        if (child < 0)
            return failed("fork", errno);
        if (child == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (;;)
                pause();
        }
    }
    return read(STDIN_FILENO, line, sizeof line) < 0 ? 1 : 3;
}

static int replaces_itself(void)
{
    fflush(stdout);
    execvp(words[0], words);
    return failed("exec", errno);
}

/* ---- the kernel's side of a process ---- */

static int namespaces(void)
{
    static const struct {
        const char *name;
        int flag;
    } spaces[] = {{"user", CLONE_NEWUSER}, {"mount", CLONE_NEWNS}, {"files", CLONE_FILES}, {"ipc", CLONE_NEWIPC}};
    for (unsigned i = 0; i < sizeof spaces / sizeof spaces[0]; i++)
        printf("unshare %s: %s\n", spaces[i].name, unshare(spaces[i].flag) == 0 ? "done" : strerror(errno));
    int own = open("/proc/self/ns/mnt", O_RDONLY);
    printf("setns: %s\n", setns(own, 0) == 0 ? "done" : strerror(errno));
    printf("setns of nothing: %s\n", setns(-1, 0) == 0 ? "done" : strerror(errno));
    work();
    return 0;
}

/* From here on the process can make children only: no thread. */
static int pid_namespace(void)
{
    printf("unshare pid: %s\n", unshare(CLONE_NEWPID) == 0 ? "done" : strerror(errno));
    return child_forks();
}

/* Opens and closes all the time, for half a second: the lowest number that is free is always the same. */
static int descriptors(void)
{
    const int lowest = open("/dev/null", O_RDONLY);
    struct timespec now, end;
    unsigned surprises = 0;
    close(lowest);
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += (end.tv_nsec += 500000000) / 1000000000;
    end.tv_nsec %= 1000000000;
    do {
        int fd = open("/dev/null", O_RDONLY);
        surprises += fd != lowest;
        close(fd);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec < end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
    printf("the lowest descriptor is %d, %u surprises\n", lowest, surprises);
    closefrom(3);
    printf("after closefrom %d\n", open("/dev/null", O_RDONLY));
    fflush(stdout);
    closefrom(0);
    work();
    return open("/dev/null", O_RDONLY) == 0 ? 14 : 1;
}

static int changes_root(void)
{
    if (words[0] == NULL || chroot(words[0]) != 0 || chdir("/") != 0)
        return failed("chroot", errno);
    puts("in an empty root");
    work();
    return 0;
}

static int drops_user(void)
{
    if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0)
        return failed("setresuid", errno);
    printf("user %d, %s\n", (int)getuid(), setuid(0) == 0 ? "root again" : strerror(errno));
    work();
    return 0;
}

/* ---- threads ---- */

static int join_one(const pthread_attr_t *attributes)
{
    pthread_t thread;
    int error = pthread_create(&thread, attributes, do_work, NULL);
    return error != 0 ? error : pthread_join(thread, NULL);
}

static int threads_in_a_row(void)
{
    int error = 0;
    for (unsigned i = 0; i < IN_A_ROW && error == 0; i++)
        error = join_one(NULL);
    printf("%d in a row: %s\n", IN_A_ROW, strerror(error));
    return 0;
}

static pthread_barrier_t all_there;

static void *meet(void *argument)
{
    work();
    pthread_barrier_wait(&all_there);
    return argument;
}

static int threads_at_once(void)
{
    static pthread_t thread[AT_ONCE];
    pthread_attr_t small;
    unsigned made = 0;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 128 << 10);
    pthread_barrier_init(&all_there, NULL, AT_ONCE);
    while (made < AT_ONCE && pthread_create(&thread[made], &small, meet, NULL) == 0)
        made++;
    printf("%u at once\n", made);
    if (made < AT_ONCE)
        exit(1);
    for (unsigned i = 0; i < made; i++)
        pthread_join(thread[i], NULL);
    return 0;
}

static int threads_tiny(void)
{
    pthread_attr_t tiny;
    pthread_attr_init(&tiny);
    printf("stack of %ld: %s\n", (long)PTHREAD_STACK_MIN,
           strerror(pthread_attr_setstacksize(&tiny, (size_t)PTHREAD_STACK_MIN)));
    printf("thread: %s\n", strerror(join_one(&tiny)));
    return 0;
}

static pthread_key_t key;

static void free_late(void *block)
{
    free(block);
    free(malloc(100));
}

static void *with_key(void *argument)
{
    pthread_setspecific(key, malloc(1000));
    work();
    if (argument != NULL)
        for (;;)
            pause(); /* until it is cancelled */
    pthread_exit((void *)&key);
}

static int threads_odd_ends(void)
{
    pthread_t thread;
    void *result;
    pthread_key_create(&key, free_late);
    pthread_create(&thread, NULL, with_key, NULL);
    pthread_join(thread, &result);
    printf("pthread_exit: %s\n", result == &key ? "its value" : "another value");
    pthread_create(&thread, NULL, with_key, &key);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    printf("pthread_cancel: %s\n", result == PTHREAD_CANCELED ? "cancelled" : "not cancelled");
    for (unsigned i = 0; i < 100; i++) {
        pthread_attr_t detached;
        pthread_attr_init(&detached);
        pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
        if (pthread_create(&thread, &detached, with_key, NULL) != 0)
            return 1;
    }
    return 0;
}

static void *sleep_on(void *argument)
{
    for (;;)
        pause();
    return argument;
}

/* As long as threads can be made, then one more. */
static int threads_refused(void)
{
    const struct rlimit few = {40, 40};
    pthread_t thread;
    int error = 0;
    setrlimit(RLIMIT_NPROC, &few);
    if (setresuid(4711, 4711, 4711) != 0)
        return failed("setresuid", errno);
    for (unsigned i = 0; i < 100 && error == 0; i++)
        error = pthread_create(&thread, NULL, sleep_on, NULL);
    work();
    printf("one too many: %s\n", strerror(error));
    return error == EAGAIN ? 15 : 1;
}

static int address_space(void)
{
    const struct rlimit little = {(rlim_t)atol(words[0]) << 20, (rlim_t)atol(words[0]) << 20};
    unsigned blocks = 0;
    setrlimit(RLIMIT_AS, &little);
    while (malloc(1 << 20) != NULL)
        blocks++;
    printf("memory ran out after %s of it\n", blocks >= (unsigned)atol(words[1]) ? "enough" : "too little");
    return join_one(NULL) == EAGAIN ? 16 : 1;
}

/* ---- which ---- */

static const struct {
    const char *name;
    int (*what)(void);
} things[] = {
    {"exit", end_exit},
    {"return", end_return},
    {"_exit", end_at_once},
    {"_Exit", end_c99},
    {"quick_exit", end_quick},
    {"abort", end_abort},
    {"raise", end_signal},
    {"sigwait", end_caught},
    {"thread-exit", end_in_thread},
    {"main-leaves", main_leaves},
    {"main-leaves-for-ever", main_leaves_for_ever},
    {"main-leaves-alone", main_leaves_alone},
    {"fork", child_forks},
    {"clone", child_clones},
    {"vfork", child_vforks},
    {"spawn", child_spawns},
    {"daemon", child_daemon},
    {"let-go", child_lets_go},
    {"workers", child_workers},
    {"exec", replaces_itself},
    {"namespaces", namespaces},
    {"pid-namespace", pid_namespace},
    {"descriptors", descriptors},
    {"chroot", changes_root},
    {"drop-user", drops_user},
    {"in-a-row", threads_in_a_row},
    {"at-once", threads_at_once},
    {"tiny", threads_tiny},
    {"odd-ends", threads_odd_ends},
    {"refused", threads_refused},
    {"address-space", address_space},
};

int main(int argc, char **argv)
{
    int at = 1;
    if (at < argc && strcmp(argv[at], "wait") == 0) {
        char line[16];
        at++;
        work();
        if (read(0, line, sizeof line) < 0)
            return 1;
    }
    for (unsigned i = 0; at < argc && i < sizeof things / sizeof things[0]; i++) {
        if (strcmp(argv[at], things[i].name) == 0) {
            words = argv + at + 1;
            return things[i].what();
        }
    }
    fprintf(stderr, "guest: do what?\n");
    return 2;
}
