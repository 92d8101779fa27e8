/* thread.c: the slabs that thread records come from. */
#include "thread.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arenas.h"
#include "atomics.h"
#include "self.h"

#define SLABS_MAX   8192u /* a million threads */
#define BLOCK_BYTES 65536u

__thread struct thread_tls thread_tls __attribute__((tls_model("initial-exec"), visibility("hidden")));

static struct {
    uint64_t free_list; /* index + 1 of the first free record; a tag against ABA in the upper half */
    uint32_t count;
    struct thread *slab[SLABS_MAX];
    uint64_t block; /* address of the next free byte of the cell block, which ends at a multiple of BLOCK_BYTES */
} records;

static void *map_memory(size_t bytes)
{
    int saved = errno;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    errno = saved;
    return memory == MAP_FAILED ? NULL : memory;
}

struct thread *threads_at(uint32_t i)
{
    struct thread *slab = __atomic_load_n(&records.slab[i / THREADS_IN_SLAB], __ATOMIC_ACQUIRE);
    return slab != NULL ? &slab[i % THREADS_IN_SLAB] : NULL;
}

uint32_t threads_count(void)
{
    uint32_t count = load_acquire32(&records.count);
    return count < SLABS_MAX * THREADS_IN_SLAB ? count : SLABS_MAX * THREADS_IN_SLAB;
}

static struct thread *pop_free(void)
{
    uint64_t head = load_acquire64(&records.free_list);
    while ((uint32_t)head != 0) {
        struct thread *thread = threads_at((uint32_t)head - 1);
        uint64_t next = ((head >> 32) + 1) << 32 | load_relaxed32(&thread->next_free);
        if (swap_if64(&records.free_list, &head, next))
            return thread;
    }
    return NULL;
}

static struct thread *make_slab(uint32_t slab)
{
    struct thread *expected = NULL;
    struct thread *made = map_memory(THREADS_IN_SLAB * sizeof(struct thread));
    if (made == NULL)
        return NULL;
    if (__atomic_compare_exchange_n(&records.slab[slab], &expected, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return made;
    munmap(made, THREADS_IN_SLAB * sizeof(struct thread));
    return expected;
}

static struct thread *take_new(void)
{
    uint32_t index = add_relaxed32(&records.count, 1);
    if (index >= SLABS_MAX * THREADS_IN_SLAB)
        return NULL;
    struct thread *slab =
        threads_at(index) != NULL ? records.slab[index / THREADS_IN_SLAB] : make_slab(index / THREADS_IN_SLAB);
    if (slab == NULL)
        return NULL;
    slab[index % THREADS_IN_SLAB].index = index;
    return &slab[index % THREADS_IN_SLAB];
}

/* But for its state, and its place on the free list, which is read by who was slower to take it from there. */
static void clear(struct thread *thread)
{
    const size_t from = offsetof(struct thread, tid), to = offsetof(struct thread, next_free);
    memset((char *)thread + from, 0, to - from);
}

struct thread *threads_new(void)
{
    struct thread *thread = pop_free();
    if (thread == NULL)
        thread = take_new();
    if (thread == NULL)
        return NULL;
    uint64_t more = thread->more;
    clear(thread);
    thread->more = more; /* its cells were cleared when its books were closed; the block serves the next thread */
    thread->process = self_number();
    thread->arena = ARENAS_NONE;
    store_release32(&thread->state, THREAD_STARTING);
    return thread;
}

void threads_free(struct thread *thread)
{
    store_release32(&thread->state, THREAD_FREE);
    uint64_t head = load_acquire64(&records.free_list);
    uint64_t next;
    do {
        store_relaxed32(&thread->next_free, (uint32_t)head);
        next = ((head >> 32) + 1) << 32 | (thread->index + 1);
    } while (!swap_if64(&records.free_list, &head, next));
}

static struct thread_cells *make_cells(void)
{
    uint64_t block = load_relaxed64(&records.block);
    for (;;) {
        uint64_t at = block;
        if (at % BLOCK_BYTES == 0 || at % BLOCK_BYTES + sizeof(struct thread_cells) > BLOCK_BYTES) {
            void *fresh = map_memory(BLOCK_BYTES);
            if (fresh == NULL)
                return NULL;
            /* Address zero modulo BLOCK_BYTES means "used up", so the first cells of a block start behind its start. */
            at = (uint64_t)(uintptr_t)fresh + sizeof(struct thread_cell);
            if (swap_if64(&records.block, &block, at + sizeof(struct thread_cells)))
                return (struct thread_cells *)(uintptr_t)at;
            munmap(fresh, BLOCK_BYTES);
        } else if (swap_if64(&records.block, &block, at + sizeof(struct thread_cells))) {
            return (struct thread_cells *)(uintptr_t)at;
        }
    }
}

/* The cell of `owner` among `count` cells, or the first that is not in use, claimed. */
static struct thread_cell *search(struct thread_cell *cell, unsigned count, unsigned owner)
{
    for (unsigned i = 0; i < count; i++) {
        if (cell[i].owner_count == 0) {
            store_relaxed64(&cell[i].owner_count, (uint64_t)(owner + 1) << THREAD_COUNT_BITS);
            return &cell[i];
        }
        if (thread_cell_owner(cell[i].owner_count) == owner)
            return &cell[i];
    }
    return NULL;
}

struct thread_cell *threads_cell(struct thread *thread, unsigned owner)
{
    store_release32(&thread->foreign, 1);
    struct thread_cell *cell = search(thread->cell, THREAD_CELLS, owner);
    uint64_t *link = &thread->more;
    while (cell == NULL) {
        struct thread_cells *more = (struct thread_cells *)(uintptr_t)load_relaxed64(link);
        if (more == NULL) {
            more = make_cells();
            if (more == NULL)
                return NULL;
            store_release64(link, (uint64_t)(uintptr_t)more);
        }
        cell = search(more->cell, THREAD_CELLS_MORE, owner);
        link = &more->next;
    }
    return cell;
}

void threads_each_cell(struct thread *thread, void (*each)(void *context, struct thread_cell *cell), void *context)
{
    if (load_acquire32(&thread->foreign) == 0)
        return;
    for (unsigned i = 0; i < THREAD_CELLS && load_relaxed64(&thread->cell[i].owner_count) != 0; i++)
        each(context, &thread->cell[i]);
    uint64_t link = load_acquire64(&thread->more);
    while (link != 0) {
        struct thread_cells *more = (struct thread_cells *)(uintptr_t)link;
        for (unsigned i = 0; i < THREAD_CELLS_MORE && load_relaxed64(&more->cell[i].owner_count) != 0; i++)
            each(context, &more->cell[i]);
        link = load_acquire64(&more->next);
    }
}

struct thread_tls *threads_local_of(pthread_t thread)
{
    ptrdiff_t distance = (char *)&thread_tls - (char *)(uintptr_t)pthread_self();
    return (struct thread_tls *)(void *)((char *)(uintptr_t)thread + distance);
}

/* ---- the slots ---- */

static uint64_t in_slot(uint8_t value)
{
    return value >= THREADS_ARMED ? value - THREADS_ARMED : value;
}

static void arm(struct thread_tls *tls)
{
    uint8_t *slot = &tls->slot[tls->region];
    __atomic_store_n(slot, THREADS_ARMED, __ATOMIC_SEQ_CST);
    if (load_seq_cst32(&tls->renamed) != 0)
        __atomic_store_n(slot, 0, __ATOMIC_SEQ_CST);
}

bool threads_fold(const void *pointer)
{
    struct thread_tls *tls = &thread_tls;
    uintptr_t number = (uintptr_t)pointer >> THREADS_SLOT_SHIFT;
    if (number >= THREADS_SLOTS) {
        --*(uint8_t *)((uintptr_t)tls->slot + number); /* no address: whoever it is passed on to will say so */
        return false;
    }
    uint8_t value = __atomic_load_n(&tls->slot[number], __ATOMIC_RELAXED); /* it may be disarmed meanwhile */
    __atomic_store_n(&tls->slot[number], 0, __ATOMIC_RELAXED);             /* a look may read it */
    if (number == THREADS_NO_REGION || number != tls->region)
        return false;
    bool counted = load_seq_cst32(&tls->renamed) == 0;
    store_release64(&tls->own_frees, tls->own_frees + (value == 0 ? THREADS_ARMED : value) - !counted);
    arm(tls);
    return counted;
}

bool threads_owns(const void *pointer)
{
    uintptr_t number = (uintptr_t)pointer >> THREADS_SLOT_SHIFT;
    return number < THREADS_SLOTS && __atomic_load_n(&thread_tls.slot[number], __ATOMIC_RELAXED) >= THREADS_ARMED;
}

void threads_take_region(uintptr_t region)
{
    struct thread_tls *tls = &thread_tls;
    uint8_t *slot = &tls->slot[tls->region];
    uint64_t counted = tls->region != THREADS_NO_REGION ? in_slot(__atomic_load_n(slot, __ATOMIC_RELAXED)) : 0;
    __atomic_store_n(slot, 0, __ATOMIC_RELAXED);
    store_release64(&tls->own_frees, tls->own_frees + counted);
    __atomic_store_n(&tls->region, region, __ATOMIC_SEQ_CST);
    if (region != THREADS_NO_REGION)
        arm(tls);
}

/* Keeps the count. A byte that is about to come round does so, and is left alone. */
static void disarm(uint8_t *slot)
{
    uint8_t value = __atomic_load_n(slot, __ATOMIC_SEQ_CST);
    while (value >= THREADS_ARMED && value < UINT8_MAX &&
           !__atomic_compare_exchange_n(slot, &value, (uint8_t)(value - THREADS_ARMED), false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST))
        ;
}

/* The other may be in the middle of an addition, which then undoes what is done here: so it is looked at again. */
void threads_disarm(struct thread_tls *other)
{
    uintptr_t region = __atomic_load_n(&other->region, __ATOMIC_SEQ_CST);
    uint8_t *slot = &other->slot[region];
    for (unsigned looks = 0; region != THREADS_NO_REGION && looks < 100; looks++)
        disarm(slot);
}

/* The sum is read before the slot, and written after it: what moves from one to the other is never seen twice. */
uint64_t threads_own_frees(const struct thread_tls *tls)
{
    uintptr_t region = __atomic_load_n(&tls->region, __ATOMIC_ACQUIRE);
    uint64_t folded = load_acquire64(&tls->own_frees);
    return region != THREADS_NO_REGION ? folded + in_slot(__atomic_load_n(&tls->slot[region], __ATOMIC_RELAXED))
                                       : folded;
}
