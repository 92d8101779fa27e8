/* palette.h: what each style looks like: colours by meaning, for 256, 16 and 8 colours and for none. Pure data.
 *
 * Warm and cool, dark and bright are told apart by people who do not tell red from green (the colours follow Okabe and
 * Ito's set); and nothing is told by colour alone: signs, words and glyphs say the same. */
#ifndef VIEWER_PALETTE_H
#define VIEWER_PALETTE_H

#include <stdint.h>

#include "canvas.h"
#include "settings.h"

/* Attributes, which every terminal may have. */
enum { LOOK_BOLD = 1, LOOK_DIM = 2, LOOK_UNDERLINE = 4, LOOK_REVERSE = 8 };

#define LOOK_DEFAULT (-1) /* the terminal's own colour */

struct look {
    int16_t of_256, of_16, of_8; /* foreground */
    uint8_t attributes;          /* with colours */
    uint8_t attributes_mono;     /* without */
};

/* The look of a style in a palette. */
const struct look *palette_look(enum palette palette, enum style style);

/* Background of the cursor's row with 256 colours; with fewer, and without, it is shown in reverse. */
int16_t palette_cursor_background(enum palette palette);

#endif
