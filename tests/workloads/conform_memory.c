/* conform_memory.c: what calls for memory return, and what they do to errno, on memory of the thread's own and of others.
 * Pointers are said as NULL or not. See conform.h. */
#include <malloc.h>

#include "conform_calls.h"

/* Where no compiler sees it. */
static void *volatile block;
static volatile size_t huge = SIZE_MAX / 2;

#define say_pointer(call)                                                                                       \
    do {                                                                                                        \
        errno = MARK;                                                                                           \
        void *volatile pointer_of_call = (call);                                                                \
        int errno_after = errno;                                                                                \
        say("%s: %s, errno %s\n", #call, pointer_of_call == NULL ? "NULL" : "memory", error_name(errno_after)); \
        free(pointer_of_call);                                                                                  \
    } while (0)

#define say_nothing(call)                                      \
    do {                                                       \
        errno = MARK;                                          \
        call;                                                  \
        int errno_after = errno;                               \
        say("%s: errno %s\n", #call, error_name(errno_after)); \
    } while (0)

static void take_block(void)
{
    block = malloc(100);
}

static void *take_block_in_thread(void *argument)
{
    take_block();
    return argument;
}

static void take_foreign(void)
{
    join_and_say(begin_thread(take_block_in_thread, NULL));
}

static void m_malloc(void)
{
    say_pointer(malloc(1));
}

static void m_malloc_0(void)
{
    say_pointer(malloc(0));
}

static void m_malloc_huge(void)
{
    say_pointer(malloc(huge));
}

static void m_calloc(void)
{
    say_pointer(calloc(3, 5));
}

static void m_calloc_huge(void)
{
    say_pointer(calloc(huge, 4));
}

static void m_realloc_new(void)
{
    say_pointer(realloc(NULL, 10));
}

static void m_realloc_huge_new(void)
{
    say_pointer(realloc(NULL, huge));
}

static void m_reallocarray_new(void)
{
    say_pointer(reallocarray(NULL, 10, 10));
}

static void m_reallocarray_huge(void)
{
    say_pointer(reallocarray(NULL, huge, 4));
}

static void m_reallocarray_0(void)
{
    say_pointer(reallocarray(NULL, 0, 4));
}

static void m_aligned(void)
{
    say_pointer(aligned_alloc(64, 640));
}

static void m_aligned_huge(void)
{
    say_pointer(aligned_alloc(64, huge / 64 * 64));
}

static void m_memalign(void)
{
    say_pointer(memalign(4096, 10));
}

static void m_valloc(void)
{
    say_pointer(valloc(10));
}

static void m_free_null(void)
{
    say_nothing(free(NULL));
}

static void m_free(void)
{
    take_block();
    say_nothing(free(block));
}

static void m_free_foreign(void)
{
    take_foreign();
    say_nothing(free(block));
}

static void m_realloc_grow(void)
{
    take_block();
    say_pointer(realloc(block, 100000));
}

static void m_realloc_shrink(void)
{
    take_block();
    say_pointer(realloc(block, 10));
}

static void m_realloc_same(void)
{
    take_block();
    say_pointer(realloc(block, 100));
}

static void m_realloc_0(void)
{
    take_block();
    say_pointer(realloc(block, 0));
}

static void m_realloc_huge(void)
{
    take_block();
    memset(block, 7, 100);
    say_pointer(realloc(block, huge));
    say("still there: %d\n", ((char *)block)[99]);
    say_nothing(free(block));
}

static void m_realloc_foreign(void)
{
    take_foreign();
    memset(block, 7, 100);
    errno = MARK;
    block = realloc(block, 200);
    say("moved with what was in it: %d, errno %s\n", ((char *)block)[99], error_name(errno));
    free(block);
}

static void m_realloc_foreign_0(void)
{
    take_foreign();
    say_pointer(realloc(block, 0));
}

static void m_realloc_foreign_huge(void)
{
    take_foreign();
    memset(block, 7, 100);
    say_pointer(realloc(block, huge));
    say("still there: %d\n", ((char *)block)[99]);
    say_nothing(free(block));
}

static void m_reallocarray_foreign(void)
{
    take_foreign();
    say_pointer(reallocarray(block, 20, 20));
}

static void m_posix_memalign(void)
{
    void *memory = &memory;
    say_error(posix_memalign(&memory, 64, 10));
    say_error(posix_memalign(&memory, 3, 10));
    say_error(posix_memalign(&memory, 64, huge));
}

static void m_usable(void)
{
    take_block();
    say("usable %zu\n", malloc_usable_size(block));
    take_foreign();
    say("usable %zu\n", malloc_usable_size(block));
    say("usable %zu\n", malloc_usable_size(NULL));
}

static void m_foreign_usable_grows(void)
{
    take_foreign();
    for (size_t bytes = 1; bytes < 100000; bytes *= 3) {
        block = realloc(block, bytes);
        say("%zu: usable %zu\n", bytes, malloc_usable_size(block));
    }
}

static const struct conform_call calls[] = {CASE(m_malloc),
                                            CASE(m_malloc_0),
                                            CASE(m_malloc_huge),
                                            CASE(m_calloc),
                                            CASE(m_calloc_huge),
                                            CASE(m_realloc_new),
                                            CASE(m_realloc_huge_new),
                                            CASE(m_reallocarray_new),
                                            CASE(m_reallocarray_huge),
                                            CASE(m_reallocarray_0),
                                            CASE(m_aligned),
                                            CASE(m_aligned_huge),
                                            CASE(m_memalign),
                                            CASE(m_valloc),
                                            CASE(m_free_null),
                                            CASE(m_free),
                                            CASE(m_free_foreign),
                                            CASE(m_realloc_grow),
                                            CASE(m_realloc_shrink),
                                            CASE(m_realloc_same),
                                            CASE(m_realloc_0),
                                            CASE(m_realloc_huge),
                                            CASE(m_realloc_foreign),
                                            CASE(m_realloc_foreign_0),
                                            CASE(m_realloc_foreign_huge),
                                            CASE(m_reallocarray_foreign),
                                            CASE(m_posix_memalign),
                                            CASE(m_usable),
                                            CASE(m_foreign_usable_grows)};

CONFORM_CALLS(calls)
