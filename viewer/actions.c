/* actions.c: what keys do to the viewer, and who gets an input: the prompt, the picker's filter or the table of keys. */
#include "actions.h"

#include <stdio.h>
#include <string.h>

#include "instant.h"
#include "keys.h"
#include "quantity.h"
#include "viewer.h"

#define DELAY_MAX_NS UINT64_C(3600000000000)
#define NS_PER_S     UINT64_C(1000000000)

/* ---- moving about ---- */

void act_quit(struct viewer *viewer, int argument)
{
    (void)argument;
    viewer->quit = true;
}

/* The terminal's business, and done by the live view; a row here puts it into the help. */
void act_redraw(struct viewer *viewer, int argument)
{
    (void)viewer;
    (void)argument;
}

void act_move(struct viewer *viewer, int lines)
{
    viewer_move(viewer, lines);
}

void act_page(struct viewer *viewer, int direction)
{
    int page = viewer->rows - viewer->heading - 1;
    viewer_move(viewer, (long)direction * (page > 1 ? page : 1));
}

void act_enter(struct viewer *viewer, int argument)
{
    const struct view *view = &views[viewer_view(viewer)];
    (void)argument;
    if (view->open != NULL)
        view->open(viewer);
}

/* Escape takes back what is nearest: what was searched for, the filter where it shows, the screen. */
void act_back(struct viewer *viewer, int argument)
{
    (void)argument;
    if (views[viewer_view(viewer)].is_list && viewer->find[0] != '\0')
        viewer->find[0] = '\0';
    else if (viewer->filter[0] != '\0' && viewer_filters(viewer))
        viewer->filter[0] = '\0';
    else if (viewer_back(viewer))
        return;
    else if (viewer_view(viewer) == VIEW_PICK)
        viewer->quit = true;
    else
        viewer_say(viewer, "This is the first screen; q quits.");
}

void act_toggle_view(struct viewer *viewer, int view)
{
    if (view == VIEW_SORT || view == VIEW_COLUMNS)
        viewer->cursors[view] = (struct viewer_cursor){0};
    if (viewer_view(viewer) != (enum view_id)view || !viewer_back(viewer))
        viewer_open(viewer, (enum view_id)view);
}

void act_show_view(struct viewer *viewer, int view)
{
    viewer_open(viewer, (enum view_id)view);
}

void act_show_of_class(struct viewer *viewer, int view)
{
    bool is_of_arena = view == VIEW_SIZES && viewer_view(viewer) == VIEW_ARENA;
    bool is_of_class = viewer_view(viewer) == VIEW_CLASS || is_of_arena;
    if (view == VIEW_SIZES && viewer_view(viewer) != VIEW_SIZES)
        viewer->sizes_of_arena = is_of_arena;
    if (viewer_view(viewer) != (enum view_id)view)
        snprintf(viewer->only_class, sizeof(viewer->only_class), "%s", is_of_class ? viewer->opened_class : "");
    act_toggle_view(viewer, view);
}

void act_pick(struct viewer *viewer, int argument)
{
    (void)argument;
    viewer_pick(viewer, NULL);
}

void act_follow(struct viewer *viewer, int argument)
{
    (void)argument;
    if (!viewer->session.has_successor) {
        viewer_say(viewer, "No other process has taken its place.");
        return;
    }
    struct target successor = viewer->session.successor;
    viewer_watch(viewer, &successor);
}

/* ---- time ---- */

void act_step(struct viewer *viewer, int snapshots)
{
    session_step(&viewer->session, snapshots);
}

void act_oldest(struct viewer *viewer, int argument)
{
    (void)argument;
    session_home(&viewer->session);
}

void act_newest(struct viewer *viewer, int argument)
{
    (void)argument;
    session_end(&viewer->session);
}

void act_seek(struct viewer *viewer, int argument)
{
    (void)argument;
    prompt_open(&viewer->prompt, PROMPT_MOMENT, "");
}

void act_pause(struct viewer *viewer, int argument)
{
    (void)argument;
    session_pause(&viewer->session);
}

void act_baseline(struct viewer *viewer, int argument)
{
    (void)argument;
    if (viewer->model.baseline.there)
        model_unset(&viewer->model.baseline);
    else if (model_set_baseline(&viewer->model) != 0)
        viewer_say(viewer, "There is not enough memory for a baseline.");
    else /* as long as the ring has them: once they are found they are kept */
        sizes_at(&viewer->sizes, &viewer->session, SIZES_BASELINE, &viewer->model.baseline);
}

/* ---- order and choice ---- */

static struct settings_table *table_of(struct viewer *viewer)
{
    return &viewer->settings.tables[viewer_list_kind(viewer)];
}

void act_find(struct viewer *viewer, int argument)
{
    (void)argument;
    prompt_open(&viewer->prompt, PROMPT_FIND, "");
}

void act_find_next(struct viewer *viewer, int direction)
{
    viewer_find(viewer, direction);
}

void act_filter(struct viewer *viewer, int argument)
{
    (void)argument;
    prompt_open(&viewer->prompt, PROMPT_FILTER, viewer->filter);
}

/* Over the columns on the screen: by one that is not there nobody would see what has become of the order. */
void act_order_beside(struct viewer *viewer, int direction)
{
    const struct table *table = &viewer->table;
    if (table->count == 0 || table->kind != viewer_list_kind(viewer))
        return; /* another list was opened, and has not been painted yet */
    struct column_order *order = &table_of(viewer)->order;
    long place = table_place(table, order->column);
    size_t at = place >= 0 ? (size_t)place : 0;
    for (size_t steps = 0; steps < table->count; steps++) {
        at = (at + (direction < 0 ? table->count - 1 : 1)) % table->count;
        if (column_orders(table->places[at].column))
            break;
    }
    *order = (struct column_order){table->places[at].column, false};
}

void act_invert(struct viewer *viewer, int argument)
{
    (void)argument;
    table_of(viewer)->order.reversed = !table_of(viewer)->order.reversed;
}

void act_toggle_idle(struct viewer *viewer, int argument)
{
    (void)argument;
    viewer->settings.hide_idle = !viewer->settings.hide_idle;
    viewer_say(viewer, viewer->settings.hide_idle ? "What is idle is hidden." : "What is idle is shown.");
}

void act_next_unit(struct viewer *viewer, int argument)
{
    (void)argument;
    viewer->settings.unit = (enum format_unit)((viewer->settings.unit + 1) % FORMAT_UNIT_COUNT);
    viewer_say(viewer, "Unit: %s.", format_unit_word(viewer->settings.unit));
}

void act_next_palette(struct viewer *viewer, int argument)
{
    (void)argument;
    viewer->settings.palette = (enum palette)((viewer->settings.palette + 1) % PALETTE_COUNT);
    viewer_say(viewer, "Colours: %s.", settings_palette_word(viewer->settings.palette));
}

void act_delay(struct viewer *viewer, int argument)
{
    char text[FORMAT_BYTES];
    (void)argument;
    prompt_open(&viewer->prompt, PROMPT_DELAY, settings_delay(&viewer->settings, text));
}

/* ---- single screens ---- */

void act_toggle_flows_total(struct viewer *viewer, int argument)
{
    (void)argument;
    viewer->flows_total = !viewer->flows_total;
}

void act_toggle_flows_count(struct viewer *viewer, int argument)
{
    (void)argument;
    viewer->flows_count = !viewer->flows_count;
}

void act_scroll_across(struct viewer *viewer, int columns)
{
    struct viewer_cursor *cursor = viewer_cursor(viewer);
    if (columns < 0)
        cursor->across -= cursor->across > 0;
    else if (cursor->across + 1 < viewer->lines)
        cursor->across++;
}

void act_zoom_range(struct viewer *viewer, int argument)
{
    (void)argument;
    viewer->graph_zoomed = !viewer->graph_zoomed;
}

void act_zoom_span(struct viewer *viewer, int direction)
{
    past_zoom(&viewer->past, direction);
}

/* ---- who gets an input ---- */

/* As behind the @ of the command line: a number, or a time, of day before the newest there is. */
static void take_moment(struct viewer *viewer)
{
    const char *text = viewer->prompt.text;
    uint64_t number;
    bool is_seq = quantity_count(text + (text[0] == '#'), &number) == 0;
    if (!is_seq && instant_parse(text, viewer->newest_ns, &number) != 0)
        viewer_say(viewer, "A moment is a time, 19:32 or 2026-11-22 19:32:00, or a snapshot's number.");
    else if (is_seq ? !session_seek_seq(&viewer->session, number) : !session_seek_time(&viewer->session, number))
        viewer_say(viewer, "There is no such snapshot.");
    else if (!is_seq && session_begins_after(&viewer->session, number))
        viewer_say(viewer, "No snapshot is as early as that; this is the oldest.");
}

static void take_delay(struct viewer *viewer)
{
    uint64_t delay_ns;
    if (quantity_seconds(viewer->prompt.text, &delay_ns) != 0 || delay_ns > DELAY_MAX_NS)
        viewer_say(viewer, "The delay is a number of seconds, 0 to 3600.");
    else
        viewer->settings.delay_ns = delay_ns;
}

/* What is typed takes effect at once, but for the moment and the delay. */
static void take_prompt(struct viewer *viewer, enum prompt_kind kind, enum prompt_result result)
{
    const char *text = viewer->prompt.text;
    if (kind == PROMPT_FILTER)
        snprintf(viewer->filter, sizeof(viewer->filter), "%s", text);
    if (kind == PROMPT_FIND) {
        snprintf(viewer->find, sizeof(viewer->find), "%s", text);
        if (result != PROMPT_CANCELLED)
            viewer_find(viewer, 0);
    }
    if (kind == PROMPT_MOMENT && result == PROMPT_DONE)
        take_moment(viewer);
    if (kind == PROMPT_DELAY && result == PROMPT_DONE)
        take_delay(viewer);
}

static bool is_printable(uint32_t input)
{
    return input >= ' ' && input < INPUT_UP && input != INPUT_BACKSPACE;
}

/* The picker has no prompt to open: its filter takes what is typed, until Escape clears it. */
static bool take_pick_filter(struct viewer *viewer, uint32_t input)
{
    struct prompt prompt;
    bool is_empty = viewer->pick_filter[0] == '\0';
    if (viewer_view(viewer) != VIEW_PICK)
        return false;
    if (!is_printable(input) && (is_empty || (input != INPUT_BACKSPACE && input != INPUT_ESCAPE)))
        return false;
    prompt_open(&prompt, PROMPT_FILTER, viewer->pick_filter);
    prompt_input(&prompt, input);
    snprintf(viewer->pick_filter, sizeof(viewer->pick_filter), "%s", input == INPUT_ESCAPE ? "" : prompt.text);
    return true;
}

void viewer_input(struct viewer *viewer, uint32_t input)
{
    enum prompt_kind kind = viewer->prompt.kind;
    viewer->notice[0] = '\0';
    if (kind != PROMPT_NONE) {
        enum prompt_result result = prompt_input(&viewer->prompt, input);
        take_prompt(viewer, kind, result);
        if (result != PROMPT_LEFT)
            return;
    }
    if (take_pick_filter(viewer, input))
        return;
    const struct key *key = keys_find(input, viewer_view(viewer));
    if (key != NULL && (viewer_watches(viewer) || !keys_need_process(key)))
        key->act(viewer, key->argument);
}
