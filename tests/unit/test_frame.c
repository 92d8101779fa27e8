/* test_frame.c: what the view shows, without a terminal: order, filters, warnings, trends, the bar and the graph. */
#include "viewer_file.h"

#include <locale.h>
#include <stdio.h>

#include "keys.h"

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

/* Since the snapshot before nothing flowed to or from this class. */
static void dry_up(uint32_t class_row)
{
    const struct snapshot *now = &viewer.model.now.snapshot, *before = &viewer.model.before.snapshot;
    assert_int_equal(now->nflows, before->nflows);
    for (size_t i = 0; i < now->nflows; i++)
        if (now->flows[i].owner == class_row || now->flows[i].freed_by == class_row)
            before->flows[i] = now->flows[i];
}

static void the_cursor_of_flows_stays_on_its_class(void **state)
{
    (void)state;
    press('m');
    assert_true(cursor_on("main"));
    press(INPUT_DOWN);
    assert_true(cursor_on("io_thd_*"));
    dry_up(1);
    look();
    assert_int_equal(viewer_cursor(&viewer)->row, 0);
    assert_true(cursor_on("io_thd_*"));
    press(INPUT_ENTER);
    assert_true(shows("  io_thd_*  live"));
}

/* However long the name before it is. */
static void the_title_of_a_class_cuts_no_figure(void **state)
{
    static const int widths[] = {40, 60, 74, 79, 80, 120};
    char *name = viewer.model.now.classes[1].raw.name, amount[FORMAT_BYTES], wanted[FORMAT_BYTES + 8];
    (void)state;
    memset(name, 'x', AT_CLASS_NAME_BYTES - 1);
    memcpy(viewer.opened_class, name, AT_CLASS_NAME_BYTES);
    viewer_open(&viewer, VIEW_CLASS);
    for (viewer.settings.unit = 0; viewer.settings.unit < FORMAT_UNIT_COUNT; viewer.settings.unit++)
        for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
            assert_int_equal(viewer_paint(&viewer, ROWS, widths[i]), 0);
            snprintf(wanted, sizeof(wanted), "  live %s", viewer_live(&viewer, &viewer.opened_row, amount));
            assert_non_null(strstr(line(viewer.top), wanted));
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

/* The oldest snapshot has no size classes, and none before it: from there nothing is known to have come. */
static void sizes_without_those_of_the_baseline_have_no_difference(void **state)
{
    (void)state;
    press(INPUT_HOME);
    press('b');
    press('e');
    press(INPUT_END);
    assert_true(shows("No size classes at the baseline, nor shortly before it."));
    assert_int_equal(viewer.model.nrows, 0);
    press('b');
    assert_true(viewer.model.nrows > 1);
    press('b');
    assert_true(viewer.model.nrows > 1);
}

/* Not only once they are asked for: by then the ring may have lost them. */
static void a_baseline_keeps_its_sizes(void **state)
{
    (void)state;
    press(INPUT_LEFT);
    press('b');
    assert_true(viewer.sizes.found[SIZES_BASELINE].there);
    assert_int_equal(viewer.sizes.found[SIZES_BASELINE].asked, viewer.model.baseline.place);
}

/* The agent left off, and said so: nothing is stopped or starved. */
static void why_the_figures_end_is_said(void **state)
{
    static const char why[] = "These are its last figures: a seccomp filter forbids the agent's calls";
    struct at_snapshot *head = &viewer.model.now.snapshot.head;
    (void)state;
    viewer.session.state = SESSION_SILENT;
    assert_int_equal(viewer_paint(&viewer, ROWS, COLUMNS), 0);
    assert_true(shows("stopped, or starved"));
    head->mode = AT_MODE_NONE;
    head->reason = AT_REASON_SECCOMP;
    assert_int_equal(viewer_paint(&viewer, ROWS, COLUMNS), 0);
    assert_true(shows(why));
    assert_false(shows("stopped, or starved"));
    viewer.session.state = SESSION_LIVE;
    assert_int_equal(viewer_paint(&viewer, ROWS, COLUMNS), 0);
    assert_true(shows(why));
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
    now->snapshot.process.rss =
        now->live + (3 << 20); /* what jemalloc takes for resident may be more than the process has */
    assert_int_equal(viewer_paint(&viewer, ROWS, 100), 0);
    assert_non_null(strstr(line(2), " allocator 3.00M"));
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

static void who_took_the_place_is_named(void **state)
{
    struct session *session = &viewer.session;
    (void)state;
    session->has_successor = true;
    session->successor.pid = 4194303;
    memcpy(session->successor.comm, session->target.comm, sizeof(session->successor.comm));
    look();
    assert_true(shows("A new process of that name is there, pid 4194303: r follows it."));
    assert_int_equal(viewer_paint(&viewer, 10, 40), 0);
    assert_true(shows("New process, pid 4194303: r follows it."));
    strcpy(session->successor.comm, "other\tone");
    look();
    assert_true(shows("Its pid, 4194303, is now other\\tone's: r follows it."));
    strcpy(session->successor.comm, "fifteen-letters");
    assert_int_equal(viewer_paint(&viewer, 10, 40), 0);
    assert_true(shows("It is fifteen-letters now: r follows it."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_column_orders),
        TEST(only_what_is_shown_is_passed),
        TEST(what_orders_cannot_be_hidden),
        TEST(flows_are_never_cut),
        TEST(the_cursor_of_flows_stays_on_its_class),
        TEST(the_title_of_a_class_cuts_no_figure),
        TEST(the_keys_of_flows_say_what_is_next),
        TEST(a_filter_is_said_where_it_holds),
        TEST(warnings_are_mentioned),
        TEST(the_trend_stays_with_warnings),
        TEST(what_stands_still_is_steady),
        TEST(a_baseline_may_be_ahead),
        TEST(sizes_without_those_of_the_baseline_have_no_difference),
        TEST(a_baseline_keeps_its_sizes),
        TEST(why_the_figures_end_is_said),
        TEST(the_bar_has_room_for_its_last_figure),
        TEST(the_graph_is_of_the_largest),
        TEST(a_graph_of_small_classes_tells_them_apart),
        TEST(the_legend_cuts_no_figure),
        TEST(who_took_the_place_is_named),
    };
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 1;
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
