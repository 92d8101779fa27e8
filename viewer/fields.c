/* fields.c: the layout's tables of fields as data. */
#include "fields.h"

#include <stdbool.h>
#include <string.h>

#include "arenatop.h"

#define ROW(offset, key, kind, unit, heading, help) {#key, offset, FIELD_##kind, FIELD_##unit, heading, help},

static const struct field agent_fields[] = {AT_AGENT_FIELDS(ROW)};
static const struct field process_fields[] = {AT_PROCESS_FIELDS(ROW)};
static const struct field class_fields[] = {AT_CLASS_FIELDS(ROW)};
static const struct field flow_fields[] = {AT_FLOW_FIELDS(ROW)};
static const struct field arena_fields[] = {AT_ARENA_FIELDS(ROW)};
static const struct field thread_fields[] = {AT_THREAD_FIELDS(ROW)};
static const struct field size_fields[] = {AT_SIZE_FIELDS(ROW)};

#define TABLE(fields)                                \
    {                                                \
        fields, sizeof(fields) / sizeof((fields)[0]) \
    }

static const struct {
    const struct field *fields;
    size_t count;
} tables[FIELD_TABLES] = {
    [FIELDS_AGENT] = TABLE(agent_fields), [FIELDS_PROCESS] = TABLE(process_fields),
    [FIELDS_CLASS] = TABLE(class_fields), [FIELDS_FLOW] = TABLE(flow_fields),
    [FIELDS_ARENA] = TABLE(arena_fields), [FIELDS_THREAD] = TABLE(thread_fields),
    [FIELDS_SIZE] = TABLE(size_fields),
};

const struct field *fields_of(enum field_table table, size_t *count)
{
    *count = tables[table].count;
    return tables[table].fields;
}

const struct field *fields_find(enum field_table table, const char *key)
{
    for (size_t i = 0; i < tables[table].count; i++)
        if (strcmp(tables[table].fields[i].key, key) == 0)
            return &tables[table].fields[i];
    return NULL;
}

uint64_t field_value(const struct field *field, const void *row)
{
    uint64_t value;

    memcpy(&value, (const char *)row + field->offset, sizeof(value));
    return value;
}

struct figure field_figure(const struct field *field, const void *row)
{
    uint64_t value = field_value(field, row);
    bool negative = field->kind == FIELD_BALANCE && value > INT64_MAX;

    return (struct figure){negative ? -value : value, negative};
}

/* A recording of a day has fifty million of these: printf takes ten times as long. */
void field_print(const struct field *field, const void *row, FILE *to)
{
    struct figure figure = field_figure(field, row);
    uint64_t value = figure.magnitude;
    char digits[24];
    char *at = digits + sizeof(digits);

    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    if (figure.negative)
        *--at = '-';
    fwrite_unlocked(at, 1, (size_t)(digits + sizeof(digits) - at), to);
}
