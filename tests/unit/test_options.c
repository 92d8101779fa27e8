/* test_options.c: one table makes parsing, complaints and help; each kind of argument, and each way to get it wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "options.h"

struct chosen {
    bool flag;
    const char *path;
    uint64_t count, delay_ns, size;
    int format;
    struct option_texts texts;
};

static const char *const formats[] = {"json", "csv", "raw", NULL};

static const struct option_row rows[] = {
    {'a', "all", NULL, "everything", OPTION_FLAG, offsetof(struct chosen, flag), 0, 0, NULL},
    {'o', "output", "FILE", "where to", OPTION_FILE, offsetof(struct chosen, path), 0, 0, NULL},
    {'n', "number", "N", "how many", OPTION_COUNT, offsetof(struct chosen, count), 1, 10, NULL},
    {0, "delay", "SECONDS", "how long", OPTION_SECONDS, offsetof(struct chosen, delay_ns), 10000000, 0, NULL},
    {0, "size", "BYTES", "how large", OPTION_BYTES, offsetof(struct chosen, size), 0, 0, NULL},
    {'f', "format", "FORMAT", "which", OPTION_CHOICE, offsetof(struct chosen, format), 0, 0, formats},
    {'w', "when", "TEXT", "any of them", OPTION_TEXTS, offsetof(struct chosen, texts), 0, 0, NULL},
};

static const struct command command = {.name = "try",
                                       .synopsis = "TARGET [OPTION]...",
                                       .summary = "Try it",
                                       .options = rows,
                                       .noptions = sizeof(rows) / sizeof(rows[0]),
                                       .operand = "TARGET",
                                       .operands_min = 1,
                                       .operands_max = 2};

/* What one parse came to: the exit code and what was said on both streams. */
struct outcome {
    int status;
    struct chosen chosen;
    struct operands operands;
    char out[4096], err[4096];
};

static void read_back(FILE *from, char *text, size_t size)
{
    rewind(from);
    text[fread(text, 1, size - 1, from)] = '\0';
    fclose(from);
}

/* getopt moves the words about, but writes none. */
static void parse(struct outcome *outcome, const struct command *which, const char *const *words)
{
    static char *argv[24];
    int argc = 0;
    FILE *out = tmpfile(), *err = tmpfile();
    int before_out = dup(STDOUT_FILENO), before_err = dup(STDERR_FILENO);

    for (; words[argc] != NULL; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc];
    argv[argc] = NULL;
    memset(outcome, 0, sizeof(*outcome));
    fflush(stdout);
    dup2(fileno(out), STDOUT_FILENO);
    dup2(fileno(err), STDERR_FILENO);
    outcome->status = options_parse(which, argc, argv, &outcome->chosen, &outcome->operands);
    fflush(stdout);
    dup2(before_out, STDOUT_FILENO);
    dup2(before_err, STDERR_FILENO);
    close(before_out);
    close(before_err);
    read_back(out, outcome->out, sizeof(outcome->out));
    read_back(err, outcome->err, sizeof(outcome->err));
}

#define PARSE(outcome, which, ...) parse(outcome, which, (const char *const[]){"try", __VA_ARGS__, NULL})

static void every_kind_is_stored(void **state)
{
    (void)state;
    struct outcome o;

    PARSE(&o, &command, "-a", "--output=x y", "-n3", "--delay", "1.5", "--size", "2K", "-f", "raw", "4711");
    assert_int_equal(o.status, -1);
    assert_true(o.chosen.flag);
    assert_string_equal(o.chosen.path, "x y");
    assert_int_equal(o.chosen.count, 3);
    assert_int_equal(o.chosen.delay_ns, 1500000000);
    assert_int_equal(o.chosen.size, 2048);
    assert_int_equal(o.chosen.format, 2);
    assert_int_equal(o.operands.count, 1);
    assert_string_equal(o.operands.words[0], "4711");
    assert_string_equal(o.err, "");
}

static void texts_may_be_given_several_times(void **state)
{
    (void)state;
    struct outcome o;
    const char *words[3 + OPTION_TEXTS_MAX] = {"try", "4711"};

    PARSE(&o, &command, "-w", "one", "4711", "--when=the other");
    assert_int_equal(o.status, -1);
    assert_int_equal(o.chosen.texts.count, 2);
    assert_string_equal(o.chosen.texts.words[0], "one");
    assert_string_equal(o.chosen.texts.words[1], "the other");
    for (int i = 0; i <= OPTION_TEXTS_MAX; i++)
        words[1 + i] = "-wx";
    parse(&o, &command, words);
    assert_int_equal(o.status, EXIT_USAGE);
    assert_string_equal(o.err,
                        "arenatop: try: --when: more than the 16 that there may be; see 'arenatop try --help'\n");
    assert_int_equal(o.chosen.texts.count, OPTION_TEXTS_MAX);
}

static void options_may_follow_operands(void **state)
{
    (void)state;
    struct outcome o;

    PARSE(&o, &command, "4711", "-a", "second");
    assert_int_equal(o.status, -1);
    assert_true(o.chosen.flag);
    assert_int_equal(o.operands.count, 2);
    assert_string_equal(o.operands.words[1], "second");
    PARSE(&o, &command, "--", "-a");
    assert_int_equal(o.status, -1);
    assert_false(o.chosen.flag);
    assert_string_equal(o.operands.words[0], "-a");
}

static void the_rest_may_belong_to_the_operand(void **state)
{
    (void)state;
    struct outcome o;
    struct command runs = command;

    runs.stop_at_operand = true;
    runs.operands_max = -1;
    PARSE(&o, &runs, "-a", "ls", "-l", "--all", "--frob");
    assert_int_equal(o.status, -1);
    assert_true(o.chosen.flag);
    assert_int_equal(o.operands.count, 4);
    assert_string_equal(o.operands.words[3], "--frob");
    assert_null(o.operands.words[4]);
}

static void mistakes_are_one_line_that_names_them(void **state)
{
    (void)state;
    static const struct {
        const char *words[4];
        const char *said;
    } wrong[] = {
        {{"--frob", "1"}, "try: --frob: no such option"},
        {{"-x", "1"}, "try: -x: no such option"},
        {{"-ax", "1"}, "try: -x: no such option"},
        {{"1", "-o"}, "try: --output: its argument is missing"},
        {{"1", "--output"}, "try: --output: its argument is missing"},
        {{"1", "--all=2"}, "try: --all: takes no argument"},
        {{"1", "-n", "x"}, "try: --number: 'x' is not a number from 1 up to 10"},
        {{"1", "-n", "0"}, "try: --number: '0' is not a number from 1 up to 10"},
        {{"1", "-n", "11"}, "try: --number: '11' is not"},
        {{"1", "--delay", "0.001"}, "try: --delay: '0.001' is not a number of seconds from 0.01"},
        {{"1", "--size", "1X"}, "try: --size: '1X' is not a number of bytes, or of K, M, G or T"},
        {{"1", "-f", "xml"}, "try: --format: 'xml' is not json, csv or raw"},
        {{"-f", "csv"}, "try: TARGET: missing"},
        {{"1", "2", "3"}, "try: 3: one word too many"},
        {{"1", "-n", "\033[2J\n"}, "try: --number: '\\x1b[2J\\n' is not"},
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct outcome o;
        PARSE(&o, &command, wrong[i].words[0], wrong[i].words[1], wrong[i].words[2], NULL);
        assert_int_equal(o.status, EXIT_USAGE);
        assert_string_equal(o.out, "");
        if (strncmp(o.err, "arenatop: ", 10) != 0 || strstr(o.err, wrong[i].said) == NULL)
            fail_msg("wanted '%s' in: %s", wrong[i].said, o.err);
        assert_non_null(strstr(o.err, "; see 'arenatop try --help'\n"));
        assert_ptr_equal(strchr(o.err, '\n'), o.err + strlen(o.err) - 1);
    }
}

static void help_has_every_row(void **state)
{
    (void)state;
    struct outcome o;

    PARSE(&o, &command, "--help", "-n", "x");
    assert_int_equal(o.status, EXIT_DONE);
    assert_string_equal(o.err, "");
    assert_non_null(strstr(o.out, "usage: arenatop try TARGET [OPTION]...\nTry it.\n"));
    assert_non_null(strstr(o.out, "  -a, --all                   everything\n"));
    assert_non_null(strstr(o.out, "      --delay SECONDS         how long\n"));
    assert_non_null(strstr(o.out, "  -f, --format FORMAT         which: json, csv or raw\n"));
    assert_non_null(strstr(o.out, "  -h, --help "));
    assert_non_null(strstr(o.out, "      --version "));
}

static void version_is_the_house_s(void **state)
{
    (void)state;
    struct outcome o;

    PARSE(&o, &command, "--version");
    assert_int_equal(o.status, EXIT_DONE);
    assert_string_equal(o.out, "arenatop " AT_VERSION "\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_stored),
        cmocka_unit_test(texts_may_be_given_several_times),
        cmocka_unit_test(options_may_follow_operands),
        cmocka_unit_test(the_rest_may_belong_to_the_operand),
        cmocka_unit_test(mistakes_are_one_line_that_names_them),
        cmocka_unit_test(help_has_every_row),
        cmocka_unit_test(version_is_the_house_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
