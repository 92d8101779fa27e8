/* test_model.c: rates, rows, order, baseline and flows out of snapshots with known figures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "model.h"
#include "synth.h"

#define MIB        (UINT64_C(1) << 20)
#define BUFFER_MAX (4 * MIB)

struct fixture {
    struct synth_options options;
    struct model model;
    struct snapshot snapshot;
    void *buffer;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    fixture->buffer = malloc(BUFFER_MAX);
    synth_defaults(&fixture->options);
    *state = fixture;
    model_init(&fixture->model);
    return fixture->buffer == NULL;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    model_free(&fixture->model);
    snapshot_free(&fixture->snapshot);
    free(fixture->buffer);
    free(fixture);
    return 0;
}

static void take(struct fixture *fixture, uint64_t n)
{
    size_t bytes = synth_snapshot(&fixture->options, n, AT_STATE_LIVE, fixture->buffer, BUFFER_MAX);
    assert_true(bytes > 0);
    assert_int_equal(snapshot_decode(&fixture->snapshot, fixture->buffer, bytes), 0);
}

/* Looks at snapshot `n`, `steps` after the one before it. */
static void look_at(struct fixture *fixture, uint64_t n, uint64_t steps)
{
    take(fixture, n - steps);
    assert_int_equal(model_set(&fixture->model.before, n - steps, &fixture->snapshot), 0);
    take(fixture, n);
    assert_int_equal(model_set(&fixture->model.now, n, &fixture->snapshot), 0);
}

static void rows(struct fixture *fixture, enum model_kind kind, const char *filter, const char *order, bool reversed)
{
    struct model_filter wanted = {.text = filter};
    struct column_order by = {columns_find(kind, order), reversed};
    assert_non_null(by.column);
    assert_int_equal(model_make_rows(&fixture->model, kind, &wanted, column_compare, &by), 0);
}

static void names_are(const struct model *model, const char *const *names, size_t count)
{
    assert_int_equal(model->nrows, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(model->rows[i].name, names[i]);
}
#define NAMES_ARE(model, ...) \
    names_are(model, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static struct figure figure_of(struct fixture *fixture, enum model_kind kind, size_t row, const char *key)
{
    struct figure figure = {0, false};
    assert_true(column_figure(columns_find(kind, key), &fixture->model, &fixture->model.rows[row], &figure));
    return figure;
}

static void rates_are_over_the_time_between(void **state)
{
    struct fixture *fixture = *state;
    look_at(fixture, 50, 5);
    rows(fixture, MODEL_CLASSES, "", "live", false);
    assert_true(model_elapsed_ns(&fixture->model) == UINT64_C(5000000000));
    struct figure change = figure_of(fixture, MODEL_CLASSES, 0, "live/s");
    assert_true(change.magnitude == MIB && !change.negative);
    change = figure_of(fixture, MODEL_CLASSES, 1, "live/s");
    assert_true(change.magnitude == 0);
}

static void decline_is_negative(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.growths = 1;
    fixture->options.growth_bytes[0] = -4096;
    look_at(fixture, 9, 1);
    rows(fixture, MODEL_CLASSES, "", "live", false);
    struct figure change = figure_of(fixture, MODEL_CLASSES, 0, "live/s");
    assert_true(change.magnitude == 4096 && change.negative);
}

static void a_thing_that_was_not_there_has_no_rate(void **state)
{
    struct fixture *fixture = *state;
    struct figure figure;
    fixture->options.classes = 2;
    take(fixture, 1);
    assert_int_equal(model_set(&fixture->model.before, 1, &fixture->snapshot), 0);
    fixture->options.classes = 3;
    take(fixture, 2);
    assert_int_equal(model_set(&fixture->model.now, 2, &fixture->snapshot), 0);
    rows(fixture, MODEL_CLASSES, "bio", "live", false);
    assert_int_equal(fixture->model.nrows, 1);
    assert_null(fixture->model.rows[0].before);
    assert_false(column_figure(columns_find(MODEL_CLASSES, "live/s"), &fixture->model, fixture->model.rows, &figure));
}

static void order_and_its_inverse(void **state)
{
    struct fixture *fixture = *state;
    look_at(fixture, 60, 1);
    rows(fixture, MODEL_CLASSES, "", "live", false);
    NAMES_ARE(&fixture->model, "main", "io_thd_*", "bio_lazy_free", "(unbound)");
    rows(fixture, MODEL_CLASSES, "", "live", true);
    NAMES_ARE(&fixture->model, "(unbound)", "bio_lazy_free", "io_thd_*", "main");
    rows(fixture, MODEL_CLASSES, "", "name", false);
    NAMES_ARE(&fixture->model, "(unbound)", "bio_lazy_free", "io_thd_*", "main");
    rows(fixture, MODEL_CLASSES, "", "live/s", false);
    NAMES_ARE(&fixture->model, "main", "io_thd_*", "bio_lazy_free", "(unbound)");
}

static void filters_take_parts_of_names(void **state)
{
    struct fixture *fixture = *state;
    look_at(fixture, 60, 1);
    rows(fixture, MODEL_CLASSES, "IO_", "live", false);
    NAMES_ARE(&fixture->model, "io_thd_*", "bio_lazy_free");
    rows(fixture, MODEL_THREADS, "main", "tid", false);
    assert_int_equal(fixture->model.nrows, fixture->options.threads);
    rows(fixture, MODEL_ARENAS, "nothing", "index", false);
    assert_int_equal(fixture->model.nrows, 0);
    struct model_filter one_class = {.class_name = "io_thd_*"};
    assert_int_equal(model_make_rows(&fixture->model, MODEL_ARENAS, &one_class, NULL, NULL), 0);
    assert_int_equal(fixture->model.nrows, fixture->options.arenas);
}

static void idle_rows_can_be_left_out(void **state)
{
    struct fixture *fixture = *state;
    struct model_filter filter = {.hide_idle = true};
    look_at(fixture, 60, 1);
    struct class_figures *io = &fixture->model.now.classes[2];
    io->raw.live = 0;
    assert_true(io->raw.threads > 0);
    io->raw.alloc_bytes = fixture->model.before.classes[2].raw.alloc_bytes;
    io->raw.free_bytes = fixture->model.before.classes[2].raw.free_bytes;
    assert_int_equal(model_make_rows(&fixture->model, MODEL_CLASSES, &filter, NULL, NULL), 0);
    NAMES_ARE(&fixture->model, "(unbound)", "main", "bio_lazy_free");
    io->raw.free_bytes++;
    assert_int_equal(model_make_rows(&fixture->model, MODEL_CLASSES, &filter, NULL, NULL), 0);
    assert_int_equal(fixture->model.nrows, 4);
    assert_int_equal(model_make_rows(&fixture->model, MODEL_ARENAS, &filter, NULL, NULL), 0);
    size_t arenas = fixture->model.nrows;
    fixture->model.now.snapshot.arenas[1].allocated = 0;
    fixture->model.now.snapshot.arenas[1].threads = 1;
    assert_int_equal(model_make_rows(&fixture->model, MODEL_ARENAS, &filter, NULL, NULL), 0);
    assert_int_equal(fixture->model.nrows, arenas - 1);
}

static void a_reused_tid_is_another_thread(void **state)
{
    struct fixture *fixture = *state;
    look_at(fixture, 60, 1);
    rows(fixture, MODEL_THREADS, "", "tid", false);
    assert_non_null(fixture->model.rows[0].before);
    fixture->model.now.snapshot.threads[fixture->model.rows[0].row].alloc_bytes = 0;
    rows(fixture, MODEL_THREADS, "", "tid", false);
    assert_null(fixture->model.rows[0].before);
}

static void given_and_taken_leave_out_own_frees(void **state)
{
    struct fixture *fixture = *state;
    look_at(fixture, 60, 1);
    uint64_t given = 0, taken = 0;
    for (unsigned other = 0; other <= fixture->options.classes; other++) {
        given += other == 1 ? 0 : synth_flow(&fixture->options, 1, other, 60);
        taken += other == 1 ? 0 : synth_flow(&fixture->options, other, 1, 60);
    }
    assert_true(given > 0 && taken > 0);
    assert_true(fixture->model.now.classes[1].given_bytes == given);
    assert_true(fixture->model.now.classes[1].taken_bytes == taken);
}

static void a_baseline_turns_figures_into_differences(void **state)
{
    struct fixture *fixture = *state;
    look_at(fixture, 40, 1);
    assert_int_equal(model_set_baseline(&fixture->model), 0);
    look_at(fixture, 50, 1);
    rows(fixture, MODEL_CLASSES, "", "live", false);
    assert_true(model_baseline_age_ns(&fixture->model) == UINT64_C(10000000000));
    NAMES_ARE(&fixture->model, "main", "io_thd_*", "bio_lazy_free", "(unbound)");
    assert_true(figure_of(fixture, MODEL_CLASSES, 0, "live").magnitude == 10 * MIB);
    assert_true(figure_of(fixture, MODEL_CLASSES, 0, "live/s").magnitude == 10 * MIB);
    assert_true(figure_of(fixture, MODEL_CLASSES, 1, "live").magnitude == 0);
    model_unset(&fixture->model.baseline);
    assert_true(figure_of(fixture, MODEL_CLASSES, 0, "live").magnitude == synth_live(&fixture->options, 1, 50));
}

/* Looked at from before the baseline, a counter has less than it will have: it is the same thread all the same. */
static void a_thread_of_a_later_baseline_is_the_same(void **state)
{
    struct fixture *fixture = *state;
    look_at(fixture, 50, 1);
    assert_int_equal(model_set_baseline(&fixture->model), 0);
    uint64_t later = fixture->model.now.snapshot.threads[0].alloc_bytes;
    look_at(fixture, 40, 1);
    rows(fixture, MODEL_THREADS, "", "tid", false);
    struct figure change = figure_of(fixture, MODEL_THREADS, 0, "alloc_bytes");
    assert_true(change.negative);
    assert_true(change.magnitude == later - fixture->model.now.snapshot.threads[0].alloc_bytes);
    fixture->model.baseline.snapshot.threads[0].alloc_bytes = 0;
    rows(fixture, MODEL_THREADS, "", "tid", false);
    assert_null(fixture->model.rows[0].baseline);
}

static void peaks_look_back_over_the_trend(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.growths = 1;
    fixture->options.growth_bytes[0] = -65536;
    look_at(fixture, 100, 1);
    model_set_peaks(&fixture->model);
    uint64_t alone = fixture->model.now.classes[1].peak;
    uint64_t wanted;
    while (history_wanted(&fixture->model.trend, 100, 1, &wanted)) {
        take(fixture, wanted);
        assert_int_equal(history_put(&fixture->model.trend, wanted, &fixture->snapshot), 0);
    }
    model_set_peaks(&fixture->model);
    uint64_t peak = fixture->model.now.classes[1].peak;
    assert_true(peak > alone);
    assert_true(peak >= synth_live(&fixture->options, 1, 100 - MODEL_TREND_SPAN + 1));
    assert_true(peak < synth_live(&fixture->options, 1, 100 - MODEL_TREND_SPAN - 5));
}

static void flows_are_rates_totals_or_differences(void **state)
{
    struct fixture *fixture = *state;
    struct model_flows flows = {0};
    const struct synth_options *options = &fixture->options;
    look_at(fixture, 60, 2);
    size_t n = fixture->model.now.snapshot.nclasses;
    assert_int_equal(model_make_flows(&fixture->model, MODEL_FLOW_TOTAL, false, &flows), 0);
    for (unsigned owner = 0; owner < n; owner++)
        for (unsigned freed_by = 0; freed_by < n; freed_by++)
            assert_true(flows.cells[owner * n + freed_by].magnitude == synth_flow(options, owner, freed_by, 60));
    assert_int_equal(model_make_flows(&fixture->model, MODEL_FLOW_RATE, false, &flows), 0);
    assert_true(flows.cells[n + 1].magnitude == (synth_flow(options, 1, 1, 60) - synth_flow(options, 1, 1, 58)) / 2);
    take(fixture, 30);
    assert_int_equal(model_set(&fixture->model.baseline, 30, &fixture->snapshot), 0);
    assert_int_equal(model_make_flows(&fixture->model, MODEL_FLOW_RATE, false, &flows), 0);
    assert_true(flows.cells[n + 1].magnitude == synth_flow(options, 1, 1, 60) - synth_flow(options, 1, 1, 30));
    free(flows.cells);
}

static void nothing_there_is_no_rows(void **state)
{
    struct fixture *fixture = *state;
    struct model_flows flows = {0};
    rows(fixture, MODEL_CLASSES, "", "live", false);
    assert_int_equal(fixture->model.nrows, 0);
    assert_int_equal(model_make_flows(&fixture->model, MODEL_FLOW_RATE, false, &flows), 0);
    assert_int_equal(flows.n, 0);
    assert_true(model_elapsed_ns(&fixture->model) == 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rates_are_over_the_time_between),
        TEST(decline_is_negative),
        TEST(a_thing_that_was_not_there_has_no_rate),
        TEST(order_and_its_inverse),
        TEST(filters_take_parts_of_names),
        TEST(idle_rows_can_be_left_out),
        TEST(a_reused_tid_is_another_thread),
        TEST(given_and_taken_leave_out_own_frees),
        TEST(a_baseline_turns_figures_into_differences),
        TEST(a_thread_of_a_later_baseline_is_the_same),
        TEST(peaks_look_back_over_the_trend),
        TEST(flows_are_rates_totals_or_differences),
        TEST(nothing_there_is_no_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
