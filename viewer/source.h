/* source.h: an open thing that gives snapshots: a live segment, a copied one, a recording. One decoder behind all.
 *
 * Snapshots have places: numbers that grow by one from the oldest to the newest and never change while the source is
 * open. In a live ring the oldest places go as the writer overwrites them; new ones come at the end. Nothing is decoded
 * before it is asked for, and what is kept in memory per place is 16 bytes for a segment, nothing for a recording.
 *
 * A source belongs to one thread, and while one is in use no other thread of the process may rely on SIGBUS (guard.h).
 * A file that shrinks, changes or lies gives an error and never ends the program. */
#ifndef VIEWER_SOURCE_H
#define VIEWER_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fail.h"
#include "snapshot.h"
#include "target.h"

struct source;

enum source_kind {
    SOURCE_SEGMENT, /* of a running process, or a gone one's record in shared memory */
    SOURCE_COPY,    /* a segment's bytes in an ordinary file */
    SOURCE_RECORDING
};

enum source_state {
    SOURCE_STARTING, /* the process is there, its agent has not published yet */
    SOURCE_LIVE,
    SOURCE_EXITED, /* a clean end */
    SOURCE_GONE /* it died, was replaced by exec, or lost its agent; or this is a file, in which nothing can change */
};

/* What does not change while a source is open. */
struct source_about {
    enum source_kind kind;
    const char *path;
    const char *name;        /* for who is told of it: "PID (COMM)" of a process, of a file its path */
    pid_t pid;               /* as target.pid; of a file the pid in the header */
    char comm[16];           /* any bytes, terminated */
    struct at_header header; /* checked copy: agent and jemalloc versions, command line, uid, created_*_ns, ... */
};

/* What there is to read, as of the last source_update. */
struct source_span {
    uint64_t first; /* place of the oldest snapshot that can still be read */
    uint64_t end;   /* one behind the newest; first == end: none */
    uint64_t lost;  /* snapshots that were overwritten before this source saw them, since it was opened; those that were
                       overwritten before it was opened are not counted */
    enum source_state state;
    bool cut_off;     /* a recording that ends in the middle of a snapshot, which is left out */
    uint64_t beat_ns; /* CLOCK_MONOTONIC of the agent's last sign of life; 0 for files */
};

/* Opens a target. Returns 0 and *source, or -1 with *failure set: not ours, a newer version, truncated, not permitted.
 * Nothing is read of the history yet. */
int source_open(struct source **source, const struct target *target, struct failure *failure);

/* The same for the word that a person typed: errors are those of target_await, too. */
int source_open_word(struct source **source, const char *word, struct failure *failure);

void source_close(struct source *source);

/* Good until the source is closed. */
const struct source_about *source_about(const struct source *source);

/* Looks for what is new: writer's progress, end of the process. The first call finds all history, at the speed of a copy
 * of the ring. Returns 0, or -1 with *failure set when the source cannot be read any longer (corrupt, shrunk); what was
 * found before stays readable as far as it is there. */
int source_update(struct source *source, struct source_span *span, struct failure *failure);

/* For command lines: say in one line on stderr that a source ends in the middle of a snapshot, if it does; and how many
 * were SOURCE_DAMAGED and passed over, if any were. */
void source_tell_cut_off(struct source *source);
void source_tell_damaged(const struct source *source, uint64_t count);

/* For command lines: why the last update of a source found no snapshot at all. Returns -1 with *failure set. */
int source_fail_empty(const struct source *source, struct failure *failure);

enum source_result {
    SOURCE_OK,
    SOURCE_OVERWRITTEN, /* the place is gone by now, or never was: take source_span.first after the next update */
    SOURCE_DAMAGED,     /* this one breaks the rules of its format, and *failure says so; the others may be whole */
    SOURCE_FAILED       /* *failure says why */
};

/* Decodes the snapshot at a place. `snapshot` is the caller's, zeroed before its first use (snapshot.h). */
enum source_result source_read(struct source *source, uint64_t place, struct snapshot *snapshot,
                               struct failure *failure);

/* The newest snapshot, without source_update and without reading history: SOURCE_OVERWRITTEN when there is none yet. There
 * is no other to turn to: what is damaged is SOURCE_FAILED. */
enum source_result source_read_latest(struct source *source, struct snapshot *snapshot, struct failure *failure);

/* The same as source_read, without decoding: the payload as it was published, 8-byte aligned, good until the next call on
 * this source. It was copied whole; SOURCE_DAMAGED only where a recording cannot be unpacked. */
enum source_result source_read_payload(struct source *source, uint64_t place, const void **payload, size_t *bytes,
                                       struct failure *failure);

/* Places by sequence or by time (CLOCK_REALTIME), within the last update's span, by bisection. source_find_seq wants that
 * very snapshot; source_find_time gives the last one that is not later, or the oldest. Results as for source_read. */
enum source_result source_find_seq(struct source *source, uint64_t seq, uint64_t *place, struct failure *failure);
enum source_result source_find_time(struct source *source, uint64_t time_ns, uint64_t *place, struct failure *failure);

#endif
