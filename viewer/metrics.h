/* metrics.h: snapshots as metrics, under the names of the contract; help, type and unit come from the tables of fields. */
#ifndef VIEWER_METRICS_H
#define VIEWER_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "snapshot.h"
#include "source.h"

enum metrics_format {
    METRICS_OPENMETRICS, /* OpenMetrics 1.0, ending in "# EOF" */
    METRICS_PROMETHEUS   /* Prometheus' text format 0.0.4, which promtool reads; units and the end are comments in it */
};

/* A process and its newest snapshot. Without one, or when it is not up, only arenatop_up speaks of it. */
struct metrics_process {
    const struct source_about *about;
    const struct snapshot *snapshot; /* may be NULL */
    bool up;
};

/* What a server that collects from many processes says of itself. */
struct metrics_service {
    uint64_t denied;     /* segments that it may not read */
    uint64_t records;    /* of processes that came to a bad end */
    uint64_t newest_ns;  /* CLOCK_REALTIME of the last sign of life in these; 0 when there are none */
    uint64_t collect_ns; /* time that it took to read all processes */
};

/* One exposition: the processes of one moment, no two of them with the same pid and comm. */
struct metrics {
    const struct metrics_process *processes;
    size_t count;
    const struct metrics_service *service; /* NULL: this is a dump */
};

/* Writes one whole exposition: every family once, with the samples of all processes. Names of any bytes become labels of
 * visible UTF-8, and stay different where the names are; a pid of 0 is no pid and becomes an empty label. However a
 * snapshot lies, no sample comes twice and a process has no more than AT_CLASSES_MAX classes. */
void metrics_write(const struct metrics *metrics, enum metrics_format format, FILE *to);

#endif
