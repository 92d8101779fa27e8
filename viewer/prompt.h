/* prompt.h: a line that a person types into: filter, search, moment, delay. Pure: inputs in, text out. */
#ifndef VIEWER_PROMPT_H
#define VIEWER_PROMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROMPT_BYTES 128

/* X(NAME, label) */
#define PROMPT_KINDS(X)           \
    X(NONE, "")                   \
    X(FILTER, "filter")           \
    X(FIND, "find")               \
    X(MOMENT, "time or snapshot") \
    X(DELAY, "seconds between two frames")

#define PROMPT_ENUM(name, label) PROMPT_##name,
enum prompt_kind { PROMPT_KINDS(PROMPT_ENUM) PROMPT_KIND_COUNT };

struct prompt {
    enum prompt_kind kind;
    char text[PROMPT_BYTES];   /* UTF-8 */
    char before[PROMPT_BYTES]; /* what it was when the prompt was opened, for Escape */
    bool replaces;             /* the first character takes the place of the text */
};

enum prompt_result {
    PROMPT_TYPING,    /* the text may have changed */
    PROMPT_DONE,      /* Enter */
    PROMPT_CANCELLED, /* Escape, or Backspace in an empty line: the text is what it was before */
    PROMPT_LEFT       /* a key that is not for a prompt: Enter, and then the key */
};

/* Opens a prompt that starts with `text`: to be added to, or where it is a number to be replaced by what is typed. */
void prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *text);

/* Takes an input (keys.h). After anything but PROMPT_TYPING the prompt is closed; its text stays to be read. */
enum prompt_result prompt_input(struct prompt *prompt, uint32_t input);

const char *prompt_label(enum prompt_kind kind);

#endif
