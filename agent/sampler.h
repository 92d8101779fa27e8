/* sampler.h: what a snapshot is made of, from both sets of books to the rows that are shown. sample.c reads the books,
 * sample_live.c finds the figures that follow from them, sample_encode.c writes them down. The publisher's thread alone. */
#ifndef AGENT_SAMPLER_H
#define AGENT_SAMPLER_H

#include <stddef.h>

#include "agent.h"
#include "books.h"
#include "classes.h"
#include "stats.h"

#define SAMPLER_NO_ROW UINT32_MAX

struct sampler {
    struct books_sums before; /* jemalloc's books are read between these two looks */
    struct books after;
    struct stats stats;
    uint64_t peak[AT_CLASSES_MAX];
    uint64_t live[AT_CLASSES_MAX];
    struct class_row row[AT_CLASSES_MAX];
    uint32_t shown[AT_CLASSES_MAX]; /* row of the snapshot that a class has, or SAMPLER_NO_ROW */
    uint32_t nshown;
    /* A thread that only passes through is counted and uncounted, and an estimate goes up and down; a counter stays. */
    uint64_t total_shown[AT_CLASSES_MAX], released_shown[AT_CLASSES_MAX];
    uint32_t shown_generation[AT_CLASSES_MAX];
    struct books_thread *threads; /* as many as the process ever had at a time; grown between samples */
    uint32_t threads_capacity;
    uint64_t limit;
    uint64_t limit_read_ns;
    bool stranded_open;  /* to be measured at rest */
    bool stranded_quiet; /* nothing moved while it was measured last */
    uint64_t stranded;
    size_t buffer_bytes;
    unsigned char *buffer;
};

/* Whether the figures of class `id` are exact, not estimates. */
static inline bool sampler_is_exact(const struct sampler *sampler, unsigned id)
{
    return agent.exact && sampler->row[id].reason == AT_REASON_NONE;
}

#endif
