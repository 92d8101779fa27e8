/* test_graph.c: what a graph says of its figures, whatever they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "graph.h"

#define MIB UINT64_C(1048576)

enum { ROWS = 9, COLUMNS = GRAPH_AXIS_CELLS + 8 };

static struct canvas canvas;
static struct graph graph;

static int set_up(void **state)
{
    (void)state;
    memset(&graph, 0, sizeof(graph));
    return canvas_reset(&canvas, ROWS, COLUMNS);
}

static int tear_down(void **state)
{
    (void)state;
    canvas_free(&canvas);
    return 0;
}

static void add(const uint64_t *values, size_t count)
{
    struct graph_series *series = &graph.series[graph.count];

    series->style = (enum style)(STYLE_SERIES_1 + graph.count);
    series->glyph = (enum glyph)(GLYPH_SERIES_1 + graph.count);
    memcpy(series->values, values, count * sizeof(*values));
    series->count = count;
    graph.count++;
}

static void paint(void)
{
    assert_int_equal(canvas_reset(&canvas, ROWS, COLUMNS), 0);
    graph_paint(&graph, &canvas, 0, ROWS, 0, COLUMNS, "");
}

/* A row of the screen from `column` on; only ASCII is painted. */
static const char *row_from(int row, int column)
{
    static char text[64];
    char line[1024];

    canvas_line(&canvas, row, line, sizeof(line));
    snprintf(text, sizeof(text), "%s", (int)strlen(line) > column ? line + column : "");
    return text;
}

/* The figure at the axis. */
static void axis_says(int row, const char *wanted)
{
    char text[GRAPH_AXIS_CELLS];

    snprintf(text, sizeof(text), "%.*s", GRAPH_AXIS_CELLS - 2, row_from(row, 0));
    assert_string_equal(text + strspn(text, " "), wanted);
}

static void series_stand_on_each_other(void **state)
{
    static const uint64_t below[] = {0, 2 * MIB, 4 * MIB, 4 * MIB}, above[] = {4 * MIB, 4 * MIB};
    (void)state;
    graph.span = 8;
    add(below, 4);
    add(above, 2);
    paint();
    axis_says(0, "8.00M");
    axis_says(3, "5.00M");
    char one = canvas_glyph(&canvas, GLYPH_SERIES_1)[0], other = canvas_glyph(&canvas, GLYPH_SERIES_2)[0];
    for (int row = 0; row < ROWS - 1; row++) {
        const char *cells = row_from(row, GRAPH_AXIS_CELLS);
        assert_int_equal(cells[7], row < 4 ? other : one);
        assert_int_equal(cells[6], row < 4 ? other : one);
        assert_true((cells[5] == one) == (row >= 6));
        assert_int_equal(strspn(cells, " "), row < 6 ? 6 : 5);
    }
}

static void zoomed_the_axis_spans_what_occurs(void **state)
{
    static const uint64_t values[] = {10 * MIB, 12 * MIB, 14 * MIB, 18 * MIB};
    (void)state;
    graph.span = 4;
    graph.zoomed = true;
    add(values, 4);
    paint();
    axis_says(0, "18.0M");
    axis_says(6, "12.0M");
    char look = canvas_glyph(&canvas, GLYPH_SERIES_1)[0];
    /* Fewer values than cells: each takes two. */
    assert_true(row_from(0, GRAPH_AXIS_CELLS)[6] == look && row_from(0, GRAPH_AXIS_CELLS)[7] == look);
    assert_true(row_from(7, GRAPH_AXIS_CELLS)[0] == look && row_from(7, GRAPH_AXIS_CELLS)[1] == look);
}

/* More than 64 bits hold: sums of classes that lie, and the air above a line that does not move. */
static void figures_may_be_anything(void **state)
{
    static const uint64_t most[] = {UINT64_MAX, UINT64_MAX}, none[] = {0, 0};
    (void)state;
    graph.span = 2;
    add(most, 2);
    paint();
    axis_says(0, "16.0E");
    add(most, 2);
    add(most, 2);
    paint();
    axis_says(0, "16.0E");
    axis_says(3, "16.0E");
    graph.zoomed = true;
    paint();
    axis_says(0, "16.0E");
    graph.count = 0;
    add(none, 2);
    paint();
    axis_says(0, "1B");
}

static void no_room_is_no_graph(void **state)
{
    static const uint64_t values[] = {MIB, MIB};
    (void)state;
    graph.span = 2;
    add(values, 2);
    graph_paint(&graph, &canvas, 0, 1, 0, COLUMNS, "");
    graph_paint(&graph, &canvas, 0, ROWS, 0, GRAPH_AXIS_CELLS, "");
    for (int row = 0; row < ROWS; row++)
        assert_string_equal(row_from(row, 0), "");
    assert_int_equal(graph_width(GRAPH_AXIS_CELLS), 0);
    assert_int_equal(graph_width(100000), GRAPH_CELLS_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(series_stand_on_each_other),
        TEST(zoomed_the_axis_spans_what_occurs),
        TEST(figures_may_be_anything),
        TEST(no_room_is_no_graph),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
