/* format.c: figures as the few characters that a tired eye takes in. */
#include "format.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)

const char *format_unit_word(enum format_unit unit)
{
#define FORMAT_WORD(name, word) word,
    static const char *const words[] = {FORMAT_UNITS(FORMAT_WORD)};
    return (unsigned)unit < FORMAT_UNIT_COUNT ? words[unit] : "?";
}

struct figure figure_difference(uint64_t a, uint64_t b)
{
    return a >= b ? (struct figure){a - b, false} : (struct figure){b - a, true};
}

struct figure figure_subtract(struct figure a, struct figure b)
{
    struct figure difference;

    if (a.negative == b.negative) {
        difference = figure_difference(a.magnitude, b.magnitude);
        difference.negative ^= a.negative && difference.magnitude != 0;
        return difference;
    }
    difference.negative = a.negative;
    if (__builtin_add_overflow(a.magnitude, b.magnitude, &difference.magnitude))
        difference.magnitude = UINT64_MAX;
    return difference;
}

uint64_t figure_magnitude(double value)
{
    return value < 18446744073709549568.0 ? (uint64_t)value : UINT64_MAX;
}

struct figure figure_per_second(struct figure figure, uint64_t elapsed_ns)
{
    if (elapsed_ns == 0)
        return (struct figure){0, false};
    uint64_t magnitude = figure_magnitude((double)figure.magnitude * (double)NS_PER_S / (double)elapsed_ns + 0.5);
    return (struct figure){magnitude, magnitude != 0 && figure.negative};
}

int figure_compare(struct figure a, struct figure b)
{
    bool a_negative = a.negative && a.magnitude != 0;
    bool b_negative = b.negative && b.magnitude != 0;
    if (a_negative != b_negative)
        return a_negative ? -1 : 1;
    int by_magnitude = (a.magnitude > b.magnitude) - (a.magnitude < b.magnitude);
    return a_negative ? -by_magnitude : by_magnitude;
}

/* Three digits below 1,000 of a unit, four from there; rounding 9.995 up must not make it "10.00". By hand, because printf
 * of a double is most of what drawing a table costs. */
static char *format_scaled(char out[FORMAT_BYTES], double value, const char *unit)
{
    unsigned long long hundredths = (unsigned long long)(value * 100 + 0.5);
    unsigned long long tenths = (unsigned long long)(value * 10 + 0.5);
    if (hundredths < 1000)
        snprintf(out, FORMAT_BYTES, "%llu.%02llu%s", hundredths / 100, hundredths % 100, unit);
    else if (tenths < 10000)
        snprintf(out, FORMAT_BYTES, "%llu.%llu%s", tenths / 10, tenths % 10, unit);
    else
        snprintf(out, FORMAT_BYTES, "%llu%s", (unsigned long long)(value + 0.5), unit);
    return out;
}

/* Units, each `step` of the one before; a NULL ends them. */
struct scale {
    uint64_t whole_below; /* so many of the first are shown as they are */
    double step, carry;   /* from `carry` of a unit on it is rounded to one of the next */
    const char *units[8];
};

static char *format_on(const struct scale *scale, char out[FORMAT_BYTES], uint64_t amount)
{
    if (amount < scale->whole_below) {
        snprintf(out, FORMAT_BYTES, "%u%s", (unsigned)amount, scale->units[0]);
        return out;
    }
    double value = (double)amount;
    const char *const *unit = scale->units;
    for (; value >= scale->carry && unit[1] != NULL; unit++)
        value /= scale->step;
    return format_scaled(out, value, *unit);
}

char *format_bytes(char out[FORMAT_BYTES], uint64_t bytes)
{
    static const struct scale scale = {1024, 1024, 1023.5, {"B", "K", "M", "G", "T", "P", "E"}};
    return format_on(&scale, out, bytes);
}

char *format_count(char out[FORMAT_BYTES], uint64_t count)
{
    static const struct scale scale = {10000, 1000, 999.95, {"", "k", "m", "g", "t", "p", "e"}};
    return format_on(&scale, out, count);
}

char *format_grouped(char out[FORMAT_BYTES], uint64_t number)
{
    char digits[FORMAT_BYTES];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    char *to = out;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return out;
}

char *format_percent(char out[FORMAT_BYTES], uint64_t part, uint64_t whole)
{
    if (whole == 0)
        return strcpy(out, "-");
    double percent = 100.0 * (double)part / (double)whole;
    if (part == 0)
        return strcpy(out, "0%");
    if (percent > 9999.0)
        return strcpy(out, ">9999%");
    int decimals = percent < 0.0995 ? 2 : percent < 99.95 ? 1 : 0;
    snprintf(out, FORMAT_BYTES, "%.*f%%", decimals, percent);
    return out;
}

char *format_ns(char out[FORMAT_BYTES], uint64_t ns)
{
    static const struct scale scale = {1000, 1000, 999.95, {"ns", "us", "ms", "s"}};
    return format_on(&scale, out, ns);
}

char *format_age(char out[FORMAT_BYTES], uint64_t ns)
{
    uint64_t seconds = ns / NS_PER_S;
    unsigned minutes = (unsigned)(seconds / 60 % 60), hours = (unsigned)(seconds / 3600 % 24);
    unsigned long long days = seconds / 86400;
    if (seconds < 3600)
        snprintf(out, FORMAT_BYTES, "%02u:%02u", minutes, (unsigned)(seconds % 60));
    else if (days == 0)
        snprintf(out, FORMAT_BYTES, "%uh%02um", hours, minutes);
    else if (days < 100)
        snprintf(out, FORMAT_BYTES, "%llud%02uh", days, hours);
    else
        snprintf(out, FORMAT_BYTES, "%llud", days);
    return out;
}

char *format_utc(char out[FORMAT_BYTES], uint64_t time_ns)
{
    time_t seconds = (time_t)(time_ns / NS_PER_S);
    struct tm utc;
    if (gmtime_r(&seconds, &utc) == NULL || strftime(out, FORMAT_BYTES, "%Y-%m-%d %H:%M:%S", &utc) == 0)
        strcpy(out, "?");
    return out;
}

char *format_time(char out[FORMAT_BYTES], uint64_t time_ns)
{
    time_t seconds = (time_t)(time_ns / NS_PER_S);
    struct tm broken;
    size_t length = strftime(out, FORMAT_BYTES, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &broken));
    snprintf(out + length, FORMAT_BYTES - length, ".%09uZ", (unsigned)(time_ns % NS_PER_S));
    return out;
}

char *format_sign(char out[FORMAT_BYTES], struct figure figure)
{
    size_t length = strlen(out);
    if (figure.magnitude == 0 || length + 2 > FORMAT_BYTES)
        return out;
    memmove(out + 1, out, length + 1);
    out[0] = figure.negative ? '-' : '+';
    return out;
}
