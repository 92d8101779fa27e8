/* owned.c: waits for a mutex that is another's. */
#include "owned.h"

#include "futex.h"

/* The half of the word that has the last bit. Where it comes to be another's of the same half, who waits is woken all the
 * same. */
static uint32_t *half_of(struct owned *owned)
{
    return (uint32_t *)&owned->word;
}

/* Who has waited does not know whether others do: it says so. */
void owned_wait(struct owned *owned)
{
    const uint64_t own = (uint64_t)(uintptr_t)&thread_tls | OWNED_WAITED_FOR;
    uint64_t word = 0;
    while (!swap_if64(&owned->word, &word, own)) {
        if (word % 2 != 0 || swap_if64(&owned->word, &word, word | OWNED_WAITED_FOR))
            futex_wait(half_of(owned), (uint32_t)(word | OWNED_WAITED_FOR), 0);
        word = 0;
    }
}

void owned_wake(struct owned *owned)
{
    futex_wake_one(half_of(owned));
}
