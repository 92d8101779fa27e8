/* undisturbed.c: the calling thread's mask of signals. */
#include "undisturbed.h"

#include "confine.h"
#include "next.h"
#include "unblocked.h"

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
    undisturbed->masked = !confine_forbids(CONFINE_MASK) && sigmask_next(SIG_BLOCK, &others, &undisturbed->before) == 0;
}

bool undisturbed_before(const struct undisturbed *undisturbed, uint64_t *blocked)
{
    *blocked = unblocked_bits(&undisturbed->before);
    return undisturbed->masked;
}

void undisturbed_end(const struct undisturbed *undisturbed)
{
    if (undisturbed->masked)
        sigmask_next(SIG_SETMASK, &undisturbed->before, NULL);
}
