/* cache.c: explicit tcaches for foreign memory. */
#include "cache.h"

#include <errno.h>

#include "hooks.h"

#define FREES_BEFORE_CACHE 16u

/* Whoever wants no cache (opt.tcache:false) gets none. */
static bool has_own_cache(void)
{
    bool enabled = true;
    size_t bytes = sizeof enabled;
    jemalloc_call(&agent.jemalloc, JEMALLOC_THREAD_TCACHE_ENABLED, &enabled, &bytes, NULL, 0);
    return enabled;
}

static SLOW void create(struct thread *thread)
{
    unsigned id = 0;
    size_t bytes = sizeof id;
    bool made = has_own_cache() && jemalloc_call(&agent.jemalloc, JEMALLOC_TCACHE_CREATE, &id, &bytes, NULL, 0) == 0;
    thread->cache = made ? id + 1 : CACHE_REFUSED; /* there are about 4,000 to be had; without one it works as well */
    thread->foreign_cached = 0;
}

/* Whether the thread has a cache, now that it needs one once more. */
static SLOW bool gets_cache(struct thread *thread)
{
    if (thread->cache == 0 && thread->state == THREAD_ALIVE && ++thread->foreign_frees > FREES_BEFORE_CACHE)
        create(thread);
    return cache_is_made(thread);
}

static SLOW void flush(struct thread *thread)
{
    unsigned id = thread->cache - 1;
    thread->foreign_cached = 0;
    jemalloc_call(&agent.jemalloc, JEMALLOC_TCACHE_FLUSH, NULL, NULL, &id, sizeof id);
}

/* mallctl sets errno when it fails. */
void cache_give_back_slowly(struct thread *thread, void *pointer, size_t bytes)
{
    int saved = errno;
    if (thread == NULL || bytes > CACHE_MOST_BYTES || !gets_cache(thread)) {
        agent.jemalloc.dallocx(pointer, MALLOCX_TCACHE_NONE);
    } else {
        if (thread->foreign_cached + bytes > CACHE_FLUSH_BYTES)
            flush(thread); /* without this block, which may be the largest of all */
        cache_put(thread, pointer, bytes);
    }
    errno = saved;
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

void cache_follow(struct thread *thread)
{
    bool enabled = has_own_cache();
    if (enabled && cache_is_made(thread)) {
        flush(thread);
        return;
    }
    cache_end(thread);
    thread->cache = enabled ? 0 : CACHE_REFUSED;
}
