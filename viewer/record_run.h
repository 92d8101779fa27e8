/* record_run.h: one run of arenatop record: follows a source until it is over, and tells how far it is. */
#ifndef VIEWER_RECORD_RUN_H
#define VIEWER_RECORD_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "errand.h"
#include "fail.h"
#include "flight.h"
#include "options.h"
#include "recorder.h"
#include "source.h"

struct record_options {
    const char *path;
    uint64_t count;  /* 0: no end */
    uint64_t for_ns; /* 0: no end */
    struct option_texts when;
    uint64_t before_ns, after_ns; /* with `when` */
    const char *exec;             /* with `when`; NULL: none */
};

/* Functions return 0, or -1 with `failure` set. */
struct record_run {
    const struct record_options *options;
    struct when conditions[OPTION_TEXTS_MAX];
    size_t nconditions; /* 0: everything is recorded */
    struct source *source;
    struct source_span span;
    struct recorder recorder;
    struct flight flight; /* with conditions */
    struct errand errand;
    struct snapshot snapshot;
    uint64_t place;      /* the next to record */
    uint64_t seq;        /* of the last snapshot that was seen, 0: none */
    uint64_t written;    /* snapshots, by this run */
    uint64_t lost;       /* by this run */
    uint64_t damaged;    /* that break the rules of their format; what followed them counts them as lost too */
    uint64_t stop_place; /* with -n: where to end */
    uint64_t start_ns, interval_ns;
    bool progress;    /* somebody looks */
    sigset_t waiting; /* signals while it waits */
    struct failure failure;
};

/* Records a target (a word of the command line) as the options say, from attaching to the sum on stdout. `run` has its
 * options and conditions, and zeroes. Returns 0, or -1 with run->failure set. record_run_free in either case. */
int record_run(struct record_run *run, const char *word);
void record_run_free(struct record_run *run);

#endif
