/* fork.h: what happens to the agent when the process forks. */
#ifndef AGENT_FORK_H
#define AGENT_FORK_H

/* Registers the handlers. To be called once, after jemalloc has registered its own, so that ours run before jemalloc
 * takes its locks and after it has given them back. */
void fork_start(void);

#endif
