/* mangled_types.c: reads mangled types and template arguments. */
#include <string.h>

#include "mangled.h"

/* ---- template arguments ---- */

static void read_literal(struct mangled *mangled)
{
    if (mangled_take(mangled, "_Z") || mangled_take(mangled, "Z")) {
        mangled_encoding(mangled);
    } else {
        mangled->muted++;
        mangled_type(mangled);
        mangled->muted--;
        if (mangled_take(mangled, "n"))
            mangled_print(mangled, "-");
        const char *from = mangled->at;
        while (mangled_is_digit(*mangled->at) || (*mangled->at >= 'a' && *mangled->at <= 'f'))
            mangled->at++;
        mangled_print_bytes(mangled, from, (size_t)(mangled->at - from));
    }
    mangled_expect(mangled, "E");
}

static void read_arguments(struct mangled *mangled, bool *any)
{
    if (!mangled_enter(mangled))
        return;
    while (*mangled->at != 'E' && *mangled->at != '\0') {
        if (mangled_take(mangled, "J")) { /* a pack of them */
            read_arguments(mangled, any);
            continue;
        }
        if (*any)
            mangled_print(mangled, ", ");
        *any = true;
        if (mangled_take(mangled, "L"))
            read_literal(mangled);
        else
            mangled_type(mangled); /* an expression (X) is no type, and fails */
    }
    mangled_expect(mangled, "E");
    mangled->depth--;
}

void mangled_template(struct mangled *mangled)
{
    bool any = false;
    mangled_expect(mangled, "I");
    mangled_print(mangled, "<");
    read_arguments(mangled, &any);
    mangled_print(mangled, ">");
}

/* ---- types ---- */

static const char *builtin(const char *at, size_t *length)
{
    static const char *const names[] = {
        "vvoid",        "wwchar_t",
        "bbool",        "cchar",
        "asigned char", "hunsigned char",
        "sshort",       "tunsigned short",
        "iint",         "junsigned",
        "llong",        "munsigned long",
        "xlong long",   "yunsigned long long",
        "n__int128",    "ounsigned __int128",
        "ffloat",       "ddouble",
        "elong double", "g__float128",
        "z...",
    };
    static const char *const two[] = {"Dnnullptr", "Daauto", "Dichar32_t", "Dschar16_t", "Duchar8_t"};
    *length = 1;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (*at == names[i][0])
            return names[i] + 1;
    *length = 2;
    for (size_t i = 0; i < sizeof two / sizeof two[0]; i++)
        if (strncmp(at, two[i], 2) == 0)
            return two[i] + 2;
    return NULL;
}

static void read_function_type(struct mangled *mangled)
{
    mangled_take(mangled, "Y");
    mangled_type(mangled); /* what it returns */
    mangled->muted++;
    while (*mangled->at != 'E' && *mangled->at != '\0')
        if (!mangled_take(mangled, "RE") && !mangled_take(mangled, "OE"))
            mangled_type(mangled);
        else
            mangled->at--;
    mangled->muted--;
    mangled_expect(mangled, "E");
    mangled_print(mangled, "()");
}

static void read_member_pointer(struct mangled *mangled)
{
    mangled_type(mangled);
    mangled_print(mangled, "::*");
    mangled->muted++;
    mangled_type(mangled);
    mangled->muted--;
}

static void read_array(struct mangled *mangled)
{
    mangled_number(mangled);
    mangled_expect(mangled, "_");
    mangled_type(mangled);
    mangled_print(mangled, "[]");
}

/* Types that are made of others. False: it is none. */
static bool read_compound(struct mangled *mangled)
{
    static const struct {
        const char *code;
        const char *suffix;
    } wrappers[] = {{"P", "*"}, {"R", "&"}, {"O", "&&"}, {"r", ""}, {"V", ""}, {"K", ""}, {"Dp", ""}, {"Do", ""}};
    for (size_t i = 0; i < sizeof wrappers / sizeof wrappers[0]; i++) {
        if (!mangled_take(mangled, wrappers[i].code))
            continue;
        while (strchr("rVK", wrappers[i].code[0]) != NULL && *mangled->at != '\0' && strchr("VK", *mangled->at) != NULL)
            mangled->at++; /* one abbreviation for all of them */
        mangled_type(mangled);
        mangled_print(mangled, wrappers[i].suffix);
        return true;
    }
    if (mangled_take(mangled, "F"))
        read_function_type(mangled);
    else if (mangled_take(mangled, "M"))
        read_member_pointer(mangled);
    else if (mangled_take(mangled, "A"))
        read_array(mangled);
    else
        return false;
    return true;
}

static void read_named_type(struct mangled *mangled)
{
    const char *from = mangled->at;
    if (mangled_take(mangled, "T")) {
        mangled_parameter(mangled);
        if (*mangled->at != 'I')
            return;
        mangled_note(mangled, from, false);
        mangled_template(mangled);
    } else {
        mangled_name(mangled);
    }
}

/* An abbreviation alone is not abbreviated again. */
static bool is_abbreviation(const char *from, const char *to)
{
    return from[0] == 'S' && from[1] != 't' && (to - from == 2 || (to - from < 6 && to[-1] == '_'));
}

void mangled_type(struct mangled *mangled)
{
    const char *from = mangled->at;
    size_t length;
    if (!mangled_enter(mangled))
        return;
    bool wanted = from == mangled->wanted && mangled->wanted_end == NULL;
    mangled->muted -= wanted;
    const char *name = builtin(from, &length);
    if (name != NULL) {
        mangled_print(mangled, name);
        mangled->at += length;
    } else {
        if (!read_compound(mangled))
            read_named_type(mangled);
        if (!mangled->failed && !is_abbreviation(from, mangled->at) && strncmp(from, "Do", 2) != 0)
            mangled_note(mangled, from, false);
    }
    mangled->muted += wanted;
    if (wanted)
        mangled->wanted_end = mangled->at;
    mangled->depth--;
}
