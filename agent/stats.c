/* stats.c: reads jemalloc's statistics arena by arena. */
#include "stats.h"

#include <string.h>

static uint64_t arena_value(struct jemalloc *jemalloc, enum jemalloc_mib mib, uint32_t index)
{
    return jemalloc_read_arena(jemalloc, mib, index);
}

static void read_arena(struct stats *stats, struct jemalloc *jemalloc, uint32_t index)
{
    struct at_arena *arena = &stats->arena[stats->arenas++];
    unsigned id = arenas_class(index);
    struct stats_class *class = &stats->of_class[id];
    uint64_t stashed = arena_value(jemalloc, JEMALLOC_ARENA_TCACHE_STASHED, index);
    *arena = (struct at_arena){
        .index = index,
        .class_row = id,
        .threads =
            id != AT_CLASS_UNBOUND ? arenas_threads(index) : arena_value(jemalloc, JEMALLOC_ARENA_NTHREADS, index),
        .allocated = arena_value(jemalloc, JEMALLOC_ARENA_SMALL_ALLOCATED, index) +
                     arena_value(jemalloc, JEMALLOC_ARENA_LARGE_ALLOCATED, index),
        .active = arena_value(jemalloc, JEMALLOC_ARENA_PACTIVE, index) * jemalloc->page_bytes,
        .dirty = arena_value(jemalloc, JEMALLOC_ARENA_PDIRTY, index) * jemalloc->page_bytes,
        .muzzy = arena_value(jemalloc, JEMALLOC_ARENA_PMUZZY, index) * jemalloc->page_bytes,
        .resident = arena_value(jemalloc, JEMALLOC_ARENA_RESIDENT, index),
        .mapped = arena_value(jemalloc, JEMALLOC_ARENA_MAPPED, index),
        .retained = arena_value(jemalloc, JEMALLOC_ARENA_RETAINED, index),
        .internal = arena_value(jemalloc, JEMALLOC_ARENA_INTERNAL, index),
        .tcache_bytes = arena_value(jemalloc, JEMALLOC_ARENA_TCACHE_BYTES, index) + stashed,
        .nmalloc = arena_value(jemalloc, JEMALLOC_ARENA_SMALL_NMALLOC, index) +
                   arena_value(jemalloc, JEMALLOC_ARENA_LARGE_NMALLOC, index),
        .ndalloc = arena_value(jemalloc, JEMALLOC_ARENA_SMALL_NDALLOC, index) +
                   arena_value(jemalloc, JEMALLOC_ARENA_LARGE_NDALLOC, index),
    };
    arena->metadata = arena_value(jemalloc, JEMALLOC_ARENA_BASE, index) + arena->internal;
    class->arenas++;
    class->allocated += arena->allocated;
    class->active += arena->active;
    class->dirty += arena->dirty;
    class->muzzy += arena->muzzy;
    class->resident += arena->resident;
    class->mapped += arena->mapped;
    class->retained += arena->retained;
    class->metadata += arena->metadata;
    class->internal += arena->internal;
    class->tcache_bytes += arena->tcache_bytes;
    class->nmalloc += arena->nmalloc;
    class->ndalloc += arena->ndalloc;
    stats->tcached += arena->tcache_bytes;
    stats->internal += arena->internal;
}

static void read_totals(struct stats *stats, struct jemalloc *jemalloc)
{
    stats->allocated = jemalloc_read(jemalloc, JEMALLOC_STATS_ALLOCATED);
    stats->active = jemalloc_read(jemalloc, JEMALLOC_STATS_ACTIVE);
    stats->metadata = jemalloc_read(jemalloc, JEMALLOC_STATS_METADATA);
    stats->resident = jemalloc_read(jemalloc, JEMALLOC_STATS_RESIDENT);
    stats->mapped = jemalloc_read(jemalloc, JEMALLOC_STATS_MAPPED);
    stats->retained = jemalloc_read(jemalloc, JEMALLOC_STATS_RETAINED);
    stats->narenas = (uint32_t)jemalloc_read(jemalloc, JEMALLOC_ARENAS_NARENAS);
}

void stats_read(struct stats *stats, struct jemalloc *jemalloc)
{
    uint64_t epoch = 1;
    jemalloc_call(jemalloc, JEMALLOC_EPOCH, NULL, NULL, &epoch, sizeof epoch);
    memset(stats->of_class, 0, sizeof stats->of_class);
    stats->tcached = stats->internal = 0;
    stats->arenas = 0;
    read_totals(stats, jemalloc);
    for (uint32_t index = 0; index < stats->narenas && stats->arenas < ARENAS_MAX; index++)
        if (jemalloc_read_arena(jemalloc, JEMALLOC_ARENA_INITIALIZED, index) != 0)
            read_arena(stats, jemalloc, index);
}

/* The sums are uint64_t throughout. */
void stats_fold(struct stats *stats, unsigned from, unsigned to)
{
    enum { SUMS = sizeof(struct stats_class) / sizeof(uint64_t) };
    uint64_t source[SUMS], target[SUMS];
    memcpy(source, &stats->of_class[from], sizeof source);
    memcpy(target, &stats->of_class[to], sizeof target);
    for (unsigned i = 0; i < SUMS; i++)
        target[i] += source[i];
    memcpy(&stats->of_class[to], target, sizeof target);
    memset(&stats->of_class[from], 0, sizeof stats->of_class[from]);
}
