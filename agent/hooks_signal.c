/* hooks_signal.c: interposes what changes the calling thread's mask of signals, to know it from the one that a handler has. */
#include <signal.h>

#include "hooks.h"
#include "unblocked.h"

typedef int change_mask(int how, const sigset_t *set, sigset_t *before);

/* Both sets may be one and the same. libc reads `set` itself, and fills `before`: neither is touched that it would not touch.
 * Nobody is asked for `before` who need not be. */
static int change_and_follow(change_mask *change, int how, const sigset_t *set, sigset_t *before)
{
    sigset_t blocked;
    if (set == NULL || thread_tls.unblocked == 0)
        return change(how, set, before);
    uint64_t wanted = unblocked_bits(set), known = unblocked_lead(how, wanted);
    if (!unblocked_shrinks(known, how, wanted))
        return change(how, set, before);
    if (before == NULL)
        before = &blocked;
    int failed = change(how, set, before);
    if (failed == 0)
        unblocked_follow(known, unblocked_bits(before), how, wanted);
    return failed;
}

HOOK int pthread_sigmask(int how, const sigset_t *restrict set, sigset_t *restrict before)
{
    hooks_ready();
    return change_and_follow(next.pthread_sigmask, how, set, before);
}

HOOK int sigprocmask(int how, const sigset_t *restrict set, sigset_t *restrict before)
{
    hooks_ready();
    return change_and_follow(next.sigprocmask, how, set, before);
}
