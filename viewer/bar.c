/* bar.c: one line that says whose the memory is. */
#include "bar.h"

#include <stdio.h>
#include <string.h>

#define PARTS_MAX  (LOOKS_COUNT + 1)
#define NAME_CELLS 16

struct part {
    char label[TEXT_NAME_BYTES];
    uint64_t bytes;
    int cells;
    enum style style;
    enum glyph glyph;
};

struct parts {
    struct part rows[PARTS_MAX];
    size_t count;
};

static void set_look(struct part *part, int look)
{
    part->style = (enum style)(STYLE_SERIES_1 + look);
    part->glyph = (enum glyph)(GLYPH_SERIES_1 + look);
}

/* What stands beside a part: its amount; with a baseline what it has become more or less since then. */
static char *format_change(char out[FORMAT_BYTES], uint64_t now, bool is_change, uint64_t then)
{
    struct figure figure = is_change ? figure_difference(now, then) : (struct figure){now, false};
    format_bytes(out, figure.magnitude);
    if (!is_change)
        return out;
    return figure.magnitude == 0 ? strcpy(out, "+0") : format_sign(out, figure);
}

static uint64_t live_then(const struct moment *then, const char *name)
{
    long row = then->there ? snapshot_class(&then->snapshot, name) : -1;
    return row >= 0 ? then->classes[row].raw.live : 0;
}

static void add_classes(const struct viewer *viewer, struct parts *parts)
{
    const struct moment *now = &viewer->model.now, *then = &viewer->model.baseline;
    char name[TEXT_NAME_BYTES], amount[FORMAT_BYTES];
    for (size_t i = 0; i < viewer->looks.count; i++) {
        const struct at_class *class = &now->classes[viewer->looks.largest[i]].raw;
        if (class->live == 0)
            return;
        struct part *part = &parts->rows[parts->count++];
        part->bytes = class->live;
        set_look(part, looks_of(&viewer->looks, class->name));
        text_clean(name, sizeof(name), class->name, viewer->canvas.utf8);
        canvas_shorten(&viewer->canvas, name, NAME_CELLS);
        snprintf(part->label, sizeof(part->label), " %.200s %s ", name,
                 format_change(amount, part->bytes, then->there, live_then(then, class->name)));
    }
}

/* jemalloc takes all of its tables for resident, of which most was never touched: it has no more than the process. */
static uint64_t beyond_live(const struct moment *moment)
{
    const struct at_process *process = &moment->snapshot.process;
    uint64_t resident = process->resident < process->rss ? process->resident : process->rss;
    return resident > moment->live ? resident - moment->live : 0;
}

/* What jemalloc holds resident beyond what is live: caches, fragmentation, dirty pages, its books. */
static void add_allocator(const struct viewer *viewer, struct parts *parts)
{
    const struct moment *now = &viewer->model.now, *then = &viewer->model.baseline;
    char amount[FORMAT_BYTES];
    if (beyond_live(now) == 0)
        return;
    struct part *part = &parts->rows[parts->count++];
    part->bytes = beyond_live(now);
    part->style = STYLE_QUIET;
    part->glyph = GLYPH_DOT;
    format_change(amount, part->bytes, then->there, beyond_live(then));
    snprintf(part->label, sizeof(part->label), " allocator %s", amount);
}

static int labels_cells(const struct parts *parts)
{
    int cells = 0;
    for (size_t i = 0; i < parts->count; i++)
        cells += text_cells(parts->rows[i].label);
    return cells;
}

/* The smallest classes go until the bar has a third of the line; the allocator's part, the last, stays longest. */
static void drop_until_fits(struct parts *parts, int columns)
{
    while (parts->count > 1 && labels_cells(parts) > columns - columns / 3) {
        size_t victim = parts->count > 2 ? parts->count - 2 : 1;
        memmove(&parts->rows[victim], &parts->rows[victim + 1], (parts->count - victim - 1) * sizeof(parts->rows[0]));
        parts->count--;
    }
}

/* Each part has a cell, however small it is; the widest pays for that, or the last label would be cut short. */
static void share_room(struct parts *parts, int room)
{
    double whole = 0;
    struct part *widest = parts->rows;
    for (size_t i = 0; i < parts->count; i++)
        whole += (double)parts->rows[i].bytes;
    int over = -room;
    for (size_t i = 0; i < parts->count; i++) {
        struct part *part = &parts->rows[i];
        int cells = (int)((double)part->bytes / whole * room);
        part->cells = cells > 0 ? cells : 1;
        over += part->cells;
        if (part->cells > widest->cells)
            widest = part;
    }
    if (over > 0)
        widest->cells -= over;
}

void bar_paint(struct viewer *viewer, int row)
{
    struct canvas *canvas = &viewer->canvas;
    struct parts parts = {.count = 0};

    add_classes(viewer, &parts);
    add_allocator(viewer, &parts);
    drop_until_fits(&parts, canvas->columns);
    share_room(&parts, canvas->columns - labels_cells(&parts));
    int column = 0;
    for (size_t i = 0; i < parts.count; i++) {
        const struct part *part = &parts.rows[i];
        column = canvas_repeat(canvas, row, column, part->cells, part->style, part->glyph);
        column = canvas_text(canvas, row, column, part->style == STYLE_QUIET ? STYLE_QUIET : STYLE_PLAIN, part->label);
    }
}
