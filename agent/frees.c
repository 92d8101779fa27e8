/* frees.c: the slow path of freeing. */
#include "frees.h"

#include <errno.h>
#include <string.h>

#include "books.h"
#include "cache.h"

static SLOW struct thread_cell *another_cell(struct thread *thread, unsigned owner)
{
    struct thread_cell *cell = threads_cell(thread, owner);
    if (cell != NULL)
        thread->last = cell;
    return cell;
}

static inline void count(struct thread *thread, unsigned owner, uint64_t bytes)
{
    struct thread_cell *cell = thread->last;
    if (unlikely(cell == NULL || thread_cell_owner(cell->owner_count) != owner))
        cell = another_cell(thread, owner);
    if (unlikely(cell == NULL)) {
        books_count_stray(owner, thread->class_id, bytes);
        return;
    }
    store_relaxed64(&cell->owner_count, cell->owner_count + 1);
    store_relaxed64(&cell->bytes, cell->bytes + bytes);
}

size_t frees_count_foreign(struct thread *thread, const void *pointer)
{
    unsigned owner = region_class(pointer);
    size_t bytes = agent.jemalloc.sallocx(pointer, 0);
    if (likely(thread != NULL))
        count(thread, owner, bytes);
    else
        books_count_stray(owner, AT_CLASS_UNBOUND, bytes);
    return bytes;
}

void frees_give_back(struct thread *thread, void *pointer)
{
    size_t bytes = frees_count_foreign(thread, pointer);
    cache_give_back(thread, pointer, bytes);
}

bool frees_is_foreign(const void *pointer, struct thread **thread)
{
    *thread = hooks_thread();
    return *thread == NULL || region_class(pointer) != (*thread)->home;
}

bool frees_take(void *pointer)
{
    if (threads_fold(pointer) || pointer == NULL)
        return false;
    if (!agent.exact) {
        frees_count(1);
        return false;
    }
    int *error = &errno, saved = *error;
    struct thread *thread = hooks_thread();
    bool foreign = thread == NULL || region_class(pointer) != thread->home;
    if (foreign)
        frees_give_back(thread, pointer);
    else
        frees_count(1);
    *error = saved;
    return foreign;
}

void *frees_move(struct thread *thread, void *pointer, void *fresh, size_t bytes)
{
    size_t old_bytes = agent.jemalloc.sallocx(pointer, 0);
    if (fresh == NULL)
        return old_bytes >= bytes ? pointer : NULL;
    memcpy(fresh, pointer, old_bytes < bytes ? old_bytes : bytes);
    frees_give_back(thread, pointer);
    return fresh;
}
