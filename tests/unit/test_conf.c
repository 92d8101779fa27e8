/* test_conf.c: every key of ARENATOP_CONF, its bounds, and what is said of those that are not understood. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "arenatop.h"
#include "conf.h"

struct complaints {
    unsigned count;
    char text[8][512];
};

static void complain(void *context, const char *text)
{
    struct complaints *complaints = context;

    assert_true(complaints->count < 8);
    snprintf(complaints->text[complaints->count++], 512, "%s", text);
}

static struct complaints parse(struct conf *conf, const char *text)
{
    struct complaints complaints = {.count = 0};

    conf_default(conf);
    conf_parse(conf, text, complain, &complaints);
    return complaints;
}

static bool same(const struct conf *a, const struct conf *b)
{
    return a->enabled == b->enabled && a->exact == b->exact && a->children == b->children && a->keep == b->keep &&
           a->quiet == b->quiet && a->interval_ms == b->interval_ms && a->peak_ms == b->peak_ms &&
           a->arenas_per_class == b->arenas_per_class && a->ring_bytes == b->ring_bytes && a->group == b->group &&
           a->ring_bytes_set == b->ring_bytes_set && strcmp(a->rules, b->rules) == 0;
}

static void test_defaults(void **state)
{
    static const char *const nothing[] = {NULL, "", ",", ",,,"};
    struct conf conf;
    (void)state;

    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++) {
        assert_int_equal(parse(&conf, nothing[i]).count, 0);
        assert_true(conf.enabled && conf.exact && conf.children && !conf.keep && !conf.quiet && !conf.ring_bytes_set);
        assert_int_equal(conf.interval_ms, 1000);
        assert_int_equal(conf.peak_ms, 50);
        assert_int_equal(conf.arenas_per_class, 0);
        assert_int_equal(conf.ring_bytes, 16777216);
        assert_int_equal(conf.group, (gid_t)-1);
        assert_string_equal(conf.rules, "");
    }
}

static void test_every_key(void **state)
{
    struct conf conf;
    (void)state;

    assert_int_equal(parse(&conf, "enabled:false,interval_ms:250,peak_ms:7,mode:flow,rules:/a:b/c,arenas_per_class:3,"
                                  "ring_bytes:2097152,group:root,children:false,keep:true,quiet:true")
                         .count,
                     0);
    assert_true(!conf.enabled && !conf.exact && !conf.children && conf.keep && conf.quiet && conf.ring_bytes_set);
    assert_int_equal(conf.interval_ms, 250);
    assert_int_equal(conf.peak_ms, 7);
    assert_int_equal(conf.arenas_per_class, 3);
    assert_int_equal(conf.ring_bytes, 2097152);
    assert_int_equal(conf.group, 0);
    assert_string_equal(conf.rules, "/a:b/c");
    assert_int_equal(parse(&conf, "arenas_per_class:3,arenas_per_class:auto,mode:exact,group:12345,enabled:true").count,
                     0);
    assert_int_equal(conf.arenas_per_class, 0);
    assert_int_equal(conf.group, 12345);
    assert_true(conf.enabled && conf.exact);
}

static void test_bounds(void **state)
{
    static const char *const allowed[] = {"interval_ms:10",     "interval_ms:3600000",   "peak_ms:0",
                                          "peak_ms:1",          "ring_bytes:1048576",    "ring_bytes:1073741824",
                                          "arenas_per_class:1", "arenas_per_class:4094", "group:0",
                                          "peak_ms:3600000"};
    struct conf conf;
    (void)state;

    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        assert_int_equal(parse(&conf, allowed[i]).count, 0);
}

/* One complaint that has the key and the value in it; the default holds, and so does what stands beside it. */
static void test_bad_values(void **state)
{
    static const char *const bad[] = {"enabled:yes",
                                      "enabled:",
                                      "enabled",
                                      "enabled:TRUE",
                                      "enabled:true ",
                                      "interval_ms:9",
                                      "interval_ms:0",
                                      "interval_ms:3600001",
                                      "interval_ms:-1",
                                      "interval_ms:1e3",
                                      "interval_ms:0x10",
                                      "interval_ms:18446744073709551626",
                                      "interval_ms:4294967396",
                                      "interval_ms: 100",
                                      "interval_ms:",
                                      "peak_ms:x",
                                      "mode:exactly",
                                      "mode:",
                                      "rules:",
                                      "rules",
                                      "arenas_per_class:0",
                                      "arenas_per_class:",
                                      "arenas_per_class:4095",
                                      "ring_bytes:1048577",
                                      "ring_bytes:524288",
                                      "ring_bytes:0",
                                      "ring_bytes:2147483648",
                                      "ring_bytes:16M",
                                      "group:no such group",
                                      "group:",
                                      "group:4294967295",
                                      "group:-1",
                                      "children:0",
                                      "keep:1",
                                      "quiet:on",
                                      "keep:true:true"};
    struct conf conf, expected;
    (void)state;

    conf_default(&expected);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[128], key[32], quoted[128];
        struct complaints said = parse(&conf, bad[i]);
        size_t length = strcspn(bad[i], ":");
        assert_int_equal(said.count, 1);
        assert_true(same(&conf, &expected));
        snprintf(key, sizeof key, "%.*s", (int)length, bad[i]);
        snprintf(quoted, sizeof quoted, "\"%s\"", bad[i][length] == ':' ? bad[i] + length + 1 : "");
        assert_non_null(strstr(said.text[0], key));
        assert_non_null(strstr(said.text[0], quoted));

        snprintf(text, sizeof text, "peak_ms:9,%s,interval_ms:77", bad[i]);
        assert_int_equal(parse(&conf, text).count, 1);
        assert_int_equal(conf.peak_ms, 9);
        assert_int_equal(conf.interval_ms, 77);
    }
}

static void test_unknown_keys(void **state)
{
    static const char *const bad[] = {"intervall_ms:100", "INTERVAL_MS:100", " interval_ms:100", ":", "x", ":100"};
    struct conf conf, expected;
    (void)state;

    conf_default(&expected);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct complaints said = parse(&conf, bad[i]);
        assert_int_equal(said.count, 1);
        assert_non_null(strstr(said.text[0], "unknown key"));
        assert_true(same(&conf, &expected));
    }
}

static void test_long_values(void **state)
{
    static char text[3 * CONF_PATH_BYTES];
    struct conf conf;
    (void)state;

    memset(text, 'x', sizeof text - 1);
    memcpy(text, "rules:", 6);
    strcpy(text + 6 + CONF_PATH_BYTES - 1, ",quiet:true"); /* the longest path there is */
    assert_int_equal(parse(&conf, text).count, 0);
    assert_int_equal(strlen(conf.rules), CONF_PATH_BYTES - 1);
    assert_true(conf.quiet);
    memset(text + 6, 'x', sizeof text - 7);
    strcpy(text + 6 + CONF_PATH_BYTES, ",quiet:true"); /* one more */
    assert_int_equal(parse(&conf, text).count, 1);
    assert_string_equal(conf.rules, "");
    assert_true(conf.quiet);
    memset(text + 6, 'x', sizeof text - 7);
    strcpy(text + sizeof text - 12, ",quiet:true");
    assert_int_equal(parse(&conf, text).count, 1);
    assert_true(conf.quiet);
}

/* What goes to somebody's terminal stays short. */
static void test_complaints_are_short(void **state)
{
    static char text[2048];
    struct conf conf;
    (void)state;

    memset(text, 'k', sizeof text - 1);
    assert_true(strlen(parse(&conf, text).text[0]) < 250);
    memcpy(text, "mode:", 5);
    assert_true(strlen(parse(&conf, text).text[0]) < 250);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_bad_values),
        cmocka_unit_test(test_unknown_keys),
        cmocka_unit_test(test_long_values),
        cmocka_unit_test(test_complaints_are_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
