/* test_rules.c: what a rule may say, which line is complained of, and which rule holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lines.h"
#include "rules.h"

#define CAPACITY 8

static struct rule table[CAPACITY];
static struct rules rules;
static unsigned complaints;
static char said[64][512];

static void complain(void *context, const char *text)
{
    assert_ptr_equal(context, &rules);
    assert_true(complaints < 64);
    snprintf(said[complaints++], sizeof said[0], "%s", text);
}

static void clear(void)
{
    rules = (struct rules){.rule = table, .capacity = CAPACITY};
    complaints = 0;
}

static void parse(const char *text)
{
    clear();
    rules_from_text(&rules, text, "HERE", complain, &rules);
}

static const char *class_of(const char *name, const char *start, const char *lib, const char *from)
{
    const struct rules_thread thread = {
        .part = {[RULES_NAME] = name, [RULES_START] = start, [RULES_LIB] = lib, [RULES_FROM] = from}};
    const struct rule *rule = rules_match(&rules, &thread);
    return rule != NULL ? rule->class_name : NULL;
}

static void test_contract_example(void **state)
{
    (void)state;
    parse("# class    matchers, all of which must hold                  options\n"
          "io         name=io_thd_*                                     arenas=2\n"
          "decode     start=decode_* lib=libcodec.so*                   mode=flow\n"
          "seed       start=start_routine                               arena=2\n"
          "-          name=jemalloc_bg_thd\n");
    assert_int_equal(complaints, 0);
    assert_int_equal(rules.count, 4);
    assert_int_equal(rules.rule[0].arenas, 2);
    assert_int_equal(rules.rule[0].arena, RULES_NO_ARENA);
    assert_false(rules.rule[0].flow);
    assert_int_equal(rules.rule[1].arenas, 0);
    assert_true(rules.rule[1].flow);
    assert_int_equal(rules.rule[2].arena, 2);
    assert_string_equal(class_of("io_thd_7", "f", "x", "main"), "io");
    assert_string_equal(class_of("x", "decode_mp3", "libcodec.so.4", "main"), "decode");
    assert_null(class_of("x", "decode_mp3", "libother.so.4", "main"));
    assert_string_equal(class_of("x", "start_routine", "x", "main"), "seed");
    assert_string_equal(class_of("jemalloc_bg_thd", "", "", ""), "-");
    assert_null(class_of("io_thd", "decode", "libcodec.so.1", "main"));
}

static void complains(const char *text, const char *wanted)
{
    parse(text);
    assert_int_equal(complaints, 1);
    assert_int_equal(rules.count, 0);
    assert_string_equal(said[0], wanted);
}

static void test_a_bad_value_is_no_unknown_key(void **state)
{
    (void)state;
    complains("a arena=9999", "HERE:1: bad value (0 to 4094): \"arena=9999\"");
    complains(";a arenas=0", "HERE:2: bad value (1 to 4094): \"arenas=0\"");
    complains("a name=", "HERE:1: bad value (a pattern of 1 to 127 bytes): \"name=\"");
    complains("a mode=fast", "HERE:1: bad value (exact or flow): \"mode=fast\"");
    complains("a names=x", "HERE:1: not a matcher or option: \"names=x\"");
}

/* Whoever forgot the matcher sees one class and wonders: it is kept, as it stands, and said. */
static void test_no_matcher_is_said(void **state)
{
    (void)state;
    parse("io name=io_*;all arenas=2 # no name=");
    assert_int_equal(complaints, 1);
    assert_string_equal(said[0], "HERE:2: no matcher, so it takes every thread (name=* if that is meant): \"all\"");
    assert_string_equal(class_of("x", "", "", ""), "all");
    assert_int_equal(rules.rule[1].arenas, 2);
    parse("-");
    assert_int_equal(complaints, 1);
    assert_string_equal(class_of("x", "", "", ""), "-");
    parse("all name=* arenas=2;rest from=*");
    assert_int_equal(complaints, 0);
    parse("all nam=x"); /* one line is enough */
    assert_int_equal(complaints, 1);
}

static void test_who_gives_an_arena_is_found(void **state)
{
    (void)state;
    parse("a name=1 arena=3\nb name=2 arena=4;b name=3 arena=3");
    assert_int_equal(rules_giving(&rules, "b", 3)->line, 3);
    assert_string_equal(rules_giving(&rules, "b", 4)->where, "HERE");
    assert_null(rules_giving(&rules, "a", 4));
}

static void test_options_are_the_classs(void **state)
{
    (void)state;
    parse("a name=1;a name=2 arenas=2;b name=3 mode=flow;a name=4 arenas=3 arena=5;a name=5 arena=6");
    const struct rules_options a = rules_options(&rules, "a"), b = rules_options(&rules, "b"),
                               none = rules_options(&rules, "c");
    assert_int_equal(a.arenas, 2);
    assert_int_equal(a.arena, 5);
    assert_false(a.flow);
    assert_int_equal(b.arenas, 0);
    assert_int_equal(b.arena, RULES_NO_ARENA);
    assert_true(b.flow);
    assert_int_equal(none.arenas, 0);
    assert_int_equal(none.arena, RULES_NO_ARENA);
    assert_false(none.flow);
}

static void test_separators_and_comments(void **state)
{
    (void)state;
    parse("a name=1;b name=2 # the rest; is a comment\n;;  \n#c name=3; d name=4\n\te\tname=5\t\r\n  # all\nf name=#6");
    assert_int_equal(complaints, 0);
    assert_int_equal(rules.count, 4);
    assert_string_equal(rules.rule[1].class_name, "b");
    assert_string_equal(rules.rule[2].class_name, "e");
    assert_string_equal(rules.rule[2].pattern[RULES_NAME], "5");
    assert_string_equal(rules.rule[3].pattern[RULES_NAME], "#6");
}

static void test_first_match_wins(void **state)
{
    (void)state;
    parse("one name=a* from=x;two name=ab*;three name=a?c;four name=[x-z]*;five from=main;six name=*");
    assert_string_equal(class_of("abc", "", "", "x"), "one");
    assert_string_equal(class_of("abc", "", "", "y"), "two");
    assert_string_equal(class_of("axc", "", "", "y"), "three");
    assert_string_equal(class_of("y", "", "", "main"), "four");
    assert_string_equal(class_of("", "", "", "main"), "five");
    assert_string_equal(class_of("", "", "", ""), "six");
}

/* Exactly one complaint, which names the line; the lines around it hold. */
static void test_bad_lines(void **state)
{
    static const char *const bad[] = {"x nam=y",     "x name=",        "x name",
                                      "name=io_*",   "(other) name=x", "x arenas=0",
                                      "x arenas=",   "x arenas=4096",  "x arenas=2x",
                                      "x arena=-1",  "x arena=",       "x arena=99999999999",
                                      "x mode=fast", "x mode=",        "x name=a # b\nx y",
                                      "x =y",        "x name=a b",     "x ARENAS=2"};
    char text[512], where[32];
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(text, sizeof text, "first name=1\n%s\nlast name=2", bad[i]);
        parse(text);
        unsigned line = strchr(bad[i], '\n') != NULL ? 3 : 2;
        snprintf(where, sizeof where, "HERE:%u: ", line);
        assert_int_equal(complaints, 1);
        assert_ptr_equal(strstr(said[0], where), said[0]);
        assert_string_equal(class_of("1", "", "", ""), "first");
        assert_string_equal(class_of("2", "", "", ""), "last");
        assert_int_equal(rules.count, line);
    }
}

static void test_limits(void **state)
{
    char text[1024], name[AT_CLASS_NAME_BYTES + 1], pattern[RULES_PATTERN_BYTES + 1];
    (void)state;

    memset(name, 'n', sizeof name);
    memset(pattern, 'p', sizeof pattern);
    name[AT_CLASS_NAME_BYTES - 1] = pattern[RULES_PATTERN_BYTES - 1] = '\0';
    snprintf(text, sizeof text, "%s name=%s arena=4094 arenas=4094", name, pattern);
    parse(text);
    assert_int_equal(complaints, 0);
    assert_string_equal(class_of(pattern, "", "", ""), name);
    snprintf(text, sizeof text, "%sn name=x;y name=%sp;z name=z", name, pattern);
    parse(text);
    assert_int_equal(complaints, 2);
    assert_int_equal(rules.count, 1);

    parse("1 name=1;2 name=2;3 name=3;4 name=4;5 name=5;6 name=6;7 name=7;8 name=8;9 name=9;10 name=10");
    assert_int_equal(complaints, 2);
    assert_non_null(strstr(said[0], "HERE:9: too many rules"));
    assert_int_equal(rules.count, CAPACITY);
}

static void test_complaints_are_short(void **state)
{
    static char text[4000];
    (void)state;

    memset(text, 'x', sizeof text - 1);
    parse(text);
    assert_int_equal(complaints, 1);
    assert_true(strlen(said[0]) < 200);
}

/* Any number of rules may stand in one line of a string. A line of a file is read as far as there is room for it: a part of
 * a rule is none, a part of a comment does no harm. */
static void test_long_lines(void **state)
{
    static char text[3 * LINES_BYTES];
    char path[] = "/tmp/test_rules.XXXXXX";
    int fd = mkstemp(path);
    (void)state;

    memset(text, ' ', sizeof text - 1);
    memcpy(text, "first name=1;", 13);
    memcpy(text + LINES_BYTES - 10, ";last name=2*;", 14);
    memcpy(text + 2 * LINES_BYTES, ";# more\nend name=3", 18);
    parse(text);
    assert_int_equal(complaints, 0);
    assert_int_equal(rules.count, 3);
    assert_string_equal(class_of("22", "", "", ""), "last");
    assert_string_equal(class_of("3", "", "", ""), "end");

    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    clear();
    assert_int_equal(rules_from_file(&rules, path, complain, &rules), 0);
    assert_int_equal(complaints, 1);
    assert_non_null(strstr(said[0], ":1: line is too long; left out from here on: \"last nam\""));
    assert_int_equal(rules.count, 2);
    assert_string_equal(class_of("3", "", "", ""), "end");

    memcpy(text + LINES_BYTES - 20, "# a comment", 11);
    fd = open(path, O_WRONLY | O_TRUNC);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    clear();
    assert_int_equal(rules_from_file(&rules, path, complain, &rules), 0);
    assert_int_equal(complaints, 0);
    assert_int_equal(rules.count, 2);
    unlink(path);

    memset(text, 'x', sizeof text - 1);
    parse(text);
    assert_int_equal(complaints, 1);
    assert_int_equal(rules.count, 0);
}

/* A file says the same as a string; its lines are counted as an editor counts them. */
static void test_file(void **state)
{
    static const char text[] = "# for the I/O; and others\nio name=io_*; cpu name=cpu_*\n\nx y=z\nlast name=l";
    char path[] = "/tmp/test_rules.XXXXXX", where[64];
    int fd = mkstemp(path);
    (void)state;

    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    clear();
    assert_int_equal(rules_from_file(&rules, path, complain, &rules), 0);
    assert_int_equal(complaints, 1);
    snprintf(where, sizeof where, "%s:4: ", path);
    assert_ptr_equal(strstr(said[0], where), said[0]);
    assert_string_equal(class_of("io_1", "", "", ""), "io");
    assert_string_equal(class_of("cpu_1", "", "", ""), "cpu");
    assert_string_equal(class_of("l", "", "", ""), "last");
    unlink(path);
    assert_int_equal(rules_from_file(&rules, path, complain, &rules), -ENOENT);
    assert_int_equal(rules_from_file(&rules, "/tmp", complain, &rules), -EISDIR);
    assert_int_equal(rules.count, 3);
}

/* What a C++ function goes by, mangled and not, and a library that it begins in. */
static void test_also(void **state)
{
    const struct rules_thread thread = {
        .part = {[RULES_NAME] = "", [RULES_START] = "_Z6workerv", [RULES_LIB] = "app", [RULES_FROM] = ""},
        .also = {[RULES_START] = "worker", [RULES_LIB] = "libstdc++.so.6"}};
    static const struct {
        const char *rule;
        bool holds;
    } rows[] = {{"a start=worker", true},   {"a start=_Z6worker*", true},     {"a start=other", false},
                {"a lib=libstdc++*", true}, {"a lib=app start=worker", true}, {"a lib=lib", false},
                {"a name=worker", false}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        parse(rows[i].rule);
        assert_int_equal(rules_match(&rules, &thread) != NULL, rows[i].holds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_also),
        cmocka_unit_test(test_contract_example),
        cmocka_unit_test(test_a_bad_value_is_no_unknown_key),
        cmocka_unit_test(test_no_matcher_is_said),
        cmocka_unit_test(test_who_gives_an_arena_is_found),
        cmocka_unit_test(test_options_are_the_classs),
        cmocka_unit_test(test_separators_and_comments),
        cmocka_unit_test(test_first_match_wins),
        cmocka_unit_test(test_bad_lines),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_complaints_are_short),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
