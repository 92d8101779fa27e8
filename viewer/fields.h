/* fields.h: the layout's tables of fields as data, for whatever writes all of them: JSON, CSV, metrics, diff. */
#ifndef VIEWER_FIELDS_H
#define VIEWER_FIELDS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "format.h"

enum field_kind { FIELD_GAUGE, FIELD_COUNTER, FIELD_BALANCE };
enum field_unit { FIELD_BYTES, FIELD_COUNT, FIELD_NS };

struct field {
    const char *key;
    size_t offset; /* of the uint64_t in its struct */
    enum field_kind kind;
    enum field_unit unit;
    const char *heading, *help;
};

/* One for each struct of rows in arenatop.h. */
enum field_table {
    FIELDS_AGENT,
    FIELDS_PROCESS,
    FIELDS_CLASS,
    FIELDS_FLOW,
    FIELDS_ARENA,
    FIELDS_THREAD,
    FIELDS_SIZE,
    FIELD_TABLES
};

/* The fields of a table in the order of the layout. */
const struct field *fields_of(enum field_table table, size_t *count);

/* The field with that key, or NULL. */
const struct field *fields_find(enum field_table table, const char *key);

/* The figure of a field in a row; of FIELD_BALANCE the bits of an int64_t. */
uint64_t field_value(const struct field *field, const void *row);

/* The same with its sign where it may have one. */
struct figure field_figure(const struct field *field, const void *row);

/* Writes the figure in decimal, with its sign where it may have one. */
void field_print(const struct field *field, const void *row, FILE *to);

#endif
