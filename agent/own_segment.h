/* own_segment.h: the process's own segment: how its name appears, and that it is gone after a clean end, whoever gets to run. */
#ifndef AGENT_OWN_SEGMENT_H
#define AGENT_OWN_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "segment.h"

/* All zero: there is none yet. */
struct own_segment {
    struct segment segment;
    uint32_t name; /* enum name */
    bool failed;   /* it could not be made, and is not tried again */
};

/* ---- for the agent's thread ---- */

/* Removes records of gone processes of this command: the newest few stay, and never more than a quarter of /dev/shm.
 * `ring_bytes`: of a record. */
void own_segment_make_room(uint64_t ring_bytes);

/* Makes it, if there is none yet, and says why it cannot. Returns true when it was made now. */
bool own_segment_open(struct own_segment *own, uint64_t ring_bytes);

/* A clean end: it is marked exited, given up and, unless it is to be kept, nameless; where there is none, what the process
 * left as another program, before an exec, is removed. It stays mapped: another thread may be looking at it. */
void own_segment_end(struct own_segment *own, bool keep);

/* ---- for whoever ends the process ---- */

/* The same, when the agent's thread is not there, or has not come to its end in time: on a busy machine it may not get to
 * run, and may go on at any moment now. May be called when all is done already, and from several threads. `allowed`: to
 * use files; else it is only marked. */
void own_segment_take_away(struct own_segment *own, bool keep, bool allowed);

#endif
