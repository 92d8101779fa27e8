/* view_help.c: the help, made from the table of keys and the tables of columns. */
#include "keys.h"
#include "scroll.h"
#include "viewer.h"

#define NAME_CELLS 15

static void paint_columns(struct scroll *scroll, enum model_kind kind, const char *title)
{
    size_t count;
    const struct column *columns = columns_of(kind, &count);
    scroll_heading(scroll, title);
    for (size_t i = 0; i < count; i++)
        scroll_entry(scroll, NAME_CELLS, STYLE_KEY, column_title(&columns[i], scroll->viewer->canvas.pictures),
                     column_help(&columns[i]));
}

static void paint(struct scroll *scroll)
{
    static const char *const figures[][2] = {
        {"B K M G T", "Bytes, in powers of 1,024"},
        {"k m g t", "Numbers of things, in powers of 1,000"},
        {"~", "An estimate: the class, or with ~ before live the whole process, is in flow mode"},
        {"books", "Whether two independent counts of the process's memory agree to the byte"},
        {"fragm.", "Share of the pages in use that holds nothing: 1 - allocated / active"},
        {"allocator", "What jemalloc holds resident without it being live: caches, fragmentation, dirty pages, books"},
    };
    scroll_heading(scroll, "KEYS");
    for (size_t i = 0; i < keys_count; i++)
        scroll_entry(scroll, NAME_CELLS, STYLE_KEY, keys[i].name, keys[i].help);
    scroll_heading(scroll, "FIGURES");
    for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
        scroll_entry(scroll, NAME_CELLS, STYLE_KEY, figures[i][0], figures[i][1]);
    paint_columns(scroll, MODEL_CLASSES, "COLUMNS OF CLASSES");
    paint_columns(scroll, MODEL_THREADS, "COLUMNS OF THREADS");
    paint_columns(scroll, MODEL_ARENAS, "COLUMNS OF ARENAS");
    paint_columns(scroll, MODEL_SIZES, "COLUMNS OF SIZE CLASSES");
}

int view_help_prepare(struct viewer *viewer)
{
    viewer->lines = scroll_count(viewer, paint);
    return 0;
}

void view_help_paint(struct viewer *viewer)
{
    scroll_paint(viewer, paint);
}
