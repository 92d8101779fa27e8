/* view_menu.c: the menus of columns: which one orders the rows, which are shown. */
#include <string.h>

#include "viewer.h"

#define TITLE_CELLS 10

static struct settings_table *table_below(struct viewer *viewer)
{
    return &viewer->settings.tables[viewer_list_kind(viewer)];
}

static void paint_line(struct viewer *viewer, size_t line, const char *mark, const struct column *column)
{
    struct canvas *canvas = &viewer->canvas;
    size_t top = viewer_cursor(viewer)->top;
    if (line < top || line - top >= (size_t)(viewer->rows - viewer->heading))
        return;
    int row = viewer->top + viewer->heading + (int)(line - top);
    bool selected = line == viewer_cursor(viewer)->row;
    if (selected)
        canvas_text(canvas, row, 0, STYLE_STRONG, canvas_glyph(canvas, GLYPH_CURSOR));
    int at = canvas_field(canvas, row, 2, 4, ALIGN_LEFT, STYLE_KEY, mark);
    canvas_field(canvas, row, at, TITLE_CELLS, ALIGN_LEFT, STYLE_STRONG, column_title(column, canvas->pictures));
    canvas_field(canvas, row, at + TITLE_CELLS + 1, canvas->columns - at - TITLE_CELLS - 1, ALIGN_LEFT, STYLE_PLAIN,
                 column_help(column));
    if (selected)
        canvas_select(canvas, row);
}

/* ---- the order: all columns that rows can be ordered by, shown or not ---- */

static const struct column *nth_order(enum model_kind kind, size_t n, size_t *total)
{
    size_t count;
    const struct column *columns = columns_of(kind, &count), *found = NULL;
    *total = 0;
    for (size_t i = 0; i < count; i++)
        if (column_orders(&columns[i]) && (*total)++ == n)
            found = &columns[i];
    return found;
}

int view_sort_prepare(struct viewer *viewer)
{
    struct viewer_cursor *cursor = viewer_cursor(viewer);
    viewer->heading = 1;
    nth_order(viewer_list_kind(viewer), 0, &viewer->lines);
    /* The menu opens on the column that orders now. */
    for (size_t i = 0, total; i < viewer->lines && !cursor->placed; i++)
        if (nth_order(viewer_list_kind(viewer), i, &total) == table_below(viewer)->order.column)
            cursor->row = i;
    cursor->placed = true;
    return 0;
}

void view_sort_paint(struct viewer *viewer)
{
    size_t total;
    canvas_text(&viewer->canvas, viewer->top, 2, STYLE_HEADING, "Order by: Enter takes one, I inverts, Esc goes back");
    for (size_t i = 0; i < viewer->lines; i++) {
        const struct column *column = nth_order(viewer_list_kind(viewer), i, &total);
        const struct column_order *order = &table_below(viewer)->order;
        paint_line(viewer, i, column == order->column ? canvas_glyph(&viewer->canvas, table_arrow(order)) : "", column);
    }
}

void view_sort_open(struct viewer *viewer)
{
    size_t total;
    const struct column *column = nth_order(viewer_list_kind(viewer), viewer_cursor(viewer)->row, &total);
    if (column != NULL)
        table_below(viewer)->order = (struct column_order){column, false};
    viewer_back(viewer);
}

/* ---- which columns are shown ---- */

int view_columns_prepare(struct viewer *viewer)
{
    viewer->heading = 1;
    columns_of(viewer_list_kind(viewer), &viewer->lines);
    return 0;
}

static bool is_shown(const struct settings_table *table, const struct column *column)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->columns[i] == column)
            return true;
    return false;
}

void view_columns_paint(struct viewer *viewer)
{
    size_t count;
    const struct column *columns = columns_of(viewer_list_kind(viewer), &count);
    canvas_text(&viewer->canvas, viewer->top, 2, STYLE_HEADING, "Columns: Enter shows or hides one, Esc goes back");
    for (size_t i = 0; i < count; i++)
        paint_line(viewer, i, is_shown(table_below(viewer), &columns[i]) ? "[x]" : "[ ]", &columns[i]);
}

/* The table keeps the order of the table of columns, whatever order they are chosen in. The name is always shown. */
void view_columns_open(struct viewer *viewer)
{
    struct settings_table *table = table_below(viewer), before = *table;
    size_t count;
    const struct column *columns = columns_of(viewer_list_kind(viewer), &count);
    const struct column *chosen = &columns[viewer_cursor(viewer)->row];
    if (chosen == columns) {
        viewer_say(viewer, "The name is always shown.");
        return;
    }
    if (chosen == table->order.column && is_shown(&before, chosen))
        viewer_say(viewer, "What orders the rows is always shown.");
    table->count = 0;
    for (size_t i = 0; i < count && table->count < TABLE_COLUMNS_MAX; i++)
        if (is_shown(&before, &columns[i]) != (&columns[i] == chosen))
            table->columns[table->count++] = &columns[i];
}
