/* cache.c: explicit tcaches. */
#include "cache.h"

#include "agent.h"

void cache_end(struct thread *thread)
{
    unsigned id = thread->cache - 1;
    if (thread->cache == 0)
        return;
    thread->cache = 0;
    jemalloc_call(&agent.jemalloc, JEMALLOC_TCACHE_DESTROY, NULL, NULL, &id, sizeof id);
}
