/* history.h: what trends and graphs need of the past: a few figures of every class, for the newest so many places.
 *
 * A history is a window over a source's places (source.h). It is filled in any direction, one snapshot at a time, in the
 * order that history_wanted asks for: so the first frame need not wait for it, and a jump in time refills it. */
#ifndef VIEWER_HISTORY_H
#define VIEWER_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot.h"

/* What is kept of a class, and of the whole process, at each place. X(NAME) */
enum history_figure {
    HISTORY_LIVE,
    HISTORY_PEAK, /* peak_live; of the process the sum of live */
    HISTORY_FIGURES
};

/* The row that stands for the whole process. */
#define HISTORY_PROCESS (-1L)

struct history {
    size_t capacity;  /* places that fit */
    uint64_t first;   /* place of the oldest */
    size_t count;     /* places held, without a gap: first, first + 1, ... */
    size_t nclasses;  /* names seen since the last reset */
    uint64_t *stamps; /* CLOCK_MONOTONIC of each, [place % capacity] */
    uint64_t *values; /* [row][figure][place % capacity]; row 0 is the process, class c row c + 1 */
    char (*names)[AT_CLASS_NAME_BYTES];
    size_t row_capacity;
};

/* `capacity` > 0. Allocates nothing yet. */
void history_init(struct history *history, size_t capacity);
void history_free(struct history *history);

/* Forgets everything. */
void history_reset(struct history *history);

/* Which place to put next so that the window ends at `place` and reaches back as far as `oldest` and the capacity allow.
 * Returns false when nothing is missing. A window that cannot be joined any more, because it is too far away or what lies
 * in between is older than `oldest`, is forgotten first. */
bool history_wanted(struct history *history, uint64_t place, uint64_t oldest, uint64_t *wanted);

/* Puts the place that history_wanted asked for. Returns 0 or -ENOMEM; then it is not held. */
int history_put(struct history *history, uint64_t place, const struct snapshot *snapshot);

/* Goes past the place that history_wanted asked for where it cannot be read: it has the figures of the place beside it.
 * Returns false when there is none. */
bool history_pass(struct history *history, uint64_t place);

/* The row of a class by name, for the functions below: -2 when it was never seen. `hint` is the row where it mostly is: its
 * row in the snapshot. */
long history_class(const struct history *history, const char *name, size_t hint);

/* Up to `cells` values of a row, oldest first, the last ending at `place`, that together cover `span` places; each is the
 * highest of its share. Shares are cut at fixed places, so that they do not wander as time goes on. `out` holds `cells`.
 * Returns how many there are: shares of which nothing is held yet are left out at the old end. */
size_t history_series(const struct history *history, long row, enum history_figure figure, uint64_t place, size_t span,
                      size_t cells, uint64_t *out);

/* The time that the `span` places that end at `place` stand for: of those held by their stamps, as places may be missing
 * from what is watched (a flight recorder, a gap); of the others `step_ns` each. What is nearly `span` times that is made so,
 * for it to stay the same from frame to frame. */
uint64_t history_duration_ns(const struct history *history, uint64_t place, size_t span, uint64_t step_ns);

/* The highest value of a row over the `span` places that end at `place`. */
uint64_t history_highest(const struct history *history, long row, enum history_figure figure, uint64_t place,
                         size_t span);

#endif
