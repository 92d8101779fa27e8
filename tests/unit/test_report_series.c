/* test_report_series.c: a hundred thousand snapshots become a few hundred moments, and no high or low is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "report_series.h"

static struct series series;
static struct at_class classes[SERIES_CLASSES + 4];
static struct snapshot snapshot = {.classes = classes};

static int set_up(void **state)
{
    (void)state;
    memset(classes, 0, sizeof(classes));
    strcpy(classes[0].name, "a");
    strcpy(classes[1].name, "b");
    snapshot.nclasses = 2;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    series_free(&series);
    return 0;
}

static void add(uint64_t place, uint64_t a, uint64_t b)
{
    classes[0].live = a;
    classes[1].live = b;
    snapshot.head.mono_ns = 1000 + place * 10;
    snapshot.process.rss = a + b + 1;
    series_add(&series, place, &snapshot);
}

static void few_are_kept_as_they_are(void **state)
{
    (void)state;
    const struct series_moment *moments[SERIES_MOMENTS];
    assert_int_equal(series_init(&series, 600), 0);
    for (uint64_t place = 0; place < 600; place++)
        add(place, place, 1000 - place);
    assert_false(series.thinned);
    assert_int_equal(series_moments(&series, moments), 600);
    for (size_t i = 0; i < 600; i++) {
        assert_int_equal(moments[i]->of_class[0], i);
        assert_int_equal(moments[i]->of_class[1], 1000 - i);
        assert_int_equal(moments[i]->live, 1000);
        assert_int_equal(moments[i]->mono_ns, 1000 + i * 10);
    }
}

/* One snapshot of many stands out, up or down: it is among the moments, whole, at its time. */
static void extremes_survive(void **state)
{
    (void)state;
    enum { PLACES = 100003 };
    static const uint64_t odd_places[] = {0, 1, 333, 334, 50000, 77777, PLACES - 1};
    for (size_t odd = 0; odd < sizeof(odd_places) / sizeof(odd_places[0]); odd++) {
        const struct series_moment *moments[SERIES_MOMENTS];
        bool high = false, low = false;
        uint64_t other = odd_places[odd] > 50001 ? 25000 : 90000;
        series_free(&series);
        assert_int_equal(series_init(&series, PLACES), 0);
        for (uint64_t place = 0; place < PLACES; place++)
            add(place, place == odd_places[odd] ? 900 : place == other ? 0 : 50 + place % 3, place == other ? 1 : 7);
        assert_true(series.thinned);
        size_t count = series_moments(&series, moments);
        assert_true(count <= SERIES_MOMENTS);
        for (size_t i = 0; i < count; i++) {
            high |= moments[i]->of_class[0] == 900 && moments[i]->of_class[1] == 7 &&
                    moments[i]->mono_ns == 1000 + odd_places[odd] * 10;
            low |= moments[i]->live == 1 && moments[i]->mono_ns == 1000 + other * 10;
            assert_true(i == 0 || moments[i]->mono_ns > moments[i - 1]->mono_ns);
        }
        assert_true(high && low);
        assert_int_equal(moments[0]->mono_ns, 1000);
        assert_int_equal(moments[count - 1]->mono_ns, 1000 + (PLACES - 1) * 10);
    }
}

/* The sum stays the same while one class takes from another: only the class's own band shows it. */
static void a_class_has_its_own_band(void **state)
{
    (void)state;
    uint64_t least = UINT64_MAX, most = 0;
    assert_int_equal(series_init(&series, 6000), 0);
    for (uint64_t place = 0; place < 6000; place++)
        add(place, place == 4321 ? 90 : place == 1234 ? 10 : 50, place == 4321 ? 10 : place == 1234 ? 90 : 50);
    for (size_t i = 0; i < series.nshares; i++) {
        least = series.shares[i].of_class[0].least < least ? series.shares[i].of_class[0].least : least;
        most = series.shares[i].of_class[0].most > most ? series.shares[i].of_class[0].most : most;
    }
    assert_int_equal(least, 10);
    assert_int_equal(most, 90);
    assert_int_equal(series.peaks[0], 90);
}

static void peaks_between_snapshots_count(void **state)
{
    (void)state;
    assert_int_equal(series_init(&series, 3), 0);
    add(0, 5, 1);
    classes[0].peak_live = 77;
    add(1, 5, 1);
    classes[0].peak_live = 0;
    add(2, 5, 1);
    assert_int_equal(series.peaks[0], 77);
    assert_int_equal(series.shares[1].of_class[0].most, 77);
    assert_int_equal(series.shares[1].of_class[0].least, 5);
    assert_int_equal(series.shares[2].of_class[0].most, 5);
}

static void a_class_that_comes_later_held_nothing_before(void **state)
{
    (void)state;
    assert_int_equal(series_init(&series, 6000), 0);
    for (uint64_t place = 0; place < 6000; place++) {
        snapshot.nclasses = place < 10 ? 1 : 2;
        add(place, 5, 9);
    }
    assert_int_equal(series.shares[0].of_class[1].least, 0);
    assert_int_equal(series.shares[0].of_class[1].most, 9);
    assert_int_equal(series.shares[1].of_class[1].least, 9);
    assert_int_equal(series.first.live, 5);
}

/* Rows move, places are missing, clocks go backwards, sums overflow, and there are more names than room. */
/* In the long run there may be more names than classes at a time. */
static void classes_without_room_are_in_the_sum(void **state)
{
    (void)state;
    assert_int_equal(series_init(&series, 100), 0);
    for (uint64_t place = 0; place < 100; place++) {
        snprintf(classes[0].name, sizeof(classes[0].name), "a%u", (unsigned)place);
        add(place, 100, 23);
    }
    assert_int_equal(series_class(&series, "a99", 0), -1);
    assert_int_equal(series.last.live, 123);
}

static void what_lies_does_no_harm(void **state)
{
    (void)state;
    const struct series_moment *moments[SERIES_MOMENTS];
    assert_int_equal(series_init(&series, 10000), 0);
    for (uint64_t place = 0; place < 10000; place += 7) {
        strcpy(classes[place % 2].name, "a");
        snprintf(classes[1 - place % 2].name, AT_CLASS_NAME_BYTES, "name %d", (int)place);
        classes[0].live = classes[1].live = UINT64_MAX - 1;
        snapshot.head.mono_ns = 100000 - place;
        series_add(&series, place, &snapshot);
    }
    assert_int_equal(series.nclasses, SERIES_CLASSES);
    assert_int_equal(series.last.mono_ns, 100000);
    assert_int_equal(series_moments(&series, moments), 1);
    assert_true(series.shares[0].high.live == UINT64_MAX);
    assert_true(series.shares[200].high.live == UINT64_MAX);
    assert_int_equal(series_class(&series, "a", 17), 0);
    assert_int_equal(series_class(&series, "nobody", 0), -1);
}

static void nothing_is_nothing(void **state)
{
    (void)state;
    const struct series_moment *moments[SERIES_MOMENTS];
    assert_int_equal(series_init(&series, 0), 0);
    assert_int_equal(series_moments(&series, moments), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(few_are_kept_as_they_are, set_up, tear_down),
        cmocka_unit_test_setup_teardown(extremes_survive, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_class_has_its_own_band, set_up, tear_down),
        cmocka_unit_test_setup_teardown(peaks_between_snapshots_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_class_that_comes_later_held_nothing_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(classes_without_room_are_in_the_sum, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_lies_does_no_harm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
