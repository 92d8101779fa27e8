/* scroll.h: screens that are read, not picked from: line below line, of which some are scrolled out of sight. The
 * screen's first `heading` rows (viewer.h) stay.
 *
 * Such a screen is painted twice by the same function: once where nothing is seen, to count its lines, and once for good.
 * What is out of sight gets the row -1, on which a canvas shows nothing. */
#ifndef VIEWER_SCROLL_H
#define VIEWER_SCROLL_H

#include "viewer.h"

struct scroll {
    struct viewer *viewer;
    size_t line;
    bool counting; /* nothing is to be seen */
};

/* Counts the lines that `paint` paints. */
size_t scroll_count(struct viewer *viewer, void (*paint)(struct scroll *scroll));

/* Paints those that are in sight. */
void scroll_paint(struct viewer *viewer, void (*paint)(struct scroll *scroll));

/* The row of the canvas for the next line, or -1. */
int scroll_row(struct scroll *scroll);

/* A heading, with a blank line before it unless it is the first line. */
void scroll_heading(struct scroll *scroll, const char *text);

/* A name in `name_cells`, then text broken between words over as many lines as it takes. */
void scroll_entry(struct scroll *scroll, int name_cells, enum style name_style, const char *name, const char *text);

/* A figure: title, amount against the right of its cells, and, where there is some room, what it means. */
void scroll_figure(struct scroll *scroll, const char *title, enum style style, const char *amount, const char *help);

/* Text alone, in a style, broken in the same way. */
void scroll_text(struct scroll *scroll, enum style style, const char *text);

#endif
