/* view_graph.c: the largest classes over time, in the order of the classes screen. */
#include <stdio.h>
#include <string.h>

#include "graph.h"
#include "viewer.h"

#define NAME_CELLS   15
#define AMOUNT_CELLS 8
#define RAW_CELLS    16
#define LEGEND_CELLS (3 + NAME_CELLS + 2) /* without the amount: the look, the name, and what stands between two */

int view_graph_prepare(struct viewer *viewer)
{
    struct model_filter filter = {.text = viewer->filter, .hide_idle = viewer->settings.hide_idle};
    viewer->lines = 0;
    return model_make_rows(&viewer->model, MODEL_CLASSES, &filter, column_compare,
                           &viewer->settings.tables[MODEL_CLASSES].order);
}

static int amount_cells(const struct viewer *viewer)
{
    return viewer->settings.unit == FORMAT_RAW ? RAW_CELLS : AMOUNT_CELLS;
}

/* As many as there are looks for, and as the legend has room for in a third of the screen. */
static size_t shown_classes(const struct viewer *viewer)
{
    int across = (viewer->canvas.columns - 2) / (LEGEND_CELLS + amount_cells(viewer)), down = viewer->rows / 3;
    size_t room = (size_t)(across > 1 ? across : 1) * (size_t)(down > 1 ? down : 1);
    size_t count = viewer->model.nrows < GRAPH_SERIES_MAX ? viewer->model.nrows : GRAPH_SERIES_MAX;
    return count < room ? count : room;
}

/* What each glyph stands for. Returns the rows that it took. */
static int paint_legend(struct viewer *viewer)
{
    struct canvas *canvas = &viewer->canvas;
    int column = 2, row = viewer->top, amounts = amount_cells(viewer), cells = LEGEND_CELLS + amounts;
    for (size_t i = 0; i < shown_classes(viewer); i++) {
        const struct model_row *class = &viewer->model.rows[i];
        char amount[FORMAT_BYTES];
        if (column + cells > canvas->columns && column > 2) {
            column = 2;
            row++;
        }
        canvas_repeat(canvas, row, column, 2, (enum style)(STYLE_SERIES_1 + i), (enum glyph)(GLYPH_SERIES_1 + i));
        canvas_name(canvas, row, column + 3, NAME_CELLS, STYLE_PLAIN, class->name);
        canvas_field(canvas, row, column + 3 + NAME_CELLS, amounts, ALIGN_RIGHT, STYLE_STRONG,
                     viewer_live(viewer, class, amount));
        column += cells;
    }
    return row - viewer->top + 1;
}

void viewer_set_up_graph(const struct viewer *viewer, struct graph *graph, char since[GRAPH_SINCE_BYTES])
{
    char age[FORMAT_BYTES];
    uint64_t span = past_span(&viewer->past), interval_ns = viewer->model.now.snapshot.agent.interval_ns;
    size_t places = (size_t)(span / past_stride(&viewer->past)), cells = graph_width(viewer->canvas.columns);
    graph->zoomed = viewer->graph_zoomed;
    /* As many values as history_series makes of the span: where there are more places than cells, they share. */
    graph->span = cells > 0 ? places / ((places + cells - 1) / cells) : 0;
    interval_ns = interval_ns < UINT64_MAX / span ? interval_ns : 0;
    snprintf(since, GRAPH_SINCE_BYTES, "%s before", format_age(age, span * interval_ns));
}

void viewer_add_series(const struct viewer *viewer, struct graph *graph, const char *class_name)
{
    struct graph_series *series = &graph->series[graph->count];
    series->style = (enum style)(STYLE_SERIES_1 + graph->count);
    series->glyph = (enum glyph)(GLYPH_SERIES_1 + graph->count);
    series->count = past_series(&viewer->past, class_name, viewer->model.now.place, graph_width(viewer->canvas.columns),
                                series->values);
    graph->count++;
}

void view_graph_paint(struct viewer *viewer)
{
    struct graph graph;
    struct canvas *canvas = &viewer->canvas;
    char since[GRAPH_SINCE_BYTES];
    if (shown_classes(viewer) == 0) {
        canvas_text(canvas, viewer->top + 1, 2, STYLE_QUIET, "Nothing to show.");
        return;
    }
    int legend = paint_legend(viewer);
    graph.count = 0;
    viewer_set_up_graph(viewer, &graph, since);
    for (size_t i = 0; i < shown_classes(viewer); i++)
        viewer_add_series(viewer, &graph, viewer->model.rows[i].name);
    graph_paint(&graph, canvas, viewer->top + legend, viewer->rows - legend, 0, canvas->columns, since);
}
