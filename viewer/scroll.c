/* scroll.c: screens that are read, not picked from. */
#include "scroll.h"

#include <limits.h>
#include <string.h>

#define MARGIN       2
#define TITLE_CELLS  10
#define AMOUNT_CELLS 11
#define NARROW       60 /* there is no room for words beside figures */

size_t scroll_count(struct viewer *viewer, void (*paint)(struct scroll *scroll))
{
    struct scroll scroll = {.viewer = viewer, .counting = true};
    paint(&scroll);
    return scroll.line;
}

void scroll_paint(struct viewer *viewer, void (*paint)(struct scroll *scroll))
{
    struct scroll scroll = {.viewer = viewer};
    paint(&scroll);
}

int scroll_row(struct scroll *scroll)
{
    const struct viewer *viewer = scroll->viewer;
    size_t top = viewer_cursor(scroll->viewer)->top, line = scroll->line++;
    int below = line >= top && line - top < INT_MAX ? (int)(line - top) : INT_MAX;
    if (scroll->counting || below >= viewer->rows - viewer->heading)
        return -1;
    return viewer->top + viewer->heading + below;
}

void scroll_heading(struct scroll *scroll, const char *text)
{
    if (scroll->line > 0)
        scroll_row(scroll);
    canvas_text(&scroll->viewer->canvas, scroll_row(scroll), MARGIN, STYLE_HEADING, text);
}

/* Cells of the word that `text` begins with. */
static int word_cells(const char *text)
{
    int cells = 0;
    for (struct text_glyph glyph; *text != ' ' && text_next(&text, &glyph); cells += glyph.cells) {
    }
    return cells;
}

static void paint_words(struct scroll *scroll, int row, int from, enum style style, const char *text)
{
    struct canvas *canvas = &scroll->viewer->canvas;
    int column = from;
    while (*text != '\0') {
        int cells = word_cells(text);
        if (column + cells > canvas->columns && column > from) {
            row = scroll_row(scroll);
            column = from;
        }
        size_t length = strcspn(text, " ");
        column = canvas_printf(canvas, row, column, style, "%.*s", (int)length, text) + 1;
        text += length + strspn(text + length, " ");
    }
}

void scroll_entry(struct scroll *scroll, int name_cells, enum style name_style, const char *name, const char *text)
{
    int row = scroll_row(scroll);
    canvas_field(&scroll->viewer->canvas, row, MARGIN, name_cells, ALIGN_LEFT, name_style, name);
    paint_words(scroll, row, MARGIN + name_cells + 1, STYLE_PLAIN, text);
}

void scroll_figure(struct scroll *scroll, const char *title, enum style style, const char *amount, const char *help)
{
    struct canvas *canvas = &scroll->viewer->canvas;
    int row = scroll_row(scroll), at = MARGIN, wide = text_cells(amount);
    wide = wide > AMOUNT_CELLS ? wide : AMOUNT_CELLS;
    at = canvas_field(canvas, row, at, TITLE_CELLS, ALIGN_LEFT, STYLE_QUIET, title);
    at = canvas_field(canvas, row, at, wide, ALIGN_RIGHT, style, amount);
    if (canvas->columns >= NARROW)
        paint_words(scroll, row, at + 2, STYLE_PLAIN, help);
}

void scroll_text(struct scroll *scroll, enum style style, const char *text)
{
    paint_words(scroll, scroll_row(scroll), MARGIN, style, text);
}
