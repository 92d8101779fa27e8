/* view.h: the screens, one row of a table each. */
#ifndef VIEWER_VIEW_H
#define VIEWER_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"

struct viewer;

enum view_id {
    VIEW_CLASSES,
    VIEW_CLASS,
    VIEW_THREADS,
    VIEW_ARENAS,
    VIEW_ARENA,
    VIEW_SIZES,
    VIEW_FLOWS,
    VIEW_GRAPH,
    VIEW_AGENT,
    VIEW_HELP,
    VIEW_SORT,
    VIEW_COLUMNS,
    VIEW_PICK,
    VIEW_COUNT
};

/* For the table of keys: the views where a key works. */
#define VIEW_BIT(view) (UINT32_C(1) << (view))

struct view {
    const char *name;     /* for the help and the settings file */
    enum model_kind kind; /* of its rows, if it is a list of the model's */
    bool is_list;         /* it is one */
    bool has_cursor;      /* a line of its own is selected, not only scrolled to */
    /* Makes what the screen shows; counts viewer->lines, and viewer->heading, which is 0 before. 0 or -ENOMEM. */
    int (*prepare)(struct viewer *viewer);
    /* Paints viewer->rows rows from viewer->top on. */
    void (*paint)(struct viewer *viewer);
    /* What Enter, or a click, does with the line of the cursor. NULL: nothing. */
    void (*open)(struct viewer *viewer);
    /* The cursor takes hold of the thing it stands on, so that it stays there whatever order comes. NULL: of nothing. */
    void (*hold)(struct viewer *viewer);
    /* A click into the heading, on its row counted from viewer->top. NULL: nothing. */
    void (*click_heading)(struct viewer *viewer, int row, int column);
};

extern const struct view views[VIEW_COUNT];

/* ---- the screens' functions, each screen in its own file ---- */

int view_list_prepare(struct viewer *viewer);
void view_list_paint(struct viewer *viewer);
void view_list_open(struct viewer *viewer);
void view_list_hold(struct viewer *viewer);
void view_list_click_heading(struct viewer *viewer, int row, int column);

/* Says behind `column` when `what` was read, where that was not for this very snapshot. */
void view_paint_sizes_age(struct viewer *viewer, int row, int column, const char *what);

int view_class_prepare(struct viewer *viewer);
void view_class_paint(struct viewer *viewer);
int view_arena_prepare(struct viewer *viewer);
void view_arena_paint(struct viewer *viewer);

int view_flows_prepare(struct viewer *viewer);
void view_flows_paint(struct viewer *viewer);
void view_flows_open(struct viewer *viewer);
void view_flows_hold(struct viewer *viewer);

int view_graph_prepare(struct viewer *viewer);
void view_graph_paint(struct viewer *viewer);

int view_agent_prepare(struct viewer *viewer);
void view_agent_paint(struct viewer *viewer);

int view_help_prepare(struct viewer *viewer);
void view_help_paint(struct viewer *viewer);

int view_sort_prepare(struct viewer *viewer);
void view_sort_paint(struct viewer *viewer);
void view_sort_open(struct viewer *viewer);
int view_columns_prepare(struct viewer *viewer);
void view_columns_paint(struct viewer *viewer);
void view_columns_open(struct viewer *viewer);

int view_pick_prepare(struct viewer *viewer);
void view_pick_paint(struct viewer *viewer);
void view_pick_open(struct viewer *viewer);
void view_pick_hold(struct viewer *viewer);

#endif
