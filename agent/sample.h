/* sample.h: one full snapshot: the books from the threads' counters, jemalloc's books by cached mib, the kernel's figures,
 * encoded for the ring. Belongs to the publisher thread. Allocates nothing while it samples. */
#ifndef AGENT_SAMPLE_H
#define AGENT_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arenatop.h"

/* What the publisher knows of itself and the snapshot shall carry. */
struct sample_notes {
    uint64_t seq;
    enum at_state state;
    uint64_t interval_ns;
    uint64_t peak_ns;
    uint64_t sample_ns;
    uint64_t look_ns;
    uint64_t cpu_ns;
    uint64_t samples;
    uint32_t own_threads; /* of the agent, in the kernel's count of threads */
};

/* Reserves the buffers for snapshots of at most `most_bytes`. Returns false when there is no memory. */
bool sample_start(size_t most_bytes);

/* A lock-free look: reads the counters and keeps each class's peak. Returns false when it had to give way. */
bool sample_look(void);

/* Takes a snapshot. Returns its size, and in *payload where it lies until the next call; 0 when the books could not be
 * read this time. */
size_t sample_take(const struct sample_notes *notes, const void **payload);

/* Whether memory may be stranded in caches of threads that a fork left behind; the next snapshot taken at rest measures
 * how much. */
void sample_measure_stranded(void);

/* Forgets everything, for a fork child. */
void sample_forget(void);

#endif
