/* report_svg.c: a report's pictures. */
#include "report_svg.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"
#include "report_scale.h"

/* Of the picture; the plot's width is a number of its own that stretches to the page's. */
enum { TOP = 10, HEIGHT = 300, PLOT_WIDTH = 1000, BELOW = 26, SCALE_WIDTH = 58, KEY_HEIGHT = 15 };
enum { TREND_WIDTH = 110, TREND_HEIGHT = 24, TREND_STEPS = 75 };

/* ---- what is drawn ---- */

struct candidate {
    long row;
    uint64_t peak;
};

static int highest_first(const void *a, const void *b)
{
    const struct candidate *one = a, *other = b;

    if (one->peak != other->peak)
        return one->peak < other->peak ? 1 : -1;
    return (one->row > other->row) - (one->row < other->row);
}

static void choose_layers(struct svg_stack *stack, const struct series *series)
{
    struct candidate candidates[SERIES_CLASSES] = {{0, 0}};
    size_t count = 0;

    for (size_t i = 0; i < series->nclasses; i++)
        if (series->peaks[i] > 0)
            candidates[count++] = (struct candidate){(long)i, series->peaks[i]};
    qsort(candidates, count, sizeof(candidates[0]), highest_first);
    /* A layer "rest" that is one class says less than the class. */
    stack->nlayers = count < SVG_LAYERS ? count : SVG_LAYERS;
    stack->nrest = count - stack->nlayers;
    for (size_t i = 0; i < stack->nlayers; i++)
        stack->rows[i] = candidates[i].row;
}

void svg_stack_make(struct svg_stack *stack, const struct report *report)
{
    uint64_t limit = report->model.now.snapshot.process.limit;
    uint64_t most = report->live.bytes > report->rss.bytes ? report->live.bytes : report->rss.bytes;

    memset(stack, 0, sizeof(*stack));
    choose_layers(stack, &report->series);
    stack->nmoments = series_moments(&report->series, stack->moments);
    stack->has_limit = limit > 0 && limit / 2 <= most;
    if (stack->has_limit && limit > most)
        most = limit;
    /* Some air above. */
    stack->most = most > UINT64_MAX / 2 ? UINT64_MAX : most + most / 25 + 1;
}

int svg_layer(const struct svg_stack *stack, long row)
{
    for (size_t i = 0; i < stack->nlayers; i++)
        if (stack->rows[i] == row)
            return (int)i;
    return -1;
}

/* ---- places ---- */

/* Share of the span, 0 to 1, that a moment of CLOCK_MONOTONIC lies at. */
static double share_of_span(const struct series *series, uint64_t mono_ns)
{
    uint64_t first = series->first.mono_ns, last = series->last.mono_ns;

    if (mono_ns <= first || last == first)
        return 0;
    return mono_ns >= last ? 1 : (double)(mono_ns - first) / (double)(last - first);
}

static double height_of(const struct svg_stack *stack, double bytes)
{
    double share = bytes / (double)stack->most;

    return HEIGHT * (1 - (share > 1 ? 1 : share));
}

/* What lies below a layer at a moment; of layer `nlayers`, the rest; above that, everything. */
static double bytes_below(const struct svg_stack *stack, const struct series_moment *moment, size_t layer)
{
    double sum = 0;

    if (layer > stack->nlayers)
        return (double)moment->live;
    for (size_t i = 0; i < layer; i++)
        sum += (double)moment->of_class[stack->rows[i]];
    return sum;
}

/* ---- layers ---- */

static void write_point(FILE *to, const struct report *report, const struct svg_stack *stack, size_t at, size_t layer)
{
    const struct series_moment *moment = stack->moments[at];

    fprintf(to, "%.1f,%.1f ", PLOT_WIDTH * share_of_span(&report->series, moment->mono_ns),
            height_of(stack, bytes_below(stack, moment, layer)));
}

static void write_layer(FILE *to, const struct report *report, const struct svg_stack *stack, size_t layer)
{
    if (layer < stack->nlayers)
        fprintf(to, "<path class=\"layer s%zu\" d=\"M", layer);
    else
        fputs("<path class=\"layer rest\" d=\"M", to);
    for (size_t i = 0; i < stack->nmoments; i++)
        write_point(to, report, stack, i, layer + 1);
    for (size_t i = stack->nmoments; i-- > 0;)
        write_point(to, report, stack, i, layer);
    fputs("z\"><title>", to);
    if (layer < stack->nlayers)
        html_text(to, report->series.names[stack->rows[layer]]);
    else
        fprintf(to, "%zu more classes", stack->nrest);
    fputs("</title></path>\n", to);
}

/* The highest RSS of each share, at its middle. */
static void write_rss_path(FILE *to, const struct report *report, const struct svg_stack *stack)
{
    const struct series *series = &report->series;
    const char *command = "M";

    for (size_t i = 0; i < series->nshares; i++) {
        const struct series_share *share = &series->shares[i];
        uint64_t middle = share->low.mono_ns / 2 + share->high.mono_ns / 2;
        if (share->count == 0)
            continue;
        fprintf(to, "%s%.1f,%.1f ", command, PLOT_WIDTH * share_of_span(series, middle),
                height_of(stack, (double)share->rss));
        command = "";
    }
}

static void write_limit_path(FILE *to, const struct report *report, const struct svg_stack *stack)
{
    fprintf(to, "M0,%.1f H%d", height_of(stack, (double)report->model.now.snapshot.process.limit), PLOT_WIDTH);
}

/* Each line twice: on a wider one of the ground's colour it stands out from any layer. */
static void write_lines(FILE *to, const struct report *report, const struct svg_stack *stack)
{
    static const char *const styles[] = {"casing", "line"};

    for (size_t i = 0; i < 2; i++) {
        if (report->rss.bytes > 0) {
            fprintf(to, "<path class=\"%s rss\" d=\"", styles[i]);
            write_rss_path(to, report, stack);
            fputs("\"><title>RSS</title></path>\n", to);
        }
        if (stack->has_limit) {
            fprintf(to, "<path class=\"%s limit\" d=\"", styles[i]);
            write_limit_path(to, report, stack);
            fputs("\"><title>limit</title></path>\n", to);
        }
    }
}

static void write_plot(FILE *to, const struct report *report, const struct svg_stack *stack)
{
    fprintf(to,
            "<svg class=\"plot\" y=\"%d\" width=\"100%%\" height=\"%d\" viewBox=\"0 0 %d %d\" "
            "preserveAspectRatio=\"none\">\n",
            TOP, HEIGHT, PLOT_WIDTH, HEIGHT);
    for (size_t layer = 0; layer < stack->nlayers + (stack->nrest > 0); layer++)
        write_layer(to, report, stack, layer);
    write_lines(to, report, stack);
    fputs("</svg>\n", to);
}

/* ---- keys: the number of a layer where it is thickest, for whom colours do not tell apart ---- */

static void write_key(FILE *to, const struct report *report, const struct svg_stack *stack, size_t layer)
{
    double thickest = 0, x = 0, y = 0;

    for (size_t i = 0; i < stack->nmoments; i++) {
        double share = share_of_span(&report->series, stack->moments[i]->mono_ns);
        double top = height_of(stack, bytes_below(stack, stack->moments[i], layer + 1));
        double bottom = height_of(stack, bytes_below(stack, stack->moments[i], layer));
        if (share < 0.04 || share > 0.96 || bottom - top <= thickest * 1.02)
            continue;
        thickest = bottom - top;
        x = share;
        y = (top + bottom) / 2;
    }
    if (thickest >= KEY_HEIGHT)
        fprintf(to, "<text class=\"key\" x=\"%.2f%%\" y=\"%.1f\">%zu</text>\n", 100 * x, TOP + y + 4, layer + 1);
}

/* ---- grid ---- */

/* The lines are counted first: of times that lie, a sum may pass the largest number. */
static void write_time_lines(FILE *to, const struct report *report)
{
    uint64_t first_ns = report->model.baseline.snapshot.head.time_ns, elapsed_ns = report->elapsed_ns;
    uint64_t step_ns = scale_time_step(elapsed_ns, 6);
    uint64_t until_line_ns = step_ns - first_ns % step_ns;
    uint64_t lines = elapsed_ns < until_line_ns ? 0 : (elapsed_ns - until_line_ns) / step_ns + 1;

    for (uint64_t line = 0; line < lines; line++) {
        uint64_t since_ns = until_line_ns + line * step_ns;
        double x = 100 * (double)since_ns / (double)elapsed_ns;
        char label[FORMAT_BYTES];
        fprintf(to, "<line class=\"grid\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\"/>", x, x, TOP, TOP + HEIGHT);
        if (x > 3 && x < 97)
            fprintf(to, "<text class=\"tick\" x=\"%.2f%%\" y=\"%d\">%s</text>\n", x, TOP + HEIGHT + 18,
                    scale_time_label(label, first_ns + since_ns, step_ns));
    }
}

/* Either the lines, or what stands beside them. */
static void write_byte_lines(FILE *to, const struct svg_stack *stack, bool labels)
{
    uint64_t step = scale_bytes_step(stack->most, 6);

    for (uint64_t line = 0; line <= stack->most / step; line++) {
        uint64_t bytes = line * step;
        double y = TOP + height_of(stack, (double)bytes);
        char label[FORMAT_BYTES];
        if (labels)
            fprintf(to, "<text class=\"scale\" x=\"%d\" y=\"%.1f\">%s</text>\n", SCALE_WIDTH - 8, y + 4,
                    bytes == 0 ? "0" : format_bytes(label, bytes));
        else
            fprintf(to, "<line class=\"grid\" x1=\"0\" x2=\"100%%\" y1=\"%.1f\" y2=\"%.1f\"/>\n", y, y);
    }
}

static void write_gaps(FILE *to, const struct report *report)
{
    for (size_t i = 0; i < report->ngaps; i++) {
        const struct report_gap *gap = &report->gaps[i];
        double from = share_of_span(&report->series, gap->from_mono_ns);
        double until = share_of_span(&report->series, gap->to_mono_ns);
        fprintf(to,
                "<rect class=\"gap\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"%d\" height=\"%d\"><title>%" PRIu64
                " snapshots are missing</title></rect>\n",
                100 * from, until > from ? 100 * (until - from) : 0, TOP, HEIGHT, gap->lost);
    }
}

static void write_description(FILE *to, const struct report *report, const struct svg_stack *stack)
{
    char first[FORMAT_BYTES], last[FORMAT_BYTES], high[FORMAT_BYTES];

    fprintf(to,
            "<title id=\"stack-title\">Live memory by class over time</title><desc id=\"stack-desc\">A stacked area, "
            "%zu classes from the bottom: ",
            stack->nlayers);
    for (size_t i = 0; i < stack->nlayers; i++) {
        fputs(i == 0 ? "" : ", ", to);
        html_text(to, report->series.names[stack->rows[i]]);
    }
    fprintf(to, ". All classes together hold %s at first, %s at last, %s at the highest.</desc>\n",
            format_bytes(first, report_first_live(report)), format_bytes(last, report_last_live(report)),
            format_bytes(high, report->live.bytes));
}

void svg_stack_write(FILE *to, const struct report *report, const struct svg_stack *stack)
{
    int height = TOP + HEIGHT + BELOW;

    fprintf(to, "<svg class=\"scales\" width=\"%d\" height=\"%d\" aria-hidden=\"true\">\n", SCALE_WIDTH, height);
    write_byte_lines(to, stack, true);
    fprintf(to,
            "</svg>\n<svg id=\"stack\" width=\"100%%\" height=\"%d\" role=\"img\" "
            "aria-labelledby=\"stack-title stack-desc\">\n",
            height);
    write_description(to, report, stack);
    fputs("<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
          "patternTransform=\"rotate(45)\"><rect class=\"hatch-ground\" width=\"6\" height=\"6\"/>"
          "<line class=\"hatch-line\" y2=\"6\"/></pattern></defs>\n",
          to);
    write_plot(to, report, stack);
    write_gaps(to, report);
    write_byte_lines(to, stack, false);
    write_time_lines(to, report);
    for (size_t layer = 0; layer < stack->nlayers; layer++)
        write_key(to, report, stack, layer);
    fputs("</svg>\n", to);
}

void svg_swatch_write(FILE *to, int layer)
{
    fputs("<svg class=\"swatch\" width=\"22\" height=\"16\" aria-hidden=\"true\"><rect class=\"layer ", to);
    if (layer < 0)
        fputs("rest\" width=\"22\" height=\"16\" rx=\"3\"/></svg> ", to);
    else
        fprintf(to, "s%d\" width=\"22\" height=\"16\" rx=\"3\"/><text class=\"key\" x=\"11\" y=\"12\">%d</text></svg> ",
                layer, layer + 1);
}

/* ---- the small line of one class ---- */

/* The band of up to TREND_STEPS steps, each of like many shares; the time between them is the same. */
static size_t trend_bands(const struct series *series, long row, struct series_band bands[TREND_STEPS])
{
    size_t per_step = (series->nshares + TREND_STEPS - 1) / TREND_STEPS, count = 0;

    for (size_t i = 0; i < series->nshares; i += per_step) {
        bool is_first = true;
        for (size_t j = i; j < i + per_step && j < series->nshares; j++) {
            const struct series_band *band = &series->shares[j].of_class[row];
            if (series->shares[j].count == 0)
                continue;
            if (is_first || band->least < bands[count].least)
                bands[count].least = band->least;
            if (is_first || band->most > bands[count].most)
                bands[count].most = band->most;
            is_first = false;
        }
        count += !is_first;
    }
    return count;
}

static void write_trend_point(FILE *to, size_t at, size_t count, uint64_t value, uint64_t peak)
{
    double x = TREND_WIDTH * (count > 1 ? (double)at / (double)(count - 1) : 0);

    fprintf(to, "%.1f,%.1f ", x, 1 + (TREND_HEIGHT - 2) * (1 - (double)value / (double)peak));
}

void svg_trend_write(FILE *to, const struct series *series, long row)
{
    struct series_band bands[TREND_STEPS];
    size_t count = row >= 0 ? trend_bands(series, row, bands) : 0;
    uint64_t peak = row >= 0 && series->peaks[row] > 0 ? series->peaks[row] : 1;

    fprintf(to, "<svg class=\"trend\" width=\"%d\" height=\"%d\" aria-hidden=\"true\">", TREND_WIDTH, TREND_HEIGHT);
    if (count > 1) {
        fputs("<path class=\"least\" d=\"M", to);
        for (size_t i = 0; i < count; i++)
            write_trend_point(to, i, count, bands[i].least, peak);
        fprintf(to, "%d,%d 0,%d z\"/><path class=\"band\" d=\"M", TREND_WIDTH, TREND_HEIGHT, TREND_HEIGHT);
        for (size_t i = 0; i < count; i++)
            write_trend_point(to, i, count, bands[i].most, peak);
        for (size_t i = count; i-- > 0;)
            write_trend_point(to, i, count, bands[i].least, peak);
        fputs("z\"/>", to);
    }
    fputs("</svg>", to);
}
