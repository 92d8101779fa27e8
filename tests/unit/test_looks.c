/* test_looks.c: no two of the largest classes look alike, and none changes its look while it is one of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "looks.h"

#define CLASSES 20

static struct class_figures classes[CLASSES];
static struct moment now;
static struct looks looks;

/* Class `i` of the list, from 1 on, gets so much; the others have nothing. */
static void hold(const uint64_t *live, size_t count)
{
    memset(&looks, 0, sizeof(looks));
    memset(classes, 0, sizeof(classes));
    for (unsigned i = 0; i < CLASSES; i++)
        snprintf(classes[i].raw.name, sizeof(classes[i].raw.name), "class-%u", i);
    for (size_t i = 0; i < count; i++)
        classes[i].raw.live = live[i];
    now = (struct moment){.there = true, .snapshot.nclasses = CLASSES, .classes = classes};
    looks_update(&looks, &now);
}

static int look(unsigned row)
{
    return looks_of(&looks, classes[row].raw.name);
}

static void assert_all_differ(void)
{
    for (size_t i = 0; i < looks.count; i++)
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(look(looks.largest[i]), look(looks.largest[j]));
}

static void the_first_row_has_the_first_look(void **state)
{
    static const uint64_t live[] = {1, 2, 3};
    (void)state;
    hold(live, 3);
    assert_int_equal(look(1), 0);
    assert_int_equal(look(2), 1);
    assert_int_equal(looks.largest[0], 2);
    assert_int_equal(looks.largest[1], 1);
    assert_int_equal(looks.largest[2], 0);
    assert_int_equal(looks_of(&looks, "nobody"), -1);
}

static void rows_that_lie_six_apart_differ(void **state)
{
    static const uint64_t live[] = {[1] = 90, [2] = 5, [7] = 80, [13] = 70, [19] = 60};
    (void)state;
    hold(live, CLASSES);
    assert_int_equal(looks.count, LOOKS_COUNT);
    assert_int_equal(look(1), 0);
    assert_all_differ();
}

/* Two that take turns to be the sixth leave the five others as they are, whichever of those is the largest. */
static void a_look_stays(void **state)
{
    static const uint64_t live[] = {[1] = 90, [7] = 80, [8] = 70, [13] = 60, [14] = 50, [3] = 10, [9] = 9};
    int before[CLASSES];
    (void)state;
    hold(live, 15);
    for (unsigned i = 0; i < CLASSES; i++)
        before[i] = look(i);
    for (int turn = 0; turn < 4; turn++) {
        classes[turn % 2 == 0 ? 9 : 3].raw.live = 20;
        classes[turn % 2 == 0 ? 3 : 9].raw.live = 10;
        classes[7].raw.live = turn % 2 == 0 ? 95 : 80; /* whose look by its row is that of class 1 */
        looks_update(&looks, &now);
        assert_all_differ();
        assert_int_equal(look(turn % 2 == 0 ? 3 : 9), -1);
        for (unsigned i = 0; i < CLASSES; i++)
            if (classes[i].raw.live >= 50)
                assert_int_equal(look(i), before[i]);
    }
}

/* Among equals (unbound), the first row, comes last, as in the lists. */
static void all_may_hold_nothing(void **state)
{
    (void)state;
    hold(NULL, 0);
    assert_int_equal(looks.count, LOOKS_COUNT);
    assert_int_equal(looks.largest[0], 1);
    assert_int_equal(look(0), -1);
    assert_all_differ();
    now.snapshot.nclasses = 0;
    looks_update(&looks, &now);
    assert_int_equal(looks.count, 0);
    assert_int_equal(look(1), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_row_has_the_first_look),
        cmocka_unit_test(rows_that_lie_six_apart_differ),
        cmocka_unit_test(a_look_stays),
        cmocka_unit_test(all_may_hold_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
