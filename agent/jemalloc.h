/* jemalloc.h: the host's jemalloc: where it is, and its control interface by cached mib. */
#ifndef AGENT_JEMALLOC_H
#define AGENT_JEMALLOC_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "copies.h"

/* The control names that the agent uses, resolved once. X(NAME, "name", position of the index of the
 * arena, bin or large size class, or 0) */
#define JEMALLOC_MIBS(X)                                              \
    X(EPOCH, "epoch", 0)                                              \
    X(THREAD_ARENA, "thread.arena", 0)                                \
    X(THREAD_ALLOCATEDP, "thread.allocatedp", 0)                      \
    X(THREAD_DEALLOCATEDP, "thread.deallocatedp", 0)                  \
    X(THREAD_TCACHE_FLUSH, "thread.tcache.flush", 0)                  \
    X(THREAD_TCACHE_ENABLED, "thread.tcache.enabled", 0)              \
    X(THREAD_IDLE, "thread.idle", 0)                                  \
    X(THREAD_PROF_ACTIVE, "thread.prof.active", 0)                    \
    X(TCACHE_CREATE, "tcache.create", 0)                              \
    X(TCACHE_FLUSH, "tcache.flush", 0)                                \
    X(TCACHE_DESTROY, "tcache.destroy", 0)                            \
    X(ARENAS_CREATE, "arenas.create", 0)                              \
    X(ARENAS_NARENAS, "arenas.narenas", 0)                            \
    X(ARENA_INITIALIZED, "arena.0.initialized", 1)                    \
    X(ARENA_NAME, "arena.0.name", 1)                                  \
    X(ARENA_RESET, "arena.0.reset", 1)                                \
    X(ARENA_DESTROY, "arena.0.destroy", 1)                            \
    X(ARENA_EXTENT_HOOKS, "arena.0.extent_hooks", 1)                  \
    X(STATS_ALLOCATED, "stats.allocated", 0)                          \
    X(STATS_ACTIVE, "stats.active", 0)                                \
    X(STATS_METADATA, "stats.metadata", 0)                            \
    X(STATS_RESIDENT, "stats.resident", 0)                            \
    X(STATS_MAPPED, "stats.mapped", 0)                                \
    X(STATS_RETAINED, "stats.retained", 0)                            \
    X(ARENA_NTHREADS, "stats.arenas.0.nthreads", 2)                   \
    X(ARENA_SMALL_ALLOCATED, "stats.arenas.0.small.allocated", 2)     \
    X(ARENA_LARGE_ALLOCATED, "stats.arenas.0.large.allocated", 2)     \
    X(ARENA_SMALL_NMALLOC, "stats.arenas.0.small.nmalloc", 2)         \
    X(ARENA_LARGE_NMALLOC, "stats.arenas.0.large.nmalloc", 2)         \
    X(ARENA_SMALL_NDALLOC, "stats.arenas.0.small.ndalloc", 2)         \
    X(ARENA_LARGE_NDALLOC, "stats.arenas.0.large.ndalloc", 2)         \
    X(ARENA_PACTIVE, "stats.arenas.0.pactive", 2)                     \
    X(ARENA_PDIRTY, "stats.arenas.0.pdirty", 2)                       \
    X(ARENA_PMUZZY, "stats.arenas.0.pmuzzy", 2)                       \
    X(ARENA_MAPPED, "stats.arenas.0.mapped", 2)                       \
    X(ARENA_RETAINED, "stats.arenas.0.retained", 2)                   \
    X(ARENA_RESIDENT, "stats.arenas.0.resident", 2)                   \
    X(ARENA_BASE, "stats.arenas.0.base", 2)                           \
    X(ARENA_INTERNAL, "stats.arenas.0.internal", 2)                   \
    X(ARENA_TCACHE_BYTES, "stats.arenas.0.tcache_bytes", 2)           \
    X(ARENA_TCACHE_STASHED, "stats.arenas.0.tcache_stashed_bytes", 2) \
    X(BINS, "arenas.nbins", 0)                                        \
    X(BIN_SIZE, "arenas.bin.0.size", 2)                               \
    X(BIN_SLAB_SIZE, "arenas.bin.0.slab_size", 2)                     \
    X(BIN_CURREGS, "stats.arenas.0.bins.0.curregs", 2)                \
    X(BIN_CURSLABS, "stats.arenas.0.bins.0.curslabs", 2)              \
    X(BIN_NMALLOC, "stats.arenas.0.bins.0.nmalloc", 2)                \
    X(BIN_NDALLOC, "stats.arenas.0.bins.0.ndalloc", 2)                \
    X(LARGES, "arenas.nlextents", 0)                                  \
    X(LARGE_SIZE, "arenas.lextent.0.size", 2)                         \
    X(LARGE_CUREXTENTS, "stats.arenas.0.lextents.0.curlextents", 2)   \
    X(LARGE_NMALLOC, "stats.arenas.0.lextents.0.nmalloc", 2)          \
    X(LARGE_NDALLOC, "stats.arenas.0.lextents.0.ndalloc", 2)

#define JEMALLOC_ENUM(id, name, position) JEMALLOC_##id,
enum jemalloc_mib { JEMALLOC_MIBS(JEMALLOC_ENUM) JEMALLOC_MIB_COUNT };

#define JEMALLOC_MIB_DEPTH 6

struct jemalloc_mib_cache {
    size_t mib[JEMALLOC_MIB_DEPTH];
    unsigned width; /* which of the widths the value has, see jemalloc.c */
    size_t depth;   /* 0: this jemalloc does not have the name */
};

struct jemalloc {
    int (*mallctl)(const char *name, void *old, size_t *old_bytes, void *new, size_t new_bytes);
    int (*nametomib)(const char *name, size_t *mib, size_t *depth);
    int (*bymib)(const size_t *mib, size_t depth, void *old, size_t *old_bytes, void *new, size_t new_bytes);
    void *(*mallocx)(size_t bytes, int flags);
    void (*dallocx)(void *pointer, int flags);
    size_t (*xallocx)(void *pointer, size_t bytes, size_t extra, int flags);
    size_t (*sallocx)(const void *pointer, int flags);
    size_t (*nallocx)(size_t bytes, int flags);
    const struct link_map *object; /* that holds it */
    bool hidden;                   /* found in the full symbol table only */
    bool serves_malloc;            /* false: the program calls it by names of its own, which go past our hooks */
    char prefix[COPIES_PREFIX_BYTES];
    struct jemalloc_mib_cache cached[JEMALLOC_MIB_COUNT];
    char version[64];
    uint32_t narenas_auto; /* opt.narenas */
    size_t page_bytes;
    bool hpa;          /* opt.hpa */
    bool prof;         /* opt.prof */
    bool guards;       /* MALLOC_CONF has san_guard_small or san_guard_large */
    char zero_realloc; /* first letter of opt.zero_realloc: 'a'lloc, 'f'ree; 'x' for abort */
    char thp;          /* first letter of opt.thp: 'd'efault, 'a'lways, 'n'ever */
};

enum jemalloc_found {
    JEMALLOC_NONE,
    JEMALLOC_IDLE,          /* there is one, but malloc() is somebody else's, and it has no names of its own */
    JEMALLOC_NO_STATISTICS, /* it serves malloc(), and was built without its books */
    JEMALLOC_USABLE
};

/* Finds the process's jemalloc and fills in *jemalloc. Of several copies it is the one that malloc() comes from, which is
 * proven by use: what is allocated moves that copy's books. Where malloc() is nobody's, it is one that the program calls
 * by other names: behind a prefix (as Rust's _rjem_), or hidden in the executable. `self` is the agent's own object, which
 * is passed over. Copies that are passed over too are told of. Called once, before the program's threads. */
enum jemalloc_found jemalloc_find(struct jemalloc *jemalloc, const struct link_map *self);

/* Tells of copies hidden in the executable, beside the one that was found. Reads the executable's file, the first time: for
 * the publisher. */
void jemalloc_tell_hidden(const struct jemalloc *jemalloc);

/* Reads the value of a name without index, of arena `index`, or of an arena's bin or large size class `size`; 0 when it
 * cannot be read. */
uint64_t jemalloc_read(struct jemalloc *jemalloc, enum jemalloc_mib mib);
uint64_t jemalloc_read_arena(struct jemalloc *jemalloc, enum jemalloc_mib mib, unsigned index);
uint64_t jemalloc_read_size(struct jemalloc *jemalloc, enum jemalloc_mib mib, unsigned arena, unsigned size);

/* Calls the name's control; results as mallctl(3): 0 or an errno value; ENOENT when this jemalloc lacks the name. */
int jemalloc_call(const struct jemalloc *jemalloc, enum jemalloc_mib mib, void *old, size_t *old_bytes, void *new,
                  size_t new_bytes);

/* Takes the calling thread's own cache from it, for good. */
void jemalloc_end_cache(const struct jemalloc *jemalloc);

#endif
