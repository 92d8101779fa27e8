/* cmd_record.c: arenatop record: follows a process and appends every snapshot to a recording, none twice; or those around
 * the moments at which a condition is met. */
#include <stdio.h>

#include <string.h>

#include "commands.h"
#include "fail.h"
#include "record_run.h"

#define NOT_GIVEN     UINT64_MAX
#define WINDOW_NS     UINT64_C(60000000000)
#define WINDOW_MAX_NS (UINT64_C(366) * 86400 * 1000000000)

static const struct option_row options[] = {
    {'o', "output", "FILE", "the recording; one of the same process is continued", OPTION_FILE,
     offsetof(struct record_options, path), 0, 0, NULL},
    {'n', "snapshots", "N", "end after N snapshots more than there are at the start", OPTION_COUNT,
     offsetof(struct record_options, count), 1, 0, NULL},
    {0, "for", "SECONDS", "end after that time", OPTION_SECONDS, offsetof(struct record_options, for_ns), 1, 0, NULL},
    {0, "when", "CONDITION", "record only what is around the moments at which this is met", OPTION_TEXTS,
     offsetof(struct record_options, when), 0, 0, NULL},
    {0, "before", "SECONDS", "with --when: so much before such a moment (60)", OPTION_SECONDS,
     offsetof(struct record_options, before_ns), 0, WINDOW_MAX_NS, NULL},
    {0, "after", "SECONDS", "with --when: so much after it (60)", OPTION_SECONDS,
     offsetof(struct record_options, after_ns), 0, WINDOW_MAX_NS, NULL},
    {0, "exec", "COMMAND", "with --when: run this, once, at the first such moment", OPTION_TEXT,
     offsetof(struct record_options, exec), 0, 0, NULL},
};

static int run(const struct command *command, int argc, char **argv);
static void explain(FILE *to);

const struct command command_record = {
    .name = "record",
    .synopsis = "TARGET -o FILE [OPTION]...",
    .summary = "Follow a process and append every snapshot to a recording",
    .details = explain,
    COMMAND_OPTIONS(options),
    COMMAND_ONE_TARGET,
    .run = run,
};

static void explain(FILE *to)
{
    fputs(
        "\nWhat the process's ring holds already is recorded first. Ends with the process, or with SIGINT or SIGTERM.\n"
        "'arenatop FILE' shows a recording, also while it is written.\n"
        "\nA flight recorder, that keeps what matters and no more:\n"
        "  --when 'CLASS.FIGURE > AMOUNT'             also >= < <=; AMOUNT is a number, of bytes also with K, M, G, T\n"
        "  --when 'CLASS.FIGURE rises AMOUNT/TIME'    also falls; TIME is s, min, h or d\n"
        "CLASS is a class's name, or a glob: 'io_thd_*', '*'; 'process' is the process. FIGURE is a key of the JSON: "
        "live,\n"
        "dirty, threads, ...; process.rss. The last dot before the test separates them. --when may be given several "
        "times.\n"
        "A condition is met when it begins to hold, for each class by itself, and again only after it did not hold. "
        "What\n"
        "the ring or a file holds already is judged as well; of the window before, at most 64M are kept in memory.\n"
        "\nThe COMMAND of --exec is a line for /bin/sh. What it is about stands in its environment: ARENATOP_PID, "
        "_COMM,\n"
        "_CLASS, _WHEN, _FIGURE, _VALUE, _SEQ, _TIME, _FILE (the recording); the class's figures, as ARENATOP_LIVE; "
        "and the\n"
        "process's, as ARENATOP_PROCESS_RSS. Nobody waits for it while there is something to record.\n",
        to);
}

/* Returns -1 to go on, or EXIT_USAGE, said. */
static int check_options(const struct record_options *chosen)
{
    static const char help[] = "see 'arenatop record --help'";
    const char *lonely = chosen->exec != NULL             ? "exec"
                         : chosen->before_ns != NOT_GIVEN ? "before"
                         : chosen->after_ns != NOT_GIVEN  ? "after"
                                                          : NULL;

    if (chosen->path == NULL)
        return fail_with(EXIT_USAGE, "record: --output: missing, a recording needs a file; %s", help);
    if (strcmp(chosen->path, "-") == 0)
        return fail_with(EXIT_USAGE,
                         "record: --output: -: a recording needs a file, it is read while it is written; %s", help);
    if (chosen->when.count == 0 && lonely != NULL)
        return fail_with(EXIT_USAGE, "record: --%s: only with --when; %s", lonely, help);
    return -1;
}

static int parse_conditions(struct record_run *run)
{
    const struct option_texts *texts = &run->options->when;
    struct failure failure;

    for (size_t i = 0; i < texts->count; i++)
        if (when_parse(&run->conditions[i], texts->words[i], &failure) < 0)
            return fail_with(failure.code, "record: --when: %s", failure.text);
    run->nconditions = texts->count;
    return -1;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct record_options chosen = {.before_ns = NOT_GIVEN, .after_ns = NOT_GIVEN};
    struct record_run run_of = {.options = &chosen};
    struct operands operands;
    int status = options_parse(command, argc, argv, &chosen, &operands);

    if (status >= 0 || (status = check_options(&chosen)) >= 0 || (status = parse_conditions(&run_of)) >= 0)
        return status;
    chosen.before_ns = chosen.before_ns == NOT_GIVEN ? WINDOW_NS : chosen.before_ns;
    chosen.after_ns = chosen.after_ns == NOT_GIVEN ? WINDOW_NS : chosen.after_ns;
    int result = record_run(&run_of, operands.words[0]);
    record_run_free(&run_of);
    return result == 0 ? EXIT_DONE : fail_say(&run_of.failure);
}
