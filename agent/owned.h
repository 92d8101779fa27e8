/* owned.h: a mutex that knows its owner, by one word: a thread that was ended amid what it does, by a handler of its signals
 * that called pthread_exit(), can let it go at its end. For a few instructions at a time; it is not fair. */
#ifndef AGENT_OWNED_H
#define AGENT_OWNED_H

#include <stdbool.h>
#include <stdint.h>

#include "atomics.h"
#include "thread.h"

/* All zeroes: nobody's. */
struct owned {
    uint64_t word; /* address of its owner's words in TLS; the last bit: others wait */
};

#define OWNED_WAITED_FOR UINT64_C(1)

void owned_wait(struct owned *owned);
void owned_wake(struct owned *owned);

static inline bool owned_try(struct owned *owned)
{
    uint64_t nobody = 0;
    return swap_if64(&owned->word, &nobody, (uint64_t)(uintptr_t)&thread_tls) != 0;
}

static inline void owned_take(struct owned *owned)
{
    if (!owned_try(owned))
        owned_wait(owned);
}

static inline void owned_release(struct owned *owned)
{
    if (__atomic_exchange_n(&owned->word, 0, __ATOMIC_RELEASE) % 2 != 0)
        owned_wake(owned);
}

/* Lets it go if the calling thread has it. It may also have let it go, and not come to wake who waits. */
static inline void owned_abandon(struct owned *owned)
{
    if ((load_relaxed64(&owned->word) & ~OWNED_WAITED_FOR) == (uint64_t)(uintptr_t)&thread_tls)
        owned_release(owned);
    else
        owned_wake(owned);
}

/* In a fork child: another thread may have had it. */
static inline void owned_forget(struct owned *owned)
{
    store_relaxed64(&owned->word, 0);
}

#endif
