/* sample_live.h: live memory, and what follows from it: from the counters where they are right, else jemalloc's estimate.
 * The publisher's thread alone; nothing is read but what the sampler has. */
#ifndef AGENT_SAMPLE_LIVE_H
#define AGENT_SAMPLE_LIVE_H

#include "sampler.h"

/* Finds the live bytes of every class, once books, rows and jemalloc's statistics are read. */
void sample_live_find(struct sampler *sampler);

/* Finds what is stranded, if that is open, once live is found. `moved`: bytes allocated and freed between the two looks at
 * the books. */
void sample_live_find_stranded(struct sampler *sampler, uint64_t moved);

/* Bytes that jemalloc has allocated and nothing accounts for; below 0 where less is allocated than is accounted for. */
int64_t sample_live_unexplained(const struct sampler *sampler);

/* Of class `id`: bytes that wait in thread caches; the most that was live since the last snapshot; bytes freed by anyone,
 * of an estimate never less than the last time. */
uint64_t sample_live_cached(const struct sampler *sampler, unsigned id);
uint64_t sample_live_peak(const struct sampler *sampler, unsigned id);
uint64_t sample_live_released(struct sampler *sampler, unsigned id);

#endif
