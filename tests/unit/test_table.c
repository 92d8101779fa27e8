/* test_table.c: which columns fit, how wide they are, and what stands in the cells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"
#include "synth.h"
#include "table.h"

static struct synth_options options;
static struct model model;
static struct canvas canvas;
static struct settings settings;
static struct table table;

static void look_at(struct moment *moment, uint64_t n)
{
    size_t capacity = (size_t)1 << 20;
    void *buffer = malloc(capacity);
    struct snapshot snapshot = {0};
    size_t bytes = synth_snapshot(&options, n, AT_STATE_LIVE, buffer, capacity);
    assert_int_equal(snapshot_decode(&snapshot, buffer, bytes), 0);
    assert_int_equal(model_set(moment, n, &snapshot), 0);
    assert_int_equal(history_put(&model.trend, n, &snapshot), 0);
    snapshot_free(&snapshot);
    free(buffer);
}

static int set_up(void **state)
{
    (void)state;
    synth_defaults(&options);
    settings_default(&settings);
    canvas = (struct canvas){.utf8 = true, .pictures = true};
    model_init(&model);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    model_free(&model);
    canvas_free(&canvas);
    return 0;
}

/* Paints heading and rows of a kind at a width; the cursor on row 1. */
static void paint(enum model_kind kind, int columns)
{
    const struct settings_table *chosen = &settings.tables[kind];
    struct model_filter filter = {0};
    struct table_style style = {{settings.unit, model.now.snapshot.process.allocated}, chosen->order, "", "60 s"};
    assert_int_equal(model_make_rows(&model, kind, &filter, column_compare, &chosen->order), 0);
    assert_int_equal(canvas_reset(&canvas, 1 + (int)model.nrows, columns), 0);
    table_lay_out(&table, chosen->columns, chosen->count, chosen->order.column, columns, &model, settings.unit,
                  canvas.utf8);
    table_paint_heading(&table, &canvas, 0, &model, &style);
    for (size_t i = 0; i < model.nrows; i++)
        table_paint_row(&table, &canvas, 1 + (int)i, &model, i, i == 1, &style);
}

static void row_is(int row, const char *wanted)
{
    char line[4096];
    canvas_line(&canvas, row, line, sizeof(line));
    assert_string_equal(line, wanted);
}

/* A screen is not to be broken into pieces. */
/* clang-format off */
static void wide_shows_everything(void **state)
{
    (void)state;
    look_at(&model.before, 59);
    look_at(&model.now, 60);
    paint(MODEL_CLASSES, 120);
    row_is(0, "  CLASS          THR   LIVE▾      Δ/s  ALLOC/s  FREE/s  GIVEN/s  TAKEN/s    PEAK  CACHED   DIRTY     RES  60 s");
    row_is(1, "  main             2  108.0M   +1.00M    13.0M   6.00M    8.00M    2.00M  108.0M   32.0K  256.0K  111.9M              ▄▅");
    row_is(2, "▸ io_thd_*         2   32.0M        0    8.00M   8.00M    4.00M    4.00M   32.0M   48.0K  384.0K   33.6M              ▅▅");
}
/* clang-format on */

static void narrow_keeps_class_and_live(void **state)
{
    (void)state;
    look_at(&model.before, 59);
    look_at(&model.now, 60);
    paint(MODEL_CLASSES, 40);
    row_is(0, "  CLASS         LIVE▾      Δ/s  60 s");
    row_is(3, "  bio_lazy_f…   16.0M        0         ▅");
    paint(MODEL_CLASSES, 20);
    row_is(0, "  CLASS        LIVE▾");
    paint(MODEL_CLASSES, 5);
    row_is(0, "  CLA");
}

static void no_width_loses_a_heading(void **state)
{
    (void)state;
    look_at(&model.before, 59);
    look_at(&model.now, 60);
    for (int columns = 20; columns <= 400; columns++) {
        paint(MODEL_CLASSES, columns);
        assert_true(table.count >= 2);
        const struct table_place *last = &table.places[table.count - 1];
        assert_in_range(last->at + last->cells, 1, columns);
        for (size_t i = 1; i < table.count; i++)
            assert_true(table.places[i].at > table.places[i - 1].at + table.places[i - 1].cells);
    }
}

static void raw_bytes_get_room(void **state)
{
    (void)state;
    look_at(&model.before, 59);
    look_at(&model.now, 60);
    settings.unit = FORMAT_RAW;
    paint(MODEL_CLASSES, 60);
    row_is(1, "  main              113,246,208      +1,048,576           ▄▅");
}

/* Whoever wants every digit has every digit, or a unit; a figure that was cut would be another. */
static void no_figure_is_cut(void **state)
{
    (void)state;
    look_at(&model.before, 59);
    look_at(&model.now, 60);
    settings.unit = FORMAT_RAW;
    model.now.classes[1].raw.live = UINT64_C(1234567890123);
    paint(MODEL_CLASSES, 60);
    row_is(1, "  main          1,234,567,890,123 +1,234,455,692,491      ▄▅");
    paint(MODEL_CLASSES, 28);
    row_is(1, "  main                 1.12T");
    settings.unit = FORMAT_SCALED;
    model.now.classes[1].raw.threads = 12345;
    paint(MODEL_CLASSES, 120);
    char line[4096];
    canvas_line(&canvas, 1, line, sizeof(line));
    assert_non_null(strstr(line, " 12.3k "));
}

static void no_moment_before_means_no_rates(void **state)
{
    (void)state;
    look_at(&model.now, 60);
    paint(MODEL_CLASSES, 60);
    row_is(1, "  main           108.0M        -        -       -          ▅");
}

static void a_baseline_takes_the_seconds_away(void **state)
{
    (void)state;
    look_at(&model.before, 59);
    look_at(&model.now, 60);
    assert_int_equal(model_set_baseline(&model), 0);
    look_at(&model.now, 62);
    paint(MODEL_CLASSES, 70);
    row_is(0, "  CLASS           LIVE▾        Δ    ALLOC    FREE     RES  60 s");
    row_is(1, "  main           +2.00M   +2.00M   +26.0M  +12.0M  +2.09M           ▄▅");
    row_is(2, "▸ io_thd_*            0        0   +16.0M  +16.0M  +24.0K           ▅▅");
}

static void threads_and_arenas(void **state)
{
    (void)state;
    look_at(&model.before, 59);
    look_at(&model.now, 60);
    paint(MODEL_THREADS, 80);
    row_is(0, "  THREAD            TID  CLASS         ALLOC/s▾   FREE/s   ALLOC+    FREE+");
    paint(MODEL_ARENAS, 60);
    row_is(0, "  CLASS          ARENA  ALLOC▾      Δ/s   DIRTY     RES");
}

static void the_order_has_its_arrow(void **state)
{
    (void)state;
    look_at(&model.now, 60);
    settings.tables[MODEL_CLASSES].order.reversed = true;
    paint(MODEL_CLASSES, 30);
    row_is(0, "  CLASS         LIVE▴      Δ/s");
    settings.tables[MODEL_CLASSES].order = (struct column_order){columns_find(MODEL_CLASSES, "name"), false};
    paint(MODEL_CLASSES, 30);
    row_is(0, "  CLASS▴         LIVE      Δ/s");
}

/* What the rows are ordered by is on the screen, chosen or not, and at whatever width. */
static void the_order_is_always_seen(void **state)
{
    struct column_order *order = &settings.tables[MODEL_CLASSES].order;
    (void)state;
    look_at(&model.before, 59);
    look_at(&model.now, 60);
    order->column = columns_find(MODEL_CLASSES, "dirty");
    paint(MODEL_CLASSES, 60);
    row_is(0, "  CLASS            LIVE      Δ/s  ALLOC/s  DIRTY▾  60 s");
    order->column = columns_find(MODEL_CLASSES, "released_bytes/s");
    paint(MODEL_CLASSES, 60);
    row_is(0, "  CLASS            LIVE      Δ/s  ALLOC/s  60 s       REL/s▾");
    settings.unit = FORMAT_RAW;
    paint(MODEL_CLASSES, 40);
    row_is(0, "  CLASS by REL/s▾          LIVE");
    for (int columns = 20; columns <= 400; columns++) {
        char line[4096];
        paint(MODEL_CLASSES, columns);
        canvas_line(&canvas, 0, line, sizeof(line));
        assert_true(columns < 31 || strstr(line, "REL/s▾") != NULL);
    }
}

static void estimates_are_marked(void **state)
{
    (void)state;
    options.flow_class = 2;
    look_at(&model.now, 60);
    paint(MODEL_CLASSES, 30);
    row_is(1, "  main         108.0M        -");
    row_is(2, "▸~io_thd_*      32.0M        -");
}

static void a_click_finds_its_column(void **state)
{
    (void)state;
    look_at(&model.now, 60);
    paint(MODEL_CLASSES, 120);
    assert_string_equal(table_column_at(&table, 0)->key, "name");
    for (size_t i = 0; i < table.count; i++)
        assert_ptr_equal(table_column_at(&table, table.places[i].at), table.places[i].column);
    assert_null(table_column_at(&table, 1000));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(wide_shows_everything),    TEST(narrow_keeps_class_and_live),     TEST(no_width_loses_a_heading),
        TEST(raw_bytes_get_room),       TEST(no_moment_before_means_no_rates), TEST(a_baseline_takes_the_seconds_away),
        TEST(threads_and_arenas),       TEST(the_order_has_its_arrow),         TEST(estimates_are_marked),
        TEST(the_order_is_always_seen), TEST(a_click_finds_its_column),        TEST(no_figure_is_cut),
    };
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
