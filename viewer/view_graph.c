/* view_graph.c: the largest classes over time, and all others together. */
#include <stdio.h>
#include <string.h>

#include "graph.h"
#include "viewer.h"

#define NAME_CELLS   15
#define AMOUNT_CELLS 8
#define RAW_CELLS    16
#define LEGEND_CELLS (3 + NAME_CELLS + 2) /* without the amount: the look, the name, and what stands between two */

static uint64_t live_of(const void *class)
{
    return class != NULL ? ((const struct class_figures *)class)->raw.live : 0;
}

/* Whatever orders the lists: a graph of six classes that leaves out the second largest says little. */
static int compare_live(const struct model *model, const struct model_row *a, const struct model_row *b,
                        const void *context)
{
    uint64_t left = live_of(a->now), right = live_of(b->now);
    (void)model;
    (void)context;
    return (left < right) - (left > right);
}

int view_graph_prepare(struct viewer *viewer)
{
    struct model_filter filter = {.text = viewer->filter, .hide_idle = viewer->settings.hide_idle};
    viewer->lines = 0;
    return model_make_rows(&viewer->model, MODEL_CLASSES, &filter, compare_live, NULL);
}

static char *others_live(const struct viewer *viewer, size_t first, char out[FORMAT_BYTES])
{
    bool is_change = viewer->model.baseline.there;
    struct column_style style = viewer_figures(viewer);
    uint64_t now = 0, then = 0;
    for (size_t i = first; i < viewer->model.nrows; i++) {
        now += live_of(viewer->model.rows[i].now);
        then += live_of(viewer->model.rows[i].baseline);
    }
    struct figure figure = is_change ? figure_difference(now, then) : (struct figure){now, false};
    return column_format(out, columns_find(MODEL_CLASSES, "live"), figure, is_change, &style);
}

/* Of the amounts in the legend, and a blank before them. Figures are never cut. */
static int amount_cells(const struct viewer *viewer)
{
    char amount[FORMAT_BYTES];
    int widest = (int)strlen(others_live(viewer, 0, amount));
    for (size_t i = 0; i < viewer->model.nrows; i++) {
        int cells = (int)strlen(viewer_live(viewer, &viewer->model.rows[i], amount));
        widest = cells > widest ? cells : widest;
    }
    int least = viewer->settings.unit == FORMAT_RAW ? RAW_CELLS : AMOUNT_CELLS;
    return widest + 1 > least ? widest + 1 : least;
}

/* As many classes as there are looks for, and as the legend has room for in a third of the screen; where that is not all,
 * with the others behind them. */
static size_t named_classes(const struct viewer *viewer)
{
    int across = (viewer->canvas.columns - 2) / (LEGEND_CELLS + amount_cells(viewer)), down = viewer->rows / 3;
    size_t room = (size_t)(across > 1 ? across : 1) * (size_t)(down > 2 ? down : 2), count = viewer->model.nrows;
    if (count <= room && count <= LOOKS_COUNT)
        return count;
    return room - 1 < LOOKS_COUNT ? room - 1 : LOOKS_COUNT;
}

/* ---- the legend ---- */

/* Where the amounts are long and the screen is narrow, the names are shorter. */
static int name_cells(const struct canvas *canvas, int amounts)
{
    int room = canvas->columns - 2 - 3 - amounts;
    return room < 0 ? 0 : room < NAME_CELLS ? room : NAME_CELLS;
}

/* What each glyph stands for. Returns the rows that it took. */
static int paint_legend(struct viewer *viewer, const struct graph *graph, size_t named)
{
    struct canvas *canvas = &viewer->canvas;
    int column = 2, row = viewer->top, amounts = amount_cells(viewer), cells = LEGEND_CELLS + amounts;
    int names = name_cells(canvas, amounts);
    for (size_t i = 0; i < graph->count; i++) {
        const struct graph_series *series = &graph->series[i];
        char amount[FORMAT_BYTES];
        if (column + cells > canvas->columns && column > 2) {
            column = 2;
            row++;
        }
        canvas_repeat(canvas, row, column, 2, series->style, series->glyph);
        if (i < named)
            canvas_name(canvas, row, column + 3, names, STYLE_PLAIN, viewer->model.rows[i].name);
        else
            canvas_field(canvas, row, column + 3, names, ALIGN_LEFT, STYLE_QUIET, "others");
        canvas_field(canvas, row, column + 3 + names, amounts, ALIGN_RIGHT, STYLE_STRONG,
                     i < named ? viewer_live(viewer, &viewer->model.rows[i], amount)
                               : others_live(viewer, named, amount));
        column += cells;
    }
    return row - viewer->top + 1;
}

/* ---- the series ---- */

void viewer_set_up_graph(const struct viewer *viewer, struct graph *graph, char since[GRAPH_SINCE_BYTES])
{
    char age[FORMAT_BYTES];
    uint64_t span = past_span(&viewer->past), interval_ns = viewer->model.now.snapshot.agent.interval_ns;
    size_t places = (size_t)(span / past_stride(&viewer->past)), cells = graph_width(viewer->canvas.columns);
    graph->zoomed = viewer->graph_zoomed;
    /* As many values as history_series makes of the span: where there are more places than cells, they share. */
    graph->span = cells > 0 ? places / ((places + cells - 1) / cells) : 0;
    interval_ns = interval_ns < UINT64_MAX / span ? interval_ns : 0;
    snprintf(since, GRAPH_SINCE_BYTES, "%s before",
             format_age(age, past_duration_ns(&viewer->past, viewer->model.now.place, interval_ns)));
}

/* Its own; of a class that has none any that is free in this graph. The largest, which have one, are added first. */
static int look_in(const struct graph *graph, int look)
{
    bool used[LOOKS_COUNT] = {false};
    for (size_t i = 0; i < graph->count; i++)
        used[graph->series[i].style - STYLE_SERIES_1] = true;
    look = look >= 0 ? look : 0;
    for (int tries = 0; tries < LOOKS_COUNT && used[look]; tries++)
        look = (look + 1) % LOOKS_COUNT;
    return look;
}

void viewer_add_series(const struct viewer *viewer, struct graph *graph, const char *class_name)
{
    struct graph_series *series = &graph->series[graph->count];
    int look = look_in(graph, looks_of(&viewer->looks, class_name));
    series->style = (enum style)(STYLE_SERIES_1 + look);
    series->glyph = (enum glyph)(GLYPH_SERIES_1 + look);
    series->count = past_series(&viewer->past, class_name, viewer->model.now.place, graph_width(viewer->canvas.columns),
                                series->values);
    graph->count++;
}

/* The sum of all classes from a row on; each has as many values as any other, or none. */
static void add_others(const struct viewer *viewer, struct graph *graph, size_t first)
{
    struct graph_series *sum = &graph->series[graph->count++];
    uint64_t values[GRAPH_CELLS_MAX];
    *sum = (struct graph_series){.style = STYLE_QUIET, .glyph = GLYPH_OTHERS};
    for (size_t i = first; i < viewer->model.nrows; i++) {
        size_t count = past_series(&viewer->past, viewer->model.rows[i].name, viewer->model.now.place,
                                   graph_width(viewer->canvas.columns), values);
        for (size_t j = 0; j < count; j++)
            sum->values[j] += values[j];
        sum->count = count > sum->count ? count : sum->count;
    }
}

void view_graph_paint(struct viewer *viewer)
{
    struct graph graph;
    struct canvas *canvas = &viewer->canvas;
    char since[GRAPH_SINCE_BYTES];
    size_t named = named_classes(viewer);
    if (named == 0) {
        canvas_text(canvas, viewer->top + 1, 2, STYLE_QUIET, "Nothing to show.");
        return;
    }
    graph.count = 0;
    viewer_set_up_graph(viewer, &graph, since);
    for (size_t i = 0; i < named; i++)
        viewer_add_series(viewer, &graph, viewer->model.rows[i].name);
    /* A line of their sum beside lines of single classes would only make the range larger. */
    if (!graph.zoomed && named < viewer->model.nrows)
        add_others(viewer, &graph, named);
    int legend = paint_legend(viewer, &graph, named);
    graph_paint(&graph, canvas, viewer->top + legend, viewer->rows - legend, 0, canvas->columns, since);
}
