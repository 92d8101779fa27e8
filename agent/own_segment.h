/* own_segment.h: the process's own segment: how its name appears, and that it is gone after a clean end, whoever gets to run. */
#ifndef AGENT_OWN_SEGMENT_H
#define AGENT_OWN_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "segment.h"

/* All zero: there is none yet. */
struct own_segment {
    struct segment segment;
    uint32_t name; /* enum name */
    bool failed;   /* it could not be made, and is not tried again */
    pid_t parent;  /* whose fork child this is; 0: none's */
};

/* ---- for the agent's thread ---- */

/* Removes records of gone processes of this command: the newest few stay, and never more than a quarter of /dev/shm. */
void own_segment_make_room(void);

/* Makes it, if there is none yet, and says why it cannot. /dev/shm is the program's, too: half of it stays free. A ring that
 * is too large for that, or for what is free, is halved until it fits. Returns true when it was made now, with a ring of
 * header->ring_bytes. */
bool own_segment_open(struct own_segment *own, uint64_t ring_bytes);

/* In a fork child of `parent`: it has none. As long as the parent is there the child keeps it to itself if it gets none: a
 * server's children would fill its log. */
void own_segment_forget(struct own_segment *own, pid_t parent);

/* A clean end: it is marked exited, given up and, unless it is to be kept, nameless; where there is none, what the process
 * left as another program, before an exec, is removed. It stays mapped: another thread may be looking at it. */
void own_segment_end(struct own_segment *own, bool keep);

/* ---- for whoever ends the process ---- */

/* The same, when the agent's thread is not there, or has not come to its end in time: on a busy machine it may not get to
 * run, and may go on at any moment now. May be called when all is done already, and from several threads. `allowed`: to
 * use files; else it is only marked. */
void own_segment_take_away(struct own_segment *own, bool keep, bool allowed);

#endif
