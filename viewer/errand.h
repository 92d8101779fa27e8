/* errand.h: a command that is run beside the work, once, when a condition is met: record --exec.
 *
 * The command is a line for /bin/sh, the user's own, to which nothing is added: what it is about stands in its environment,
 * as data. It has a process group of its own, an empty stdin, and signals as a program expects them. */
#ifndef VIEWER_ERRAND_H
#define VIEWER_ERRAND_H

#include <stdbool.h>
#include <sys/types.h>

#include "fail.h"
#include "source.h"
#include "watch.h"

struct errand {
    const char *command; /* NULL: there is none */
    bool was_sent;
    pid_t pid; /* while it runs, else 0 */
};

/* What it is told, in ARENATOP_PID, _COMM, _FILE (absolute), _SEQ, _TIME, _WHEN, _CLASS, _FIGURE, _VALUE; and every figure
 * of the class as ARENATOP_LIVE, ..., of the process as ARENATOP_PROCESS_RSS, ... Names are raw bytes. */
struct errand_facts {
    const struct source_about *about;
    const char *path; /* of the recording */
    const struct snapshot *snapshot;
    const struct watch_moment *moment;
};

/* Starts the command, unless it was started before, and does not wait. Returns 0, or -1 with *failure set. */
int errand_send(struct errand *errand, const struct errand_facts *facts, struct failure *failure);

/* Whether it has ended meanwhile; never waits. Returns 0 while it runs, when there is none, and when it ended well; -1, once,
 * with *failure set when it did not. Leaves no zombie. */
int errand_look(struct errand *errand, struct failure *failure);

#endif
