/* report_page.c: a report as a page of HTML. */
#include "report_page.h"

#include <inttypes.h>
#include <string.h>

#include "fields.h"
#include "html.h"

static void write_head(FILE *to, const struct report_page *page)
{
    fputs(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
        "<meta name=\"color-scheme\" content=\"light dark\"/>\n<meta name=\"generator\" content=\"arenatop " AT_VERSION
        "\"/>\n<title>",
        to);
    html_text(to, page->about->comm);
    fprintf(to, " %d: memory by class</title>\n<style>\n", (int)page->about->pid);
    for (size_t i = 0; i < report_css_lines; i++)
        fprintf(to, "%s\n", report_css[i]);
    fputs("</style>\n</head>\n", to);
}

/* ---- the classes over time ---- */

static void write_line_entry(FILE *to, const char *style, const char *name, uint64_t bytes)
{
    fprintf(
        to,
        "<li><svg class=\"swatch\" width=\"22\" height=\"16\" aria-hidden=\"true\"><path class=\"line %s\" d=\"M0,8 "
        "H22\"/></svg> <span>%s</span> ",
        style, name);
    html_bytes(to, bytes);
    fputs("</li>\n", to);
}

/* From the top, as the layers lie. */
static void write_legend(FILE *to, const struct report_page *page)
{
    const struct report *report = page->report;
    const struct svg_stack *stack = &page->stack;
    const struct at_process *process = &report->model.now.snapshot.process;

    fputs("<ul class=\"legend\">\n", to);
    if (stack->has_limit)
        write_line_entry(to, "limit", "limit", process->limit);
    if (report->rss.bytes > 0)
        write_line_entry(to, "rss", "RSS", process->rss);
    if (stack->nrest > 0) {
        fputs("<li>", to);
        svg_swatch_write(to, -1);
        fprintf(to, "<span>%zu more</span></li>\n", stack->nrest);
    }
    for (size_t i = stack->nlayers; i-- > 0;) {
        fputs("<li>", to);
        svg_swatch_write(to, (int)i);
        html_name(to, report->series.names[stack->rows[i]]);
        fputs(" ", to);
        html_bytes(to, report->series.last.of_class[stack->rows[i]]);
        fputs("</li>\n", to);
    }
    fputs("</ul>\n", to);
}

static void write_thinning(FILE *to, const struct report *report)
{
    char count[FORMAT_BYTES];

    fputs("<p class=\"note\">Bytes that are live, by class. Times are UTC. ", to);
    if (report->series.thinned)
        fprintf(to,
                "Thinned: drawn from %s snapshots in %zu shares, of each share the snapshot with the least and the one "
                "with the most live memory, so that no high is lost; the figures in the tables are of all snapshots. ",
                format_grouped(count, report->count), report->series.nshares);
    else
        fprintf(to, "All %s snapshots are drawn. ", format_grouped(count, report->count));
    if (report->lost > 0)
        fputs("Where it is hatched snapshots are missing. ", to);
    fputs("</p>\n", to);
}

static void write_chart(FILE *to, const struct report_page *page)
{
    fputs("<section id=\"time\">\n<h2>Classes over time</h2>\n", to);
    if (page->report->elapsed_ns == 0) {
        fputs("<p class=\"note\">One snapshot only: there is nothing to be drawn over time.</p>\n</section>\n", to);
        return;
    }
    fputs("<figure>\n<div class=\"chart\">\n", to);
    svg_stack_write(to, page->report, &page->stack);
    fputs("</div>\n<figcaption>\n", to);
    write_legend(to, page);
    write_thinning(to, page->report);
    fputs("</figcaption>\n</figure>\n</section>\n", to);
}

/* ---- what the words mean ---- */

static void write_meaning(FILE *to, const char *word, enum field_table table, const char *key)
{
    const struct field *field = fields_find(table, key);

    fprintf(to, "<dt>%s</dt><dd>", word);
    html_text(to, field->help);
    fputs(".</dd>\n", to);
}

static void write_glossary(FILE *to)
{
    fputs("<section id=\"words\">\n<h2>What the words mean</h2>\n<dl class=\"words\">\n"
          "<dt>CLASS</dt><dd>Threads with like names, or as rules say. (unbound) is memory of no class, so that the "
          "classes add up to the process.</dd>\n",
          to);
    write_meaning(to, "LIVE", FIELDS_CLASS, "live");
    write_meaning(to, "CACHED", FIELDS_CLASS, "cached");
    write_meaning(to, "DIRTY", FIELDS_CLASS, "dirty");
    write_meaning(to, "RES", FIELDS_CLASS, "resident");
    write_meaning(to, "RSS", FIELDS_PROCESS, "rss");
    fputs("<dt>ALLOC/s</dt><dd>What the class's threads allocated, whoever frees it; so it is not what the class "
          "holds.</dd>\n<dt>K M G T</dt><dd>Powers of 1,024. Point at a figure for the exact one.</dd>\n</dl>\n"
          "</section>\n",
          to);
}

void report_page_write(FILE *to, const struct source_about *about, const struct source_span *span,
                       const struct report *report)
{
    struct report_page page = {.about = about, .span = span, .report = report};

    svg_stack_make(&page.stack, report);
    write_head(to, &page);
    fputs("<body>\n<header>\n<h1>", to);
    html_name(to, about->comm);
    fprintf(to, " <small>%d</small></h1>\n", (int)about->pid);
    report_story_write(to, &page);
    fputs("</header>\n<main>\n", to);
    report_facts_write(to, &page);
    write_chart(to, &page);
    report_classes_write(to, &page);
    report_flows_write(to, &page);
    report_threads_write(to, &page);
    write_glossary(to);
    fputs("</main>\n<footer>Written by arenatop " AT_VERSION
          ": whose memory it is, by classes of threads.</footer>\n</body>\n</html>\n",
          to);
}
