/* ancestry.h: whether this process descends from one that runs under the agent, and has inherited it. */
#ifndef AGENT_ANCESTRY_H
#define AGENT_ANCESTRY_H

#include <stdbool.h>

/* Whether one of the nearest ancestors is watched, or soon will be. Reads /proc and /dev/shm; errno survives. */
bool ancestry_is_watched(void);

#endif
