/* classify.h: which class a thread belongs to, by the user's rules or by itself. */
#ifndef AGENT_CLASSIFY_H
#define AGENT_CLASSIFY_H

#include <stdbool.h>

#include "classes.h"
#include "thread.h"

/* What jemalloc names its own threads, which are of no class unless a rule says otherwise. */
#define JEMALLOCS_NAME "jemalloc_bg_thd"

/* Looks behind the start routine of the calling thread, which is about to run it with `argument`: later that may be gone. */
void classify_meet(struct thread *thread, const void *argument);

/* Sorts a thread by its name, start routine and creator's class. Writes the class's name into `name`, which *wish refers
 * to. Returns false when a rule leaves the thread unbound. Has an object's file read the first time it meets a start
 * routine there (lookup.h); may be called from any thread; allocates nothing; errno survives. */
bool classify(const struct thread *thread, struct classes_wish *wish, char name[AT_CLASS_NAME_BYTES]);

/* Forgets what is remembered of start routines: an object was unloaded, and its addresses may come to mean others. */
void classify_forget(void);

/* At the end of a thread that a handler may have ended amid this: lets go what it has of it. */
void classify_abandon(void);

/* For fork, in the child. */
void classify_fork_child(void);

#endif
