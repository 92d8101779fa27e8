/* test_viewer.c: the view without a terminal: every key of the table, time, the cursor that stays on its thing. */
#include "viewer_file.h"

#include <locale.h>
#include <stdio.h>
#include <time.h>

#include "actions.h"
#include "keys.h"

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

/* Opens the picker on two rows of its own: as records of a pid that was used again, found before the next look around. */
static void open_picker_on_twins(void)
{
    struct picker_row *rows = calloc(2, sizeof(*rows));
    assert_non_null(rows);
    for (int i = 0; i < 2; i++) {
        rows[i] = (struct picker_row){.target = {.kind = TARGET_RECORD, .pid = 4711}, .is_read = true};
        snprintf(rows[i].target.comm, sizeof(rows[i].target.comm), "twin-%d", i);
        snprintf(rows[i].target.path, sizeof(rows[i].target.path), "/dev/shm/arenatop.4711.%016d", i);
    }
    viewer.picker = (struct picker){.rows = rows, .count = 2, .denied = 3};
    viewer_pick(&viewer, NULL);
    viewer.picker.looked_ns = now_ns;
}

/* In the same moment: the picker looks around once a second. */
static void press_at_once(uint32_t input)
{
    viewer_input(&viewer, input);
    viewer_look(&viewer, now_ns, now_ns);
    assert_int_equal(viewer_paint(&viewer, ROWS, COLUMNS), 0);
}

static void the_picker_tells_apart_what_shares_a_pid(void **state)
{
    (void)state;
    open_picker_on_twins();
    press_at_once(INPUT_DOWN);
    assert_true(cursor_on("twin-1"));
    assert_true(shows("3 more are other users'."));
    press_at_once(INPUT_UP);
    assert_true(cursor_on("twin-0"));
    /* However narrow the screen is. */
    for (int columns = 40; columns <= COLUMNS; columns++) {
        assert_int_equal(viewer_paint(&viewer, ROWS, columns), 0);
        assert_non_null(strstr(line(viewer.top + viewer.heading), "(gone)"));
    }
}

/* Several came where one was awaited, and nobody has picked yet. */
static void await_twins(void)
{
    viewer_free(&viewer);
    viewer_init(&viewer);
    viewer.canvas.utf8 = viewer.canvas.pictures = true;
    session_await(&viewer.session, "twin");
    viewer.session.several = true;
    viewer.session.looked_around_ns = viewer.mono_ns = now_ns;
    open_picker_on_twins();
    press_at_once(0);
    assert_true(shows("twin-0"));
}

static void what_lies_over_the_picker_stays_while_several_are_awaited(void **state)
{
    (void)state;
    await_twins();
    press_at_once(INPUT_F1);
    assert_string_equal(line(0), "  KEYS");
    press_at_once(INPUT_ESCAPE);
    assert_true(shows("twin-0"));
}

static void the_last_that_is_left_of_several_is_shown(void **state)
{
    struct failure failure;
    struct target target;
    (void)state;
    await_twins();
    assert_int_equal(target_resolve(&target, path, &failure), TARGET_FOUND);
    assert_int_equal(session_open(&viewer.session, &target, &failure), 0);
    look();
    look();
    assert_false(shows("twin-0"));
    assert_true(cursor_on("main"));
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

/* Else what is typed next, also q, would go on into a line that is no longer about what is shown. */
static void a_prompt_is_left_by_a_click(void **state)
{
    (void)state;
    press('\\');
    type("class-1");
    viewer_click(&viewer, viewer.top + viewer.heading, 4);
    look();
    assert_int_equal(viewer_view(&viewer), VIEW_CLASS);
    press('q');
    assert_true(viewer.quit);
    assert_string_equal(viewer.filter, "class-1");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_does_something),
        cmocka_unit_test(keys_are_told_apart),
        cmocka_unit_test(every_key_is_in_the_help),
        TEST(help_of_the_picker),
        TEST(the_picker_tells_apart_what_shares_a_pid),
        TEST(what_lies_over_the_picker_stays_while_several_are_awaited),
        TEST(the_last_that_is_left_of_several_is_shown),
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
        TEST(a_prompt_is_left_by_a_click),
        TEST(typed_text_is_shown_never_sent),
        TEST(a_very_long_line_ends_somewhere),
    };
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 1;
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
