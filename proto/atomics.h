/* atomics.h: the one place that owns atomic access to memory that another thread or process reads or writes.
 *
 * The words are plain integers in the layout of arenatop.h, so that the public header needs no <stdatomic.h> and a C++
 * program can include it. GCC and Clang give atomic access to plain objects through their __atomic builtins; that is the
 * one compiler extension used here. Orders are acquire and release on the words themselves, not fences (but for one,
 * order_stores), because ThreadSanitizer follows the former only. */
#ifndef AT_ATOMICS_H
#define AT_ATOMICS_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t load_acquire64(const uint64_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline uint64_t load_relaxed64(const uint64_t *word)
{
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static inline void store_release64(uint64_t *word, uint64_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static inline void store_relaxed64(uint64_t *word, uint64_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

static inline uint32_t load_acquire32(const uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void store_release32(uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static inline void store_relaxed32(uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

static inline uint32_t load_relaxed32(const uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

/* Where a word lies, for who does not look into it: to ask for it ahead. */
static inline const uint64_t *load_relaxed_place(const uint64_t *const *place)
{
    return __atomic_load_n(place, __ATOMIC_RELAXED);
}

static inline void store_relaxed_place(const uint64_t **place, const uint64_t *word)
{
    __atomic_store_n(place, word, __ATOMIC_RELAXED);
}

/* Adds and returns the value before. */
static inline uint32_t add_relaxed32(uint32_t *word, uint32_t value)
{
    return __atomic_fetch_add(word, value, __ATOMIC_RELAXED);
}

static inline uint64_t add_relaxed64(uint64_t *word, uint64_t value)
{
    return __atomic_fetch_add(word, value, __ATOMIC_RELAXED);
}

/* For the few places where two words decide together (a flag here, a count there) and all must agree on one order. */
static inline uint32_t add_seq_cst32(uint32_t *word, uint32_t value)
{
    return __atomic_fetch_add(word, value, __ATOMIC_SEQ_CST);
}

static inline uint64_t add_seq_cst64(uint64_t *word, uint64_t value)
{
    return __atomic_fetch_add(word, value, __ATOMIC_SEQ_CST);
}

static inline uint32_t load_seq_cst32(const uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static inline void store_seq_cst32(uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

static inline uint64_t load_seq_cst64(const uint64_t *word)
{
    return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

/* Compare and swap; on failure *expected is what was there. */
static inline int swap_if64(uint64_t *word, uint64_t *expected, uint64_t value)
{
    return __atomic_compare_exchange_n(word, expected, value, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static inline int swap_if32(uint32_t *word, uint32_t *expected, uint32_t value)
{
    return __atomic_compare_exchange_n(word, expected, value, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static inline int swap_if_seq_cst32(uint32_t *word, uint32_t *expected, uint32_t value)
{
    return __atomic_compare_exchange_n(word, expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static inline int swap_if_seq_cst64(uint64_t *word, uint64_t *expected, uint64_t value)
{
    return __atomic_compare_exchange_n(word, expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* Stores made before are seen before those made after, also where these are somebody else's plain ones, which cannot carry
 * the order themselves. The one fence there is: costs nothing on x86-64, where stores are seen in order. ThreadSanitizer
 * does not know it, and it is about words that are no race of ours. */
static inline void order_stores(void)
{
#ifdef __SANITIZE_THREAD__
    __atomic_signal_fence(__ATOMIC_RELEASE);
#else
    __atomic_thread_fence(__ATOMIC_RELEASE);
#endif
}

/* Copies `words` 64-bit words into shared memory, each stored with release: a reader that sees one of them sees every
 * store made before this call. */
static inline void copy_out_release(uint64_t *shared, const uint64_t *from, size_t words)
{
    for (size_t i = 0; i < words; i++)
        store_release64(&shared[i], from[i]);
}

/* Copies `words` 64-bit words out of shared memory, each loaded with acquire: the pair of copy_out_release. */
static inline void copy_in_acquire(uint64_t *to, const uint64_t *shared, size_t words)
{
    for (size_t i = 0; i < words; i++)
        to[i] = load_acquire64(&shared[i]);
}

#endif
