/* conform_fork.c: children: what one has of its parent, the order of fork's handlers, forks among threads, spawned programs.
 * See conform.h. */
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "conform_processes.h"

extern char **environ;

static unsigned go;

/* ---- handlers ---- */

static const char *const handler_names[] = {"first", "second", "third"};

#define HANDLERS(number)                                   \
    static void prepare_##number(void)                     \
    {                                                      \
        say("prepare, %s\n", handler_names[number]);       \
    }                                                      \
    static void parent_##number(void)                      \
    {                                                      \
        say("in the parent, %s\n", handler_names[number]); \
    }                                                      \
    static void child_##number(void)                       \
    {                                                      \
        say("in the child, %s\n", handler_names[number]);  \
    }
HANDLERS(0)
HANDLERS(1)
HANDLERS(2)

/* The child speaks first. */
static unsigned *shared_word(void)
{
    unsigned *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(word != MAP_FAILED, "mmap");
    return word;
}

static unsigned *child_is_ready;

static void parent_waits(void)
{
    await_word(child_is_ready, 1);
}

static void child_says(void)
{
    set_word(child_is_ready, 1);
}

static void fork_handlers(unsigned row)
{
    child_is_ready = shared_word();
    say_error(pthread_atfork(NULL, parent_waits, NULL));
    say_error(pthread_atfork(prepare_0, parent_0, child_0));
    say_error(pthread_atfork(prepare_1, parent_1, NULL));
    say_error(pthread_atfork(NULL, NULL, child_1));
    say_error(pthread_atfork(prepare_2, parent_2, child_2));
    say_error(pthread_atfork(NULL, NULL, child_says));
    pid_t child = makers[row]();
    if (child == 0)
        _exit(3);
    wait_and_say("child", child);
}

static void *fork_in_thread(void *argument)
{
    pid_t child = fork();
    if (child == 0)
        _exit(4);
    wait_and_say("child", child);
    return argument;
}

static void fork_handlers_in_thread(unsigned row)
{
    (void)row;
    child_is_ready = shared_word();
    pthread_atfork(NULL, parent_waits, NULL);
    pthread_atfork(prepare_0, parent_0, child_0);
    pthread_atfork(NULL, NULL, child_says);
    join_and_say(begin_thread(fork_in_thread, NULL));
}

/* A fork is the first thing that a thread does: it waits for nobody. */
static void *fork_at_once(void *argument)
{
    struct rusage before, after;
    getrusage(RUSAGE_THREAD, &before);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    getrusage(RUSAGE_THREAD, &after);
    waitpid(child, NULL, 0);
    *(long *)argument += after.ru_nvcsw - before.ru_nvcsw;
    return NULL;
}

static void forks_at_once(unsigned row)
{
    long waits = 0;
    (void)row;
    for (unsigned i = 0; i < 20; i++)
        pthread_join(begin_thread(fork_at_once, &waits), NULL);
    say("forks %s\n", waits < 20 ? "do not wait" : "wait");
    _exit(0);
}

/* ---- what a child has ---- */

static void say_mask_and_pending(void)
{
    sigset_t mask, pending;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    sigpending(&pending);
    for (int number = 1; number < 32; number++)
        if (sigismember(&mask, number) || sigismember(&pending, number))
            say("signal %d: %s%s\n", number, sigismember(&mask, number) ? "blocked" : "",
                sigismember(&pending, number) ? " pending" : "");
}

static void has_mask(void)
{
    say_mask_and_pending();
}

static void has_name(void)
{
    char name[32] = "";
    prctl(PR_GET_NAME, name);
    say("name \"%s\"\n", name);
}

static void has_errno(void)
{
    say("errno %s\n", error_name(errno));
}

static pthread_key_t key;

static void has_value(void)
{
    say("%s\n", pthread_getspecific(key) == &key ? "its value" : "another value");
}

static void has_thread(void)
{
    say("getpid %s gettid\n", getpid() == gettid() ? "==" : "!=");
    say("join of a new one: %s\n", error_name(pthread_join(begin_thread(fork_in_thread, NULL), NULL)));
}

static void has_descriptors(void)
{
    int fd = open("/dev/null", O_RDONLY);
    say("lowest free descriptor %d\n", fd);
}

static void has_memory(void)
{
    void *blocks[100];
    for (unsigned i = 0; i < 100; i++)
        blocks[i] = malloc(i * 100);
    for (unsigned i = 0; i < 100; i++)
        free(blocks[i]);
    say("allocates\n");
}

static void has_states(void)
{
    int state, type;
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &type);
    say("cancel state %d, type %d\n", state, type);
}

static void has_handlers(void)
{
    struct sigaction action;
    for (int number = 1; number < 32; number++)
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
            say("signal %d: %s\n", number, action.sa_handler == SIG_IGN ? "ignored" : "handled");
}

static void has_child(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(21);
    wait_and_say("grandchild", child);
}

static void (*const looks[])(void) = {has_mask,        has_name,   has_errno,  has_value,    has_thread,
                                      has_descriptors, has_memory, has_states, has_handlers, has_child};

static void handle(int number)
{
    (void)number;
}

static void fork_and_look(unsigned row)
{
    pid_t child = makers[row % ROWS(makers)]();
    if (child == 0) {
        looks[row / ROWS(makers)]();
        _exit(0);
    }
    wait_and_say("child", child);
    looks[row / ROWS(makers)]();
}

/* Some of everything, to be found again. */
static void furnish(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR2);
    signal(SIGUSR1, handle);
    signal(SIGHUP, SIG_IGN);
    pthread_key_create(&key, NULL);
    pthread_setspecific(key, &key);
    pthread_setname_np(pthread_self(), "furnished");
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    errno = ENOTTY;
}

static void child_has(unsigned row)
{
    furnish();
    fork_and_look(row);
    _exit(0);
}

static void *furnish_and_fork(void *argument)
{
    furnish();
    fork_and_look(*(unsigned *)argument);
    return NULL;
}

static void child_of_thread_has(unsigned row)
{
    join_and_say(begin_thread(furnish_and_fork, &row));
    _exit(0);
}

/* ---- a fork while others live: they are not in the child, what they hold is ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned others;

static void *hold_and_wait(void *argument)
{
    if (argument != NULL)
        pthread_mutex_lock(&mutex);
    __atomic_fetch_add(&others, 1, __ATOMIC_RELEASE);
    await_word(&go, 1);
    if (argument != NULL)
        pthread_mutex_unlock(&mutex);
    return NULL;
}

static void fork_among_others(unsigned row)
{
    pthread_t thread[8];
    for (unsigned i = 0; i <= row; i++)
        thread[i] = begin_thread(hold_and_wait, i == 0 ? &mutex : NULL);
    await_word(&others, row + 1);
    pid_t child = fork();
    if (child == 0) {
        say("the child's lock: %s\n", error_name(pthread_mutex_trylock(&mutex)));
        has_memory();
        pthread_exit(NULL); /* its last thread */
    }
    wait_and_say("child", child);
    set_word(&go, 1);
    for (unsigned i = 0; i <= row; i++)
        join_and_say(thread[i]);
    say("the parent's lock: %s\n", error_name(pthread_mutex_trylock(&mutex)));
    _exit(0);
}

/* ---- spawning ---- */

static void spawning(unsigned row)
{
    static char shell[] = "sh", option[] = "-c";
    static char scripts[][64] = {"exit 3", "kill -9 $$", "echo spawned", "echo $0; exit 5"};
    char *const arguments[] = {shell, option, scripts[row], NULL};
    pid_t child = -1;
    posix_spawnattr_t attributes;
    sigset_t set;
    sigfillset(&set);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &set);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    errno = MARK;
    int error = posix_spawn(&child, "/bin/sh", NULL, &attributes, arguments, environ);
    int after = errno;
    wait_and_say("child", child);
    say("posix_spawn: %s, errno %s\n", error_name(error), error_name(after));
    _exit(0);
}

static void spawning_nothing(unsigned row)
{
    static char name[] = "program";
    char *const arguments[] = {name, NULL};
    pid_t child = -1;
    int error = row == 0 ? posix_spawn(&child, "/nonexistent/program", NULL, NULL, arguments, environ)
                         : posix_spawnp(&child, "no-such-program-anywhere", NULL, NULL, arguments, environ);
    say("posix_spawn: %s\n", error_name(error));
    _exit(0);
}

static void shells(unsigned row)
{
    static const char *const commands[] = {"exit 7", "true", "kill -15 $$", "echo from a shell"};
    say_status("system", system(commands[row]));
    FILE *pipe = popen(commands[row], "r");
    char line[64];
    while (fgets(line, sizeof line, pipe) != NULL)
        say("read: %s", line);
    say_status("pclose", pclose(pipe));
    _exit(0);
}

static void vforks(unsigned row)
{
    static const char *const programs[] = {"/bin/true", "/bin/false", "/nonexistent/program"};
    pid_t child = vfork();
    if (child == 0) {
        execl(programs[row], programs[row], (char *)NULL);
        _exit(33);
    }
    wait_and_say("child", child);
    has_memory();
    _exit(0);
}

static void refused_forks(unsigned row)
{
    const struct rlimit few = {1, 1};
    setrlimit(RLIMIT_NPROC, &few);
    if (getuid() == 0 && setresuid(4713, 4713, 4713) != 0)
        _exit(1);
    errno = MARK;
    pid_t child = makers[row]();
    if (child == 0)
        _exit(0);
    say("%s, errno %s\n", child < 0 ? "refused" : "made", error_name(errno));
    has_memory();
    _exit(0);
}

int main(int argc, char **argv)
{
    static const struct conform_group groups[] = {
        {"fork-handlers", fork_handlers, ROWS(makers)},
        {"fork-handlers-in-thread", fork_handlers_in_thread, 1},
        {"forks-at-once", forks_at_once, 1},
        {"child-has", child_has, ROWS(looks) * ROWS(makers)},
        {"child-of-thread-has", child_of_thread_has, ROWS(looks) * ROWS(makers)},
        {"fork-among-others", fork_among_others, 8},
        {"spawning", spawning, 4},
        {"spawning-nothing", spawning_nothing, 2},
        {"shells", shells, 4},
        {"vfork", vforks, 3},
        {"refused-fork", refused_forks, ROWS(makers)},
    };
    return conform_main(argc, argv, groups, ROWS(groups));
}
