/* view_flows.c: the matrix of who frees whose memory. */
#include <stdio.h>
#include <string.h>

#include "viewer.h"

#define CELL_CELLS       10 /* with the blank before it, at least */
#define CELL_CELLS_MAX   17 /* where there is room for longer names above */
#define NAME_CELLS       24
#define NAME_CELLS_LEAST 8
#define NARROW           60

/* Where the columns of a frame stand: the names of owners, then cells. */
struct places {
    int names, cell;
};

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

/* The row of the class that the cursor was on: rows come and go with what flows. */
static void find_cursor(struct viewer *viewer)
{
    uint32_t rows[AT_CLASSES_MAX];
    struct viewer_cursor *cursor = viewer_cursor(viewer);
    size_t count = cursor->placed ? classes_in_flow(viewer, rows) : 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(viewer->model.now.classes[rows[i]].raw.name, cursor->name) == 0)
            cursor->row = i;
}

int view_flows_prepare(struct viewer *viewer)
{
    uint32_t rows[AT_CLASSES_MAX];
    enum model_flow_amount amount = viewer->flows_total ? MODEL_FLOW_TOTAL : MODEL_FLOW_RATE;
    viewer->heading = 2;
    int error = model_make_flows(&viewer->model, amount, viewer->flows_count, &viewer->flows);
    viewer->lines = error == 0 ? classes_in_flow(viewer, rows) : 0;
    if (error == 0)
        find_cursor(viewer);
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

static char *format_cell(const struct viewer *viewer, struct figure cell, char out[FORMAT_BYTES])
{
    const struct column as = {
        .shows = COLUMN_VALUE, .table = FIELDS_FLOW, .index = viewer->flows_count ? FLOW_count : FLOW_bytes};
    struct column_style style = viewer_figures(viewer);
    return column_format(out, &as, cell, false, &style);
}

/* A cell as wide as the longest figure that stands somewhere in the matrix: so no column moves while one scrolls. */
static int widest_figure(const struct viewer *viewer)
{
    const struct model_flows *flows = &viewer->flows;
    char text[FORMAT_BYTES];
    int widest = 0;
    for (size_t i = 0; i < flows->n * flows->n; i++) {
        int cells = text_cells(format_cell(viewer, flows->cells[i], text));
        widest = cells > widest ? cells : widest;
    }
    return widest;
}

/* Figures are never cut: where they are long there are fewer columns, and at worst the owners' names are shorter. */
static struct places find_places(const struct viewer *viewer, size_t count)
{
    struct places places = {viewer->canvas.columns < NARROW ? 16 : NAME_CELLS, CELL_CELLS};
    int least = widest_figure(viewer) + 1, columns = viewer->canvas.columns;
    places.cell = least > places.cell ? least : places.cell;
    if (places.names + places.cell > columns)
        places.names = columns - places.cell > NAME_CELLS_LEAST ? columns - places.cell : NAME_CELLS_LEAST;
    int room = (columns - places.names) / (int)count;
    room = room < CELL_CELLS_MAX ? room : CELL_CELLS_MAX;
    places.cell = room > places.cell ? room : places.cell;
    return places;
}

static void paint_cell(struct viewer *viewer, int row, int column, int cells, size_t owner, size_t freed_by,
                       uint64_t most)
{
    struct figure cell = viewer->flows.cells[owner * viewer->flows.n + freed_by];
    char text[FORMAT_BYTES];
    canvas_field(&viewer->canvas, row, column + 1, cells - 1, ALIGN_RIGHT, cell_style(cell, owner == freed_by, most),
                 format_cell(viewer, cell, text));
}

static void paint_heading(struct viewer *viewer, const uint32_t *classes, size_t count, struct places places)
{
    struct canvas *canvas = &viewer->canvas;
    char corner[64], clean[TEXT_NAME_BYTES];
    snprintf(corner, sizeof(corner), "owner %s freed by", canvas_glyph(canvas, GLYPH_DIAGONAL));
    canvas_field(canvas, viewer->top + 1, 2, places.names - 2, ALIGN_LEFT, STYLE_HEADING, corner);
    for (size_t i = viewer_cursor(viewer)->across; i < count; i++) {
        int column = places.names + (int)(i - viewer_cursor(viewer)->across) * places.cell;
        const char *name = viewer->model.now.classes[classes[i]].raw.name;
        if (column + places.cell > canvas->columns)
            break;
        canvas_field(canvas, viewer->top + 1, column + 1, places.cell - 1, ALIGN_RIGHT, STYLE_HEADING,
                     text_clean(clean, sizeof(clean), name, canvas->utf8));
    }
}

static void paint_owner(struct viewer *viewer, int row, const uint32_t *classes, size_t count, size_t owner,
                        struct places places, uint64_t most)
{
    struct canvas *canvas = &viewer->canvas;
    const struct viewer_cursor *cursor = viewer_cursor(viewer);
    const char *name = viewer->model.now.classes[classes[owner]].raw.name;
    bool selected = owner == cursor->row && !viewer->batch;
    if (selected)
        canvas_text(canvas, row, 0, STYLE_STRONG, canvas_glyph(canvas, GLYPH_CURSOR));
    canvas_name(canvas, row, 2, places.names - 2, name[0] == '(' ? STYLE_QUIET : STYLE_PLAIN, name);
    for (size_t i = cursor->across; i < count; i++) {
        int column = places.names + (int)(i - cursor->across) * places.cell;
        if (column + places.cell > canvas->columns)
            break;
        paint_cell(viewer, row, column, places.cell, classes[owner], classes[i], most);
    }
    if (selected)
        canvas_select(canvas, row);
}

/* What the cells are, and which way round the matrix is to be read. */
static void paint_caption(struct viewer *viewer)
{
    const char *what = viewer->flows_count ? "Blocks" : "Bytes";
    const char *span = viewer->model.baseline.there ? "since the baseline"
                       : viewer->flows_total        ? "since the start"
                                                    : "a second";
    static const char how[] = ": owned by the class at the left, freed by the one above";
    char text[128];
    snprintf(text, sizeof(text), "%s %s%s", what, span, how);
    if (2 + text_cells(text) > viewer->canvas.columns)
        text[strlen(text) - strlen(how)] = '\0';
    canvas_text(&viewer->canvas, viewer->top, 2, STYLE_TITLE, text);
}

/* Why there is no matrix; NULL when there is one. */
static const char *why_empty(const struct viewer *viewer, size_t count)
{
    const struct model *model = &viewer->model;
    if (!model->now.there)
        return "No snapshot yet.";
    if (model->now.snapshot.head.mode != AT_MODE_EXACT)
        return "Flow mode knows no flows: frees are not seen.";
    if (!model->before.there && !model->baseline.there && !viewer->flows_total)
        return "There is no snapshot before this one to compare with.";
    return count == 0 ? "Nothing was freed in this time." : NULL;
}

void view_flows_paint(struct viewer *viewer)
{
    uint32_t classes[AT_CLASSES_MAX];
    size_t count = classes_in_flow(viewer, classes);
    const char *why = why_empty(viewer, count);
    const struct viewer_cursor *cursor = viewer_cursor(viewer);

    paint_caption(viewer);
    if (why != NULL) {
        canvas_text(&viewer->canvas, viewer->top + 1, 2, STYLE_QUIET, why);
        return;
    }
    struct places places = find_places(viewer, count);
    uint64_t most = largest_given(&viewer->flows);
    paint_heading(viewer, classes, count, places);
    for (int i = viewer->heading; i < viewer->rows && cursor->top + (size_t)(i - viewer->heading) < count; i++)
        paint_owner(viewer, viewer->top + i, classes, count, cursor->top + (size_t)(i - viewer->heading), places, most);
}

/* The name of the class whose row the cursor is on, or NULL. */
static const char *name_at_cursor(struct viewer *viewer)
{
    uint32_t classes[AT_CLASSES_MAX];
    size_t row = viewer_cursor(viewer)->row;
    return row < classes_in_flow(viewer, classes) ? viewer->model.now.classes[classes[row]].raw.name : NULL;
}

void view_flows_hold(struct viewer *viewer)
{
    struct viewer_cursor *cursor = viewer_cursor(viewer);
    const char *name = name_at_cursor(viewer);
    if (name == NULL)
        return;
    snprintf(cursor->name, sizeof(cursor->name), "%s", name);
    cursor->placed = true;
}

/* Enter opens the class whose row it is. */
void view_flows_open(struct viewer *viewer)
{
    const char *name = name_at_cursor(viewer);
    if (name == NULL)
        return;
    snprintf(viewer->opened_class, sizeof(viewer->opened_class), "%s", name);
    viewer->cursors[VIEW_CLASS] = (struct viewer_cursor){0};
    viewer_open(viewer, VIEW_CLASS);
}
