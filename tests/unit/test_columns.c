/* test_columns.c: every figure of the layout can be shown, under a heading that fits, in words that say what it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <string.h>

#include "columns.h"
#include "text.h"

static const enum field_table tables[MODEL_KINDS] = {[MODEL_CLASSES] = FIELDS_CLASS,
                                                     [MODEL_THREADS] = FIELDS_THREAD,
                                                     [MODEL_ARENAS] = FIELDS_ARENA,
                                                     [MODEL_SIZES] = FIELDS_SIZE};

static void every_field_has_a_column(void **state)
{
    (void)state;
    for (enum model_kind kind = 0; kind < MODEL_KINDS; kind++) {
        size_t count;
        const struct field *fields = fields_of(tables[kind], &count);
        for (size_t i = 0; i < count; i++) {
            const struct column *column = columns_find(kind, fields[i].key);
            assert_non_null(column);
            assert_ptr_equal(column_field(column), &fields[i]);
            assert_string_equal(column_title(column, true), fields[i].heading);
        }
    }
}

/* With the sign of the order behind it, a heading must not run into its neighbour. */
static void headings_fit(void **state)
{
    (void)state;
    for (enum model_kind kind = 0; kind < MODEL_KINDS; kind++) {
        size_t count;
        const struct column *columns = columns_of(kind, &count);
        for (size_t i = 0; i < count; i++) {
            if (!column_orders(&columns[i]))
                continue;
            assert_in_range(text_cells(column_title(&columns[i], true)) + 1, 1, columns[i].cells);
            assert_in_range(text_cells(column_title(&columns[i], false)) + 1, 1, columns[i].cells);
        }
    }
}

static void keys_are_unique_and_explained(void **state)
{
    (void)state;
    for (enum model_kind kind = 0; kind < MODEL_KINDS; kind++) {
        size_t count;
        const struct column *columns = columns_of(kind, &count);
        assert_int_equal(columns[0].shows, COLUMN_NAME);
        assert_int_equal(columns[0].importance, 0);
        for (size_t i = 0; i < count; i++) {
            assert_ptr_equal(columns_find(kind, columns[i].key), &columns[i]);
            assert_true(strlen(column_help(&columns[i])) > 10);
            assert_true(column_help(&columns[i])[strlen(column_help(&columns[i])) - 1] != '.');
            assert_null(strchr(columns[i].key, ' '));
            assert_null(strchr(columns[i].key, ','));
        }
    }
    assert_null(columns_find(MODEL_CLASSES, "nonsense"));
}

static struct model model;
static struct class_figures now, before, baseline;
static struct model_row row = {.now = &now, .before = &before, .name = "main", .class_name = "main"};

static int set_up(void **state)
{
    (void)state;
    memset(&model, 0, sizeof(model));
    memset(&now, 0, sizeof(now));
    memset(&before, 0, sizeof(before));
    memset(&baseline, 0, sizeof(baseline));
    model.now.there = model.before.there = true;
    model.now.snapshot.head.mono_ns = UINT64_C(3000000000);
    model.before.snapshot.head.mono_ns = UINT64_C(1000000000);
    model.now.snapshot.head.mode = AT_MODE_EXACT;
    row.before = &before;
    row.baseline = NULL;
    return 0;
}

static void says(const char *key, bool with_sign, enum format_unit unit, const char *wanted)
{
    const struct column *column = columns_find(MODEL_CLASSES, key);
    struct column_style style = {unit, 2000};
    struct figure figure;
    char text[FORMAT_BYTES] = "-";
    assert_non_null(column);
    if (column_figure(column, &model, &row, &figure))
        column_format(text, column, figure, with_sign, &style);
    assert_string_equal(text, wanted);
}

static void figures_come_in_every_unit(void **state)
{
    (void)state;
    now.raw.live = 1500;
    now.raw.threads = 12345;
    says("live", false, FORMAT_SCALED, "1.46K");
    says("live", false, FORMAT_RAW, "1,500");
    says("live", false, FORMAT_PERCENT, "75.0%");
    says("threads", false, FORMAT_SCALED, "12.3k");
    says("threads", false, FORMAT_RAW, "12,345");
    says("threads", false, FORMAT_PERCENT, "12.3k");
    says("dirty", true, FORMAT_PERCENT, "0");
}

static void rates_need_something_before(void **state)
{
    (void)state;
    now.raw.live = 1024;
    before.raw.live = 5120;
    says("live/s", true, FORMAT_SCALED, "-2.00K");
    row.before = NULL;
    says("live/s", true, FORMAT_SCALED, "-");
    says("live", true, FORMAT_SCALED, "+1.00K");
    row.before = &before;
    model.before.there = false;
    says("live/s", true, FORMAT_SCALED, "-");
}

static void flow_mode_has_no_given_and_taken(void **state)
{
    (void)state;
    now.given_bytes = 4096;
    says("given/s", false, FORMAT_SCALED, "2.00K");
    model.now.snapshot.head.mode = AT_MODE_FLOW;
    says("given/s", false, FORMAT_SCALED, "-");
    says("taken/s", false, FORMAT_SCALED, "-");
}

static void a_baseline_shows_differences(void **state)
{
    (void)state;
    model.baseline.there = true;
    row.baseline = &baseline;
    now.raw.live = 1024;
    baseline.raw.live = 3072;
    now.raw.alloc_bytes = 9 * 1024;
    before.raw.alloc_bytes = 8 * 1024;
    says("live", true, FORMAT_SCALED, "-2.00K");
    says("alloc_bytes/s", true, FORMAT_SCALED, "+9.00K");
    row.baseline = NULL;
    says("live", true, FORMAT_SCALED, "+1.00K");
}

static void rows_without_a_figure_come_last(void **state)
{
    (void)state;
    struct model_row without = {.now = &now, .name = "new", .class_name = "new"};
    struct column_order order = {columns_find(MODEL_CLASSES, "live/s"), false};
    assert_true(column_compare(&model, &row, &without, &order) < 0);
    assert_true(column_compare(&model, &without, &row, &order) > 0);
    assert_int_equal(column_compare(&model, &without, &without, &order), 0);
    order.column = columns_find(MODEL_CLASSES, "name");
    assert_true(column_compare(&model, &row, &without, &order) < 0);
    order.reversed = true;
    assert_true(column_compare(&model, &row, &without, &order) > 0);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_has_a_column),
        cmocka_unit_test(headings_fit),
        cmocka_unit_test(keys_are_unique_and_explained),
        TEST(figures_come_in_every_unit),
        TEST(rates_need_something_before),
        TEST(flow_mode_has_no_given_and_taken),
        TEST(a_baseline_shows_differences),
        TEST(rows_without_a_figure_come_last),
    };
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
