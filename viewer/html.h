/* html.h: text and figures as they may stand in a page: whatever bytes come from outside, markup is never made of them.
 *
 * What is written is good HTML and good XML at once. Nothing here allocates; errors show in the stream. */
#ifndef VIEWER_HTML_H
#define VIEWER_HTML_H

#include <stdint.h>
#include <stdio.h>

#include "format.h"

/* Text of any bytes, made visible (text.h) and escaped, for the content of an element or a value in double quotes. */
void html_text(FILE *to, const char *text);

/* The name of a thing from outside, kept apart from what stands around it where it is written from right to left. */
void html_name(FILE *to, const char *name);

/* Figures as the view prints them, with the exact one for machines and for who points at it. html_growth has a sign. */
void html_bytes(FILE *to, uint64_t bytes);
void html_growth(FILE *to, struct figure growth);
void html_count(FILE *to, uint64_t count);

/* `part` of `whole`, as the view prints it. */
void html_percent(FILE *to, uint64_t part, uint64_t whole);

/* A moment, in UTC: 2026-11-22 19:32:00. */
void html_time(FILE *to, uint64_t time_ns);

#endif
