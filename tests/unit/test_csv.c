/* test_csv.c: a line is a line, a column is a column, whatever the names are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "synth.h"

#define COLUMNS 25

static _Alignas(8) unsigned char payload[1 << 18];

/* The CSV of snapshot 17; the caller frees it. */
static char *write_csv(const struct synth_options *options, const char *comm)
{
    struct source_about about = {.pid = 4711};
    struct snapshot snapshot = {0};
    size_t bytes = synth_snapshot(options, 17, AT_STATE_LIVE, payload, sizeof(payload));
    char *text;
    size_t size;
    FILE *to = open_memstream(&text, &size);

    snprintf(about.comm, sizeof(about.comm), "%s", comm);
    assert_int_equal(snapshot_decode(&snapshot, payload, bytes), 0);
    csv_write_header(to);
    csv_write_snapshot(&about, &snapshot, to);
    fclose(to);
    snapshot_free(&snapshot);
    return text;
}

/* Reads one field as RFC 4180 has it and moves behind it and its comma. Returns false at the end of the line. */
static bool take_field(const char **at, char *field)
{
    bool quoted = **at == '"';

    if (**at == '\n')
        return false;
    *at += quoted;
    while (quoted ? (*at)[0] != '"' || (*at)[1] == '"' : **at != ',' && **at != '\n') {
        *at += quoted && **at == '"';
        *field++ = *(*at)++;
    }
    *at += quoted;
    *field = '\0';
    assert_true(**at == ',' || **at == '\n');
    *at += **at == ',';
    return true;
}

static unsigned take_line(const char **at, char fields[COLUMNS + 1][512])
{
    unsigned count = 0;

    while (count <= COLUMNS && take_field(at, fields[count]))
        count++;
    assert_int_equal(**at, '\n');
    ++*at;
    return count;
}

static void columns_are_named_as_the_keys(void **state)
{
    (void)state;
    struct synth_options options;
    char fields[COLUMNS + 1][512];

    synth_defaults(&options);
    char *text = write_csv(&options, "redis");
    const char *at = text;
    assert_int_equal(
        strncmp(text, "time_ns,seq,pid,comm,name,mode,threads,threads_total,arenas,live,cached,allocated,", 81), 0);
    assert_int_equal(take_line(&at, fields), COLUMNS);
    for (unsigned row = 0; row < 4; row++) {
        char name[AT_CLASS_NAME_BYTES], live[24];
        assert_int_equal(take_line(&at, fields), COLUMNS);
        assert_string_equal(fields[0], "1790000017000000000");
        assert_string_equal(fields[1], "17");
        assert_string_equal(fields[2], "4711");
        assert_string_equal(fields[3], "redis");
        assert_string_equal(fields[4], synth_class_name(&options, row, name));
        assert_string_equal(fields[5], "exact");
        snprintf(live, sizeof(live), "%llu", (unsigned long long)synth_live(&options, row, 17));
        assert_string_equal(fields[9], live);
    }
    assert_int_equal(*at, '\0');
    free(text);
}

static void names_stay_in_their_column(void **state)
{
    (void)state;
    struct synth_options options;
    char fields[COLUMNS + 1][512];
    unsigned lines = 0;
    bool quote = false, comma = false;

    synth_defaults(&options);
    options.names = SYNTH_NAMES_WEIRD;
    options.classes = 13;
    char *text = write_csv(&options, "a,\"b\"\n");
    for (const char *at = text; *at != '\0'; lines++) {
        assert_int_equal(take_line(&at, fields), COLUMNS);
        if (lines > 0)
            assert_string_equal(fields[3], "a,\"b\"\\n");
        quote |= strcmp(fields[4], "quote\"back\\slash{curly}") == 0;
        comma |= strcmp(fields[4], "comma,semi;'=1+1") == 0;
    }
    assert_int_equal(lines, 1 + 14);
    assert_true(quote);
    assert_true(comma);
    assert_null(strchr(text, '\033'));
    assert_null(strchr(text, '\r'));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_named_as_the_keys),
        cmocka_unit_test(names_stay_in_their_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
