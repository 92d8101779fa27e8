/* view_pick.c: the screen to pick a process from; typing filters it. */
#include <stdio.h>
#include <string.h>

#include "snapshot.h"
#include "viewer.h"

#define PID_CELLS   8
#define NAME_CELLS  16
#define LIVE_CELLS  9
#define RATE_CELLS  10
#define MODE_CELLS  6
#define CLASS_CELLS 8
#define NARROW      60 /* what follows the growth has no room there */

static bool matches(const struct viewer *viewer, const struct picker_row *row)
{
    char pid[16];
    snprintf(pid, sizeof(pid), "%d", (int)row->target.pid);
    return text_contains(row->target.comm, viewer->pick_filter) || text_contains(pid, viewer->pick_filter) ||
           text_contains(row->target.header.command, viewer->pick_filter);
}

/* The nth row that matches, or NULL. */
static const struct picker_row *nth(const struct viewer *viewer, size_t n)
{
    for (size_t i = 0; i < viewer->picker.count; i++)
        if (matches(viewer, &viewer->picker.rows[i]) && n-- == 0)
            return &viewer->picker.rows[i];
    return NULL;
}

/* A pid may be several processes': records of one that was used again, or processes that each are 1 where they live. */
static const char *file_name(const struct target *target)
{
    const char *slash = strrchr(target->path, '/');
    return slash != NULL ? slash + 1 : target->path;
}

static bool is_held(const struct viewer_cursor *cursor, const struct target *target)
{
    return cursor->placed && cursor->id == (uint64_t)target->pid && strcmp(cursor->name, file_name(target)) == 0;
}

int view_pick_prepare(struct viewer *viewer)
{
    struct viewer_cursor *cursor = viewer_cursor(viewer);
    const struct picker_row *row;
    viewer->heading = 2;
    for (viewer->lines = 0; (row = nth(viewer, viewer->lines)) != NULL; viewer->lines++)
        if (is_held(cursor, &row->target))
            cursor->row = viewer->lines;
    return 0;
}

void view_pick_hold(struct viewer *viewer)
{
    struct viewer_cursor *cursor = viewer_cursor(viewer);
    const struct picker_row *row = nth(viewer, cursor->row);
    if (row == NULL)
        return;
    snprintf(cursor->name, sizeof(cursor->name), "%.*s", (int)sizeof(cursor->name) - 1, file_name(&row->target));
    cursor->id = (uint64_t)row->target.pid;
    cursor->placed = true;
}

static bool is_narrow(const struct viewer *viewer)
{
    return viewer->canvas.columns < NARROW;
}

/* All that the figures leave, as far as a name can use it. */
static int name_cells(const struct viewer *viewer)
{
    int room = viewer->canvas.columns - (2 + PID_CELLS + LIVE_CELLS + RATE_CELLS - 1);
    return room < 1 ? 1 : room < NAME_CELLS ? room : NAME_CELLS;
}

static void paint_title(struct viewer *viewer)
{
    struct canvas *canvas = &viewer->canvas;
    char clean[4 * PROMPT_BYTES];
    int row = viewer->top;
    if (viewer->pick_filter[0] != '\0') {
        int column = canvas_text(canvas, row, 2, STYLE_KEY, "filter: ");
        canvas_text(canvas, row, column, STYLE_MATCH,
                    text_clean(clean, sizeof(clean), viewer->pick_filter, canvas->utf8));
    } else if (viewer->pick_name != NULL) {
        canvas_printf(canvas, row, 2, STYLE_TITLE, "Several processes are called %s: which one?",
                      text_clean(clean, sizeof(clean), viewer->pick_name, canvas->utf8));
    } else {
        canvas_text(canvas, row, 2, STYLE_TITLE,
                    is_narrow(viewer) ? "Which process? Type to filter."
                                      : "Which process? Type to filter, Enter opens.");
    }
}

static void paint_headings(struct viewer *viewer)
{
    struct canvas *canvas = &viewer->canvas;
    int row = viewer->top + 1;
    int at = canvas_field(canvas, row, 2, PID_CELLS - 1, ALIGN_RIGHT, STYLE_HEADING, "PID");
    at = canvas_field(canvas, row, at + 1, name_cells(viewer), ALIGN_LEFT, STYLE_HEADING, "NAME");
    at = canvas_field(canvas, row, at, LIVE_CELLS - 1, ALIGN_RIGHT, STYLE_HEADING, "LIVE");
    at = canvas_field(canvas, row, at + 1, RATE_CELLS - 1, ALIGN_RIGHT, STYLE_HEADING,
                      canvas->pictures ? "Δ/s" : "GROW/s");
    if (is_narrow(viewer))
        return;
    at = canvas_field(canvas, row, at + 1, MODE_CELLS - 1, ALIGN_LEFT, STYLE_HEADING, "MODE");
    at = canvas_field(canvas, row, at, CLASS_CELLS, ALIGN_RIGHT, STYLE_HEADING, "CLASSES");
    canvas_text(canvas, row, at + 2, STYLE_HEADING, "COMMAND");
}

static int paint_figures(struct viewer *viewer, const struct picker_row *row, int at, int line)
{
    struct canvas *canvas = &viewer->canvas;
    char text[FORMAT_BYTES];
    at = canvas_field(canvas, line, at, LIVE_CELLS - 1, ALIGN_RIGHT, STYLE_STRONG, format_bytes(text, row->live)) + 1;
    enum style style = row->growth.magnitude == 0 ? STYLE_QUIET : row->growth.negative ? STYLE_SHRINK : STYLE_GROW;
    const char *growth = "-";
    /* A record does not grow. Here there is room to say what it is on every screen. */
    if (row->target.kind == TARGET_RECORD)
        growth = "(gone)", style = STYLE_WARN;
    else if (row->has_growth)
        growth = row->growth.magnitude == 0 ? "0" : format_sign(format_bytes(text, row->growth.magnitude), row->growth);
    at = canvas_field(canvas, line, at, RATE_CELLS - 1, ALIGN_RIGHT, style, growth) + 1;
    if (is_narrow(viewer))
        return canvas->columns;
    at = canvas_field(canvas, line, at, MODE_CELLS - 1, ALIGN_LEFT,
                      row->mode == AT_MODE_EXACT ? STYLE_GOOD : STYLE_WARN, at_mode_word(row->mode));
    return canvas_field(canvas, line, at, CLASS_CELLS, ALIGN_RIGHT, STYLE_PLAIN, format_count(text, row->classes));
}

static void paint_row(struct viewer *viewer, const struct picker_row *row, int line, bool selected)
{
    struct canvas *canvas = &viewer->canvas;
    char text[4 * 256];
    if (selected)
        canvas_text(canvas, line, 0, STYLE_STRONG, canvas_glyph(canvas, GLYPH_CURSOR));
    snprintf(text, sizeof(text), "%d", (int)row->target.pid);
    int at = canvas_field(canvas, line, 2, PID_CELLS - 1, ALIGN_RIGHT, STYLE_PLAIN, text);
    at = canvas_name(canvas, line, at + 1, name_cells(viewer), STYLE_PLAIN, row->target.comm);
    if (!row->is_read) {
        canvas_text(canvas, line, at + 2, STYLE_WARN, row->why);
    } else {
        at = paint_figures(viewer, row, at, line);
        canvas_text(canvas, line, at + 2, STYLE_QUIET,
                    text_clean(text, sizeof(text), row->target.header.command, canvas->utf8));
    }
    if (selected)
        canvas_select(canvas, line);
}

/* Who misses one wants to know. */
static void paint_denied(struct viewer *viewer, int row)
{
    if (viewer->picker.denied > 0 && row < viewer->top + viewer->rows)
        canvas_printf(&viewer->canvas, row, 2, STYLE_WARN, "%zu more %s other users'.", viewer->picker.denied,
                      viewer->picker.denied == 1 ? "is" : "are");
}

static void paint_nothing(struct viewer *viewer)
{
    int row = viewer->top + 2;
    if (viewer->picker.count > 0) {
        canvas_text(&viewer->canvas, row, 2, STYLE_QUIET, "Nothing matches.");
        return;
    }
    canvas_text(&viewer->canvas, row, 2, STYLE_PLAIN, "No process runs under the agent.");
    canvas_text(&viewer->canvas, row + 1, 2, STYLE_PLAIN, "Start one:  arenatop run -- COMMAND");
    paint_denied(viewer, row + 2);
}

void view_pick_paint(struct viewer *viewer)
{
    const struct viewer_cursor *cursor = viewer_cursor(viewer);
    paint_title(viewer);
    paint_headings(viewer);
    if (viewer->lines == 0)
        paint_nothing(viewer);
    else if (cursor->top == 0 && viewer->lines < (size_t)viewer->rows)
        paint_denied(viewer, viewer->top + viewer->heading + (int)viewer->lines);
    for (int i = viewer->heading; i < viewer->rows; i++) {
        size_t line = cursor->top + (size_t)(i - viewer->heading);
        const struct picker_row *row = nth(viewer, line);
        if (row != NULL)
            paint_row(viewer, row, viewer->top + i, line == cursor->row);
    }
}

void view_pick_open(struct viewer *viewer)
{
    const struct picker_row *row = nth(viewer, viewer_cursor(viewer)->row);
    if (row != NULL)
        viewer_watch(viewer, &row->target);
}
