/* report_tables.c: a report's tables: what the classes gained, who frees whose memory, the busiest threads. */
#include <inttypes.h>
#include <string.h>

#include "html.h"
#include "report_page.h"

#define FLOW_CLASSES 12 /* with rows and columns of their own */
#define HEATS        5  /* shades of a cell, of the style sheet */

/* ---- cells ---- */

static void write_amount(FILE *to, const char *key, uint64_t bytes)
{
    fprintf(to, "<td class=\"n %s\">", key);
    html_bytes(to, bytes);
    fputs("</td>", to);
}

static void write_change(FILE *to, const char *key, struct figure growth)
{
    fprintf(to, "<td class=\"n %s %s\">", key, growth.magnitude == 0 ? "still" : growth.negative ? "shrank" : "grew");
    html_growth(to, growth);
    fputs("</td>", to);
}

static void write_rate(FILE *to, const char *key, uint64_t bytes, uint64_t elapsed_ns)
{
    write_amount(to, key, figure_per_second((struct figure){bytes, false}, elapsed_ns).magnitude);
}

/* ---- classes: a table of columns, for the rows of the classes and for the one of all ---- */

typedef void (*write_cell)(FILE *to, const struct report_page *page, const struct report_class *class);

static void write_class_name(FILE *to, const struct report_page *page, const struct report_class *class)
{
    int layer = class->row >= 0 ? svg_layer(&page->stack, class->row) : -1;
    bool is_estimate = class->last->mode == AT_MODE_FLOW && page->report->model.now.snapshot.head.mode == AT_MODE_EXACT;

    fputs("<th scope=\"row\">", to);
    if (layer >= 0 && page->report->elapsed_ns != 0)
        svg_swatch_write(to, layer);
    fputs(is_estimate ? "<abbr title=\"an estimate\">~</abbr>" : "", to);
    html_name(to, class->name);
    fputs(class->is_new ? " <em>new</em></th>" : "</th>", to);
}

static void write_threads(FILE *to, const struct report_page *page, const struct report_class *class)
{
    (void)page;
    fputs("<td class=\"n threads\">", to);
    html_count(to, class->last->threads);
    fputs("</td>", to);
}

static void write_share(FILE *to, const struct report_page *page, const struct report_class *class)
{
    fputs("<td class=\"n share\">", to);
    html_percent(to, class->last->live, report_last_live(page->report));
    fputs("</td>", to);
}

static void write_growth(FILE *to, const struct report_page *page, const struct report_class *class)
{
    (void)page;
    write_change(to, "growth", class->growth);
}

static void write_growth_rate(FILE *to, const struct report_page *page, const struct report_class *class)
{
    write_change(to, "rate", figure_per_second(class->growth, page->report->elapsed_ns));
}

static void write_alloc_rate(FILE *to, const struct report_page *page, const struct report_class *class)
{
    write_rate(to, "alloc", class->allocated, page->report->elapsed_ns);
}

static void write_trend(FILE *to, const struct report_page *page, const struct report_class *class)
{
    fputs("<td class=\"trend\">", to);
    svg_trend_write(to, &page->report->series, class->row);
    fputs("</td>", to);
}

/* A figure that only wants to be shown. */
#define AMOUNT(name, key, figure)                                                                        \
    static void write_##name(FILE *to, const struct report_page *page, const struct report_class *class) \
    {                                                                                                    \
        (void)page;                                                                                      \
        write_amount(to, key, class->figure);                                                            \
    }
AMOUNT(first, "first", first->live)
AMOUNT(last, "live", last->live)
AMOUNT(peak, "peak", peak)
AMOUNT(cached, "cached", last->cached)
AMOUNT(dirty, "dirty", last->dirty)
AMOUNT(resident, "resident", last->resident)

static const struct column {
    const char *key, *heading;
    bool over_time; /* says nothing of one snapshot */
    write_cell write;
} class_columns[] = {
    {"name", "CLASS", false, write_class_name},   {"threads", "THR", false, write_threads},
    {"first", "FIRST", true, write_first},        {"live", "LAST", false, write_last},
    {"growth", "GREW", true, write_growth},       {"rate", "GREW/s", true, write_growth_rate},
    {"share", "SHARE", false, write_share},       {"peak", "PEAK", false, write_peak},
    {"alloc", "ALLOC/s", true, write_alloc_rate}, {"cached", "CACHED", false, write_cached},
    {"dirty", "DIRTY", false, write_dirty},       {"resident", "RES", false, write_resident},
    {"trend", "OVER TIME", true, write_trend},
};

#define CLASS_COLUMNS (sizeof(class_columns) / sizeof(class_columns[0]))

static void write_headings(FILE *to, bool over_time)
{
    fputs("<thead><tr>", to);
    for (size_t i = 0; i < CLASS_COLUMNS; i++)
        if (over_time || !class_columns[i].over_time)
            fprintf(to, "<th scope=\"col\" class=\"%s%s\">%s</th>", i == 0 ? "" : "n ", class_columns[i].key,
                    class_columns[i].heading);
    fputs("</tr></thead>\n", to);
}

static void write_class(FILE *to, const struct report_page *page, const struct report_class *class)
{
    fputs("<tr>", to);
    for (size_t i = 0; i < CLASS_COLUMNS; i++)
        if (page->report->elapsed_ns != 0 || !class_columns[i].over_time)
            class_columns[i].write(to, page, class);
    fputs("</tr>\n", to);
}

void report_classes_write(FILE *to, const struct report_page *page)
{
    bool over_time = page->report->elapsed_ns != 0;
    struct at_class first, last;

    fprintf(to, "<section id=\"growth\">\n<h2>%s</h2>\n<div class=\"wide\"><table class=\"classes\">\n",
            over_time ? "What the classes gained" : "What the classes hold");
    write_headings(to, over_time);
    fputs("<tbody>\n", to);
    for (size_t i = 0; i < page->report->nclasses; i++) {
        struct report_class class = report_class(page->report, i);
        write_class(to, page, &class);
    }
    struct report_class all = report_all(page->report, &first, &last);
    fputs("</tbody>\n<tfoot>", to);
    write_class(to, page, &all);
    fputs("</tfoot>\n</table></div>\n<p class=\"note\">", to);
    if (over_time)
        fputs(
            "FIRST and LAST are LIVE in the first and the last snapshot; THR, SHARE, CACHED, DIRTY and RES are of the "
            "last. ",
            to);
    fputs("PEAK is the highest live, short bursts between two snapshots included; of all classes together, as the "
          "snapshots have it.</p>\n</section>\n",
          to);
}

/* ---- flows ---- */

/* The classes with the most traffic, by what they gave, took and freed themselves; each once, the busiest first. */
static size_t busiest(const struct model_flows *flows, size_t rows[FLOW_CLASSES])
{
    double traffic[AT_CLASSES_MAX] = {0};
    size_t count = 0;

    for (size_t i = 0; i < flows->n * flows->n; i++)
        if (!flows->cells[i].negative) {
            /* What changes hands counts before what does not. */
            double weight = i % (flows->n + 1) != 0 ? 1e6 : 1;
            traffic[i / flows->n] += weight * (double)flows->cells[i].magnitude;
            traffic[i % flows->n] += weight * (double)flows->cells[i].magnitude;
        }
    while (count < FLOW_CLASSES) {
        size_t most = 0;
        for (size_t i = 1; i < flows->n; i++)
            if (traffic[i] > traffic[most])
                most = i;
        if (flows->n == 0 || traffic[most] <= 0)
            break;
        traffic[most] = 0;
        rows[count++] = most;
    }
    return count;
}

static uint64_t largest_handed_over(const struct model_flows *flows)
{
    uint64_t most = 0;

    for (size_t i = 0; i < flows->n * flows->n; i++)
        if (i % (flows->n + 1) != 0 && !flows->cells[i].negative && flows->cells[i].magnitude > most)
            most = flows->cells[i].magnitude;
    return most;
}

/* Shade of a cell, 0 to HEATS: a fifth of the largest is two shades from it, a hundredth none. */
static unsigned heat(uint64_t bytes, uint64_t most)
{
    double share = most > 0 ? (double)bytes / (double)most : 0;
    static const double from[HEATS] = {0.01, 0.05, 0.2, 0.5, 0.8};
    unsigned shade = 0;

    while (shade < HEATS && share >= from[shade])
        shade++;
    return shade;
}

static void write_flow_row(FILE *to, const struct report *report, const size_t *rows, size_t count, size_t owner)
{
    const struct model_flows *flows = &report->flows;
    uint64_t most = largest_handed_over(flows);

    fputs("<tr><th scope=\"row\">", to);
    html_name(to, report->model.now.snapshot.classes[owner].name);
    fputs("</th>", to);
    for (size_t i = 0; i < count; i++) {
        struct figure cell = flows->cells[owner * flows->n + rows[i]];
        uint64_t bytes = cell.negative ? 0 : cell.magnitude;
        char style[16] = "own";
        if (rows[i] != owner)
            snprintf(style, sizeof(style), "h%u", heat(bytes, most));
        fprintf(to, "<td class=\"n %s%s\">", style, bytes == 0 ? " nothing" : "");
        html_bytes(to, bytes);
        fputs("</td>", to);
    }
    fputs("</tr>\n", to);
}

static size_t classes_in_flow(const struct model_flows *flows)
{
    size_t count = 0;

    for (size_t i = 0; i < flows->n; i++) {
        bool any = false;
        for (size_t j = 0; j < flows->n; j++)
            any |= flows->cells[i * flows->n + j].magnitude != 0 || flows->cells[j * flows->n + i].magnitude != 0;
        count += any;
    }
    return count;
}

static void write_matrix(FILE *to, const struct report *report, const size_t *rows, size_t count)
{
    fputs("<div class=\"wide\"><table class=\"flows\">\n<thead><tr><th scope=\"col\">memory of &#8595; freed by "
          "&#8594;</th>",
          to);
    for (size_t i = 0; i < count; i++) {
        fputs("<th scope=\"col\" class=\"n\">", to);
        html_name(to, report->model.now.snapshot.classes[rows[i]].name);
        fputs("</th>", to);
    }
    fputs("</tr></thead>\n<tbody>\n", to);
    for (size_t i = 0; i < count; i++)
        write_flow_row(to, report, rows, count, rows[i]);
    fputs("</tbody></table></div>\n", to);
}

void report_flows_write(FILE *to, const struct report_page *page)
{
    size_t rows[FLOW_CLASSES];
    size_t count = busiest(&page->report->flows, rows);
    size_t all = classes_in_flow(&page->report->flows);

    fputs("<section id=\"flows\">\n<h2>Who freed whose memory</h2>\n", to);
    if (count == 0) {
        bool sees = page->report->model.now.snapshot.head.mode != AT_MODE_FLOW;
        fprintf(to, "<p class=\"note\">%s</p>\n</section>\n",
                sees ? "Nobody freed anything." : "Flow mode knows no flows: frees are not seen.");
        return;
    }
    write_matrix(to, page->report, rows, count);
    fprintf(to,
            "<p class=\"note\">Bytes %s. What changed hands is shaded, the more the stronger; what a class freed of "
            "its own "
            "is not.",
            page->report->elapsed_ns != 0 ? "between the first and the last snapshot"
                                          : "since the start of the process");
    if (all > count)
        fprintf(to, " The busiest %zu of %zu classes.", count, all);
    fputs("</p>\n</section>\n", to);
}

/* ---- threads ---- */

static void write_thread(FILE *to, const struct report *report, const struct model_row *thread)
{
    fprintf(to, "<tr><td class=\"n\"><data value=\"%" PRIu64 "\">%" PRIu64 "</data></td><th scope=\"row\">", thread->id,
            thread->id);
    html_name(to, thread->name);
    fputs("</th><td>", to);
    html_name(to, thread->class_name);
    fputs("</td>", to);
    write_amount(to, "alloc", report_thread_allocated(thread));
    if (report->elapsed_ns != 0)
        write_rate(to, "alloc-rate", report_thread_allocated(thread), report->elapsed_ns);
    write_amount(to, "freed", report_thread_freed(thread));
    fputs("</tr>\n", to);
}

void report_threads_write(FILE *to, const struct report_page *page)
{
    const struct report *report = page->report;
    bool spans = report->elapsed_ns != 0;

    if (report->nthreads == 0)
        return;
    fprintf(to,
            "<section id=\"threads\">\n<h2>Busiest threads</h2>\n<div class=\"wide\"><table class=\"busiest\">\n"
            "<thead><tr><th scope=\"col\" class=\"n\">TID</th><th scope=\"col\">THREAD</th><th scope=\"col\">CLASS</th>"
            "<th scope=\"col\" class=\"n\">ALLOCATED</th>%s<th scope=\"col\" class=\"n\">FREED</th></tr></thead>\n"
            "<tbody>\n",
            spans ? "<th scope=\"col\" class=\"n\">/s</th>" : "");
    for (size_t i = 0; i < report->nthreads; i++)
        write_thread(to, report, &report->threads[i]);
    fprintf(
        to,
        "</tbody></table></div>\n<p class=\"note\">Threads that were alive at the end, by what they allocated %s.</p>\n"
        "</section>\n",
        spans ? "between the first and the last snapshot" : "since they started");
}
