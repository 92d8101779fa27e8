/* guard.c: SIGBUS on the way out of a mapping becomes a return value. */
#include "guard.h"

#include <setjmp.h>
#include <signal.h>

/* A signal handler can be told nothing, so these two are static: where to go on, and whether anybody waits there. */
static sigjmp_buf guard_way_out;
static volatile sig_atomic_t guard_armed;

static void on_sigbus(int signal_number)
{
    if (guard_armed)
        siglongjmp(guard_way_out, 1);
    /* Not ours: the fault happens again at once, now with the default action. */
    signal(signal_number, SIG_DFL);
}

bool guard_call(void (*work)(void *context), void *context)
{
    struct sigaction ours = {.sa_handler = on_sigbus};
    struct sigaction before;
    bool whole = false;

    sigemptyset(&ours.sa_mask);
    sigaction(SIGBUS, &ours, &before);
    if (sigsetjmp(guard_way_out, 1) == 0) {
        guard_armed = 1;
        work(context);
        whole = true;
    }
    guard_armed = 0;
    sigaction(SIGBUS, &before, NULL);
    return whole;
}
