/* futex.h: sleeping on a word (futex(2)), for the few places where a thread of the process must wait for another.
 * errno survives. */
#ifndef AGENT_FUTEX_H
#define AGENT_FUTEX_H

#include <stdint.h>

/* Sleeps while *word is `expected`, at most until CLOCK_MONOTONIC reads `until_ns` (0: no limit). May wake early. */
void futex_wait(uint32_t *word, uint32_t expected, uint64_t until_ns);

/* Wakes all who sleep on *word. */
void futex_wake(uint32_t *word);

/* Wakes one of them. */
void futex_wake_one(uint32_t *word);

#endif
