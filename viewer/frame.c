/* frame.c: how a frame comes about, and how the cursor moves over it: the half of the viewer that shows. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "actions.h"
#include "header.h"
#include "keys.h"
#include "viewer.h"

/* ---- the last line: a prompt, a notice, the filter, or the keys ---- */

/* Whether a key is named in the line of this screen. In the picker characters are typed into the filter. */
static bool is_named(const struct viewer *viewer, const struct key *key)
{
    enum view_id view = viewer_view(viewer);
    if (key->short_name == NULL || (key->views != 0 && (key->views & VIEW_BIT(view)) == 0))
        return false;
    if (keys_need_process(key) && !viewer_watches(viewer))
        return false;
    return view != VIEW_PICK || key->inputs[0] < ' ' || key->inputs[0] >= INPUT_UP;
}

static const char *short_name(const struct viewer *viewer, const struct key *key)
{
    return !viewer->canvas.pictures && key->plain_name != NULL ? key->plain_name : key->short_name;
}

/* What a key would do next: of one that goes to and fro, the way back. */
static const char *label_of(const struct viewer *viewer, const struct key *key)
{
    if (key->act == act_toggle_flows_total && viewer->flows_total)
        return "a second";
    return key->act == act_toggle_flows_count && viewer->flows_count ? "bytes" : key->label;
}

/* Cells of the keys that share a label: those without one of their own, and the one that has it. */
static int group_cells(const struct viewer *viewer, size_t first, size_t last)
{
    int cells = text_cells(label_of(viewer, &keys[last]));
    for (size_t i = first; i <= last; i++)
        cells += is_named(viewer, &keys[i]) ? text_cells(short_name(viewer, &keys[i])) + 1 : 0;
    return cells;
}

static void paint_keys(struct viewer *viewer, int row)
{
    struct canvas *canvas = &viewer->canvas;
    int column = 0;
    for (size_t first = 0, last = 0; last < keys_count; last++) {
        if (keys[last].label[0] == '\0' && is_named(viewer, &keys[last]))
            continue;
        int room = canvas->columns - (last + 1 < keys_count ? KEYS_LAST_CELLS : 0);
        if (is_named(viewer, &keys[last]) && column + group_cells(viewer, first, last) <= room) {
            for (size_t i = first; i <= last; i++)
                if (is_named(viewer, &keys[i]))
                    column = canvas_text(canvas, row, column, STYLE_KEY, short_name(viewer, &keys[i])) + 1;
            column = canvas_text(canvas, row, column, STYLE_LABEL, label_of(viewer, &keys[last])) + 2;
        }
        first = last + 1;
    }
}

static void paint_prompt(struct viewer *viewer, int row)
{
    struct canvas *canvas = &viewer->canvas;
    char clean[4 * PROMPT_BYTES];
    int column = canvas_printf(canvas, row, 0, STYLE_KEY, "%s: ", prompt_label(viewer->prompt.kind));
    column = canvas_text(canvas, row, column, viewer->prompt.replaces ? STYLE_MATCH : STYLE_PLAIN,
                         text_clean(clean, sizeof(clean), viewer->prompt.text, canvas->utf8));
    canvas->caret_row = row;
    canvas->caret_column = column < canvas->columns ? column : canvas->columns - 1;
}

static void paint_filter(struct viewer *viewer, int row)
{
    struct canvas *canvas = &viewer->canvas;
    char clean[4 * PROMPT_BYTES];
    int column = canvas_text(canvas, row, 0, STYLE_KEY, "filter: ");
    column =
        canvas_text(canvas, row, column, STYLE_MATCH, text_clean(clean, sizeof(clean), viewer->filter, canvas->utf8));
    canvas_text(canvas, row, column, STYLE_LABEL, "  Esc clears it");
}

static void paint_last_line(struct viewer *viewer)
{
    int row = viewer->canvas.rows - 1;
    if (viewer->prompt.kind != PROMPT_NONE)
        paint_prompt(viewer, row);
    else if (viewer->notice[0] != '\0')
        canvas_field(&viewer->canvas, row, 0, viewer->canvas.columns, ALIGN_LEFT, STYLE_WARN, viewer->notice);
    else if (viewer->filter[0] != '\0' && viewer_filters(viewer))
        paint_filter(viewer, row);
    else
        paint_keys(viewer, row);
}

/* ---- the frame ---- */

/* Keeps the cursor on a line that is there, and the lines on which it is in sight. */
static void keep_cursor(struct viewer *viewer)
{
    struct viewer_cursor *cursor = viewer_cursor(viewer);
    bool has_cursor = views[viewer_view(viewer)].has_cursor;
    size_t seen = viewer->rows > viewer->heading ? (size_t)(viewer->rows - viewer->heading) : 1;
    if (cursor->row >= viewer->lines)
        cursor->row = viewer->lines > 0 ? viewer->lines - 1 : 0;
    if (has_cursor && cursor->row < cursor->top)
        cursor->top = cursor->row;
    if (has_cursor && cursor->row >= cursor->top + seen)
        cursor->top = cursor->row - seen + 1;
    if (cursor->top + seen > viewer->lines)
        cursor->top = viewer->lines > seen ? viewer->lines - seen : 0;
}

int viewer_paint(struct viewer *viewer, int rows, int columns)
{
    const struct view *view = &views[viewer_view(viewer)];
    if (canvas_reset(&viewer->canvas, rows, columns) != 0)
        return -ENOMEM;
    if (viewer->model.now.there)
        looks_update(&viewer->looks, &viewer->model.now);
    bool is_first_pick = view == &views[VIEW_PICK] && viewer->session.source == NULL;
    viewer->top = is_first_pick || !viewer_watches(viewer) ? 0 : header_paint(viewer);
    viewer->rows = rows - viewer->top - (viewer->batch ? 0 : 1);
    viewer->rows = viewer->rows > 0 ? viewer->rows : 0;
    viewer->heading = 0;
    if (view->prepare(viewer) != 0)
        return -ENOMEM;
    keep_cursor(viewer);
    view->paint(viewer);
    if (!viewer->batch) {
        canvas_clear_row(&viewer->canvas, rows - 1);
        paint_last_line(viewer);
    }
    return 0;
}

/* ---- screens over screens ---- */

enum view_id viewer_view(const struct viewer *viewer)
{
    return viewer->stack[viewer->depth - 1];
}

struct viewer_cursor *viewer_cursor(struct viewer *viewer)
{
    return &viewer->cursors[viewer_view(viewer)];
}

enum model_kind viewer_list_kind(const struct viewer *viewer)
{
    for (size_t i = viewer->depth; i-- > 0;)
        if (views[viewer->stack[i]].is_list)
            return views[viewer->stack[i]].kind;
    return MODEL_CLASSES;
}

bool viewer_filters(const struct viewer *viewer)
{
    return views[viewer_view(viewer)].is_list || viewer_view(viewer) == VIEW_GRAPH;
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

/* ---- the cursor ---- */

void viewer_move(struct viewer *viewer, long lines)
{
    struct viewer_cursor *cursor = viewer_cursor(viewer);
    const struct view *view = &views[viewer_view(viewer)];
    size_t *at = view->has_cursor ? &cursor->row : &cursor->top;
    if (lines < 0)
        *at -= (size_t)-lines < *at ? (size_t)-lines : *at;
    else
        *at += (size_t)lines;
    keep_cursor(viewer);
    if (view->hold != NULL)
        view->hold(viewer);
}

void viewer_find(struct viewer *viewer, int from)
{
    const struct model *model = &viewer->model;
    size_t at = viewer_cursor(viewer)->row;
    if (viewer->find[0] == '\0')
        return;
    for (size_t steps = 0; steps < model->nrows; steps++) {
        if (steps > 0 || from != 0)
            at = (at + model->nrows + (from < 0 ? model->nrows - 1 : 1)) % model->nrows;
        if (text_contains(model->rows[at].name, viewer->find)) {
            viewer_move(viewer, (long)at - (long)viewer_cursor(viewer)->row);
            return;
        }
    }
    viewer_say(viewer, "Nothing is called that.");
}

void viewer_click(struct viewer *viewer, int row, int column)
{
    const struct view *view = &views[viewer_view(viewer)];
    int line = row - viewer->top - viewer->heading;
    viewer->notice[0] = '\0';
    if (row < viewer->top || row >= viewer->top + viewer->rows)
        return;
    /* As a key that is no text would leave it: what was typed has taken effect, and the next keys are for what is clicked. */
    viewer->prompt.kind = PROMPT_NONE;
    if (line < 0) {
        if (view->click_heading != NULL)
            view->click_heading(viewer, row - viewer->top, column);
    } else if (view->open != NULL && viewer_cursor(viewer)->top + (size_t)line < viewer->lines) {
        viewer_move(viewer, (long)(viewer_cursor(viewer)->top + (size_t)line) - (long)viewer_cursor(viewer)->row);
        view->open(viewer);
    }
}

void viewer_wheel(struct viewer *viewer, int lines)
{
    viewer_move(viewer, lines);
}
