/* hooks.h: what every interposed function has in common. */
#ifndef AGENT_HOOKS_H
#define AGENT_HOOKS_H

#include "agent.h"
#include "next.h"
#include "thread.h"

/* An interposed symbol: the only ones that are visible outside the agent. */
#define HOOK __attribute__((visibility("default")))

#define likely(condition)   __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

/* Every hook may be called before the constructor. */
static inline void hooks_ready(void)
{
    if (unlikely(!__atomic_load_n(&next.resolved, __ATOMIC_ACQUIRE)))
        next_resolve();
}

#endif
