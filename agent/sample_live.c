/* sample_live.c: finds the figures of live memory. */
#include "sample_live.h"

static uint64_t above(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static uint64_t estimate(const struct sampler *sampler, unsigned id)
{
    const struct stats_class *class = &sampler->stats.of_class[id];
    return above(class->allocated, class->tcache_bytes + class->internal);
}

/* Classes that are not exact in an exact process share the address space of (unbound): their sum is exact. What is estimated of
 * them is taken from it, as far as it goes, and the rest is (unbound)'s. */
static void share_pool(struct sampler *sampler, uint64_t pool)
{
    for (unsigned id = 1; id < sampler->after.classes; id++) {
        if (sampler_is_exact(sampler, id))
            continue;
        if (sampler->live[id] > pool)
            sampler->live[id] = pool;
        pool -= sampler->live[id];
    }
    sampler->live[AT_CLASS_UNBOUND] = pool;
}

void sample_live_find(struct sampler *sampler)
{
    uint64_t pool = 0;
    for (unsigned id = 0; id < sampler->after.classes; id++) {
        bool own = sampler_is_exact(sampler, id) && id != AT_CLASS_UNBOUND;
        sampler->live[id] = own ? books_live(&sampler->after, id) : estimate(sampler, id);
        if (!own)
            pool += sampler->after.allocated[id] - books_released(&sampler->after, id);
    }
    if (agent.exact)
        share_pool(sampler, (int64_t)pool > 0 ? pool : 0);
}

static uint64_t sum_live(const struct sampler *sampler)
{
    uint64_t sum = 0;
    for (unsigned id = 0; id < sampler->after.classes; id++)
        sum += sampler->live[id];
    return sum;
}

int64_t sample_live_unexplained(const struct sampler *sampler)
{
    const struct stats *stats = &sampler->stats;
    return (int64_t)(stats->allocated - sum_live(sampler) - stats->internal - stats->tcached - sampler->stranded);
}

/* What jemalloc counts and nobody can have is stranded. It stays the same for good, so it is measured until two snapshots
 * in which nothing moved agree: a single one may have met a thread between jemalloc's two books, in one but not yet in the
 * other. Until then it is an estimate. */
void sample_live_find_stranded(struct sampler *sampler, uint64_t moved)
{
    uint64_t before = sampler->stranded;
    /* A thread may stand still between the two books for longer than two snapshots: then it was too much. */
    if (moved == 0 && before > 0 && sample_live_unexplained(sampler) < 0)
        sampler->stranded_open = true;
    if (!sampler->stranded_open || !agent.exact)
        return;
    sampler->stranded = 0;
    int64_t rest = sample_live_unexplained(sampler);
    sampler->stranded = rest > 0 ? (uint64_t)rest : 0;
    bool quiet = moved == 0;
    sampler->stranded_open = !(quiet && sampler->stranded_quiet && sampler->stranded == before);
    sampler->stranded_quiet = quiet;
}

uint64_t sample_live_cached(const struct sampler *sampler, unsigned id)
{
    const struct stats_class *class = &sampler->stats.of_class[id];
    if (!sampler_is_exact(sampler, id))
        return class->tcache_bytes;
    return above(class->allocated, sampler->live[id] + class->internal);
}

uint64_t sample_live_peak(const struct sampler *sampler, unsigned id)
{
    return sampler->peak[id] > sampler->live[id] && sampler_is_exact(sampler, id) ? sampler->peak[id]
                                                                                  : sampler->live[id];
}

uint64_t sample_live_released(struct sampler *sampler, unsigned id)
{
    uint64_t *shown = &sampler->released_shown[id], estimated = above(sampler->after.allocated[id], sampler->live[id]);
    if (sampler_is_exact(sampler, id))
        *shown = books_released(&sampler->after, id);
    else if (estimated > *shown)
        *shown = estimated;
    return *shown;
}
