/* picker.h: the processes that can be watched, with what they hold and how fast that grows, for a person to pick from. */
#ifndef VIEWER_PICKER_H
#define VIEWER_PICKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format.h"
#include "target.h"

struct picker_row {
    struct target target;
    bool is_read;              /* the figures below are there */
    char why[FAIL_TEXT_BYTES]; /* they are not */
    uint64_t live;             /* bytes, sum over the classes */
    uint64_t mono_ns;          /* of the snapshot */
    size_t classes;            /* besides (unbound) */
    uint32_t mode;             /* enum at_mode */
    bool has_growth;           /* of live, bytes a second, since the look before */
    struct figure growth;
};

struct picker {
    struct picker_row *rows; /* the largest first; what could not be read last */
    size_t count;
    size_t denied;      /* segments that this user may not read */
    uint64_t looked_ns; /* CLOCK_MONOTONIC of the last look; 0: none yet */
};

/* Looks at all processes, at most once a second; `name`: only at those of that name, or NULL. Returns true when it did. */
bool picker_look(struct picker *picker, const char *name, uint64_t mono_ns);
void picker_free(struct picker *picker);

#endif
