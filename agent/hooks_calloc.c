/* hooks_calloc.c: interposes calloc, for large blocks.
 *
 * A large block that is made of freed pages is cleared by jemalloc with its default hooks by giving the pages back to the
 * kernel, which hands out empty ones when they are touched; with hooks of somebody's own, which a class's arenas have, by
 * writing zeroes over all of it. A sparse table would be resident as a whole then. So such a block is allocated as it is,
 * and cleared here as the default hooks would. What is in the block's size class comes from pages alone; smaller blocks
 * may come from a thread cache, and are jemalloc's to clear. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "confine.h"
#include "hooks.h"
#include "region.h"

#define LARGE_BYTES (UINT64_C(1) << 16)

static void clear(unsigned char *block, size_t bytes)
{
    size_t page = agent.jemalloc.page_bytes;
    size_t before = (size_t)(-(uintptr_t)block) % page, whole = (bytes - before) / page * page;
    if (madvise(block + before, whole, MADV_DONTNEED) != 0) {
        memset(block, 0, bytes);
        return;
    }
    memset(block, 0, before);
    memset(block + before + whole, 0, bytes - before - whole);
}

static bool may_clear(void)
{
    return thread_tls.region != THREADS_NO_REGION && agent.jemalloc.thp != 'a' && !confine_forbids(CONFINE_CLEAR);
}

static SLOW void *calloc_slowly(size_t count, size_t bytes)
{
    size_t product;
    hooks_ready();
    bool ours = may_clear();
    if (!ours || __builtin_mul_overflow(count, bytes, &product) || product < LARGE_BYTES)
        return next.calloc(count, bytes);
    int saved = errno;
    unsigned char *volatile block = malloc(product); /* compilers would make a calloc() of it */
    if (block != NULL && region_class(block) != AT_CLASS_UNBOUND) {
        clear(block, product);
        errno = saved;
    } else if (block != NULL) {
        memset(block, 0, product);
    }
    return block;
}

/* Neither product overflows: both factors are below LARGE_BYTES. */
HOOK void *calloc(size_t count, size_t bytes)
{
    if (likely(__atomic_load_n(&next.resolved, __ATOMIC_RELAXED) && (count | bytes) < LARGE_BYTES &&
               count * bytes < LARGE_BYTES))
        return next.calloc(count, bytes);
    return calloc_slowly(count, bytes);
}
