/* quantity.c: amounts that a person types. */
#include "quantity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* "12" or "12.5", `bytes` long, times `scale`. No strtod: it would want the locale's decimal comma, and take "inf". */
static int read_decimal(const char *text, size_t bytes, uint64_t scale, uint64_t *value)
{
    size_t whole_digits = strspn(text, "0123456789");
    double part = 0, weight = 1;

    if (whole_digits == 0)
        return -1;
    errno = 0;
    uint64_t whole = strtoull(text, NULL, 10);
    if (errno != 0 || __builtin_mul_overflow(whole, scale, value))
        return -1;
    if (whole_digits == bytes)
        return 0;
    if (text[whole_digits] != '.')
        return -1;
    for (size_t i = whole_digits + 1; i < bytes; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        weight /= 10;
        part += (text[i] - '0') * weight;
    }
    return __builtin_add_overflow(*value, (uint64_t)(part * (double)scale + 0.5), value) ? -1 : 0;
}

int quantity_count(const char *text, uint64_t *count)
{
    return text[strspn(text, "0123456789")] == '\0' ? read_decimal(text, strlen(text), 1, count) : -1;
}

uint64_t quantity_unit_ns(const char *word, size_t length)
{
    static const struct {
        const char *word;
        uint64_t seconds;
    } units[] = {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strlen(units[i].word) == length && memcmp(units[i].word, word, length) == 0)
            return units[i].seconds * UINT64_C(1000000000);
    return 0;
}

int quantity_seconds(const char *text, uint64_t *ns)
{
    size_t digits = strspn(text, "0123456789."), rest = strlen(text + digits);
    uint64_t unit_ns = rest == 0 ? UINT64_C(1000000000) : quantity_unit_ns(text + digits, rest);

    return unit_ns == 0 ? -1 : read_decimal(text, digits, unit_ns, ns);
}

int quantity_bytes(const char *text, uint64_t *bytes)
{
    static const char units[] = "KMGT";
    size_t length = strlen(text);
    const char *unit = length > 0 ? strchr(units, text[length - 1]) : NULL;

    if (unit == NULL)
        return read_decimal(text, length, 1, bytes);
    return read_decimal(text, length - 1, UINT64_C(1) << (10 * (unit - units + 1)), bytes);
}
