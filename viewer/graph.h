/* graph.h: figures over time, as a rectangle of cells with an axis at its left and below. Pure. */
#ifndef VIEWER_GRAPH_H
#define VIEWER_GRAPH_H

#include "canvas.h"

#define GRAPH_SERIES_MAX (STYLE_SERIES_COUNT + 1) /* classes, and the others together */
#define GRAPH_CELLS_MAX  400
#define GRAPH_AXIS_CELLS 9 /* of the figures at the left, the wall included */

struct graph_series {
    enum style style;
    enum glyph glyph;
    uint64_t values[GRAPH_CELLS_MAX]; /* oldest first, the newest stands at the right */
    size_t count;
};

struct graph {
    struct graph_series series[GRAPH_SERIES_MAX];
    size_t count;
    size_t span; /* values that the whole width stands for: fewer than cells are drawn wider */
    bool zoomed; /* the axis spans what occurs, and every series is a line; else they stand on each other from zero */
};

/* How many values side by side a graph in `columns` cells can show. */
size_t graph_width(int columns);

/* Paints it into `rows` rows from `row` on and the columns from `column` up to `end`; the last row is the axis of time,
 * with `since` at its left end. Rows outside the canvas are not seen. */
void graph_paint(const struct graph *graph, struct canvas *canvas, int row, int rows, int column, int end,
                 const char *since);

#endif
