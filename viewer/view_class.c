/* view_class.c: one class opened, and one arena: figures with their meaning in words, history, threads, arenas. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "graph.h"
#include "scroll.h"
#include "viewer.h"

#define SIZES_OLD_NS UINT64_C(1000000000)

#define GRAPH_ROWS  8
#define GRAPH_LEAST 18 /* rows of a body that has room for a graph above its text */

/* The row of the thing that is opened, in `viewer->opened_row`; false when it is not in this snapshot. */
static bool find_opened(struct viewer *viewer, enum model_kind kind)
{
    struct model_filter filter = {.class_name = kind == MODEL_CLASSES ? viewer->opened_class : NULL};
    if (model_make_rows(&viewer->model, kind, &filter, NULL, NULL) != 0)
        return false;
    for (size_t i = 0; i < viewer->model.nrows; i++) {
        const struct model_row *row = &viewer->model.rows[i];
        if (kind == MODEL_CLASSES || row->id == viewer->opened_arena) {
            viewer->opened_row = *row;
            return true;
        }
    }
    return false;
}

/* ---- figures with their meaning ---- */

static void paint_figure(struct scroll *scroll, const struct column *column)
{
    const struct viewer *viewer = scroll->viewer;
    struct column_style style = viewer_figures(viewer);
    struct figure figure;
    char text[FORMAT_BYTES] = "-", title[COLUMN_TITLE_BYTES], help[COLUMN_HELP_BYTES];
    bool has_figure = column_figure(column, &viewer->model, &viewer->opened_row, &figure);
    bool baseline = viewer->model.baseline.there, is_change = column->is_growth || baseline;
    enum style look = STYLE_QUIET;
    if (has_figure)
        column_format(text, column, figure, is_change, &style);
    if (has_figure && figure.magnitude != 0)
        look = !is_change ? STYLE_STRONG : figure.negative ? STYLE_SHRINK : STYLE_GROW;
    scroll_figure(scroll, column_title_since(title, column, viewer->canvas.pictures, baseline), look, text,
                  column_help_since(help, column, baseline));
}

static void paint_figures(struct scroll *scroll, enum model_kind kind)
{
    size_t count;
    const struct column *columns = columns_of(kind, &count);
    scroll_heading(scroll, "FIGURES");
    for (size_t i = 0; i < count; i++)
        if (column_field(&columns[i]) != NULL)
            paint_figure(scroll, &columns[i]);
}

/* ---- its threads and arenas ---- */

static void paint_rows(struct scroll *scroll, enum model_kind kind, const char *sort, const char *title)
{
    struct viewer *viewer = scroll->viewer;
    struct canvas *canvas = &viewer->canvas;
    const struct settings_table *settings = &viewer->settings.tables[kind];
    struct model_filter filter = {.class_name = sort == NULL ? viewer->opened_class : NULL, .sort = sort};
    struct table_style style = {viewer_figures(viewer), settings->order, "", ""};
    struct table table;
    char heading[64];

    if (model_make_rows(&viewer->model, kind, &filter, column_compare, &settings->order) != 0)
        return;
    snprintf(heading, sizeof(heading), "%s (%zu)", title, viewer->model.nrows);
    scroll_heading(scroll, heading);
    if (viewer->model.nrows == 0)
        return;
    table_lay_out(&table, settings->columns, settings->count, settings->order.column, canvas->columns, &viewer->model,
                  viewer->settings.unit, canvas->utf8);
    table_paint_heading(&table, canvas, scroll_row(scroll), &viewer->model, &style);
    for (size_t i = 0; i < viewer->model.nrows; i++) {
        int row = scroll_row(scroll);
        if (row >= 0)
            table_paint_row(&table, canvas, row, &viewer->model, i, false, &style);
    }
}

/* ---- a class ---- */

static void paint_class(struct scroll *scroll)
{
    paint_figures(scroll, MODEL_CLASSES);
    paint_rows(scroll, MODEL_THREADS, NULL, "THREADS");
    paint_rows(scroll, MODEL_ARENAS, NULL, "ARENAS");
}

static bool has_graph(const struct viewer *viewer)
{
    return viewer->rows >= GRAPH_LEAST;
}

int view_class_prepare(struct viewer *viewer)
{
    viewer->heading = has_graph(viewer) ? 1 + GRAPH_ROWS : 1;
    viewer->opened_there = find_opened(viewer, MODEL_CLASSES);
    viewer->lines = viewer->opened_there ? scroll_count(viewer, paint_class) : 0;
    return 0;
}

static void paint_graph(struct viewer *viewer)
{
    struct graph graph;
    char since[GRAPH_SINCE_BYTES];
    graph.count = 0;
    viewer_set_up_graph(viewer, &graph, since);
    viewer_add_series(viewer, &graph, viewer->opened_class);
    graph_paint(&graph, &viewer->canvas, viewer->top + 1, GRAPH_ROWS, 0, viewer->canvas.columns, since);
}

/* The name may be long: half of the figure's digits behind it would be another figure. */
static void paint_class_title(struct viewer *viewer)
{
    struct canvas *canvas = &viewer->canvas;
    const struct class_figures *class = viewer->opened_row.now;
    char clean[TEXT_NAME_BYTES], amount[FORMAT_BYTES];
    viewer_live(viewer, &viewer->opened_row, amount);
    int room = canvas->columns - 2 - text_cells("  live ") - text_cells(amount);
    canvas_shorten(canvas, text_clean(clean, sizeof(clean), viewer->opened_class, canvas->utf8), room);
    int column = canvas_text(canvas, viewer->top, 2, STYLE_TITLE, clean);
    column = canvas_text(canvas, viewer->top, column + 2, STYLE_QUIET, "live");
    column = canvas_text(canvas, viewer->top, column + 1, STYLE_STRONG, amount);
    column = canvas_printf(canvas, viewer->top, column + 2, class->raw.mode == AT_MODE_EXACT ? STYLE_GOOD : STYLE_WARN,
                           "%s", at_mode_word(class->raw.mode));
    if (class->raw.reason != AT_REASON_NONE)
        canvas_printf(canvas, viewer->top, column, STYLE_WARN, ": %s", at_reason_text(class->raw.reason));
}

void view_class_paint(struct viewer *viewer)
{
    char clean[TEXT_NAME_BYTES];
    if (!viewer->opened_there) {
        canvas_printf(&viewer->canvas, viewer->top, 2, STYLE_QUIET, "%s is not in this snapshot.",
                      text_clean(clean, sizeof(clean), viewer->opened_class, viewer->canvas.utf8));
        return;
    }
    paint_class_title(viewer);
    if (has_graph(viewer))
        paint_graph(viewer);
    scroll_paint(viewer, paint_class);
}

/* ---- an arena ---- */

void view_paint_sizes_age(struct viewer *viewer, int row, int column, const char *what)
{
    char age[FORMAT_BYTES];
    if (viewer->no_sizes == NULL && viewer->sizes_age_ns >= SIZES_OLD_NS)
        canvas_printf(&viewer->canvas, row, column, STYLE_QUIET, ", %sread %s earlier", what,
                      format_age(age, viewer->sizes_age_ns));
}

static void paint_arena(struct scroll *scroll)
{
    paint_figures(scroll, MODEL_ARENAS);
    if (scroll->viewer->no_sizes != NULL) {
        scroll_heading(scroll, "BINS AND LARGE SIZE CLASSES");
        scroll_text(scroll, STYLE_QUIET, scroll->viewer->no_sizes);
        return;
    }
    paint_rows(scroll, MODEL_SIZES, "bin", "BINS");
    paint_rows(scroll, MODEL_SIZES, "large", "LARGE");
}

int view_arena_prepare(struct viewer *viewer)
{
    viewer->heading = 1;
    viewer->opened_there = find_opened(viewer, MODEL_ARENAS);
    if (viewer_set_sizes(viewer, true) != 0)
        return -ENOMEM;
    viewer->lines = viewer->opened_there ? scroll_count(viewer, paint_arena) : 0;
    return 0;
}

void view_arena_paint(struct viewer *viewer)
{
    struct canvas *canvas = &viewer->canvas;
    char clean[TEXT_NAME_BYTES];
    int column =
        canvas_printf(canvas, viewer->top, 2, STYLE_TITLE, "arena %llu", (unsigned long long)viewer->opened_arena);
    if (!viewer->opened_there) {
        canvas_text(canvas, viewer->top, column, STYLE_QUIET, " is not in this snapshot.");
        return;
    }
    column = canvas_printf(canvas, viewer->top, column, STYLE_PLAIN, " of %s",
                           text_clean(clean, sizeof(clean), viewer->opened_row.class_name, canvas->utf8));
    view_paint_sizes_age(viewer, viewer->top, column, "size classes ");
    scroll_paint(viewer, paint_arena);
}
