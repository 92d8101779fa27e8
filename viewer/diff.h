/* diff.h: what each class gained between two sides. Pure. */
#ifndef VIEWER_DIFF_H
#define VIEWER_DIFF_H

#include <stdbool.h>
#include <stdint.h>

#include "format.h"
#include "side.h"

enum diff_change { DIFF_STAYED, DIFF_NEW, DIFF_GONE };

struct diff_row {
    const char *name; /* in one of the sides */
    enum diff_change change;
    bool is_estimate;              /* in one of them it is not exact */
    struct at_class before, after; /* zero where the class is not there */
    struct figure growth;          /* of live */
};

struct diff {
    struct diff_row *rows; /* the most grown first */
    size_t count;
    struct figure growth; /* of live, all classes */
    uint64_t elapsed_ns;  /* between the two, in either direction; 0 when rates mean nothing: two different processes */
    bool backwards;       /* the second is the earlier one */
};

/* Compares. The sides must outlive the result. Returns 0, or -1: no memory. diff_free afterwards. */
int diff_make(struct diff *diff, const struct side *before, const struct side *after);
void diff_free(struct diff *diff);

#endif
