/* frees.c: the slow path of freeing. */
#include "frees.h"

#include <errno.h>
#include <string.h>

#include "books.h"
#include "cache.h"

static void count(struct thread *thread, unsigned owner, uint64_t bytes)
{
    struct thread_cell *cell = thread->last;
    if (cell == NULL || thread_cell_owner(cell->owner_count) != owner) {
        cell = threads_cell(thread, owner);
        if (cell == NULL) {
            books_count_stray(owner, thread->class_id, bytes);
            return;
        }
        thread->last = cell;
    }
    store_relaxed64(&cell->owner_count, cell->owner_count + 1);
    store_relaxed64(&cell->bytes, cell->bytes + bytes);
}

size_t frees_count_foreign(struct thread *thread, const void *pointer)
{
    unsigned owner = region_class(pointer);
    size_t bytes = agent.jemalloc.sallocx(pointer, 0);
    if (thread != NULL)
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

bool frees_take(void *pointer, uint64_t direct)
{
    struct thread *thread;
    int saved = errno;
    if (pointer == NULL)
        return false;
    if (!agent.exact) {
        frees_count_own(direct);
        return false;
    }
    if (direct == 0)
        return false;
    bool foreign = frees_is_foreign(pointer, &thread);
    if (foreign)
        frees_give_back(thread, pointer);
    else
        frees_count_own(1);
    errno = saved;
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
