/* palette.c: what each style looks like. */
#include "palette.h"

#define DEF LOOK_DEFAULT

/* On a dark background. */
static const struct look dark[STYLE_COUNT] = {
    [STYLE_PLAIN] = {DEF, DEF, DEF, 0, 0},
    [STYLE_QUIET] = {245, 8, DEF, 0, LOOK_DIM},
    [STYLE_STRONG] = {231, 15, DEF, LOOK_BOLD, LOOK_BOLD},
    [STYLE_TITLE] = {75, 12, 6, LOOK_BOLD, LOOK_BOLD},
    [STYLE_HEADING] = {250, 7, DEF, LOOK_UNDERLINE, LOOK_UNDERLINE},
    [STYLE_SORTED] = {231, 15, 6, LOOK_UNDERLINE | LOOK_BOLD, LOOK_UNDERLINE | LOOK_BOLD},
    [STYLE_GROW] = {214, 11, 3, 0, LOOK_BOLD},
    [STYLE_SHRINK] = {75, 12, 6, 0, 0},
    [STYLE_GOOD] = {79, 10, 2, 0, 0},
    [STYLE_WARN] = {220, 11, 3, LOOK_BOLD, LOOK_BOLD},
    [STYLE_BAD] = {203, 9, 1, LOOK_BOLD | LOOK_REVERSE, LOOK_REVERSE},
    [STYLE_KEY] = {231, 15, DEF, LOOK_BOLD, LOOK_BOLD},
    [STYLE_LABEL] = {110, 6, 6, 0, 0},
    [STYLE_MATCH] = {220, 11, 3, LOOK_BOLD | LOOK_UNDERLINE, LOOK_BOLD | LOOK_UNDERLINE},
    [STYLE_TREND] = {110, 14, 6, 0, 0},
    [STYLE_SERIES_1] = {75, 12, 4, 0, 0},
    [STYLE_SERIES_2] = {214, 11, 3, 0, 0},
    [STYLE_SERIES_3] = {79, 10, 2, 0, 0},
    [STYLE_SERIES_4] = {175, 13, 5, 0, 0},
    [STYLE_SERIES_5] = {227, 14, 6, 0, 0},
    [STYLE_SERIES_6] = {203, 9, 1, 0, 0},
};

/* On a light one. */
static const struct look light[STYLE_COUNT] = {
    [STYLE_PLAIN] = {DEF, DEF, DEF, 0, 0},
    [STYLE_QUIET] = {242, 8, DEF, 0, LOOK_DIM},
    [STYLE_STRONG] = {16, 0, DEF, LOOK_BOLD, LOOK_BOLD},
    [STYLE_TITLE] = {25, 4, 4, LOOK_BOLD, LOOK_BOLD},
    [STYLE_HEADING] = {238, 8, DEF, LOOK_UNDERLINE, LOOK_UNDERLINE},
    [STYLE_SORTED] = {16, 0, 4, LOOK_UNDERLINE | LOOK_BOLD, LOOK_UNDERLINE | LOOK_BOLD},
    [STYLE_GROW] = {166, 1, 1, LOOK_BOLD, LOOK_BOLD},
    [STYLE_SHRINK] = {25, 4, 4, 0, 0},
    [STYLE_GOOD] = {29, 2, 2, 0, 0},
    [STYLE_WARN] = {130, 1, 1, LOOK_BOLD, LOOK_BOLD},
    [STYLE_BAD] = {160, 1, 1, LOOK_BOLD | LOOK_REVERSE, LOOK_REVERSE},
    [STYLE_KEY] = {16, 0, DEF, LOOK_BOLD, LOOK_BOLD},
    [STYLE_LABEL] = {25, 4, 4, 0, 0},
    [STYLE_MATCH] = {130, 1, 1, LOOK_BOLD | LOOK_UNDERLINE, LOOK_BOLD | LOOK_UNDERLINE},
    [STYLE_TREND] = {25, 4, 4, 0, 0},
    [STYLE_SERIES_1] = {25, 4, 4, 0, 0},
    [STYLE_SERIES_2] = {166, 1, 1, 0, 0},
    [STYLE_SERIES_3] = {29, 2, 2, 0, 0},
    [STYLE_SERIES_4] = {132, 5, 5, 0, 0},
    [STYLE_SERIES_5] = {94, 3, 3, 0, 0},
    [STYLE_SERIES_6] = {124, 9, 1, 0, 0},
};

const struct look *palette_look(enum palette palette, enum style style)
{
    return palette == PALETTE_LIGHT ? &light[style] : &dark[style];
}

int16_t palette_cursor_background(enum palette palette)
{
    return palette == PALETTE_LIGHT ? 253 : 237;
}
