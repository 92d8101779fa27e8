/* pieces.c: a line that says first what counts most. */
#include "pieces.h"

#include <string.h>

struct piece *pieces_add(struct pieces *pieces, uint8_t importance, enum style style, const char *label)
{
    struct piece *piece = &pieces->rows[pieces->count < PIECES_MAX ? pieces->count++ : PIECES_MAX - 1];
    *piece = (struct piece){.label = label, .style = style, .importance = importance, .gap = 2};
    return piece;
}

static int piece_cells(const struct piece *piece, bool is_first)
{
    int label = piece->label != NULL ? text_cells(piece->label) + (piece->value[0] != '\0') : 0;
    int picture = piece->picture_cells > 0 ? piece->picture_cells + 1 : 0;
    return (is_first ? 0 : piece->gap) + label + text_cells(piece->value) + picture;
}

static int all_cells(const struct pieces *pieces)
{
    int cells = 0;
    for (size_t i = 0; i < pieces->count; i++)
        cells += piece_cells(&pieces->rows[i], i == 0);
    return cells;
}

static void drop_until_fits(struct pieces *pieces, int columns)
{
    while (pieces->count > 0 && all_cells(pieces) > columns) {
        size_t worst = 0;
        for (size_t i = 1; i < pieces->count; i++)
            if (pieces->rows[i].importance >= pieces->rows[worst].importance)
                worst = i;
        if (pieces->rows[worst].importance == 0)
            return;
        memmove(&pieces->rows[worst], &pieces->rows[worst + 1], (pieces->count - worst - 1) * sizeof(pieces->rows[0]));
        pieces->count--;
    }
}

void pieces_paint(struct pieces *pieces, struct viewer *viewer, int row)
{
    struct canvas *canvas = &viewer->canvas;
    drop_until_fits(pieces, canvas->columns);
    int column = 0, slack = canvas->columns - all_cells(pieces);
    bool moved = false;
    for (size_t i = 0; i < pieces->count; i++) {
        const struct piece *piece = &pieces->rows[i];
        if (piece->right && !moved && slack > 0)
            column += slack;
        moved |= piece->right;
        column += i == 0 ? 0 : piece->gap;
        if (piece->label != NULL)
            column = canvas_text(canvas, row, column, STYLE_QUIET, piece->label) + (piece->value[0] != '\0');
        column = canvas_text(canvas, row, column, piece->style, piece->value);
        if (piece->picture_cells > 0) {
            piece->picture(viewer, canvas, row, column + 1);
            column += 1 + piece->picture_cells;
        }
    }
}
