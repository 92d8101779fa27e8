/* view.h: the screens, one row of a table each. */
#ifndef VIEWER_VIEW_H
#define VIEWER_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"

struct viewer;

enum view_id { VIEW_CLASSES, VIEW_FLOWS, VIEW_HELP, VIEW_COUNT };

/* For the table of keys: the views where a key works. */
#define VIEW_BIT(view) (UINT32_C(1) << (view))

struct view {
    const char *name;     /* for the header and the help */
    enum model_kind kind; /* of its rows, if it is a list of the model's */
    /* Makes what the screen lists and counts viewer->lines. Returns 0 or -ENOMEM. */
    int (*prepare)(struct viewer *viewer);
    /* Paints viewer->rows rows from viewer->top on. */
    void (*paint)(struct viewer *viewer);
    /* A click on a row of the body, counted from viewer->top. NULL: nothing to click. */
    void (*click)(struct viewer *viewer, int row, int column);
    bool has_cursor; /* a line of its own is selected, not only scrolled to */
    int heading;     /* rows above the first line */
};

extern const struct view views[VIEW_COUNT];

/* ---- a screen's functions, each in its own file ---- */

int view_list_prepare(struct viewer *viewer);
void view_list_paint(struct viewer *viewer);
void view_list_click(struct viewer *viewer, int row, int column);

int view_flows_prepare(struct viewer *viewer);
void view_flows_paint(struct viewer *viewer);

int view_help_prepare(struct viewer *viewer);
void view_help_paint(struct viewer *viewer);

#endif
