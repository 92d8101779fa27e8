/* cmd_report.c: arenatop report: what a recording says, as a page to be sent on. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "fail.h"
#include "format.h"
#include "output.h"
#include "progress.h"
#include "report.h"
#include "report_page.h"
#include "source.h"

#define NS_PER_S    UINT64_C(1000000000)
#define PROGRESS_NS (NS_PER_S / 5)

struct report_options {
    const char *path;
};

static const struct option_row options[] = {
    {'o', "output", "FILE", "write to FILE, which appears whole or not at all", OPTION_FILE,
     offsetof(struct report_options, path), 0, 0, NULL},
};

static int run(const struct command *command, int argc, char **argv);
static void explain(FILE *to);

const struct command command_report = {
    .name = "report",
    .synopsis = "TARGET [OPTION]...",
    .summary = "Write a page of HTML about a recording, to be sent on",
    .details = explain,
    COMMAND_OPTIONS(options),
    COMMAND_ONE_TARGET,
    .run = run,
};

static void explain(FILE *to)
{
    fputs("\nThe page is one file, without scripts, and fetches nothing: the classes over time, what each of them "
          "gained,\n"
          "who freed whose memory. TARGET is a recording, a copied segment, or a process, of which there is what its\n"
          "ring holds. Without -o it goes to standard output.\n",
          to);
}

/* One report on its way. Functions return 0, or -1 with *failure set. */
struct report_run {
    struct source *source;
    struct source_span span;
    struct snapshot snapshot;
    struct report report;
    struct output output;
    uint64_t damaged; /* snapshots that are passed over */
    bool progress;    /* somebody looks */
    uint64_t shown_ns;
    struct failure failure;
};

/* ---- what is told ---- */

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* A few times a second, and not at all where it is done before anybody wonders. */
static void show_progress(struct report_run *run_of, uint64_t done)
{
    uint64_t all = run_of->span.end - run_of->span.first;
    char text[4 * FORMAT_BYTES], count[FORMAT_BYTES], of[FORMAT_BYTES], share[FORMAT_BYTES];

    if (!run_of->progress || done % 64 != 0 || now_ns() - run_of->shown_ns < PROGRESS_NS)
        return;
    run_of->shown_ns = now_ns();
    snprintf(text, sizeof(text), "read %s of %s snapshots, %s", format_grouped(count, done), format_grouped(of, all),
             format_percent(share, done, all));
    progress_show(text);
}

static void clear_progress(const struct report_run *run_of)
{
    if (run_of->progress)
        progress_clear();
}

/* ---- the pass over what there is ---- */

static int fail_memory(struct report_run *run_of)
{
    return fail_set_errno(&run_of->failure, ENOMEM, source_about(run_of->source)->path);
}

/* What was overwritten meanwhile, or is damaged, is missing from the sequence, and so is seen with the next. */
static int read_places(struct report_run *run_of)
{
    for (uint64_t place = run_of->span.first; place < run_of->span.end; place++) {
        enum source_result result = source_read(run_of->source, place, &run_of->snapshot, &run_of->failure);
        if (result == SOURCE_FAILED)
            return -1;
        if (result == SOURCE_OK && report_add(&run_of->report, place - run_of->span.first, &run_of->snapshot) != 0)
            return fail_memory(run_of);
        run_of->damaged += result == SOURCE_DAMAGED;
        show_progress(run_of, place - run_of->span.first);
    }
    return 0;
}

static int fail_nothing(struct report_run *run_of)
{
    if (run_of->damaged > 0)
        return fail_set(&run_of->failure, EXIT_FAILED, "%s: no snapshot in it can be read, all are damaged: %" PRIu64,
                        source_about(run_of->source)->name, run_of->damaged);
    return source_fail_empty(run_of->source, &run_of->failure);
}

static int collect(struct report_run *run_of)
{
    if (source_update(run_of->source, &run_of->span, &run_of->failure) < 0)
        return -1;
    if (report_init(&run_of->report, run_of->span.end - run_of->span.first) != 0)
        return fail_memory(run_of);
    run_of->shown_ns = now_ns();
    int result = read_places(run_of);
    clear_progress(run_of);
    if (result < 0)
        return -1;
    if (run_of->report.count == 0)
        return fail_nothing(run_of);
    source_tell_damaged(run_of->source, run_of->damaged);
    return report_end(&run_of->report) == 0 ? 0 : fail_memory(run_of);
}

static int write_report(struct report_run *run_of, const char *word, const char *path)
{
    if (source_open_word(&run_of->source, word, &run_of->failure) < 0 ||
        output_open(&run_of->output, path, &run_of->failure) < 0)
        return -1;
    if (collect(run_of) < 0) {
        output_discard(&run_of->output);
        return -1;
    }
    report_page_write(run_of->output.stream, source_about(run_of->source), &run_of->span, &run_of->report);
    return output_commit(&run_of->output, &run_of->failure);
}

static int run(const struct command *command, int argc, char **argv)
{
    struct report_options chosen = {0};
    struct report_run run_of = {.progress = isatty(STDERR_FILENO) == 1};
    struct operands operands;
    int status = options_parse(command, argc, argv, &chosen, &operands);

    if (status >= 0)
        return status;
    int result = write_report(&run_of, operands.words[0], chosen.path);
    if (result == 0)
        source_tell_cut_off(run_of.source);
    source_close(run_of.source);
    snapshot_free(&run_of.snapshot);
    report_free(&run_of.report);
    return result == 0 ? EXIT_DONE : fail_say(&run_of.failure);
}
