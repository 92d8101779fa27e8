/* hooks_signal.c: interposes what changes the calling thread's mask of signals, to know it from the one that a handler has. */
#include <signal.h>

#include "hooks.h"
#include "unblocked.h"

typedef int change_mask(int how, const sigset_t *set, sigset_t *before);

/* Both sets may be one and the same. libc reads `set` itself, and fills `before`: neither is touched that it would not touch. */
static int change_and_follow(change_mask *change, int how, const sigset_t *set, sigset_t *before)
{
    sigset_t blocked;
    if (set == NULL)
        return change(how, set, before);
    uint64_t wanted = unblocked_bits(set);
    if (before == NULL)
        before = &blocked;
    int failed = change(how, set, before);
    if (failed == 0)
        unblocked_follow(unblocked_bits(before), how, wanted);
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
