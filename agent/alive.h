/* alive.h: how many threads have a record, those about to start included, and have not come to their end: the last one's end
 * is the process's. Any thread may ask and count. */
#ifndef AGENT_ALIVE_H
#define AGENT_ALIVE_H

#include "thread.h"

/* A thread is about to be made; or (false) it was not to be had after all. Counted by the creator: a main thread that leaves
 * right after must not think that it is the last. */
void alive_expect(bool comes);

/* The calling thread is at its end. Returns whether it was the last. */
bool alive_end(void);

uint32_t alive_count(void);

/* For fork, in the child, after books_fork_child: counts who lives, in its class and arena too: the calling thread, whose
 * record is `self` (or NULL), and those that other libraries' handlers, called before ours, have made. */
void alive_fork_child(struct thread *self);

#endif
