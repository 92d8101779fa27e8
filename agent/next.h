/* next.h: the next definition of every symbol that the agent interposes, found without allocating and before any
 * constructor, so that a call can always be passed on to whom it was meant for. */
#ifndef AGENT_NEXT_H
#define AGENT_NEXT_H

#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

#include "next_table.h"

/* One pointer a symbol; NULL where nothing behind the agent defines it. */
struct next {
    bool resolved;
#define NEXT_MEMBER(result, name, parameters) result(*name) parameters;
    NEXT_FUNCTIONS(NEXT_MEMBER)
#undef NEXT_MEMBER
};

extern struct next next;

/* Fills in `next`; any further call does nothing. Any thread; several at once do the same work to the same end. */
void next_resolve(void);

/* True when the next definition of `name` lies in `object`. */
bool next_is_in(const char *name, const struct link_map *object);

/* prctl(2) with one argument, past our own hook. */
int prctl_next(int option, unsigned long argument);

#endif
