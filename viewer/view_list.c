/* view_list.c: the screens that list rows of the model under headings: classes, threads, arenas, size classes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "viewer.h"

static const struct settings_table *settings_of(const struct viewer *viewer)
{
    return &viewer->settings.tables[views[viewer_view(viewer)].kind];
}

/* The row of the thing that the cursor was on; where it is gone, the row that took its place. */
static void find_cursor(struct viewer *viewer)
{
    struct viewer_cursor *cursor = viewer_cursor(viewer);
    const struct model *model = &viewer->model;
    bool by_name = model->kind == MODEL_CLASSES, by_both = model->kind == MODEL_SIZES;
    if (!cursor->placed)
        return;
    for (size_t i = 0; i < model->nrows; i++) {
        const struct model_row *row = &model->rows[i];
        bool has_name = (!by_name && !by_both) || strcmp(row->name, cursor->name) == 0;
        if (has_name && (by_name || row->id == cursor->id)) {
            cursor->row = i;
            return;
        }
    }
}

int view_list_prepare(struct viewer *viewer)
{
    enum model_kind kind = views[viewer_view(viewer)].kind;
    bool is_narrowed = kind != MODEL_CLASSES && viewer->only_class[0] != '\0';
    struct model_filter filter = {.text = viewer->filter,
                                  .class_name = is_narrowed ? viewer->only_class : NULL,
                                  .hide_idle = viewer->settings.hide_idle};
    if (kind == MODEL_SIZES && viewer_set_sizes(viewer, viewer->sizes_of_arena) != 0)
        return -ENOMEM;
    int error = model_make_rows(&viewer->model, kind, &filter, column_compare, &settings_of(viewer)->order);
    viewer->lines = viewer->model.nrows;
    viewer->heading = is_narrowed || kind == MODEL_SIZES ? 2 : 1;
    find_cursor(viewer);
    return error;
}

static void paint_nothing(struct viewer *viewer)
{
    const char *why = viewer->session.unreadable ? "This snapshot cannot be read." : "No snapshot yet.";
    if (viewer->model.now.there)
        why = viewer->filter[0] != '\0' || viewer->settings.hide_idle ? "Nothing matches." : "Nothing to show.";
    if (views[viewer_view(viewer)].kind == MODEL_SIZES && viewer->no_sizes != NULL)
        why = viewer->no_sizes;
    canvas_text(&viewer->canvas, viewer->top + viewer->heading, 2, STYLE_QUIET, why);
}

/* The time that the trend covers, as its heading. */
static const char *trend_title(const struct viewer *viewer, char out[FORMAT_BYTES])
{
    const struct model *model = &viewer->model;
    uint64_t interval_ns = model->now.snapshot.agent.interval_ns;
    interval_ns = interval_ns < UINT64_MAX / MODEL_TREND_SPAN ? interval_ns : 0;
    uint64_t seconds = history_duration_ns(&model->trend, model->now.place, MODEL_TREND_SPAN, interval_ns) / 1000000000;
    if (!model->now.there || seconds == 0)
        return "TREND";
    if (seconds < 120)
        snprintf(out, FORMAT_BYTES, "%u s", (unsigned)seconds);
    else
        snprintf(out, FORMAT_BYTES, seconds < 7200 ? "%u min" : "%u h",
                 (unsigned)(seconds / (seconds < 7200 ? 60 : 3600)));
    return out;
}

static void paint_whose(struct viewer *viewer)
{
    struct canvas *canvas = &viewer->canvas;
    bool is_sizes = views[viewer_view(viewer)].kind == MODEL_SIZES;
    char clean[TEXT_NAME_BYTES];
    int column =
        canvas_text(canvas, viewer->top, 2, STYLE_TITLE, is_sizes ? "size classes" : views[viewer_view(viewer)].name);
    if (is_sizes && viewer->sizes_of_arena)
        column = canvas_printf(canvas, viewer->top, column, STYLE_TITLE, " of arena %llu",
                               (unsigned long long)viewer->opened_arena);
    else if (viewer->only_class[0] != '\0')
        column = canvas_printf(canvas, viewer->top, column, STYLE_TITLE, " of %s",
                               text_clean(clean, sizeof(clean), viewer->only_class, canvas->utf8));
    if (is_sizes)
        view_paint_sizes_age(viewer, viewer->top, column, "");
}

void view_list_paint(struct viewer *viewer)
{
    const struct settings_table *settings = settings_of(viewer);
    const struct viewer_cursor *cursor = viewer_cursor(viewer);
    struct canvas *canvas = &viewer->canvas;
    char title[FORMAT_BYTES];
    struct table_style style = {viewer_figures(viewer), settings->order, viewer->find, trend_title(viewer, title)};

    if (viewer->heading > 1)
        paint_whose(viewer);
    table_lay_out(&viewer->table, settings->columns, settings->count, settings->order.column, canvas->columns,
                  &viewer->model, viewer->settings.unit, canvas->utf8);
    table_paint_heading(&viewer->table, canvas, viewer->top + viewer->heading - 1, &viewer->model, &style);
    if (viewer->model.nrows == 0)
        paint_nothing(viewer);
    for (int i = viewer->heading; i < viewer->rows; i++) {
        size_t row = cursor->top + (size_t)(i - viewer->heading);
        if (row < viewer->model.nrows)
            table_paint_row(&viewer->table, canvas, viewer->top + i, &viewer->model, row,
                            row == cursor->row && !viewer->batch, &style);
    }
}

/* The row under the cursor, or NULL. */
static const struct model_row *row_at_cursor(struct viewer *viewer)
{
    const struct view *view = &views[viewer_view(viewer)];
    size_t row = viewer_cursor(viewer)->row;
    return viewer->model.kind == view->kind && row < viewer->model.nrows ? &viewer->model.rows[row] : NULL;
}

void view_list_hold(struct viewer *viewer)
{
    struct viewer_cursor *cursor = viewer_cursor(viewer);
    const struct model_row *row = row_at_cursor(viewer);
    if (row == NULL)
        return;
    snprintf(cursor->name, sizeof(cursor->name), "%s", row->name);
    cursor->id = row->id;
    cursor->placed = true;
}

/* A class opens; so does an arena; a thread opens its class. */
void view_list_open(struct viewer *viewer)
{
    const struct model_row *row = row_at_cursor(viewer);
    if (row == NULL)
        return;
    view_list_hold(viewer);
    bool is_arena = viewer->model.kind == MODEL_ARENAS;
    snprintf(viewer->opened_class, sizeof(viewer->opened_class), "%s", row->class_name);
    viewer->opened_arena = row->id;
    viewer->cursors[is_arena ? VIEW_ARENA : VIEW_CLASS] = (struct viewer_cursor){0};
    viewer_open(viewer, is_arena ? VIEW_ARENA : VIEW_CLASS);
}

void view_list_click_heading(struct viewer *viewer, int row, int column)
{
    struct settings_table *settings = &viewer->settings.tables[views[viewer_view(viewer)].kind];
    const struct column *clicked = table_column_at(&viewer->table, column);
    if (row != viewer->heading - 1 || clicked == NULL || !column_orders(clicked))
        return;
    settings->order.reversed = clicked == settings->order.column && !settings->order.reversed;
    settings->order.column = clicked;
}
