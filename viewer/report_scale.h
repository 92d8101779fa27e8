/* report_scale.h: where the lines of a chart's grid stand. Pure. */
#ifndef VIEWER_REPORT_SCALE_H
#define VIEWER_REPORT_SCALE_H

#include <stdint.h>

#include "format.h"

/* The smallest round amount (1, 2, 5, 10, ... 512 of a unit) of which at most `lines` go into `most`; at least 1. */
uint64_t scale_bytes_step(uint64_t most, unsigned lines);

/* The same for time: 10 ms ... 1 s ... 5 min ... 1 h ... whole days. */
uint64_t scale_time_step(uint64_t span_ns, unsigned lines);

/* What stands at a line: 19:32, 19:32:05, 19:32:05.250 as the step needs; the day at midnight. UTC. */
char *scale_time_label(char out[FORMAT_BYTES], uint64_t time_ns, uint64_t step_ns);

#endif
