/* test_report.c: what a report says of a span is what its snapshots say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "report.h"
#include "synth.h"

static struct synth_options options;
static struct report report;
static struct snapshot snapshot;
static alignas(8) unsigned char payload[1 << 20];

static int set_up(void **state)
{
    (void)state;
    synth_defaults(&options);
    options.growths = 3;
    options.growth_bytes[0] = 1 << 20;
    options.growth_bytes[1] = -(64 << 10);
    options.growth_bytes[2] = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    report_free(&report);
    snapshot_free(&snapshot);
    return 0;
}

static void load(uint64_t n)
{
    size_t bytes = synth_snapshot(&options, n, AT_STATE_LIVE, payload, sizeof(payload));
    assert_true(bytes > 0);
    assert_int_equal(snapshot_decode(&snapshot, payload, bytes), 0);
}

static void take(uint64_t first, uint64_t last)
{
    assert_int_equal(report_init(&report, last - first + 1), 0);
    for (uint64_t n = first; n <= last; n++) {
        load(n);
        assert_int_equal(report_add(&report, n - first, &snapshot), 0);
    }
}

static const struct report_class *find(const char *name)
{
    static struct report_class class;
    for (size_t i = 0; i < report.nclasses; i++) {
        class = report_class(&report, i);
        if (strcmp(class.name, name) == 0)
            return &class;
    }
    fail_msg("no class %s", name);
    return NULL;
}

static void classes_gained_what_they_gained(void **state)
{
    (void)state;
    char name[AT_CLASS_NAME_BYTES];
    uint64_t first = 0, last = 0;
    take(10, 60);
    assert_int_equal(report_end(&report), 0);
    assert_int_equal(report.count, 51);
    assert_int_equal(report.elapsed_ns, UINT64_C(50000000000));
    assert_int_equal(report.nclasses, options.classes + 1);
    for (unsigned row = 0; row <= options.classes; row++) {
        const struct report_class *class = find(synth_class_name(&options, row, name));
        assert_int_equal(class->first->live, synth_live(&options, row, 10));
        assert_int_equal(class->last->live, synth_live(&options, row, 60));
        assert_int_equal(class->growth.magnitude, row == 1 ? 50 << 20 : row == 2 ? 50 * (64 << 10) : 0);
        assert_int_equal(class->growth.negative, row == 2);
        assert_false(class->is_new);
        first += class->first->live;
        last += class->last->live;
    }
    assert_int_equal(report_first_live(&report), first);
    assert_int_equal(report_last_live(&report), last);
    assert_string_equal(report_class(&report, 0).name, "main");
    assert_string_equal(report_class(&report, report.nclasses - 1).name, synth_class_name(&options, 2, name));
}

static void all_classes_are_their_sum(void **state)
{
    (void)state;
    struct at_class first, last;
    uint64_t allocated = 0, cached = 0;
    take(10, 60);
    assert_int_equal(report_end(&report), 0);
    struct report_class all = report_all(&report, &first, &last);
    for (size_t i = 0; i < report.nclasses; i++) {
        allocated += report_class(&report, i).allocated;
        cached += report_class(&report, i).last->cached;
    }
    assert_int_equal(all.growth.magnitude, 50 * ((1 << 20) - (64 << 10)));
    assert_int_equal(all.last->live, report_last_live(&report));
    assert_int_equal(all.allocated, allocated);
    assert_int_equal(all.last->cached, cached);
    assert_int_equal(all.peak, report.live.bytes);
}

/* The growth of a class is what it allocated less what was freed of it: the matrix and the table close. */
static void flows_are_of_the_span(void **state)
{
    (void)state;
    take(10, 60);
    assert_int_equal(report_end(&report), 0);
    assert_int_equal(report.flows.n, options.classes + 1);
    for (unsigned owner = 0; owner <= options.classes; owner++) {
        char name[AT_CLASS_NAME_BYTES];
        const struct report_class *class = find(synth_class_name(&options, owner, name));
        uint64_t freed = 0;
        for (unsigned by = 0; by <= options.classes; by++) {
            uint64_t bytes = report.flows.cells[owner * report.flows.n + by].magnitude;
            assert_int_equal(bytes, synth_flow(&options, owner, by, 60) - synth_flow(&options, owner, by, 10));
            freed += bytes;
        }
        assert_int_equal(class->last->live + freed, class->first->live + class->allocated);
    }
}

static void one_snapshot_speaks_for_itself(void **state)
{
    (void)state;
    take(60, 60);
    assert_int_equal(report_end(&report), 0);
    assert_int_equal(report.elapsed_ns, 0);
    assert_int_equal(report_first_live(&report), 0);
    assert_int_equal(find("main")->last->live, synth_live(&options, 1, 60));
    assert_int_equal(report.flows.cells[1 * report.flows.n + 1].magnitude, synth_flow(&options, 1, 1, 60));
    assert_false(find("main")->is_new);
    assert_int_equal(report_late(&report).elapsed_ns, 0);
}

static void what_is_missing_is_counted(void **state)
{
    (void)state;
    assert_int_equal(report_init(&report, 60), 0);
    for (uint64_t n = 1; n <= 60; n++) {
        load(n);
        if (n != 7 && (n < 20 || n > 29))
            assert_int_equal(report_add(&report, n - 1, &snapshot), 0);
    }
    assert_int_equal(report_end(&report), 0);
    assert_int_equal(report.lost, 11);
    assert_int_equal(report.ngaps, 2);
    assert_int_equal(report.gaps[0].lost, 1);
    assert_int_equal(report.gaps[1].lost, 10);
    assert_int_equal(report.gaps[1].to_ns - report.gaps[1].from_ns, UINT64_C(11000000000));
    assert_int_equal(report.count, 49);
}

static void many_gaps_take_no_room(void **state)
{
    (void)state;
    assert_int_equal(report_init(&report, 100), 0);
    for (uint64_t n = 1; n <= 100; n += 2) {
        load(n);
        assert_int_equal(report_add(&report, n - 1, &snapshot), 0);
    }
    assert_int_equal(report.lost, 49);
    assert_int_equal(report.ngaps, REPORT_GAPS);
    assert_int_equal(report.gaps_left_out, 49 - REPORT_GAPS);
}

static void highs_are_remembered(void **state)
{
    (void)state;
    options.wave_bytes = 64 << 20;
    options.growth_bytes[0] = 0;
    take(1, 60);
    assert_int_equal(report_end(&report), 0);
    uint64_t high = 0, sum;
    for (uint64_t n = 1; n <= 60; n++) {
        sum = 0;
        for (unsigned row = 0; row <= options.classes; row++)
            sum += synth_live(&options, row, n);
        high = sum > high ? sum : high;
    }
    assert_int_equal(report.live.bytes, high);
    assert_true(report_last_live(&report) < high);
}

/* A thread that stood between jemalloc's two books is no fault of theirs; the next snapshot shows them to agree. */
static void books_are_off_when_the_next_snapshot_agrees(void **state)
{
    (void)state;
    take(1, 9);
    options.unexplained_bytes = -5000;
    load(10);
    assert_int_equal(report_add(&report, 9, &snapshot), 0);
    options.unexplained_bytes = 0;
    load(11);
    assert_int_equal(report_add(&report, 10, &snapshot), 0);
    assert_int_equal(report.books_off, 0);
    options.unexplained_bytes = 3000;
    for (uint64_t n = 12; n < 14; n++) {
        load(n);
        assert_int_equal(report_add(&report, n - 1, &snapshot), 0);
    }
    assert_int_equal(report.books_off, 1);
    assert_int_equal(report.worst_off, 3000);
}

static void the_first_snapshots_books_are_no_better_known(void **state)
{
    (void)state;
    options.unexplained_bytes = -5000;
    take(1, 1);
    options.unexplained_bytes = 0;
    load(2);
    assert_int_equal(report_add(&report, 1, &snapshot), 0);
    assert_int_equal(report_end(&report), 0);
    assert_int_equal(report.books_off, 0);
    report_free(&report);
    options.unexplained_bytes = -5000;
    take(1, 1);
    assert_int_equal(report_end(&report), 0);
    assert_int_equal(report.books_off, 1);
}

static void books_are_judged_snapshot_by_snapshot(void **state)
{
    (void)state;
    options.unexplained_bytes = -5000;
    take(1, 10);
    assert_int_equal(report.books_off, 10);
    assert_int_equal(report.worst_off, 5000);
    options.unexplained_bytes = 0;
    load(11);
    assert_int_equal(report_add(&report, 9, &snapshot), 0);
    assert_int_equal(report.books_off, 10);
    options.mode = AT_MODE_FLOW;
    load(12);
    assert_int_equal(report_add(&report, 9, &snapshot), 0);
    assert_int_equal(report.estimates, 1);
}

static void a_warning_is_said_once(void **state)
{
    (void)state;
    options.warnings = 3;
    take(1, 10);
    assert_int_equal(report.nwarnings, 3);
    assert_int_equal(report.warnings_left_out, 0);
    options.warnings = REPORT_WARNINGS + 3;
    load(11);
    assert_int_equal(report_add(&report, 9, &snapshot), 0);
    assert_int_equal(report.nwarnings, REPORT_WARNINGS);
    assert_true(report.warnings_left_out > 0);
}

/* main grows all the time, the second class more, but only in the first half. */
static void who_goes_on_growing_is_told(void **state)
{
    (void)state;
    assert_int_equal(report_init(&report, 60), 0);
    for (uint64_t n = 1; n <= 60; n++) {
        options.growth_bytes[1] = n <= 25 ? 10 << 20 : 0;
        load(n);
        if (n > 25)
            snapshot.classes[2].live += 25 * (UINT64_C(10) << 20);
        assert_int_equal(report_add(&report, n - 1, &snapshot), 0);
    }
    assert_int_equal(report_end(&report), 0);
    struct report_late late = report_late(&report);
    char name[AT_CLASS_NAME_BYTES];
    assert_string_equal(report_class(&report, 0).name, synth_class_name(&options, 2, name));
    assert_string_equal(late.name, "main");
    assert_int_equal(late.elapsed_ns, UINT64_C(29000000000));
    assert_int_equal(late.growth.magnitude, 29 << 20);
}

static void the_busiest_threads_come_first(void **state)
{
    (void)state;
    options.threads = 9;
    take(1, 60);
    assert_int_equal(report_end(&report), 0);
    assert_int_equal(report.nthreads, REPORT_THREADS);
    for (size_t i = 1; i < report.nthreads; i++)
        assert_true(report_thread_allocated(&report.threads[i - 1]) >= report_thread_allocated(&report.threads[i]));
    assert_true(report_thread_allocated(&report.threads[0]) > 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(classes_gained_what_they_gained),
        TEST(all_classes_are_their_sum),
        TEST(flows_are_of_the_span),
        TEST(one_snapshot_speaks_for_itself),
        TEST(what_is_missing_is_counted),
        TEST(many_gaps_take_no_room),
        TEST(highs_are_remembered),
        TEST(books_are_off_when_the_next_snapshot_agrees),
        TEST(the_first_snapshots_books_are_no_better_known),
        TEST(books_are_judged_snapshot_by_snapshot),
        TEST(a_warning_is_said_once),
        TEST(who_goes_on_growing_is_told),
        TEST(the_busiest_threads_come_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
