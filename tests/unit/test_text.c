/* test_text.c: hostile and foreign names come out safe, whole and with the right width. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <string.h>

#include "text.h"

struct name {
    const char *name, *clean;
    int cells;
};

static void check(const struct name *names, size_t count, bool utf8)
{
    for (size_t i = 0; i < count; i++) {
        char out[TEXT_NAME_BYTES];
        assert_string_equal(text_clean(out, sizeof out, names[i].name, utf8), names[i].clean);
        assert_int_equal(text_cells(out), names[i].cells);
    }
}
#define CHECK(names, utf8) check(names, sizeof(names) / sizeof *(names), utf8)

static void utf8_names_keep_their_characters(void **state)
{
    (void)state;
    static const struct name names[] = {
        {"io_thd_*", "io_thd_*", 8},
        {"", "", 0},
        {"naïve", "naïve", 5},
        {"线程", "线程", 4},
        {"스레드", "스레드", 6},
        {"e\u0301te\u0301", "e\u0301te\u0301", 3},
        {"x\u0301\u0302\u0303\u0304", "x\u0301\u0302\u0303\u0304", 1},
        {"🧵", "🧵", 2},
    };
    CHECK(names, true);
}

static void what_steers_is_spelled_out(void **state)
{
    (void)state;
    static const struct name names[] = {
        {"a\033[31mb", "a\\x1b[31mb", 10},
        {"\r\n\t", "\\x0d\\n\\t", 8},
        {"del\x7f", "del\\x7f", 7},
        {"\xc2\x9b"
         "2J",
         "\\u{9b}2J", 8},
        {"\u202eevil", "\\u{202e}evil", 12},
        {"z\u200bw", "z\\u{200b}w", 10},
        {"\u0301lone", "\\u{301}lone", 11},
        {"tag\U000e0041", "tag\\u{e0041}", 12},
    };
    CHECK(names, true);
}

static void broken_utf8_is_spelled_out(void **state)
{
    (void)state;
    static const struct name names[] = {
        {"\xff", "\\xff", 4},
        {"a\xc3", "a\\xc3", 5},
        {"\xc0\xaf", "\\xc0\\xaf", 8},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80", 12},
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", 16},
        {"\xe7\xba", "\\xe7\\xba", 8},
    };
    CHECK(names, true);
    CHECK(names, false);
}

static void blanks_alone_are_spelled_out(void **state)
{
    (void)state;
    static const struct name names[] = {{"  ", "\\x20\\x20", 8}, {" a", " a", 2}, {"a ", "a ", 2}};
    CHECK(names, true);
    CHECK(names, false);
}

static void ascii_spells_out_the_rest(void **state)
{
    (void)state;
    static const struct name names[] = {{"线程", "\\u{7ebf}\\u{7a0b}", 16},
                                        {"naïve", "na\\u{ef}ve", 10},
                                        {"🧵", "\\u{1f9f5}", 9},
                                        {"plain", "plain", 5}};
    CHECK(names, false);
}

static void no_room_cuts_whole_characters(void **state)
{
    (void)state;
    char out[6];
    assert_string_equal(text_clean(out, sizeof out, "线程", true), "线");
    assert_string_equal(text_clean(out, sizeof out, "a\033\033", true), "a\\x1b");
    assert_string_equal(text_clean(out, sizeof out, "ab\xff", true), "ab");
    assert_string_equal(text_clean(out, 1, "ab", true), "");
}

static void the_longest_name_fits_spelled_out(void **state)
{
    (void)state;
    char name[64], out[TEXT_NAME_BYTES];
    memset(name, 0xff, sizeof name - 1);
    name[sizeof name - 1] = '\0';
    text_clean(out, sizeof out, name, true);
    assert_int_equal(strlen(out), 4 * (sizeof name - 1));
}

static void glyphs_come_with_their_marks(void **state)
{
    (void)state;
    const char *text = "e\u0301\u0302\u0303线";
    struct text_glyph glyph;
    assert_true(text_next(&text, &glyph));
    assert_true(glyph.character == 'e' && glyph.marks[0] == 0x301 && glyph.marks[1] == 0x302 && glyph.cells == 1);
    assert_true(text_next(&text, &glyph));
    assert_true(glyph.character == 0x7ebf && glyph.marks[0] == 0 && glyph.cells == 2);
    assert_false(text_next(&text, &glyph));
    text = "\033\xff";
    assert_true(text_next(&text, &glyph) && glyph.character == '?');
    assert_true(text_next(&text, &glyph) && glyph.character == '?');
    assert_false(text_next(&text, &glyph));
}

static void encoding_undoes_decoding(void **state)
{
    (void)state;
    static const uint32_t characters[] = {1, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff};
    for (size_t i = 0; i < sizeof characters / sizeof *characters; i++) {
        char out[4];
        uint32_t character;
        size_t length = text_encode(out, characters[i]);
        assert_int_equal(text_decode(out, length, &character), length);
        assert_int_equal(character, characters[i]);
    }
}

static void messages_need_no_locale(void **state)
{
    (void)state;
    char out[64];
    assert_int_equal(text_visible(out, sizeof out, "线\033\xff\u0301"), strlen("线\\x1b\\xff\u0301"));
    assert_string_equal(out, "线\\x1b\\xff\u0301");
    text_utf8(out, sizeof out, "a\xff\033");
    assert_string_equal(out, "a\xef\xbf\xbd\033");
}

static void parts_are_found_in_any_case(void **state)
{
    (void)state;
    assert_true(text_contains("IO_thd_3", "io_THD"));
    assert_true(text_contains("x", ""));
    assert_false(text_contains("io", "iox"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_names_keep_their_characters),  cmocka_unit_test(what_steers_is_spelled_out),
        cmocka_unit_test(broken_utf8_is_spelled_out),        cmocka_unit_test(blanks_alone_are_spelled_out),
        cmocka_unit_test(ascii_spells_out_the_rest),         cmocka_unit_test(no_room_cuts_whole_characters),
        cmocka_unit_test(the_longest_name_fits_spelled_out), cmocka_unit_test(glyphs_come_with_their_marks),
        cmocka_unit_test(encoding_undoes_decoding),          cmocka_unit_test(messages_need_no_locale),
        cmocka_unit_test(parts_are_found_in_any_case),
    };
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
