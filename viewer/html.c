/* html.c: text and figures as they may stand in a page. */
#include "html.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "text.h"

/* What means something to a reader of markup; everything else has been made visible before. */
static const char *entity(char c)
{
    static const struct {
        char c;
        const char *entity;
    } entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};

    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
        if (entities[i].c == c)
            return entities[i].entity;
    return NULL;
}

void html_text(FILE *to, const char *text)
{
    char visible[4 * PATH_MAX];

    text_visible(visible, sizeof(visible), text);
    for (const char *c = visible; *c != '\0'; c++) {
        const char *escaped = entity(*c);
        if (escaped != NULL)
            fputs(escaped, to);
        else
            fputc(*c, to);
    }
}

void html_name(FILE *to, const char *name)
{
    fputs("<bdi>", to);
    html_text(to, name);
    fputs("</bdi>", to);
}

void html_bytes(FILE *to, uint64_t bytes)
{
    char shown[FORMAT_BYTES], exact[FORMAT_BYTES];

    fprintf(to, "<data value=\"%" PRIu64 "\" title=\"%s bytes\">%s</data>", bytes, format_grouped(exact, bytes),
            bytes == 0 ? "0" : format_bytes(shown, bytes));
}

void html_growth(FILE *to, struct figure growth)
{
    char shown[FORMAT_BYTES], exact[FORMAT_BYTES];
    const char *sign = growth.magnitude == 0 ? "" : growth.negative ? "-" : "+";

    format_sign(format_bytes(shown, growth.magnitude), growth);
    fprintf(to, "<data value=\"%s%" PRIu64 "\" title=\"%s%s bytes\">%s</data>", growth.negative ? "-" : "",
            growth.magnitude, sign, format_grouped(exact, growth.magnitude), growth.magnitude == 0 ? "0" : shown);
}

void html_count(FILE *to, uint64_t count)
{
    char shown[FORMAT_BYTES];

    fprintf(to, "<data value=\"%" PRIu64 "\">%s</data>", count, format_grouped(shown, count));
}

/* What is far above the whole begins with a '>'. */
void html_percent(FILE *to, uint64_t part, uint64_t whole)
{
    char shown[FORMAT_BYTES];

    html_text(to, format_percent(shown, part, whole));
}

void html_time(FILE *to, uint64_t time_ns)
{
    char shown[FORMAT_BYTES];

    fprintf(to, "<time>%s</time>", format_utc(shown, time_ns));
}
