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
    uint64_t owner_count = cell != NULL ? load_relaxed64(&cell->owner_count) : 0;
    if (unlikely(thread_cell_owner(owner_count) != owner)) {
        cell = another_cell(thread, owner);
        if (cell == NULL) {
            books_count_apart(thread, owner, bytes);
            return;
        }
        owner_count = load_relaxed64(&cell->owner_count);
    }
    store_relaxed64(&cell->owner_count, owner_count + 1);
    store_relaxed64(&cell->bytes, load_relaxed64(&cell->bytes) + bytes);
}

static inline size_t count_foreign(struct thread *thread, const void *pointer)
{
    unsigned owner = region_class(pointer);
    size_t bytes = agent.jemalloc.sallocx(pointer, 0);
    if (likely(thread != NULL))
        count(thread, owner, bytes);
    else
        books_count_stray(owner, AT_CLASS_UNBOUND, bytes);
    order_stores(); /* who sees it among what jemalloc counts as freed, which is next, sees it here, too */
    return bytes;
}

size_t frees_count_foreign(struct thread *thread, const void *pointer)
{
    return count_foreign(thread, pointer);
}

static inline __attribute__((always_inline)) void give_back(struct thread *thread, void *pointer)
{
    uint8_t before = threads_begin_change();
    cache_give_back(thread, pointer, count_foreign(thread, pointer));
    threads_end_change(before);
}

void frees_give_back(struct thread *thread, void *pointer)
{
    give_back(thread, pointer);
}

bool frees_is_foreign(const void *pointer, struct thread **thread)
{
    *thread = hooks_thread();
    return *thread == NULL || region_class(pointer) != (*thread)->home;
}

static SLOW bool take_slowly(void *pointer)
{
    if (threads_fold(pointer) || pointer == NULL)
        return false;
    int saved = errno;
    struct thread *thread;
    bool foreign = agent.exact && frees_is_foreign(pointer, &thread);
    if (foreign)
        frees_give_back(thread, pointer);
    else
        frees_count(1);
    errno = saved;
    return foreign;
}

/* Nothing stands out: the thread is known, has its place and its name, and the block is neither in its region nor nowhere. */
static inline bool is_plain(const struct thread_tls *tls, const struct thread *thread, uintptr_t slot)
{
    return thread != NULL && thread->placed && load_acquire32(&tls->renamed) == 0 && slot != tls->region &&
           slot - 1 < THREADS_SLOTS - 1;
}

bool frees_take(void *pointer)
{
    struct thread_tls *tls = &thread_tls;
    struct thread *thread = tls->record;
    uintptr_t slot = (uintptr_t)pointer >> THREADS_SLOT_SHIFT;
    if (unlikely(!is_plain(tls, thread, slot)))
        return take_slowly(pointer);
    threads_uncount(tls, slot);
    if (!agent.exact || region_class(pointer) == thread->home) { /* of a thread whose own memory is in no region */
        frees_count(1);
        return false;
    }
    give_back(thread, pointer);
    return true;
}

void *frees_move(struct thread *thread, void *pointer, void *fresh, size_t bytes, int cache)
{
    size_t old_bytes = agent.jemalloc.sallocx(pointer, 0);
    if (fresh == NULL)
        return old_bytes >= bytes ? pointer : NULL;
    memcpy(fresh, pointer, old_bytes < bytes ? old_bytes : bytes);
    if (cache == 0) {
        frees_give_back(thread, pointer);
    } else {
        count_foreign(thread, pointer);
        agent.jemalloc.dallocx(pointer, cache);
    }
    return fresh;
}
