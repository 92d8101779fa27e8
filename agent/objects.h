/* objects.h: the loaded objects and their dynamic symbols, looked up without a lock and without allocating.
 *
 * dlsym(3) and dladdr(3) may allocate or take the loader's lock, which deadlocks a thread that is created in a library's
 * constructor while the constructor waits for it. These functions walk the link map and the hash tables themselves.
 * The order of the link map is the order of the global search scope for objects that were loaded at start. */
#ifndef AGENT_OBJECTS_H
#define AGENT_OBJECTS_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Remembers the name that the program was called by. Before main. */
void objects_start(void);

/* The object that holds `address`, or NULL. Safe in any thread and in signal handlers (_dl_find_object). */
const struct link_map *objects_holding(const void *address);

/* Bytes that can be read from `address` on, up to the end of its segment; 0 where it lies in no object's. */
size_t objects_readable(const void *address);

/* The first loaded object: the executable. */
const struct link_map *objects_first(void);

/* The first definition of function `name` in `object` and those behind it; *holder (may be NULL) becomes the object that
 * has it. NULL when there is none. The default version of a versioned symbol is taken, any where there is no default. */
void *objects_find_from(const struct link_map *object, const char *name, const struct link_map **holder);

/* The definition of function `name` in this object alone, or NULL. */
void *objects_find_in(const struct link_map *object, const char *name);

/* The name of the first function from row *at of the object's dynamic symbols on that ends in `suffix`; *at becomes the row
 * behind it. NULL when there is none. Looks at every name: slow in a large library. */
const char *objects_next_ending(const struct link_map *object, const char *suffix, uint32_t *at);

/* The object's file name without its folders. */
const char *objects_name(const struct link_map *object);

/* The object's file, as it can be opened. */
const char *objects_file(const struct link_map *object);

/* A start routine in words. Pointers stay good while the object is loaded; `symbol` is in the caller's buffer. */
struct objects_place {
    const char *object; /* file name without its folders; "" when the address is in no object */
    uint64_t offset;    /* of the address from the object's start */
};

/* Describes `address`. Copies the name of the function that starts or lies around it into symbol[bytes], "" when neither
 * the dynamic nor the full symbol table has one; the latter is read by the agent's own thread (lookup.h). False when no
 * answer came in time, and one may another time. errno survives. */
bool objects_describe(const void *address, struct objects_place *place, char *symbol, size_t bytes);

#endif
