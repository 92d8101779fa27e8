/* session.h: the life of what is watched (awaited, attached, lost, taken again), and where in its time one looks.
 *
 * The session turns a target into moments of the model. It blocks on nothing and knows no terminal; clocks are handed in.
 * It belongs to one thread. */
#ifndef VIEWER_SESSION_H
#define VIEWER_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"
#include "source.h"
#include "target.h"

/* X(NAME, word, glyph, style): what the header says of each state. */
#define SESSION_STATES(X)                  \
    X(AWAIT, "waiting", WAITING, WARN)     \
    X(STARTING, "starting", WAITING, WARN) \
    X(LIVE, "live", LIVE, GOOD)            \
    X(SILENT, "silent", WAITING, BAD)      \
    X(EXITED, "exited", ENDED, WARN)       \
    X(GONE, "gone", ENDED, BAD)            \
    X(FILE, "file", ENDED, QUIET)          \
    X(BROKEN, "unreadable", ENDED, BAD)

#define SESSION_ENUM(name, word, glyph, style) SESSION_##name,
enum session_state { SESSION_STATES(SESSION_ENUM) SESSION_STATE_COUNT };

struct session {
    enum session_state state;
    struct target target;
    struct source *source;   /* NULL while nothing is attached */
    struct source_span span; /* of the last update; all zero before the first */
    bool updated;            /* there was one */
    bool follow;             /* look at the newest snapshot, whatever comes */
    uint64_t place;          /* of the snapshot that is looked at, once `updated` */
    bool unreadable;         /* the snapshot that is looked at, */
    bool damaged;            /* because it is damaged: the others may be whole */
    struct failure failure;  /* why it is, or why the state is BROKEN */
    const char *awaited;     /* a name whose process may not be there yet; the caller's string; or NULL */
    bool several;            /* have that name: the user has to pick */
    bool refused;            /* it is there and cannot be opened, *failure says why; still waiting */
    struct target successor; /* a new process that has taken the place of this one */
    bool has_successor;
    uint64_t interval_ns;      /* of the newest snapshot that was read */
    uint64_t arrived_ns;       /* when the newest snapshot was first seen; CLOCK_MONOTONIC */
    uint64_t looked_around_ns; /* when for the awaited process or the successor; CLOCK_MONOTONIC */
    struct snapshot scratch;
};

/* Attaches to a target that is there. Returns 0, or -1 with *failure set. `session` need not be zeroed. */
int session_open(struct session *session, const struct target *target, struct failure *failure);

/* Starts without a target: `name` (kept, not copied) is looked for by each session_update until it is there. */
void session_await(struct session *session, const char *name);

void session_close(struct session *session);

/* Looks what is new: snapshots, the end of the process, the one that is awaited, a successor. Returns true when
 * something that a person sees has changed. */
bool session_update(struct session *session, uint64_t mono_ns);

/* Brings the model to where one looks: the snapshot at `place`, and before it the one that is `delay_ns` older (0: the one
 * just before). Before the first session_update only the newest, without history. Returns true when the model changed. */
bool session_load(struct session *session, struct model *model, uint64_t delay_ns);

/* Puts up to `steps` more snapshots into a history, of which each place stands for `stride` of the source's. Returns how
 * many; 0: nothing is missing. */
unsigned session_fill(struct session *session, const struct model *model, struct history *history, uint64_t stride,
                      unsigned steps);

/* Moves in time; all stop following but session_end. Steps that lead out of what is there stop at its border. */
void session_step(struct session *session, int64_t steps);
void session_home(struct session *session);
void session_end(struct session *session);
bool session_seek_time(struct session *session, uint64_t time_ns); /* the last one not later than this, or the oldest */
bool session_seek_seq(struct session *session, uint64_t seq);      /* false, and no move, where there is none */
/* Whether the snapshot that is looked at is the oldest, and later than this: the time that was sought is not there. */
bool session_begins_after(struct session *session, uint64_t time_ns);
void session_pause(struct session *session); /* stops, or follows again from where the newest is now */

/* Whether the snapshot that is looked at is the newest. */
bool session_is_newest(const struct session *session);

/* Time until something new can be expected, for who waits; at most a second. */
uint64_t session_due_ns(const struct session *session, const struct model *model, uint64_t mono_ns);

/* Whether an agent whose last sign of life was at `beat_ns` (0: nobody knows) has missed so many snapshots that it is
 * silent. Times of CLOCK_MONOTONIC. */
bool session_silence(uint64_t beat_ns, uint64_t interval_ns, uint64_t mono_ns);

const char *session_state_word(enum session_state state);

#endif
