/* test_glob.c: patterns, against what fnmatch(3) says of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "glob.h"

static void test_by_hand(void **state)
{
    static const struct {
        const char *pattern;
        const char *text;
        bool matches;
    } rows[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"?", "", false},
        {"io_thd_*", "io_thd_12", true},
        {"io_thd_*", "io_thd", false},
        {"*a*b*c", "xaxbxcxc", true},
        {"*a*b*c", "xaxbxcx", false},
        {"G1 ?*#[0-9]", "G1 Refine#0", true},
        {"[!0-9]*", "9a", false},
        {"[[:digit:]x]", "7", true},
        {"[[:digit:]x]", "y", false},
        {"[]a]", "]", true},
        {"[a-]", "-", true},
        {"[", "[", true},
        {"[a", "[a", true},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"[\\]]", "]", true},
        {"a?c",
         "a\xc3\xa4"
         "c",
         true}, /* one character, of two bytes */
        {"a??c",
         "a\xc3\xa4"
         "c",
         false},
        {"[\xc3\xa4-\xc3\xbc]", "\xc3\xb6", true},
        {"[\xc3\xa4-\xc3\xbc]", "o", false},
        {"?", "\xff", true}, /* a byte that is no character */
        {"??", "\xc3x", true},
        {"?", "\xc3", true}, /* the text ends within one */
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (glob_matches(rows[i].pattern, rows[i].text) != rows[i].matches)
            fail_msg("\"%s\" and \"%s\"", rows[i].pattern, rows[i].text);
}

static void make_text(char *text, size_t most, const char *alphabet)
{
    size_t length = (size_t)rand() % most;
    for (size_t i = 0; i < length; i++)
        text[i] = alphabet[(size_t)rand() % strlen(alphabet)];
    text[length] = '\0';
}

/* What glibc has whims about: ranges that begin or end in a bracket, or have no end. */
static bool is_plain(const char *pattern)
{
    size_t length = strlen(pattern);
    return strstr(pattern, "-[") == NULL && strstr(pattern, "[[") == NULL &&
           (length == 0 || pattern[length - 1] != '-');
}

static void test_against_fnmatch(void **state)
{
    char pattern[12], text[8];
    unsigned matched = 0;
    (void)state;

    srand(4711);
    for (unsigned i = 0; i < 500000; i++) {
        make_text(pattern, sizeof pattern, i % 2 ? "aab*?" : "abc*?[]!^-");
        make_text(text, sizeof text, i % 3 ? "ab" : "abc-]![");
        if (!is_plain(pattern))
            continue;
        bool expected = fnmatch(pattern, text, 0) == 0;
        if (glob_matches(pattern, text) != expected)
            fail_msg("\"%s\" and \"%s\": fnmatch says %d", pattern, text, expected);
        matched += expected;
    }
    assert_true(matched > 10000);
}

/* Many stars, and nothing fits: the work grows with the product of the lengths, not faster. */
static void test_many_stars(void **state)
{
    char pattern[128] = "", text[4096];
    (void)state;

    for (unsigned i = 0; i < 60; i++)
        strcat(pattern, "a*");
    strcat(pattern, "b");
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_false(glob_matches(pattern, text));
}

/* Whatever it is given, nothing behind the ends is read: the sanitizer says so. */
static void test_ends(void **state)
{
    static const char alphabet[] = "[]!-\\*?a:\xc3\xa4\xf0";
    (void)state;

    for (unsigned i = 0; i < 100000; i++) {
        char *pattern = malloc(8), *text = malloc(4);
        make_text(pattern, 8, alphabet);
        make_text(text, 4, alphabet);
        glob_matches(pattern, text);
        free(pattern);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_against_fnmatch),
        cmocka_unit_test(test_many_stars),
        cmocka_unit_test(test_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
