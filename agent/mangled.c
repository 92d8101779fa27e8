/* mangled.c: reads mangled names. */
#include "mangled.h"

#include <string.h>

#define DEPTH_MOST 40u
#define STEPS_MOST 4000u /* abbreviations can nest so that a short name means a very long one */

/* ---- printing and stepping ---- */

void mangled_print_bytes(struct mangled *mangled, const char *text, size_t length)
{
    if (mangled->muted != 0)
        return;
    for (size_t i = 0; i < length && mangled->used < mangled->bytes - 1; i++)
        mangled->name[mangled->used++] = text[i];
}

void mangled_print(struct mangled *mangled, const char *text)
{
    mangled_print_bytes(mangled, text, strlen(text));
}

void mangled_fail(struct mangled *mangled)
{
    mangled->failed = true;
    mangled->at = ""; /* so that every loop comes to its end */
}

bool mangled_take(struct mangled *mangled, const char *text)
{
    size_t length = strlen(text);
    if (strncmp(mangled->at, text, length) != 0)
        return false;
    mangled->at += length;
    return true;
}

void mangled_expect(struct mangled *mangled, const char *text)
{
    if (!mangled_take(mangled, text))
        mangled_fail(mangled);
}

bool mangled_enter(struct mangled *mangled)
{
    if (++mangled->depth <= DEPTH_MOST && ++mangled->steps <= STEPS_MOST)
        return true;
    mangled_fail(mangled);
    return false;
}

void mangled_note(struct mangled *mangled, const char *from, bool prefix)
{
    if (mangled->again || mangled->failed)
        return;
    if (mangled->spans == MANGLED_SPANS || mangled->at - mangled->text > UINT16_MAX) {
        mangled_fail(mangled);
        return;
    }
    mangled->span[mangled->spans++] = (struct mangled_span){
        .from = (uint16_t)(from - mangled->text), .to = (uint16_t)(mangled->at - mangled->text), .prefix = prefix};
}

size_t mangled_number(struct mangled *mangled)
{
    size_t number = 0;
    while (mangled_is_digit(*mangled->at) && number < 100000)
        number = number * 10 + (size_t)(*mangled->at++ - '0');
    return number;
}

/* "_" is 0, "0_" is 1, and so on, to any base up to 36. */
static size_t read_index(struct mangled *mangled)
{
    size_t index = 0;
    bool any = false;
    for (; *mangled->at != '_' && index < 100000; mangled->at++, any = true) {
        char c = *mangled->at;
        if (!mangled_is_digit(c) && !(c >= 'A' && c <= 'Z')) {
            mangled_fail(mangled);
            return 0;
        }
        index = index * 36 + (size_t)(mangled_is_digit(c) ? c - '0' : c - 'A' + 10);
    }
    mangled_expect(mangled, "_");
    return any ? index + 1 : 0;
}

void mangled_begin(struct mangled *mangled, const char *text, char *name, size_t bytes)
{
    memset(mangled, 0, sizeof *mangled);
    mangled->text = mangled->at = text;
    mangled->name = name;
    mangled->bytes = bytes;
}

bool mangled_finish(struct mangled *mangled)
{
    if (mangled->failed)
        mangled->used = 0;
    mangled->name[mangled->used] = '\0';
    return mangled->used > 0;
}

/* ---- unqualified names ---- */

static void read_source_name(struct mangled *mangled)
{
    size_t length = mangled_number(mangled);
    if (length == 0 || strnlen(mangled->at, length) < length) {
        mangled_fail(mangled);
        return;
    }
    if (strncmp(mangled->at, "_GLOBAL__N", 10) == 0)
        mangled_print(mangled, "(anonymous)");
    else
        mangled_print_bytes(mangled, mangled->at, length);
    mangled->at += length;
    while (mangled_take(mangled, "B")) { /* a tag of the ABI's */
        mangled->muted++;
        read_source_name(mangled);
        mangled->muted--;
    }
}

/* Counted from 1 in print, "_" being the first. */
static void print_count(struct mangled *mangled, size_t index)
{
    char digits[8];
    size_t used = sizeof digits;
    for (index++; used > 0 && (index > 0 || used == sizeof digits); index /= 10)
        digits[--used] = (char)('0' + index % 10);
    mangled_print(mangled, "#");
    mangled_print_bytes(mangled, digits + used, sizeof digits - used);
}

static void read_types_mutely(struct mangled *mangled)
{
    mangled->muted++;
    while (*mangled->at != 'E' && *mangled->at != '\0')
        mangled_type(mangled);
    mangled->muted--;
    mangled_expect(mangled, "E");
}

static void read_closure(struct mangled *mangled)
{
    read_types_mutely(mangled);
    mangled_print(mangled, "{lambda");
    print_count(mangled, read_index(mangled));
    mangled_print(mangled, "}");
}

static void read_operator(struct mangled *mangled)
{
    if (mangled_take(mangled, "cl")) {
        mangled_print(mangled, "operator()");
    } else if (mangled_take(mangled, "cv")) {
        mangled_print(mangled, "operator ");
        mangled_type(mangled);
    } else if (mangled->at[0] >= 'a' && mangled->at[0] <= 'z' && mangled->at[1] != '\0') {
        mangled_print(mangled, "operator ");
        mangled_print_bytes(mangled, mangled->at, 2);
        mangled->at += 2;
    } else {
        mangled_fail(mangled);
    }
}

static void read_unqualified(struct mangled *mangled)
{
    mangled_take(mangled, "L"); /* known in its file alone */
    if (mangled_is_digit(*mangled->at)) {
        read_source_name(mangled);
    } else if (mangled_take(mangled, "Ul")) {
        read_closure(mangled);
    } else if (mangled_take(mangled, "Ut")) {
        mangled_print(mangled, "{unnamed");
        print_count(mangled, read_index(mangled));
        mangled_print(mangled, "}");
    } else if ((mangled->at[0] == 'C' || mangled->at[0] == 'D') && mangled_is_digit(mangled->at[1])) {
        mangled_print(mangled, mangled->at[0] == 'C' ? "{constructor}" : "{destructor}");
        mangled->at += 2;
    } else {
        read_operator(mangled);
    }
}

/* ---- qualified names ---- */

static void read_prefix(struct mangled *mangled, const char *to);

static void read_span(struct mangled *mangled, size_t index)
{
    if (index >= mangled->spans) {
        mangled_fail(mangled);
        return;
    }
    struct mangled_span span = mangled->span[index];
    const char *at = mangled->at, *wanted = mangled->wanted;
    bool again = mangled->again;
    mangled->at = mangled->text + span.from;
    mangled->again = true;
    mangled->wanted = NULL;
    if (span.prefix)
        read_prefix(mangled, mangled->text + span.to);
    else
        mangled_type(mangled);
    mangled->again = again;
    mangled->wanted = wanted;
    if (!mangled->failed)
        mangled->at = at;
}

/* Behind the 'S'. */
static void read_substitution(struct mangled *mangled)
{
    static const char *const standard[] = {"aallocator", "bbasic_string", "sstring",
                                           "iistream",   "oostream",      "diostream"};
    for (size_t i = 0; i < sizeof standard / sizeof standard[0]; i++) {
        if (*mangled->at != standard[i][0])
            continue;
        mangled->at++;
        mangled_print(mangled, "std::");
        mangled_print(mangled, standard[i] + 1);
        return;
    }
    read_span(mangled, read_index(mangled));
}

void mangled_parameter(struct mangled *mangled)
{
    read_index(mangled);
    mangled_print(mangled, "T");
}

static void read_component(struct mangled *mangled)
{
    if (mangled_take(mangled, "St"))
        mangled_print(mangled, "std");
    else if (mangled_take(mangled, "S"))
        read_substitution(mangled);
    else if (mangled_take(mangled, "T"))
        mangled_parameter(mangled);
    else if (*mangled->at == 'I')
        mangled_template(mangled);
    else
        read_unqualified(mangled);
}

/* The parts of a nested name, up to its 'E' or to `to`. Each but the last may be abbreviated later. */
static void read_prefix(struct mangled *mangled, const char *to)
{
    const char *from = mangled->at;
    if (!mangled_enter(mangled))
        return;
    while (*mangled->at != 'E' && *mangled->at != '\0' && mangled->at != to) {
        const char *part = mangled->at;
        if (part != from && *part != 'I')
            mangled_print(mangled, "::");
        read_component(mangled);
        mangled_take(mangled, "M");                  /* the member whose initializer a lambda stands in */
        bool known = part == from && part[0] == 'S'; /* an abbreviation, or std */
        if (*mangled->at != 'E' && !known)
            mangled_note(mangled, from, true);
    }
    mangled->depth--;
}

static void read_nested(struct mangled *mangled)
{
    while (*mangled->at != '\0' && strchr("rVKRO", *mangled->at) != NULL)
        mangled->at++;
    read_prefix(mangled, NULL);
    mangled_expect(mangled, "E");
}

static void read_discriminator(struct mangled *mangled)
{
    if (mangled->at[0] != '_')
        return;
    mangled->at++;
    bool long_form = mangled_take(mangled, "_");
    if (long_form) {
        mangled_number(mangled);
        mangled_expect(mangled, "_");
    } else if (mangled_is_digit(*mangled->at)) {
        mangled->at++;
    }
}

/* What is local to a function. */
static void read_local(struct mangled *mangled)
{
    mangled_encoding(mangled);
    mangled_expect(mangled, "E");
    mangled_print(mangled, "::");
    if (mangled_take(mangled, "s")) {
        mangled_print(mangled, "{string}");
    } else {
        if (mangled_take(mangled, "d")) { /* in the default of a parameter */
            mangled_number(mangled);
            mangled_expect(mangled, "_");
        }
        mangled_name(mangled);
    }
    read_discriminator(mangled);
}

static void read_unscoped(struct mangled *mangled)
{
    const char *from = mangled->at;
    if (mangled_take(mangled, "St"))
        mangled_print(mangled, "std::");
    read_unqualified(mangled);
    if (*mangled->at != 'I')
        return;
    mangled_note(mangled, from, true);
    mangled_template(mangled);
}

void mangled_name(struct mangled *mangled)
{
    if (!mangled_enter(mangled))
        return;
    if (mangled_take(mangled, "N")) {
        read_nested(mangled);
    } else if (mangled_take(mangled, "Z")) {
        read_local(mangled);
    } else if (mangled->at[0] == 'S' && mangled->at[1] != 't') {
        mangled->at++;
        read_substitution(mangled);
        if (*mangled->at == 'I')
            mangled_template(mangled);
    } else {
        read_unscoped(mangled);
    }
    mangled->depth--;
}

/* A function: its name is printed, its types are not. */
void mangled_encoding(struct mangled *mangled)
{
    mangled_name(mangled);
    mangled->muted++;
    while (*mangled->at != 'E' && *mangled->at != '\0' && *mangled->at != '.' && *mangled->at != '@')
        mangled_type(mangled);
    mangled->muted--;
}
