/* death.c: the watched process may die at any instruction. It is single-stepped through making its segment, publishing and
 * ending, and killed at random; after every step and every kill the viewer's source reads the segment, and finds every
 * snapshot whole, one after the other, up to the last that was published. Speaks TAP; LONG=1 is thorough. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "atomics.h"
#include "source.h"
#include "synth.h"

#define RING AT_RING_BYTES_MIN

/* Under a sanitizer each step is many instructions, and each look takes ten times as long. */
#if defined(__SANITIZE_ADDRESS__)
enum { PUBLISHED = 1, WIDE_CLASSES = 6, STEPS_A_LOOK = 16 };
#else
enum { PUBLISHED = 4, WIDE_CLASSES = 24, STEPS_A_LOOK = 1 };
#endif
enum { PAYLOAD_BYTES = 1 << 16 };

/* What writer and onlooker both see. */
struct shared {
    uint64_t phase; /* moved on by the writer when what is being stepped through is over */
    uint64_t done;  /* sequence of the last snapshot whose publication returned */
    uint64_t ready; /* the writer publishes at full speed */
    uint64_t wide;  /* from this sequence on snapshots are larger; 0: none */
};

struct onlooker {
    struct shared *shared;
    struct target target;
    pid_t pid;
    uint64_t seen; /* the last sequence that was found: it never goes back */
    uint64_t looks;
    char why[200]; /* what was wrong; empty: nothing */
};

static unsigned tests, every_full;
static bool failed;
static _Alignas(8) unsigned char payload[PAYLOAD_BYTES];

/* ---- results ---- */

static void wrong(struct onlooker *onlooker, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void wrong(struct onlooker *onlooker, const char *format, ...)
{
    va_list arguments;

    if (onlooker->why[0] != '\0')
        return;
    va_start(arguments, format);
    vsnprintf(onlooker->why, sizeof(onlooker->why), format, arguments);
    va_end(arguments);
}

static void report(const struct onlooker *onlooker, const char *what, uint64_t count, const char *unit)
{
    bool good = onlooker->why[0] == '\0' && count > 0;

    printf("%sok %u - %s: %llu %s, %llu looks%s%s\n", good ? "" : "not ", ++tests, what, (unsigned long long)count,
           unit, (unsigned long long)onlooker->looks, good ? "" : ": ", onlooker->why);
    fflush(stdout);
    failed |= !good;
}

/* ---- what is published ---- */

static size_t snapshot_of(const struct shared *shared, uint64_t seq, void *buffer)
{
    struct synth_options options;

    synth_defaults(&options);
    if (shared->wide != 0 && seq >= shared->wide)
        options.classes = WIDE_CLASSES;
    return synth_snapshot(&options, seq, AT_STATE_LIVE, buffer, PAYLOAD_BYTES);
}

/* So many snapshots of the usual size fill the ring but for one. */
static uint64_t nearly_all(const struct shared *shared)
{
    size_t bytes = sizeof(struct at_record) + snapshot_of(shared, 1, payload);

    return RING / ((bytes + AT_RECORD_ALIGN - 1) / AT_RECORD_ALIGN * AT_RECORD_ALIGN) - 1;
}

/* ---- looking ---- */

static bool is_whole(const struct onlooker *onlooker, const void *got, size_t bytes)
{
    uint64_t seq = ((const struct at_snapshot *)got)->seq;

    return snapshot_of(onlooker->shared, seq, payload) == bytes && memcmp(got, payload, bytes) == 0;
}

/* The newest snapshot is the last that was published, or the one that was being published. */
static void judge_newest(struct onlooker *onlooker, uint64_t seq)
{
    uint64_t done = onlooker->shared->done;

    if (seq != done && seq != done + 1)
        wrong(onlooker, "the newest is %llu, after %llu was published", (unsigned long long)seq,
              (unsigned long long)done);
    if (seq < onlooker->seen)
        wrong(onlooker, "the newest is %llu, and was %llu", (unsigned long long)seq,
              (unsigned long long)onlooker->seen);
    onlooker->seen = seq;
}

static void look_at_newest(struct onlooker *onlooker, struct source *source)
{
    static struct snapshot snapshot;
    struct failure failure;
    enum source_result result = source_read_latest(source, &snapshot, &failure);

    if (result == SOURCE_OK)
        judge_newest(onlooker, snapshot.head.seq);
    else if (result == SOURCE_FAILED || onlooker->shared->done > 0)
        wrong(onlooker, "no newest snapshot: %s", result == SOURCE_FAILED ? failure.text : "none");
}

/* The sequence of the snapshot at a place that was found to be there, or 0: it is not whole. */
static uint64_t read_place(struct onlooker *onlooker, struct source *source, uint64_t place)
{
    const void *got;
    size_t bytes;
    struct failure failure;

    if (source_read_payload(source, place, &got, &bytes, &failure) == SOURCE_OK && is_whole(onlooker, got, bytes))
        return ((const struct at_snapshot *)got)->seq;
    wrong(onlooker, "the snapshot at place %llu is not whole", (unsigned long long)place);
    return 0;
}

static void look_at_all(struct onlooker *onlooker, struct source *source)
{
    struct source_span span;
    struct failure failure;
    uint64_t last = 0, seq = 1;

    if (source_update(source, &span, &failure) < 0)
        wrong(onlooker, "%s", failure.text);
    for (uint64_t place = span.first; place < span.end && seq != 0; place++, last = seq) {
        seq = read_place(onlooker, source, place);
        if (last != 0 && seq != last + 1)
            wrong(onlooker, "%llu follows %llu", (unsigned long long)seq, (unsigned long long)last);
    }
    if (last != 0)
        judge_newest(onlooker, last);
    else if (onlooker->shared->done > 0)
        wrong(onlooker, "there is nothing");
}

/* Opens the segment as arenatop does. `may_be_missing`: it is being made, or removed. */
static void look(struct onlooker *onlooker, bool all, bool may_be_missing)
{
    struct source *source;
    struct failure failure;

    onlooker->looks++;
    if (source_open(&source, &onlooker->target, &failure) < 0) {
        if (!may_be_missing || access(onlooker->target.path, F_OK) == 0)
            wrong(onlooker, "%s", failure.text);
        return;
    }
    look_at_newest(onlooker, source);
    if (all)
        look_at_all(onlooker, source);
    source_close(source);
}

/* ---- the writer ---- */

/* What the agent does once an interval. */
static void publish(struct shared *shared, struct segment *segment, void *buffer, size_t bytes)
{
    ring_publish(&segment->ring, AT_RECORD_SNAPSHOT, buffer, bytes);
    segment_beat(segment, segment->ring.sequence);
    store_release64(&shared->done, segment->ring.sequence);
}

static void publish_next(struct shared *shared, struct segment *segment, bool stop)
{
    size_t bytes = snapshot_of(shared, segment->ring.sequence + 1, payload);

    if (stop)
        raise(SIGSTOP);
    publish(shared, segment, payload, bytes);
    store_release64(&shared->phase, shared->phase + 1);
}

static int make_segment(struct segment *segment)
{
    const struct segment_options options = {
        .ring_bytes = RING, .group = (gid_t)-1, .agent_version = "death", .jemalloc_version = "none"};

    return segment_create(segment, &options);
}

static void live(struct shared *shared, struct segment *segment, uint64_t history)
{
    if (segment_own(segment) != 0)
        _exit(1);
    segment_set_state(segment, AT_STATE_LIVE);
    while (segment->ring.sequence < history)
        publish_next(shared, segment, false);
}

/* Stops before everything that is worth a step: making the segment, some publications, the end. */
static void be_stepped(struct shared *shared, uint64_t history)
{
    struct segment segment;

    raise(SIGSTOP);
    if (make_segment(&segment) != 0)
        _exit(1);
    store_release64(&shared->phase, shared->phase + 1);
    live(shared, &segment, history);
    for (int i = 0; i < PUBLISHED; i++)
        publish_next(shared, &segment, true);
    raise(SIGSTOP);
    segment_set_state(&segment, AT_STATE_EXITED);
    segment_disown(&segment);
    segment_close(&segment, true);
    store_release64(&shared->phase, shared->phase + 1);
    raise(SIGSTOP);
    _exit(0);
}

static void be_killed(struct shared *shared, uint64_t history)
{
    struct segment segment;

    if (make_segment(&segment) != 0)
        _exit(1);
    live(shared, &segment, history);
    store_release64(&shared->ready, 1);
    for (;;)
        publish_next(shared, &segment, false);
}

/* Starts a writer that tells its segment's name before it does anything else. */
static void start(struct onlooker *onlooker, void (*be)(struct shared *shared, uint64_t history), uint64_t history,
                  bool traced)
{
    struct segment_identity identity;
    char name[SEGMENT_NAME_BYTES];
    int pipe_ends[2];

    fflush(stdout);
    if (pipe(pipe_ends) != 0 || (onlooker->pid = fork()) < 0)
        abort();
    if (onlooker->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        segment_identify(&identity);
        segment_name(&identity, name);
        if (write(pipe_ends[1], name, sizeof(name)) != sizeof(name) ||
            (traced && ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0))
            _exit(1);
        be(onlooker->shared, history);
    }
    if (read(pipe_ends[0], name, sizeof(name)) != sizeof(name))
        abort();
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    onlooker->target = (struct target){.kind = TARGET_PROCESS, .pid = onlooker->pid, .owner = geteuid()};
    snprintf(onlooker->target.path, sizeof(onlooker->target.path), "/dev/shm%s", name);
}

static void end(struct onlooker *onlooker)
{
    kill(onlooker->pid, SIGKILL);
    while (waitpid(onlooker->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

static struct onlooker begin(struct shared *shared)
{
    memset(shared, 0, sizeof(*shared));
    return (struct onlooker){.shared = shared};
}

/* ---- step by step ---- */

/* Lets the writer run to its next stop. False when it ended instead. */
static bool run_to_stop(const struct onlooker *onlooker)
{
    int status;

    return waitpid(onlooker->pid, &status, 0) == onlooker->pid && WIFSTOPPED(status);
}

static bool go_on(const struct onlooker *onlooker)
{
    return ptrace(PTRACE_CONT, onlooker->pid, NULL, NULL) == 0 && run_to_stop(onlooker);
}

/* Steps through one phase, and looks after each instruction. Returns how many there were. */
static uint64_t step_through(struct onlooker *onlooker, bool may_be_missing)
{
    uint64_t phase = load_acquire64(&onlooker->shared->phase), steps = 0;

    while (load_acquire64(&onlooker->shared->phase) == phase && onlooker->why[0] == '\0') {
        if (ptrace(PTRACE_SINGLESTEP, onlooker->pid, NULL, NULL) != 0 || !run_to_stop(onlooker)) {
            wrong(onlooker, "the writer ended");
            break;
        }
        if (steps++ % STEPS_A_LOOK == 0)
            look(onlooker, steps / STEPS_A_LOOK % every_full == 0, may_be_missing);
    }
    return steps;
}

static void step_phase(struct onlooker *onlooker, bool may_be_missing, const char *what)
{
    onlooker->looks = 0;
    uint64_t steps = step_through(onlooker, may_be_missing);
    report(onlooker, what, steps, "instructions");
}

static void step_publications(struct onlooker *onlooker, const char *what)
{
    uint64_t steps = 0;

    onlooker->looks = 0;
    for (int i = 0; i < PUBLISHED; i++) {
        if (!go_on(onlooker))
            wrong(onlooker, "the writer ended");
        steps += step_through(onlooker, false);
    }
    report(onlooker, what, steps, "instructions");
}

/* Publications into a ring of so much history, step by step. */
static void step_into(struct shared *shared, const char *what, uint64_t history, uint64_t wide)
{
    struct onlooker onlooker = begin(shared);

    shared->wide = wide;
    start(&onlooker, be_stepped, history, true);
    if (!run_to_stop(&onlooker))
        wrong(&onlooker, "the writer cannot be traced");
    step_publications(&onlooker, what);
    end(&onlooker);
    unlink(onlooker.target.path);
}

static void step_a_life(struct shared *shared)
{
    struct onlooker onlooker = begin(shared);

    start(&onlooker, be_stepped, 0, true);
    if (!run_to_stop(&onlooker))
        wrong(&onlooker, "the writer cannot be traced");
    step_phase(&onlooker, true, "a segment is made");
    step_publications(&onlooker, "its first snapshots");
    if (!go_on(&onlooker))
        wrong(&onlooker, "the writer ended");
    step_phase(&onlooker, true, "its end");
    if (access(onlooker.target.path, F_OK) == 0)
        wrong(&onlooker, "%s is left", onlooker.target.path);
    report(&onlooker, "nothing is left of it", 1, "look");
    end(&onlooker);
}

/* ---- killed ---- */

static void wait_ns(uint64_t ns)
{
    struct timespec from, now;

    clock_gettime(CLOCK_MONOTONIC, &from);
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while ((uint64_t)(now.tv_sec - from.tv_sec) * UINT64_C(1000000000) + (uint64_t)now.tv_nsec <
           (uint64_t)from.tv_nsec + ns);
}

/* `ready`: only once it publishes at full speed; else also while it makes its segment. */
static void kill_many(struct shared *shared, unsigned kills, bool ready)
{
    struct onlooker onlooker = {.shared = shared};
    uint64_t whole = nearly_all(shared) + 1, looks = 0;

    for (unsigned i = 0; i < kills && onlooker.why[0] == '\0'; i++) {
        onlooker = begin(shared);
        start(&onlooker, be_killed, ready ? (uint64_t)rand() % (2 * whole) : 5, false);
        while (ready && load_acquire64(&shared->ready) == 0)
            sched_yield();
        wait_ns((uint64_t)rand() % (ready ? 400000 : 2500000));
        end(&onlooker);
        look(&onlooker, true, !ready);
        looks++;
        unlink(onlooker.target.path);
    }
    onlooker.looks = looks;
    report(&onlooker, ready ? "killed while it publishes" : "killed while it begins", looks, "kills");
}

int main(void)
{
    bool thorough = getenv("LONG") != NULL;
    struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (shared == MAP_FAILED)
        return 1;
#if defined(__SANITIZE_THREAD__)
    puts("1..1\nok 1 - death # SKIP a process under this sanitizer cannot be stepped through");
    return 0;
#endif
    srand(20); /* the same kills in every run, as far as a machine can */
    every_full = thorough ? 1 : 16;
    memset(shared, 0, sizeof(*shared));
    uint64_t full = nearly_all(shared);
    puts("1..9");
    step_a_life(shared);
    step_into(shared, "snapshots into a young ring", 60, 0);
    step_into(shared, "snapshots over the ring's end", full, 0);
    step_into(shared, "larger snapshots over smaller ones", 2 * full, 2 * full + 1);
    kill_many(shared, thorough ? 5000 : 400, false);
    kill_many(shared, thorough ? 20000 : 800, true);
    return failed ? 1 : 0;
}
