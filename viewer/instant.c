/* instant.c: a moment that a person types. */
#include "instant.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#define SECOND_NS UINT64_C(1000000000)

/* Reads exactly `digits` digits, at most `most`. Returns what follows, or NULL. */
static const char *take_number(const char *at, int digits, int most, int *number)
{
    *number = 0;
    for (int i = 0; i < digits; i++) {
        if (at == NULL || at[i] < '0' || at[i] > '9')
            return NULL;
        *number = *number * 10 + (at[i] - '0');
    }
    return at == NULL || *number > most ? NULL : at + digits;
}

static const char *take_char(const char *at, const char *any)
{
    return at != NULL && *at != '\0' && strchr(any, *at) != NULL ? at + 1 : NULL;
}

/* mktime would make the first of the next month of the 31st of September. */
static bool is_in_month(const struct tm *moment)
{
    struct tm day = {.tm_year = moment->tm_year, .tm_mon = moment->tm_mon, .tm_mday = moment->tm_mday};

    return timegm(&day) != -1 && day.tm_mday == moment->tm_mday;
}

/* "YYYY-MM-DD" and what stands between it and the time of day. */
static const char *take_day(const char *at, struct tm *moment)
{
    at = take_char(take_number(at, 4, 9999, &moment->tm_year), "-");
    at = take_char(take_number(at, 2, 12, &moment->tm_mon), "-");
    at = take_char(take_number(at, 2, 31, &moment->tm_mday), "T ");
    moment->tm_year -= 1900;
    moment->tm_mon -= 1;
    return moment->tm_mon >= 0 && moment->tm_mday > 0 && is_in_month(moment) ? at : NULL;
}

/* "HH:MM[:SS[.F]]" */
static const char *take_time(const char *at, struct tm *moment, uint64_t *fraction_ns)
{
    uint64_t weight = SECOND_NS;

    *fraction_ns = 0;
    at = take_char(take_number(at, 2, 23, &moment->tm_hour), ":");
    at = take_number(at, 2, 59, &moment->tm_min);
    if (at == NULL || *at != ':')
        return at;
    at = take_number(at + 1, 2, 60, &moment->tm_sec);
    if (at == NULL || *at != '.')
        return at;
    for (at++; *at >= '0' && *at <= '9'; at++) {
        weight /= 10;
        *fraction_ns += weight * (uint64_t)(*at - '0');
    }
    return at;
}

static int moment_ns(struct tm moment, bool utc, uint64_t fraction_ns, uint64_t *time_ns)
{
    moment.tm_isdst = -1;
    time_t seconds = utc ? timegm(&moment) : mktime(&moment);
    if (seconds < 0 || (uint64_t)seconds > UINT64_MAX / SECOND_NS - 1)
        return -1;
    *time_ns = (uint64_t)seconds * SECOND_NS + fraction_ns;
    return 0;
}

int instant_parse(const char *text, uint64_t reference_ns, uint64_t *time_ns)
{
    struct tm moment = {0};
    uint64_t fraction_ns;
    bool utc = text[0] != '\0' && text[strlen(text) - 1] == 'Z';
    bool has_day = strchr(text, '-') != NULL;
    const char *at = has_day ? take_day(text, &moment) : text;

    if (!has_day) {
        time_t reference = (time_t)(reference_ns / SECOND_NS);
        if ((utc ? gmtime_r(&reference, &moment) : localtime_r(&reference, &moment)) == NULL)
            return -1;
        moment.tm_sec = 0;
    }
    at = at != NULL ? take_time(at, &moment, &fraction_ns) : NULL;
    if (at == NULL || strcmp(at, utc ? "Z" : "") != 0 || moment_ns(moment, utc, fraction_ns, time_ns) < 0)
        return -1;
    if (has_day || *time_ns <= reference_ns)
        return 0;
    moment.tm_mday--; /* mktime knows what day comes before the first */
    return moment_ns(moment, utc, fraction_ns, time_ns);
}
