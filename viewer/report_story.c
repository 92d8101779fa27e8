/* report_story.c: what is to be known of a report, in sentences: for who reads nothing else. */
#include <string.h>

#include "html.h"
#include "report_page.h"

#define NS_PER_MIN UINT64_C(60000000000)

/* "+117M (+200K/s)" */
static void write_growth(FILE *to, struct figure growth, uint64_t elapsed_ns)
{
    html_growth(to, growth);
    fputs(" (", to);
    html_growth(to, figure_per_second(growth, elapsed_ns));
    fputs("/s)", to);
}

static void tell_live(FILE *to, const struct report *report)
{
    uint64_t first = report_first_live(report), last = report_last_live(report);
    struct figure growth = figure_difference(last, first);
    char age[FORMAT_BYTES];

    if (report->elapsed_ns == 0) {
        fputs("Live memory was ", to);
        html_bytes(to, last);
        fputs(" in this one snapshot. ", to);
        return;
    }
    fprintf(to, "In %s live memory ", format_age(age, report->elapsed_ns));
    if (growth.magnitude == 0) {
        fputs("was ", to);
        html_bytes(to, last);
        fputs(" at the beginning and at the end; ", to);
    } else {
        fputs("went from ", to);
        html_bytes(to, first);
        fputs(" to ", to);
        html_bytes(to, last);
        fputs(", ", to);
        write_growth(to, growth, report->elapsed_ns);
        fputs("; ", to);
    }
    fputs("it was highest with ", to);
    html_bytes(to, report->live.bytes);
    fputs(" at ", to);
    html_time(to, report->live.time_ns);
    fputs(" UTC. ", to);
}

/* Not every figure is to be trusted to the byte. */
static void tell_trust(FILE *to, const struct report *report)
{
    if (report->estimates > 0)
        fputs("Figures of live are estimates. ", to);
    if (report->books_off > 0)
        fputs("The books did not always agree. ", to);
    if (report->lost > 0) {
        html_count(to, report->lost);
        fputs(report->lost == 1 ? " snapshot is missing. " : " snapshots are missing. ", to);
    }
}

static uint64_t sum_of_gains(const struct report *report)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < report->nclasses; i++) {
        struct report_class class = report_class(report, i);

        sum += class.growth.negative ? 0 : class.growth.magnitude;
    }
    return sum;
}

static void tell_grower(FILE *to, const struct report *report)
{
    struct report_class most = report_class(report, 0);

    if (report->elapsed_ns == 0)
        return;
    if (most.growth.negative || most.growth.magnitude == 0) {
        fputs("No class grew. ", to);
        return;
    }
    fputs("<strong>", to);
    html_name(to, most.name);
    fputs("</strong> grew most, by ", to);
    write_growth(to, most.growth, report->elapsed_ns);
    fputs(": ", to);
    html_percent(to, most.growth.magnitude, sum_of_gains(report));
    fputs(" of what classes gained. ", to);
}

/* Who goes on growing. */
static void tell_late(FILE *to, const struct report *report)
{
    struct report_class most = report_class(report, 0);
    struct report_late late = report_late(report);

    if (late.elapsed_ns == 0 || most.growth.negative || most.growth.magnitude == 0)
        return;
    if (late.name == NULL) {
        fputs("In the second half no class grew. ", to);
        return;
    }
    fputs("In the second half it was <strong>", to);
    html_name(to, late.name);
    fputs(strcmp(late.name, most.name) == 0 ? "</strong> again, by " : "</strong>, by ", to);
    write_growth(to, late.growth, late.elapsed_ns);
    fputs(". ", to);
}

/* The largest cell off the diagonal. */
static void tell_handover(FILE *to, const struct report *report)
{
    const struct model_flows *flows = &report->flows;
    const struct at_class *classes = report->model.now.snapshot.classes;
    size_t most = 0;

    for (size_t i = 0; i < flows->n * flows->n; i++)
        if (i % (flows->n + 1) != 0 && !flows->cells[i].negative &&
            (most == 0 || flows->cells[i].magnitude > flows->cells[most].magnitude))
            most = i;
    if (most == 0 || flows->cells[most].magnitude == 0)
        return;
    fputs("The most memory was handed from ", to);
    html_name(to, classes[most / flows->n].name);
    fputs(", which allocated it, to ", to);
    html_name(to, classes[most % flows->n].name);
    fputs(", which freed it: ", to);
    html_bytes(to, flows->cells[most].magnitude);
    fputs(". ", to);
}

/* Where it leads, where that can be said: RSS grew, for a minute or more, and there is a limit. */
static void tell_limit(FILE *to, const struct report *report)
{
    const struct at_process *now = &report->model.now.snapshot.process;
    struct figure growth = figure_difference(now->rss, report->model.baseline.snapshot.process.rss);
    char age[FORMAT_BYTES];

    if (now->limit == 0)
        return;
    fputs("RSS is ", to);
    html_bytes(to, now->rss);
    fputs(", ", to);
    html_percent(to, now->rss, now->limit);
    fputs(" of the limit of ", to);
    html_bytes(to, now->limit);
    if (report->elapsed_ns >= NS_PER_MIN && !growth.negative && growth.magnitude > 0 && now->limit > now->rss) {
        double left_ns = (double)(now->limit - now->rss) / (double)growth.magnitude * (double)report->elapsed_ns;
        /* What is years away is not known. */
        if (left_ns < 1e9 * 86400 * 365)
            fprintf(to, "; at this pace it gets there in %s", format_age(age, (uint64_t)left_ns));
    }
    fputs(". ", to);
}

void report_story_write(FILE *to, const struct report_page *page)
{
    fputs("<p class=\"story\">", to);
    tell_live(to, page->report);
    tell_grower(to, page->report);
    tell_late(to, page->report);
    tell_handover(to, page->report);
    tell_limit(to, page->report);
    tell_trust(to, page->report);
    fputs("</p>\n", to);
}
