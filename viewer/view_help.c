/* view_help.c: the help, made from the table of keys and the tables of columns. */
#include <string.h>

#include "keys.h"
#include "viewer.h"

#define NAME_CELLS 16

/* Paints line after line below each other, of which some are scrolled out of sight. */
struct scroll {
    struct viewer *viewer;
    size_t line;
};

/* The row of the canvas for the next line, or -1 where it is not seen. */
static int next_row(struct scroll *scroll)
{
    size_t top = viewer_cursor(scroll->viewer)->top, line = scroll->line++;
    return line >= top && line < top + (size_t)scroll->viewer->rows ? scroll->viewer->top + (int)(line - top) : -1;
}

static void heading(struct scroll *scroll, const char *text)
{
    canvas_text(&scroll->viewer->canvas, next_row(scroll), 2, STYLE_HEADING, text);
}

/* A name and what it means, in as many lines as that takes. */
static void entry(struct scroll *scroll, const char *name, const char *text)
{
    struct canvas *canvas = &scroll->viewer->canvas;
    int width = canvas->columns - 2 - NAME_CELLS - 1;
    int row = next_row(scroll), column = 2 + NAME_CELLS;
    canvas_field(canvas, row, 2, NAME_CELLS - 1, ALIGN_LEFT, STYLE_KEY, name);
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        if (column + (int)length > 2 + NAME_CELLS + width && column > 2 + NAME_CELLS) {
            row = next_row(scroll);
            column = 2 + NAME_CELLS;
        }
        column = canvas_printf(canvas, row, column, STYLE_PLAIN, "%.*s", (int)length, text) + 1;
        text += length + strspn(text + length, " ");
    }
}

static void paint_keys(struct scroll *scroll)
{
    heading(scroll, "KEYS");
    for (size_t i = 0; i < keys_count; i++)
        entry(scroll, keys[i].name, keys[i].help);
}

static void paint_columns(struct scroll *scroll, enum model_kind kind, const char *title)
{
    size_t count;
    const struct column *columns = columns_of(kind, &count);
    next_row(scroll);
    heading(scroll, title);
    for (size_t i = 0; i < count; i++)
        entry(scroll, column_title(&columns[i], scroll->viewer->canvas.pictures), column_help(&columns[i]));
}

static void paint_units(struct scroll *scroll)
{
    next_row(scroll);
    heading(scroll, "FIGURES");
    entry(scroll, "B K M G T", "Bytes, in powers of 1,024");
    entry(scroll, "k m g t", "Numbers of things, in powers of 1,000");
    entry(scroll, "~ before a class", "Its figures are estimates: it is in flow mode");
    entry(scroll, "books", "Whether two independent counts of the process's memory agree to the byte");
}

static size_t paint_all(struct viewer *viewer)
{
    struct scroll scroll = {viewer, 0};
    paint_keys(&scroll);
    paint_units(&scroll);
    paint_columns(&scroll, MODEL_CLASSES, "COLUMNS OF CLASSES");
    paint_columns(&scroll, MODEL_THREADS, "COLUMNS OF THREADS");
    paint_columns(&scroll, MODEL_ARENAS, "COLUMNS OF ARENAS");
    return scroll.line;
}

/* Counting the lines is painting them where nobody looks. */
int view_help_prepare(struct viewer *viewer)
{
    int rows = viewer->rows;
    viewer->rows = 0;
    viewer->lines = paint_all(viewer);
    viewer->rows = rows;
    return 0;
}

void view_help_paint(struct viewer *viewer)
{
    paint_all(viewer);
}
