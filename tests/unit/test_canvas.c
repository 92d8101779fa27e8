/* test_canvas.c: what is painted stays inside, keeps its columns and reads back as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <string.h>

#include "canvas.h"

static struct canvas canvas;

static int set_up(void **state)
{
    (void)state;
    canvas = (struct canvas){.utf8 = true, .pictures = true};
    return canvas_reset(&canvas, 3, 12);
}

static int tear_down(void **state)
{
    (void)state;
    canvas_free(&canvas);
    return 0;
}

static void row_is(int row, const char *wanted)
{
    char line[1024];
    canvas_line(&canvas, row, line, sizeof(line));
    assert_string_equal(line, wanted);
}

static void text_is_cut_at_the_border(void **state)
{
    (void)state;
    assert_int_equal(canvas_text(&canvas, 0, 8, STYLE_PLAIN, "abcdefgh"), 16);
    row_is(0, "        abcd");
    canvas_text(&canvas, 1, -2, STYLE_PLAIN, "xyz");
    row_is(1, "z");
    canvas_text(&canvas, -1, 0, STYLE_PLAIN, "no");
    canvas_text(&canvas, 3, 0, STYLE_PLAIN, "no");
    row_is(2, "");
    row_is(7, "");
}

static void fields_pad_and_cut(void **state)
{
    (void)state;
    assert_int_equal(canvas_field(&canvas, 0, 0, 6, ALIGN_RIGHT, STYLE_PLAIN, "12.1M"), 6);
    canvas_field(&canvas, 0, 6, 6, ALIGN_LEFT, STYLE_PLAIN, "main");
    row_is(0, " 12.1Mmain");
    canvas_field(&canvas, 1, 0, 6, ALIGN_LEFT, STYLE_PLAIN, "bio_lazy_free");
    row_is(1, "bio_l…");
    canvas_field(&canvas, 1, 0, 0, ALIGN_LEFT, STYLE_PLAIN, "nothing");
    row_is(1, "bio_l…");
    canvas.pictures = false;
    canvas_field(&canvas, 2, 0, 6, ALIGN_RIGHT, STYLE_PLAIN, "1,234,567");
    row_is(2, "1,234~");
}

static void wide_characters_are_never_halved(void **state)
{
    (void)state;
    canvas_text(&canvas, 0, 11, STYLE_PLAIN, "日");
    row_is(0, "");
    canvas_field(&canvas, 0, 0, 5, ALIGN_LEFT, STYLE_PLAIN, "日本語");
    row_is(0, "日本…");
    canvas_field(&canvas, 1, 0, 4, ALIGN_LEFT, STYLE_PLAIN, "日本語");
    row_is(1, "日…");
    canvas_text(&canvas, 2, 0, STYLE_PLAIN, "日本");
    canvas_text(&canvas, 2, 1, STYLE_PLAIN, "x");
    row_is(2, " x本");
    canvas_text(&canvas, 2, 2, STYLE_PLAIN, "y");
    row_is(2, " xy");
}

static void marks_stay_with_their_letter(void **state)
{
    (void)state;
    assert_int_equal(canvas_text(&canvas, 0, 0, STYLE_PLAIN, "e\u0301x"), 2);
    row_is(0, "e\u0301x");
}

static void names_are_cleaned(void **state)
{
    (void)state;
    canvas_name(&canvas, 0, 0, 12, STYLE_PLAIN, "\033[2J");
    row_is(0, "\\x1b[2J");
    canvas_name(&canvas, 1, 0, 12, STYLE_PLAIN, "");
    row_is(1, "\"\"");
    canvas.utf8 = false;
    canvas_name(&canvas, 2, 0, 12, STYLE_PLAIN, "日");
    row_is(2, "\\u{65e5}");
}

static void names_are_shortened_in_place(void **state)
{
    (void)state;
    char name[64] = "日本語スレッド";
    canvas_shorten(&canvas, name, 6);
    assert_string_equal(name, "日本…");
    strcpy(name, "abc");
    canvas_shorten(&canvas, name, 3);
    assert_string_equal(name, "abc");
    canvas_shorten(&canvas, name, 2);
    assert_string_equal(name, "a…");
}

static void bars_show_shares(void **state)
{
    (void)state;
    canvas_bar(&canvas, 0, 0, 10, STYLE_PLAIN, 5, 10);
    row_is(0, "▇▇▇▇▇░░░░░");
    canvas_bar(&canvas, 0, 0, 10, STYLE_PLAIN, 1, 1000);
    row_is(0, "▇░░░░░░░░░");
    canvas_bar(&canvas, 0, 0, 10, STYLE_PLAIN, 20, 10);
    row_is(0, "▇▇▇▇▇▇▇▇▇▇");
    canvas_bar(&canvas, 0, 0, 10, STYLE_PLAIN, 0, 0);
    row_is(0, "░░░░░░░░░░");
    canvas.pictures = false;
    canvas_bar(&canvas, 0, 0, 10, STYLE_PLAIN, 3, 10);
    row_is(0, "###.......");
}

static void trends_span_their_values(void **state)
{
    (void)state;
    static const uint64_t rising[] = {0, 1, 2, 3, 4, 5, 6, 7}, steady[] = {1000, 1000, 1001}, none[] = {0, 0};
    canvas_trend(&canvas, 0, 0, 8, STYLE_TREND, rising, 8);
    row_is(0, "▁▂▃▄▅▆▇█");
    canvas_trend(&canvas, 0, 0, 8, STYLE_TREND, steady, 3);
    row_is(0, "     ▄▄▅");
    canvas_trend(&canvas, 0, 0, 8, STYLE_TREND, none, 2);
    row_is(0, "      ▁▁");
    canvas_trend(&canvas, 1, 0, 3, STYLE_TREND, rising, 8);
    row_is(1, "▁▅█");
    canvas_trend(&canvas, 1, 0, 3, STYLE_TREND, NULL, 0);
    row_is(1, "");
    canvas.pictures = false;
    canvas_trend(&canvas, 2, 0, 8, STYLE_TREND, rising, 8);
    row_is(2, "_.:-=+*#");
}

static void every_glyph_is_one_line_of_known_width(void **state)
{
    (void)state;
    for (int glyph = 0; glyph < GLYPH_COUNT; glyph++) {
        canvas.pictures = true;
        assert_int_equal(text_cells(canvas_glyph(&canvas, (enum glyph)glyph)), 1);
        canvas.pictures = false;
        for (const char *c = canvas_glyph(&canvas, (enum glyph)glyph); *c != '\0'; c++)
            assert_true(*c >= ' ' && *c <= '~');
    }
}

static void a_selected_row_is_selected_whole(void **state)
{
    (void)state;
    canvas_select(&canvas, 1);
    for (int i = 0; i < canvas.columns; i++) {
        assert_false(canvas.cells[i].selected);
        assert_true(canvas.cells[canvas.columns + i].selected);
    }
    canvas_text(&canvas, 1, 0, STYLE_BAD, "x");
    assert_int_equal(canvas.cells[canvas.columns].style, STYLE_BAD);
    canvas_clear_row(&canvas, 1);
    assert_false(canvas.cells[canvas.columns].selected);
    row_is(1, "");
}

static void a_reset_blanks_and_resizes(void **state)
{
    (void)state;
    canvas_text(&canvas, 0, 0, STYLE_PLAIN, "old");
    assert_int_equal(canvas_reset(&canvas, 50, 200), 0);
    row_is(0, "");
    canvas_text(&canvas, 49, 190, STYLE_PLAIN, "end");
    assert_int_equal(canvas_reset(&canvas, 1, 3), 0);
    row_is(0, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(text_is_cut_at_the_border),
        TEST(fields_pad_and_cut),
        TEST(wide_characters_are_never_halved),
        TEST(marks_stay_with_their_letter),
        TEST(names_are_cleaned),
        TEST(names_are_shortened_in_place),
        TEST(bars_show_shares),
        TEST(trends_span_their_values),
        TEST(every_glyph_is_one_line_of_known_width),
        TEST(a_selected_row_is_selected_whole),
        TEST(a_reset_blanks_and_resizes),
    };
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
