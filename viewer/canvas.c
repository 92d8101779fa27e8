/* canvas.c: a rectangle of styled cells. */
#include "canvas.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANK ((struct canvas_cell){.character = ' '})

int canvas_reset(struct canvas *canvas, int rows, int columns)
{
    size_t wanted = (size_t)rows * (size_t)columns;
    if (wanted > canvas->capacity) {
        struct canvas_cell *cells = realloc(canvas->cells, wanted * sizeof(*cells));
        if (cells == NULL) {
            canvas->rows = canvas->columns = 0;
            return -ENOMEM;
        }
        canvas->cells = cells;
        canvas->capacity = wanted;
    }
    canvas->rows = rows;
    canvas->columns = columns;
    canvas->caret_row = -1;
    canvas->caret_column = 0;
    for (int i = 0; i < columns && rows > 0; i++)
        canvas->cells[i] = BLANK;
    for (int i = 1; i < rows; i++)
        memcpy(canvas->cells + (size_t)i * (size_t)columns, canvas->cells, (size_t)columns * sizeof(*canvas->cells));
    return 0;
}

void canvas_free(struct canvas *canvas)
{
    free(canvas->cells);
    memset(canvas, 0, sizeof(*canvas));
}

const char *canvas_glyph(const struct canvas *canvas, enum glyph glyph)
{
#define CANVAS_GLYPH_ROW(name, picture, ascii) {picture, ascii},
    static const char *const glyphs[][2] = {CANVAS_GLYPHS(CANVAS_GLYPH_ROW)};
    return glyphs[glyph][canvas->pictures ? 0 : 1];
}

static bool inside(const struct canvas *canvas, int row, int column)
{
    return row >= 0 && row < canvas->rows && column >= 0 && column < canvas->columns;
}

static struct canvas_cell *cell_at(struct canvas *canvas, int row, int column)
{
    return &canvas->cells[(size_t)row * (size_t)canvas->columns + (size_t)column];
}

/* A wide character of which only one half would fit is left out; half of one that was there before is blanked. */
static void put(struct canvas *canvas, int row, int column, enum style style, const struct text_glyph *glyph)
{
    if (!inside(canvas, row, column) || !inside(canvas, row, column + glyph->cells - 1))
        return;
    struct canvas_cell *cell = cell_at(canvas, row, column);
    if (cell->character == 0 && column > 0)
        cell[-1].character = ' ';
    if (column + glyph->cells < canvas->columns && cell[glyph->cells].character == 0)
        cell[glyph->cells].character = ' ';
    for (int i = 0; i < glyph->cells; i++) {
        cell[i].character = i == 0 ? glyph->character : 0;
        memcpy(cell[i].marks, i == 0 ? glyph->marks : (uint32_t[TEXT_MARKS]){0}, sizeof(cell[i].marks));
        cell[i].style = (uint8_t)style;
    }
}

int canvas_text(struct canvas *canvas, int row, int column, enum style style, const char *text)
{
    for (struct text_glyph glyph; text_next(&text, &glyph); column += glyph.cells)
        put(canvas, row, column, style, &glyph);
    return column;
}

int canvas_printf(struct canvas *canvas, int row, int column, enum style style, const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    if (vsnprintf(text, sizeof(text), format, arguments) < 0)
        text[0] = '\0';
    va_end(arguments);
    return canvas_text(canvas, row, column, style, text);
}

/* Blanks from `column` up to `end` in the style of what they pad. */
static void pad(struct canvas *canvas, int row, int column, int end, enum style style)
{
    static const struct text_glyph blank = {' ', {0}, 1};
    for (; column < end; column++)
        put(canvas, row, column, style, &blank);
}

int canvas_field(struct canvas *canvas, int row, int column, int width, enum align align, enum style style,
                 const char *text)
{
    int end = column + width, cells = text_cells(text);
    if (width <= 0)
        return column;
    if (align == ALIGN_RIGHT && cells < width) {
        pad(canvas, row, column, end - cells, style);
        column = end - cells;
    }
    bool cut = cells > width;
    int room = cut ? end - 1 : end;
    for (struct text_glyph glyph; text_next(&text, &glyph) && column + glyph.cells <= room; column += glyph.cells)
        put(canvas, row, column, style, &glyph);
    if (cut)
        column = canvas_text(canvas, row, column, style, canvas_glyph(canvas, GLYPH_CUT));
    pad(canvas, row, column, end, style);
    return end;
}

void canvas_shorten(const struct canvas *canvas, char *name, int width)
{
    const char *at = name, *end = name;
    int cells = 0;
    if (text_cells(name) <= width)
        return;
    for (struct text_glyph glyph; text_next(&at, &glyph) && cells + glyph.cells < width; cells += glyph.cells)
        end = at;
    /* What is cut off took as many cells as the sign that replaces it, and a sign is at most three bytes. */
    memcpy(name + (end - name), canvas_glyph(canvas, GLYPH_CUT), strlen(canvas_glyph(canvas, GLYPH_CUT)) + 1);
}

int canvas_name(struct canvas *canvas, int row, int column, int width, enum style style, const char *name)
{
    char clean[TEXT_NAME_BYTES];
    return canvas_field(canvas, row, column, width, ALIGN_LEFT, style,
                        name[0] != '\0' ? text_clean(clean, sizeof(clean), name, canvas->utf8) : "\"\"");
}

/* Paints one of the canvas's own pictures, known to take a cell: no need to ask the locale, which is slow. */
static int put_picture(struct canvas *canvas, int row, int column, enum style style, const char *picture)
{
    struct text_glyph glyph = {.cells = 1};
    text_decode(picture, 4, &glyph.character);
    put(canvas, row, column, style, &glyph);
    return column + 1;
}

int canvas_repeat(struct canvas *canvas, int row, int column, int count, enum style style, enum glyph glyph)
{
    for (int i = 0; i < count; i++)
        column = put_picture(canvas, row, column, style, canvas_glyph(canvas, glyph));
    return column;
}

int canvas_bar(struct canvas *canvas, int row, int column, int width, enum style style, uint64_t part, uint64_t whole)
{
    int full = 0;
    if (whole > 0 && part > 0) {
        double share = part < whole ? (double)part / (double)whole : 1;
        full = (int)(share * width + 0.5);
        full = full > 0 ? full : 1;
    }
    column = canvas_repeat(canvas, row, column, full, style, GLYPH_BAR_FULL);
    return canvas_repeat(canvas, row, column, width - full, STYLE_QUIET, GLYPH_BAR_EMPTY);
}

#define TREND_LEVELS 8

static const char *trend_picture(const struct canvas *canvas, int level)
{
    static const char *const pictures[TREND_LEVELS][2] = {{"▁", "_"}, {"▂", "."}, {"▃", ":"}, {"▄", "-"},
                                                          {"▅", "="}, {"▆", "+"}, {"▇", "*"}, {"█", "#"}};
    return pictures[level][canvas->pictures ? 0 : 1];
}

/* What the lowest and the highest picture stand for. */
static void trend_range(const uint64_t *values, size_t count, double *low, double *high)
{
    uint64_t most = 0, least = UINT64_MAX;
    for (size_t i = 0; i < count; i++) {
        most = values[i] > most ? values[i] : most;
        least = values[i] < least ? values[i] : least;
    }
    double missing = (double)most / 16 - (double)(most - least);
    missing = missing > 0 ? missing : 0;
    *low = (double)least - missing / 2;
    *high = (double)most + missing / 2;
}

int canvas_trend(struct canvas *canvas, int row, int column, int width, enum style style, const uint64_t *values,
                 size_t count)
{
    double low = 0, high = 0;
    size_t cells = width > 0 ? (size_t)width : 0;

    if (count > cells) {
        values += count - cells;
        count = cells;
    }
    pad(canvas, row, column, column + width - (int)count, style);
    column += width - (int)count;
    if (count > 0)
        trend_range(values, count, &low, &high);
    for (size_t i = 0; i < count; i++) {
        int level = high > low ? (int)(((double)values[i] - low) / (high - low) * TREND_LEVELS) : 0;
        level = level < TREND_LEVELS ? level : TREND_LEVELS - 1;
        column = put_picture(canvas, row, column, style, trend_picture(canvas, level));
    }
    return column;
}

void canvas_select(struct canvas *canvas, int row)
{
    for (int column = 0; inside(canvas, row, column); column++)
        cell_at(canvas, row, column)->selected = true;
}

void canvas_clear_row(struct canvas *canvas, int row)
{
    for (int column = 0; inside(canvas, row, column); column++)
        *cell_at(canvas, row, column) = BLANK;
}

size_t canvas_line_bytes(const struct canvas *canvas)
{
    return (size_t)canvas->columns * 4 * (1 + TEXT_MARKS) + 1;
}

/* The column behind the last cell that is not blank. */
static int painted_columns(const struct canvas *canvas, int row)
{
    const struct canvas_cell *cells = &canvas->cells[(size_t)row * (size_t)canvas->columns];
    int end = canvas->columns;
    while (end > 0 && cells[end - 1].character == ' ' && cells[end - 1].marks[0] == 0)
        end--;
    return end;
}

size_t canvas_line(const struct canvas *canvas, int row, char *out, size_t size)
{
    size_t used = 0;
    int end = inside(canvas, row, 0) ? painted_columns(canvas, row) : 0;

    for (int column = 0; column < end; column++) {
        const struct canvas_cell *cell = &canvas->cells[(size_t)row * (size_t)canvas->columns + (size_t)column];
        char piece[4 * (1 + TEXT_MARKS)];
        size_t length = cell->character != 0 ? text_encode(piece, cell->character) : 0;
        for (int i = 0; i < TEXT_MARKS && cell->marks[i] != 0; i++)
            length += text_encode(piece + length, cell->marks[i]);
        if (length >= size - used)
            break;
        memcpy(out + used, piece, length);
        used += length;
    }
    out[used] = '\0';
    return used;
}
