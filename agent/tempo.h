/* tempo.h: how often something is done, so that it never costs more than its share. The publisher's thread alone. */
#ifndef AGENT_TEMPO_H
#define AGENT_TEMPO_H

#include <stdbool.h>
#include <stdint.h>

#define TEMPO_WINDOW  8u
#define TEMPO_SAID_NS UINT64_C(5000000000) /* what passes sooner is nobody's concern: a busy moment of the machine */

struct tempo {
    uint64_t wanted_ns;
    uint64_t every_ns; /* stretched */
    uint64_t next_ns;
    uint64_t cost_ns;                 /* what is usual: the median of the last whole window */
    uint64_t window_ns[TEMPO_WINDOW]; /* costs in this window, sorted, */
    unsigned seen;                    /* and how many */
    uint64_t dear_ns;                 /* for how long it has been stretched without a break */
    bool said;
};

/* From the beginning: every `every_ns`, 0 for never. */
void tempo_set(struct tempo *tempo, uint64_t every_ns);

/* Told what it cost each time, stretches a tempo whose work costs more than 1/`share` of the time, and says so once, when that
 * has lasted for TEMPO_SAID_NS: `what` costs over `limit` of a core. What it costs is the median of several times: page faults
 * of the first and now and then a neighbour's cache misses are no reason; misses that always come are. */
void tempo_pace(struct tempo *tempo, uint64_t cost_ns, uint64_t share, const char *what, const char *limit);

/* Sets the next time. Points in time stay on their grid; those that were missed are dropped, not made up for. */
void tempo_schedule(struct tempo *tempo, uint64_t now);

#endif
