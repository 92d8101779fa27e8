/* test_history.c: a window over the past that is filled from either end, moves and never mixes two places up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "history.h"

#define CAPACITY 10

static struct history history;
static struct at_class classes[3];
static struct snapshot snapshot = {.classes = classes, .nclasses = 2};

static int set_up(void **state)
{
    (void)state;
    memset(classes, 0, sizeof(classes));
    strcpy(classes[0].name, "a");
    strcpy(classes[1].name, "b");
    strcpy(classes[2].name, "c");
    snapshot.nclasses = 2;
    history_init(&history, CAPACITY);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    history_free(&history);
    return 0;
}

/* At place p class a has p bytes live, b 1,000 + p. */
static void put(uint64_t place)
{
    classes[0].live = place;
    classes[0].peak_live = place + 7;
    classes[1].live = 1000 + place;
    assert_int_equal(history_put(&history, place, &snapshot), 0);
}

static unsigned fill(uint64_t place, uint64_t oldest)
{
    unsigned steps = 0;
    for (uint64_t wanted; history_wanted(&history, place, oldest, &wanted); steps++)
        put(wanted);
    return steps;
}

static void series_is(long row, uint64_t place, size_t span, size_t cells, const uint64_t *wanted, size_t count)
{
    uint64_t out[64];
    assert_int_equal(history_series(&history, row, HISTORY_LIVE, place, span, cells, out), count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(out[i], wanted[i]);
}
#define SERIES_IS(row, place, span, cells, ...)                         \
    series_is(row, place, span, cells, (const uint64_t[]){__VA_ARGS__}, \
              sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

/* What is gone between the window and where one looks now cannot be waited for. */
static void what_is_gone_in_between_is_not_wanted(void **state)
{
    (void)state;
    uint64_t wanted;
    fill(50, 41);
    assert_true(history_wanted(&history, 53, 51, &wanted));
    assert_int_equal(wanted, 51);
    assert_true(history_wanted(&history, 53, 52, &wanted));
    assert_int_equal(wanted, 53);
    assert_int_equal(fill(53, 52), 2);
    SERIES_IS(0, 53, 10, 10, 52, 53);
}

/* Of more names than are remembered the last have no series; what they hold is the process's all the same. */
static void classes_too_many_to_remember_are_in_the_sum(void **state)
{
    (void)state;
    for (uint64_t place = 1; place <= 200; place++) {
        snprintf(classes[0].name, sizeof(classes[0].name), "a%u", (unsigned)place);
        snprintf(classes[1].name, sizeof(classes[1].name), "b%u", (unsigned)place);
        put(place);
    }
    assert_int_equal(history_class(&history, "a200", 0), -2);
    SERIES_IS(HISTORY_PROCESS, 200, 2, 2, 1398, 1400);
}

static void a_place_that_is_passed_has_what_is_beside_it(void **state)
{
    (void)state;
    assert_false(history_pass(&history, 50));
    put(50);
    assert_true(history_pass(&history, 51));
    put(52);
    assert_true(history_pass(&history, 49));
    put(48);
    SERIES_IS(0, 52, 5, 5, 48, 50, 50, 50, 52);
    SERIES_IS(HISTORY_PROCESS, 52, 2, 2, 1100, 1104);
    assert_int_equal(history_highest(&history, 0, HISTORY_PEAK, 51, 1), 57);
}

static void it_fills_backwards_from_the_newest(void **state)
{
    (void)state;
    uint64_t wanted;
    assert_true(history_wanted(&history, 50, 45, &wanted));
    assert_int_equal(wanted, 50);
    put(50);
    assert_true(history_wanted(&history, 50, 45, &wanted));
    assert_int_equal(wanted, 49);
    assert_int_equal(fill(50, 45), 5);
    SERIES_IS(0, 50, 6, 6, 45, 46, 47, 48, 49, 50);
    SERIES_IS(1, 50, 3, 3, 1048, 1049, 1050);
    SERIES_IS(HISTORY_PROCESS, 50, 2, 2, 1098, 1100);
}

static void it_holds_no_more_than_its_capacity(void **state)
{
    (void)state;
    assert_int_equal(fill(50, 0), CAPACITY);
    assert_int_equal(fill(51, 0), 1);
    SERIES_IS(0, 51, 20, 20, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51);
    assert_int_equal(fill(51, 0), 0);
}

static void it_follows_steps_back_and_forth(void **state)
{
    (void)state;
    fill(50, 0);
    assert_int_equal(fill(47, 0), 3);
    SERIES_IS(0, 47, 3, 3, 45, 46, 47);
    assert_int_equal(history.first, 38);
    assert_int_equal(fill(50, 0), 3);
    SERIES_IS(0, 50, 4, 4, 47, 48, 49, 50);
}

static void a_jump_starts_afresh(void **state)
{
    (void)state;
    fill(50, 0);
    assert_int_equal(fill(5, 0), 6);
    SERIES_IS(0, 5, 20, 20, 0, 1, 2, 3, 4, 5);
    assert_int_equal(fill(500, 450), CAPACITY);
    SERIES_IS(0, 500, 2, 2, 499, 500);
}

static void shares_keep_their_places(void **state)
{
    (void)state;
    fill(11, 2);
    SERIES_IS(0, 11, 8, 2, 7, 11);
    SERIES_IS(0, 10, 8, 2, 7, 10);
    SERIES_IS(0, 9, 8, 2, 7, 9);
    SERIES_IS(0, 8, 8, 2, 7, 8);
    SERIES_IS(0, 7, 8, 2, 3, 7);
}

/* The largest of all numbers is a place, too, and nothing is known of it: no more than there is room for is written. */
static void of_no_place_there_is_nothing(void **state)
{
    static const uint64_t unknown[] = {UINT64_MAX, UINT64_MAX - 1, 21, 1000};
    (void)state;
    fill(20, 0);
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        for (size_t cells = 1; cells < 4; cells++) {
            uint64_t out[CAPACITY + 1] = {0};
            size_t count = history_series(&history, 0, HISTORY_LIVE, unknown[i], cells, cells, out);
            assert_true(count <= cells);
            assert_int_equal(out[cells], 0);
            assert_int_equal(count, unknown[i] - 20 < cells ? cells - (unknown[i] - 20) : 0);
            assert_int_equal(history_highest(&history, 0, HISTORY_LIVE, unknown[i], cells), count > 0 ? 20 : 0);
        }
}

static void the_highest_of_a_span(void **state)
{
    (void)state;
    fill(20, 11);
    assert_int_equal(history_highest(&history, 0, HISTORY_PEAK, 20, 5), 27);
    assert_int_equal(history_highest(&history, 0, HISTORY_PEAK, 15, 5), 22);
    assert_int_equal(history_highest(&history, 0, HISTORY_PEAK, 40, 5), 0);
}

static void classes_are_known_by_name(void **state)
{
    (void)state;
    fill(3, 2);
    memcpy(classes[1].name, "c", 2);
    fill(4, 2);
    memcpy(classes[1].name, "b", 2);
    assert_int_equal(history_class(&history, "nobody", 1), -2);
    SERIES_IS(history_class(&history, "b", 1), 4, 3, 3, 1002, 1003, 0);
    SERIES_IS(history_class(&history, "c", 1), 4, 3, 3, 0, 0, 1004);
    uint64_t out[4];
    assert_int_equal(history_series(&history, -2, HISTORY_LIVE, 4, 4, 4, out), 0);
}

static void names_without_end_are_not_remembered(void **state)
{
    (void)state;
    for (uint64_t place = 0; place < 400; place++) {
        snprintf(classes[1].name, sizeof(classes[1].name), "x%u", (unsigned)place);
        put(place);
    }
    assert_true(history.nclasses < 400);
    assert_int_equal(history_class(&history, "x399", 1), -2);
    SERIES_IS(0, 399, 1, 1, 399);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void the_time_of_a_span_is_the_places_own(void **state)
{
    (void)state;
    assert_int_equal(history_duration_ns(&history, 9, 6, 10), 60);
    for (uint64_t place = 0; place < 10; place++) {
        snapshot.head.mono_ns = 1000 + place * 10 + (place > 6 ? 500 : 0);
        put(place);
    }
    /* 4 to 9: five steps, one of them over a gap, and what the first one stands for. */
    assert_int_equal(history_duration_ns(&history, 9, 6, 10), 560);
    assert_int_equal(history_duration_ns(&history, 6, 3, 10), 30);
    /* A step that is not quite as long makes no other heading. */
    snapshot.head.mono_ns = 1598;
    put(10);
    assert_int_equal(history_duration_ns(&history, 10, 4, 10), 40);
    /* Of what is not held nobody knows better. */
    assert_int_equal(history_duration_ns(&history, 10, CAPACITY + 4, 10), 10 * (CAPACITY + 4) + 498);
    snapshot.head.mono_ns = 5;
    put(11);
    assert_int_equal(history_duration_ns(&history, 11, 6, 10), 60);
    snapshot.head.mono_ns = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_fills_backwards_from_the_newest),
        TEST(what_is_gone_in_between_is_not_wanted),
        TEST(a_place_that_is_passed_has_what_is_beside_it),
        TEST(classes_too_many_to_remember_are_in_the_sum),
        TEST(it_holds_no_more_than_its_capacity),
        TEST(it_follows_steps_back_and_forth),
        TEST(a_jump_starts_afresh),
        TEST(shares_keep_their_places),
        TEST(of_no_place_there_is_nothing),
        TEST(the_highest_of_a_span),
        TEST(classes_are_known_by_name),
        TEST(the_time_of_a_span_is_the_places_own),
        TEST(names_without_end_are_not_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
