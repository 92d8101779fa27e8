/* test_diff.c: what grew, in which order, and what came and went. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "diff.h"

/* A side with classes "a", "b", ... of those live bytes; 0 leaves one out. */
static struct side make_side(struct side_class *rows, const uint64_t *live, size_t count, uint64_t time_ns)
{
    struct side side = {.pid = 1, .comm = "x", .time_ns = time_ns, .classes = rows};

    for (size_t i = 0; i < count; i++) {
        if (live[i] == 0)
            continue;
        memset(&rows[side.nclasses], 0, sizeof(*rows));
        rows[side.nclasses].name[0] = (char)('a' + i);
        rows[side.nclasses++].figures.live = live[i];
    }
    return side;
}

static void has_row(const struct diff *diff, size_t i, const char *name, enum diff_change change, int64_t growth)
{
    const struct diff_row *row = &diff->rows[i];

    assert_true(i < diff->count);
    assert_string_equal(row->name, name);
    assert_int_equal(row->change, change);
    assert_int_equal(row->growth.negative, growth < 0);
    assert_int_equal(row->growth.magnitude, growth < 0 ? -growth : growth);
}

/* Set back by an hour between the two, or not. */
static void a_clock_that_was_set_makes_no_time(void **state)
{
    (void)state;
    static const uint64_t live[] = {100};
    struct side_class rows[2];
    struct side before = make_side(rows, live, 1, 7200000000000), after = make_side(rows + 1, live, 1, 3608000000000);
    struct diff diff;

    before.mono_ns = 50000000000, after.mono_ns = 58000000000;
    before.began_ns = after.began_ns = 40000000000;
    assert_int_equal(diff_make(&diff, &before, &after), 0);
    assert_int_equal(diff.elapsed_ns, 8000000000);
    assert_false(diff.backwards);
    diff_free(&diff);
    assert_int_equal(diff_make(&diff, &after, &before), 0);
    assert_int_equal(diff.elapsed_ns, 8000000000);
    assert_true(diff.backwards);
    diff_free(&diff);
    /* Of a dump it is not known whose clock it is. */
    after.began_ns = 0;
    assert_int_equal(diff_make(&diff, &before, &after), 0);
    assert_int_equal(diff.elapsed_ns, 3592000000000);
    assert_true(diff.backwards);
    diff_free(&diff);
}

/* In a container one process after the other has the same pid and name. */
static void another_process_of_that_pid_and_name_has_no_rates(void **state)
{
    (void)state;
    static const uint64_t live[] = {100};
    struct side_class rows[2];
    struct side before = make_side(rows, live, 1, 10000000000), after = make_side(rows + 1, live, 1, 12000000000);
    struct diff diff;

    before.began_ns = 1000000000, after.began_ns = 11000000000;
    assert_int_equal(diff_make(&diff, &before, &after), 0);
    assert_int_equal(diff.elapsed_ns, 0);
    assert_false(diff.backwards);
    diff_free(&diff);
}

/* Names whose last character is cut through look the same once they are valid. */
static void classes_of_one_name_are_told_apart_by_their_order(void **state)
{
    (void)state;
    static const uint64_t was[] = {100, 2000, 7}, is[] = {150, 2000, 7};
    struct side_class rows[6];
    struct side before = make_side(rows, was, 3, 10000000000), after = make_side(rows + 3, is, 3, 12000000000);
    struct diff diff;

    for (size_t i = 0; i < 6; i++)
        rows[i].name[0] = i % 3 == 2 ? 'b' : 'a';
    assert_int_equal(diff_make(&diff, &before, &after), 0);
    assert_int_equal(diff.count, 3);
    has_row(&diff, 0, "a", DIFF_STAYED, 50);
    has_row(&diff, 1, "a", DIFF_STAYED, 0);
    has_row(&diff, 2, "b", DIFF_STAYED, 0);
    diff_free(&diff);
    before.nclasses = 1;
    assert_int_equal(diff_make(&diff, &before, &after), 0);
    has_row(&diff, 0, "a", DIFF_NEW, 2000);
    has_row(&diff, 1, "a", DIFF_STAYED, 50);
    diff_free(&diff);
    assert_int_equal(diff_make(&diff, &after, &before), 0);
    has_row(&diff, 2, "a", DIFF_GONE, -2000);
    diff_free(&diff);
}

static void the_most_grown_comes_first(void **state)
{
    (void)state;
    static const uint64_t was[] = {100, 200, 300, 0, 500, 7}, is[] = {150, 200, 100, 60, 0, 7};
    struct side_class rows[12];
    struct side before = make_side(rows, was, 6, 10000000000), after = make_side(rows + 6, is, 6, 12000000000);
    struct diff diff;

    assert_int_equal(diff_make(&diff, &before, &after), 0);
    assert_int_equal(diff.count, 6);
    has_row(&diff, 0, "d", DIFF_NEW, 60);
    has_row(&diff, 1, "a", DIFF_STAYED, 50);
    has_row(&diff, 2, "b", DIFF_STAYED, 0);
    has_row(&diff, 3, "f", DIFF_STAYED, 0);
    has_row(&diff, 4, "c", DIFF_STAYED, -200);
    has_row(&diff, 5, "e", DIFF_GONE, -500);
    assert_int_equal(diff.elapsed_ns, 2000000000);
    assert_true(diff.growth.negative);
    assert_int_equal(diff.growth.magnitude, 590);
    diff_free(&diff);
}

static void rates_need_the_same_process(void **state)
{
    (void)state;
    static const uint64_t live[] = {100};
    struct side_class rows[2];
    struct side before = make_side(rows, live, 1, 5), after = make_side(rows + 1, live, 1, 3);
    struct diff diff;

    assert_int_equal(diff_make(&diff, &before, &after), 0);
    assert_int_equal(diff.elapsed_ns, 2);
    diff_free(&diff);
    after.pid = 2;
    assert_int_equal(diff_make(&diff, &before, &after), 0);
    assert_int_equal(diff.elapsed_ns, 0);
    diff_free(&diff);
}

static void nothing_is_compared_with_nothing(void **state)
{
    (void)state;
    struct side before = {0}, after = {0};
    struct diff diff;

    assert_int_equal(diff_make(&diff, &before, &after), 0);
    assert_int_equal(diff.count, 0);
    diff_free(&diff);
}

static void figures_may_be_of_any_size(void **state)
{
    (void)state;
    static const uint64_t was[] = {1, UINT64_MAX}, is[] = {UINT64_MAX, 1};
    struct side_class rows[4];
    struct side before = make_side(rows, was, 2, 1), after = make_side(rows + 2, is, 2, 2);
    struct diff diff;

    assert_int_equal(diff_make(&diff, &before, &after), 0);
    assert_false(diff.rows[0].growth.negative);
    assert_int_equal(diff.rows[0].growth.magnitude, UINT64_MAX - 1);
    assert_true(diff.rows[1].growth.negative);
    assert_int_equal(diff.rows[1].growth.magnitude, UINT64_MAX - 1);
    diff_free(&diff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_most_grown_comes_first),
        cmocka_unit_test(a_clock_that_was_set_makes_no_time),
        cmocka_unit_test(another_process_of_that_pid_and_name_has_no_rates),
        cmocka_unit_test(classes_of_one_name_are_told_apart_by_their_order),
        cmocka_unit_test(rates_need_the_same_process),
        cmocka_unit_test(nothing_is_compared_with_nothing),
        cmocka_unit_test(figures_may_be_of_any_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
