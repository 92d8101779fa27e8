/* next.h: the next definition of every symbol that the agent interposes, found without allocating and before any
 * constructor, so that a call can always be passed on to whom it was meant for. */
#ifndef AGENT_NEXT_H
#define AGENT_NEXT_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

#include "next_table.h"

/* A pointer for each symbol; NULL where nothing behind the agent defines it. For what frees memory also a number: 1 when
 * its next definition lies in the object of the next free(), which then takes the memory itself; 0 when it is somebody
 * else's, who will come back to free() with it or not. */
struct next {
#define NEXT_MEMBER(result, name, parameters)          result(*name) parameters;
#define NEXT_WAITING(result, name, parameters, passed) result(*name) parameters;
#define NEXT_DIRECT(result, name, parameters)          uint64_t direct_##name;
    NEXT_FREE_FUNCTIONS(NEXT_MEMBER)
    NEXT_FREE_FUNCTIONS(NEXT_DIRECT)
    NEXT_THREAD_FUNCTIONS(NEXT_MEMBER)
    NEXT_PROCESS_FUNCTIONS(NEXT_MEMBER)
    NEXT_LOADER_FUNCTIONS(NEXT_MEMBER)
    NEXT_CALLOC_FUNCTIONS(NEXT_MEMBER)
    NEXT_JEMALLOC_FUNCTIONS(NEXT_MEMBER)
    NEXT_WAITING_FUNCTIONS(NEXT_WAITING)
#undef NEXT_MEMBER
#undef NEXT_WAITING
#undef NEXT_DIRECT
    bool resolved;
};

extern struct next next __attribute__((visibility("hidden")));

/* Fills in `next`; any further call does nothing. Any thread; several at once do the same work to the same end. */
void next_resolve(void);

/* Tries each next operator delete that lies beside the next free() once, on memory of malloc(): one that comes back to our
 * free() or sdallocx(), as `*frees` (the calling thread's own_frees) then says, is not direct. jemalloc's plain ones do,
 * its sized ones do not; as they do nothing else, the next free() takes their place, if it is in `jemalloc`. Called once
 * malloc() is known to be jemalloc's, while nothing is exact yet. */
void next_probe(const uint64_t *frees, const struct link_map *jemalloc);

/* For a symbol that nothing defined at start: a definition in the caller's own object, or else in any that was loaded
 * since. NULL when there is none. Takes the loader's lock, except to give the same answer again: not for signal handlers.
 * `name` is a constant of the program's. */
void *next_late(const char *name, const void *caller);

/* An object is unloaded: what next_late() said may be wrong by now. Any thread. */
void next_forget(void);

/* prctl(2) with one argument, and pthread_sigmask(), past our own hooks. */
int prctl_next(int option, unsigned long argument);
int sigmask_next(int how, const sigset_t *set, sigset_t *before);

#endif
