/* record_run.c: one run of arenatop record. */
#include "record_run.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "format.h"
#include "progress.h"
#include "text.h"

#define SECOND_NS UINT64_C(1000000000)
#define WAIT_MIN  (5 * SECOND_NS / 1000)
#define WAIT_MAX  (250 * SECOND_NS / 1000)

static volatile sig_atomic_t asked_to_stop;

static void on_stop(int signal_number)
{
    (void)signal_number;
    asked_to_stop = 1;
}

/* Only while it waits does it hear: so no wait begins after the signal came. */
static void hear_signals(struct record_run *run)
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
    sigprocmask(SIG_BLOCK, &blocked, &run->waiting);
    /* Nobody need read what it tells. */
    signal(SIGPIPE, SIG_IGN);
}

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* Signals are heard here, also with nothing to wait for. */
static void wait_ns(const struct record_run *run, uint64_t ns)
{
    struct timespec wait = {(time_t)(ns / SECOND_NS), (long)(ns % SECOND_NS)};

    ppoll(NULL, 0, &wait, &run->waiting);
}

/* ---- what is told ---- */

static void clear_progress(const struct record_run *run)
{
    if (run->progress)
        progress_clear();
}

static void show_progress(const struct record_run *run)
{
    char armed[2 * FORMAT_BYTES] = "", text[8 * FORMAT_BYTES], amount[FORMAT_BYTES], age[FORMAT_BYTES];

    if (!run->progress)
        return;
    if (run->nconditions > 0)
        snprintf(armed, sizeof(armed), "%s, %" PRIu64 " moment%s, ", run->flight.is_open ? "recording" : "armed",
                 run->flight.moments, run->flight.moments == 1 ? "" : "s");
    snprintf(text, sizeof(text), "%s%" PRIu64 " snapshots, %" PRIu64 " lost, %s, %s", armed, run->written, run->lost,
             format_bytes(amount, run->recorder.file.end), format_age(age, now_ns() - run->start_ns));
    progress_show(text);
}

static void tell_failure(const struct record_run *run, const struct failure *failure)
{
    clear_progress(run);
    fail_say(failure);
}

static void tell_moment(const struct record_run *run, const struct watch_moment *moment)
{
    char name[TEXT_NAME_BYTES], value[FORMAT_BYTES], time[FORMAT_BYTES], text[FAIL_TEXT_BYTES];
    bool is_bytes = moment->when->field->unit == FIELD_BYTES;

    (is_bytes ? format_bytes : format_grouped)(value, moment->value.magnitude);
    if (moment->value.negative)
        format_sign(value, moment->value);
    text_visible(name, sizeof(name), moment->row != NULL ? moment->row->name : WHEN_PROCESS);
    text_visible(text, sizeof(text), moment->when->text);
    clear_progress(run);
    printf("%s #%" PRIu64 " %s.%s is %s: %s\n", format_time(time, run->snapshot.head.time_ns), run->snapshot.head.seq,
           name, moment->when->field->key, value, text);
    fail_flush();
}

static void tell_end(const struct record_run *run)
{
    const struct source_about *about = source_about(run->source);
    bool ended = run->span.state == SOURCE_EXITED || run->span.state == SOURCE_GONE;

    if (run->nconditions > 0 && run->flight.moments == 0 && run->written == 0)
        /* What an earlier run recorded is there, and met one. */
        fputs(run->recorder.file.empty ? "; no condition was met" : "; no new moment", stdout);
    else if (run->nconditions > 0)
        printf("; %" PRIu64 " moment%s", run->flight.moments, run->flight.moments == 1 ? "" : "s");
    if (run->damaged > 0)
        printf("; %" PRIu64 " damaged, left out", run->damaged);
    if (run->flight.before.is_cut)
        fputs("; windows before were cut to what fits into memory", stdout);
    if (ended && about->kind == SOURCE_SEGMENT)
        fputs("; the process has ended", stdout);
}

static void sum_up(const struct record_run *run)
{
    const struct source_about *about = source_about(run->source);
    char comm[TEXT_NAME_BYTES], path[4 * FORMAT_BYTES + 4096], amount[FORMAT_BYTES];

    text_visible(comm, sizeof(comm), about->comm);
    text_visible(path, sizeof(path), run->options->path);
    clear_progress(run);
    printf("%" PRIu64 " snapshot%s of %d (%s) to %s, %" PRIu64 " lost, %s", run->written, run->written == 1 ? "" : "s",
           (int)about->pid, comm, path, run->lost, format_bytes(amount, run->recorder.file.end));
    tell_end(run);
    putchar('\n');
    fail_flush();
}

/* ---- the command of --exec ---- */

static void look_at_errand(struct record_run *run)
{
    struct failure failure;

    if (errand_look(&run->errand, &failure) < 0)
        tell_failure(run, &failure);
}

/* What it came to can still be told: whoever does not want to know presses Ctrl-C. */
static void await_errand(struct record_run *run)
{
    look_at_errand(run);
    if (run->errand.pid != 0 && !asked_to_stop && run->progress)
        progress_show("waiting for the command; Ctrl-C leaves it alone");
    while (run->errand.pid != 0 && !asked_to_stop) {
        wait_ns(run, WAIT_MAX / 5);
        look_at_errand(run);
    }
    clear_progress(run);
}

static void tell_moments(struct record_run *run)
{
    const struct watch *watch = &run->flight.watch;

    for (size_t i = 0; i < watch->nmoments; i++) {
        const struct errand_facts facts = {source_about(run->source), run->options->path, &run->snapshot,
                                           &watch->moments[i]};
        struct failure failure;
        tell_moment(run, &watch->moments[i]);
        if (errand_send(&run->errand, &facts, &failure) < 0)
            tell_failure(run, &failure);
    }
}

/* ---- following ---- */

/* Records what is around a moment. A moment that cannot be recorded is told all the same. */
static int take(struct record_run *run, const void *payload, size_t bytes)
{
    int met = flight_take(&run->flight, &run->snapshot, payload, bytes, &run->failure);

    run->lost += run->seq == 0 || run->snapshot.head.seq <= run->seq ? 0 : run->snapshot.head.seq - run->seq - 1;
    run->written = run->flight.written;
    if (met != 0)
        tell_moments(run);
    return met < 0 ? -1 : 0;
}

/* Records everything, none twice. */
static int append(struct record_run *run, const void *payload, size_t bytes)
{
    uint64_t last = recorder_last_seq(&run->recorder), seq = run->snapshot.head.seq;

    if (seq <= last)
        return 0;
    uint64_t lost = last == 0 ? 0 : seq - last - 1;
    if (recorder_append(&run->recorder, payload, bytes, lost, &run->failure) < 0)
        return -1;
    run->lost += lost;
    run->written++;
    return 0;
}

static int record_place(struct record_run *run)
{
    const void *payload;
    size_t bytes;
    enum source_result result = source_read_payload(run->source, run->place, &payload, &bytes, &run->failure);

    if (result == SOURCE_FAILED)
        return -1;
    /* What was overwritten, or breaks the rules, is missing from the sequence and so counted with the next. */
    if (result == SOURCE_OVERWRITTEN)
        return 0;
    if (result == SOURCE_DAMAGED || snapshot_decode(&run->snapshot, payload, bytes) != 0) {
        run->damaged++;
        return 0;
    }
    if ((run->nconditions > 0 ? take : append)(run, payload, bytes) < 0)
        return -1;
    run->seq = run->snapshot.head.seq;
    run->interval_ns = run->snapshot.agent.interval_ns;
    return 0;
}

/* Everything new, of a long history as much as nobody minds. A source that fails may have found something before. */
static int record_new(struct record_run *run)
{
    int result = source_update(run->source, &run->span, &run->failure);
    struct failure first = run->failure;

    /* Also while there is nothing to record: that the file is gone is better known before the moment than after it. */
    if (recorder_check(&run->recorder, &run->failure) < 0)
        return -1;
    if (run->place < run->span.first)
        run->place = run->span.first;
    for (; run->place < run->span.end && run->place < run->stop_place && !asked_to_stop; run->place++) {
        if (record_place(run) < 0)
            return -1;
        if (run->place % 64 != 0)
            continue;
        show_progress(run);
        look_at_errand(run);
        wait_ns(run, 0);
    }
    show_progress(run);
    if (result < 0)
        run->failure = first;
    return result;
}

static bool is_over(const struct record_run *run)
{
    return asked_to_stop || run->place >= run->stop_place || run->span.state == SOURCE_EXITED ||
           run->span.state == SOURCE_GONE ||
           (run->options->for_ns != 0 && now_ns() - run->start_ns >= run->options->for_ns);
}

/* A few looks in each interval, so that the end of the process is seen soon and a small ring does not run over. */
static void wait_for_more(const struct record_run *run)
{
    uint64_t ns = run->interval_ns / 4;
    uint64_t passed = now_ns() - run->start_ns;

    ns = ns < WAIT_MIN ? WAIT_MIN : ns > WAIT_MAX ? WAIT_MAX : ns;
    if (run->options->for_ns > passed && run->options->for_ns - passed < ns)
        ns = run->options->for_ns - passed;
    wait_ns(run, ns);
}

static int follow(struct record_run *run)
{
    run->start_ns = now_ns();
    run->interval_ns = SECOND_NS;
    run->stop_place = UINT64_MAX;
    if (run->options->count != 0) {
        if (source_update(run->source, &run->span, &run->failure) < 0)
            return -1;
        if (run->options->count < UINT64_MAX - run->span.end)
            run->stop_place = run->span.end + run->options->count;
    }
    for (;;) {
        if (record_new(run) < 0)
            return -1;
        look_at_errand(run);
        if (is_over(run))
            return 0;
        wait_for_more(run);
    }
}

static int arm(struct record_run *run)
{
    const struct record_options *options = run->options;

    run->errand.command = options->exec;
    if (run->nconditions == 0 || flight_init(&run->flight, &run->recorder, run->conditions, run->nconditions,
                                             options->before_ns, options->after_ns) == 0)
        return 0;
    return fail_set(&run->failure, EXIT_FAILED, "record: no memory");
}

int record_run(struct record_run *run, const char *word)
{
    struct failure first;

    run->progress = isatty(STDERR_FILENO);
    hear_signals(run);
    if (arm(run) < 0 || source_open_word(&run->source, word, &run->failure) < 0 ||
        recorder_open(&run->recorder, run->options->path, source_about(run->source), &run->failure) < 0)
        return -1;
    if (run->recorder.cut_off)
        fail_with(EXIT_DONE, "%s: ended in the middle of a snapshot, which is left out", run->options->path);
    int result = follow(run);
    if (result == 0 && source_about(run->source)->kind == SOURCE_RECORDING) {
        clear_progress(run);
        source_tell_cut_off(run->source);
    }
    sum_up(run);
    first = run->failure;
    int closed = recorder_close(&run->recorder, &run->failure);
    await_errand(run);
    if (closed < 0 && result == 0)
        return -1;
    run->failure = first;
    return result;
}

void record_run_free(struct record_run *run)
{
    source_close(run->source);
    flight_free(&run->flight);
    snapshot_free(&run->snapshot);
}
