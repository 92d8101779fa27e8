/* cache.h: how a thread gives memory of other classes back.
 *
 * Never into its own cache, which would hand it out again as memory of its own class. Small blocks go through a second,
 * explicit tcache, which gives them to their owners in batches and never serves an allocation; large ones go straight. An
 * explicit tcache costs 28 KiB, so a thread gets one only after some such frees. jemalloc never trims it by itself: it is
 * flushed after so many bytes, and when the thread ends. */
#ifndef AGENT_CACHE_H
#define AGENT_CACHE_H

#include <stddef.h>

#include "thread.h"

/* Gives `pointer` (of `bytes` usable bytes, jemalloc's) back to its owner. `thread` is the calling thread's record, or
 * NULL where it has none. */
void cache_give_back(struct thread *thread, void *pointer, size_t bytes);

/* Gives the calling thread's explicit cache back, and what is in it to its owners. Nothing happens when it has none. */
void cache_end(struct thread *thread);

#endif
