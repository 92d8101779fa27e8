/* stats_sizes.c: what arenas hold by size class, read from jemalloc's books now and then. */
#include "stats_sizes.h"

#define NS_PER_S   UINT64_C(1000000000)
#define SNAPSHOTS  30u
#define ROOM_SHARE 4u

static uint64_t put_ns;  /* when last; 0: never */
static uint64_t wait_ns; /* from then on: short at first, so that a young process has some that say something */

void stats_sizes_forget(void)
{
    put_ns = wait_ns = 0;
}

static uint64_t most_ns(uint64_t interval_ns)
{
    uint64_t most = SNAPSHOTS * (interval_ns < NS_PER_S ? interval_ns : NS_PER_S);
    return most > NS_PER_S ? most : NS_PER_S;
}

bool stats_sizes_due(uint64_t interval_ns, uint64_t mono_ns)
{
    uint64_t most = most_ns(interval_ns);
    wait_ns = wait_ns < most ? wait_ns : most;
    /* The moments of snapshots waver a little. */
    return put_ns == 0 || mono_ns - put_ns + interval_ns / 2 >= wait_ns;
}

/* Rows of sizes, or, with `row` NULL, only their number. Between counting and writing the program may have asked jemalloc
 * for newer statistics: no more is written than was counted. */
struct sizes {
    struct at_size *row;
    size_t room;
    size_t count;
};

static bool is_full(const struct sizes *sizes)
{
    return sizes->row != NULL && sizes->count == sizes->room;
}

static void put_bins(struct sizes *sizes, struct jemalloc *jemalloc, uint32_t arena)
{
    unsigned bins = (unsigned)jemalloc_read(jemalloc, JEMALLOC_BINS);
    for (unsigned bin = 0; bin < bins && !is_full(sizes); bin++) {
        uint64_t blocks = jemalloc_read_size(jemalloc, JEMALLOC_BIN_CURREGS, arena, bin);
        if (blocks == 0)
            continue;
        if (sizes->row != NULL)
            sizes->row[sizes->count] =
                (struct at_size){.arena = arena,
                                 .kind = AT_SIZE_BIN,
                                 .size = jemalloc_read_arena(jemalloc, JEMALLOC_BIN_SIZE, bin),
                                 .blocks = blocks,
                                 .held = jemalloc_read_size(jemalloc, JEMALLOC_BIN_CURSLABS, arena, bin) *
                                         jemalloc_read_arena(jemalloc, JEMALLOC_BIN_SLAB_SIZE, bin),
                                 .nmalloc = jemalloc_read_size(jemalloc, JEMALLOC_BIN_NMALLOC, arena, bin),
                                 .ndalloc = jemalloc_read_size(jemalloc, JEMALLOC_BIN_NDALLOC, arena, bin)};
        sizes->count++;
    }
}

/* There are some two hundred large size classes, few of them in use: no further than the last block. Their sizes would not
 * say where that is: from 5.3.1 on a block may take less than its class says. */
static void put_larges(struct sizes *sizes, struct jemalloc *jemalloc, uint32_t arena)
{
    uint64_t left = jemalloc_read_arena(jemalloc, JEMALLOC_ARENA_LARGE_NMALLOC, arena) -
                    jemalloc_read_arena(jemalloc, JEMALLOC_ARENA_LARGE_NDALLOC, arena);
    unsigned larges = (unsigned)jemalloc_read(jemalloc, JEMALLOC_LARGES);
    for (unsigned large = 0; large < larges && left > 0 && !is_full(sizes); large++) {
        uint64_t blocks = jemalloc_read_size(jemalloc, JEMALLOC_LARGE_CUREXTENTS, arena, large);
        if (blocks == 0)
            continue;
        uint64_t size = jemalloc_read_arena(jemalloc, JEMALLOC_LARGE_SIZE, large);
        if (sizes->row != NULL)
            sizes->row[sizes->count] =
                (struct at_size){.arena = arena,
                                 .kind = AT_SIZE_LARGE,
                                 .size = size,
                                 .blocks = blocks,
                                 .held = blocks * size,
                                 .nmalloc = jemalloc_read_size(jemalloc, JEMALLOC_LARGE_NMALLOC, arena, large),
                                 .ndalloc = jemalloc_read_size(jemalloc, JEMALLOC_LARGE_NDALLOC, arena, large)};
        left -= blocks < left ? blocks : left;
        sizes->count++;
    }
}

static void put_arena(struct sizes *sizes, struct jemalloc *jemalloc, uint32_t arena)
{
    put_bins(sizes, jemalloc, arena);
    put_larges(sizes, jemalloc, arena);
}

void stats_sizes_put(struct snapshot_encoder *encoder, struct jemalloc *jemalloc, const struct stats *stats,
                     uint64_t mono_ns)
{
    size_t room = snapshot_encode_room(encoder, sizeof(struct at_size)) / ROOM_SHARE, counted = 0;
    uint32_t arenas = 0;
    for (; arenas < stats->arenas; arenas++) {
        struct sizes only_counted = {.row = NULL};
        put_arena(&only_counted, jemalloc, stats->arena[arenas].index);
        if (counted + only_counted.count > room)
            break;
        counted += only_counted.count;
    }
    struct sizes sizes = {.row = snapshot_encode_section(encoder, AT_SECTION_SIZES, sizeof(struct at_size), counted),
                          .room = counted};
    for (uint32_t i = 0; sizes.row != NULL && i < arenas; i++)
        put_arena(&sizes, jemalloc, stats->arena[i].index);
    if (sizes.row != NULL)
        snapshot_encode_trim(encoder, sizes.count);
    put_ns = mono_ns;
    wait_ns = wait_ns > 0 ? 2 * wait_ns : NS_PER_S;
}
