/* keys.h: what every key does, in one table: from it come the dispatch, the line of keys, the help and the manual. */
#ifndef VIEWER_KEYS_H
#define VIEWER_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Keys that are no characters. Characters are themselves, as Unicode; control characters too. */
enum input {
    INPUT_UP = 0x110000,
    INPUT_DOWN,
    INPUT_LEFT,
    INPUT_RIGHT,
    INPUT_PAGE_UP,
    INPUT_PAGE_DOWN,
    INPUT_HOME,
    INPUT_END,
    INPUT_F1,
    INPUT_F2,
    INPUT_F4 = INPUT_F1 + 3,
    INPUT_F6 = INPUT_F1 + 5,
    INPUT_F10 = INPUT_F1 + 9,
    INPUT_BACKSPACE = 0x7f,
    INPUT_ENTER = '\n',
    INPUT_ESCAPE = 0x1b
};

/* A control character as an input. */
#define INPUT_CONTROL(letter) ((uint32_t)(letter)&0x1fu)

struct viewer;

struct key {
    uint32_t inputs[3];     /* any of these; 0: none */
    const char *name;       /* all of them, for the help */
    const char *short_name; /* for the line of keys; NULL: it does not stand there */
    const char *plain_name; /* the same without pictures; NULL: the same */
    const char *label;      /* what it does, for the line of keys; "": the next that stands there says it for both */
    const char *help;       /* one sentence, no full stop */
    void (*act)(struct viewer *viewer, int argument);
    int argument;
    uint32_t views; /* VIEW_BITs of where it works; 0: everywhere */
};

/* In the order of the help. The line of keys takes what fits, in this order; for the last one there is always room. */
extern const struct key keys[];
extern const size_t keys_count;
#define KEYS_LAST_CELLS 8

/* Whether a key that works on the help, as nearly everywhere, has something to do only while a process is watched. */
bool keys_need_process(const struct key *key);

/* The row of an input in a view (enum view_id), or NULL. A row for some views goes before one for all. */
const struct key *keys_find(uint32_t input, unsigned view);

#endif
