/* test_watch.c: conditions judged over time: when each is met, by whom, and how often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "watch.h"

#define SECOND UINT64_C(1000000000)
#define MIB    (UINT64_C(1) << 20)

enum { CLASSES = 3 };

/* A process whose figures a test sets. */
struct scene {
    struct when when;
    struct watch watch;
    struct at_class classes[AT_CLASSES_MAX];
    struct snapshot snapshot;
};

static void begin(struct scene *scene, const char *condition)
{
    static const char *const names[CLASSES] = {"main", "io_thd_*", "io_flush"};
    struct failure failure;

    memset(scene, 0, sizeof(*scene));
    if (when_parse(&scene->when, condition, &failure) != 0)
        fail_msg("%s", failure.text);
    assert_int_equal(watch_init(&scene->watch, &scene->when, 1), 0);
    for (size_t i = 0; i < CLASSES; i++)
        strcpy(scene->classes[i].name, names[i]);
    scene->snapshot.classes = scene->classes;
    scene->snapshot.nclasses = CLASSES;
}

/* `ns` later, the class at `row` holds `live`. */
static size_t step(struct scene *scene, uint64_t ns, size_t row, uint64_t live)
{
    scene->snapshot.head.mono_ns += ns;
    scene->classes[row].live = live;
    return watch_judge(&scene->watch, &scene->snapshot);
}

static void it_is_met_when_it_begins_to_hold(void **state)
{
    (void)state;
    struct scene s;
    static const uint64_t lives[] = {5, 10, 11, 12, 11, 10, 11, 3, 100};
    static const size_t met[] = {0, 0, 1, 0, 0, 0, 1, 0, 1};

    begin(&s, "main.live > 10");
    for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++)
        assert_int_equal(step(&s, SECOND, 0, lives[i]), met[i]);
    assert_ptr_equal(s.watch.moments[0].when, &s.when);
    assert_ptr_equal(s.watch.moments[0].row, &s.classes[0]);
    assert_int_equal(s.watch.moments[0].value.magnitude, 100);
    watch_free(&s.watch);
}

static void what_holds_at_the_start_is_met(void **state)
{
    (void)state;
    struct scene s;

    begin(&s, "main.live < 10");
    assert_int_equal(step(&s, SECOND, 0, 0), 1);
    assert_int_equal(step(&s, SECOND, 0, 0), 0);
    watch_free(&s.watch);
}

static void each_class_of_a_glob_is_judged_for_itself(void **state)
{
    (void)state;
    struct scene s;

    begin(&s, "io_*.live > 10");
    assert_int_equal(step(&s, SECOND, 0, 99), 0);
    assert_int_equal(step(&s, SECOND, 2, 11), 1);
    assert_string_equal(s.watch.moments[0].row->name, "io_flush");
    assert_int_equal(step(&s, SECOND, 1, 11), 1);
    assert_string_equal(s.watch.moments[0].row->name, "io_thd_*");
    s.classes[1].live = 0;
    assert_int_equal(step(&s, SECOND, 2, 0), 0);
    s.classes[1].live = 20;
    assert_int_equal(step(&s, SECOND, 2, 20), 2);
    watch_free(&s.watch);
}

static void a_process_has_figures_too(void **state)
{
    (void)state;
    struct scene s;

    begin(&s, "process.unexplained <= -5");
    assert_int_equal(step(&s, SECOND, 0, 0), 0);
    s.snapshot.process.unexplained = (uint64_t)-6;
    assert_int_equal(step(&s, SECOND, 0, 0), 1);
    assert_null(s.watch.moments[0].row);
    assert_int_equal(s.watch.moments[0].value.magnitude, 6);
    assert_true(s.watch.moments[0].value.negative);
    watch_free(&s.watch);
}

/* Steps of `ns` in which main gains `gain`, until the condition is met; at most `most`. */
static unsigned steps_until(struct scene *s, uint64_t ns, uint64_t gain, unsigned most)
{
    for (unsigned i = 1; i <= most; i++)
        if (step(s, ns, 0, s->classes[0].live + gain) > 0)
            return i;
    return 0;
}

static void a_rise_is_met_once_it_is_as_much(void **state)
{
    (void)state;
    struct scene s;

    /* At the first step there is nothing to compare with. */
    begin(&s, "main.live rises 50M/min");
    assert_int_equal(steps_until(&s, SECOND, MIB, 300), 51);
    assert_int_equal(steps_until(&s, SECOND, MIB, 300), 0);
    assert_int_equal(steps_until(&s, SECOND, 0, 61), 0);
    assert_int_equal(steps_until(&s, SECOND, 5 * MIB, 300), 10);
    watch_free(&s.watch);
}

static void a_slow_rise_never_is(void **state)
{
    (void)state;
    static const uint64_t intervals[] = {SECOND / 100, SECOND / 3,  SECOND,       7 * SECOND,
                                         59 * SECOND,  61 * SECOND, 3600 * SECOND};
    struct scene s;

    for (size_t i = 0; i < sizeof(intervals) / sizeof(intervals[0]); i++) {
        uint64_t a_minute = (uint64_t)((double)intervals[i] / (60.0 * (double)SECOND) * (50.0 * (double)MIB));
        begin(&s, "main.live rises 50M/min");
        assert_int_equal(steps_until(&s, intervals[i], a_minute * 99 / 100, 2000), 0);
        /* And a little more is, also where the interval is no part of a minute, or longer than one. */
        assert_true(steps_until(&s, intervals[i], a_minute * 102 / 100, 20000) > 0);
        watch_free(&s.watch);
    }
}

static void a_fall_is_a_rise_downwards(void **state)
{
    (void)state;
    struct scene s;

    begin(&s, "main.live falls 10M/s");
    assert_int_equal(step(&s, SECOND, 0, 100 * MIB), 0);
    assert_int_equal(step(&s, SECOND, 0, 200 * MIB), 0);
    assert_int_equal(step(&s, SECOND, 0, 191 * MIB), 0);
    assert_int_equal(step(&s, SECOND, 0, 181 * MIB), 1);
    assert_int_equal(step(&s, SECOND, 0, 171 * MIB), 0);
    assert_int_equal(step(&s, SECOND, 0, 171 * MIB), 0);
    assert_int_equal(step(&s, SECOND, 0, 0), 1);
    watch_free(&s.watch);
}

static void a_class_that_comes_later_began_at_nothing(void **state)
{
    (void)state;
    struct scene s;

    begin(&s, "*.live rises 50M/min");
    s.snapshot.nclasses = 1;
    assert_int_equal(step(&s, SECOND, 0, 0), 0);
    s.snapshot.nclasses = 2;
    assert_int_equal(step(&s, SECOND, 1, 60 * MIB), 1);
    assert_string_equal(s.watch.moments[0].row->name, "io_thd_*");
    watch_free(&s.watch);
    /* One that was there when it began may have been so for long. */
    begin(&s, "*.live rises 50M/min");
    assert_int_equal(step(&s, SECOND, 1, 60 * MIB), 0);
    watch_free(&s.watch);
}

static void rows_may_change_places(void **state)
{
    (void)state;
    struct scene s;
    struct at_class row;

    begin(&s, "*.live > 10");
    assert_int_equal(step(&s, SECOND, 0, 11), 1);
    row = s.classes[0];
    s.classes[0] = s.classes[2];
    s.classes[2] = row;
    assert_int_equal(step(&s, SECOND, 1, 11), 1);
    assert_string_equal(s.watch.moments[0].row->name, "io_thd_*");
    watch_free(&s.watch);
}

static void all_classes_may_be_others(void **state)
{
    (void)state;
    struct scene s;

    begin(&s, "*.live rises 1/s");
    s.snapshot.nclasses = AT_CLASSES_MAX;
    for (unsigned round = 0; round < 500; round++) {
        for (unsigned i = 0; i < AT_CLASSES_MAX; i++) {
            snprintf(s.classes[i].name, sizeof(s.classes[i].name), "class %u", round % 3 * AT_CLASSES_MAX + i);
            s.classes[i].live = 1;
        }
        assert_int_equal(step(&s, SECOND, 0, 1), round == 0 ? 0 : AT_CLASSES_MAX);
    }
    watch_free(&s.watch);
}

static void time_may_go_back_and_figures_be_any(void **state)
{
    (void)state;
    struct scene s;

    begin(&s, "main.live rises 50M/min");
    assert_int_equal(step(&s, 1000 * SECOND, 0, UINT64_MAX), 0);
    assert_int_equal(step(&s, (uint64_t)(-500 * (int64_t)SECOND), 0, 0), 0);
    assert_int_equal(step(&s, SECOND, 0, UINT64_MAX), 1);
    assert_int_equal(step(&s, UINT64_MAX / 2, 0, 0), 0);
    assert_int_equal(step(&s, 0, 0, UINT64_MAX), 0);
    watch_free(&s.watch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_met_when_it_begins_to_hold),
        cmocka_unit_test(what_holds_at_the_start_is_met),
        cmocka_unit_test(each_class_of_a_glob_is_judged_for_itself),
        cmocka_unit_test(a_process_has_figures_too),
        cmocka_unit_test(a_rise_is_met_once_it_is_as_much),
        cmocka_unit_test(a_slow_rise_never_is),
        cmocka_unit_test(a_fall_is_a_rise_downwards),
        cmocka_unit_test(a_class_that_comes_later_began_at_nothing),
        cmocka_unit_test(rows_may_change_places),
        cmocka_unit_test(all_classes_may_be_others),
        cmocka_unit_test(time_may_go_back_and_figures_be_any),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
