/* books_model.c: what a look reads of a thread that frees, checked exhaustively under the memory model of C11. Speaks TAP.
 *
 * The code of thread.c, frees.c and books.c is compiled here over atomics that remember. The thread frees first, once; the
 * look follows, and every load of it may give any store that it could see had it come earlier: all of them are tried. A
 * store brings along what was stored before it if it is a release, and else what was stored before the last fence; only a
 * load that acquires takes it (the views of ring_model.c, which see). What jemalloc counts, and the byte of a slot, are plain
 * stores: they bring nothing along by themselves.
 *
 * Whatever a look saw, it must not see more than was freed: that would stay in the books. That the model can find a fault
 * is shown by breaking the orders on purpose. */
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "choices.h"

/* ---- the atomics that remember, in the place of the compiler's ---- */

static uint64_t model_load(const void *word, size_t bytes, int order);
static void model_store(void *word, size_t bytes, uint64_t value, int order);
static void model_fence(void);

#define __atomic_load_n(word, order)         ((__typeof__(*(word)))model_load((word), sizeof *(word), (order)))
#define __atomic_store_n(word, value, order) model_store((word), sizeof *(word), (uint64_t)(value), (order))
#define __atomic_thread_fence(order)         model_fence()

#include "thread.c"

#include "books.c"

#include "frees.c"

enum place { DEALLOCATED, FOREIGN, CELL_OWNER, CELL_BYTES, REGION, OWN_FREES, SLOT, PLACES };

enum { STORES_MAX = 1024, OWNER = 2, HOME = 1, BLOCK = 48 };

/* What is broken on purpose. */
enum fault { NO_FAULT, NO_FENCE, FREED_LOADED_RELAXED, SUM_STORED_RELAXED, SUM_LOADED_RELAXED, FAULTS };

struct store {
    enum place place;
    uint64_t value;
    unsigned brings; /* what was stored up to this one */
};

static struct {
    const void *word[PLACES];
    struct store store[STORES_MAX];
    unsigned count;
    unsigned fenced; /* stores before the last fence */
    enum fault fault;
    bool looking;
} history;

static struct {
    unsigned view[PLACES]; /* per place the store that was seen last, or is known to be over */
} run;

static enum place place_of(const void *word)
{
    enum place place = 0;
    while (place < PLACES && history.word[place] != word)
        place++;
    return place;
}

static uint64_t read_plainly(const void *word, size_t bytes)
{
    uint64_t value = 0;
    memcpy(&value, word, bytes); /* of a little-endian machine */
    return value;
}

static void remember(enum place place, uint64_t value, bool release)
{
    if (history.count == STORES_MAX)
        abort();
    history.store[history.count] =
        (struct store){.place = place, .value = value, .brings = release ? history.count : history.fenced};
    history.count++;
}

static void model_store(void *word, size_t bytes, uint64_t value, int order)
{
    enum place place = place_of(word);
    bool release = order != __ATOMIC_RELAXED && !(history.fault == SUM_STORED_RELAXED && place == OWN_FREES);
    memcpy(word, &value, bytes);
    if (place < PLACES && !history.looking)
        remember(place, value, release);
}

static void model_fence(void)
{
    if (history.fault != NO_FENCE)
        history.fenced = history.count;
}

/* The newest store to `place` among the first `count`. The first of all is what was there at the beginning. */
static unsigned newest(enum place place, unsigned count)
{
    while (count-- > 0)
        if (history.store[count].place == place)
            return count;
    abort();
}

static unsigned choose(enum place place)
{
    unsigned option[STORES_MAX], options = 0;
    for (unsigned i = run.view[place]; i < history.count; i++)
        if (history.store[i].place == place)
            option[options++] = i;
    return option[choices_take(options)];
}

static void widen_view(unsigned brings)
{
    for (enum place place = 0; place < PLACES && brings >= PLACES; place++) {
        unsigned least = newest(place, brings);
        run.view[place] = least > run.view[place] ? least : run.view[place];
    }
}

static uint64_t model_load(const void *word, size_t bytes, int order)
{
    enum place place = place_of(word);
    if (place == PLACES || !history.looking)
        return read_plainly(word, bytes);
    bool relaxed = order == __ATOMIC_RELAXED || (history.fault == FREED_LOADED_RELAXED && place == DEALLOCATED) ||
                   (history.fault == SUM_LOADED_RELAXED && place == OWN_FREES);
    unsigned seen = choose(place);
    run.view[place] = seen;
    if (!relaxed)
        widen_view(history.store[seen].brings);
    return history.store[seen].value;
}

/* ---- what the three are linked with ---- */

struct agent agent;
struct next next;
static struct thread *thread;
static uint64_t allocated, deallocated;

struct self *self_page;

uint32_t self_ask(void)
{
    return 1;
}

unsigned classes_count(void)
{
    return OWNER + 1;
}

static size_t usable(const void *pointer, int flags)
{
    (void)pointer, (void)flags;
    return BLOCK;
}

/* jemalloc's count of what was freed, a plain store. */
static void count_freed(void)
{
    model_store(&deallocated, sizeof deallocated, deallocated + BLOCK, __ATOMIC_RELAXED);
}

void cache_give_back_slowly(struct thread *of, void *pointer, size_t bytes)
{
    (void)of, (void)pointer, (void)bytes;
    count_freed();
}

void bind_renamed(struct thread *of)
{
    (void)of;
}

void bind_renamed_frees(struct thread *of)
{
    (void)of;
}

struct thread *bind_adopt(bool named)
{
    (void)named;
    return thread;
}

void place_now(struct thread *of)
{
    (void)of;
}

void next_resolve(void)
{
}

void futex_wait(uint32_t *word, uint32_t expected, uint64_t until_ns)
{
    (void)word, (void)expected, (void)until_ns;
}

void futex_wake(uint32_t *word)
{
    (void)word;
}

/* ---- what the thread does ---- */

static void *block_of(unsigned class_id)
{
    return (void *)((region_key(class_id) << REGION_SHIFT) + 4096);
}

static void free_block(unsigned class_id)
{
    void *block = block_of(class_id);
    uint8_t *slot = &thread_tls.slot[(uintptr_t)block >> THREADS_SLOT_SHIFT];
    bool own = threads_count_own(block);
    model_store(slot, 1, *slot, __ATOMIC_RELAXED); /* the addition, which is a plain one */
    if (own || !frees_take(block))
        count_freed();
}

static void free_foreign(void)
{
    for (unsigned i = 0; i < 3; i++)
        free_block(OWNER);
}

static void free_own(void)
{
    for (unsigned i = 0; i < THREADS_ARMED + 2; i++)
        free_block(HOME);
}

static void leave_region(void)
{
    for (unsigned i = 0; i < 3; i++)
        free_block(HOME);
    threads_take_region(THREADS_NO_REGION);
}

struct program {
    const char *name;
    void (*body)(void);
    uint64_t own_bytes, own_blocks, foreign_bytes; /* that it frees */
};

enum { FREES_FOREIGN, FREES_OWN, LEAVES_REGION, PROGRAMS };

static const struct program programs[PROGRAMS] = {
    [FREES_FOREIGN] = {"frees what is foreign", free_foreign, 0, 0, 3 * BLOCK},
    [FREES_OWN] = {"frees its own, until it is summed up", free_own, (THREADS_ARMED + 2) * BLOCK, THREADS_ARMED + 2, 0},
    [LEAVES_REGION] = {"frees its own and leaves its region", leave_region, 3 * BLOCK, 3, 0},
};

static void begin(enum fault fault)
{
    memset(&history, 0, sizeof history);
    memset(&thread_tls, 0, sizeof thread_tls);
    agent.exact = true;
    agent.jemalloc.sallocx = usable;
    allocated = deallocated = 0;
    if (thread == NULL && (thread = threads_new()) == NULL)
        abort();
    thread->allocated = &allocated;
    thread->deallocated = &deallocated;
    thread->tls = &thread_tls;
    thread->placed = true;
    thread->class_id = thread->alloc_class = thread->home = HOME;
    thread->state = THREAD_ALIVE;
    thread->foreign = 0;
    thread->last = NULL;
    memset(thread->cell, 0, sizeof thread->cell);
    thread_tls.record = thread;
    threads_take_region(region_key(HOME));
    history.fault = fault;
    const void *const words[PLACES] = {
        &deallocated,       &thread->foreign,      &thread->cell[0].owner_count,      &thread->cell[0].bytes,
        &thread_tls.region, &thread_tls.own_frees, &thread_tls.slot[region_key(HOME)]};
    static const size_t bytes[PLACES] = {8, 4, 8, 8, 8, 8, 1};
    memcpy(history.word, words, sizeof words);
    for (enum place place = 0; place < PLACES; place++)
        remember(place, read_plainly(words[place], bytes[place]), true);
}

/* ---- all looks ---- */

static struct books books;

static bool look_is_true(const struct program *program)
{
    choices.depth = 0;
    for (enum place place = 0; place < PLACES; place++)
        run.view[place] = (unsigned)place;
    thread->seen_own_bytes = thread->seen_own_frees = 0;
    if (!books_look(&books, 0, NULL, 0))
        abort();
    const struct books_cell *own = &books.flow[HOME][HOME];
    return own->bytes <= program->own_bytes && own->count <= program->own_blocks &&
           books.flow[OWNER][HOME].bytes <= program->foreign_bytes;
}

static unsigned results;

static void explore(const struct program *program, enum fault fault, const char *what)
{
    uint64_t looks = 0;
    bool is_true = true;
    begin(fault);
    program->body();
    history.looking = true;
    choices.known = 0;
    do {
        is_true = look_is_true(program);
        looks++;
    } while (is_true && choices_next());
    history.looking = false;
    printf("%s %u - %s: a thread that %s (%llu looks)\n", is_true == (fault == NO_FAULT) ? "ok" : "not ok", ++results,
           what, program->name, (unsigned long long)looks);
}

int main(void)
{
    for (unsigned i = 0; i < PROGRAMS; i++)
        explore(&programs[i], NO_FAULT, "no look sees more than was freed");
    explore(&programs[FREES_FOREIGN], NO_FENCE, "no fence between the two counts is found");
    explore(&programs[FREES_FOREIGN], FREED_LOADED_RELAXED, "jemalloc's count loaded without acquire is found");
    explore(&programs[FREES_OWN], SUM_STORED_RELAXED, "the sum stored without release is found");
    explore(&programs[FREES_OWN], SUM_LOADED_RELAXED, "the sum loaded without acquire is found");
    printf("1..%u\n", results);
    return 0;
}
