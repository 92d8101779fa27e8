// oracle.cc: the oracle in C++. See oracle.h.
#include <new>

#include "oracle.h"

static void *take_malloc(size_t bytes, size_t)
{
    return malloc(bytes);
}

static void *take_calloc(size_t bytes, size_t)
{
    return calloc(bytes, 1);
}

static void *take_memalign(size_t bytes, size_t alignment)
{
    void *block;

    return posix_memalign(&block, alignment, bytes) == 0 ? block : nullptr;
}

static void give_free(void *block, size_t, size_t)
{
    free(block);
}

// The operators are called by their names: the compiler may leave out a pair of new and delete expressions, never these.
#define TAKE(name, expression)                                         \
    static void *name(size_t bytes, [[maybe_unused]] size_t alignment) \
    {                                                                  \
        return expression;                                             \
    }
#define GIVE(name, expression)                                                                      \
    static void name(void *block, [[maybe_unused]] size_t bytes, [[maybe_unused]] size_t alignment) \
    {                                                                                               \
        expression;                                                                                 \
    }

TAKE(take_new, ::operator new(bytes))
TAKE(take_new_nothrow, ::operator new(bytes, std::nothrow))
TAKE(take_new_aligned, ::operator new(bytes, std::align_val_t(alignment)))
TAKE(take_new_aligned_nothrow, ::operator new(bytes, std::align_val_t(alignment), std::nothrow))
TAKE(take_array, ::operator new[](bytes))
TAKE(take_array_nothrow, ::operator new[](bytes, std::nothrow))
TAKE(take_array_aligned, ::operator new[](bytes, std::align_val_t(alignment)))
TAKE(take_array_aligned_nothrow, ::operator new[](bytes, std::align_val_t(alignment), std::nothrow))

GIVE(give_delete, ::operator delete(block))
GIVE(give_delete_sized, ::operator delete(block, bytes))
GIVE(give_delete_nothrow, ::operator delete(block, std::nothrow))
GIVE(give_delete_aligned, ::operator delete(block, std::align_val_t(alignment)))
GIVE(give_delete_sized_aligned, ::operator delete(block, bytes, std::align_val_t(alignment)))
GIVE(give_delete_aligned_nothrow, ::operator delete(block, std::align_val_t(alignment), std::nothrow))
GIVE(give_array, ::operator delete[](block))
GIVE(give_array_sized, ::operator delete[](block, bytes))
GIVE(give_array_nothrow, ::operator delete[](block, std::nothrow))
GIVE(give_array_aligned, ::operator delete[](block, std::align_val_t(alignment)))
GIVE(give_array_sized_aligned, ::operator delete[](block, bytes, std::align_val_t(alignment)))
GIVE(give_array_aligned_nothrow, ::operator delete[](block, std::align_val_t(alignment), std::nothrow))

static const struct oracle_way ways[] = {
    {"malloc", take_malloc, give_free, false, true, false},
    {"calloc", take_calloc, give_free, false, true, true},
    {"posix_memalign", take_memalign, give_free, true, true, false},
    {"new", take_new, give_delete, false, false, false},
    {"new, sized", take_new, give_delete_sized, false, false, false},
    {"new, nothrow", take_new_nothrow, give_delete_nothrow, false, false, false},
    {"new, aligned", take_new_aligned, give_delete_aligned, true, false, false},
    {"new, aligned, sized", take_new_aligned, give_delete_sized_aligned, true, false, false},
    {"new, aligned, nothrow", take_new_aligned_nothrow, give_delete_aligned_nothrow, true, false, false},
    {"new[]", take_array, give_array, false, false, false},
    {"new[], sized", take_array, give_array_sized, false, false, false},
    {"new[], nothrow", take_array_nothrow, give_array_nothrow, false, false, false},
    {"new[], aligned", take_array_aligned, give_array_aligned, true, false, false},
    {"new[], aligned, sized", take_array_aligned, give_array_sized_aligned, true, false, false},
    {"new[], aligned, nothrow", take_array_aligned_nothrow, give_array_aligned_nothrow, true, false, false},
};

int main(int argc, char **argv)
{
    return oracle_main(argc, argv, ways, sizeof ways / sizeof ways[0]);
}
