/* test_naming.c: the class that a thread gets by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "naming.h"

static void test_numbers_become_stars(void **state)
{
    static const char *const names[][2] = {
        {"io_thd_3", "io_thd_*"},
        {"io_thd_12", "io_thd_*"},
        {"G1 Refine#0", "G1 Refine#*"},
        {"C2 CompilerThre", "C2 CompilerThre"},
        {"a1b2c3", "a1b2c*"},
        {"12", "*"},
        {"w-12-x", "w-*-x"},
        {"12-x", "12-x"},
        {"7z", "7z"},
        {"x1-2", "x1-*"},
        {"kworker/0:1", "kworker/*:*"},
        {"1.2.3", "1.*.*"},
        {"a 1 2 b", "a * * b"},
        {"rocksdb:low0", "rocksdb:low*"},
        {"mc-worker0", "mc-worker*"},
        {"ü1ü", "ü1ü"},
        {"no digits", "no digits"},
        {"-", "-"},
        {"0", "*"},
        {"000000000000000", "*"},
    };
    char class_name[AT_CLASS_NAME_BYTES];
    (void)state;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        naming_from_name(class_name, names[i][0]);
        assert_string_equal(class_name, names[i][1]);
    }
}

static void test_start_routines(void **state)
{
    char class_name[AT_CLASS_NAME_BYTES];
    (void)state;

    naming_from_start(class_name, "worker_main", "server", 0x1234);
    assert_string_equal(class_name, "worker_main()");
    naming_from_start(class_name, "", "server", 0x1234);
    assert_string_equal(class_name, "[server+0x1234]");
    naming_from_start(class_name, "", "", UINT64_MAX);
    assert_string_equal(class_name, "[+0xffffffffffffffff]");
}

/* Names too long for the field are cut, and stay apart from those that begin alike. */
static void test_long_names(void **state)
{
    char first[AT_CLASS_NAME_BYTES], second[AT_CLASS_NAME_BYTES], symbol[200], full[AT_CLASS_NAME_BYTES];
    (void)state;

    memset(symbol, 's', sizeof symbol);
    symbol[sizeof symbol - 1] = '\0';
    naming_from_start(first, symbol, "", 0);
    symbol[sizeof symbol - 2] = 't';
    naming_from_start(second, symbol, "", 0);
    assert_string_not_equal(first, second);
    assert_int_equal(strlen(first), AT_CLASS_NAME_BYTES - 1);
    assert_int_equal(first[AT_CLASS_NAME_BYTES - 10], '~');
    naming_from_start(first, "", symbol, 1);
    naming_from_start(second, "", symbol, 2);
    assert_string_not_equal(first, second);

    symbol[AT_CLASS_NAME_BYTES - 2] = '\0'; /* one too many with its () */
    naming_from_start(full, symbol, "", 0);
    assert_int_equal(full[AT_CLASS_NAME_BYTES - 10], '~');
    symbol[AT_CLASS_NAME_BYTES - 3] = '\0'; /* just fits */
    naming_from_start(full, symbol, "", 0);
    assert_int_equal(strlen(full), AT_CLASS_NAME_BYTES - 1);
    assert_int_equal(full[AT_CLASS_NAME_BYTES - 2], ')');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_become_stars),
        cmocka_unit_test(test_start_routines),
        cmocka_unit_test(test_long_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
