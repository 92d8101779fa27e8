/* conform.h: a stage for programs that say everything they can observe of what libc and the kernel promise: return codes,
 * errno, orders, masks, names, sizes. Run twice, in different company, they must say the same.
 *
 * Cases stand in tables: a group is a function and the number of its rows. Each case runs in a process of its own, made by
 * exec, and says lines; the program prints them all in order, with how each process ended. `CONFORM_DELAY_MS=N`: each case
 * first lives for N ms. Nothing that it says may depend on time, addresses or numbers of processes. */
#ifndef WORKLOAD_CONFORM_H
#define WORKLOAD_CONFORM_H

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CONFORM_JOBS = 4, CONFORM_LIMIT_S = 60, MARK = 4711 };

struct conform_group {
    const char *name;
    void (*run)(unsigned row);
    unsigned rows;
};

#define ROWS(table) (unsigned)(sizeof(table) / sizeof(table)[0])

/* Says a line, or a part of it, at once and past stdio: the process may end in any way. No cancellation point, unlike
 * write(2). */
__attribute__((format(printf, 1, 2))) static inline void say(const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length > 0)
        syscall(SYS_write, STDOUT_FILENO, line, (size_t)length < sizeof line ? (size_t)length : sizeof line - 1);
}

/* An error number by its name, 0 as "0". */
static inline const char *error_name(int error)
{
    if (error == 0)
        return "0";
    if (error == MARK)
        return "untouched";
    const char *name = strerrorname_np(error);
    return name != NULL ? name : "unknown";
}

/* Says what a call that returns an error number gave, and what it did to errno. */
#define say_error(call)                                                                       \
    do {                                                                                      \
        errno = MARK;                                                                         \
        int error_of_call = (call);                                                           \
        int errno_after = errno;                                                              \
        say("%s: %s, errno %s\n", #call, error_name(error_of_call), error_name(errno_after)); \
    } while (0)

/* Says what a call that returns a number gave, and what it did to errno. */
#define say_result(call)                                                            \
    do {                                                                            \
        errno = MARK;                                                               \
        long result_of_call = (long)(call);                                         \
        int errno_after = errno;                                                    \
        say("%s: %ld, errno %s\n", #call, result_of_call, error_name(errno_after)); \
    } while (0)

/* ---- what cases have in common ---- */

/* A word on which threads wait for each other without libc's help: what is tested is not used to test it. */
static inline void await_word(const unsigned *word, unsigned value)
{
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value)
        sched_yield();
}

static inline void set_word(unsigned *word, unsigned value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static inline void must(bool holds, const char *what)
{
    if (holds)
        return;
    say("cannot go on: %s\n", what);
    _exit(99);
}

static inline pthread_t begin_thread(void *(*start)(void *), void *argument)
{
    pthread_t thread;
    must(pthread_create(&thread, NULL, start, argument) == 0, "pthread_create");
    return thread;
}

/* A result by the name of what it may be. */
static inline const char *result_name(const void *result)
{
    if (result == PTHREAD_CANCELED)
        return "PTHREAD_CANCELED";
    return result == NULL ? "NULL" : "a value";
}

static inline void join_and_say(pthread_t thread)
{
    void *result = NULL;
    int error = pthread_join(thread, &result);
    say("join: %s, %s\n", error_name(error), result_name(result));
}

/* Cancels, joins, and only then says what came of it: the thread says things meanwhile. */
static inline void cancel_and_say(pthread_t thread)
{
    int error = pthread_cancel(thread);
    join_and_say(thread);
    say("cancel: %s\n", error_name(error));
}

static inline void say_status(const char *what, int status)
{
    if (WIFEXITED(status))
        say("%s: status %d\n", what, WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        say("%s: SIG%s\n", what, sigabbrev_np(WTERMSIG(status)));
    else
        say("%s: neither status nor signal\n", what);
}

static inline void wait_and_say(const char *what, pid_t child)
{
    int status = 0;
    must(child > 0, what);
    must(waitpid(child, &status, 0) == child, "waitpid");
    say_status(what, status);
}

/* ---- running ---- */

struct conform_job {
    pid_t pid;
    int output;
    const struct conform_group *group;
    unsigned row;
};

static inline void conform_start(struct conform_job *job, char *program)
{
    char group[64], row[16];
    char *const arguments[] = {program, group, row, NULL};
    snprintf(group, sizeof group, "%s", job->group->name);
    snprintf(row, sizeof row, "%u", job->row);
    job->output = memfd_create("conform", MFD_CLOEXEC);
    must(job->output >= 0, "memfd_create");
    job->pid = fork();
    must(job->pid >= 0, "fork");
    if (job->pid != 0)
        return;
    dup2(job->output, STDOUT_FILENO);
    dup2(job->output, STDERR_FILENO);
    alarm(CONFORM_LIMIT_S);
    execv(program, arguments);
    _exit(98);
}

static inline void conform_finish(struct conform_job *job)
{
    char name[96];
    struct stat size;
    int status = 0;
    off_t from = 0;
    waitpid(job->pid, &status, 0);
    snprintf(name, sizeof name, "== %s %u", job->group->name, job->row);
    say_status(name, status);
    must(fstat(job->output, &size) == 0, "fstat");
    while (from < size.st_size && sendfile(STDOUT_FILENO, job->output, &from, (size_t)(size.st_size - from)) > 0)
        ;
    close(job->output);
}

static inline int conform_all(char *program, const struct conform_group *groups, unsigned ngroups)
{
    struct conform_job jobs[CONFORM_JOBS];
    unsigned started = 0, finished = 0;
    for (unsigned i = 0; i < ngroups; i++) {
        for (unsigned row = 0; row < groups[i].rows; row++) {
            if (started - finished == CONFORM_JOBS)
                conform_finish(&jobs[finished++ % CONFORM_JOBS]);
            struct conform_job *job = &jobs[started++ % CONFORM_JOBS];
            *job = (struct conform_job){.group = &groups[i], .row = row};
            conform_start(job, program);
        }
    }
    while (finished < started)
        conform_finish(&jobs[finished++ % CONFORM_JOBS]);
    say("%u cases\n", finished);
    return 0;
}

static inline void conform_delay(void)
{
    const char *text = getenv("CONFORM_DELAY_MS");
    long ms = text != NULL ? strtol(text, NULL, 10) : 0;
    const struct timespec delay = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    if (ms > 0)
        nanosleep(&delay, NULL);
}

/* With no argument all cases; with a group's name and a row's number that one, in this process. */
static inline int conform_main(int argc, char **argv, const struct conform_group *groups, unsigned ngroups)
{
    if (argc == 1)
        return conform_all(argv[0], groups, ngroups);
    for (unsigned i = 0; argc == 3 && i < ngroups; i++) {
        unsigned row = (unsigned)strtoul(argv[2], NULL, 10);
        if (strcmp(groups[i].name, argv[1]) != 0 || row >= groups[i].rows)
            continue;
        conform_delay();
        groups[i].run(row);
        return 0;
    }
    fprintf(stderr, "usage: %s [GROUP ROW]\n", argv[0]);
    return 2;
}

#endif
