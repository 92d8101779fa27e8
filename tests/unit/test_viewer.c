/* test_viewer.c: the view without a terminal: every key of the table, time, the cursor that stays on its thing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "actions.h"
#include "keys.h"
#include "synth.h"
#include "viewer.h"

#define ROWS    30
#define COLUMNS 120
#define SECOND  UINT64_C(1000000000)

static char path[] = "/tmp/arenatop-test-viewer.XXXXXX";
static struct viewer viewer;
static uint64_t now_ns;

static void look(void)
{
    now_ns += SECOND;
    viewer_look(&viewer, now_ns, now_ns);
    while (viewer_fill(&viewer)) {
    }
    assert_int_equal(viewer_paint(&viewer, ROWS, COLUMNS), 0);
}

static void open_file(void)
{
    struct failure failure;
    struct target target;
    viewer_init(&viewer);
    viewer.canvas.utf8 = viewer.canvas.pictures = true;
    now_ns = UINT64_C(2000000000) * SECOND;
    assert_int_equal(target_resolve(&target, path, &failure), TARGET_FOUND);
    assert_int_equal(session_open(&viewer.session, &target, &failure), 0);
    look();
    look();
}

static int set_up(void **state)
{
    (void)state;
    open_file();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    viewer_free(&viewer);
    return 0;
}

static int make_file(void **state)
{
    struct synth_options options;
    (void)state;
    synth_defaults(&options);
    options.classes = 30;
    options.threads = 3;
    options.history = 40;
    options.wave_bytes = 1 << 20;
    options.ring_bytes = 4 << 20;
    int file = mkstemp(path);
    if (file < 0)
        return -1;
    close(file);
    unlink(path);
    return synth_file(&options, path);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void press(uint32_t input)
{
    viewer_input(&viewer, input);
    look();
}

static void type(const char *text)
{
    for (; *text != '\0'; text++)
        viewer_input(&viewer, (unsigned char)*text);
    look();
}

static const char *line(int row)
{
    static char text[8192];
    canvas_line(&viewer.canvas, row, text, sizeof(text));
    return text;
}

static bool shows(const char *part)
{
    for (int row = 0; row < viewer.canvas.rows; row++)
        if (strstr(line(row), part) != NULL)
            return true;
    return false;
}

static bool cursor_on(const char *name)
{
    for (int row = 0; row < viewer.canvas.rows; row++)
        if (strncmp(line(row), "▸", strlen("▸")) == 0)
            return strstr(line(row), name) != NULL;
    return false;
}

/* ---- every key ---- */

/* Everything that a person could notice. */
static uint64_t appearance(void)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    const unsigned char *cells = (const unsigned char *)viewer.canvas.cells;
    size_t bytes = (size_t)viewer.canvas.rows * (size_t)viewer.canvas.columns * sizeof(*viewer.canvas.cells);
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ cells[i]) * UINT64_C(1099511628211);
    hash ^= (uint64_t)viewer.quit << 1 ^ (uint64_t)viewer.settings.palette << 2 ^ (uint64_t)viewer.depth << 8;
    return hash ^ (uint64_t)viewer.canvas.caret_row << 16;
}

/* In the middle of everything, so that there is somewhere to go in every direction. */
static void go_to_the_middle(enum view_id view)
{
    act_step(&viewer, -20);
    snprintf(viewer.find, sizeof(viewer.find), "class-1");
    snprintf(viewer.opened_class, sizeof(viewer.opened_class), "main");
    viewer.opened_arena = 1;
    viewer.past.span = 2;
    if (view == VIEW_SORT || view == VIEW_COLUMNS || view == VIEW_CLASS)
        viewer_open(&viewer, VIEW_CLASSES);
    if (view != viewer_view(&viewer))
        viewer_open(&viewer, view);
    look();
    viewer_cursor(&viewer)->across = 1;
    viewer_move(&viewer, 15);
    look();
}

static void has_effect(const struct key *key, uint32_t input, enum view_id view)
{
    open_file();
    go_to_the_middle(view);
    uint64_t before = appearance();
    press(input);
    if (appearance() == before)
        fail_msg("%s (0x%x) does nothing on the screen of %s", key->name, (unsigned)input, views[view].name);
    viewer_free(&viewer);
}

static void every_key_does_something(void **state)
{
    (void)state;
    for (size_t i = 0; i < keys_count; i++) {
        const struct key *key = &keys[i];
        bool everywhere = key->views == 0 || (key->views & VIEW_BIT(VIEW_AGENT)) != 0;
        for (size_t j = 0; j < 3 && key->inputs[j] != 0; j++) {
            if (key->act == act_redraw)
                continue;
            for (enum view_id view = 0; view < VIEW_PICK && !everywhere; view++)
                if ((key->views & VIEW_BIT(view)) != 0)
                    has_effect(key, key->inputs[j], view);
            if (everywhere)
                has_effect(key, key->inputs[j], key->act == act_show_view ? VIEW_AGENT : VIEW_CLASSES);
        }
    }
}

static void keys_are_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < keys_count; i++) {
        assert_true(keys[i].name[0] != '\0' && keys[i].help[0] != '\0');
        assert_true(keys[i].help[strlen(keys[i].help) - 1] != '.');
        for (size_t j = 0; j < 3 && keys[i].inputs[j] != 0; j++)
            for (enum view_id view = 0; view < VIEW_COUNT; view++)
                if (keys[i].views != 0 && (keys[i].views & VIEW_BIT(view)) != 0)
                    assert_ptr_equal(keys_find(keys[i].inputs[j], view), &keys[i]);
    }
    assert_null(keys_find(0, VIEW_CLASSES));
    assert_null(keys_find('~', VIEW_CLASSES));
}

static void every_key_is_in_the_help(void **state)
{
    (void)state;
    open_file();
    viewer_open(&viewer, VIEW_HELP);
    assert_int_equal(viewer_paint(&viewer, 400, COLUMNS), 0);
    for (size_t i = 0; i < keys_count; i++)
        assert_true(shows(keys[i].help));
    viewer_free(&viewer);
}

/* Before a process is picked there is nothing to say of one, and nothing to do with it. */
static void help_of_the_picker(void **state)
{
    (void)state;
    viewer_free(&viewer);
    viewer_init(&viewer);
    viewer.canvas.utf8 = viewer.canvas.pictures = true;
    viewer_pick(&viewer, NULL);
    look();
    press(INPUT_F1);
    assert_string_equal(line(0), "  KEYS");
    assert_string_equal(line(ROWS - 1), "F1 help  q quit");
    press('m');
    press(' ');
    press('b');
    assert_string_equal(line(0), "  KEYS");
    assert_int_equal(viewer_paint(&viewer, 100, COLUMNS), 0);
    assert_true(shows("a letter        Processes: filters them"));
    press(INPUT_ESCAPE);
    assert_true(shows("Which process?"));
}

static void nonsense_does_nothing(void **state)
{
    (void)state;
    uint64_t before = appearance();
    press('~');
    press(0);
    press(INPUT_F1 + 11);
    press(0x10ffff);
    assert_true(appearance() == before);
}

/* ---- the cursor ---- */

static void the_cursor_stays_on_its_thing(void **state)
{
    (void)state;
    press(INPUT_DOWN);
    assert_true(cursor_on("io_thd_*"));
    press('I');
    assert_true(cursor_on("io_thd_*"));
    press(INPUT_LEFT);
    assert_true(cursor_on("io_thd_*"));
    press('\\');
    type("io_");
    press(INPUT_ENTER);
    assert_true(cursor_on("io_thd_*"));
    press(INPUT_ESCAPE);
    assert_true(cursor_on("io_thd_*"));
    press('t');
    press('t');
    assert_true(cursor_on("io_thd_*"));
}

static void a_filter_that_hides_it_moves_it(void **state)
{
    (void)state;
    press('\\');
    type("class-2");
    assert_true(cursor_on("class-2"));
    type("nothing");
    assert_true(shows("Nothing matches."));
    press(INPUT_ESCAPE);
    assert_true(cursor_on("main"));
}

static void it_never_leaves_the_rows(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        press(INPUT_DOWN);
    assert_true(cursor_on("(unbound)"));
    viewer_wheel(&viewer, 3);
    look();
    assert_true(cursor_on("(unbound)"));
    for (int i = 0; i < 100; i++)
        press(INPUT_UP);
    assert_true(cursor_on("main"));
    viewer_wheel(&viewer, -3);
    look();
    assert_true(cursor_on("main"));
}

/* ---- time ---- */

static void time_has_two_ends(void **state)
{
    (void)state;
    press(INPUT_HOME);
    assert_true(shows("◀"));
    assert_int_equal(viewer.model.now.snapshot.head.seq, 1);
    press(INPUT_LEFT);
    press(INPUT_PAGE_UP);
    assert_int_equal(viewer.model.now.snapshot.head.seq, 1);
    assert_false(viewer.model.before.there);
    press(INPUT_RIGHT);
    assert_int_equal(viewer.model.now.snapshot.head.seq, 2);
    assert_int_equal(viewer.model.before.snapshot.head.seq, 1);
    press(INPUT_PAGE_DOWN);
    assert_int_equal(viewer.model.now.snapshot.head.seq, 40);
    press(INPUT_RIGHT);
    assert_int_equal(viewer.model.now.snapshot.head.seq, 40);
    press(INPUT_END);
    assert_true(viewer.session.follow);
}

static void every_screen_works_at_every_moment(void **state)
{
    (void)state;
    static const uint32_t moments[] = {INPUT_HOME, INPUT_RIGHT, INPUT_PAGE_DOWN, INPUT_LEFT, INPUT_END};
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        press(moments[i]);
        for (enum view_id view = 0; view < VIEW_COUNT; view++) {
            go_to_the_middle(view);
            for (int rows = 1; rows < 60; rows += 7)
                for (int columns = 1; columns < 420; columns += 37)
                    assert_int_equal(viewer_paint(&viewer, rows, columns), 0);
            viewer.depth = 1;
        }
        press('b');
    }
}

static void trends_go_with_the_moment(void **state)
{
    (void)state;
    uint64_t values[64];
    press(INPUT_LEFT);
    press(INPUT_LEFT);
    size_t count =
        history_series(&viewer.model.trend, HISTORY_PROCESS, HISTORY_LIVE, viewer.model.now.place, 60, 60, values);
    assert_int_equal(count, 38);
    assert_int_equal(values[count - 1], viewer.model.now.live);
}

/* ---- what is typed ---- */

/* Goes where is typed at the prompt for a moment. */
static void go_to(const char *moment)
{
    press('@');
    type(moment);
    press(INPUT_ENTER);
}

/* A moment is a number or a time; a time of day is one before the newest snapshot, wherever one looks. */
static void a_moment_is_gone_to(void **state)
{
    (void)state;
    char moment[64];
    time_t seconds = (time_t)(viewer.model.now.snapshot.head.time_ns / SECOND - 5);
    struct tm utc;

    go_to("7");
    assert_int_equal(viewer.model.now.snapshot.head.seq, 7);
    assert_true(shows("◀"));
    go_to("#12");
    assert_int_equal(viewer.model.now.snapshot.head.seq, 12);
    assert_non_null(gmtime_r(&seconds, &utc));
    strftime(moment, sizeof(moment), "%Y-%m-%d %H:%M:%SZ", &utc);
    go_to(moment);
    assert_int_equal(viewer.model.now.snapshot.head.seq, 35);
    go_to("1");
    strftime(moment, sizeof(moment), "%H:%M:%SZ", &utc);
    go_to(moment);
    assert_int_equal(viewer.model.now.snapshot.head.seq, 35);
}

/* What is before all that is there leads to the oldest, and that it is another moment than the one asked for is said. */
static void what_is_too_early_is_said(void **state)
{
    static const char said[] = "No snapshot is as early as that; this is the oldest.";
    char moment[64];
    struct tm utc;
    (void)state;
    go_to("1");
    assert_false(shows(said));
    time_t oldest = (time_t)(viewer.model.now.snapshot.head.time_ns / SECOND);
    go_to("1999-01-01T00:00Z");
    assert_int_equal(viewer.model.now.snapshot.head.seq, 1);
    assert_true(shows(said));
    assert_non_null(gmtime_r(&(time_t){oldest + 1}, &utc));
    strftime(moment, sizeof(moment), "%Y-%m-%d %H:%M:%SZ", &utc);
    go_to(moment);
    assert_false(shows(said));
}

static void no_moment_is_said_and_stays(void **state)
{
    (void)state;
    go_to("7");
    go_to("41");
    assert_true(shows("There is no such snapshot."));
    go_to("soon");
    assert_true(shows("A moment is a time, 19:32 or 2026-11-22 19:32:00, or a snapshot's number."));
    press('@');
    type("9");
    press(INPUT_ESCAPE);
    assert_int_equal(viewer.model.now.snapshot.head.seq, 7);
}

static void the_delay_is_a_number(void **state)
{
    (void)state;
    press('d');
    type("\x7f"
         "1.5");
    press(INPUT_ENTER);
    assert_true(viewer.settings.delay_ns == 3 * SECOND / 2);
    press('d');
    type("\x15"
         "3601");
    press(INPUT_ENTER);
    assert_true(shows("The delay is a number"));
    assert_true(viewer.settings.delay_ns == 3 * SECOND / 2);
}

/* What is typed takes the place of the delay that there is, which the header shows as long as there is one. */
static void a_new_delay_is_no_longer_number(void **state)
{
    (void)state;
    assert_false(shows("  every "));
    press('d');
    type("5");
    press(INPUT_ENTER);
    assert_true(shows("  every 5s"));
    press('d');
    assert_true(shows("seconds between two frames: 5"));
    type("2.5");
    press(INPUT_ENTER);
    assert_true(viewer.settings.delay_ns == 5 * SECOND / 2);
    assert_true(shows("  every 2.500s"));
    press('d');
    press(INPUT_BACKSPACE);
    type("75");
    press(INPUT_ENTER);
    assert_true(viewer.settings.delay_ns == SECOND / 1000 * 2507 + 500000);
    press('d');
    type("0");
    press(INPUT_ENTER);
    assert_false(shows("  every "));
}

static void a_prompt_that_is_left_by_a_key_does_both(void **state)
{
    (void)state;
    press('\\');
    type("class-1");
    press(INPUT_DOWN);
    assert_true(shows("filter: class-1"));
    assert_true(cursor_on("class-11"));
}

static void typed_text_is_shown_never_sent(void **state)
{
    (void)state;
    press('/');
    viewer_input(&viewer, 0x1b5b);
    viewer_input(&viewer, 0x9b);
    viewer_input(&viewer, 0x202e);
    look();
    for (size_t i = 0; i < (size_t)viewer.canvas.rows * (size_t)viewer.canvas.columns; i++)
        assert_false(viewer.canvas.cells[i].character != 0 && text_is_control(viewer.canvas.cells[i].character));
}

static void a_very_long_line_ends_somewhere(void **state)
{
    (void)state;
    press('/');
    for (int i = 0; i < 1000; i++)
        viewer_input(&viewer, 0x65e5);
    look();
    assert_true(viewer.canvas.caret_column < COLUMNS);
    press(INPUT_ENTER);
    assert_true(shows("Nothing is called that"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* Going to the right orders by one column after the other, each either way, until it is the first one's turn again. */
static void every_column_orders(void **state)
{
    static const struct {
        uint32_t key;
        enum model_kind kind;
    } lists[] = {{'c', MODEL_CLASSES}, {'t', MODEL_THREADS}, {'a', MODEL_ARENAS}, {'e', MODEL_SIZES}};
    (void)state;
    for (size_t list = 0; list < sizeof(lists) / sizeof(lists[0]); list++) {
        const struct settings_table *table = &viewer.settings.tables[lists[list].kind];
        const struct column *first = table->order.column;
        size_t ordering = 0, seen = 0;
        press('c');
        press(lists[list].key);
        for (size_t i = 0; i < table->count; i++)
            ordering += column_orders(table->columns[i]);
        do {
            press('>');
            seen++;
            assert_true(column_orders(table->order.column));
            assert_true(viewer.model.nrows > 1);
            for (int reversed = 0; reversed < 2; reversed++) {
                for (size_t i = 1; i < viewer.model.nrows; i++)
                    assert_true(column_compare(&viewer.model, &viewer.model.rows[i - 1], &viewer.model.rows[i],
                                               &table->order) <= 0);
                press('I');
            }
        } while (table->order.column != first && seen <= ordering);
        assert_int_equal(seen, ordering);
        press('<');
        press('>');
        assert_ptr_equal(table->order.column, first);
    }
}

/* By a column that is not on the screen nobody could see the order: < and > pass it over; the menu shows what it picks. */
static void only_what_is_shown_is_passed(void **state)
{
    const struct settings_table *table = &viewer.settings.tables[MODEL_CLASSES];
    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(viewer_paint(&viewer, 12, 60), 0);
        viewer_input(&viewer, '>');
        assert_int_equal(viewer_paint(&viewer, 12, 60), 0);
        assert_true(shows("▾") || shows("▴"));
    }
    viewer_input(&viewer, 's');
    while (viewer_cursor(&viewer)->row < 12) {
        assert_int_equal(viewer_paint(&viewer, 40, 60), 0);
        viewer_input(&viewer, INPUT_DOWN);
    }
    viewer_input(&viewer, INPUT_ENTER);
    assert_string_equal(table->order.column->key, "released_bytes/s");
    assert_int_equal(viewer_paint(&viewer, 12, 60), 0);
    assert_true(shows("REL/s▾"));
    viewer_input(&viewer, '<');
    assert_int_equal(viewer_paint(&viewer, 12, 60), 0);
    assert_false(shows("REL/s"));
}

static void what_orders_cannot_be_hidden(void **state)
{
    (void)state;
    press('C');
    while (viewer_cursor(&viewer)->row < 2)
        press(INPUT_DOWN);
    press(INPUT_ENTER);
    assert_true(shows("What orders the rows is always shown."));
    press(INPUT_ESCAPE);
    assert_true(shows("LIVE▾"));
    press('>');
    assert_false(shows("LIVE"));
}

/* Amounts in full are long: the matrix has fewer columns then, and every figure is whole. */
static void flows_are_never_cut(void **state)
{
    static const int widths[] = {40, 60, 80, 120};
    (void)state;
    press('m');
    press('s');
    press('u');
    press('~');
    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
        assert_int_equal(viewer_paint(&viewer, ROWS, widths[i]), 0);
        int rows = 0;
        for (int row = viewer.top + viewer.heading; row < ROWS - 1; row++)
            if (strchr(line(row), ',') != NULL) {
                assert_null(strstr(line(row), "…"));
                rows++;
            }
        assert_true(rows > 0);
    }
}

static void the_keys_of_flows_say_what_is_next(void **state)
{
    (void)state;
    press('m');
    assert_true(shows("  s since start  x blocks  "));
    press('s');
    assert_true(shows("  s a second  x blocks  "));
    press('x');
    assert_true(shows("  s a second  x bytes  "));
}

/* The filter hides the keys only where it hides anything else, and Escape clears it there and nowhere else. */
static void a_filter_is_said_where_it_holds(void **state)
{
    static const uint32_t others[] = {'m', 'w', INPUT_F1, 's', INPUT_ENTER};
    (void)state;
    press('\\');
    type("io_");
    press(INPUT_ENTER);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        press(others[i]);
        assert_false(shows("filter: "));
        press(INPUT_ESCAPE);
        assert_true(shows("filter: io_  Esc clears it"));
    }
    press('g');
    assert_true(shows("filter: io_  Esc clears it"));
    press(INPUT_ESCAPE);
    assert_false(shows("filter: "));
}

static void warnings_are_mentioned(void **state)
{
    (void)state;
    assert_false(shows("warning"));
    viewer.model.now.snapshot.nwarnings = 1;
    for (int columns = 80; columns <= 120; columns += 40) {
        assert_int_equal(viewer_paint(&viewer, ROWS, columns), 0);
        assert_true(shows("  1 warning: w"));
    }
    viewer.model.now.snapshot.nwarnings = 2;
    assert_int_equal(viewer_paint(&viewer, ROWS, COLUMNS), 0);
    assert_true(shows("  2 warnings: w"));
}

/* Whether it grows is what one comes for; to say that something is wrong must not take that away. */
static void the_trend_stays_with_warnings(void **state)
{
    (void)state;
    viewer.model.now.snapshot.nwarnings = 12;
    assert_int_equal(viewer_paint(&viewer, ROWS, 80), 0);
    assert_non_null(strstr(line(1), "▅ "));
    assert_non_null(strstr(line(1), "/s  cached "));
    assert_non_null(strstr(line(1), "  dirty "));
    assert_non_null(strstr(line(1), "  12 warnings: w"));
    assert_null(strstr(line(1), "fragm."));
}

static void what_stands_still_is_steady(void **state)
{
    (void)state;
    viewer.model.before.live = viewer.model.now.live;
    assert_int_equal(viewer_paint(&viewer, ROWS, COLUMNS), 0);
    assert_non_null(strstr(line(1), " steady  cached "));
    viewer.model.before.live = viewer.model.now.live - 1024;
    assert_int_equal(viewer_paint(&viewer, ROWS, COLUMNS), 0);
    assert_non_null(strstr(line(1), " +1.00K/s  cached "));
    press('b');
    assert_non_null(strstr(line(1), " +0  cached "));
}

static void a_baseline_may_be_ahead(void **state)
{
    (void)state;
    press('b');
    press(INPUT_LEFT);
    assert_true(shows("Differences from the baseline 00:01 later"));
    press('b');
    press('b');
    press(INPUT_RIGHT);
    assert_true(shows("Differences since the baseline 00:01 ago"));
}

/* One class that holds nearly everything leaves the others no cell by their share; they have one all the same. */
static void the_bar_has_room_for_its_last_figure(void **state)
{
    (void)state;
    struct moment *now = &viewer.model.now;
    for (size_t i = 0; i < now->snapshot.nclasses; i++)
        now->classes[i].raw.live = i == 1 ? UINT64_C(1) << 30 : 1024;
    now->snapshot.process.resident = now->live + (5 << 20);
    for (int columns = 40; columns <= 400; columns++) {
        assert_int_equal(viewer_paint(&viewer, ROWS, columns), 0);
        assert_true(strstr(line(2), " allocator 5.00M") != NULL || (columns < 60 && strstr(line(2), " al") == NULL));
    }
}

/* Where a class's name stands in the rows of a legend or the bar, the glyph before it; "" where it does not. */
static const char *glyph_before(int row, const char *name)
{
    static char glyph[8];
    const char *found = strstr(line(row), name);
    const char *at = found;
    while (at != NULL && at > line(row) && (at[-1] == ' ' || ((unsigned char)at[-1] & 0xC0) == 0x80))
        at--;
    snprintf(glyph, sizeof(glyph), "%.3s", at != NULL && at > line(row) ? at - 1 : "");
    return glyph;
}

/* Whatever orders the list, the graph is of the largest, and of all others together; it looks as the bar does. */
static void the_graph_is_of_the_largest(void **state)
{
    struct moment *now = &viewer.model.now;
    (void)state;
    press('<');
    assert_true(shows("THR▾") || shows("CLASS▴"));
    press('g');
    for (size_t i = 0; i < now->snapshot.nclasses; i++)
        now->classes[i].raw.live = i == 2 ? 90 << 20 : i == 8 ? 80 << 20 : i == 14 ? 70 << 20 : 1 << 10;
    assert_int_equal(viewer_paint(&viewer, ROWS, COLUMNS), 0);
    assert_true(shows("io_thd_*          90.0M"));
    assert_true(shows("class-8           80.0M"));
    assert_true(shows("class-14          70.0M"));
    assert_true(shows("╱╱ others            25.0K"));
    static const char *const names[] = {"io_thd_*", "class-8", "class-14"};
    for (size_t i = 0; i < 3; i++) {
        char in_bar[8];
        snprintf(in_bar, sizeof(in_bar), "%s", glyph_before(2, names[i]));
        assert_string_not_equal(in_bar, "");
        assert_string_equal(in_bar, glyph_before(3, names[i]));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(in_bar, glyph_before(2, names[j]));
    }
}

/* A class that is not among the largest has a look of its own too where a filter shows it. */
static void a_graph_of_small_classes_tells_them_apart(void **state)
{
    char first[8];
    (void)state;
    press('\\');
    type("class-2");
    press(INPUT_ENTER);
    press('g');
    snprintf(first, sizeof(first), "%s", glyph_before(3, "class-20"));
    assert_string_not_equal(first, "");
    assert_string_not_equal(first, glyph_before(3, "class-21"));
}

static void the_legend_cuts_no_figure(void **state)
{
    (void)state;
    press('u');
    press('g');
    viewer.model.now.classes[1].raw.live = UINT64_C(1234567890123456);
    for (int columns = 40; columns <= 120; columns += 40) {
        assert_int_equal(viewer_paint(&viewer, ROWS, columns), 0);
        assert_true(shows("1,234,567,890,123,456"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_does_something),
        cmocka_unit_test(keys_are_told_apart),
        cmocka_unit_test(every_key_is_in_the_help),
        cmocka_unit_test_setup_teardown(every_column_orders, set_up, tear_down),
        TEST(help_of_the_picker),
        TEST(nonsense_does_nothing),
        TEST(the_cursor_stays_on_its_thing),
        TEST(a_filter_that_hides_it_moves_it),
        TEST(it_never_leaves_the_rows),
        TEST(time_has_two_ends),
        TEST(every_screen_works_at_every_moment),
        TEST(trends_go_with_the_moment),
        TEST(a_moment_is_gone_to),
        TEST(what_is_too_early_is_said),
        TEST(no_moment_is_said_and_stays),
        TEST(the_delay_is_a_number),
        TEST(a_new_delay_is_no_longer_number),
        TEST(a_prompt_that_is_left_by_a_key_does_both),
        TEST(typed_text_is_shown_never_sent),
        TEST(a_very_long_line_ends_somewhere),
        TEST(only_what_is_shown_is_passed),
        TEST(what_orders_cannot_be_hidden),
        TEST(flows_are_never_cut),
        TEST(the_keys_of_flows_say_what_is_next),
        TEST(a_filter_is_said_where_it_holds),
        TEST(warnings_are_mentioned),
        TEST(the_trend_stays_with_warnings),
        TEST(what_stands_still_is_steady),
        TEST(a_baseline_may_be_ahead),
        TEST(the_bar_has_room_for_its_last_figure),
        TEST(the_graph_is_of_the_largest),
        TEST(a_graph_of_small_classes_tells_them_apart),
        TEST(the_legend_cuts_no_figure),
    };
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 1;
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
