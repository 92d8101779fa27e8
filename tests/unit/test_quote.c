/* test_quote.c: words that a shell takes apart again into the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "quote.h"

static void words_are_quoted_where_they_must_be(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"sleep", "sleep"},
        {"--a=b:/c.d,e@f%+", "--a=b:/c.d,e@f%+"},
        {"", "''"},
        {"a b", "'a b'"},
        {"$x;`y`", "'$x;`y`'"},
        {"it's", "'it'\\''s'"},
        {"~", "'~'"},
        {"\xc3\xa9", "'\xc3\xa9'"},
        {"a\nb'\\1", "$'a\\012b\\'\\\\1'"},
        {"\xff", "$'\\377'"},
        {"\xe2\x80\xae", "$'\\342\\200\\256'"},
    };
    char quoted[64];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(quote_word(quoted, sizeof(quoted), rows[i][0]), strlen(rows[i][1]));
        assert_string_equal(quoted, rows[i][1]);
    }
}

/* The judge is a shell; all bytes at once, for it takes a while to start. */
static void a_shell_reads_the_same_bytes(void **state)
{
    (void)state;
    char word[600], quoted[2048], script[4096], got[600];
    size_t used = 0;

    for (unsigned byte = 1; byte < 256; byte++) {
        word[used++] = (char)byte;
        word[used++] = '1'; /* which must not become a part of what stands for the byte */
    }
    word[used] = '\0';
    assert_true(quote_word(quoted, sizeof(quoted), word) > 0);
    snprintf(script, sizeof(script), "LC_ALL=C bash <<'END'\nprintf %%s %s\nEND\n", quoted);
    FILE *from = popen(script, "re");
    assert_non_null(from);
    size_t length = fread(got, 1, sizeof(got), from);
    assert_int_equal(pclose(from), 0);
    assert_int_equal(length, used);
    assert_memory_equal(got, word, used);
}

static void whole_words_or_none(void **state)
{
    (void)state;
    static const char words[] = "one\0two three\0";
    char to[32];

    assert_true(quote_words(to, sizeof(to), words, sizeof(words) - 1));
    assert_string_equal(to, "one 'two three'");
    for (size_t size = 1; size <= strlen("one 'two three'"); size++) {
        assert_false(quote_words(to, size, words, sizeof(words) - 1));
        assert_string_equal(to, size > 3 ? "one" : "");
    }
    /* The last word has no end: it may be a part of one. */
    assert_false(quote_words(to, sizeof(to), words, sizeof(words) - 2));
    assert_string_equal(to, "one");
    assert_true(quote_words(to, sizeof(to), "", 0));
    assert_string_equal(to, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_quoted_where_they_must_be),
        cmocka_unit_test(a_shell_reads_the_same_bytes),
        cmocka_unit_test(whole_words_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
