/* watch.h: conditions (when.h) judged against one snapshot after the other.
 *
 * A condition is met at the moment when it begins to hold, by each class that it concerns for itself, and again only after
 * it did not hold. What a figure gained is taken against the newest snapshot that is at least the condition's time old
 * (scaled down to that time when it is older), or against the oldest that was seen; a class that came later began at 0. */
#ifndef VIEWER_WATCH_H
#define VIEWER_WATCH_H

#include <stddef.h>
#include <stdint.h>

#include "snapshot.h"
#include "when.h"

/* A condition that is met now. */
struct watch_moment {
    const struct when *when;
    const struct at_class *row; /* of the snapshot that was judged; NULL: the process's figure */
    struct figure value;        /* of the figure itself */
};

struct watch_condition;

struct watch {
    struct watch_condition *conditions;
    size_t count;
    uint64_t seen;    /* snapshots */
    uint64_t mono_ns; /* of the last one */
    struct watch_moment *moments;
    size_t nmoments;
};

/* The conditions (at least one) must outlive the watch. Returns 0, or -1: no memory. `watch` need not be zeroed; watch_free
 * afterwards, in either case. Memory stays the same from here on, but for what the first judgements need. */
int watch_init(struct watch *watch, const struct when *conditions, size_t count);
void watch_free(struct watch *watch);

/* Judges the next snapshot; times are those of CLOCK_MONOTONIC in the snapshots. What is met stands in watch->moments,
 * good as long as the snapshot is and until the next call. Returns how many that are. */
size_t watch_judge(struct watch *watch, const struct snapshot *snapshot);

#endif
