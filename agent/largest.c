/* largest.c: a heap of the largest seen so far. */
#include "largest.h"

static bool smaller_thread(const struct books_thread *a, const struct books_thread *b)
{
    return a->allocated < b->allocated;
}

/* Heap sift-down: the root of threads[0, count) is the smallest. */
static void sift(struct books_thread *threads, uint32_t root, uint32_t count)
{
    for (uint32_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && smaller_thread(&threads[child + 1], &threads[child]))
            child++;
        if (!smaller_thread(&threads[child], &threads[root]))
            return;
        struct books_thread swapped = threads[root];
        threads[root] = threads[child];
        threads[child] = swapped;
    }
}

void largest_keep(struct books_thread *threads, uint32_t count, uint32_t keep)
{
    if (keep == 0)
        return;
    for (uint32_t root = keep / 2; root-- > 0;)
        sift(threads, root, keep);
    for (uint32_t i = keep; i < count; i++) {
        if (!smaller_thread(&threads[0], &threads[i]))
            continue;
        threads[0] = threads[i];
        sift(threads, 0, keep);
    }
}
