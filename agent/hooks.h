/* hooks.h: what every interposed function has in common. */
#ifndef AGENT_HOOKS_H
#define AGENT_HOOKS_H

#include "agent.h"
#include "atomics.h"
#include "bind.h"
#include "next.h"
#include "place.h"
#include "thread.h"

/* An interposed symbol: the only ones that are visible outside the agent. */
#define HOOK __attribute__((visibility("default")))

#define likely(condition)   __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

/* The slow paths are functions of their own, so that the fast ones need no stack frame and end in a jump. */
#define SLOW __attribute__((noinline, cold))

/* Every hook may be called before the constructor. */
static inline void hooks_ready(void)
{
    if (unlikely(!__atomic_load_n(&next.resolved, __ATOMIC_ACQUIRE)))
        next_resolve();
}

/* Sorts the calling thread anew if another thread renamed it, or it did before the agent was there. */
static inline void hooks_note_rename(void)
{
    if (unlikely(load_acquire32(&thread_tls.renamed) != 0))
        bind_noticed();
}

/* The calling thread's record, made when it has none and its name up to date; NULL past the thread's end. */
static inline struct thread *hooks_thread(void)
{
    if (unlikely(thread_tls.record == NULL))
        return thread_tls.closed ? NULL : bind_adopt(false);
    if (unlikely(!thread_tls.record->placed))
        place_now(thread_tls.record);
    if (unlikely(load_acquire32(&thread_tls.renamed) != 0))
        bind_renamed_frees(thread_tls.record);
    return thread_tls.record;
}

#endif
