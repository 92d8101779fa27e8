/* cache.h: a thread's second, explicit tcache, through which it gives back memory of other classes. */
#ifndef AGENT_CACHE_H
#define AGENT_CACHE_H

#include "thread.h"

/* Gives the calling thread's explicit cache back, and what is in it to its owners. Nothing happens when it has none. */
void cache_end(struct thread *thread);

#endif
