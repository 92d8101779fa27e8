/* canvas.h: a rectangle of styled cells. Views paint on it; the screen and batch mode show it; tests read it.
 *
 * Nothing here knows a terminal. Styles say what a cell means; what that looks like is the screen's business. Whatever
 * is painted outside the rectangle is cut off, so callers need not ask first. */
#ifndef VIEWER_CANVAS_H
#define VIEWER_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

enum style {
    STYLE_PLAIN,
    STYLE_QUIET,   /* zeros, units, what may be overlooked */
    STYLE_STRONG,  /* the figure that counts */
    STYLE_TITLE,   /* whose screen this is */
    STYLE_HEADING, /* of a column */
    STYLE_SORTED,  /* the heading of the column that orders the rows */
    STYLE_GROW,    /* memory that becomes more: warm */
    STYLE_SHRINK,  /* and less: cool */
    STYLE_GOOD,
    STYLE_WARN,
    STYLE_BAD,
    STYLE_KEY,   /* a key in the line of keys */
    STYLE_LABEL, /* what it does */
    STYLE_MATCH, /* what was searched for */
    STYLE_TREND,
    STYLE_SERIES_1, /* classes in bars and graphs, told apart by glyph and name too */
    STYLE_SERIES_2,
    STYLE_SERIES_3,
    STYLE_SERIES_4,
    STYLE_SERIES_5,
    STYLE_SERIES_6,
    STYLE_COUNT
};
#define STYLE_SERIES_COUNT 6

/* Pictures that need more than ASCII, each with what stands for it where there is only that. X(NAME, picture, ascii) */
#define CANVAS_GLYPHS(X)    \
    X(LIVE, "●", "*")       \
    X(WAITING, "◌", "o")    \
    X(ENDED, "■", "#")      \
    X(BACK, "◀", "<")       \
    X(PAUSED, "‖", "=")     \
    X(OK, "✓", "ok")        \
    X(CURSOR, "▸", ">")     \
    X(DESCENDING, "▾", "v") \
    X(ASCENDING, "▴", "^")  \
    X(CUT, "…", "~")        \
    X(DIAGONAL, "╲", "\\")  \
    X(DOT, "·", "-")        \
    X(BAR_FULL, "▇", "#")   \
    X(BAR_EMPTY, "░", ".")  \
    X(DASH, "─", "-")       \
    X(WALL, "│", "|")       \
    X(CORNER, "└", "+")     \
    X(SERIES_1, "█", "#")   \
    X(SERIES_2, "▓", "=")   \
    X(SERIES_3, "▒", "+")   \
    X(SERIES_4, "░", ":")   \
    X(SERIES_5, "▚", "%")   \
    X(SERIES_6, "▞", "o")   \
    X(OTHERS, "╱", "/")

#define CANVAS_GLYPH_ENUM(name, picture, ascii) GLYPH_##name,
enum glyph { CANVAS_GLYPHS(CANVAS_GLYPH_ENUM) GLYPH_COUNT };

struct canvas_cell {
    uint32_t character;         /* 0: the second half of a wide character */
    uint32_t marks[TEXT_MARKS]; /* combining characters, 0 where there is none */
    uint8_t style;              /* enum style */
    bool selected;              /* stands in the row of the cursor */
    uint8_t zero[2];            /* so that equal cells are equal bytes */
};
_Static_assert(sizeof(struct canvas_cell) == 16, "no bytes of a cell that nobody sets");

struct canvas {
    int rows, columns;
    bool utf8;                   /* names may be more than ASCII */
    bool pictures;               /* so may bars, trends and signs */
    int caret_row, caret_column; /* where a person types; row -1: nowhere */
    struct canvas_cell *cells;
    size_t capacity;
};

enum align { ALIGN_LEFT, ALIGN_RIGHT };

/* Gives the canvas a size and blanks it; keeps its memory where it can. `canvas` is zeroed before the first use.
 * Returns 0 or -ENOMEM, and then the canvas has no rows. */
int canvas_reset(struct canvas *canvas, int rows, int columns);
void canvas_free(struct canvas *canvas);

/* The string for a glyph on this canvas. */
const char *canvas_glyph(const struct canvas *canvas, enum glyph glyph);

/* Paints a string; returns the column behind it, as if nothing had been cut off. */
int canvas_text(struct canvas *canvas, int row, int column, enum style style, const char *text);

/* The same for printf's arguments. */
int canvas_printf(struct canvas *canvas, int row, int column, enum style style, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Paints a string into exactly `width` cells: padded, or cut with GLYPH_CUT at its end. Returns column + width. */
int canvas_field(struct canvas *canvas, int row, int column, int width, enum align align, enum style style,
                 const char *text);

/* Paints a name that came from outside: cleaned first, then as canvas_field. */
int canvas_name(struct canvas *canvas, int row, int column, int width, enum style style, const char *name);

/* Cuts a cleaned name down to `width` cells in place, with GLYPH_CUT at its end. */
void canvas_shorten(const struct canvas *canvas, char *name, int width);

/* `count` times one glyph that takes one cell. Returns the column behind. */
int canvas_repeat(struct canvas *canvas, int row, int column, int count, enum style style, enum glyph glyph);

/* A bar of `width` cells of which `part` of `whole` is full; a part that is not zero shows at least one cell. */
int canvas_bar(struct canvas *canvas, int row, int column, int width, enum style style, uint64_t part, uint64_t whole);

/* A trend of `count` values, one a cell, oldest first, against the right of `width` cells; what does not fit is left out
 * at the old end. Heights span the values, but at least a sixteenth of the highest: a steady line looks steady. */
int canvas_trend(struct canvas *canvas, int row, int column, int width, enum style style, const uint64_t *values,
                 size_t count);

/* Marks a whole row as the cursor's. */
void canvas_select(struct canvas *canvas, int row);

/* Blanks a row. */
void canvas_clear_row(struct canvas *canvas, int row);

/* Writes a row as UTF-8 without trailing blanks into `out` (`size` > 0, always terminated). Returns its length. */
size_t canvas_line(const struct canvas *canvas, int row, char *out, size_t size);

/* Bytes that are always enough for canvas_line. */
size_t canvas_line_bytes(const struct canvas *canvas);

#endif
