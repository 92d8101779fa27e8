/* fork.h: what happens to the agent when the process forks. */
#ifndef AGENT_FORK_H
#define AGENT_FORK_H

#include <stdbool.h>

/* Registers the handlers. To be called once, after jemalloc has registered its own, so that ours run before jemalloc
 * takes its locks and after it has given them back. */
void fork_start(void);

/* What is to be done in a child before anybody else's handler: to be called before anybody registers one. */
void fork_come_first(void);

/* Set while the process is about to end because a child of it goes on in its place: daemon(3) ends the parent past every
 * hook and handler. */
void fork_announce_end(bool ends);

#endif
