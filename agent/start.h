/* start.h: the agent's beginning. */
#ifndef AGENT_START_H
#define AGENT_START_H

/* Reads the settings, finds jemalloc, binds the calling thread, which is the main thread, and starts the publisher. Any
 * further call does nothing. Called by the constructor, or by a hook that must know before it. */
void start_once(void);

#endif
