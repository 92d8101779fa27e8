/* glob.c: matches patterns character by character; of several stars only the last ever has to be tried again. */
#include "glob.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ASCII alone, as pairs of first and last. */
static const struct {
    const char *name;
    const char *ranges;
} kinds[] = {
    {"[:alnum:]", "09AZaz"}, {"[:alpha:]", "AZaz"},     {"[:digit:]", "09"},      {"[:lower:]", "az"},
    {"[:upper:]", "AZ"},     {"[:punct:]", "!/:@[`{~"}, {"[:xdigit:]", "09AFaf"}, {"[:space:]", "\t\r  "},
};

/* Bytes of the character that `text` begins with. */
static size_t char_length(const char *text)
{
    unsigned char first = (unsigned char)text[0];
    size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 1;
    return length;
}

/* Some number by which characters can be told apart, and ordered as their code points are. */
static uint32_t char_number(const char *text)
{
    uint32_t number = 0;
    for (size_t i = 0, length = char_length(text); i < length; i++)
        number = number << 8 | (unsigned char)text[i];
    return number;
}

static bool is_of_kind(const char *ranges, uint32_t number)
{
    for (; ranges[0] != '\0'; ranges += 2)
        if (number >= (unsigned char)ranges[0] && number <= (unsigned char)ranges[1])
            return true;
    return false;
}

/* "[:kind:]" within brackets: returns what is behind it, or NULL when there is no such kind here. */
static const char *kind_matches(const char *at, uint32_t number, bool *matched)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t length = strlen(kinds[i].name);
        if (strncmp(at, kinds[i].name, length) != 0)
            continue;
        *matched |= is_of_kind(kinds[i].ranges, number);
        return at + length;
    }
    return NULL;
}

/* The next character within brackets; NULL at the text's end. */
static const char *take_char(const char *at, uint32_t *number)
{
    at += *at == '\\';
    *number = char_number(at);
    return *at != '\0' ? at + char_length(at) : NULL;
}

/* One character or range within brackets. */
static const char *range_matches(const char *at, uint32_t number, bool *matched)
{
    uint32_t first, last;
    at = take_char(at, &first);
    last = first;
    if (at != NULL && at[0] == '-' && at[1] != ']')
        at = take_char(at + 1, &last);
    *matched |= at != NULL && number >= first && number <= last;
    return at;
}

/* From behind the '[': returns what is behind the ']', or NULL when there is none. */
static const char *brackets_match(const char *at, uint32_t number, bool *matched)
{
    bool inverted = *at == '!' || *at == '^', any = false;
    at += inverted;
    const char *first = at;
    while (at != NULL && (*at != ']' || at == first)) {
        const char *after = kind_matches(at, number, &any);
        at = after != NULL ? after : range_matches(at, number, &any);
    }
    *matched = any != inverted;
    return at != NULL ? at + 1 : NULL;
}

/* Matches one character of `text` with what `pattern` begins with, no star. Returns the rest of the pattern, or NULL. */
static const char *one_matches(const char *pattern, const char *text)
{
    bool matched;
    if (*pattern == '?')
        return pattern + 1;
    if (*pattern == '[') {
        const char *rest = brackets_match(pattern + 1, char_number(text), &matched);
        if (rest != NULL)
            return matched ? rest : NULL;
    } else if (*pattern == '\\' && pattern[1] != '\0') {
        pattern++;
    }
    size_t length = char_length(text);
    return strncmp(pattern, text, length) == 0 ? pattern + length : NULL;
}

bool glob_matches(const char *pattern, const char *text)
{
    const char *behind_star = NULL, *tried = NULL;
    while (*text != '\0') {
        if (*pattern == '*') {
            behind_star = ++pattern;
            tried = text;
            continue;
        }
        const char *rest = one_matches(pattern, text);
        if (rest != NULL) {
            pattern = rest;
            text += char_length(text);
        } else if (behind_star != NULL) {
            pattern = behind_star;
            text = tried += char_length(tried);
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}
