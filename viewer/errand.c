/* errand.c: a command that is run beside the work. */
#include "errand.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fields.h"
#include "format.h"

#define PREFIX "ARENATOP_"

/* ---- its environment, set in the child ---- */

static void put(const char *name, const char *value)
{
    if (setenv(name, value, 1) != 0)
        _exit(127);
}

static void put_figure(const char *name, struct figure figure)
{
    char text[FORMAT_BYTES];

    snprintf(text, sizeof(text), "%s%" PRIu64, figure.negative ? "-" : "", figure.magnitude);
    put(name, text);
}

/* Every figure of a row by its key in capitals; those of no row go, for they would be of another. */
static void put_fields(const char *prefix, enum field_table table, const void *row)
{
    size_t count;
    const struct field *fields = fields_of(table, &count);

    for (size_t i = 0; i < count; i++) {
        char name[64];
        snprintf(name, sizeof(name), "%s%s", prefix, fields[i].key);
        for (char *c = name; *c != '\0'; c++)
            *c = (char)toupper((unsigned char)*c);
        if (row != NULL)
            put_figure(name, field_figure(&fields[i], row));
        else
            unsetenv(name);
    }
}

static void put_facts(const struct errand_facts *facts)
{
    const struct watch_moment *moment = facts->moment;
    char path[PATH_MAX], time[FORMAT_BYTES];

    put_figure(PREFIX "PID", (struct figure){(uint64_t)facts->about->pid, false});
    put(PREFIX "COMM", facts->about->comm);
    put(PREFIX "FILE", realpath(facts->path, path) != NULL ? path : facts->path);
    put_figure(PREFIX "SEQ", (struct figure){facts->snapshot->head.seq, false});
    put(PREFIX "TIME", format_time(time, facts->snapshot->head.time_ns));
    put(PREFIX "WHEN", moment->when->text);
    put(PREFIX "CLASS", moment->row != NULL ? moment->row->name : WHEN_PROCESS);
    put(PREFIX "FIGURE", moment->when->field->key);
    put_figure(PREFIX "VALUE", moment->value);
    put_fields(PREFIX, FIELDS_CLASS, moment->row);
    put_fields(PREFIX "PROCESS_", FIELDS_PROCESS, &facts->snapshot->process);
}

/* ---- the child ---- */

/* As a program expects to find them. What nohup and shells ignore for their children stays ignored. */
static void restore_signals(void)
{
    sigset_t none;

    for (int i = 1; i < NSIG; i++) {
        struct sigaction before;
        bool is_a_shells = i == SIGHUP || i == SIGINT || i == SIGQUIT;
        if (sigaction(i, NULL, &before) == 0 && !(is_a_shells && before.sa_handler == SIG_IGN))
            signal(i, SIG_DFL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void become(const char *command, const struct errand_facts *facts)
{
    int nothing = open("/dev/null", O_RDONLY);

    if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && nothing != STDIN_FILENO)
        close(nothing);
    setpgid(0, 0);
    put_facts(facts);
    restore_signals();
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

int errand_send(struct errand *errand, const struct errand_facts *facts, struct failure *failure)
{
    if (errand->command == NULL || errand->was_sent)
        return 0;
    errand->was_sent = true;
    /* Where it is ignored, as some supervisors hand it on, children leave no status, and would be waited for without end. */
    signal(SIGCHLD, SIG_DFL);
    errand->pid = fork();
    if (errand->pid == 0)
        become(errand->command, facts);
    if (errand->pid > 0)
        return 0;
    errand->pid = 0;
    return fail_set_errno(failure, errno, "--exec");
}

int errand_look(struct errand *errand, struct failure *failure)
{
    int status;

    if (errand->pid == 0 || waitpid(errand->pid, &status, WNOHANG) != errand->pid)
        return 0;
    errand->pid = 0;
    if (WIFSIGNALED(status))
        return fail_set(failure, EXIT_FAILED, "--exec: '%s': ended by signal %d (%s)", errand->command,
                        WTERMSIG(status), strsignal(WTERMSIG(status)));
    if (WEXITSTATUS(status) != 0)
        return fail_set(failure, EXIT_FAILED, "--exec: '%s': exit status %d", errand->command, WEXITSTATUS(status));
    return 0;
}
