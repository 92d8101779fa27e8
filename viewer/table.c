/* table.c: columns and rows become lines of cells. */
#include "table.h"

#include <stdio.h>
#include <string.h>

#define MARGIN          2 /* the cursor and a blank */
#define NAME_CELLS_MAX  32
#define TREND_CELLS_MAX MODEL_TREND_SPAN
#define RAW_CELLS       15 /* of bytes, below a terabyte */
#define SCALED_CELLS    7  /* "+640.1M": with a unit nothing is longer */
#define NARROW          60

/* ---- layout ---- */

static int longest_name(const struct model *model, bool utf8, bool of_class)
{
    int longest = 0;
    for (size_t i = 0; i < model->nrows; i++) {
        char clean[TEXT_NAME_BYTES];
        const struct model_row *row = &model->rows[i];
        int cells = text_cells(text_clean(clean, sizeof(clean), of_class ? row->class_name : row->name, utf8));
        longest = cells > longest ? cells : longest;
    }
    return longest < NAME_CELLS_MAX ? longest : NAME_CELLS_MAX;
}

static bool reads_from_left(const struct column *column)
{
    return column->shows == COLUMN_NAME || column->shows == COLUMN_CLASS || column->shows == COLUMN_SORT ||
           column->shows == COLUMN_TREND;
}

/* What a cell says, and the figure behind it. False when there is none. */
static bool figure_text(char text[FORMAT_BYTES], struct figure *figure, const struct column *column,
                        const struct model *model, const struct model_row *thing, const struct column_style *style)
{
    if (!column_figure(column, model, thing, figure))
        return false;
    if (column->shows == COLUMN_ID)
        snprintf(text, FORMAT_BYTES, "%llu", (unsigned long long)figure->magnitude);
    else
        column_format(text, column, *figure, column->is_growth || model->baseline.there, style);
    return true;
}

/* Cells of the longest figure, where they may be more than the column has by itself. */
static int widest_figure(const struct column *column, const struct model *model, enum format_unit unit)
{
    const struct column_style style = {unit, 0};
    char text[FORMAT_BYTES];
    struct figure figure;
    int widest = 0;
    if (unit != FORMAT_RAW && column->shows != COLUMN_ID && column->cells >= SCALED_CELLS)
        return 0;
    for (size_t i = 0; i < model->nrows; i++)
        if (figure_text(text, &figure, column, model, &model->rows[i], &style) && (int)strlen(text) > widest)
            widest = (int)strlen(text);
    return widest;
}

/* Cells that a column takes at least. Names are not cut short for the sake of one more column, if there is some room. */
static int least_cells(const struct column *column, int width, int longest, const struct model *model,
                       enum format_unit unit)
{
    bool is_name = column->shows == COLUMN_NAME || column->shows == COLUMN_CLASS;
    if (is_name) {
        int enough = width < NARROW ? column->cells : 16;
        return longest < column->cells ? column->cells : longest < enough ? longest : enough;
    }
    bool is_raw = unit == FORMAT_RAW && column_field(column) != NULL && column_field(column)->unit == FIELD_BYTES;
    int least = is_raw && column->cells < RAW_CELLS ? RAW_CELLS : column->cells;
    int widest = reads_from_left(column) ? 0 : widest_figure(column, model, unit);
    return widest > least ? widest : least;
}

static int blanks_before(const struct table *table, size_t i)
{
    if (i == 0)
        return 0;
    /* What reads from the left stands off from the figures before it. */
    enum column_shows shows = table->places[i].column->shows;
    return shows == COLUMN_TREND || shows == COLUMN_CLASS || shows == COLUMN_SORT ? 2 : 1;
}

static int total_cells(const struct table *table)
{
    int total = MARGIN;
    for (size_t i = 0; i < table->count; i++)
        total += blanks_before(table, i) + table->places[i].cells;
    return total;
}

/* Whoever reads an order must see what it is by. */
static unsigned importance_in(const struct column *column, const struct column *order)
{
    return column == order && column->importance > 0 ? 1 : 2U * column->importance;
}

/* Takes the least important column out; of several the rightmost. False when only indispensable ones are left. */
static bool drop_one(struct table *table, const struct column *order)
{
    size_t worst = 0;
    for (size_t i = 0; i < table->count; i++)
        if (importance_in(table->places[i].column, order) >= importance_in(table->places[worst].column, order))
            worst = i;
    if (table->count == 0 || table->places[worst].column->importance == 0)
        return false;
    memmove(&table->places[worst], &table->places[worst + 1], (table->count - worst - 1) * sizeof(*table->places));
    table->count--;
    return true;
}

static void widen(struct table *table, enum column_shows shows, int most, int *room)
{
    for (size_t i = 0; i < table->count; i++) {
        struct table_place *place = &table->places[i];
        int more = most - place->cells < *room ? most - place->cells : *room;
        if (place->column->shows == shows && more > 0) {
            place->cells += more;
            *room -= more;
        }
    }
}

/* All columns of a kind lie in one table in the order in which they are shown. */
static void add_order(struct table *table, const struct column *order)
{
    size_t at = 0;
    if (table->count == TABLE_COLUMNS_MAX || table_place(table, order) >= 0)
        return;
    while (at < table->count && table->places[at].column < order)
        at++;
    memmove(&table->places[at + 1], &table->places[at], (table->count - at) * sizeof(*table->places));
    table->places[at].column = order;
    table->count++;
}

void table_lay_out(struct table *table, const struct column *const *columns, size_t count, const struct column *order,
                   int width, const struct model *model, enum format_unit unit, bool utf8)
{
    int name = longest_name(model, utf8, false);
    int class_name = model->kind == MODEL_CLASSES ? name : longest_name(model, utf8, true);
    table->kind = model->kind;
    table->count = count < TABLE_COLUMNS_MAX ? count : TABLE_COLUMNS_MAX;
    for (size_t i = 0; i < table->count; i++)
        table->places[i].column = columns[i];
    add_order(table, order);
    for (size_t i = 0; i < table->count; i++) {
        const struct column *column = table->places[i].column;
        int longest = column->shows == COLUMN_CLASS ? class_name : name;
        table->places[i].cells = least_cells(column, width, longest, model, unit);
    }
    while (total_cells(table) > width && drop_one(table, order)) {
    }
    int room = width - total_cells(table);
    room = room > 0 ? room : 0;
    widen(table, COLUMN_TREND, 8, &room);
    widen(table, COLUMN_NAME, name, &room);
    widen(table, COLUMN_CLASS, class_name, &room);
    widen(table, COLUMN_TREND, TREND_CELLS_MAX, &room);
    int at = MARGIN;
    for (size_t i = 0; i < table->count; i++) {
        table->places[i].at = at + blanks_before(table, i);
        at = table->places[i].at + table->places[i].cells;
    }
}

long table_place(const struct table *table, const struct column *column)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->places[i].column == column)
            return (long)i;
    return -1;
}

const struct column *table_column_at(const struct table *table, int at)
{
    for (size_t i = 0; i < table->count; i++)
        if (at < table->places[i].at + table->places[i].cells)
            return table->places[i].column;
    return NULL;
}

/* ---- cells ---- */

/* Names begin with the smallest, figures with the largest. */
enum glyph table_arrow(const struct column_order *order)
{
    return order->reversed != reads_from_left(order->column) ? GLYPH_ASCENDING : GLYPH_DESCENDING;
}

static void title_of(char out[64], const struct column *column, const struct canvas *canvas, bool since_baseline,
                     const struct table_style *style)
{
    char title[COLUMN_TITLE_BYTES];
    column_title_since(title, column, canvas->pictures, since_baseline);
    snprintf(out, 64, "%s%s", column->shows == COLUMN_TREND ? style->trends : title,
             column == style->order.column ? canvas_glyph(canvas, table_arrow(&style->order)) : "");
}

static int title_start(const struct table_place *place, const char *title)
{
    int slack = reads_from_left(place->column) ? 0 : place->cells - text_cells(title);
    return place->at + (slack > 0 ? slack : 0);
}

/* Where a narrow table has no room for the column that orders it: what it is, behind the heading of the names. */
static void paint_order(const struct table *table, struct canvas *canvas, int row, int column,
                        const struct model *model, const struct table_style *style)
{
    char title[64], next[64];
    int end = canvas->columns + 1;
    title_of(title, style->order.column, canvas, model->baseline.there, style);
    if (table->count > 1) {
        title_of(next, table->places[1].column, canvas, model->baseline.there, style);
        end = title_start(&table->places[1], next);
    }
    if (column + 3 + text_cells(title) < end)
        canvas_text(canvas, row, canvas_text(canvas, row, column, STYLE_QUIET, "by "), STYLE_SORTED, title);
}

void table_paint_heading(const struct table *table, struct canvas *canvas, int row, const struct model *model,
                         const struct table_style *style)
{
    char title[64] = "";
    for (size_t i = 0; i < table->count; i++) {
        const struct table_place *place = &table->places[i];
        title_of(title, place->column, canvas, model->baseline.there, style);
        canvas_field(canvas, row, place->at, place->cells, reads_from_left(place->column) ? ALIGN_LEFT : ALIGN_RIGHT,
                     place->column == style->order.column ? STYLE_SORTED : STYLE_HEADING, title);
    }
    if (table->count == 0 || table_place(table, style->order.column) >= 0)
        return;
    title_of(title, table->places[0].column, canvas, model->baseline.there, style);
    paint_order(table, canvas, row, table->places[0].at + text_cells(title) + 1, model, style);
}

static enum style figure_style(const struct column *column, struct figure figure, bool since_baseline)
{
    if (figure.magnitude == 0)
        return STYLE_QUIET;
    if (column->is_growth || since_baseline)
        return figure.negative ? STYLE_SHRINK : STYLE_GROW;
    return column->importance == 0 && column->shows != COLUMN_ID ? STYLE_STRONG : STYLE_PLAIN;
}

static void paint_figure(const struct table_place *place, struct canvas *canvas, int row, const struct model *model,
                         const struct model_row *thing, const struct table_style *style)
{
    const struct column *column = place->column;
    const struct column_style scaled = {FORMAT_SCALED, 0};
    struct figure figure;
    char text[FORMAT_BYTES];
    bool since_baseline = model->baseline.there && column->shows != COLUMN_ID;
    int room = canvas->columns - place->at < place->cells ? canvas->columns - place->at : place->cells;

    if (!figure_text(text, &figure, column, model, thing, &style->figures)) {
        canvas_field(canvas, row, place->at, place->cells, ALIGN_RIGHT, STYLE_QUIET, "-");
        return;
    }
    /* Where not even what is indispensable has room: half of a figure's digits would be another figure. */
    if ((int)strlen(text) > room)
        figure_text(text, &figure, column, model, thing, &scaled);
    canvas_field(canvas, row, place->at, room, ALIGN_RIGHT, figure_style(column, figure, since_baseline), text);
}

static void paint_trend(const struct table_place *place, struct canvas *canvas, int row, const struct model *model,
                        const struct model_row *thing)
{
    uint64_t values[TREND_CELLS_MAX];
    size_t count = history_series(&model->trend, history_class(&model->trend, thing->class_name, thing->row),
                                  HISTORY_LIVE, model->now.place, MODEL_TREND_SPAN, (size_t)place->cells, values);
    canvas_trend(canvas, row, place->at, place->cells, STYLE_TREND, values, count);
}

static void paint_name(const struct table_place *place, struct canvas *canvas, int row, const struct model *model,
                       const struct model_row *thing, const struct table_style *style)
{
    bool by_class = place->column->shows == COLUMN_CLASS;
    const char *name = by_class ? thing->class_name : thing->name;
    enum style look = by_class || name[0] == '(' ? STYLE_QUIET : STYLE_PLAIN;
    if (!by_class && style->find != NULL && style->find[0] != '\0' && text_contains(name, style->find))
        look = STYLE_MATCH;
    canvas_name(canvas, row, place->at, place->cells, look, name);
    /* In an exact process, a class that is not: its figures are estimates. */
    if (!by_class && model->kind == MODEL_CLASSES && model->now.snapshot.head.mode == AT_MODE_EXACT &&
        ((const struct class_figures *)thing->now)->raw.mode == AT_MODE_FLOW)
        canvas_text(canvas, row, place->at - 1, STYLE_WARN, "~");
}

void table_paint_row(const struct table *table, struct canvas *canvas, int row, const struct model *model, size_t index,
                     bool selected, const struct table_style *style)
{
    const struct model_row *thing = &model->rows[index];
    if (selected)
        canvas_text(canvas, row, 0, STYLE_STRONG, canvas_glyph(canvas, GLYPH_CURSOR));
    for (size_t i = 0; i < table->count; i++) {
        const struct table_place *place = &table->places[i];
        if (place->column->shows == COLUMN_TREND)
            paint_trend(place, canvas, row, model, thing);
        else if (place->column->shows == COLUMN_SORT)
            canvas_field(canvas, row, place->at, place->cells, ALIGN_LEFT, STYLE_QUIET, thing->sort);
        else if (reads_from_left(place->column))
            paint_name(place, canvas, row, model, thing, style);
        else
            paint_figure(place, canvas, row, model, thing, style);
    }
    if (selected)
        canvas_select(canvas, row);
}
