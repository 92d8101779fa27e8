/* frees.h: what is done with memory that a thread frees, whichever function it calls for that.
 *
 * The address says the class (region.h). Memory of the thread's own class goes on to the next definition of the same
 * symbol, counted (threads_count_own): the fast path, a handful of instructions. All else takes the slow path: the thread
 * may have no record yet, may have been renamed, or the memory may be another class's. That is counted in the thread's row of the flow matrix
 * and given back past its own cache (cache.h). Memory that jemalloc did not make is passed on untouched. */
#ifndef AGENT_FREES_H
#define AGENT_FREES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hooks.h"
#include "region.h"

_Static_assert(REGION_SHIFT == THREADS_SLOT_SHIFT, "a slot is a region's");

/* For what is freed and is known to be own, or is nobody's in particular. */
static inline void frees_count(uint64_t blocks)
{
    store_relaxed64(&thread_tls.own_frees, thread_tls.own_frees + blocks);
}

/* The slow path, after threads_count_own() said no. Disposes of `pointer` and returns true; or counts it and returns false:
 * then the caller passes it on. */
bool frees_take(void *pointer);

/* Whether `pointer` is foreign to the calling thread, which *thread becomes the record of (NULL past its end: then
 * everything is foreign). Only in an exact process. */
bool frees_is_foreign(const void *pointer, struct thread **thread);

/* Counts a foreign block in the thread's row. Returns its usable bytes. */
size_t frees_count_foreign(struct thread *thread, const void *pointer);

/* Counts a foreign block and gives it back to its owner. */
void frees_give_back(struct thread *thread, void *pointer);

/* For a foreign block that is resized: copies min(old, bytes) to `fresh`, gives the old one back, and returns `fresh`. `cache`
 * is 0, or names the cache that the old one is to go to, as MALLOCX_TCACHE() does. Foreign memory always moves, even where its
 * size would do: it happens once, then the block is the thread's own. When `fresh` is NULL, a block that is large enough stays
 * as it is and is returned, else NULL. */
void *frees_move(struct thread *thread, void *pointer, void *fresh, size_t bytes, int cache);

#endif
