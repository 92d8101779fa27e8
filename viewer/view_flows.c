/* view_flows.c: the matrix of who frees whose memory. */
#include <stdio.h>
#include <string.h>

#include "viewer.h"

#define CELL_CELLS 10 /* with the blank before it */
#define NAME_CELLS 24

#define FLOW_INDEX(offset, key, ...) FLOW_##key,
enum { AT_FLOW_FIELDS(FLOW_INDEX) FLOW_FIELDS };

/* Only classes that gave or took anything have a row and a column; the others would be noughts. */
static size_t classes_in_flow(const struct viewer *viewer, uint32_t rows[AT_CLASSES_MAX])
{
    const struct model_flows *flows = &viewer->flows;
    size_t count = 0;
    for (size_t i = 0; i < flows->n && count < AT_CLASSES_MAX; i++) {
        bool any = false;
        for (size_t other = 0; other < flows->n && !any; other++)
            any =
                flows->cells[i * flows->n + other].magnitude != 0 || flows->cells[other * flows->n + i].magnitude != 0;
        if (any)
            rows[count++] = (uint32_t)i;
    }
    return count;
}

int view_flows_prepare(struct viewer *viewer)
{
    uint32_t rows[AT_CLASSES_MAX];
    enum model_flow_amount amount = viewer->flows_total ? MODEL_FLOW_TOTAL : MODEL_FLOW_RATE;
    viewer->heading = 1;
    int error = model_make_flows(&viewer->model, amount, viewer->flows_count, &viewer->flows);
    viewer->lines = error == 0 ? classes_in_flow(viewer, rows) : 0;
    return error;
}

/* The largest cell off the diagonal: what the eye is to find. */
static uint64_t largest_given(const struct model_flows *flows)
{
    uint64_t most = 0;
    for (size_t i = 0; i < flows->n * flows->n; i++)
        if (i % (flows->n + 1) != 0 && !flows->cells[i].negative && flows->cells[i].magnitude > most)
            most = flows->cells[i].magnitude;
    return most;
}

static enum style cell_style(struct figure cell, bool own, uint64_t most)
{
    if (own || cell.magnitude == 0)
        return STYLE_QUIET;
    if (cell.magnitude >= most / 2)
        return STYLE_GROW;
    return cell.magnitude >= most / 16 ? STYLE_STRONG : STYLE_PLAIN;
}

static void paint_cell(struct viewer *viewer, int row, int column, size_t owner, size_t freed_by, uint64_t most)
{
    const struct column as = {
        .shows = COLUMN_VALUE, .table = FIELDS_FLOW, .index = viewer->flows_count ? FLOW_count : FLOW_bytes};
    struct figure cell = viewer->flows.cells[owner * viewer->flows.n + freed_by];
    struct column_style style = viewer_figures(viewer);
    char text[FORMAT_BYTES];
    column_format(text, &as, cell, false, &style);
    canvas_field(&viewer->canvas, row, column + 1, CELL_CELLS - 1, ALIGN_RIGHT,
                 cell_style(cell, owner == freed_by, most), text);
}

static void paint_heading(struct viewer *viewer, const uint32_t *classes, size_t count, int names)
{
    struct canvas *canvas = &viewer->canvas;
    char corner[64], clean[TEXT_NAME_BYTES];
    snprintf(corner, sizeof(corner), "owner %s freed by", canvas_glyph(canvas, GLYPH_DIAGONAL));
    canvas_field(canvas, viewer->top, 2, names - 2, ALIGN_LEFT, STYLE_HEADING, corner);
    for (size_t i = viewer_cursor(viewer)->across; i < count; i++) {
        int column = names + (int)(i - viewer_cursor(viewer)->across) * CELL_CELLS;
        const char *name = viewer->model.now.classes[classes[i]].raw.name;
        if (column + CELL_CELLS > canvas->columns)
            break;
        canvas_field(canvas, viewer->top, column + 1, CELL_CELLS - 1, ALIGN_RIGHT, STYLE_HEADING,
                     text_clean(clean, sizeof(clean), name, canvas->utf8));
    }
}

static void paint_owner(struct viewer *viewer, int row, const uint32_t *classes, size_t count, size_t owner, int names,
                        uint64_t most)
{
    struct canvas *canvas = &viewer->canvas;
    const struct viewer_cursor *cursor = viewer_cursor(viewer);
    const char *name = viewer->model.now.classes[classes[owner]].raw.name;
    bool selected = owner == cursor->row && !viewer->batch;
    if (selected)
        canvas_text(canvas, row, 0, STYLE_STRONG, canvas_glyph(canvas, GLYPH_CURSOR));
    canvas_name(canvas, row, 2, names - 2, name[0] == '(' ? STYLE_QUIET : STYLE_PLAIN, name);
    for (size_t i = cursor->across; i < count; i++) {
        int column = names + (int)(i - cursor->across) * CELL_CELLS;
        if (column + CELL_CELLS > canvas->columns)
            break;
        paint_cell(viewer, row, column, classes[owner], classes[i], most);
    }
    if (selected)
        canvas_select(canvas, row);
}

static void paint_caption(struct viewer *viewer, int row)
{
    const char *what = viewer->flows_count ? "Blocks" : "Bytes";
    const char *span = viewer->model.baseline.there ? "since the baseline"
                       : viewer->flows_total        ? "since the start"
                                                    : "a second";
    canvas_printf(&viewer->canvas, row, 2, STYLE_QUIET,
                  "%s %s of the class at the left that threads of the class above freed.", what, span);
}

void view_flows_paint(struct viewer *viewer)
{
    uint32_t classes[AT_CLASSES_MAX];
    size_t count = classes_in_flow(viewer, classes);
    struct canvas *canvas = &viewer->canvas;
    int names = canvas->columns < 60 ? 16 : NAME_CELLS;
    uint64_t most = largest_given(&viewer->flows);

    if (viewer->model.now.there && viewer->model.now.snapshot.head.mode != AT_MODE_EXACT) {
        canvas_printf(canvas, viewer->top, 2, STYLE_WARN, "No flows in flow mode: %s.",
                      at_reason_text(viewer->model.now.snapshot.head.reason));
        return;
    }
    if (count == 0) {
        canvas_text(canvas, viewer->top, 2, STYLE_QUIET, "Nothing was freed in this time.");
        return;
    }
    paint_heading(viewer, classes, count, names);
    int lines = viewer->rows - 1;
    for (int i = 0; i < lines && viewer_cursor(viewer)->top + (size_t)i < count; i++)
        paint_owner(viewer, viewer->top + 1 + i, classes, count, viewer_cursor(viewer)->top + (size_t)i, names, most);
    if ((int)count + 2 < viewer->rows)
        paint_caption(viewer, viewer->top + (int)count + 2);
}

/* Enter opens the class whose row it is. */
void view_flows_open(struct viewer *viewer)
{
    uint32_t classes[AT_CLASSES_MAX];
    size_t row = viewer_cursor(viewer)->row;
    if (row >= classes_in_flow(viewer, classes))
        return;
    snprintf(viewer->opened_class, sizeof(viewer->opened_class), "%s",
             viewer->model.now.classes[classes[row]].raw.name);
    viewer->cursors[VIEW_CLASS] = (struct viewer_cursor){0};
    viewer_open(viewer, VIEW_CLASS);
}
