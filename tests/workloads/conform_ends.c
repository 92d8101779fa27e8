/* conform_ends.c: how a process ends, its own or a child's, in every way that there is; what is called then, and what its
 * parent is told. See conform.h. */
#include <sys/resource.h>

#include "conform_processes.h"

static void at_end(void)
{
    say("atexit\n");
}

static void at_quick(void)
{
    say("at_quick_exit\n");
}

static void on_end(int status, void *text)
{
    say("on_exit: %d, %s\n", status, (char *)text);
}

__attribute__((destructor)) static void destruct(void)
{
    say("destructor\n");
}

static void *exit_in_thread(void *argument)
{
    exit(*(int *)argument);
}

static void *exit_at_once_in_thread(void *argument)
{
    _exit(*(int *)argument);
}

static void *leave_in_thread(void *argument)
{
    pthread_exit(argument);
}

static void by_exit(void)
{
    exit(11);
}

static void by__exit(void)
{
    _exit(12);
}

static void by__Exit(void)
{
    _Exit(13);
}

static void by_quick_exit(void)
{
    quick_exit(14);
}

static void by_exit_group(void)
{
    syscall(SYS_exit_group, 15);
}

static void by_pthread_exit(void)
{
    pthread_exit(NULL);
}

static void by_large_status(void)
{
    exit(0x1234);
}

static void by_negative_status(void)
{
    exit(-1);
}

static void by_term(void)
{
    raise(SIGTERM);
}

static void by_kill(void)
{
    kill(getpid(), SIGKILL);
}

static void by_hup(void)
{
    kill(getpid(), SIGHUP);
}

static void without_core(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

static void by_abort(void)
{
    without_core();
    abort();
}

static void by_segv(void)
{
    without_core();
    raise(SIGSEGV);
}

static void by_fault(void)
{
    without_core();
    *(volatile int *)mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) = 1;
}

static void by_thread_exit(void)
{
    static int status = 16;
    pthread_join(begin_thread(exit_in_thread, &status), NULL);
}

static void by_thread__exit(void)
{
    static int status = 17;
    pthread_join(begin_thread(exit_at_once_in_thread, &status), NULL);
}

static void by_last_thread(void)
{
    begin_thread(leave_in_thread, NULL);
    pthread_exit(NULL);
}

static void by_exec_of_true(void)
{
    execl("/bin/true", "true", (char *)NULL);
}

static void by_exec_of_false(void)
{
    execl("/bin/false", "false", (char *)NULL);
}

static void by_exec_of_nothing(void)
{
    say_result(execl("/nonexistent/program", "program", (char *)NULL));
    _exit(127);
}

static void by_alarm(void)
{
    ualarm(1, 0);
    for (;;)
        pause();
}

static void by_return(void)
{
}

static const struct {
    const char *name;
    void (*end)(void);
} ends[] = {
    {"exit", by_exit},
    {"_exit", by__exit},
    {"_Exit", by__Exit},
    {"quick_exit", by_quick_exit},
    {"exit_group", by_exit_group},
    {"pthread_exit", by_pthread_exit},
    {"exit, large", by_large_status},
    {"exit, negative", by_negative_status},
    {"SIGTERM", by_term},
    {"SIGKILL", by_kill},
    {"SIGHUP", by_hup},
    {"abort", by_abort},
    {"SIGSEGV", by_segv},
    {"a fault", by_fault},
    {"exit in a thread", by_thread_exit},
    {"_exit in a thread", by_thread__exit},
    {"pthread_exit of all", by_last_thread},
    {"exec of true", by_exec_of_true},
    {"exec of false", by_exec_of_false},
    {"exec of nothing", by_exec_of_nothing},
    {"an alarm", by_alarm},
    {"return", by_return},
};

static void with_end_handlers(void)
{
    static char text[] = "text";
    atexit(at_end);
    at_quick_exit(at_quick);
    on_exit(on_end, text);
}

static void own_end(unsigned row)
{
    say("%s\n", ends[row].name);
    with_end_handlers();
    ends[row].end();
}

static void child_end(unsigned row)
{
    unsigned maker = row % ROWS(makers), end = row / ROWS(makers);
    say("%s\n", ends[end].name);
    with_end_handlers();
    pid_t child = makers[maker]();
    if (child == 0) {
        ends[end].end();
        exit(99);
    }
    wait_and_say("child", child);
    _exit(0);
}

static void *end_in_thread(void *argument)
{
    unsigned end = *(unsigned *)argument;
    pid_t child = fork();
    if (child == 0) {
        ends[end].end();
        exit(99);
    }
    wait_and_say("child", child);
    return NULL;
}

static void child_of_thread_end(unsigned row)
{
    say("%s\n", ends[row].name);
    with_end_handlers();
    join_and_say(begin_thread(end_in_thread, &row));
    _exit(0);
}

int main(int argc, char **argv)
{
    static const struct conform_group groups[] = {
        {"own-end", own_end, ROWS(ends)},
        {"child-end", child_end, ROWS(ends) * ROWS(makers)},
        {"child-of-thread-end", child_of_thread_end, ROWS(ends)},
    };
    return conform_main(argc, argv, groups, ROWS(groups));
}
