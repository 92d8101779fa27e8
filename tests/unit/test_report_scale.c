/* test_report_scale.c: a grid's lines are round, few, and say what a person expects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report_scale.h"

#define S UINT64_C(1000000000)

static void steps_of_bytes_are_round(void **state)
{
    (void)state;
    static const struct {
        uint64_t most, step;
    } cases[] = {
        {0, 1},
        {6, 1},
        {7, 2},
        {14, 5},
        {700, 128},
        {UINT64_C(66) << 20, UINT64_C(10) << 20},
        {UINT64_C(3300) << 20, UINT64_C(512) << 20},
        {UINT64_C(7) << 30, UINT64_C(2) << 30},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(scale_bytes_step(cases[i].most, 6), cases[i].step);
}

static void there_are_never_many_lines(void **state)
{
    (void)state;
    for (unsigned shift = 0; shift < 64; shift++) {
        uint64_t most = UINT64_MAX >> shift;
        uint64_t lines = most / scale_bytes_step(most, 6);
        assert_true(lines <= 7);
        assert_true(lines >= 2 || most < 4);
        lines = most / scale_time_step(most, 6);
        assert_true(lines <= 7);
    }
}

static void steps_of_time_are_a_clocks(void **state)
{
    (void)state;
    static const struct {
        uint64_t span_s, step_s;
    } cases[] = {{6, 1}, {60, 10}, {77, 15}, {600, 120}, {3600, 600}, {86400, 14400}, {86400 * 30, 86400 * 6}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t step_ns = scale_time_step(cases[i].span_s * S, 6);
        assert_true(step_ns % (cases[i].step_s < 60 ? S : 60 * S) == 0);
        assert_in_range(cases[i].span_s * S / step_ns, 3, 6);
    }
    assert_int_equal(scale_time_step(S / 2, 6), S / 10);
}

static void labels_say_as_much_as_is_needed(void **state)
{
    (void)state;
    char out[FORMAT_BYTES];
    uint64_t time_ns = UINT64_C(1790000000) * S; /* 2026-09-21 14:13:20 UTC */
    assert_string_equal(scale_time_label(out, time_ns, 10 * S), "14:13:20");
    assert_string_equal(scale_time_label(out, time_ns + 250000000, S / 20), "14:13:20.250");
    assert_string_equal(scale_time_label(out, time_ns - 20 * S, 60 * S), "14:13");
    assert_string_equal(scale_time_label(out, time_ns / (86400 * S) * (86400 * S), 3600 * S), "Sep 21");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_of_bytes_are_round),
        cmocka_unit_test(there_are_never_many_lines),
        cmocka_unit_test(steps_of_time_are_a_clocks),
        cmocka_unit_test(labels_say_as_much_as_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
