/* columns.c: what can be shown of a row, as data. */
#include "columns.h"

#include <stdio.h>
#include <string.h>

/* ---- figures: those of the layout, by their place in its tables, and what the model adds ---- */

#define CLASS_INDEX(offset, key, ...)  CLASS_##key,
#define THREAD_INDEX(offset, key, ...) THREAD_##key,
#define ARENA_INDEX(offset, key, ...)  ARENA_##key,
#define SIZE_INDEX(offset, key, ...)   SIZE_##key,
enum { AT_CLASS_FIELDS(CLASS_INDEX) CLASS_FIELDS };
enum { AT_THREAD_FIELDS(THREAD_INDEX) THREAD_FIELDS };
enum { AT_ARENA_FIELDS(ARENA_INDEX) ARENA_FIELDS };
enum { AT_SIZE_FIELDS(SIZE_INDEX) SIZE_FIELDS };
_Static_assert(offsetof(struct class_figures, raw) == 0, "a class's fields lie where the layout puts them");
_Static_assert(offsetof(struct size_figures, raw) == 0, "a size's fields lie where the layout puts them");

static const struct field given = {
    "given", offsetof(struct class_figures, given_bytes), FIELD_COUNTER, FIELD_BYTES, "GIVEN", NULL};
static const struct field taken = {
    "taken", offsetof(struct class_figures, taken_bytes), FIELD_COUNTER, FIELD_BYTES, "TAKEN", NULL};
static const struct field bytes = {"bytes", offsetof(struct size_figures, bytes), FIELD_GAUGE, FIELD_BYTES, "BYTES",
                                   NULL};
static const struct field unused = {"unused", offsetof(struct size_figures, unused), FIELD_GAUGE, FIELD_BYTES, "UNUSED",
                                    NULL};
static const struct field peak = {"peak", offsetof(struct class_figures, peak), FIELD_GAUGE, FIELD_BYTES, "PEAK", NULL};

/* ---- columns ---- */

#define VALUE(TABLE, key_, importance_, cells_, shown_)                                        \
    {                                                                                          \
        .key = #key_, .shows = COLUMN_VALUE, .table = FIELDS_##TABLE, .index = TABLE##_##key_, \
        .importance = (importance_), .cells = (cells_), .shown = (shown_)                      \
    }
#define RATE(TABLE, key_, importance_, cells_, shown_, ...)                                        \
    {                                                                                              \
        .key = #key_ "/s", .shows = COLUMN_RATE, .table = FIELDS_##TABLE, .index = TABLE##_##key_, \
        .importance = (importance_), .cells = (cells_), .shown = (shown_), __VA_ARGS__             \
    }
#define DERIVED(key_, shows_, field_, importance_, cells_, ...)                                                 \
    {                                                                                                           \
        .key = (key_), .shows = (shows_), .derived = &(field_), .importance = (importance_), .cells = (cells_), \
        .shown = true, __VA_ARGS__                                                                              \
    }
#define PLAIN(key_, shows_, importance_, cells_, title_, help_)                                          \
    {                                                                                                    \
        .key = (key_), .shows = (shows_), .importance = (importance_), .cells = (cells_), .shown = true, \
        .title = (title_), .help = (help_)                                                               \
    }

static const struct column class_columns[] = {
    PLAIN("name", COLUMN_NAME, 0, 10, "CLASS", "Name of the thread class"),
    VALUE(CLASS, threads, 10, 4, true),
    VALUE(CLASS, live, 0, 7, true),
    RATE(CLASS, live, 1, 8, true, .title = "Δ/s", .plain = "GROW/s", .is_growth = true,
         .help = "Change of live a second"),
    RATE(CLASS, alloc_bytes, 3, 8, true, .title = "ALLOC/s",
         .help = "Bytes that the class's threads allocate a second"),
    RATE(CLASS, free_bytes, 4, 7, true, .title = "FREE/s",
         .help = "Bytes that the class's threads free a second, whoever allocated them"),
    DERIVED("given/s", COLUMN_RATE, given, 7, 8, .title = "GIVEN/s", .needs_exact = true,
            .help = "Bytes a second that this class allocated and another freed"),
    DERIVED("taken/s", COLUMN_RATE, taken, 8, 8, .title = "TAKEN/s", .needs_exact = true,
            .help = "Bytes a second that this class freed and another allocated"),
    DERIVED("peak", COLUMN_VALUE, peak, 6, 7,
            .help = "Highest live over the last 60 snapshots, bursts between two snapshots included"),
    VALUE(CLASS, cached, 9, 7, true),
    VALUE(CLASS, dirty, 11, 7, true),
    VALUE(CLASS, resident, 5, 7, true),
    PLAIN("trend", COLUMN_TREND, 2, 6, "TREND", "Live over the last 60 snapshots, the newest at the right"),
    RATE(CLASS, released_bytes, 20, 7, false, .title = "REL/s",
         .help = "Bytes of the class's memory that anyone frees a second"),
    RATE(CLASS, resident, 20, 8, false, .title = "ΔRES/s", .plain = "+RES/s", .is_growth = true,
         .help = "Change of resident a second"),
    RATE(CLASS, nmalloc, 20, 8, false, .title = "NMALL/s",
         .help = "Allocations a second that the class's arenas serve"),
    RATE(CLASS, ndalloc, 20, 8, false, .title = "NDALL/s",
         .help = "Allocations a second that the class's arenas take back"),
    VALUE(CLASS, allocated, 21, 7, false),
    VALUE(CLASS, active, 21, 7, false),
    VALUE(CLASS, muzzy, 21, 7, false),
    VALUE(CLASS, mapped, 21, 7, false),
    VALUE(CLASS, retained, 21, 9, false),
    VALUE(CLASS, metadata, 21, 7, false),
    VALUE(CLASS, arenas, 21, 7, false),
    VALUE(CLASS, threads_total, 21, 9, false),
    VALUE(CLASS, peak_live, 21, 7, false),
    VALUE(CLASS, alloc_bytes, 22, 7, false),
    VALUE(CLASS, free_bytes, 22, 7, false),
    VALUE(CLASS, released_bytes, 22, 10, false),
    VALUE(CLASS, nmalloc, 22, 8, false),
    VALUE(CLASS, ndalloc, 22, 8, false),
};

static const struct column thread_columns[] = {
    PLAIN("name", COLUMN_NAME, 0, 10, "THREAD", "Name of the thread"),
    PLAIN("tid", COLUMN_ID, 4, 7, "TID", "The kernel's number of the thread, as the process sees it"),
    PLAIN("class", COLUMN_CLASS, 3, 10, "CLASS", "Class that the thread belongs to"),
    RATE(THREAD, alloc_bytes, 0, 8, true, .title = "ALLOC/s", .help = "Bytes that the thread allocates a second"),
    RATE(THREAD, free_bytes, 1, 8, true, .title = "FREE/s",
         .help = "Bytes that the thread frees a second, whoever allocated them"),
    VALUE(THREAD, alloc_bytes, 5, 8, true),
    VALUE(THREAD, free_bytes, 6, 8, true),
};

static const struct column arena_columns[] = {
    PLAIN("name", COLUMN_NAME, 0, 10, "CLASS", "Class that the arena belongs to"),
    PLAIN("index", COLUMN_ID, 0, 6, "ARENA", "jemalloc's index of the arena"),
    VALUE(ARENA, threads, 8, 4, true),
    VALUE(ARENA, allocated, 0, 7, true),
    RATE(ARENA, allocated, 1, 8, true, .title = "Δ/s", .plain = "GROW/s", .is_growth = true,
         .help = "Change of allocated a second"),
    VALUE(ARENA, active, 4, 7, true),
    VALUE(ARENA, dirty, 3, 7, true),
    VALUE(ARENA, muzzy, 9, 7, true),
    VALUE(ARENA, resident, 2, 7, true),
    VALUE(ARENA, retained, 7, 9, true),
    VALUE(ARENA, metadata, 6, 7, true),
    VALUE(ARENA, tcache_bytes, 5, 8, true),
    VALUE(ARENA, mapped, 21, 7, false),
    VALUE(ARENA, nmalloc, 21, 8, false),
    VALUE(ARENA, ndalloc, 21, 8, false),
    VALUE(ARENA, internal, 21, 9, false),
    RATE(ARENA, nmalloc, 20, 8, false, .title = "NMALL/s", .help = "Allocations a second that the arena serves"),
    RATE(ARENA, ndalloc, 20, 8, false, .title = "NDALL/s", .help = "Allocations a second that the arena takes back"),
};

static const struct column size_columns[] = {
    PLAIN("name", COLUMN_NAME, 0, 10, "CLASS", "Class whose arenas hold the blocks"),
    PLAIN("sort", COLUMN_SORT, 3, 5, "KIND", "bin: small blocks, many to a slab; large: each an extent of its own"),
    PLAIN("id", COLUMN_ID, 0, 11, "SIZE", "Usable bytes of a block of this size class"),
    DERIVED("bytes", COLUMN_VALUE, bytes, 0, 7, .help = "Bytes of the blocks in use, thread caches included"),
    VALUE(SIZE, blocks, 1, 7, true),
    VALUE(SIZE, held, 4, 7, true),
    DERIVED("unused", COLUMN_VALUE, unused, 2, 7, .help = "Bytes of the slabs that no block is in: fragmentation"),
    VALUE(SIZE, nmalloc, 5, 8, true),
    VALUE(SIZE, ndalloc, 6, 8, true),
    VALUE(SIZE, size, 21, 7, false),
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

const struct column *columns_of(enum model_kind kind, size_t *count)
{
    static const struct {
        const struct column *columns;
        size_t count;
    } all[MODEL_KINDS] = {
        [MODEL_CLASSES] = {class_columns, COUNT(class_columns)},
        [MODEL_THREADS] = {thread_columns, COUNT(thread_columns)},
        [MODEL_ARENAS] = {arena_columns, COUNT(arena_columns)},
        [MODEL_SIZES] = {size_columns, COUNT(size_columns)},
    };
    *count = all[kind].count;
    return all[kind].columns;
}

const struct column *columns_find(enum model_kind kind, const char *key)
{
    size_t count;
    const struct column *columns = columns_of(kind, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(columns[i].key, key) == 0)
            return &columns[i];
    return NULL;
}

const struct field *column_field(const struct column *column)
{
    size_t count;
    if (column->shows != COLUMN_VALUE && column->shows != COLUMN_RATE)
        return NULL;
    return column->derived != NULL ? column->derived : &fields_of(column->table, &count)[column->index];
}

const char *column_title(const struct column *column, bool pictures)
{
    const struct field *field = column_field(column);
    const char *title = !pictures && column->plain != NULL ? column->plain : column->title;
    return title == NULL && field != NULL ? field->heading : title;
}

const char *column_help(const struct column *column)
{
    const struct field *field = column_field(column);
    return column->help == NULL && field != NULL ? field->help : column->help;
}

char *column_title_since(char out[COLUMN_TITLE_BYTES], const struct column *column, bool pictures, bool baseline)
{
    snprintf(out, COLUMN_TITLE_BYTES, "%s", column_title(column, pictures));
    size_t length = strlen(out);
    if (baseline && column->shows == COLUMN_RATE && length > 2)
        out[length - 2] = '\0';
    return out;
}

char *column_help_since(char out[COLUMN_HELP_BYTES], const struct column *column, bool baseline)
{
    static const char rate[] = " a second";
    snprintf(out, COLUMN_HELP_BYTES, "%s", column_help(column));
    char *at = baseline && column->shows == COLUMN_RATE ? strstr(out, rate) : NULL;
    if (at != NULL)
        memmove(at, at + strlen(rate), strlen(at + strlen(rate)) + 1);
    return out;
}

/* ---- figures ---- */

/* The figure in a row's struct; of a thing that was not there, 0. */
static struct figure field_of(const struct field *field, const void *in)
{
    return in != NULL ? field_figure(field, in) : (struct figure){0, false};
}

bool column_figure(const struct column *column, const struct model *model, const struct model_row *row,
                   struct figure *figure)
{
    const struct field *field = column_field(column);
    if (column->shows == COLUMN_ID) {
        *figure = (struct figure){row->id, false};
        return true;
    }
    if (field == NULL || (column->needs_exact && model->now.snapshot.head.mode != AT_MODE_EXACT))
        return false;
    *figure = field_of(field, row->now);
    if (model->baseline.there) {
        *figure = figure_subtract(*figure, field_of(field, row->baseline));
        return true;
    }
    if (column->shows == COLUMN_VALUE)
        return true;
    if (row->before == NULL || model_elapsed_ns(model) == 0)
        return false;
    *figure = figure_per_second(figure_subtract(*figure, field_of(field, row->before)), model_elapsed_ns(model));
    return true;
}

bool column_orders(const struct column *column)
{
    return column->shows != COLUMN_TREND;
}

static int compare_figures(const struct column *column, const struct model *model, const struct model_row *a,
                           const struct model_row *b)
{
    struct figure left, right;
    bool has_left = column_figure(column, model, a, &left), has_right = column_figure(column, model, b, &right);
    if (!has_left || !has_right)
        return has_right - has_left;
    return figure_compare(right, left);
}

int column_compare(const struct model *model, const struct model_row *a, const struct model_row *b, const void *context)
{
    const struct column_order *order = context;
    int verdict;
    if (order->column->shows == COLUMN_NAME)
        verdict = strcasecmp(a->name, b->name);
    else if (order->column->shows == COLUMN_CLASS)
        verdict = strcasecmp(a->class_name, b->class_name);
    else if (order->column->shows == COLUMN_SORT)
        verdict = strcmp(a->sort, b->sort);
    else if (order->column->shows == COLUMN_ID)
        verdict = (a->id > b->id) - (a->id < b->id);
    else
        verdict = compare_figures(order->column, model, a, b);
    return order->reversed ? -verdict : verdict;
}

static char *format_unsigned(char out[FORMAT_BYTES], const struct column *column, uint64_t amount,
                             const struct column_style *style)
{
    const struct field *field = column_field(column);
    enum field_unit unit = field != NULL ? field->unit : FIELD_COUNT;
    if (amount == 0)
        return strcpy(out, "0");
    if (unit == FIELD_NS)
        return format_ns(out, amount);
    if (style->unit == FORMAT_RAW)
        return format_grouped(out, amount);
    if (unit == FIELD_COUNT)
        return format_count(out, amount);
    return style->unit == FORMAT_PERCENT ? format_percent(out, amount, style->whole) : format_bytes(out, amount);
}

char *column_format(char out[FORMAT_BYTES], const struct column *column, struct figure figure, bool with_sign,
                    const struct column_style *style)
{
    format_unsigned(out, column, figure.magnitude, style);
    return with_sign || figure.negative ? format_sign(out, figure) : out;
}
