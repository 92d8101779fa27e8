/* metrics.h: snapshots as metrics, under the names of the contract; help, type and unit come from the tables of fields. */
#ifndef VIEWER_METRICS_H
#define VIEWER_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "snapshot.h"
#include "source.h"

enum metrics_format {
    METRICS_OPENMETRICS, /* OpenMetrics 1.0, ending in "# EOF" */
    METRICS_PROMETHEUS /* Prometheus' text format 0.0.4: what its scrapers and promtool read when not asked otherwise */
};

/* A process and its newest snapshot. Without one, or when it is not up, only arenatop_up speaks of it. */
struct metrics_process {
    const struct source_about *about;
    const struct snapshot *snapshot; /* may be NULL */
    bool up;
};

/* Writes one whole exposition: every family once, with the samples of all processes. Names of any bytes become labels of
 * visible UTF-8. */
void metrics_write(const struct metrics_process *processes, size_t count, enum metrics_format format, FILE *to);

#endif
