/* report_page.h: a report as a page of HTML: one file, without scripts, that fetches nothing.
 *
 * The page is good XML too. It tells the browser that nothing from elsewhere and no script is wanted, so that even a
 * mistake here could not make either of what a name holds. */
#ifndef VIEWER_REPORT_PAGE_H
#define VIEWER_REPORT_PAGE_H

#include <stddef.h>
#include <stdio.h>

#include "report.h"
#include "report_svg.h"
#include "source.h"

/* What the page is about. */
struct report_page {
    const struct source_about *about;
    const struct source_span *span;
    const struct report *report; /* after report_end */
    struct svg_stack stack;
};

/* Writes it. Errors show in the stream. */
void report_page_write(FILE *to, const struct source_about *about, const struct source_span *span,
                       const struct report *report);

/* Its parts, each a section. */
void report_story_write(FILE *to,
                        const struct report_page *page); /* report_story.c: what is to be known, in sentences */
void report_facts_write(FILE *to,
                        const struct report_page *page); /* report_facts.c: whose memory, since when, how sure */
void report_classes_write(FILE *to, const struct report_page *page); /* report_tables.c */
void report_flows_write(FILE *to, const struct report_page *page);
void report_threads_write(FILE *to, const struct report_page *page);

/* The style sheet, viewer/report.css, line by line; the build makes it. */
extern const char *const report_css[];
extern const size_t report_css_lines;

#endif
