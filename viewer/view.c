/* view.c: the table of screens. */
#include "view.h"

#include <stddef.h>

#define LIST(kind) \
    kind, true, true, view_list_prepare, view_list_paint, view_list_open, view_list_hold, view_list_click_heading
#define MENU(name, hold) MODEL_CLASSES, false, true, name##_prepare, name##_paint, name##_open, hold, NULL
#define PAGE(name)       MODEL_CLASSES, false, false, name##_prepare, name##_paint, NULL, NULL, NULL

const struct view views[VIEW_COUNT] = {
    [VIEW_CLASSES] = {"classes", LIST(MODEL_CLASSES)},
    [VIEW_CLASS] = {"class", PAGE(view_class)},
    [VIEW_THREADS] = {"threads", LIST(MODEL_THREADS)},
    [VIEW_ARENAS] = {"arenas", LIST(MODEL_ARENAS)},
    [VIEW_ARENA] = {"arena", PAGE(view_arena)},
    [VIEW_SIZES] = {"sizes", LIST(MODEL_SIZES)},
    [VIEW_FLOWS] = {"flows", MENU(view_flows, view_flows_hold)},
    [VIEW_GRAPH] = {"graph", PAGE(view_graph)},
    [VIEW_AGENT] = {"agent", PAGE(view_agent)},
    [VIEW_HELP] = {"help", PAGE(view_help)},
    [VIEW_SORT] = {"sort", MENU(view_sort, NULL)},
    [VIEW_COLUMNS] = {"columns", MENU(view_columns, NULL)},
    [VIEW_PICK] = {"processes", MENU(view_pick, view_pick_hold)},
};
