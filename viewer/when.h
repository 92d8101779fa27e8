/* when.h: a condition on a figure, as a person types it. Pure.
 *
 *     CLASS.FIGURE > AMOUNT             also >= < <=
 *     CLASS.FIGURE rises AMOUNT/TIME    also falls; TIME is s, min, h or d
 *
 * CLASS is the name of a class, or a glob that the names of any number of classes match: io_thd_*, *. It may hold blanks,
 * dots and operators: the last operator ends the figure, and the last dot before that the class. `process` stands for the
 * process (a class that has this name is [p]rocess). FIGURE is a key of the table of fields. AMOUNT is a number, of bytes
 * also with K, M, G or T. */
#ifndef VIEWER_WHEN_H
#define VIEWER_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "fail.h"
#include "fields.h"
#include "format.h"

#define WHEN_PROCESS    "process"
#define WHEN_GLOB_BYTES 256

/* X(NAME, word); no word is found in one that stands behind it. */
#define WHEN_TESTS(X) \
    X(AT_LEAST, ">=") \
    X(OVER, ">")      \
    X(AT_MOST, "<=")  \
    X(UNDER, "<")     \
    X(RISES, "rises") \
    X(FALLS, "falls")

#define WHEN_ENUM(name, word) WHEN_##name,
enum when_test { WHEN_TESTS(WHEN_ENUM) WHEN_TEST_COUNT };

struct when {
    const char *text;           /* the whole of it, as it was typed; the caller's */
    char glob[WHEN_GLOB_BYTES]; /* of the class */
    bool of_process;            /* the figure is one of the process, not of a class */
    const struct field *field;
    enum when_test test;
    struct figure amount; /* of RISES and FALLS above 0 */
    uint64_t unit_ns;     /* of RISES and FALLS: the time in which it is that much; else 0 */
};

/* Reads the whole of `text`, which must outlive the result. Returns 0, or -1 with *failure set: EXIT_USAGE, and a text that
 * names the place by its column, in characters from 1, and says what belongs there. */
int when_parse(struct when *when, const char *text, struct failure *failure);

/* Whether the condition speaks of a class of that name. */
bool when_concerns(const struct when *when, const char *class_name);

/* Whether a figure meets the condition: its value, or for RISES and FALLS what it gained in unit_ns. */
bool when_holds(const struct when *when, struct figure figure);

#endif
