/* undisturbed.c: the calling thread's mask of signals. */
#include "undisturbed.h"

#include <pthread.h>
#include <string.h>

#include "confine.h"

static void fill_with_others(sigset_t *set)
{
    static const int raised[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS};
    sigfillset(set);
    for (unsigned i = 0; i < sizeof raised / sizeof raised[0]; i++)
        sigdelset(set, raised[i]);
}

void undisturbed_begin(struct undisturbed *undisturbed)
{
    sigset_t others;
    fill_with_others(&others);
    undisturbed->masked =
        !confine_forbids(CONFINE_MASK) && pthread_sigmask(SIG_BLOCK, &others, &undisturbed->before) == 0;
}

bool undisturbed_before(const struct undisturbed *undisturbed, uint64_t *blocked)
{
    memcpy(blocked, &undisturbed->before, sizeof *blocked); /* the kernel's set comes first in libc's */
    return undisturbed->masked;
}

void undisturbed_end(const struct undisturbed *undisturbed)
{
    if (undisturbed->masked)
        pthread_sigmask(SIG_SETMASK, &undisturbed->before, NULL);
}
