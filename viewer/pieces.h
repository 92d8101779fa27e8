/* pieces.h: a line that says first what counts most: of its pieces the least important go where there is no room. */
#ifndef VIEWER_PIECES_H
#define VIEWER_PIECES_H

#include "viewer.h"

#define PIECES_MAX 20

/* A label, a value, perhaps a picture. */
struct piece {
    const char *label; /* quiet, before the value; NULL: none */
    char value[TEXT_NAME_BYTES];
    enum style style;
    uint8_t importance; /* 0: always there; the highest goes first */
    uint8_t gap;        /* blanks before it */
    bool right;         /* it and all behind it stand at the right end */
    int picture_cells;  /* of `picture`, behind the value */
    void (*picture)(const struct viewer *viewer, struct canvas *canvas, int row, int column);
};

struct pieces {
    struct piece rows[PIECES_MAX];
    size_t count;
};

/* Adds a piece, two blanks behind the one before; the caller fills in the rest. */
struct piece *pieces_add(struct pieces *pieces, uint8_t importance, enum style style, const char *label);

/* Paints those that there is room for into a row of the viewer's canvas. */
void pieces_paint(struct pieces *pieces, struct viewer *viewer, int row);

#endif
