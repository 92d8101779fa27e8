/* classes.h: the table of thread classes.
 *
 * Row 0 is (unbound): memory and threads of no class. Rows 1 to 64 are classes in the order of their making, row 65 is
 * (other), where threads go once the table is full. A class that ended without ever having allocated or freed anything
 * gives its row, and the arenas that go with it, to the next new class: so a thread that names itself right after its
 * start leaves nothing behind under the name it started with.
 *
 * Any thread may call these; a mutex is held for a few instructions, never across a call into jemalloc. */
#ifndef AGENT_CLASSES_H
#define AGENT_CLASSES_H

#include <stdbool.h>
#include <stdint.h>

#include "arenatop.h"

#define CLASSES_OTHER    (AT_CLASSES_MAX - 1)
#define CLASSES_NO_ARENA UINT32_MAX

/* What is asked of a class by whoever sorts a thread into it. */
struct classes_wish {
    const char *name;
    uint32_t arenas_cap; /* 0: the default */
    uint32_t arena;      /* bind to this arena of the host's, or CLASSES_NO_ARENA */
    bool flow;           /* no region of its own */
};

struct class_row {
    char name[AT_CLASS_NAME_BYTES]; /* "" in a row that was never used */
    uint32_t generation;            /* rises when the row goes to another class */
    uint32_t threads;
    uint64_t threads_total;
    uint32_t arenas_cap;
    uint32_t arena;   /* of the host's, see classes_wish; else CLASSES_NO_ARENA */
    uint32_t touched; /* something was allocated or freed by a thread that has left */
    uint32_t reason;  /* enum at_reason: why it is not exact; AT_REASON_NONE when it is, in an exact process */
    bool region;      /* its arenas place memory in its region */
};

/* Prepares the table. `regions`: whether classes may have regions. `arenas_cap`: arenas a class may have when nothing
 * else is said. */
void classes_start(bool regions, uint32_t arenas_cap);

/* Finds the class of that name or makes it, and counts one more thread in it. Returns its row, which *noted (may be NULL)
 * becomes at once: the thread may be ended, by a handler, when it is counted. */
unsigned classes_enter(const struct classes_wish *wish, uint16_t *noted);

/* Says that row `id` has memory, which a thread that is not of it allocated. */
void classes_touch(unsigned id);

/* Counts one thread less. `touched`: it allocated or freed while it was of this class; `passing`: it goes to another
 * class having done neither, and is taken out of the total as well. */
void classes_leave(unsigned id, bool touched, bool passing);

/* The same for one that ends. *noted becomes true at once: it may be ended once more, by a handler, when it is counted. */
void classes_end(unsigned id, bool touched, uint8_t *noted);

/* The row where a thread of the class named so would go: its own, (other) when there is none and the table is full, or
 * AT_CLASSES_MAX when the class would have to be made. */
unsigned classes_find(const char *name);

/* Calls the class of that name otherwise, unless there is one of the other name already. */
void classes_rename(const char *name, const char *other);

/* Counts one more thread in row `id`, which is in use. */
void classes_join(unsigned id);

/* A class's name, whole, where another thread may be about to change it. */
void classes_name(unsigned id, char name[AT_CLASS_NAME_BYTES]);

/* A row's contents; rows in use are 0 to classes_count() - 1, with (other) counted when it is in use. The pointer is good
 * for ever; what it points at changes under other threads' hands: use classes_copy for a consistent row. */
unsigned classes_count(void);
const struct class_row *classes_row(unsigned id);
void classes_copy(unsigned id, struct class_row *copy);

/* Downgrades a class to `flow` for good. False when it was so already: then that reason stays. */
bool classes_downgrade(unsigned id, enum at_reason reason);

/* At the end of a thread that a handler may have ended amid any of these: lets go what it has of them. */
void classes_abandon(void);

/* For fork, in the child: no thread is of any class any more, until classes_fork_keep() was called for it. */
void classes_fork_child(void);
void classes_fork_keep(unsigned id);

#endif
