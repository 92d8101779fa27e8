/* oracle-c.c: the oracle in C. See oracle.h. */
#include "oracle.h"

static void *take_malloc(size_t bytes, size_t alignment)
{
    (void)alignment;
    return malloc(bytes);
}

static void *take_calloc(size_t bytes, size_t alignment)
{
    (void)alignment;
    return calloc(1, bytes);
}

static void *take_realloc(size_t bytes, size_t alignment)
{
    (void)alignment;
    return realloc(NULL, bytes);
}

static void *take_reallocarray(size_t bytes, size_t alignment)
{
    (void)alignment;
    return reallocarray(NULL, bytes, 1);
}

static void *take_posix_memalign(size_t bytes, size_t alignment)
{
    void *block;

    return posix_memalign(&block, alignment, bytes) == 0 ? block : NULL;
}

static void *take_aligned_alloc(size_t bytes, size_t alignment)
{
    return aligned_alloc(alignment, bytes);
}

static void *take_memalign(size_t bytes, size_t alignment)
{
    return memalign(alignment, bytes);
}

static void give_free(void *block, size_t bytes, size_t alignment)
{
    (void)bytes;
    (void)alignment;
    free(block);
}

static const struct oracle_way ways[] = {
    {"malloc", take_malloc, give_free, false, true, false},
    {"calloc", take_calloc, give_free, false, true, true},
    {"realloc", take_realloc, give_free, false, true, false},
    {"reallocarray", take_reallocarray, give_free, false, true, false},
    {"posix_memalign", take_posix_memalign, give_free, true, true, false},
    {"aligned_alloc", take_aligned_alloc, give_free, true, true, false},
    {"memalign", take_memalign, give_free, true, true, false},
};

int main(int argc, char **argv)
{
    return oracle_main(argc, argv, ways, sizeof ways / sizeof ways[0]);
}
