/* source.c: what all kinds of sources have in common: decoding, and finding a place by bisection. */
#include "source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "source_backend.h"

void source_close(struct source *source)
{
    if (source == NULL)
        return;
    char *path = source->path;
    source->backend->close(source);
    free(path);
}

const struct source_about *source_about(const struct source *source)
{
    return &source->about;
}

int source_update(struct source *source, struct source_span *span, struct failure *failure)
{
    int result = source->backend->update(source, &source->span, failure);

    *span = source->span;
    return result;
}

int source_fail_empty(const struct source *source, struct failure *failure)
{
    bool ended = source->span.state == SOURCE_EXITED || source->span.state == SOURCE_GONE;

    if (source->about.kind != SOURCE_SEGMENT)
        return fail_set(failure, EXIT_FAILED, "%s: no snapshot in it", source->about.path);
    return fail_set(failure, EXIT_FAILED, "%s: no snapshot%s", source->about.name,
                    ended ? ": it ended before its first" : " yet; the first comes once its interval is over");
}

void source_tell_cut_off(struct source *source)
{
    struct source_span span;
    struct failure ignored;

    if (source_update(source, &span, &ignored) == 0 && span.cut_off)
        fail_with(EXIT_DONE, "%s: ends in the middle of a snapshot, which is left out", source->path);
}

void source_tell_damaged(const struct source *source, uint64_t count)
{
    if (count > 0)
        fail_with(EXIT_DONE, "%s: %" PRIu64 " snapshot%s damaged, left out", source->path, count,
                  count == 1 ? " is" : "s are");
}

/* ---- reading ---- */

static enum source_result decode(const struct source *source, const void *payload, size_t bytes,
                                 struct snapshot *snapshot, struct failure *failure)
{
    int error = snapshot_decode(snapshot, payload, bytes);

    if (error == 0)
        return SOURCE_OK;
    if (error == -ENOMEM) {
        fail_set_errno(failure, ENOMEM, source->path);
        return SOURCE_FAILED;
    }
    fail_set(failure, EXIT_FAILED, "%s: damaged: a snapshot in it breaks the rules of its format", source->path);
    return SOURCE_DAMAGED;
}

enum source_result source_read_payload(struct source *source, uint64_t place, const void **payload, size_t *bytes,
                                       struct failure *failure)
{
    if (place < source->span.first || place >= source->span.end)
        return SOURCE_OVERWRITTEN;
    return source->backend->payload(source, place, payload, bytes, failure);
}

enum source_result source_read(struct source *source, uint64_t place, struct snapshot *snapshot,
                               struct failure *failure)
{
    const void *payload;
    size_t bytes;
    enum source_result result = source_read_payload(source, place, &payload, &bytes, failure);

    return result == SOURCE_OK ? decode(source, payload, bytes, snapshot, failure) : result;
}

enum source_result source_read_latest(struct source *source, struct snapshot *snapshot, struct failure *failure)
{
    const void *payload;
    size_t bytes;
    enum source_result result = source->backend->latest(source, &payload, &bytes, failure);

    if (result == SOURCE_OK)
        result = decode(source, payload, bytes, snapshot, failure);
    return result == SOURCE_DAMAGED ? SOURCE_FAILED : result;
}

/* ---- finding ---- */

/* Of a recording a damaged entry takes the rest of its group with it. What is nothing but damage is not searched, nor all of
 * what would be too late. */
enum { PASSED_MOST = 1024 };

static enum source_result read_stamp(struct source *source, uint64_t place, struct source_stamp *stamp,
                                     struct failure *failure)
{
    const void *payload;
    size_t bytes;
    struct at_snapshot head = {0};

    if (source->backend->stamp != NULL)
        return source->backend->stamp(source, place, stamp, failure);
    enum source_result result = source_read_payload(source, place, &payload, &bytes, failure);
    if (result != SOURCE_OK)
        return result;
    memcpy(&head, payload, bytes < sizeof(head) ? bytes : sizeof(head));
    *stamp = (struct source_stamp){.seq = head.seq, .time_ns = head.time_ns};
    return SOURCE_OK;
}

/* The stamp of the first place from *place on, before `end`, that is not damaged. */
static enum source_result read_whole_stamp(struct source *source, uint64_t *place, uint64_t end,
                                           struct source_stamp *stamp, struct failure *failure)
{
    enum source_result result = read_stamp(source, *place, stamp, failure);

    for (unsigned passed = 1; result == SOURCE_DAMAGED && *place + 1 < end && passed < PASSED_MOST; passed++)
        result = read_stamp(source, ++*place, stamp, failure);
    return result;
}

/* The last place whose stamp is not above `wanted`, or the first of all. Places that are overwritten meanwhile lie before
 * every other, so the search goes on behind them. */
static enum source_result bisect(struct source *source, const struct source_stamp *wanted, bool by_time,
                                 uint64_t *place, struct source_stamp *found, struct failure *failure)
{
    uint64_t low = source->span.first;
    uint64_t high = source->span.end;

    while (low + 1 < high) {
        struct source_stamp stamp = {0};
        uint64_t middle = low + (high - low) / 2, at = middle;
        enum source_result result = read_whole_stamp(source, &at, high, &stamp, failure);
        if (result == SOURCE_FAILED)
            return result;
        bool above = by_time ? stamp.time_ns > wanted->time_ns : stamp.seq > wanted->seq;
        if (result == SOURCE_OVERWRITTEN || (result == SOURCE_OK && !above))
            low = at;
        else
            high = middle;
    }
    *place = low;
    if (low >= source->span.end)
        return SOURCE_OVERWRITTEN;
    return read_whole_stamp(source, place, source->span.end, found, failure);
}

enum source_result source_find_seq(struct source *source, uint64_t seq, uint64_t *place, struct failure *failure)
{
    struct source_stamp found;
    struct source_stamp wanted = {.seq = seq};
    enum source_result result = bisect(source, &wanted, false, place, &found, failure);

    return result == SOURCE_OK && found.seq != seq ? SOURCE_OVERWRITTEN : result;
}

/* The newest place that is not later than `time_ns`, if there is one among the last so many. */
static void look_back(struct source *source, uint64_t time_ns, uint64_t *place)
{
    struct source_stamp stamp;
    struct failure ignored;
    uint64_t at = source->span.end;

    for (unsigned passed = 0; at > source->span.first && passed < PASSED_MOST; passed++)
        if (read_stamp(source, --at, &stamp, &ignored) == SOURCE_OK && stamp.time_ns <= time_ns) {
            *place = at;
            return;
        }
}

enum source_result source_find_time(struct source *source, uint64_t time_ns, uint64_t *place, struct failure *failure)
{
    struct source_stamp found;
    struct source_stamp wanted = {.time_ns = time_ns};
    enum source_result result = bisect(source, &wanted, true, place, &found, failure);

    /* All that there is would be later; but where the clock was set back times do not rise. */
    if (result == SOURCE_OK && found.time_ns > time_ns)
        look_back(source, time_ns, place);
    return result;
}
