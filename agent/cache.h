/* cache.h: how a thread gives memory of other classes back.
 *
 * Never into its own cache, which would hand it out again as memory of its own class. Small blocks go through a second,
 * explicit tcache, which gives them to their owners in batches and never serves an allocation; large ones go straight. An
 * explicit tcache costs 28 KiB, so a thread gets one only after some such frees. jemalloc never trims it by itself: it is
 * flushed after so many bytes, and when the thread ends. */
#ifndef AGENT_CACHE_H
#define AGENT_CACHE_H

#include <jemalloc/jemalloc.h>
#include <stdbool.h>
#include <stddef.h>

#include "agent.h"
#include "thread.h"

#define CACHE_MOST_BYTES  4096u /* larger blocks: the lock is small beside the work that was done with them */
#define CACHE_FLUSH_BYTES (UINT32_C(8) << 20)
#define CACHE_REFUSED     UINT32_MAX

static inline bool cache_is_made(const struct thread *thread)
{
    return thread->cache - 1 < CACHE_REFUSED - 1;
}

/* Puts a block into the cache that the thread has. (To tell jemalloc its size, by sdallocx, takes longer: where the block
 * belongs was looked up a moment ago.) */
static inline void cache_put(struct thread *thread, void *pointer, size_t bytes)
{
    thread->foreign_cached += (uint32_t)bytes;
    agent.jemalloc.dallocx(pointer, (int)MALLOCX_TCACHE(thread->cache - 1));
}

/* What cache_give_back() does where there is no cache, no room in it, or the block is large. */
void cache_give_back_slowly(struct thread *thread, void *pointer, size_t bytes);

/* Gives `pointer` (of `bytes` usable bytes, jemalloc's) back to its owner. `thread` is the calling thread's record, or
 * NULL where it has none. errno is what jemalloc's own free would leave. */
static inline void cache_give_back(struct thread *thread, void *pointer, size_t bytes)
{
    bool fits = thread != NULL && bytes <= CACHE_MOST_BYTES && cache_is_made(thread) &&
                thread->foreign_cached + bytes <= CACHE_FLUSH_BYTES;
    if (__builtin_expect(fits, 1))
        cache_put(thread, pointer, bytes);
    else
        cache_give_back_slowly(thread, pointer, bytes);
}

/* The program has flushed the calling thread's own cache, or switched it on or off: that holds for this one, too. It may be
 * about to destroy an arena, whose blocks must be in no cache then. */
void cache_follow(struct thread *thread);

/* For the child of a fork in a signal's handler, which interrupted the cache in its work: it is used no more, and not ended. */
static inline void cache_abandon(struct thread *thread)
{
    thread->cache = CACHE_REFUSED;
}

/* Gives the calling thread's explicit cache back, and what is in it to its owners. Nothing happens when it has none. */
void cache_end(struct thread *thread);

#endif
