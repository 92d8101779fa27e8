/* cmd_dump.c: arenatop dump: snapshots to a file or to standard output. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "csv.h"
#include "fail.h"
#include "json.h"
#include "metrics.h"
#include "output.h"
#include "raw.h"
#include "session.h"
#include "source.h"

enum dump_format { DUMP_JSON, DUMP_CSV, DUMP_OPENMETRICS, DUMP_RAW };
static const char *const format_words[] = {"json", "csv", "openmetrics", "raw", NULL};

struct dump_options {
    const char *path;
    int format; /* enum dump_format */
    uint64_t seq;
    bool all;
};

static const struct option_row options[] = {
    {'o', "output", "FILE", "write to FILE, which appears whole or not at all", OPTION_FILE,
     offsetof(struct dump_options, path), 0, 0, NULL},
    {'f', "format", "FORMAT", "format", OPTION_CHOICE, offsetof(struct dump_options, format), 0, 0, format_words},
    {0, "seq", "N", "the snapshot with number N, not the newest", OPTION_COUNT, offsetof(struct dump_options, seq), 1,
     0, NULL},
    {0, "all", NULL, "all snapshots that there are", OPTION_FLAG, offsetof(struct dump_options, all), 0, 0, NULL},
};

static int run(const struct command *command, int argc, char **argv);
static void explain(FILE *to);

const struct command command_dump = {
    .name = "dump",
    .synopsis = "TARGET [OPTION]...",
    .summary = "Write the newest snapshot, another one, or all, to a file or standard output",
    .details = explain,
    COMMAND_OPTIONS(options),
    COMMAND_ONE_TARGET,
    .run = run,
};

static void explain(FILE *to)
{
    fputs("\nMetrics of a process that has ended, or whose agent is silent, are arenatop_up 0 alone, as 'serve' has "
          "them. "
          "Those\n"
          "of a file, and with --seq, are of a moment that was asked for, at which the process was up.\n",
          to);
}

/* One dump on its way. Functions return 0, or -1 with *failure set. */
struct dump {
    const struct dump_options *options;
    struct source *source;
    struct source_span span;
    struct output output;
    struct snapshot snapshot;
    uint64_t damaged; /* of --all, passed over */
    struct failure failure;
};

/* ---- one snapshot ---- */

static uint64_t mono_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* The last figures of a process that has ended are not today's, and whoever collects them would take them for that. Who
 * names a file or a number wants the past, of a moment at which it was up. */
static bool is_up(struct dump *dump)
{
    struct source_span span;
    struct failure ignored;

    if (source_about(dump->source)->kind != SOURCE_SEGMENT || dump->options->seq != 0)
        return true;
    return source_update(dump->source, &span, &ignored) == 0 && span.state == SOURCE_LIVE &&
           !session_silence(span.beat_ns, dump->snapshot.agent.interval_ns, mono_ns());
}

static void write_metrics(struct dump *dump)
{
    const struct metrics_process process = {source_about(dump->source), &dump->snapshot, is_up(dump)};
    const struct metrics metrics = {.processes = &process, .count = 1};

    metrics_write(&metrics, METRICS_OPENMETRICS, dump->output.stream);
}

static int write_snapshot(struct dump *dump)
{
    const struct source_about *about = source_about(dump->source);
    FILE *to = dump->output.stream;

    switch (dump->options->format) {
    case DUMP_JSON:
        if (json_write_line(json_of_snapshot(about, &dump->snapshot), to) < 0 && !ferror(to))
            return fail_set(&dump->failure, EXIT_FAILED, "%s: no memory for its JSON", about->path);
        return 0;
    case DUMP_CSV:
        csv_write_snapshot(about, &dump->snapshot, to);
        return 0;
    default:
        write_metrics(dump);
        return 0;
    }
}

static int fail_overwritten(struct dump *dump)
{
    return fail_set(&dump->failure, EXIT_FAILED, "%s: overwritten while it was read; ask again",
                    source_about(dump->source)->name);
}

/* The last update found nothing to read: a writer that is quicker than its reader had taken it back already, or there is
 * nothing. */
static int fail_nothing(struct dump *dump)
{
    if (dump->span.end > 0 || dump->span.lost > 0)
        return fail_overwritten(dump);
    return source_fail_empty(dump->source, &dump->failure);
}

/* The newest one there is, without a look at the history. */
static int dump_latest(struct dump *dump)
{
    switch (source_read_latest(dump->source, &dump->snapshot, &dump->failure)) {
    case SOURCE_OK:
        return write_snapshot(dump);
    case SOURCE_OVERWRITTEN:
        return source_update(dump->source, &dump->span, &dump->failure) < 0 ? -1 : fail_nothing(dump);
    default:
        return -1;
    }
}

/* ---- places ---- */

static int fail_no_seq(struct dump *dump)
{
    const char *name = source_about(dump->source)->name;
    struct snapshot *snapshot = &dump->snapshot;
    uint64_t first;

    if (source_read(dump->source, dump->span.first, snapshot, &dump->failure) != SOURCE_OK)
        return fail_set(&dump->failure, EXIT_FAILED, "%s: no snapshot %" PRIu64, name, dump->options->seq);
    first = snapshot->head.seq;
    if (source_read(dump->source, dump->span.end - 1, snapshot, &dump->failure) != SOURCE_OK)
        return -1;
    return fail_set(&dump->failure, EXIT_FAILED, "%s: no snapshot %" PRIu64 "; there are %" PRIu64 " to %" PRIu64, name,
                    dump->options->seq, first, snapshot->head.seq);
}

/* Which places are asked for; of the newest alone the last. */
static int find_places(struct dump *dump, uint64_t *first, uint64_t *end)
{
    if (source_update(dump->source, &dump->span, &dump->failure) < 0)
        return -1;
    if (dump->span.first == dump->span.end)
        return fail_nothing(dump);
    *first = dump->options->all ? dump->span.first : dump->span.end - 1;
    *end = dump->span.end;
    if (dump->options->seq == 0)
        return 0;
    switch (source_find_seq(dump->source, dump->options->seq, first, &dump->failure)) {
    case SOURCE_OK:
        *end = *first + 1;
        return 0;
    case SOURCE_OVERWRITTEN:
        return fail_no_seq(dump);
    default:
        return -1;
    }
}

/* An empty output would look like one of a process that has published nothing. */
static int fail_none_left(struct dump *dump)
{
    if (dump->damaged == 0)
        return fail_overwritten(dump);
    return fail_set(&dump->failure, EXIT_FAILED, "%s: no snapshot in it can be read, all are damaged: %" PRIu64,
                    source_about(dump->source)->name, dump->damaged);
}

static int write_places(struct dump *dump, uint64_t first, uint64_t end)
{
    uint64_t written = 0;

    for (uint64_t place = first; place < end && !ferror(dump->output.stream); place++) {
        enum source_result result = source_read(dump->source, place, &dump->snapshot, &dump->failure);
        if (result == SOURCE_DAMAGED && dump->options->all)
            dump->damaged++;
        else if (result == SOURCE_FAILED || result == SOURCE_DAMAGED ||
                 (result == SOURCE_OK && write_snapshot(dump) < 0))
            return -1;
        written += result == SOURCE_OK;
    }
    return written > 0 || ferror(dump->output.stream) ? 0 : fail_none_left(dump);
}

/* The one that was asked for is damaged: the reader has said so. */
static int write_raw(struct dump *dump, uint64_t first, uint64_t end)
{
    int result = raw_write(dump->source, first, end, dump->output.stream, &dump->damaged, &dump->failure);

    if (result == 0 && dump->options->all && dump->damaged == end - first)
        return fail_none_left(dump);
    return result == 0 && dump->damaged > 0 && !dump->options->all ? -1 : result;
}

static int write_dump(struct dump *dump)
{
    uint64_t first = 0, end = 0;
    bool newest = !dump->options->all && dump->options->seq == 0;

    if (dump->options->format == DUMP_CSV)
        csv_write_header(dump->output.stream);
    if (newest && dump->options->format != DUMP_RAW)
        return dump_latest(dump);
    if (find_places(dump, &first, &end) < 0)
        return -1;
    if (dump->options->format == DUMP_RAW)
        return write_raw(dump, first, end);
    return write_places(dump, first, end);
}

static int dump_target(struct dump *dump, const char *word)
{
    if (source_open_word(&dump->source, word, &dump->failure) < 0 ||
        output_open(&dump->output, dump->options->path, &dump->failure) < 0)
        return -1;
    if (write_dump(dump) < 0) {
        output_discard(&dump->output);
        return -1;
    }
    return output_commit(&dump->output, &dump->failure);
}

static int run(const struct command *command, int argc, char **argv)
{
    struct dump_options chosen = {0};
    struct dump dump = {.options = &chosen};
    struct operands operands;
    int status = options_parse(command, argc, argv, &chosen, &operands);

    if (status >= 0)
        return status;
    if (chosen.all && chosen.seq != 0)
        return fail_with(EXIT_USAGE, "dump: --all and --seq: only one of them; see 'arenatop dump --help'");
    if (chosen.all && chosen.format == DUMP_OPENMETRICS)
        return fail_with(EXIT_USAGE, "dump: --all: metrics are of one moment; see 'arenatop dump --help'");
    int result = dump_target(&dump, operands.words[0]);
    if (result == 0) {
        source_tell_cut_off(dump.source);
        source_tell_damaged(dump.source, dump.damaged);
    }
    source_close(dump.source);
    snapshot_free(&dump.snapshot);
    return result == 0 ? EXIT_DONE : fail_say(&dump.failure);
}
