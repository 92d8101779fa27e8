/* table.h: columns and rows become lines of cells. Pure: which columns fit, how wide each is, what each cell says. */
#ifndef VIEWER_TABLE_H
#define VIEWER_TABLE_H

#include "canvas.h"
#include "columns.h"
#include "model.h"

#define TABLE_COLUMNS_MAX 48

struct table_place {
    const struct column *column;
    int at, cells;
};

/* Which columns fit side by side, from left to right. */
struct table {
    struct table_place places[TABLE_COLUMNS_MAX];
    size_t count;
    enum model_kind kind; /* of its rows */
};

/* How the table is to look; the same for heading and rows. */
struct table_style {
    struct column_style figures;
    struct column_order order;
    const char *find;   /* rows whose name has it are shown so; NULL or "": none */
    const char *trends; /* title of the trend: the time it covers */
};

/* Lays `count` columns out in `width` cells for the rows of the model. The least important go where there is no room;
 * what room is left goes to the names, then to the trend. The column that orders the rows is there whether it is among
 * them or not: it goes last, and the headings say so. */
void table_lay_out(struct table *table, const struct column *const *columns, size_t count, const struct column *order,
                   int width, const struct model *model, enum format_unit unit, bool utf8);

/* Paints the headings into a row. */
void table_paint_heading(const struct table *table, struct canvas *canvas, int row, const struct model *model,
                         const struct table_style *style);

/* Paints row `index` of the model into a row of the canvas, with or without the cursor on it. */
void table_paint_row(const struct table *table, struct canvas *canvas, int row, const struct model *model, size_t index,
                     bool selected, const struct table_style *style);

/* The arrow that says which way an order goes. */
enum glyph table_arrow(const struct column_order *order);

/* The place of a column from the left; -1 when it is not there. */
long table_place(const struct table *table, const struct column *column);

/* The column whose heading stands at a cell, or NULL. */
const struct column *table_column_at(const struct table *table, int at);

#endif
