/* cache.c: explicit tcaches for foreign memory. */
#include "cache.h"

#include <jemalloc/jemalloc.h>

#include "agent.h"
#include "atomics.h"
#include "hooks.h"

#define FREES_BEFORE_CACHE 16u
#define CACHED_MOST_BYTES  4096u /* larger blocks: the lock is small beside the work that was done with them */
#define FLUSH_AFTER_BYTES  (UINT32_C(8) << 20)
#define CACHE_REFUSED      UINT32_MAX

static SLOW void create(struct thread *thread)
{
    unsigned id = 0;
    size_t bytes = sizeof id;
    bool made = jemalloc_call(&agent.jemalloc, JEMALLOC_TCACHE_CREATE, &id, &bytes, NULL, 0) == 0;
    thread->cache = made ? id + 1 : CACHE_REFUSED; /* there are about 4,000 to be had; without one it works as well */
    thread->foreign_cached = 0;
}

/* Whether the thread has a cache, now that it needs one once more. */
static SLOW bool gets_cache(struct thread *thread)
{
    if (thread->cache == 0 && thread->state == THREAD_ALIVE && ++thread->foreign_frees > FREES_BEFORE_CACHE)
        create(thread);
    return thread->cache - 1 < CACHE_REFUSED - 1;
}

static SLOW void flush(struct thread *thread)
{
    unsigned id = thread->cache - 1;
    thread->foreign_cached = 0;
    jemalloc_call(&agent.jemalloc, JEMALLOC_TCACHE_FLUSH, NULL, NULL, &id, sizeof id);
}

void cache_give_back(struct thread *thread, void *pointer, size_t bytes)
{
    if (unlikely(thread == NULL || bytes > CACHED_MOST_BYTES ||
                 (thread->cache - 1 >= CACHE_REFUSED - 1 && !gets_cache(thread)))) {
        agent.jemalloc.dallocx(pointer, MALLOCX_TCACHE_NONE);
        return;
    }
    thread->foreign_cached += (uint32_t)bytes;
    if (unlikely(thread->foreign_cached > FLUSH_AFTER_BYTES))
        flush(thread); /* without this block, which may be the largest of all */
    agent.jemalloc.dallocx(pointer, (int)MALLOCX_TCACHE(thread->cache - 1));
}

void cache_end(struct thread *thread)
{
    unsigned id = thread->cache - 1;
    bool has = thread->cache != 0 && thread->cache != CACHE_REFUSED;
    thread->cache = 0;
    thread->foreign_frees = 0;
    if (has)
        jemalloc_call(&agent.jemalloc, JEMALLOC_TCACHE_DESTROY, NULL, NULL, &id, sizeof id);
}
