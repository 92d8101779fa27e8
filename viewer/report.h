/* report.h: what a report says of a span of snapshots, taken in one after the other. Pure.
 *
 * Nothing here grows with the number of snapshots. The first and the last are kept whole; what lies between them is
 * thinned (report_series.h), counted, and its highs are remembered. */
#ifndef VIEWER_REPORT_H
#define VIEWER_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"
#include "report_series.h"

#define REPORT_GAPS     12
#define REPORT_WARNINGS 16
#define REPORT_THREADS  10

/* Snapshots that are missing between two others. */
struct report_gap {
    uint64_t from_ns, to_ns;           /* CLOCK_REALTIME of those two */
    uint64_t from_mono_ns, to_mono_ns; /* CLOCK_MONOTONIC */
    uint64_t lost;
};

struct report_high {
    uint64_t bytes, time_ns; /* the first time that it was so high; CLOCK_REALTIME */
};

struct report {
    struct model model;       /* now: the last snapshot; baseline: the first, where there are two */
    struct snapshot previous; /* the newest that was added */
    struct series series;
    uint64_t count; /* snapshots */

    uint64_t lost; /* in gaps */
    struct report_gap gaps[REPORT_GAPS];
    size_t ngaps, gaps_left_out;

    struct report_high live, rss;
    uint64_t books_off; /* exact snapshots in which what is unexplained is more than what moved while it was read */
    uint64_t worst_off; /* the most, of those; bytes */
    uint64_t estimates; /* snapshots that are not exact */

    char warnings[REPORT_WARNINGS][AT_WARNING_BYTES];
    size_t nwarnings, warnings_left_out;

    /* Made by report_end. */
    struct model_row *classes; /* the most grown first */
    size_t nclasses;
    struct model_row threads[REPORT_THREADS]; /* the most allocated first */
    size_t nthreads;
    struct model_flows flows; /* between the first and the last; of one snapshot alone since the start of the process */
    uint64_t elapsed_ns;      /* between the first and the last; 0: rates mean nothing */
};

/* For a span of `places`. Returns 0 or -ENOMEM. report_free in any case. */
int report_init(struct report *report, uint64_t places);
void report_free(struct report *report);

/* Adds the snapshot at a place from 0 up, each greater than the one before. It keeps the snapshot and leaves another one
 * in its place, to be decoded into. Returns 0 or -ENOMEM. */
int report_add(struct report *report, uint64_t place, struct snapshot *snapshot);

/* After the last; there must have been one. Returns 0 or -ENOMEM. */
int report_end(struct report *report);

/* A class of report->classes: its figures then and now, and what came of them. Rates are 0 without elapsed_ns. */
struct report_class {
    const char *name;
    const struct at_class *first, *last; /* first: all 0 where it was not there yet */
    bool is_new;
    struct figure growth; /* of live */
    uint64_t peak;        /* highest live, what the looks between snapshots saw as well */
    uint64_t allocated;   /* in between; bytes */
    long row;             /* in the series; -1 for none */
};
struct report_class report_class(const struct report *report, size_t i);

/* All classes as one, "all"; the two structs are the caller's and outlive it. Its peak is that of the snapshots. */
struct report_class report_all(const struct report *report, struct at_class *first, struct at_class *last);

/* What all classes hold at the first snapshot, 0 without one before the last, and at the last. */
uint64_t report_first_live(const struct report *report);
uint64_t report_last_live(const struct report *report);

/* Who grew most in the second half: a leak does, a cache that filled up at the beginning does not. */
struct report_late {
    const char *name;     /* NULL: nobody grew */
    struct figure growth; /* of live */
    uint64_t elapsed_ns;  /* of that half; 0: there are too few snapshots to say */
};
struct report_late report_late(const struct report *report);

/* What a thread of report->threads allocated, or freed, in between. */
uint64_t report_thread_allocated(const struct model_row *thread);
uint64_t report_thread_freed(const struct model_row *thread);

#endif
