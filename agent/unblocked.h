/* unblocked.h: which signals the calling thread lets through when it is in no handler. While a handler runs its signal is
 * blocked (sigaction(2); not so with SA_NODEFER), so a thread that blocks one of these is taken to be in one. What the
 * program blocks by itself comes by our hooks. What it blocks past them (by the kernel's call, by a jump) makes it look
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

/* It is in no handler, and blocks these. Two cannot be blocked, whatever a program asks for: so it is never 0, "not known". */
static inline void unblocked_learn(uint64_t blocked)
{
    thread_tls.unblocked = ~blocked | UINT64_C(1) << (SIGKILL - 1) | UINT64_C(1) << (SIGSTOP - 1);
}

/* Whether one that blocks these may be in a handler. Of a thread that nothing is known of this is the first that is learnt. */
static inline bool unblocked_tells_handler(uint64_t blocked)
{
    if (thread_tls.unblocked == 0)
        unblocked_learn(blocked);
    return (blocked & thread_tls.unblocked) != 0;
}

/* The thread blocked `before`, and did what pthread_sigmask() does with `how` and `set`. What a handler changes is undone when
 * it returns, and not when it leaves by a jump: what it lets through may be let through from then on. */
static inline void unblocked_follow(uint64_t before, int how, uint64_t set)
{
    uint64_t after = how == SIG_BLOCK ? before | set : how == SIG_UNBLOCK ? before & ~set : set;
    if (thread_tls.unblocked == 0)
        return;
    if ((before & thread_tls.unblocked) == 0)
        unblocked_learn(after);
    else
        thread_tls.unblocked |= ~after;
}

#endif
