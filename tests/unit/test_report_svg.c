/* test_report_svg.c: the pictures show the figures: layers stack up to the sum, inside the picture, in the order of time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "report_svg.h"

#define HEIGHT 300.0
#define WIDTH  1000.0
#define POINTS 2048

static struct report report;
static struct svg_stack stack;
static struct at_class classes[20];
static char *written;
static size_t length;

struct point {
    double x, y;
};

static void draw(void)
{
    FILE *to = open_memstream(&written, &length);
    svg_stack_write(to, &report, &stack);
    fclose(to);
}

/* `names` classes with `base` bytes times their number, class 0 growing; snapshots a second apart. */
static void collect(size_t names, uint64_t base, uint64_t count)
{
    memset(classes, 0, sizeof(classes));
    assert_int_equal(report_init(&report, count), 0);
    for (uint64_t n = 0; n < count; n++) {
        struct snapshot snapshot = {0}, source = {.classes = classes, .nclasses = names};
        for (size_t i = 0; i < names; i++) {
            snprintf(classes[i].name, sizeof(classes[i].name), "class %zu <&>", i);
            classes[i].live = base * (i + 1) + (i == 0 ? n * base : 0);
        }
        source.head.seq = n + 1;
        source.head.mono_ns = (n + 1) * UINT64_C(1000000000);
        source.head.time_ns = UINT64_C(1790000000000000000) + source.head.mono_ns;
        source.process.rss = base * 100;
        source.process.limit = base * 150;
        assert_int_equal(snapshot_copy(&snapshot, &source), 0);
        assert_int_equal(report_add(&report, n, &snapshot), 0);
        snapshot_free(&snapshot);
    }
    assert_int_equal(report_end(&report), 0);
    svg_stack_make(&stack, &report);
    draw();
}

static int tear_down(void **state)
{
    (void)state;
    report_free(&report);
    free(written);
    written = NULL;
    return 0;
}

/* The points of the path that begins behind `begin`. */
static size_t points_of(const char *begin, struct point points[POINTS])
{
    const char *at = strstr(written, begin);
    size_t count = 0;
    assert_non_null(at);
    at = strstr(at, " d=\"M") + strlen(" d=\"M");
    while (*at != 'z' && *at != '"') {
        char *end;
        assert_true(count < POINTS);
        points[count].x = strtod(at, &end);
        assert_true(*end == ',');
        points[count].y = strtod(end + 1, &end);
        assert_true(*end == ' ');
        at = end + 1;
        count++;
    }
    return count;
}

/* cmocka's own works on floats, whose 24 bits are too few for bytes. */
static void near(double got, double wanted, double within)
{
    if (!(got >= wanted - within && got <= wanted + within))
        fail_msg("wanted %f, got %f", wanted, got);
}

static double bytes_at(double y)
{
    return (HEIGHT - y) / HEIGHT * (double)stack.most;
}

static void layers_stack_up_to_the_sum(void **state)
{
    (void)state;
    static struct point layer[POINTS], above[POINTS];
    double sum = 0;
    collect(3, 1 << 20, 50);
    assert_int_equal(stack.nlayers, 3);
    assert_int_equal(stack.nrest, 0);
    for (size_t i = 0; i < stack.nlayers; i++) {
        char begin[64];
        snprintf(begin, sizeof(begin), "class=\"layer s%zu\"", i);
        assert_int_equal(points_of(begin, layer), 100);
        double thick = layer[99].y - layer[0].y;
        assert_true(layer[0].x == 0 && layer[49].x == WIDTH);
        for (size_t j = 1; j < 50; j++)
            assert_true(layer[j].x > layer[j - 1].x && layer[j].y >= 0 && layer[j].y <= HEIGHT);
        /* Its lower edge is the upper one of the layer below. */
        for (size_t j = 0; j < 50 && i > 0; j++)
            assert_true(layer[99 - j].x == above[j].x && layer[99 - j].y == above[j].y);
        memcpy(above, layer, sizeof(layer));
        double wanted = (double)report.series.first.of_class[stack.rows[i]];
        near(thick / HEIGHT * (double)stack.most, wanted, (double)stack.most / 1500);
        sum += wanted;
        near(bytes_at(layer[0].y), sum, (double)stack.most / 1500);
    }
    near(bytes_at(above[49].y), (double)report.series.last.live, (double)stack.most / 1500);
}

static void the_largest_have_layers_the_others_one(void **state)
{
    (void)state;
    static struct point rest[POINTS];
    collect(12, 1000, 3);
    assert_int_equal(stack.nlayers, SVG_LAYERS);
    assert_int_equal(stack.nrest, 4);
    assert_int_equal(svg_layer(&stack, 11), 0);
    assert_int_equal(svg_layer(&stack, 4), 7);
    assert_int_equal(svg_layer(&stack, 0), -1);
    assert_int_equal(points_of("class=\"layer rest\"", rest), 6);
    near(bytes_at(rest[2].y), (double)report.series.last.live, (double)stack.most / 1500);
    assert_non_null(strstr(written, "<title>4 more classes</title>"));
}

static void names_are_no_markup(void **state)
{
    (void)state;
    collect(3, 1000, 5);
    assert_non_null(strstr(written, "class 2 &lt;&amp;&gt;"));
    assert_null(strstr(written, "<&>"));
}

static void resident_memory_and_limit_are_in_the_picture(void **state)
{
    (void)state;
    static struct point rss[POINTS];
    collect(3, 1 << 20, 50);
    assert_true(stack.has_limit);
    assert_int_equal(points_of("class=\"line rss\"", rss), 50);
    near(bytes_at(rss[20].y), 100 << 20, (double)stack.most / 1500);
    assert_true(stack.most > 150 << 20);
}

/* A limit far above would press everything else flat. */
static void a_distant_limit_is_left_out(void **state)
{
    (void)state;
    collect(3, 1 << 20, 5);
    report.model.now.snapshot.process.limit = UINT64_C(400) << 20;
    svg_stack_make(&stack, &report);
    assert_false(stack.has_limit);
    assert_true(stack.most < 110 << 20);
}

static void thick_layers_carry_their_number(void **state)
{
    (void)state;
    collect(3, 40 << 20, 50);
    assert_non_null(strstr(written, ">1</text>"));
}

static void huge_figures_stay_inside(void **state)
{
    (void)state;
    static struct point layer[POINTS];
    collect(2, UINT64_MAX / 4, 2);
    size_t count = points_of("class=\"layer s0\"", layer);
    for (size_t i = 0; i < count; i++)
        assert_true(layer[i].y >= 0 && layer[i].y <= HEIGHT);
    assert_null(strstr(written, "nan"));
    assert_null(strstr(written, "inf"));
}

/* The seventh line's time would be past the largest number, and small again. */
static void a_span_that_lies_has_no_endless_lines(void **state)
{
    (void)state;
    size_t lines = 0;
    collect(2, 1000, 2);
    free(written);
    report.elapsed_ns = UINT64_MAX / 10 * 9;
    report.model.baseline.snapshot.head.time_ns = 6405 * UINT64_C(86400000000000);
    draw();
    for (const char *at = written; (at = strstr(at, "y1=\"10\"")) != NULL; at++)
        lines++;
    assert_int_equal(lines, 6);
}

static void gaps_are_marked(void **state)
{
    (void)state;
    collect(2, 1000, 11);
    report.gaps[report.ngaps++] =
        (struct report_gap){.from_mono_ns = UINT64_C(6000000000), .to_mono_ns = UINT64_C(7000000000), .lost = 42};
    free(written);
    draw();
    assert_non_null(strstr(written, "<rect class=\"gap\" x=\"50.00%\" width=\"10.00%\""));
    assert_non_null(strstr(written, "42 snapshots are missing"));
}

static void a_trend_goes_from_nothing_to_the_peak(void **state)
{
    (void)state;
    static struct point band[POINTS];
    collect(1, 1000, 50);
    free(written);
    FILE *to = open_memstream(&written, &length);
    svg_trend_write(to, &report.series, 0);
    svg_trend_write(to, &report.series, -1);
    fclose(to);
    assert_int_equal(points_of("class=\"band\"", band), 100);
    near(band[49].y, 1, 0.01);
    near(band[0].y, 1 + 22 * (1 - 1.0 / 50), 0.1);
    near(band[49].x, 110, 0.01);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(layers_stack_up_to_the_sum),
        TEST(the_largest_have_layers_the_others_one),
        TEST(names_are_no_markup),
        TEST(resident_memory_and_limit_are_in_the_picture),
        TEST(a_distant_limit_is_left_out),
        TEST(thick_layers_carry_their_number),
        TEST(huge_figures_stay_inside),
        TEST(a_span_that_lies_has_no_endless_lines),
        TEST(gaps_are_marked),
        TEST(a_trend_goes_from_nothing_to_the_peak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
