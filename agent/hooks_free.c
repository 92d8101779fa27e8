/* hooks_free.c: interposes libc's and C++'s ways to free and resize memory. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "frees.h"
#include "hooks.h"

/* ---- free and its kin ---- */

/* Off the fast path, but not rare: another class's memory, and all that a thread without a class frees. */
static __attribute__((noinline)) void free_slowly(void *pointer)
{
    hooks_ready();
    if (!frees_take(pointer))
        next.free(pointer);
}

HOOK void free(void *pointer)
{
    if (likely(threads_count_own(pointer)))
        next.free(pointer);
    else if (pointer == NULL)
        threads_uncount_null(); /* libc alone does it twenty times at a thread's end */
    else
        free_slowly(pointer);
}

/* cfree is what old programs call; C23 has the sized forms. Whoever lacks them has free. */
HOOK void cfree(void *pointer);
HOOK void cfree(void *pointer)
{
    free(pointer);
}

HOOK void free_sized(void *pointer, size_t bytes);
HOOK void free_sized(void *pointer, size_t bytes)
{
    hooks_ready();
    if (next.free_sized == NULL || next.direct_free_sized != 0)
        free(pointer);
    else
        next.free_sized(pointer, bytes);
}

HOOK void free_aligned_sized(void *pointer, size_t alignment, size_t bytes);
HOOK void free_aligned_sized(void *pointer, size_t alignment, size_t bytes)
{
    hooks_ready();
    if (next.free_aligned_sized == NULL || next.direct_free_aligned_sized != 0)
        free(pointer);
    else
        next.free_aligned_sized(pointer, alignment, bytes);
}

/* ---- operator delete in its twelve forms ---- */

/* Nothing defined this form when the program began. A library that came later may bring its own, together with a new of
 * its own; else it is as good as free(). Only a definition that allocates by itself could use more than the pointer. */
static SLOW void delete_late(const char *name, void *pointer, const void *caller)
{
    void (*late)(void *) = NULL;
    bool is_classes = agent.exact && region_class(pointer) != AT_CLASS_UNBOUND;
    void *address = is_classes ? NULL : next_late(name, caller);
    memcpy(&late, &address, sizeof late);
    if (late != NULL)
        late(pointer);
    else
        free(pointer);
}

/* Where the next definition is not beside the next free(), the call is passed on as it is, uncounted: libstdc++'s calls
 * free(), and a library's own takes care of its own. */
#define DELETE(name, parameters, arguments)                                                     \
    static SLOW void indirect##name parameters                                                  \
    {                                                                                           \
        hooks_ready();                                                                          \
        if (unlikely(next.name == NULL))                                                        \
            delete_late(#name, pointer, __builtin_return_address(0));                           \
        else if (next.direct_##name == 0 || threads_count_own(pointer) || !frees_take(pointer)) \
            next.name arguments;                                                                \
    }                                                                                           \
    static SLOW void slowly##name parameters                                                    \
    {                                                                                           \
        if (!frees_take(pointer))                                                               \
            next.name arguments;                                                                \
    }                                                                                           \
    HOOK void name parameters;                                                                  \
    HOOK void name parameters                                                                   \
    {                                                                                           \
        if (unlikely(next.direct_##name == 0))                                                  \
            indirect##name arguments;                                                           \
        else if (likely(threads_count_own(pointer)))                                            \
            next.name arguments;                                                                \
        else                                                                                    \
            slowly##name arguments;                                                             \
    }

DELETE(_ZdlPv, (void *pointer), (pointer))
DELETE(_ZdaPv, (void *pointer), (pointer))
DELETE(_ZdlPvRKSt9nothrow_t, (void *pointer, const char *tag), (pointer, tag))
DELETE(_ZdaPvRKSt9nothrow_t, (void *pointer, const char *tag), (pointer, tag))
DELETE(_ZdlPvm, (void *pointer, size_t bytes), (pointer, bytes))
DELETE(_ZdaPvm, (void *pointer, size_t bytes), (pointer, bytes))
DELETE(_ZdlPvSt11align_val_t, (void *pointer, size_t alignment), (pointer, alignment))
DELETE(_ZdaPvSt11align_val_t, (void *pointer, size_t alignment), (pointer, alignment))
DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, (void *pointer, size_t alignment, const char *tag),
       (pointer, alignment, tag))
DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t, (void *pointer, size_t alignment, const char *tag),
       (pointer, alignment, tag))
DELETE(_ZdlPvmSt11align_val_t, (void *pointer, size_t bytes, size_t alignment), (pointer, bytes, alignment))
DELETE(_ZdaPvmSt11align_val_t, (void *pointer, size_t bytes, size_t alignment), (pointer, bytes, alignment))

/* ---- realloc ---- */

/* jemalloc counts a resized block as freed and allocated, in place or not; one that could not be had is counted back. */
static SLOW void *not_resized(size_t bytes)
{
    frees_count(bytes == 0 ? 0 : UINT64_MAX);
    return NULL;
}

static inline void *resize_own(void *pointer, size_t bytes)
{
    void *result = next.realloc(pointer, bytes);
    return likely(result != NULL) ? result : not_resized(bytes);
}

/* Of a size that it has no class for, jemalloc's realloc leaves errno as it was; its malloc does not. */
static bool has_class(size_t bytes)
{
    return agent.jemalloc.nallocx == NULL || bytes == 0 || agent.jemalloc.nallocx(bytes, 0) != 0;
}

static void *realloc_foreign(struct thread *thread, void *pointer, size_t bytes)
{
    int saved = errno;
    if (bytes == 0 && agent.jemalloc.zero_realloc == 'f') {
        frees_give_back(thread, pointer);
        errno = saved;
        return NULL;
    }
    if (bytes == 0 && agent.jemalloc.zero_realloc == 'x')
        return next.realloc(pointer, 0); /* which ends the program, as it was told to */
    void *result = frees_move(thread, pointer, malloc(bytes != 0 ? bytes : 1), bytes, 0);
    if (result != NULL || !has_class(bytes))
        errno = saved;
    return result;
}

static SLOW void *realloc_slowly(void *pointer, size_t bytes)
{
    struct thread *thread;
    hooks_ready();
    bool counted = threads_fold(pointer);
    if (pointer == NULL)
        return next.realloc(NULL, bytes);
    if (!counted && agent.exact && frees_is_foreign(pointer, &thread))
        return realloc_foreign(thread, pointer, bytes);
    frees_count(!counted);
    return resize_own(pointer, bytes);
}

HOOK void *realloc(void *pointer, size_t bytes)
{
    if (likely(threads_count_own(pointer)))
        return resize_own(pointer, bytes);
    return realloc_slowly(pointer, bytes);
}

HOOK void *reallocarray(void *pointer, size_t count, size_t bytes)
{
    size_t product;
    hooks_ready();
    if (next.reallocarray != NULL && next.direct_reallocarray == 0)
        return next.reallocarray(pointer, count, bytes); /* libc's calls realloc() */
    if (__builtin_mul_overflow(count, bytes, &product)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(pointer, product);
}
