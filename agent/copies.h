/* copies.h: every copy of jemalloc in the process: a shared library, or linked into the executable, with or without a
 * prefix before its names, exported or not. What each is for is not told by its name; see jemalloc.c. */
#ifndef AGENT_COPIES_H
#define AGENT_COPIES_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>

#define COPIES_MAX          8
#define COPIES_PREFIX_BYTES 64

/* X(member, "name behind the prefix", required) */
#define COPIES_FUNCTIONS(X)                \
    X(mallctl, "mallctl", true)            \
    X(nametomib, "mallctlnametomib", true) \
    X(bymib, "mallctlbymib", true)         \
    X(mallocx, "mallocx", false)           \
    X(dallocx, "dallocx", false)           \
    X(xallocx, "xallocx", false)           \
    X(sallocx, "sallocx", false)           \
    X(nallocx, "nallocx", false)

#define COPIES_ENUM(member, name, required) COPIES_##member,
enum copies_function { COPIES_FUNCTIONS(COPIES_ENUM) COPIES_FUNCTION_COUNT };

struct copy {
    const struct link_map *object;         /* that holds all of it */
    bool hidden;                           /* found in the full symbol table only */
    char prefix[COPIES_PREFIX_BYTES];      /* before its names; "": none */
    void *function[COPIES_FUNCTION_COUNT]; /* NULL where it lacks one that is not required */
};

struct copies {
    unsigned count;
    struct copy copy[COPIES_MAX];
};

/* Adds those that export the names without a prefix or with a usual one: quick, a few look-ups in hash tables. `self` is
 * the agent's own object, which is passed over. Like the other two to be called before the program's threads; none is
 * added twice, and none beyond COPIES_MAX. */
void copies_find_usual(struct copies *copies, const struct link_map *self);

/* Adds those that export them with any prefix: looks at every exported name there is. */
void copies_find_unusual(struct copies *copies, const struct link_map *self);

/* Adds those in the executable's full symbol table, or in its separate debug file. Reads the file. */
void copies_find_hidden(struct copies *copies);

#endif
