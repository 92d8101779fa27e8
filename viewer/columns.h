/* columns.h: what can be shown of a row, as data. What the layout counts comes from its tables of fields, so that heading
 * and help are those of the JSON and the metrics; what is made of it (rates, trends) is told here. */
#ifndef VIEWER_COLUMNS_H
#define VIEWER_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fields.h"
#include "format.h"
#include "model.h"

enum column_shows {
    COLUMN_NAME,  /* of the class or thread */
    COLUMN_CLASS, /* the class that a thread or arena belongs to */
    COLUMN_SORT,  /* of a size: bin or large */
    COLUMN_ID,    /* tid, index of an arena, or bytes of a size class */
    COLUMN_VALUE, /* the figure; with a baseline its difference */
    COLUMN_RATE,  /* its change a second; with a baseline its change since then */
    COLUMN_TREND  /* of live */
};

struct column {
    const char *key;   /* for the settings file */
    const char *title; /* NULL: the field's */
    const char *plain; /* the title without pictures; NULL: the same */
    const char *help;  /* NULL: the field's */
    enum column_shows shows;
    enum field_table table;      /* where the figure of COLUMN_VALUE and COLUMN_RATE comes from, */
    unsigned char index;         /* and which of its fields */
    const struct field *derived; /* one that the model makes, instead */
    bool needs_exact;            /* there is none in flow mode */
    bool is_growth;              /* more is warm and less is cool, with a sign */
    bool shown;                  /* unless the user chooses otherwise */
    uint8_t importance;          /* 0: always there; the highest goes first where there is little room */
    uint8_t cells;               /* without the blank before it; of names and trends the least */
};

/* All columns of a kind of rows, in the order in which they are shown; the first names the row. */
const struct column *columns_of(enum model_kind kind, size_t *count);

/* The column with that key, or NULL. */
const struct column *columns_find(enum model_kind kind, const char *key);

/* The figure behind a column, its offset in the struct of its kind of row (model.h); NULL for names and trends. */
const struct field *column_field(const struct column *column);

/* What stands above a column, and what it means: one sentence without a full stop. */
const char *column_title(const struct column *column, bool pictures);
const char *column_help(const struct column *column);

/* The same for a moment that is compared with a baseline, where nothing is "a second" any more: "ALLOC/s" is the bytes
 * since then. Both return `out`, cut off where they are longer. */
#define COLUMN_TITLE_BYTES 48
#define COLUMN_HELP_BYTES  256
char *column_title_since(char out[COLUMN_TITLE_BYTES], const struct column *column, bool pictures, bool baseline);
char *column_help_since(char out[COLUMN_HELP_BYTES], const struct column *column, bool baseline);

/* The figure that a column shows of a row. False when there is none, and "-" is shown. */
bool column_figure(const struct column *column, const struct model *model, const struct model_row *row,
                   struct figure *figure);

/* Whether rows can be ordered by a column. */
bool column_orders(const struct column *column);

/* How rows are ordered: by the column's figure, the largest first, or by its text from a to z; or reversed. */
struct column_order {
    const struct column *column;
    bool reversed;
};

/* A model_compare whose context is a struct column_order. */
int column_compare(const struct model *model, const struct model_row *a, const struct model_row *b,
                   const void *context);

/* What a percentage is of, and in which unit bytes are shown. */
struct column_style {
    enum format_unit unit;
    uint64_t whole; /* 100 % */
};

/* Writes a figure as its column shows it; `with_sign` puts '+' or '-' before it. Returns `out`. */
char *column_format(char out[FORMAT_BYTES], const struct column *column, struct figure figure, bool with_sign,
                    const struct column_style *style);

#endif
