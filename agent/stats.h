/* stats.h: jemalloc's own books, the second set, read by cached mib. */
#ifndef AGENT_STATS_H
#define AGENT_STATS_H

#include "arenas.h"
#include "arenatop.h"
#include "jemalloc.h"

/* Sums over the arenas of a class. */
struct stats_class {
    uint64_t arenas;
    uint64_t allocated;
    uint64_t active;
    uint64_t dirty;
    uint64_t muzzy;
    uint64_t resident;
    uint64_t mapped;
    uint64_t retained;
    uint64_t metadata;
    uint64_t internal;
    uint64_t tcache_bytes; /* stashed bytes included */
    uint64_t nmalloc;
    uint64_t ndalloc;
};

struct stats {
    uint64_t allocated;
    uint64_t active;
    uint64_t metadata;
    uint64_t resident;
    uint64_t mapped;
    uint64_t retained;
    uint64_t tcached;  /* over all arenas */
    uint64_t internal; /* over all arenas */
    uint32_t narenas;  /* as jemalloc counts them */
    uint32_t arenas;   /* rows of `arena`: those that are initialised */
    struct stats_class of_class[AT_CLASSES_MAX];
    struct at_arena arena[ARENAS_MAX]; /* class_row is a row of classes.h here */
};

/* Advances jemalloc's epoch and reads everything. Takes jemalloc's locks one after the other, as its own statistics do.
 * About 450 KiB: never on a stack. Only the publisher calls it, or the forking thread. */
void stats_read(struct stats *stats, struct jemalloc *jemalloc);

/* Adds a class's sums to another's and leaves it with none. */
void stats_fold(struct stats *stats, unsigned from, unsigned to);

#endif
