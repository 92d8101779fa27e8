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

/* The rows of an arena: with `rows` NULL they are only counted. */
static size_t put_bins(struct jemalloc *jemalloc, uint32_t arena, struct at_size *rows)
{
    unsigned bins = (unsigned)jemalloc_read(jemalloc, JEMALLOC_BINS);
    size_t count = 0;
    for (unsigned bin = 0; bin < bins; bin++) {
        uint64_t blocks = jemalloc_read_size(jemalloc, JEMALLOC_BIN_CURREGS, arena, bin);
        if (blocks == 0)
            continue;
        if (rows != NULL)
            rows[count] = (struct at_size){.arena = arena,
                                           .kind = AT_SIZE_BIN,
                                           .size = jemalloc_read_arena(jemalloc, JEMALLOC_BIN_SIZE, bin),
                                           .blocks = blocks,
                                           .held = jemalloc_read_size(jemalloc, JEMALLOC_BIN_CURSLABS, arena, bin) *
                                                   jemalloc_read_arena(jemalloc, JEMALLOC_BIN_SLAB_SIZE, bin),
                                           .nmalloc = jemalloc_read_size(jemalloc, JEMALLOC_BIN_NMALLOC, arena, bin),
                                           .ndalloc = jemalloc_read_size(jemalloc, JEMALLOC_BIN_NDALLOC, arena, bin)};
        count++;
    }
    return count;
}

/* There are some two hundred large size classes, few of them in use: no further than what they add up to. */
static size_t put_larges(struct jemalloc *jemalloc, uint32_t arena, struct at_size *rows)
{
    uint64_t left = jemalloc_read_arena(jemalloc, JEMALLOC_ARENA_LARGE_ALLOCATED, arena);
    unsigned larges = (unsigned)jemalloc_read(jemalloc, JEMALLOC_LARGES);
    size_t count = 0;
    for (unsigned large = 0; large < larges && left > 0; large++) {
        uint64_t blocks = jemalloc_read_size(jemalloc, JEMALLOC_LARGE_CUREXTENTS, arena, large);
        if (blocks == 0)
            continue;
        uint64_t size = jemalloc_read_arena(jemalloc, JEMALLOC_LARGE_SIZE, large);
        if (rows != NULL)
            rows[count] =
                (struct at_size){.arena = arena,
                                 .kind = AT_SIZE_LARGE,
                                 .size = size,
                                 .blocks = blocks,
                                 .held = blocks * size,
                                 .nmalloc = jemalloc_read_size(jemalloc, JEMALLOC_LARGE_NMALLOC, arena, large),
                                 .ndalloc = jemalloc_read_size(jemalloc, JEMALLOC_LARGE_NDALLOC, arena, large)};
        left -= blocks * size < left ? blocks * size : left;
        count++;
    }
    return count;
}

void stats_sizes_put(struct snapshot_encoder *encoder, struct jemalloc *jemalloc, const struct stats *stats,
                     uint64_t mono_ns)
{
    size_t room = snapshot_encode_room(encoder, sizeof(struct at_size)) / ROOM_SHARE, count = 0;
    uint32_t arenas = 0;
    for (; arenas < stats->arenas; arenas++) {
        uint32_t index = stats->arena[arenas].index;
        size_t more = put_bins(jemalloc, index, NULL) + put_larges(jemalloc, index, NULL);
        if (count + more > room)
            break;
        count += more;
    }
    struct at_size *rows = snapshot_encode_section(encoder, AT_SECTION_SIZES, sizeof *rows, count);
    for (uint32_t i = 0; rows != NULL && i < arenas; i++) {
        rows += put_bins(jemalloc, stats->arena[i].index, rows);
        rows += put_larges(jemalloc, stats->arena[i].index, rows);
    }
    put_ns = mono_ns;
    wait_ns = wait_ns > 0 ? 2 * wait_ns : NS_PER_S;
}
