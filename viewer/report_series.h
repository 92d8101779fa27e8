/* report_series.h: the classes over time, thinned to a few hundred moments while the snapshots pass by. Pure.
 *
 * The snapshots are cut into shares of like size. Of each share two moments are kept whole, the one with the least live
 * memory and the one with the most, so that what is drawn has been so, adds up, and shows every high and low of the
 * process, the first and the last as well; and of each class the least and the most, so that its own highs and lows are not lost beside the others'. */
#ifndef VIEWER_REPORT_SERIES_H
#define VIEWER_REPORT_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot.h"

#define SERIES_SHARES  300
#define SERIES_MOMENTS (2 * SERIES_SHARES + 2)
#define SERIES_CLASSES AT_CLASSES_MAX

/* A snapshot's figures. Rows as in `names`. */
struct series_moment {
    uint64_t mono_ns; /* CLOCK_MONOTONIC, never earlier than the snapshot before */
    uint64_t live;    /* of all classes */
    uint64_t of_class[SERIES_CLASSES];
};

struct series_band {
    uint64_t least, most; /* `most` with what the looks between snapshots saw */
};

struct series_share {
    size_t count; /* snapshots */
    uint64_t rss; /* the highest */
    struct series_moment low, high;
    struct series_band of_class[SERIES_CLASSES];
};

struct series {
    uint64_t places;
    bool thinned; /* a share is more than one snapshot */
    bool begun;
    size_t nshares;
    struct series_share *shares;
    char names[SERIES_CLASSES][AT_CLASS_NAME_BYTES];
    uint64_t peaks[SERIES_CLASSES]; /* the most of all shares */
    size_t nclasses;
    struct series_moment first, last; /* snapshots */
};

/* Makes room for what `places` snapshots need, which is never more than a few MiB. Returns 0 or -ENOMEM; series_free in
 * any case. */
int series_init(struct series *series, uint64_t places);
void series_free(struct series *series);

/* Adds the snapshot at a place from 0 up, each greater than the one before. More classes than fit are in the sums alone. */
void series_add(struct series *series, uint64_t place, const struct snapshot *snapshot);

/* Row of a class, or -1. `hint`: where it mostly is. */
long series_class(const struct series *series, const char *name, size_t hint);

/* The moments kept, in the order of time. Returns how many. */
size_t series_moments(const struct series *series, const struct series_moment *moments[SERIES_MOMENTS]);

#endif
