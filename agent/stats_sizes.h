/* stats_sizes.h: what arenas hold by size class, read from jemalloc's books now and then. */
#ifndef AGENT_STATS_SIZES_H
#define AGENT_STATS_SIZES_H

#include "jemalloc.h"
#include "snapshot.h"
#include "stats.h"

/* Whether it is time to read them again: a second after the first time, then twice as long each time, up to 30 snapshots or
 * 30 seconds, whichever is less; never sooner than a second after the last time. */
bool stats_sizes_due(uint64_t interval_ns, uint64_t mono_ns);

/* Adds the section of sizes, of the epoch that stats_read has read; of whole arenas, as many as fit into a quarter of the
 * room that the encoder has left. Called by whoever called stats_read. */
void stats_sizes_put(struct snapshot_encoder *encoder, struct jemalloc *jemalloc, const struct stats *stats,
                     uint64_t mono_ns);

/* They are due: in a fork child, whose first snapshot has them too. */
void stats_sizes_forget(void);

#endif
