/* test_picker.c: what is told of the processes to pick from, and how they have grown since the look before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "picker.h"
#include "synth.h"

#define COMM   "picker-unit"
#define MIB    (UINT64_C(1) << 20)
#define SECOND UINT64_C(1000000000)

static struct synth_options options;
static struct segment segment;
static struct picker picker;
static uint64_t now_ns;

/* This process's segment, as if the agent were here. */
static int set_up(void **state)
{
    (void)state;
    synth_defaults(&options);
    options.history = 5;
    prctl(PR_SET_NAME, COMM);
    now_ns = 1;
    return synth_segment(&options, &segment);
}

static int tear_down(void **state)
{
    (void)state;
    segment_disown(&segment);
    segment_close(&segment, true);
    picker_free(&picker);
    return 0;
}

static void publish(unsigned snapshots)
{
    static _Alignas(8) unsigned char payload[AT_RING_BYTES_MIN / 4];

    for (unsigned i = 0; i < snapshots; i++)
        assert_int_equal(synth_publish(&options, &segment.ring, AT_STATE_LIVE, payload), 0);
}

/* Looks a second later. Returns this process's row, or NULL. */
static const struct picker_row *look(void)
{
    now_ns += SECOND;
    assert_true(picker_look(&picker, COMM, now_ns));
    for (size_t i = 0; i < picker.count; i++)
        if (picker.rows[i].target.pid == getpid())
            return &picker.rows[i];
    return NULL;
}

static uint64_t live(uint64_t n)
{
    uint64_t sum = 0;

    for (unsigned row = 0; row <= options.classes; row++)
        sum += synth_live(&options, row, n);
    return sum;
}

static void a_process_has_figures(void **state)
{
    const struct picker_row *row = look();

    (void)state;
    assert_non_null(row);
    assert_true(row->is_read);
    assert_int_equal(row->live, live(5));
    assert_int_equal(row->classes, 3);
    assert_int_equal(row->mode, AT_MODE_EXACT);
    assert_false(row->has_growth);
}

/* It is over the time between the snapshots, not between the looks; without a new one it stays. */
static void growth_is_since_the_look_before(void **state)
{
    (void)state;
    assert_non_null(look());
    publish(4);
    const struct picker_row *row = look();
    assert_true(row->has_growth && !row->growth.negative);
    assert_int_equal(row->growth.magnitude, (live(9) - live(5)) / 4);
    assert_int_equal(row->growth.magnitude, MIB);
    row = look();
    assert_true(row->has_growth);
    assert_int_equal(row->growth.magnitude, MIB);
    options.growth_bytes[0] = 0;
    options.still = true;
    publish(1);
    row = look();
    assert_int_equal(row->live, live(5));
    assert_true(row->growth.negative);
}

static void it_looks_once_a_second(void **state)
{
    (void)state;
    assert_non_null(look());
    assert_false(picker_look(&picker, COMM, now_ns + SECOND - 1));
    assert_true(picker_look(&picker, "nobody-has-this", now_ns + SECOND));
    assert_int_equal(picker.count, 0);
}

/* The kernel keeps fifteen letters of it. */
static void a_name_may_be_longer_than_what_is_kept(void **state)
{
    static const char whole[] = "picker-unit-by-its-whole-name";

    (void)state;
    prctl(PR_SET_NAME, whole);
    assert_true(picker_look(&picker, whole, now_ns));
    assert_int_equal(picker.count, 1);
    assert_int_equal(picker.rows[0].target.pid, getpid());
}

static int set_up_starting(void **state)
{
    (void)state;
    synth_defaults(&options);
    options.history = 0;
    prctl(PR_SET_NAME, COMM);
    now_ns = 1;
    return synth_segment(&options, &segment);
}

static void one_that_has_published_nothing_says_so(void **state)
{
    const struct picker_row *row = look();

    (void)state;
    assert_non_null(row);
    assert_false(row->is_read);
    assert_string_equal(row->why, "nothing published yet");
    publish(1);
    row = look();
    assert_true(row->is_read);
    assert_false(row->has_growth);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_process_has_figures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(growth_is_since_the_look_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_looks_once_a_second, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_may_be_longer_than_what_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_has_published_nothing_says_so, set_up_starting, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
