/* favour.c: a mailbox for one. */
#include "favour.h"

#include "atomics.h"
#include "clock.h"
#include "futex.h"

#define PAUSE_NS UINT64_C(10000000) /* until it is looked again whether anybody is there to come */

enum { NONE, WANTED, DONE };

static struct {
    uint32_t state;
    void (*does)(void *with);
    void *with;
} favour;

bool favour_send(void (*does)(void *with), void *with, void (*wake)(void), const uint32_t *ended)
{
    favour.does = does;
    favour.with = with;
    store_seq_cst32(&favour.state, WANTED);
    wake();
    while (load_seq_cst32(&favour.state) == WANTED && load_seq_cst32(ended) == 0)
        futex_wait(&favour.state, WANTED, clock_mono_ns() + PAUSE_NS);
    return __atomic_exchange_n(&favour.state, NONE, __ATOMIC_SEQ_CST) == DONE;
}

void favour_run(void)
{
    if (load_acquire32(&favour.state) != WANTED)
        return;
    favour.does(favour.with);
    store_seq_cst32(&favour.state, DONE);
    futex_wake(&favour.state);
}

void favour_forget(void)
{
    favour.state = NONE;
}
