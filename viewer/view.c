/* view.c: the table of screens. */
#include "view.h"

#include <stddef.h>

const struct view views[VIEW_COUNT] = {
    [VIEW_CLASSES] = {"classes", MODEL_CLASSES, view_list_prepare, view_list_paint, view_list_click, true, 1},
    [VIEW_FLOWS] = {"flows", MODEL_CLASSES, view_flows_prepare, view_flows_paint, NULL, true, 1},
    [VIEW_HELP] = {"help", MODEL_CLASSES, view_help_prepare, view_help_paint, NULL, false, 0},
};
