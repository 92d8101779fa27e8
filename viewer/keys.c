/* keys.c: the table of keys. What they do to the viewer stands in actions.c. */
#include "keys.h"

#include "actions.h"
#include "view.h"

#define LISTS (VIEW_BIT(VIEW_CLASSES) | VIEW_BIT(VIEW_THREADS) | VIEW_BIT(VIEW_ARENAS) | VIEW_BIT(VIEW_SIZES))
#define FLOWS VIEW_BIT(VIEW_FLOWS)
#define GRAPH (VIEW_BIT(VIEW_GRAPH) | VIEW_BIT(VIEW_CLASS))
#define SIZES (VIEW_BIT(VIEW_CLASS) | VIEW_BIT(VIEW_ARENA))
#define MENUS (VIEW_BIT(VIEW_SORT) | VIEW_BIT(VIEW_COLUMNS))
#define PICK  VIEW_BIT(VIEW_PICK)
#define OPENS (LISTS | FLOWS | PICK)
#define WATCH (~PICK) /* all screens about one process, and only while there is one */
#define ALL   0

const struct key keys[] = {
    {{INPUT_F1, '?', 'h'}, "F1 ? h", "F1", NULL, "help", "Shows this help", act_toggle_view, VIEW_HELP, ALL},
    {{'/'}, "/", "/", NULL, "find", "Finds a name; Enter keeps it", act_find, 0, LISTS},
    {{'n'}, "n", NULL, NULL, "", "Goes to the next name found", act_find_next, 1, LISTS},
    {{'N'}, "N", NULL, NULL, "", "Goes to the one before", act_find_next, -1, LISTS},
    {{'\\', INPUT_F4}, "\\ F4", "\\", NULL, "filter", "Shows only names with this in them", act_filter, 0, LISTS},
    {{'<'}, "<", "<", NULL, "", "Orders by the column to the left", act_order_beside, -1, LISTS},
    {{'>'}, ">", ">", NULL, "sort", "Orders by the column to the right", act_order_beside, 1, LISTS},
    {{INPUT_F6, 's'},
     "F6 s",
     NULL,
     NULL,
     "",
     "Picks the column to order by",
     act_toggle_view,
     VIEW_SORT,
     LISTS | VIEW_BIT(VIEW_SORT)},
    {{'I'}, "I", NULL, NULL, "", "Inverts the order", act_invert, 0, LISTS | VIEW_BIT(VIEW_SORT)},
    {{INPUT_F2, 'C'},
     "F2 C",
     NULL,
     NULL,
     "",
     "Picks the columns that are shown",
     act_toggle_view,
     VIEW_COLUMNS,
     LISTS | VIEW_BIT(VIEW_COLUMNS)},
    {{'i'}, "i", NULL, NULL, "", "Hides what holds and moves nothing, or shows it", act_toggle_idle, 0, LISTS},
    {{INPUT_ENTER, ' '},
     "Enter Space",
     "Enter",
     NULL,
     "choose",
     "Menus: takes what the cursor is on",
     act_enter,
     0,
     MENUS},
    {{'s'}, "s", "s", NULL, "since start", "Flows: a second, or since the start", act_toggle_flows_total, 0, FLOWS},
    {{'x'}, "x", "x", NULL, "blocks", "Flows: bytes, or blocks", act_toggle_flows_count, 0, FLOWS},
    {{'<'}, "<", "<", NULL, "", "Flows: scrolls to the left", act_scroll_across, -1, FLOWS},
    {{'>'}, ">", ">", NULL, "scroll", "Flows: scrolls to the right", act_scroll_across, 1, FLOWS},
    {{'z'}, "z", "z", NULL, "zoom", "Graph: from zero, or only the range that occurs", act_zoom_range, 0, GRAPH},
    {{'+', '='}, "+", "+", NULL, "", "Graph: reaches back further", act_zoom_span, 1, GRAPH},
    {{'-'}, "-", "-", NULL, "span", "Graph: reaches back less", act_zoom_span, -1, GRAPH},
    {{INPUT_ENTER}, "Enter", "Enter", NULL, "open", "Opens what the cursor is on", act_enter, 0, OPENS},
    {{INPUT_ESCAPE, INPUT_BACKSPACE},
     "Esc Backspace",
     NULL,
     NULL,
     "",
     "Clears the filter, or goes back",
     act_back,
     0,
     ALL},
    {{'c'}, "c", NULL, NULL, "", "Shows the classes", act_show_view, VIEW_CLASSES, WATCH},
    {{'m'}, "m", "m", NULL, "flows", "Shows who frees whose memory", act_toggle_view, VIEW_FLOWS, WATCH},
    {{'t'},
     "t",
     "t",
     NULL,
     "threads",
     "Shows threads; of an opened class its own",
     act_show_of_class,
     VIEW_THREADS,
     WATCH},
    {{'a'},
     "a",
     "a",
     NULL,
     "arenas",
     "Shows arenas; of an opened class its own",
     act_show_of_class,
     VIEW_ARENAS,
     WATCH},
    {{'e'},
     "e",
     "e",
     NULL,
     "sizes",
     "Shows the size classes of an opened class or arena",
     act_show_of_class,
     VIEW_SIZES,
     SIZES},
    {{'e'},
     "e",
     NULL,
     NULL,
     "",
     "Shows the size classes of all classes",
     act_show_of_class,
     VIEW_SIZES,
     WATCH & ~SIZES},
    {{'g'}, "g", "g", NULL, "graph", "Shows the largest classes over time", act_toggle_view, VIEW_GRAPH, WATCH},
    {{'w'}, "w", NULL, NULL, "", "Shows the agent's warnings and what it costs", act_toggle_view, VIEW_AGENT, WATCH},
    {{'p'}, "p", NULL, NULL, "", "Picks another process", act_pick, 0, ALL},
    {{'r'}, "r", NULL, NULL, "", "Follows the new process that took this one's place", act_follow, 0, WATCH},
    {{INPUT_LEFT}, "Left", "←→", "Left", "time", "Goes back in time by a snapshot", act_step, -1, WATCH},
    {{INPUT_RIGHT}, "Right", NULL, NULL, "", "Goes forward by a snapshot", act_step, 1, WATCH},
    {{INPUT_PAGE_UP}, "PgUp", NULL, NULL, "", "Goes back by 60 snapshots", act_step, -60, WATCH},
    {{INPUT_PAGE_DOWN}, "PgDn", NULL, NULL, "", "Goes forward by 60 snapshots", act_step, 60, WATCH},
    {{INPUT_HOME}, "Home", NULL, NULL, "", "Goes to the oldest snapshot", act_oldest, 0, WATCH},
    {{'@'},
     "@",
     NULL,
     NULL,
     "",
     "Goes to a time, such as 19:32 or 2026-11-22 19:32:00, or to the snapshot of a number",
     act_seek,
     0,
     WATCH},
    {{INPUT_END}, "End", NULL, NULL, "", "Goes back to the newest, and follows", act_newest, 0, WATCH},
    {{' '},
     "Space",
     "Space",
     NULL,
     "pause",
     "Stays at this moment, or goes on; nothing is lost meanwhile",
     act_pause,
     0,
     WATCH & ~MENUS},
    {{'b'}, "b", "b", NULL, "baseline", "Shows differences from now on, or amounts again", act_baseline, 0, WATCH},
    {{'u'},
     "u",
     NULL,
     NULL,
     "",
     "Bytes as K/M/G, in full, or as percent of what the process has allocated",
     act_next_unit,
     0,
     ALL},
    {{'d'}, "d", NULL, NULL, "", "Sets the time between two frames; 0: as snapshots come", act_delay, 0, ALL},
    {{'P'}, "P", NULL, NULL, "", "Colours for a dark screen, a light one, or none", act_next_palette, 0, ALL},
    {{0}, "a letter", NULL, NULL, "", "Processes: filters them; Esc clears the filter, or goes back", NULL, 0, PICK},
    {{INPUT_UP, 'k'}, "Up k", NULL, NULL, "", "Moves up", act_move, -1, ALL},
    {{INPUT_DOWN, 'j'}, "Down j", NULL, NULL, "", "Moves down", act_move, 1, ALL},
    {{INPUT_CONTROL('U')}, "Ctrl-U", NULL, NULL, "", "Moves up by a page", act_page, -1, ALL},
    {{INPUT_CONTROL('D')}, "Ctrl-D", NULL, NULL, "", "Moves down by a page", act_page, 1, ALL},
    {{INPUT_CONTROL('L')}, "Ctrl-L", NULL, NULL, "", "Draws everything anew", act_redraw, 0, ALL},
    {{INPUT_F10}, "F10", "F10", NULL, "quit", "Quits, where a q is typed into the filter", act_quit, 0, PICK},
    {{'q', INPUT_F10}, "q F10", "q", NULL, "quit", "Quits", act_quit, 0, ALL},
};
const size_t keys_count = sizeof(keys) / sizeof(keys[0]);

static bool has_input(const struct key *key, uint32_t input)
{
    for (size_t i = 0; i < sizeof(key->inputs) / sizeof(key->inputs[0]); i++)
        if (key->inputs[i] == input)
            return true;
    return false;
}

bool keys_need_process(const struct key *key)
{
    return (key->views & VIEW_BIT(VIEW_HELP)) != 0;
}

const struct key *keys_find(uint32_t input, unsigned view)
{
    const struct key *everywhere = NULL;
    for (size_t i = 0; i < keys_count && input != 0; i++) {
        if (!has_input(&keys[i], input))
            continue;
        if ((keys[i].views & VIEW_BIT(view)) != 0)
            return &keys[i];
        if (keys[i].views == ALL)
            everywhere = &keys[i];
    }
    return everywhere;
}
