/* mangled.h: a reader of mangled names (Itanium C++ ABI) that prints while it goes. Parts may be read mutely, so one grammar
 * serves to print a name, to find one within another, and to skip. What it does not understand makes it fail, and stays as
 * it is. */
#ifndef AGENT_MANGLED_H
#define AGENT_MANGLED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MANGLED_SPANS 64u

/* What a later S_, S0_ ... may stand for: a stretch of the text. */
struct mangled_span {
    uint16_t from;
    uint16_t to;
    bool prefix; /* a part of a nested name, not a type */
};

struct mangled {
    const char *text;
    const char *at;
    const char *wanted; /* where the type begins that is to be printed; NULL: all is */
    const char *wanted_end;
    char *name;
    size_t bytes;
    size_t used;
    unsigned muted;
    unsigned depth;
    unsigned steps;
    unsigned spans;
    bool again; /* reads a span once more: it makes no new ones */
    bool failed;
    struct mangled_span span[MANGLED_SPANS];
};

/* Begins to read `text`, and to print into name[bytes]. */
void mangled_begin(struct mangled *mangled, const char *text, char *name, size_t bytes);

/* Ends the name; "" and false when the text was not understood or nothing was to be printed. */
bool mangled_finish(struct mangled *mangled);

/* Reads what is at the present place: a function with its types, which are not printed; a name; template arguments in
 * <>; a template's parameter; a type. */
void mangled_encoding(struct mangled *mangled);
void mangled_name(struct mangled *mangled);
void mangled_template(struct mangled *mangled);
void mangled_parameter(struct mangled *mangled);
void mangled_type(struct mangled *mangled);

/* Steps, for those. `take` passes `text` where it stands; `expect` fails where it does not. `enter` counts a level: false
 * when there are too many. `note` makes what was read from `from` on a span that an abbreviation may stand for. */
void mangled_print(struct mangled *mangled, const char *text);
void mangled_print_bytes(struct mangled *mangled, const char *text, size_t length);
bool mangled_take(struct mangled *mangled, const char *text);
void mangled_expect(struct mangled *mangled, const char *text);
void mangled_fail(struct mangled *mangled);
bool mangled_enter(struct mangled *mangled);
void mangled_note(struct mangled *mangled, const char *from, bool prefix);
size_t mangled_number(struct mangled *mangled);

static inline bool mangled_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

#endif
