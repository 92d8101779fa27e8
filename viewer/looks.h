/* looks.h: which glyph and colour each of the largest classes has: the same in the bar and in every graph.
 *
 * There are fewer looks than classes may be. No two of the largest have the same one, and none changes its look while it
 * stays one of them. Pure. */
#ifndef VIEWER_LOOKS_H
#define VIEWER_LOOKS_H

#include "canvas.h"
#include "model.h"

#define LOOKS_COUNT STYLE_SERIES_COUNT

struct looks {
    uint32_t largest[LOOKS_COUNT]; /* rows of the moment's classes, the largest live first */
    size_t count;
    char owners[LOOKS_COUNT][AT_CLASS_NAME_BYTES]; /* the class that has each look, */
    bool owned[LOOKS_COUNT];                       /* if one has */
};

/* Finds the largest classes of a moment and gives those a look that have none. `looks` is zeroed before the first use. */
void looks_update(struct looks *looks, const struct moment *now);

/* The look of a class, from 0 on; -1 when it is none of the largest. */
int looks_of(const struct looks *looks, const char *class_name);

#endif
