/* source_segment.c: a segment as a source, live in shared memory or copied into a file.
 *
 * Where each snapshot lies is kept as it goes by; the snapshots themselves are copied out of the ring when they are asked
 * for. Every access to the mapping goes through guard_call. */
#include "source_backend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "atomics.h"
#include "buffer.h"
#include "guard.h"
#include "procs.h"
#include "ring.h"

/* Of more snapshots than this the oldest are left out: only a ring full of tiny lies has so many. */
#define INDEX_MAX ((size_t)1 << 20)

/* After so many copied bytes the ring's pages are let go: reading all of it must not make this process as large as it. */
#define COPIED_MAX ((size_t)512 << 10)

enum { BATCH = 16, FIRST_BUFFER_BYTES = 1 << 16 };

struct mark {
    uint64_t position; /* in the ring */
    uint64_t seq;
};

struct source_segment {
    struct source base;
    struct segment_view view;
    struct ring_reader reader;
    uint8_t boot_id[16];
    uint64_t start_ticks;
    struct mark *marks; /* of the places span.first .. span.end, from marks[0] */
    size_t nmarks, marks_capacity;
    struct buffer buffer;       /* of whole 8-byte words */
    struct at_record buffered;  /* header of the record in the buffer, */
    uint64_t buffered_position; /* and where it lies; UINT64_MAX: none */
    size_t copied_bytes;        /* since the ring's pages were let go */
    bool damaged;               /* the ring broke its rules: what was found before is all there is */
};

static struct source_segment *segment_of(struct source *source)
{
    return (struct source_segment *)(void *)source;
}

static int fail_shrunk(const struct source_segment *segment, struct failure *failure)
{
    return fail_set(failure, EXIT_FAILED, "%s: it shrank while it was read", segment->base.path);
}

static int fail_damaged(const struct source_segment *segment, struct failure *failure)
{
    return fail_set(failure, EXIT_FAILED, "%s: damaged: its ring breaks the rules of the format", segment->base.path);
}

/* A buffer for a record of `length` bytes, header included; the ring has checked that it is no more than its quarter. */
static int make_room(struct source_segment *segment, uint32_t length, struct failure *failure)
{
    size_t wanted = ((size_t)length + 7) / 8 * 8;

    if (buffer_reserve(&segment->buffer, wanted) < 0)
        return fail_set_errno(failure, ENOMEM, segment->base.path);
    return 0;
}

/* The mapping is shared: what is let go here stays where it is, and comes back when it is read again. */
static void count_copied(struct source_segment *segment, size_t bytes)
{
    segment->copied_bytes += bytes;
    if (segment->copied_bytes < COPIED_MAX)
        return;
    madvise((void *)(uintptr_t)segment->view.shared, segment->view.map_bytes, MADV_DONTNEED);
    segment->copied_bytes = 0;
}

/* ---- work under the guard: copies, and nothing else ---- */

struct batch {
    struct source_segment *segment;
    struct mark marks[BATCH];
    size_t count;
    enum ring_result result; /* why the batch ended */
};

static void read_batch(void *context)
{
    struct batch *batch = context;
    struct source_segment *segment = batch->segment;
    struct at_record record;
    uint64_t position;

    batch->count = 0;
    batch->result = RING_RECORD;
    while (batch->count < BATCH && batch->result == RING_RECORD) {
        batch->result = ring_skip(&segment->reader, &record, &position);
        if (batch->result == RING_RECORD && record.type == AT_RECORD_SNAPSHOT)
            batch->marks[batch->count++] = (struct mark){.position = position, .seq = record.sequence};
    }
}

struct copy {
    struct source_segment *segment;
    uint64_t position;
    struct at_record record;
    enum ring_result result;
};

static void read_copy(void *context)
{
    struct copy *copy = context;

    copy->result = ring_read_at(&copy->segment->reader, copy->position, copy->segment->buffer.bytes,
                                copy->segment->buffer.room, &copy->record);
}

struct newest {
    struct source_segment *segment;
    struct ring_reader reader;
    struct at_record record;
    enum ring_result result;
    bool found;
};

static void read_newest(void *context)
{
    struct newest *newest = context;
    struct source_segment *segment = newest->segment;

    /* Behind the newest record there may be newer ones by now; it is as good. */
    newest->found = false;
    do {
        newest->result = ring_read(&newest->reader, segment->buffer.bytes, segment->buffer.room, &newest->record, NULL);
        newest->found |= newest->result == RING_RECORD && newest->record.type == AT_RECORD_SNAPSHOT;
    } while (newest->result == RING_RECORD && newest->record.type != AT_RECORD_SNAPSHOT);
}

static void start_newest(void *context)
{
    struct newest *newest = context;

    newest->result = segment_reader(&newest->segment->view, &newest->reader) == 0 ? RING_EMPTY : RING_CORRUPT;
    if (newest->result == RING_EMPTY)
        ring_seek_latest(&newest->reader);
}

struct pulse {
    const struct source_segment *segment;
    enum segment_life life;
    bool owned; /* its owner lives: the kernel marks the word of one that dies */
    uint64_t head, tail;
    uint64_t beat_ns;
};

static void read_pulse(void *context)
{
    struct pulse *pulse = context;
    const struct at_header *shared = pulse->segment->view.shared;

    pulse->life = segment_life(&pulse->segment->view, pulse->segment->boot_id);
    pulse->owned = (load_acquire32(&shared->owner_word) & ~AT_OWNER_DIED) != 0;
    pulse->head = load_acquire64(&shared->ring.head);
    pulse->tail = load_acquire64(&shared->ring.tail);
    pulse->beat_ns = load_acquire64(&shared->heartbeat_ns);
}

static void start_reader(void *context)
{
    struct source_segment *segment = context;

    segment_reader(&segment->view, &segment->reader);
    if (segment->base.about.kind == SOURCE_COPY)
        source_skip_torn(&segment->reader);
}

/* ---- the index ---- */

static int keep_marks(struct source_segment *segment, const struct batch *batch, struct failure *failure)
{
    if (batch->count == 0)
        return 0;
    if (segment->nmarks + batch->count > segment->marks_capacity) {
        size_t capacity = segment->marks_capacity > 0 ? 2 * segment->marks_capacity : 64 * (size_t)BATCH;
        struct mark *marks = reallocarray(segment->marks, capacity, sizeof(*marks));
        if (marks == NULL)
            return fail_set_errno(failure, ENOMEM, segment->base.path);
        segment->marks = marks;
        segment->marks_capacity = capacity;
    }
    if (batch->count > 0) /* of nothing, memcpy must not see the NULL that nothing is */
        memcpy(segment->marks + segment->nmarks, batch->marks, batch->count * sizeof(*batch->marks));
    segment->nmarks += batch->count;
    segment->base.span.end += batch->count;
    return 0;
}

/* Forgets the places that the writer has given up, and of too many the oldest. */
static void drop_marks(struct source_segment *segment, uint64_t head)
{
    size_t gone = segment->nmarks > INDEX_MAX ? segment->nmarks - INDEX_MAX : 0;

    while (gone < segment->nmarks && segment->marks[gone].position < head)
        gone++;
    if (gone == 0)
        return;
    segment->base.span.first += gone;
    segment->nmarks -= gone;
    memmove(segment->marks, segment->marks + gone, segment->nmarks * sizeof(*segment->marks));
}

/* One batch of the ring into the index. Returns 1 when there may be more, 0 at the end, -1 with *failure set. */
static int index_batch(struct source_segment *segment, struct batch *batch, struct failure *failure)
{
    uint64_t from = segment->reader.at;

    if (!guard_call(read_batch, batch))
        return fail_shrunk(segment, failure);
    count_copied(segment, (size_t)(segment->reader.at - from));
    if (keep_marks(segment, batch, failure) < 0)
        return -1;
    if (segment->nmarks > 2 * INDEX_MAX)
        drop_marks(segment, 0);
    switch (batch->result) {
    case RING_CORRUPT:
        return fail_damaged(segment, failure);
    case RING_RECORD:
        return 1;
    default:
        return 0;
    }
}

/* ---- the process ---- */

/* What the segment itself cannot tell: an owner that never locked, or died before it did. */
static bool process_is_there(const struct source_segment *segment)
{
    struct proc proc;
    pid_t pid = segment->base.about.pid;

    if (pid == 0)
        return segment_process_exists(&segment->view.header) != 0;
    int error = procs_read(&proc, pid);
    if (error != 0)
        return error != -ESRCH;
    return !procs_is_zombie(&proc) && proc.stat.start_ticks == segment->view.header.start_ticks;
}

static enum source_state judge_state(const struct source_segment *segment, const struct pulse *pulse)
{
    enum segment_life life = pulse->life;

    if (life == SEGMENT_LIFE_EXITED)
        return SOURCE_EXITED;
    if (segment->base.about.kind == SOURCE_COPY || life == SEGMENT_LIFE_GONE)
        return SOURCE_GONE;
    /* Reading /proc at every look would be most of what a look costs. */
    if (!pulse->owned && !process_is_there(segment))
        return SOURCE_GONE;
    return life == SEGMENT_LIFE_STARTING ? SOURCE_STARTING : SOURCE_LIVE;
}

/* Whether there is more that was there when the look began. A writer that publishes as fast as it is read, or lies about how
 * far it is, does not hold a look up: in a ring there is room for so many records and no more. */
static bool goes_on(const struct source_segment *segment, uint64_t batches, uint64_t tail)
{
    return segment->reader.at < tail && batches <= segment->reader.ring_bytes / AT_RECORD_ALIGN / BATCH;
}

static int update(struct source *source, struct source_span *span, struct failure *failure)
{
    struct source_segment *segment = segment_of(source);
    struct pulse pulse = {.segment = segment};
    struct batch batch = {.segment = segment};
    uint64_t batches = 0, tail;
    int more = segment->damaged ? 0 : 1;

    /* State first: what a process published before its end is then found before the end is said. */
    if (!guard_call(read_pulse, &pulse))
        return fail_shrunk(segment, failure);
    span->state = judge_state(segment, &pulse);
    span->beat_ns = source->about.kind == SOURCE_COPY ? 0 : pulse.beat_ns;
    tail = pulse.tail;
    while (more > 0 && (batches++ == 0 || goes_on(segment, batches, tail)))
        more = index_batch(segment, &batch, failure);
    segment->damaged |= more < 0;
    span->lost = segment->reader.lost;
    if (!guard_call(read_pulse, &pulse))
        return fail_shrunk(segment, failure);
    drop_marks(segment, pulse.head);
    if (segment->damaged)
        return more < 0 ? -1 : fail_damaged(segment, failure);
    return 0;
}

/* ---- payloads ---- */

static void give(struct source_segment *segment, const struct at_record *record, const void **payload, size_t *bytes)
{
    *payload = segment->buffer.bytes;
    *bytes = record->length - sizeof(*record);
}

static enum source_result payload_at(struct source *source, uint64_t place, const void **payload, size_t *bytes,
                                     struct failure *failure)
{
    struct source_segment *segment = segment_of(source);
    const struct mark *mark = &segment->marks[place - source->span.first];
    struct copy copy = {.segment = segment, .position = mark->position};

    /* A copy that was begun and given up has written its own head over that of the record before. */
    if (segment->buffered_position == mark->position && segment->buffered.sequence == mark->seq &&
        ((const struct at_snapshot *)segment->buffer.bytes)->seq == mark->seq) {
        give(segment, &segment->buffered, payload, bytes);
        return SOURCE_OK;
    }
    segment->buffered_position = UINT64_MAX;
    do {
        if (!guard_call(read_copy, &copy)) {
            fail_shrunk(segment, failure);
            return SOURCE_FAILED;
        }
        if (copy.result == RING_TOO_BIG && make_room(segment, copy.record.length, failure) < 0)
            return SOURCE_FAILED;
    } while (copy.result == RING_TOO_BIG);
    if (copy.result == RING_LAPPED)
        return SOURCE_OVERWRITTEN;
    if (copy.result != RING_RECORD || copy.record.sequence != mark->seq) {
        fail_damaged(segment, failure);
        return SOURCE_FAILED;
    }
    count_copied(segment, copy.record.length);
    segment->buffered = copy.record;
    segment->buffered_position = mark->position;
    give(segment, &copy.record, payload, bytes);
    return SOURCE_OK;
}

/* The newest record is no snapshot, or the shortcut to it is broken: the long way. */
static enum source_result latest_by_index(struct source *source, const void **payload, size_t *bytes,
                                          struct failure *failure)
{
    struct source_span span;

    if (source_update(source, &span, failure) < 0 && span.first == span.end)
        return SOURCE_FAILED;
    return span.first == span.end ? SOURCE_OVERWRITTEN : payload_at(source, span.end - 1, payload, bytes, failure);
}

static enum source_result latest(struct source *source, const void **payload, size_t *bytes, struct failure *failure)
{
    struct source_segment *segment = segment_of(source);
    struct newest newest = {.segment = segment};

    segment->buffered_position = UINT64_MAX;
    if (!guard_call(start_newest, &newest)) {
        fail_shrunk(segment, failure);
        return SOURCE_FAILED;
    }
    do {
        if (!guard_call(read_newest, &newest)) {
            fail_shrunk(segment, failure);
            return SOURCE_FAILED;
        }
        if (newest.result == RING_TOO_BIG && make_room(segment, newest.record.length, failure) < 0)
            return SOURCE_FAILED;
    } while (newest.result == RING_TOO_BIG);
    if (!newest.found)
        return latest_by_index(source, payload, bytes, failure);
    give(segment, &newest.record, payload, bytes);
    return SOURCE_OK;
}

/* ---- opening and closing ---- */

static void close_segment(struct source *source)
{
    struct source_segment *segment = segment_of(source);

    segment_close_view(&segment->view);
    free(segment->marks);
    buffer_free(&segment->buffer);
    free(segment);
}

static const struct source_backend backend = {
    .update = update, .payload = payload_at, .latest = latest, .close = close_segment};

static void describe(struct source_segment *segment, const struct target *target)
{
    struct source_about *about = &segment->base.about;

    about->kind = target->kind == TARGET_FILE ? SOURCE_COPY : SOURCE_SEGMENT;
    about->path = segment->base.path;
    about->header = segment->view.header;
    about->pid = target->kind == TARGET_FILE ? (pid_t)about->header.pid : target->pid;
    memcpy(about->comm, target->kind == TARGET_FILE ? about->header.comm : target->comm, sizeof(about->comm));
    about->name = about->path;
    if (target->kind == TARGET_FILE || about->pid == 0)
        return;
    snprintf(segment->base.name, sizeof(segment->base.name), "%d (%s)", (int)about->pid, about->comm);
    about->name = segment->base.name;
}

int source_segment_open(struct source **source, const struct target *target, struct failure *failure)
{
    struct source_segment *segment = calloc(1, sizeof(*segment));
    enum segment_error error;

    *source = NULL;
    if (segment == NULL || (segment->base.path = strdup(target->path)) == NULL)
        goto no_memory;
    if (make_room(segment, FIRST_BUFFER_BYTES, failure) < 0)
        goto no_memory;
    error = segment_open(&segment->view, target->path);
    /* What was found to be its process's may have gone since, and somebody else's may be in its place. */
    if (error == SEGMENT_OK && target->kind != TARGET_FILE && segment->view.owner != target->owner) {
        segment_close_view(&segment->view);
        error = SEGMENT_MISSING;
    }
    if (error != SEGMENT_OK) {
        source_fail_open(target, error, &segment->view.header, failure);
        goto out;
    }
    segment->base.backend = &backend;
    segment->buffered_position = UINT64_MAX;
    procfs_boot_id(segment->boot_id);
    describe(segment, target);
    if (!guard_call(start_reader, segment)) {
        fail_shrunk(segment, failure);
        segment_close_view(&segment->view);
        goto out;
    }
    *source = &segment->base;
    return 0;

no_memory:
    fail_set_errno(failure, ENOMEM, target->path);
out:
    if (segment != NULL) {
        free(segment->base.path);
        buffer_free(&segment->buffer);
    }
    free(segment);
    return -1;
}
