/* side.h: one side of a comparison: a snapshot of a process, a segment, a recording or a JSON dump. */
#ifndef VIEWER_SIDE_H
#define VIEWER_SIDE_H

#include <stddef.h>
#include <stdint.h>

#include "fail.h"
#include "snapshot.h"

/* Names are valid UTF-8 here, because a dump's are: so both kinds can be compared. */
#define SIDE_NAME_BYTES (3 * AT_CLASS_NAME_BYTES)

struct side_class {
    char name[SIDE_NAME_BYTES];
    struct at_class figures; /* its name means nothing */
};

struct side {
    long pid;
    char comm[SIDE_NAME_BYTES];
    uint64_t seq, time_ns, mono_ns;
    uint64_t
        began_ns; /* of one from a source, header.created_mono_ns: with pid and comm, which process it is; 0: unknown */
    struct at_process process;
    struct side_class *classes;
    size_t nclasses;
};

/* Loads what `word` means: a target or a JSON dump, with @SEQ or @TIME behind it for another snapshot than the newest (in
 * a dump, the last); @TIME is the last that is not later, and there must be one. A file that has the '@' in its name is
 * that file. `side` need not be zeroed; side_free in any case. Returns 0, or -1 with *failure set. */
int side_load(struct side *side, const char *word, struct failure *failure);
void side_free(struct side *side);

#endif
