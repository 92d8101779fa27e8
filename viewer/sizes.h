/* sizes.h: the newest snapshot with size classes at or before a moment: an agent puts them into one in 30 or so. */
#ifndef VIEWER_SIZES_H
#define VIEWER_SIZES_H

#include "session.h"

/* They are looked for at two moments. */
enum sizes_moment { SIZES_NOW, SIZES_BASELINE, SIZES_MOMENTS };

/* What is known of one of them. Zeroed: nothing. */
struct sizes_found {
    bool looked, there;
    uint64_t asked; /* place from which they were looked for, towards older ones */
    uint64_t place; /* where they were found, if they are there */
    struct snapshot snapshot;
};

struct sizes {
    struct sizes_found found[SIZES_MOMENTS];
};

/* The snapshot whose size classes hold at `at`, or NULL when there is none: `at` is none, its agent does not say, or it
 * is too long ago. Good until the next call for this moment. What was found is kept, so that a step in time costs one snapshot. */
const struct snapshot *sizes_at(struct sizes *sizes, struct session *session, enum sizes_moment moment,
                                const struct moment *at);

/* Forgets everything: another process is watched. */
void sizes_reset(struct sizes *sizes);
void sizes_free(struct sizes *sizes);

#endif
