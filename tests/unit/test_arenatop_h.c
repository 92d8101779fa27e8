/* test_arenatop_h.c: the tables of arenatop.h keep their own rules, which no compiler checks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <string.h>

#include "arenatop.h"

struct field {
    size_t offset;
    const char *key;
    const char *kind;
    const char *unit;
    const char *heading;
    const char *help;
};

#define FIELD(offset, key, kind, unit, heading, help) {offset, #key, #kind, #unit, heading, help},
#define COUNT_OF(array)                               (sizeof(array) / sizeof((array)[0]))

static const struct field agent_fields[] = {AT_AGENT_FIELDS(FIELD)};
static const struct field process_fields[] = {AT_PROCESS_FIELDS(FIELD)};
static const struct field class_fields[] = {AT_CLASS_FIELDS(FIELD)};
static const struct field flow_fields[] = {AT_FLOW_FIELDS(FIELD)};
static const struct field arena_fields[] = {AT_ARENA_FIELDS(FIELD)};
static const struct field thread_fields[] = {AT_THREAD_FIELDS(FIELD)};
static const struct field size_fields[] = {AT_SIZE_FIELDS(FIELD)};

static const struct table {
    const char *name;
    const struct field *fields;
    size_t count;
    size_t first_offset;
    size_t row_bytes;
} tables[] = {
    {"agent", agent_fields, COUNT_OF(agent_fields), 0, sizeof(struct at_agent)},
    {"process", process_fields, COUNT_OF(process_fields), 0, sizeof(struct at_process)},
    {"class", class_fields, COUNT_OF(class_fields), 80, sizeof(struct at_class)},
    {"flow", flow_fields, COUNT_OF(flow_fields), 8, sizeof(struct at_flow)},
    {"arena", arena_fields, COUNT_OF(arena_fields), 8, sizeof(struct at_arena)},
    {"thread", thread_fields, COUNT_OF(thread_fields), 24, sizeof(struct at_thread)},
    {"size", size_fields, COUNT_OF(size_fields), 8, sizeof(struct at_size)},
};

static bool one_of(const char *word, const char *const *words)
{
    while (*words != NULL && strcmp(*words, word) != 0)
        words++;
    return *words != NULL;
}

static void check(bool holds, const struct table *table, const struct field *field, const char *rule)
{
    if (!holds)
        fail_msg("%s.%s: %s", table->name, field->key, rule);
}

static void test_offsets_are_contiguous(void **state)
{
    (void)state;
    for (const struct table *t = tables; t < tables + COUNT_OF(tables); t++) {
        for (size_t i = 0; i < t->count; i++)
            check(t->fields[i].offset == t->first_offset + 8 * i, t, &t->fields[i], "leaves a hole");
        assert_int_equal(t->row_bytes, t->first_offset + 8 * t->count);
    }
}

static void test_keys(void **state)
{
    (void)state;
    for (const struct table *t = tables; t < tables + COUNT_OF(tables); t++)
        for (size_t i = 0; i < t->count; i++) {
            for (const char *c = t->fields[i].key; *c != '\0'; c++)
                check(islower(*c) || *c == '_', t, &t->fields[i], "the key has other than small letters");
            for (size_t j = 0; j < i; j++)
                check(strcmp(t->fields[i].key, t->fields[j].key) != 0, t, &t->fields[i], "the key is there twice");
        }
}

static void test_kinds_and_units(void **state)
{
    static const char *const kinds[] = {"GAUGE", "COUNTER", "BALANCE", NULL};
    static const char *const units[] = {"BYTES", "COUNT", "NS", NULL};
    (void)state;

    for (const struct table *t = tables; t < tables + COUNT_OF(tables); t++)
        for (size_t i = 0; i < t->count; i++) {
            check(one_of(t->fields[i].kind, kinds), t, &t->fields[i], "no such kind");
            check(one_of(t->fields[i].unit, units), t, &t->fields[i], "no such unit");
        }
}

static void test_headings(void **state)
{
    (void)state;
    for (const struct table *t = tables; t < tables + COUNT_OF(tables); t++)
        for (size_t i = 0; i < t->count; i++) {
            const char *heading = t->fields[i].heading;
            check(strlen(heading) >= 1 && strlen(heading) <= 9, t, &t->fields[i], "the heading is too long");
            for (const char *c = heading; *c != '\0'; c++)
                check(isupper(*c) || *c == '+', t, &t->fields[i], "the heading is not in capitals");
            for (size_t j = 0; j < i; j++)
                check(strcmp(heading, t->fields[j].heading) != 0, t, &t->fields[i], "the heading is there twice");
        }
}

static void test_help(void **state)
{
    (void)state;
    for (const struct table *t = tables; t < tables + COUNT_OF(tables); t++)
        for (size_t i = 0; i < t->count; i++) {
            const char *help = t->fields[i].help;
            check(strlen(help) >= 10, t, &t->fields[i], "there is no help");
            check(isupper(help[0]), t, &t->fields[i], "the help does not begin as a sentence");
            check(help[strlen(help) - 1] != '.', t, &t->fields[i], "the help ends with a full stop");
            check(strchr(help, '\n') == NULL && strchr(help, '"') == NULL, t, &t->fields[i], "needs quoting");
        }
}

#define VALUE(value, name, word) value,

/* Values count up from 0 without a hole: the words are looked up by value. */
static void test_values_count_up(void **state)
{
    static const int states[] = {AT_STATES(VALUE)};
    static const int modes[] = {AT_MODES(VALUE)};
    static const int reasons[] = {AT_REASONS(VALUE)};
    (void)state;

    assert_int_equal(AT_STATE_COUNT, COUNT_OF(states));
    assert_int_equal(AT_MODE_COUNT, COUNT_OF(modes));
    assert_int_equal(AT_REASON_COUNT, COUNT_OF(reasons));
    for (size_t i = 0; i < COUNT_OF(states); i++)
        assert_int_equal(states[i], i);
    for (size_t i = 0; i < COUNT_OF(modes); i++)
        assert_int_equal(modes[i], i);
    for (size_t i = 0; i < COUNT_OF(reasons); i++)
        assert_int_equal(reasons[i], i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offsets_are_contiguous),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_kinds_and_units),
        cmocka_unit_test(test_headings),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_values_count_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
