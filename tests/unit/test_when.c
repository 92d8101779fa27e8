/* test_when.c: conditions as a person types them: what is read, what is refused, and where it points. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <string.h>

#include "when.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define MIB             (UINT64_C(1) << 20)
#define SECOND          UINT64_C(1000000000)

static struct when parse(const char *text)
{
    struct when when;
    struct failure failure;

    if (when_parse(&when, text, &failure) != 0)
        fail_msg("%s", failure.text);
    return when;
}

static void every_form_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *glob, *key;
        enum when_test test;
        uint64_t magnitude;
        bool negative;
        uint64_t unit_ns;
    } good[] = {
        {"main.live > 2G", "main", "live", WHEN_OVER, 2048 * MIB, false, 0},
        {"main.live>=1.5M", "main", "live", WHEN_AT_LEAST, 3 * MIB / 2, false, 0},
        {"  main . dirty <  17 ", "main", "dirty", WHEN_UNDER, 17, false, 0},
        {"io_thd_*.threads<=4", "io_thd_*", "threads", WHEN_AT_MOST, 4, false, 0},
        {"*.live rises 50M/min", "*", "live", WHEN_RISES, 50 * MIB, false, 60 * SECOND},
        {"main.live\tfalls 1K / s", "main", "live", WHEN_FALLS, 1024, false, SECOND},
        {"main.alloc_bytes rises 1T/h", "main", "alloc_bytes", WHEN_RISES, MIB * MIB, false, 3600 * SECOND},
        {"main.nmalloc rises 5/d", "main", "nmalloc", WHEN_RISES, 5, false, 86400 * SECOND},
        {"process.rss > 0", "process", "rss", WHEN_OVER, 0, false, 0},
        {"process.unexplained < -1M", "process", "unexplained", WHEN_UNDER, MIB, true, 0},
        {"C2 CompilerThre.live > 1", "C2 CompilerThre", "live", WHEN_OVER, 1, false, 0},
        {"libx.so.1.live > 1.5K", "libx.so.1", "live", WHEN_OVER, 1536, false, 0},
        {"a > b.live > 1", "a > b", "live", WHEN_OVER, 1, false, 0},
        {"a rises b.live >= 1", "a rises b", "live", WHEN_AT_LEAST, 1, false, 0},
        {"arises.live falls 1/s", "arises", "live", WHEN_FALLS, 1, false, SECOND},
        {"[app+0x1f40].live > 1", "[app+0x1f40]", "live", WHEN_OVER, 1, false, 0},
        {"\xff\n\x01.live > 1", "\xff\n\x01", "live", WHEN_OVER, 1, false, 0},
    };

    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct when when = parse(good[i].text);
        assert_string_equal(when.glob, good[i].glob);
        assert_string_equal(when.field->key, good[i].key);
        assert_int_equal(when.of_process, strcmp(good[i].glob, "process") == 0);
        assert_int_equal(when.test, good[i].test);
        assert_int_equal(when.amount.magnitude, good[i].magnitude);
        assert_int_equal(when.amount.negative, good[i].negative);
        assert_int_equal(when.unit_ns, good[i].unit_ns);
        assert_ptr_equal(when.text, good[i].text);
    }
}

static void a_mistake_is_pointed_at(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } bad[] = {
        {"", "'': column 1, the end: a test is missing"},
        {"main.live", "'main.live': column 10, the end: a test is missing"},
        {"main.live == 3", "column 15, the end: a test is missing"},
        {"> 3", "column 1: CLASS.FIGURE belongs here"},
        {"live > 3", "column 1: CLASS.FIGURE belongs here"},
        {"main.liv > 2G", "'main.liv > 2G': column 6: 'liv' is no figure of a class; there are threads, "},
        {"main. > 2G", "column 6: '' is no figure of a class"},
        {"main.live! > 2G", "column 6: 'live!' is no figure"},
        {"\xc3\xa9\xc3\xa9.liv > 2G", "column 4: 'liv'"},
        {"process.live > 1", "column 9: 'live' is no figure of the process; there are allocated, "},
        {"main.rss > 1", "column 6: 'rss' is no figure of a class"},
        {" .live > 1", "column 2: a class is missing"},
        {"main.live >", "column 12, the end: an amount is missing"},
        {"main.live > ", "column 13, the end: an amount is missing"},
        {"main.live > 2X", "column 13: a number of bytes belongs here, or of K, M, G or T"},
        {"main.live > -2", "column 13: a number of bytes"},
        {"main.live > 2G now", "column 13: a number of bytes"},
        {"main.live > 99999999999999999999", "column 13: a number of bytes"},
        {"main.threads > 2K", "column 16: a number belongs here"},
        {"main.threads > 1.5", "column 16: a number belongs here"},
        {"process.unexplained > --1", "column 23: a number of bytes"},
        {"process.unexplained > -", "column 23: a number of bytes"},
        {"main.live rises", "column 16, the end: an amount is missing"},
        {"main.live rises 5M", "column 19, the end: a time belongs behind the amount: /s, /min, /h or /d"},
        {"main.live rises 5M/", "column 20, the end: a time belongs behind the '/'"},
        {"main.live rises 5M/week", "column 20: a time belongs behind the '/': s, min, h or d"},
        {"main.live rises /s", "column 17: an amount is missing"},
        {"main.live falls 0/s", "column 17: an amount above 0"},
        {"main.live rises -5/s", "column 17: a number of bytes"},
        {"process.unexplained falls -5/s", "column 27: a number of bytes"},
    };

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct when when;
        struct failure failure;
        if (when_parse(&when, bad[i].text, &failure) == 0)
            fail_msg("'%s' was read", bad[i].text);
        assert_int_equal(failure.code, EXIT_USAGE);
        if (strstr(failure.text, bad[i].said) == NULL)
            fail_msg("'%s': said %s", bad[i].text, failure.text);
    }
}

static void names_are_as_long_as_they_may_be(void **state)
{
    (void)state;
    char text[2 * WHEN_GLOB_BYTES + 16];
    struct when when;
    struct failure failure;

    for (size_t length = WHEN_GLOB_BYTES - 2; length <= 2 * WHEN_GLOB_BYTES; length++) {
        memset(text, 'x', length);
        strcpy(text + length, ".live > 1");
        assert_int_equal(when_parse(&when, text, &failure), length < WHEN_GLOB_BYTES ? 0 : -1);
    }
}

static void names_and_globs_concern_classes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name;
        bool wanted;
    } cases[] = {
        {"main.live > 1", "main", true},
        {"main.live > 1", "main2", false},
        {"io_thd_*.live > 1", "io_thd_*", true},
        {"io_thd_*.live > 1", "io_thd_main", true},
        {"io_thd_*.live > 1", "bio_thd_*", false},
        {"*.live > 1", "(unbound)", true},
        {"[app+0x1f40].live > 1", "[app+0x1f40]", true},
        {"[ab].live > 1", "b", true},
        {"[ab].live > 1", "c", false},
        {"a\\*.live > 1", "a*", true},
        {"a\\*.live > 1", "ab", false},
        {"*.live > 1", "\xff\xfe", true},
        {"process.rss > 1", "process", false},
        {"[p]rocess.live > 1", "process", true},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct when when = parse(cases[i].text);
        if (when_concerns(&when, cases[i].name) != cases[i].wanted)
            fail_msg("'%s' and '%s'", cases[i].text, cases[i].name);
    }
}

static void tests_mean_what_they_say(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct figure figure;
        bool wanted;
    } cases[] = {
        {"main.live > 5", {5, false}, false},           {"main.live > 5", {6, false}, true},
        {"main.live >= 5", {4, false}, false},          {"main.live >= 5", {5, false}, true},
        {"main.live < 5", {5, false}, false},           {"main.live < 5", {4, false}, true},
        {"main.live <= 5", {6, false}, false},          {"main.live <= 5", {5, false}, true},
        {"main.live rises 5/s", {5, false}, true},      {"main.live rises 5/s", {4, false}, false},
        {"main.live rises 5/s", {5, true}, false},      {"main.live falls 5/s", {5, true}, true},
        {"main.live falls 5/s", {4, true}, false},      {"main.live falls 5/s", {5, false}, false},
        {"process.unexplained < -5", {6, true}, true},  {"process.unexplained < -5", {5, true}, false},
        {"process.unexplained > -5", {0, false}, true},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct when when = parse(cases[i].text);
        if (when_holds(&when, cases[i].figure) != cases[i].wanted)
            fail_msg("'%s' and %llu", cases[i].text, (unsigned long long)cases[i].figure.magnitude);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_read),
        cmocka_unit_test(a_mistake_is_pointed_at),
        cmocka_unit_test(names_are_as_long_as_they_may_be),
        cmocka_unit_test(names_and_globs_concern_classes),
        cmocka_unit_test(tests_mean_what_they_say),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
