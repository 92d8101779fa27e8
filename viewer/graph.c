/* graph.c: figures over time, as a rectangle of cells. */
#include "graph.h"

#include "format.h"

/* A graph in its place: heights are counted in cells from the axis of time upwards. */
struct plot {
    const struct graph *graph;
    struct canvas *canvas;
    int row, rows; /* of the heights alone */
    int column, width;
    double low, high;
};

size_t graph_width(int columns)
{
    int width = columns - GRAPH_AXIS_CELLS;
    return width <= 0 ? 0 : width < GRAPH_CELLS_MAX ? (size_t)width : GRAPH_CELLS_MAX;
}

/* A series' value at a cell, counted from the right; false where it does not reach. */
static bool value_at(const struct plot *plot, const struct graph_series *series, size_t from_right, uint64_t *value)
{
    size_t width = (size_t)plot->width, span = plot->graph->span < width ? plot->graph->span : width;
    size_t back = from_right * span / width;
    if (back >= series->count)
        return false;
    *value = series->values[series->count - 1 - back];
    return true;
}

static double sum_at(const struct plot *plot, size_t from_right)
{
    const struct graph *graph = plot->graph;
    double sum = 0;
    uint64_t value;
    for (size_t i = 0; i < graph->count; i++)
        if (value_at(plot, &graph->series[i], from_right, &value))
            sum += (double)value;
    return sum;
}

static void find_range(struct plot *plot)
{
    const struct graph *graph = plot->graph;
    bool any = false;
    for (size_t at = 0; at < (size_t)plot->width; at++) {
        double sum = sum_at(plot, at);
        if (!graph->zoomed && sum > plot->high)
            plot->high = sum;
        for (size_t i = 0; graph->zoomed && i < graph->count; i++) {
            uint64_t value;
            if (!value_at(plot, &graph->series[i], at, &value))
                continue;
            plot->low = !any || (double)value < plot->low ? (double)value : plot->low;
            plot->high = !any || (double)value > plot->high ? (double)value : plot->high;
            any = true;
        }
    }
    /* A line that does not move stands in the middle. */
    if (plot->high <= plot->low) {
        plot->low = graph->zoomed ? plot->low * 0.97 : 0;
        plot->high = plot->high * 1.03 + 1;
    }
}

static int height_of(const struct plot *plot, double value)
{
    double share = (value - plot->low) / (plot->high - plot->low);
    int height = (int)(share * plot->rows + 0.5);
    return height < 0 ? 0 : height < plot->rows ? height : plot->rows;
}

static void paint_stack(const struct plot *plot, size_t from_right)
{
    int column = plot->column + plot->width - 1 - (int)from_right, bottom = 0;
    double sum = 0;
    uint64_t value;
    for (size_t i = 0; i < plot->graph->count; i++) {
        const struct graph_series *series = &plot->graph->series[i];
        if (!value_at(plot, series, from_right, &value))
            continue;
        sum += (double)value;
        for (int top = height_of(plot, sum); bottom < top; bottom++)
            canvas_text(plot->canvas, plot->row + plot->rows - 1 - bottom, column, series->style,
                        canvas_glyph(plot->canvas, series->glyph));
    }
}

static void paint_lines(const struct plot *plot, size_t from_right)
{
    int column = plot->column + plot->width - 1 - (int)from_right;
    uint64_t value;
    for (size_t i = plot->graph->count; i-- > 0;) {
        const struct graph_series *series = &plot->graph->series[i];
        if (!value_at(plot, series, from_right, &value))
            continue;
        int height = height_of(plot, (double)value);
        height = height > 0 ? height - 1 : 0;
        canvas_text(plot->canvas, plot->row + plot->rows - 1 - height, column, series->style,
                    canvas_glyph(plot->canvas, series->glyph));
    }
}

static void paint_axes(const struct plot *plot, const char *since)
{
    struct canvas *canvas = plot->canvas;
    char text[FORMAT_BYTES];
    int wall = plot->column - 1, left = wall - GRAPH_AXIS_CELLS + 1;
    for (int i = 0; i < plot->rows; i++) {
        double value = plot->high - (plot->high - plot->low) * i / plot->rows;
        if (i % 3 == 0)
            canvas_field(canvas, plot->row + i, left, GRAPH_AXIS_CELLS - 2, ALIGN_RIGHT, STYLE_QUIET,
                         format_bytes(text, figure_magnitude(value)));
        canvas_text(canvas, plot->row + i, wall, STYLE_QUIET, canvas_glyph(canvas, GLYPH_WALL));
    }
    int bottom = plot->row + plot->rows;
    canvas_text(canvas, bottom, wall, STYLE_QUIET, canvas_glyph(canvas, GLYPH_CORNER));
    canvas_repeat(canvas, bottom, plot->column, plot->width, STYLE_QUIET, GLYPH_DASH);
    if (text_cells(since) + 8 < plot->width)
        canvas_printf(canvas, bottom, plot->column + 1, STYLE_QUIET, " %s ", since);
}

void graph_paint(const struct graph *graph, struct canvas *canvas, int row, int rows, int column, int end,
                 const char *since)
{
    struct plot plot = {.graph = graph, .canvas = canvas, .row = row, .rows = rows - 1};
    plot.column = column + GRAPH_AXIS_CELLS;
    plot.width = (int)graph_width(end - column);
    if (plot.rows < 1 || plot.width < 1)
        return;
    find_range(&plot);
    paint_axes(&plot, since);
    for (size_t at = 0; at < (size_t)plot.width; at++) {
        if (graph->zoomed)
            paint_lines(&plot, at);
        else
            paint_stack(&plot, at);
    }
}
