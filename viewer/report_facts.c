/* report_facts.c: whose memory a report is about, since when, and how far its figures can be trusted. */
#include <inttypes.h>
#include <string.h>

#include "html.h"
#include "report_page.h"

static void begin_fact(FILE *to, const char *name)
{
    fprintf(to, "<div><dt>%s</dt><dd>", name);
}

static void end_fact(FILE *to)
{
    fputs("</dd></div>\n", to);
}

static void write_text(FILE *to, const char *name, const char *text)
{
    begin_fact(to, name);
    html_name(to, text);
    end_fact(to);
}

static const char *kind_word(enum source_kind kind)
{
    return kind == SOURCE_RECORDING ? "a recording" : kind == SOURCE_COPY ? "a copied segment" : "a process";
}

/* How the last snapshot found it. */
static const char *end_words(const struct report_page *page)
{
    if (page->report->model.now.snapshot.head.state == AT_STATE_EXITED)
        return "the process had exited";
    if (page->about->kind == SOURCE_SEGMENT)
        return page->span->state == SOURCE_GONE ? "the process is gone: killed, crashed, or another program by now"
                                                : "the process was running";
    return "the process was running";
}

static void write_span(FILE *to, const struct report_page *page)
{
    const struct report *report = page->report;
    char age[FORMAT_BYTES], interval[FORMAT_BYTES];

    begin_fact(to, "Time");
    if (report->model.baseline.there) {
        html_time(to, report->model.baseline.snapshot.head.time_ns);
        fputs(" to ", to);
    }
    html_time(to, report->model.now.snapshot.head.time_ns);
    fprintf(to, " UTC, %s", format_age(age, report->elapsed_ns));
    end_fact(to);
    begin_fact(to, "Snapshots");
    html_count(to, report->count);
    fprintf(to, ", every %s; from %s; at the last one, %s",
            format_ns(interval, report->model.now.snapshot.agent.interval_ns), kind_word(page->about->kind),
            end_words(page));
    end_fact(to);
}

static void write_mode(FILE *to, const struct report_page *page)
{
    const struct snapshot *now = &page->report->model.now.snapshot;
    const char *why = at_reason_text(now->head.reason);

    begin_fact(to, "Mode");
    fputs(at_mode_word(now->head.mode), to);
    if (now->head.mode != AT_MODE_EXACT)
        fprintf(to, ": figures of live are estimates%s%s", why[0] != '\0' ? "; " : "", why);
    end_fact(to);
}

/* Whether the two sets of books agreed. */
static void write_books(FILE *to, const struct report *report)
{
    uint64_t exact = report->count - report->estimates;
    char count[FORMAT_BYTES], all[FORMAT_BYTES];

    if (exact == 0)
        return;
    begin_fact(to, "Books");
    if (report->books_off == 0) {
        fprintf(to, "<span class=\"good\">&#10003; agreed in %s of %s snapshots</span>", format_grouped(count, exact),
                format_grouped(all, exact));
    } else {
        fprintf(to, "<span class=\"bad\">&#10007; were off in %s of %s snapshots, by up to ",
                format_grouped(count, report->books_off), format_grouped(all, exact));
        html_bytes(to, report->worst_off);
        fputs("</span>", to);
    }
    end_fact(to);
}

static void write_memory(FILE *to, const struct report *report)
{
    const struct at_process *now = &report->model.now.snapshot.process;

    begin_fact(to, "RSS");
    html_bytes(to, now->rss);
    fputs(", highest ", to);
    html_bytes(to, report->rss.bytes);
    end_fact(to);
    begin_fact(to, "Limit");
    if (now->limit == 0) {
        fputs("none", to);
    } else {
        html_bytes(to, now->limit);
        fputs(", ", to);
        html_percent(to, now->rss, now->limit);
        fputs(" used", to);
    }
    end_fact(to);
    begin_fact(to, "Fragmentation");
    html_percent(to, now->active > now->allocated ? now->active - now->allocated : 0, now->active);
    end_fact(to);
}

/* ---- what has to be said ---- */

static void write_gap(FILE *to, const struct report_gap *gap)
{
    fputs("<li>", to);
    html_count(to, gap->lost);
    fputs(gap->lost == 1 ? " snapshot between " : " snapshots between ", to);
    html_time(to, gap->from_ns);
    fputs(" and ", to);
    html_time(to, gap->to_ns);
    fputs("</li>\n", to);
}

static void write_losses(FILE *to, const struct report_page *page)
{
    const struct report *report = page->report;

    begin_fact(to, "Missing");
    if (report->lost == 0)
        fputs("nothing", to);
    else {
        html_count(to, report->lost);
        fputs(report->lost == 1 ? " snapshot" : " snapshots", to);
    }
    if (page->span->cut_off)
        fputs("; the file ends in the middle of a snapshot, which is left out", to);
    end_fact(to);
}

static void write_remarks(FILE *to, const struct report *report)
{
    if (report->nwarnings > 0) {
        fputs("<div class=\"remarks\" id=\"warnings\"><h3>Warnings of the agent</h3><ul>\n", to);
        for (size_t i = 0; i < report->nwarnings; i++) {
            fputs("<li>", to);
            html_name(to, report->warnings[i]);
            fputs("</li>\n", to);
        }
        fputs(report->warnings_left_out > 0 ? "<li>and others</li>\n</ul></div>\n" : "</ul></div>\n", to);
    }
    if (report->ngaps > 0) {
        fputs("<div class=\"remarks\" id=\"gaps\"><h3>Missing snapshots</h3><ul>\n", to);
        for (size_t i = 0; i < report->ngaps; i++)
            write_gap(to, &report->gaps[i]);
        if (report->gaps_left_out > 0)
            fprintf(to, "<li>and %zu gaps more</li>\n", report->gaps_left_out);
        fputs("</ul></div>\n", to);
    }
}

void report_facts_write(FILE *to, const struct report_page *page)
{
    const struct at_header *header = &page->about->header;

    fputs("<section id=\"facts\">\n<h2>The process</h2>\n<dl class=\"facts\">\n", to);
    write_text(to, "Command", header->command);
    write_span(to, page);
    write_losses(to, page);
    write_mode(to, page);
    write_books(to, page->report);
    write_memory(to, page->report);
    write_text(to, "jemalloc", header->jemalloc_version);
    write_text(to, "Agent", header->agent_version);
    fputs("</dl>\n", to);
    write_remarks(to, page->report);
    fputs("</section>\n", to);
}
