/* cmd_record.c: arenatop record: follows a process and appends every snapshot to a recording, none twice. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "fail.h"
#include "format.h"
#include "recorder.h"
#include "source.h"
#include "target.h"
#include "text.h"

#define SECOND_NS UINT64_C(1000000000)
#define WAIT_MIN  (5 * SECOND_NS / 1000)
#define WAIT_MAX  (250 * SECOND_NS / 1000)

struct record_options {
    const char *path;
    uint64_t count;  /* 0: no end */
    uint64_t for_ns; /* 0: no end */
};

static const struct option_row options[] = {
    {'o', "output", "FILE", "the recording; one of the same process is continued", OPTION_FILE,
     offsetof(struct record_options, path), 0, 0, NULL},
    {'n', "snapshots", "N", "end after N snapshots more than there are at the start", OPTION_COUNT,
     offsetof(struct record_options, count), 1, 0, NULL},
    {0, "for", "SECONDS", "end after that time", OPTION_SECONDS, offsetof(struct record_options, for_ns), 1, 0, NULL},
};

static int run(const struct command *command, int argc, char **argv);
static void explain(FILE *to);

const struct command command_record = {
    .name = "record",
    .synopsis = "TARGET -o FILE [OPTION]...",
    .summary = "Follow a process and append every snapshot to a recording",
    .details = explain,
    .options = options,
    .noptions = sizeof(options) / sizeof(options[0]),
    .operand = "TARGET",
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
};

static void explain(FILE *to)
{
    fputs(
        "\nWhat the process's ring holds already is recorded first. Ends with the process, or with SIGINT or SIGTERM.\n"
        "'arenatop FILE' shows a recording, also while it is written.\n",
        to);
}

/* One recording on its way. Functions return 0, or -1 with *failure set. */
struct recording_run {
    const struct record_options *options;
    struct source *source;
    struct source_span span;
    struct recorder recorder;
    struct snapshot snapshot;
    uint64_t place;      /* the next to record */
    uint64_t written;    /* snapshots, by this run */
    uint64_t lost;       /* by this run */
    uint64_t stop_place; /* with -n: where to end */
    uint64_t start_ns, interval_ns;
    bool progress;    /* somebody looks */
    sigset_t waiting; /* signals while it waits */
    struct failure failure;
};

static volatile sig_atomic_t asked_to_stop;

static void on_stop(int signal_number)
{
    (void)signal_number;
    asked_to_stop = 1;
}

/* Only while it waits does it hear: so no wait begins after the signal came. */
static void hear_signals(struct recording_run *run_of)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_stop}, before;
    sigset_t blocked;

    sigemptyset(&action.sa_mask);
    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        /* One that is ignored (nohup) stays ignored. */
        if (sigaction(signals[i], NULL, &before) != 0 || before.sa_handler == SIG_IGN)
            continue;
        sigaction(signals[i], &action, NULL);
        sigaddset(&blocked, signals[i]);
    }
    sigprocmask(SIG_BLOCK, &blocked, &run_of->waiting);
}

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* ---- what is told ---- */

static void show_progress(const struct recording_run *run_of)
{
    char amount[FORMAT_BYTES], age[FORMAT_BYTES];

    if (run_of->progress)
        fprintf(stderr, "\r\033[K%" PRIu64 " snapshots, %" PRIu64 " lost, %s, %s", run_of->written, run_of->lost,
                format_bytes(amount, run_of->recorder.file.end), format_age(age, now_ns() - run_of->start_ns));
}

static void sum_up(const struct recording_run *run_of)
{
    const struct source_about *about = source_about(run_of->source);
    char comm[TEXT_NAME_BYTES], path[4 * FORMAT_BYTES + 4096], amount[FORMAT_BYTES];
    bool ended = run_of->span.state == SOURCE_EXITED || run_of->span.state == SOURCE_GONE;

    text_visible(comm, sizeof(comm), about->comm);
    text_visible(path, sizeof(path), run_of->options->path);
    if (run_of->progress)
        fputs("\r\033[K", stderr);
    printf("%" PRIu64 " snapshot%s of %d (%s) to %s, %" PRIu64 " lost, %s%s\n", run_of->written,
           run_of->written == 1 ? "" : "s", (int)about->pid, comm, path, run_of->lost,
           format_bytes(amount, run_of->recorder.file.end),
           !ended || about->kind != SOURCE_SEGMENT ? "" : "; the process has ended");
}

/* ---- following ---- */

static int record_place(struct recording_run *run_of)
{
    const void *payload;
    size_t bytes;
    uint64_t last = recorder_last_seq(&run_of->recorder);
    enum source_result result = source_read_payload(run_of->source, run_of->place, &payload, &bytes, &run_of->failure);

    if (result == SOURCE_FAILED)
        return -1;
    /* What was overwritten, or breaks the rules, is missing from the sequence and so counted with the next. */
    if (result == SOURCE_OVERWRITTEN || snapshot_decode(&run_of->snapshot, payload, bytes) != 0 ||
        run_of->snapshot.head.seq <= last)
        return 0;
    uint64_t lost = last == 0 ? 0 : run_of->snapshot.head.seq - last - 1;
    if (recorder_append(&run_of->recorder, payload, bytes, lost, &run_of->failure) < 0)
        return -1;
    run_of->interval_ns = run_of->snapshot.agent.interval_ns;
    run_of->lost += lost;
    run_of->written++;
    return 0;
}

/* Everything new. A source that fails may have found something before. */
static int record_new(struct recording_run *run_of)
{
    int result = source_update(run_of->source, &run_of->span, &run_of->failure);
    struct failure first = run_of->failure;

    if (run_of->place < run_of->span.first)
        run_of->place = run_of->span.first;
    for (; run_of->place < run_of->span.end && run_of->place < run_of->stop_place; run_of->place++) {
        if (record_place(run_of) < 0)
            return -1;
        if (run_of->written % 64 == 0)
            show_progress(run_of);
    }
    show_progress(run_of);
    if (result < 0)
        run_of->failure = first;
    return result;
}

static bool is_over(const struct recording_run *run_of)
{
    return asked_to_stop || run_of->place >= run_of->stop_place || run_of->span.state == SOURCE_EXITED ||
           run_of->span.state == SOURCE_GONE ||
           (run_of->options->for_ns != 0 && now_ns() - run_of->start_ns >= run_of->options->for_ns);
}

/* A few looks in each interval, so that the end of the process is seen soon and a small ring does not run over. */
static void wait_for_more(const struct recording_run *run_of)
{
    uint64_t wait_ns = run_of->interval_ns / 4;
    uint64_t passed = now_ns() - run_of->start_ns;

    wait_ns = wait_ns < WAIT_MIN ? WAIT_MIN : wait_ns > WAIT_MAX ? WAIT_MAX : wait_ns;
    if (run_of->options->for_ns > passed && run_of->options->for_ns - passed < wait_ns)
        wait_ns = run_of->options->for_ns - passed;
    struct timespec wait = {(time_t)(wait_ns / SECOND_NS), (long)(wait_ns % SECOND_NS)};
    ppoll(NULL, 0, &wait, &run_of->waiting);
}

static int follow(struct recording_run *run_of)
{
    run_of->start_ns = now_ns();
    run_of->interval_ns = SECOND_NS;
    run_of->stop_place = UINT64_MAX;
    if (run_of->options->count != 0) {
        if (source_update(run_of->source, &run_of->span, &run_of->failure) < 0)
            return -1;
        run_of->stop_place = run_of->span.end + run_of->options->count;
    }
    for (;;) {
        if (record_new(run_of) < 0)
            return -1;
        if (is_over(run_of))
            return 0;
        wait_for_more(run_of);
    }
}

static int record(struct recording_run *run_of, const char *word)
{
    struct target target;
    struct failure first;

    if (target_resolve(&target, word, &run_of->failure) != TARGET_FOUND ||
        source_open(&run_of->source, &target, &run_of->failure) < 0 ||
        recorder_open(&run_of->recorder, run_of->options->path, source_about(run_of->source), &run_of->failure) < 0)
        return -1;
    int result = follow(run_of);
    sum_up(run_of);
    first = run_of->failure;
    if (recorder_close(&run_of->recorder, &run_of->failure) < 0 && result == 0)
        return -1;
    run_of->failure = first;
    return result;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct record_options chosen = {0};
    struct recording_run run_of = {.options = &chosen, .progress = isatty(STDERR_FILENO)};
    struct operands operands;
    int status = options_parse(command, argc, argv, &chosen, &operands);

    if (status >= 0)
        return status;
    if (chosen.path == NULL)
        return fail_with(EXIT_USAGE,
                         "record: --output: missing, a recording needs a file; see 'arenatop record --help'");
    hear_signals(&run_of);
    int result = record(&run_of, operands.words[0]);
    source_close(run_of.source);
    snapshot_free(&run_of.snapshot);
    return result == 0 ? EXIT_DONE : fail_say(&run_of.failure);
}
