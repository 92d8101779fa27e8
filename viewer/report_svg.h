/* report_svg.h: a report's pictures: the classes over time as a stacked area, and each class's own small line.
 *
 * Widths stretch with the page, heights are pixels; letters and lines keep their size. Colours are the style sheet's:
 * the layers' classes are s0, s1, ... from the bottom, "rest" for what has no layer of its own. */
#ifndef VIEWER_REPORT_SVG_H
#define VIEWER_REPORT_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "report.h"

#define SVG_LAYERS 8

/* What is drawn of the classes: the largest have layers of their own. Pure. */
struct svg_stack {
    long rows[SVG_LAYERS]; /* of the series, the largest first */
    size_t nlayers;
    size_t nrest; /* classes in the layer on top of them */
    const struct series_moment *moments[SERIES_MOMENTS];
    size_t nmoments;
    uint64_t most;  /* what the full height stands for */
    bool has_limit; /* low enough to be drawn */
};
void svg_stack_make(struct svg_stack *stack, const struct report *report);

/* Which layer a row of the series is drawn in: 0 up, or -1 for the rest. */
int svg_layer(const struct svg_stack *stack, long row);

/* The stacked area, with lines for RSS and the limit, and what is missing. Layers carry their number, from 1, for whom
 * colours do not tell apart. The report must span time. */
void svg_stack_write(FILE *to, const struct report *report, const struct svg_stack *stack);

/* A spot of a layer's colour with its number on it; layer -1: of the rest, without one. */
void svg_swatch_write(FILE *to, int layer);

/* A class's live over time, from 0 to its peak, with the band between the least and the most of each share. */
void svg_trend_write(FILE *to, const struct series *series, long row);

#endif
