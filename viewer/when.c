/* when.c: a condition on a figure, as a person types it. */
#include "when.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "quantity.h"
#include "text.h"

enum { AMOUNT_BYTES = 64, KEYS_BYTES = 1024 };

/* A part of the text. */
struct part {
    const char *at;
    size_t length;
};

static const char blanks[] = " \t\n";

static bool is_blank(char c)
{
    return c != '\0' && strchr(blanks, c) != NULL;
}

static struct part trim(const char *from, const char *to)
{
    while (from < to && is_blank(*from))
        from++;
    while (to > from && is_blank(to[-1]))
        to--;
    return (struct part){from, (size_t)(to - from)};
}

/* ---- what is wrong, and where ---- */

static int fail_at(const struct when *when, const char *at, struct failure *failure, const char *why)
{
    unsigned column = 1;
    uint32_t character;

    for (const char *c = when->text; c < at; column++) {
        size_t taken = text_decode(c, (size_t)(at - c), &character);
        c += taken > 0 ? taken : 1;
    }
    return fail_set(failure, EXIT_USAGE, "'%s': column %u%s: %s", when->text, column, *at == '\0' ? ", the end" : "",
                    why);
}

static int fail_no_field(const struct when *when, struct part figure, struct failure *failure)
{
    char keys[KEYS_BYTES], why[KEYS_BYTES + 2 * AMOUNT_BYTES];
    size_t count, used = 0;
    const struct field *fields = fields_of(when->of_process ? FIELDS_PROCESS : FIELDS_CLASS, &count);

    keys[0] = '\0';
    for (size_t i = 0; i < count && used < sizeof(keys); i++)
        used += (size_t)snprintf(keys + used, sizeof(keys) - used, "%s%s", i == 0 ? "" : ", ", fields[i].key);
    int length = figure.length < AMOUNT_BYTES ? (int)figure.length : AMOUNT_BYTES;
    snprintf(why, sizeof(why), "'%.*s' is no figure of %s; there are %s", length, figure.at,
             when->of_process ? "the process" : "a class", keys);
    return fail_at(when, figure.at, failure, why);
}

/* ---- the parts ---- */

/* The test that stands at `at`, or -1. Words stand alone. */
static int test_at(const char *text, const char *at)
{
#define WHEN_WORD(name, word) word,
    static const char *const words[] = {WHEN_TESTS(WHEN_WORD)};

    for (int i = 0; i < WHEN_TEST_COUNT; i++) {
        size_t length = strlen(words[i]);
        if (strncmp(at, words[i], length) != 0)
            continue;
        if (i < WHEN_RISES || (at > text && is_blank(at[-1]) && (at[length] == '\0' || is_blank(at[length]))))
            return i;
    }
    return -1;
}

/* Finds the last one. Returns where it ends and sets *from, or NULL. */
static const char *find_test(struct when *when, const char **from)
{
    static const size_t lengths[] = {
#define WHEN_LENGTH(name, word) sizeof(word) - 1,
        WHEN_TESTS(WHEN_LENGTH)};
    const char *end = NULL;

    for (const char *at = when->text; *at != '\0'; at++) {
        int test = test_at(when->text, at);
        if (test < 0)
            continue;
        when->test = (enum when_test)test;
        *from = at;
        end = at + lengths[test];
    }
    return end;
}

static int take_class(struct when *when, struct part name, struct failure *failure)
{
    if (name.length == 0)
        return fail_at(when, name.at, failure, "a class is missing before the dot, or 'process'");
    if (name.length >= sizeof(when->glob))
        return fail_at(when, name.at, failure, "no class has so long a name");
    memcpy(when->glob, name.at, name.length);
    when->glob[name.length] = '\0';
    when->of_process = strcmp(when->glob, WHEN_PROCESS) == 0;
    return 0;
}

/* CLASS.FIGURE */
static int take_figure(struct when *when, struct part left, struct failure *failure)
{
    const char *dot = memrchr(left.at, '.', left.length);
    char key[AMOUNT_BYTES];

    if (dot == NULL)
        return fail_at(when, left.at, failure, "CLASS.FIGURE belongs here, such as main.live or process.rss");
    if (take_class(when, trim(left.at, dot), failure) < 0)
        return -1;
    struct part figure = trim(dot + 1, left.at + left.length);
    snprintf(key, sizeof(key), "%.*s", figure.length < sizeof(key) ? (int)figure.length : 0, figure.at);
    when->field = fields_find(when->of_process ? FIELDS_PROCESS : FIELDS_CLASS, key);
    return when->field == NULL ? fail_no_field(when, figure, failure) : 0;
}

static int take_amount(struct when *when, struct part word, struct failure *failure)
{
    char text[AMOUNT_BYTES];
    bool is_bytes = when->field->unit == FIELD_BYTES;
    bool may_be_negative = when->field->kind == FIELD_BALANCE && when->unit_ns == 0;

    if (word.length == 0)
        return fail_at(when, word.at, failure, "an amount is missing");
    when->amount.negative = may_be_negative && *word.at == '-';
    size_t sign = when->amount.negative ? 1 : 0;
    snprintf(text, sizeof(text), "%.*s", word.length < sizeof(text) ? (int)(word.length - sign) : 0, word.at + sign);
    if ((is_bytes ? quantity_bytes : quantity_count)(text, &when->amount.magnitude) < 0)
        return fail_at(when, word.at, failure,
                       is_bytes ? "a number of bytes belongs here, or of K, M, G or T" : "a number belongs here");
    if (when->unit_ns != 0 && when->amount.magnitude == 0)
        return fail_at(when, word.at, failure, "an amount above 0 belongs here");
    return 0;
}

/* AMOUNT/TIME */
static int take_rate(struct when *when, struct part right, struct failure *failure)
{
    const char *end = right.at + right.length, *slash = memchr(right.at, '/', right.length);

    if (right.length > 0 && slash == NULL)
        return fail_at(when, end, failure, "a time belongs behind the amount: /s, /min, /h or /d");
    struct part unit = slash != NULL ? trim(slash + 1, end) : right;
    when->unit_ns = quantity_unit_ns(unit.at, unit.length);
    if (right.length > 0 && when->unit_ns == 0)
        return fail_at(when, unit.at, failure, "a time belongs behind the '/': s, min, h or d");
    return take_amount(when, slash != NULL ? trim(right.at, slash) : right, failure);
}

int when_parse(struct when *when, const char *text, struct failure *failure)
{
    const char *end = text + strlen(text), *from = end;

    *when = (struct when){.text = text};
    const char *behind = find_test(when, &from);
    if (behind == NULL)
        return fail_at(
            when, trim(text, end).length == 0 ? text : end, failure,
            "a test is missing: CLASS.FIGURE > AMOUNT, also >= < <=, or CLASS.FIGURE rises AMOUNT/min, or falls");
    if (take_figure(when, trim(text, from), failure) < 0)
        return -1;
    struct part right = trim(behind, end);
    return when->test >= WHEN_RISES ? take_rate(when, right, failure) : take_amount(when, right, failure);
}

/* ---- what it means ---- */

bool when_concerns(const struct when *when, const char *class_name)
{
    return !when->of_process && (strcmp(when->glob, class_name) == 0 || fnmatch(when->glob, class_name, 0) == 0);
}

bool when_holds(const struct when *when, struct figure figure)
{
    struct figure fallen = {when->amount.magnitude, true};
    int order = figure_compare(figure, when->test == WHEN_FALLS ? fallen : when->amount);

    switch (when->test) {
    case WHEN_OVER:
        return order > 0;
    case WHEN_AT_LEAST:
    case WHEN_RISES:
        return order >= 0;
    case WHEN_UNDER:
        return order < 0;
    default:
        return order <= 0;
    }
}
