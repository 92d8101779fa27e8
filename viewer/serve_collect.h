/* serve_collect.h: the metrics of all processes that can be watched at this moment, or of those that were named, as text. */
#ifndef VIEWER_SERVE_COLLECT_H
#define VIEWER_SERVE_COLLECT_H

#include <stddef.h>

#include "fail.h"
#include "metrics.h"

/* Whom metrics are asked for: pids and names of processes, none of them a path. Nobody: all. */
struct serve_wanted {
    char **words;
    int count;
};

/* A whole exposition; `text` is malloc'ed and the owner's to free. */
struct serve_text {
    char *text;
    size_t bytes;
};

/* Looks for the processes, reads the newest snapshot of each and writes their metrics. arenatop_up is 0 for a process that
 * runs but publishes nothing or nothing that can be read, and for a word that nobody answers to, with that word for its pid
 * or comm, and the comm of a record that such a pid left. A process that ended is not there; records that others left are
 * counted, and so is what may not be read. Keeps nothing open. Returns 0, or -1 with *failure set. One thread at a time, and
 * see guard.h. */
int serve_collect(const struct serve_wanted *wanted, enum metrics_format format, struct serve_text *text,
                  struct failure *failure);

#endif
