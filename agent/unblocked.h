/* unblocked.h: which signals the calling thread lets through when it is in no handler. While a handler runs its signal is
 * blocked (sigaction(2); not so with SA_NODEFER), so a thread that blocks one of these is taken to be in one. What the
 * program blocks by itself comes by our hooks. What it changes past them (by the kernel's call, by a jump) makes it look
 * like one in a handler, until unblocked_learn().
 *
 * Signals are bits, 1 to 64 from the lowest on. Only the thread itself and its handlers call these. */
#ifndef AGENT_UNBLOCKED_H
#define AGENT_UNBLOCKED_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "thread.h"

static inline uint64_t unblocked_bits(const sigset_t *set)
{
    uint64_t bits;
    memcpy(&bits, set, sizeof bits); /* the kernel's set comes first in libc's */
    return bits;
}

/* These cannot be blocked, whatever a program asks for: two by the kernel, two are libc's own. So what is known is never 0. */
#define UNBLOCKED_ALWAYS (UINT64_C(1) << (SIGKILL - 1) | UINT64_C(1) << (SIGSTOP - 1) | UINT64_C(3) << (__SIGRTMIN - 1))

/* What is known of a thread in no handler that blocks these. */
static inline uint64_t unblocked_but(uint64_t blocked)
{
    return ~blocked | UNBLOCKED_ALWAYS;
}

static inline void unblocked_learn(uint64_t blocked)
{
    thread_tls.unblocked = unblocked_but(blocked);
}

/* Whether one of which that is `known` and that blocks these is in no handler. One that blocks less than is known has changed
 * its mask past our hooks (a jump restores it), so less is known than it seems; but a handler always blocks something. */
static inline bool unblocked_is_own(uint64_t known, uint64_t blocked)
{
    blocked &= ~UNBLOCKED_ALWAYS;
    return blocked == 0 || blocked == ~known;
}

/* Whether one that blocks these may be in a handler. Of a thread that nothing is known of this is the first that is learnt. */
static inline bool unblocked_tells_handler(uint64_t blocked)
{
    if (thread_tls.unblocked == 0)
        unblocked_learn(blocked);
    return !unblocked_is_own(thread_tls.unblocked, blocked);
}

/* To be called before the thread does what pthread_sigmask() does with `how` and `set`, as what it lets through comes before
 * that returns. Returns what was known. */
static inline uint64_t unblocked_lead(int how, uint64_t set)
{
    uint64_t known = thread_tls.unblocked;
    thread_tls.unblocked = known | (how == SIG_UNBLOCK ? set : how == SIG_SETMASK ? ~set : 0);
    return known;
}

/* Whether it blocks what was let through. If not, all is said. */
static inline bool unblocked_shrinks(uint64_t known, int how, uint64_t set)
{
    return how != SIG_UNBLOCK && (set & known & ~UNBLOCKED_ALWAYS) != 0;
}

/* And after it: it blocked `before`. What a handler changes is undone when it returns, and not when it leaves by a jump: what
 * it lets through may be let through from then on. */
static inline void unblocked_follow(uint64_t known, uint64_t before, int how, uint64_t set)
{
    uint64_t after = how == SIG_BLOCK ? before | set : how == SIG_UNBLOCK ? before & ~set : set;
    if (unblocked_is_own(known, before))
        unblocked_learn(after);
    else
        thread_tls.unblocked |= ~after;
}

#endif
