/* viewer.c: how a frame comes about, and how the cursor moves over it. */
#include "viewer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "header.h"
#include "keys.h"

/* So many snapshots are decoded at once for the trends, between two looks at the keyboard. */
#define FILL_STEPS 32

int viewer_init(struct viewer *viewer)
{
    *viewer = (struct viewer){.depth = 1, .stack = {VIEW_CLASSES}};
    settings_default(&viewer->settings);
    return model_init(&viewer->model);
}

void viewer_free(struct viewer *viewer)
{
    session_close(&viewer->session);
    model_free(&viewer->model);
    canvas_free(&viewer->canvas);
    free(viewer->flows.cells);
    *viewer = (struct viewer){0};
}

/* ---- status, sample ---- */

/* With a delay, what comes in between is not looked at; a step through time is not made to wait. */
static bool is_early(const struct viewer *viewer)
{
    return viewer->session.updated && viewer->session.follow && viewer->settings.delay_ns > 0 &&
           viewer->mono_ns - viewer->looked_ns < viewer->settings.delay_ns;
}

bool viewer_look(struct viewer *viewer, uint64_t mono_ns, uint64_t real_ns)
{
    bool is_first = viewer->mono_ns == 0;
    viewer->mono_ns = mono_ns;
    viewer->real_ns = real_ns;
    bool changed = !is_first && session_update(&viewer->session, mono_ns);
    if (is_early(viewer))
        return changed;
    if (!session_load(&viewer->session, &viewer->model, viewer->settings.delay_ns))
        return changed;
    viewer->looked_ns = mono_ns;
    uint64_t time_ns = viewer->model.now.there ? viewer->model.now.snapshot.head.time_ns : 0;
    if (session_is_newest(&viewer->session) || time_ns > viewer->newest_ns)
        viewer->newest_ns = time_ns;
    model_set_peaks(&viewer->model);
    return true;
}

bool viewer_fill(struct viewer *viewer)
{
    if (session_fill(&viewer->session, &viewer->model.trend, FILL_STEPS) == 0)
        return false;
    model_set_peaks(&viewer->model);
    return true;
}

uint64_t viewer_due_ns(const struct viewer *viewer)
{
    uint64_t due_ns = session_due_ns(&viewer->session, &viewer->model, viewer->mono_ns);
    uint64_t since_ns = viewer->mono_ns - viewer->looked_ns;
    if (viewer->settings.delay_ns > since_ns && viewer->settings.delay_ns - since_ns > due_ns)
        due_ns = viewer->settings.delay_ns - since_ns;
    return due_ns;
}

/* ---- draw ---- */

static void paint_keys_line(struct viewer *viewer, int row)
{
    struct canvas *canvas = &viewer->canvas;
    int column = 0;
    for (size_t i = 0; i < keys_count; i++) {
        const struct key *key = &keys[i];
        const char *name = key->short_name;
        if (name == NULL || (key->views != 0 && (key->views & VIEW_BIT(viewer_view(viewer))) == 0))
            continue;
        int cells = text_cells(name) + 1 + text_cells(key->label);
        if (column + cells > canvas->columns)
            continue;
        column = canvas_text(canvas, row, column, STYLE_KEY, name) + 1;
        column = canvas_text(canvas, row, column, STYLE_LABEL, key->label) + 2;
    }
}

static void paint_prompt(struct viewer *viewer, int row)
{
    struct canvas *canvas = &viewer->canvas;
    char clean[4 * PROMPT_BYTES];
    int column = canvas_printf(canvas, row, 0, STYLE_KEY, "%s: ", prompt_label(viewer->prompt.kind));
    column = canvas_text(canvas, row, column, STYLE_PLAIN,
                         text_clean(clean, sizeof(clean), viewer->prompt.text, canvas->utf8));
    canvas->caret_row = row;
    canvas->caret_column = column < canvas->columns ? column : canvas->columns - 1;
}

static void paint_last_line(struct viewer *viewer)
{
    int row = viewer->canvas.rows - 1;
    char clean[4 * PROMPT_BYTES];
    if (viewer->prompt.kind != PROMPT_NONE) {
        paint_prompt(viewer, row);
    } else if (viewer->notice[0] != '\0') {
        canvas_field(&viewer->canvas, row, 0, viewer->canvas.columns, ALIGN_LEFT, STYLE_WARN, viewer->notice);
    } else if (viewer->filter[0] != '\0') {
        int column = canvas_text(&viewer->canvas, row, 0, STYLE_KEY, "filter: ");
        column = canvas_text(&viewer->canvas, row, column, STYLE_MATCH,
                             text_clean(clean, sizeof(clean), viewer->filter, viewer->canvas.utf8));
        canvas_text(&viewer->canvas, row, column, STYLE_LABEL, "  Esc clears it");
    } else {
        paint_keys_line(viewer, row);
    }
}

/* Keeps the cursor on a line that is there, and the lines on which it is in sight. */
static void keep_cursor(struct viewer *viewer)
{
    struct viewer_cursor *cursor = viewer_cursor(viewer);
    const struct view *view = &views[viewer_view(viewer)];
    size_t seen = viewer->rows > view->heading ? (size_t)(viewer->rows - view->heading) : 1;
    if (!view->has_cursor)
        cursor->row = cursor->top;
    if (cursor->row >= viewer->lines)
        cursor->row = viewer->lines > 0 ? viewer->lines - 1 : 0;
    if (cursor->top + seen > viewer->lines)
        cursor->top = viewer->lines > seen ? viewer->lines - seen : 0;
    if (!view->has_cursor)
        return;
    if (cursor->row < cursor->top)
        cursor->top = cursor->row;
    if (cursor->row >= cursor->top + seen)
        cursor->top = cursor->row - seen + 1;
}

int viewer_paint(struct viewer *viewer, int rows, int columns)
{
    const struct view *view = &views[viewer_view(viewer)];
    if (canvas_reset(&viewer->canvas, rows, columns) != 0)
        return -ENOMEM;
    viewer->top = header_paint(viewer);
    viewer->rows = rows - viewer->top - (viewer->batch ? 0 : 1);
    viewer->rows = viewer->rows > 0 ? viewer->rows : 0;
    if (view->prepare(viewer) != 0)
        return -ENOMEM;
    keep_cursor(viewer);
    view->paint(viewer);
    if (!viewer->batch)
        paint_last_line(viewer);
    return 0;
}

/* ---- screens over screens, the cursor on them ---- */

enum view_id viewer_view(const struct viewer *viewer)
{
    return viewer->stack[viewer->depth - 1];
}

struct viewer_cursor *viewer_cursor(struct viewer *viewer)
{
    return &viewer->cursors[viewer_view(viewer)];
}

void viewer_open(struct viewer *viewer, enum view_id view)
{
    for (size_t i = 0; i < viewer->depth; i++)
        if (viewer->stack[i] == view) {
            viewer->depth = i + 1;
            return;
        }
    if (viewer->depth == VIEWER_DEPTH)
        viewer->depth--;
    viewer->stack[viewer->depth++] = view;
}

bool viewer_back(struct viewer *viewer)
{
    if (viewer->depth == 1)
        return false;
    viewer->depth--;
    return true;
}

/* The cursor takes hold of the thing it stands on. */
static void take_hold(struct viewer *viewer)
{
    struct viewer_cursor *cursor = viewer_cursor(viewer);
    const struct view *view = &views[viewer_view(viewer)];
    if (!view->has_cursor || viewer->model.kind != view->kind || cursor->row >= viewer->model.nrows)
        return;
    const struct model_row *row = &viewer->model.rows[cursor->row];
    snprintf(cursor->name, sizeof(cursor->name), "%s", row->name);
    cursor->id = row->id;
    cursor->placed = true;
}

void viewer_move(struct viewer *viewer, long lines)
{
    struct viewer_cursor *cursor = viewer_cursor(viewer);
    size_t *at = views[viewer_view(viewer)].has_cursor ? &cursor->row : &cursor->top;
    if (lines < 0)
        *at -= (size_t)-lines < *at ? (size_t)-lines : *at;
    else
        *at += (size_t)lines;
    keep_cursor(viewer);
    take_hold(viewer);
}

void viewer_say(struct viewer *viewer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(viewer->notice, sizeof(viewer->notice), format, arguments) < 0)
        viewer->notice[0] = '\0';
    va_end(arguments);
}

struct column_style viewer_figures(const struct viewer *viewer)
{
    const struct moment *now = &viewer->model.now;
    return (struct column_style){viewer->settings.unit, now->there ? now->snapshot.process.allocated : 0};
}

/* ---- mouse ---- */

void viewer_click(struct viewer *viewer, int row, int column)
{
    const struct view *view = &views[viewer_view(viewer)];
    viewer->notice[0] = '\0';
    if (row >= viewer->top && row < viewer->top + viewer->rows && view->click != NULL)
        view->click(viewer, row - viewer->top, column);
}

void viewer_wheel(struct viewer *viewer, int lines)
{
    viewer_move(viewer, lines);
}
