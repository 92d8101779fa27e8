/* synth.h: synthetic segments whose every figure follows from a few numbers, for tests of whatever reads segments.
 *
 * The figures obey the contract's books: live = alloc_bytes - released_bytes, released_bytes is the row of the flow
 * matrix and free_bytes its column, class figures are the sums over the class's arenas, and allocated of the process is
 * live + cached + internal + stranded + unexplained. Counters never fall. Snapshot `n` counts from 1 and depends on the
 * options alone, so a test may work out what it must see. */
#ifndef TESTS_SYNTH_H
#define TESTS_SYNTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "segment.h"

#define SYNTH_GROWTHS_MAX 64u

enum synth_names {
    SYNTH_NAMES_PLAIN, /* main, io_thd_*, bio_lazy_free, class-4, ... */
    SYNTH_NAMES_WEIRD, /* control characters, wide, combining, broken UTF-8, quotes, ... */
    SYNTH_NAMES_LONG   /* all the bytes there are */
};

/* What is broken in the segment, for tests of readers. */
enum synth_lie {
    SYNTH_LIE_NONE,
    SYNTH_LIE_VERSION,  /* the major version is one that nobody knows yet */
    SYNTH_LIE_RECORD,   /* the newest record of the history claims an impossible length */
    SYNTH_LIE_SNAPSHOT, /* the newest snapshot of the history refers to a class that is not there */
    SYNTH_LIE_WORDS     /* the ring's tail is not aligned */
};

struct synth_options {
    unsigned classes; /* besides (unbound); up to AT_CLASSES_MAX - 1 */
    unsigned arenas;  /* a class; arena 0 is (unbound)'s */
    unsigned threads; /* a class; (unbound) has none */
    unsigned flows;   /* cells of the matrix off its diagonal, up to classes * classes */
    unsigned warnings;
    unsigned history; /* snapshots before it is ready */
    uint64_t interval_ms;
    uint64_t ring_bytes;
    uint64_t live_bytes; /* of the last class at the start; the one before has twice, the next three times that, ... */
    uint64_t traffic_bytes; /* allocated and freed a snapshot by the last class; the others in the same proportion */
    uint64_t wave_bytes;    /* every class's live goes up by this in 10 snapshots and down again in 10 */
    uint64_t limit_bytes;
    uint64_t stranded_bytes;
    int64_t unexplained_bytes;
    int64_t growth_bytes[SYNTH_GROWTHS_MAX]; /* of live, a snapshot; class by class, the last one for the rest */
    unsigned growths;
    unsigned flow_class; /* row of a class that is not exact because its region is full; 0: none */
    bool still;          /* all figures stay what they are at the end of the history */
    enum at_mode mode;
    enum at_reason reason;
    enum synth_names names;
    enum synth_lie lie;
    uint64_t time_ns;  /* CLOCK_REALTIME of snapshot 0 */
    uint64_t mono_ns;  /* CLOCK_MONOTONIC of snapshot 0 */
    const char *comm;  /* files only: a live segment has its process's */
    uint32_t pid;      /* files only */
    enum at_state end; /* files only: state of the file and of its last snapshot */
};

/* Three classes of 2 threads and 2 arenas, 4 flows, 60 snapshots a second apart, class 1 growing by 1 MiB a snapshot. */
void synth_defaults(struct synth_options *options);

/* Bytes that the class of row `row` holds in snapshot `n`. */
uint64_t synth_live(const struct synth_options *options, unsigned row, uint64_t n);

/* Bytes that belong to class `owner` and were freed by class `freed_by` up to snapshot `n`. */
uint64_t synth_flow(const struct synth_options *options, unsigned owner, unsigned freed_by, uint64_t n);

/* The name of a class row, terminated. Returns `name`. */
const char *synth_class_name(const struct synth_options *options, unsigned row, char name[AT_CLASS_NAME_BYTES]);

/* Encodes snapshot `n` into `buffer` (8-byte aligned). Threads that do not fit are left out and counted. Returns the
 * size, or 0 when the rest does not fit. */
size_t synth_snapshot(const struct synth_options *options, uint64_t n, enum at_state state, void *buffer,
                      size_t capacity);

/* Publishes the next snapshot. `buffer` is 8-byte aligned and has ring_payload_max() bytes. Returns 0 or -1. */
int synth_publish(const struct synth_options *options, struct ring_writer *ring, enum at_state state, void *buffer);

/* Makes the calling process's segment in /dev/shm with its history, LIVE (STARTING without history) and owned by the
 * calling thread. End it with segment_disown and segment_close. Returns 0 or -errno. */
int synth_segment(const struct synth_options *options, struct segment *segment);

/* Writes a segment with its history to a file. Returns 0 or -errno. */
int synth_file(const struct synth_options *options, const char *path);

#endif
