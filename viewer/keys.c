/* keys.c: the table of keys, and what each does to the viewer. */
#include "keys.h"

#include <string.h>

#include "viewer.h"

/* ---- what keys do ---- */

static void quit(struct viewer *viewer, int argument)
{
    (void)argument;
    viewer->quit = true;
}

static void move(struct viewer *viewer, int lines)
{
    viewer_move(viewer, lines);
}

static void page(struct viewer *viewer, int direction)
{
    int heading = views[viewer_view(viewer)].heading;
    viewer_move(viewer, (long)direction * (viewer->rows > heading + 1 ? viewer->rows - heading - 1 : 1));
}

/* The key that opened a screen closes it too. */
static void open_view(struct viewer *viewer, int view)
{
    if (viewer_view(viewer) != (enum view_id)view || !viewer_back(viewer))
        viewer_open(viewer, (enum view_id)view);
}

/* Escape takes back what is nearest: the filter, then the screen. */
static void back(struct viewer *viewer, int argument)
{
    (void)argument;
    if (viewer->filter[0] != '\0')
        viewer->filter[0] = '\0';
    else if (!viewer_back(viewer))
        viewer_say(viewer, "This is the first screen; q quits.");
}

static void toggle_flows_total(struct viewer *viewer, int argument)
{
    (void)argument;
    viewer->flows_total = !viewer->flows_total;
}

static void toggle_flows_count(struct viewer *viewer, int argument)
{
    (void)argument;
    viewer->flows_count = !viewer->flows_count;
}

static struct settings_table *table_of(struct viewer *viewer)
{
    return &viewer->settings.tables[views[viewer_view(viewer)].kind];
}

/* Orders by the next column to the left or right that rows can be ordered by. */
static void sort_beside(struct viewer *viewer, int direction)
{
    struct settings_table *table = table_of(viewer);
    size_t at = 0;
    for (size_t i = 0; i < table->count; i++)
        if (table->columns[i] == table->order.column)
            at = i;
    for (size_t steps = 0; steps < table->count; steps++) {
        at = (at + table->count + (size_t)(direction + (int)table->count)) % table->count;
        if (column_orders(table->columns[at]))
            break;
    }
    table->order = (struct column_order){table->columns[at], false};
}

static void invert(struct viewer *viewer, int argument)
{
    (void)argument;
    table_of(viewer)->order.reversed = !table_of(viewer)->order.reversed;
}

static void next_unit(struct viewer *viewer, int argument)
{
    (void)argument;
    viewer->settings.unit = (enum format_unit)((viewer->settings.unit + 1) % FORMAT_UNIT_COUNT);
    viewer_say(viewer, "Bytes are shown as %s.", format_unit_word(viewer->settings.unit));
}

static void scroll_across(struct viewer *viewer, int columns)
{
    struct viewer_cursor *cursor = viewer_cursor(viewer);
    if (columns < 0)
        cursor->across -= cursor->across > 0;
    else if (cursor->across + 1 < viewer->lines)
        cursor->across++;
}

/* ---- the table ---- */

#define LISTS VIEW_BIT(VIEW_CLASSES)
#define FLOWS VIEW_BIT(VIEW_FLOWS)

const struct key keys[] = {
    {{INPUT_F1, '?', 'h'}, "F1 ? h", "F1", "help", "Shows this help", open_view, VIEW_HELP, 0},
    {{'<'}, "<", "<", "sort", "Orders by the column to the left", sort_beside, -1, LISTS},
    {{'>'}, ">", ">", "sort", "Orders by the column to the right", sort_beside, 1, LISTS},
    {{'I'}, "I", NULL, NULL, "Inverts the order", invert, 0, LISTS},
    {{'m'}, "m", "m", "flows", "Shows who frees whose memory", open_view, VIEW_FLOWS, 0},
    {{'s'}, "s", "s", "since start", "Flows: a second, or since the start", toggle_flows_total, 0, FLOWS},
    {{'c'}, "c", "c", "blocks", "Flows: bytes, or blocks", toggle_flows_count, 0, FLOWS},
    {{'<'}, "<", "<", "left", "Flows: scrolls to the left", scroll_across, -1, FLOWS},
    {{'>'}, ">", ">", "right", "Flows: scrolls to the right", scroll_across, 1, FLOWS},
    {{'u'},
     "u",
     "u",
     "units",
     "Bytes as K/M/G, in full, or as percent of what the process has allocated",
     next_unit,
     0,
     0},
    {{INPUT_UP, 'k'}, "Up k", NULL, NULL, "Moves up", move, -1, 0},
    {{INPUT_DOWN, 'j'}, "Down j", NULL, NULL, "Moves down", move, 1, 0},
    {{INPUT_CONTROL('U')}, "Ctrl-U", NULL, NULL, "Moves up by a page", page, -1, 0},
    {{INPUT_CONTROL('D')}, "Ctrl-D", NULL, NULL, "Moves down by a page", page, 1, 0},
    {{INPUT_ESCAPE, INPUT_BACKSPACE}, "Esc Backspace", NULL, NULL, "Clears the filter, or goes back", back, 0, 0},
    {{'q', INPUT_F10}, "q F10", "q", "quit", "Quits", quit, 0, 0},
};
const size_t keys_count = sizeof(keys) / sizeof(keys[0]);

const struct key *keys_find(uint32_t input, unsigned view)
{
    for (size_t i = 0; i < keys_count; i++)
        for (size_t j = 0; j < sizeof(keys[i].inputs) / sizeof(keys[i].inputs[0]); j++)
            if (keys[i].inputs[j] == input && (keys[i].views == 0 || (keys[i].views & VIEW_BIT(view)) != 0))
                return &keys[i];
    return NULL;
}

void viewer_input(struct viewer *viewer, uint32_t input)
{
    const struct key *key = input != 0 ? keys_find(input, viewer_view(viewer)) : NULL;
    viewer->notice[0] = '\0';
    if (key != NULL)
        key->act(viewer, key->argument);
}
