/* cmd_serve.c: arenatop serve: metrics of the processes that can be watched, over HTTP, until it is told to stop. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "commands.h"
#include "fail.h"
#include "serve_http.h"
#include "serve_listen.h"

struct serve_options {
    const char *listen;
};

static const struct option_row options[] = {
    {0, "listen", "ADDR:PORT", "listen there, not at " SERVE_ADDRESS_DEFAULT "; [::1]:PORT for IPv6", OPTION_TEXT,
     offsetof(struct serve_options, listen), 0, 0, NULL},
};

static int run(const struct command *command, int argc, char **argv);
static void explain(FILE *to);

const struct command command_serve = {
    .name = "serve",
    .synopsis = "[OPTION]... [TARGET]...",
    .summary = "Serve metrics of all watchable processes, or the named ones, over HTTP",
    .details = explain,
    COMMAND_OPTIONS(options),
    .operands_min = 0,
    .operands_max = -1,
    .run = run,
};

static void explain(FILE *to)
{
    fputs(
        "\nTARGET is a pid or a name, which may be several processes' and need not be there yet.\n"
        "/metrics answers in OpenMetrics who accepts that, as Prometheus does, and others in its plain text format;\n"
        "/healthz says ok. At a loopback address both are for who asks by number, as localhost, or by a name without\n"
        "a dot: else any page of the web could read them through a browser on this machine.\n"
        "Whoever can connect sees the names and figures of all processes that this user may read: listen elsewhere\n"
        "than at a loopback address only in a network that you trust. Ends with SIGINT or SIGTERM.\n",
        to);
}

static int check_words(const struct operands *words)
{
    for (int i = 0; i < words->count; i++) {
        const char *word = words->words[i];
        size_t digits = strspn(word, "0123456789");
        if (word[0] == '\0' || strchr(word, '/') != NULL)
            return fail_with(EXIT_USAGE, "serve: '%s': metrics are of running processes: give a pid or a name", word);
        if (word[digits] == '\0' && (digits > 10 || strtol(word, NULL, 10) > INT32_MAX || strtol(word, NULL, 10) == 0))
            return fail_with(EXIT_USAGE, "serve: %s: no pid is that large, and none is 0", word);
    }
    return EXIT_DONE;
}

/* A file descriptor that becomes readable at a signal to stop, or -1 with errno. */
static int catch_stop(void)
{
    static const int stops[] = {SIGINT, SIGTERM, SIGHUP};
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
        struct sigaction action;
        /* One that is ignored (nohup) stays ignored; blocked, it would come through. */
        if (sigaction(stops[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&set, stops[i]);
    }
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    /* A client that goes away while it is written to is nothing to die of. */
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int serve(const struct serve_options *chosen, const struct serve_wanted *wanted, struct failure *failure)
{
    char address[SERVE_ADDRESS_BYTES];
    int listener = serve_listen(chosen->listen, address, failure);

    if (listener < 0)
        return -1;
    int stop = catch_stop();
    if (stop < 0) {
        close(listener);
        return fail_set_errno(failure, errno, "serve");
    }
    /* Past the stream, whose failure would be the command's: that nobody could read this line hinders no scrape. */
    dprintf(STDOUT_FILENO, "serving http://%s/metrics\n", address);
    int result = serve_http_run(listener, stop, wanted, failure);
    close(stop);
    return result;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct serve_options chosen = {.listen = SERVE_ADDRESS_DEFAULT};
    struct operands operands;
    struct failure failure;
    int status = options_parse(command, argc, argv, &chosen, &operands);

    if (status >= 0)
        return status;
    status = check_words(&operands);
    if (status != EXIT_DONE)
        return status;
    const struct serve_wanted wanted = {.words = operands.words, .count = operands.count};
    return serve(&chosen, &wanted, &failure) == 0 ? EXIT_DONE : fail_say(&failure);
}
