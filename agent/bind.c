/* bind.c: moves threads between classes. */
#include "bind.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "agent.h"
#include "arenas.h"
#include "atomics.h"
#include "books.h"
#include "cache.h"
#include "classes.h"
#include "classify.h"
#include "clock.h"
#include "confine.h"
#include "next.h"
#include "objects.h"
#include "publisher.h"
#include "region.h"
#include "say.h"

#define MOVES_PER_SECOND 10

/* Rounds over a thread's keys; the last is the thread sanitizer's where there is one: what it follows has ended by then. */
#ifdef __SANITIZE_THREAD__
#define ROUNDS (PTHREAD_DESTRUCTOR_ITERATIONS - 1)
#else
#define ROUNDS PTHREAD_DESTRUCTOR_ITERATIONS
#endif

static const uint64_t no_counter = 0;
static const struct thread_tls no_tls;
static uint32_t alive;

enum { KEY_NONE, KEY_MAKING, KEY_MADE, KEY_REFUSED };

static pthread_key_t key; /* its destructor ends a thread's books */
static uint32_t key_state;

uint32_t bind_alive(void)
{
    return load_acquire32(&alive);
}

void bind_expect(bool comes)
{
    add_seq_cst32(&alive, comes ? 1 : UINT32_MAX);
}

/* ---- jemalloc's side ---- */

static const uint64_t *counter(enum jemalloc_mib mib)
{
    uint64_t *pointer = NULL;
    size_t bytes = sizeof pointer;
    int failed = jemalloc_call(&agent.jemalloc, mib, &pointer, &bytes, NULL, 0);
    return failed == 0 && pointer != NULL ? pointer : &no_counter;
}

/* jemalloc keeps its counters in the thread's TLS. */
static void find_counters(struct thread *thread)
{
    const uint64_t *allocated = counter(JEMALLOC_THREAD_ALLOCATEDP),
                   *deallocated = counter(JEMALLOC_THREAD_DEALLOCATEDP);
    books_meet(thread, allocated, deallocated, &thread_tls);
}

/* What lies in the thread's own cache is of its old class's arenas, and would be handed out as the new class's. */
static void flush_cache(void)
{
    jemalloc_call(&agent.jemalloc, JEMALLOC_THREAD_TCACHE_FLUSH, NULL, NULL, NULL, 0);
}

static int set_arena(uint32_t index)
{
    unsigned wanted = index;
    return jemalloc_call(&agent.jemalloc, JEMALLOC_THREAD_ARENA, NULL, NULL, &wanted, sizeof wanted);
}

/* ---- from class to class ---- */

struct place {
    unsigned id;
    uint32_t arena;
};

static const struct place nowhere = {.id = AT_CLASS_UNBOUND, .arena = ARENAS_NONE};

static struct place leave_to_unbound(void)
{
    classes_join(AT_CLASS_UNBOUND);
    return nowhere;
}

/* Finds class and arena, and counts the thread in both. */
static struct place find_place(const struct classes_wish *wish, bool with_arena)
{
    struct place place = {.id = classes_enter(wish), .arena = ARENAS_NONE};
    if (!with_arena)
        return place;
    place.arena = arenas_take(place.id);
    if (place.arena != ARENAS_NONE)
        return place;
    classes_leave(place.id, false, true);
    return leave_to_unbound();
}

/* The row that owns what a thread of class `id` frees on its fast path. */
static unsigned home_of(unsigned id)
{
    return classes_row(id)->region ? id : AT_CLASS_UNBOUND;
}

/* Another thread that renames this one stores `renamed` first and disarms the slot after it; whoever of the two comes last
 * here, the fast path stays off until the name was looked at. */
static void take_region(unsigned id)
{
    bool fast = agent.exact && classes_row(id)->region;
    threads_take_region(fast ? region_key(id) : THREADS_NO_REGION);
}

/* Binds the calling thread to the place's arena. A thread that goes back to (unbound) goes to arena 0, which no class
 * owns; where jemalloc forbids that (percpu_arena), it stays in its arena, and in its class. */
static bool move_to(struct thread *thread, const struct place *place, bool used)
{
    uint32_t arena = place->arena;
    if (arena == thread->arena)
        return true;
    if (arena == ARENAS_NONE)
        arena = 0;
    if (used)
        flush_cache();
    int failed = set_arena(arena);
    if (failed != 0)
        say_warning("class %s: a thread could not be bound to arena %u: %s", classes_row(place->id)->name,
                    (unsigned)arena, strerrordesc_np(failed));
    return failed == 0;
}

static void settle_in(struct thread *thread, const struct place *place)
{
    if (!thread->placed) {
        books_write_down(thread, place->id, place->id, home_of(place->id));
        return;
    }
    thread->arena = place->arena;
    books_open(thread, place->id, place->id, home_of(place->id));
    take_region(place->id);
}

static void count_out(const struct thread *thread, bool touched)
{
    classes_leave(thread->class_id, touched, !touched);
    arenas_release(thread->arena);
}

/* The first sorting of a thread. `used`: it has allocated before. */
static void settle_first(struct thread *thread, const struct classes_wish *wish, bool used)
{
    struct place place = wish != NULL ? find_place(wish, thread->placed) : leave_to_unbound();
    if (place.arena != ARENAS_NONE && !move_to(thread, &place, used)) {
        classes_leave(place.id, false, true);
        arenas_release(place.arena);
        place = leave_to_unbound();
    }
    settle_in(thread, &place);
}

/* Leaves the old class before it enters the new one, so that a class only passed through can give its row and arenas. */
static void change_class(struct thread *thread, const struct classes_wish *wish)
{
    const struct place old = {.id = thread->class_id, .arena = thread->arena};
    bool touched = thread->placed && books_touched(thread);
    count_out(thread, touched);
    struct place place = wish != NULL ? find_place(wish, thread->placed) : leave_to_unbound();
    if (thread->placed && !move_to(thread, &place, true)) { /* it stays where its memory comes from */
        classes_leave(place.id, false, true);
        arenas_release(place.arena);
        classes_join(old.id);
        arenas_join(old.arena);
        place = old;
    }
    settle_in(thread, &place);
}

/* ---- the calling thread's life ---- */

/* Without a destructor its counters would be read after its end: such a thread is left alone, like one that has ended. */
static bool refuse(struct thread *thread)
{
    say_warning("a thread cannot be watched, there is no memory for it: what it allocates is unexplained");
    thread_tls.closed = 1;
    bind_expect(false);
    threads_free(thread);
    return false;
}

/* `later`: it is placed when it needs to be. */
static bool begin(struct thread *thread, bool later)
{
    if (next.pthread_setspecific(key, thread) != 0)
        return refuse(thread);
    thread->tid = (uint32_t)gettid();
    store_relaxed_place(&thread->allocated, &no_counter); /* a look may ask for them ahead, though not read them yet */
    store_relaxed_place(&thread->deallocated, &no_counter);
    thread->tls = &no_tls;
    thread->placed = !later;
    thread_tls.record = thread;
    if (!later)
        find_counters(thread);
    return true;
}

static void sort_first(struct thread *thread, const void *argument, bool used)
{
    char name[AT_CLASS_NAME_BYTES];
    struct classes_wish wish;
    int cancel;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    classify_meet(thread, argument);
    bool bound = classify(thread, &wish, name);
    settle_first(thread, bound ? &wish : NULL, used);
    pthread_setcancelstate(cancel, NULL);
}

static void read_name(struct thread *thread)
{
    char name[AT_THREAD_NAME_BYTES] = "";
    prctl_next(PR_GET_NAME, (unsigned long)(uintptr_t)name);
    books_name(thread, name);
}

/* ---- the arena, late ----
 *
 * A thread that never allocates needs no arena, and is not made known to jemalloc, which would give it a cache of some ten
 * KiB. What tells us that one is about to allocate is that jemalloc sets its key for it, before it chooses an arena: there
 * the thread is placed. A free comes by our hooks first, which place it too: jemalloc, met first in a free, would make only
 * half a thread of it. */

pthread_key_t bind_jemallocs_key = UINT_MAX;
static uint32_t sees_meetings; /* 1: jemalloc's setting of the key passes by us */

void bind_note_key(pthread_key_t made, const void *maker)
{
    const void *next_free;
    memcpy(&next_free, &next.free, sizeof next_free);
    if (bind_jemallocs_key == UINT_MAX && next_free != NULL && objects_holding(maker) == objects_holding(next_free))
        bind_jemallocs_key = made;
}

void bind_meet(void)
{
    struct thread *thread = thread_tls.record;
    store_relaxed32(&sees_meetings, 1);
    if (thread != NULL && !thread->placed)
        bind_place(thread);
}

static bool may_be_late(void)
{
    return agent.exact && load_relaxed32(&sees_meetings) != 0;
}

/* In the class that it is of already. It has allocated nothing: there is no cache to flush. */
static void take_place(struct thread *thread)
{
    struct place place = {.id = thread->class_id, .arena = arenas_take(thread->class_id)};
    if (place.arena == ARENAS_NONE || !move_to(thread, &place, false)) {
        classes_leave(place.id, false, true);
        arenas_release(place.arena);
        place = leave_to_unbound();
    }
    find_counters(thread);
    settle_in(thread, &place);
}

void bind_place(struct thread *thread)
{
    int cancel, saved = errno;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    thread->placed = true;
    if (thread->state == THREAD_ALIVE && thread->class_id != AT_CLASS_UNBOUND)
        take_place(thread);
    else
        find_counters(thread);
    pthread_setcancelstate(cancel, NULL);
    errno = saved;
}

void bind_start(struct thread *thread)
{
    const void *argument = thread->argument;
    int saved = errno;
    thread->last = NULL; /* before a signal's handler may free something */
    if (!begin(thread, may_be_late())) {
        errno = saved;
        return;
    }
    if (__atomic_exchange_n(&thread_tls.renamed, 0, __ATOMIC_ACQ_REL) != 0) {
        read_name(thread); /* its creator was quicker */
        thread->named = true;
    }
    sort_first(thread, argument, false);
    errno = saved;
}

void bind_main(void)
{
    struct thread *thread = threads_new();
    if (thread == NULL)
        return;
    thread->is_main = true;
    bind_expect(true);
    if (!begin(thread, false))
        return;
    read_name(thread);
    sort_first(thread, NULL, true);
}

/* jemalloc's own threads allocate a little (the first of them makes the others), and are of no class. */
static bool is_jemallocs(const struct thread *thread)
{
    return strcmp(thread->name, "jemalloc_bg_thd") == 0;
}

struct thread *bind_adopt(bool named)
{
    int saved = errno;
    struct thread *thread = confine_forbids(CONFINE_THREADS) ? NULL : threads_new();
    if (thread == NULL)
        return NULL;
    read_name(thread);
    thread->named = named;
    thread->unseen = true;
    bind_expect(true);
    if (!begin(thread, false)) {
        errno = saved;
        return NULL;
    }
    if (named && !is_jemallocs(thread))
        sort_first(thread, NULL, true);
    else
        settle_first(thread, NULL, true);
    errno = saved;
    return thread;
}

void bind_late(const void *start, unsigned from)
{
    int saved = errno;
    struct thread *thread = thread_tls.record != NULL ? thread_tls.record : bind_adopt(false);
    struct classes_wish wish;
    char name[AT_CLASS_NAME_BYTES];
    int cancel;
    if (thread == NULL || thread->state != THREAD_ALIVE)
        return;
    books_find(AT_CLASS_UNBOUND, *thread->deallocated);
    books_open(thread, AT_CLASS_UNBOUND, AT_CLASS_UNBOUND, AT_CLASS_UNBOUND); /* it only passes through there */
    memcpy(&thread->start, &start, sizeof thread->start);
    thread->from = (uint16_t)from;
    thread->unseen = false; /* till now */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    if (classify(thread, &wish, name))
        change_class(thread, &wish);
    pthread_setcancelstate(cancel, NULL);
    errno = saved;
}

/* Programs that rename their threads for every task must not pay for a change of class each time. */
static bool moves_too_often(struct thread *thread)
{
    uint32_t now = (uint32_t)(clock_mono_ns() / 1000000);
    if (now - thread->moved_since_ms > 1000) {
        thread->moved_since_ms = now;
        thread->moves = 0;
    }
    if (thread->moves >= MOVES_PER_SECOND)
        return true;
    thread->moves++;
    return false;
}

static void sort_again(struct thread *thread)
{
    char name[AT_CLASS_NAME_BYTES];
    struct classes_wish wish;
    bool bound = classify(thread, &wish, name) && !is_jemallocs(thread);
    const char *present = classes_row(thread->class_id)->name;
    if ((bound ? classes_find(name) : AT_CLASS_UNBOUND) == thread->class_id)
        return;
    if (!moves_too_often(thread))
        change_class(thread, bound ? &wish : NULL);
    else
        say_warning("a thread of class %s changes class over %d times a second: it stays there", present,
                    MOVES_PER_SECOND);
}

void bind_renamed(struct thread *thread)
{
    int cancel, saved = errno;
    /* In a signal's handler: it is sorted at its next free off the fast path, or when it waits. */
    if (thread_tls.giving) {
        store_seq_cst32(&thread_tls.renamed, 1);
        return;
    }
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    store_seq_cst32(&thread_tls.renamed, 0);
    read_name(thread);
    thread->named = true;
    if (thread->state == THREAD_ALIVE) {
        if (!thread->is_main)
            sort_again(thread);
        if (thread->placed)
            take_region(thread->class_id);
    }
    pthread_setcancelstate(cancel, NULL);
    errno = saved;
}

void bind_follow(struct thread *thread, uint32_t arena)
{
    if (thread->state != THREAD_ALIVE || arena == thread->arena)
        return;
    struct place place = {.id = arenas_class(arena), .arena = ARENAS_NONE};
    count_out(thread, books_touched(thread));
    classes_join(place.id);
    settle_in(thread, &place);
}

/* ---- the end ----
 *
 * glibc runs C++ thread_local destructors first, then up to PTHREAD_DESTRUCTOR_ITERATIONS rounds over all pthread keys by
 * rising number. Ours is made before jemalloc's and any library's (hooks_thread.c), so in the first round we are called
 * right before jemalloc empties the thread's cache and leaves its arena: what other keys' destructors allocate comes from
 * arena 0 and is booked to (unbound). What they free is still freed by the class. In the last round the books are closed;
 * in the first, where the thread set no other key: a round takes libc 550 instructions.
 *
 * A thread that no hook saw may have been met in a destructor, and has fewer rounds left, nobody knows how many: its books
 * are closed in the first that we are called in. To be read when its TLS is gone would kill the program. */

static void end_first(struct thread *thread)
{
    bool touched = thread->placed && books_touched(thread);
    cache_end(thread);
    threads_take_region(THREADS_NO_REGION);
    if (thread->state == THREAD_ALIVE) { /* else a signal's handler ended it before it was of a class */
        classes_leave(thread->class_id, touched, false);
        arenas_release(thread->arena);
    }
    thread->arena = ARENAS_NONE;
    if (thread->placed)
        books_open(thread, thread->class_id, AT_CLASS_UNBOUND, AT_CLASS_UNBOUND);
    else
        books_write_down(thread, thread->class_id, AT_CLASS_UNBOUND, AT_CLASS_UNBOUND);
    bool last = add_seq_cst32(&alive, UINT32_MAX) == 1;
    store_release32(&thread->state, THREAD_ENDING); /* after the count: see bind_fork_child */
    if (last)
        publisher_wake(); /* it may be the last thread there is */
}

static void end(void *argument)
{
    struct thread *thread = argument;
    int saved = errno;
    if (thread_tls.record != thread)
        return;
    if (thread->ending_round++ == 0)
        end_first(thread);
    bool comes = thread_tls.has_keys && !thread->unseen && thread->ending_round < ROUNDS;
    bool again = comes && next.pthread_setspecific(key, thread) == 0;
    if (!again) {
        thread_tls.record = NULL;
        thread_tls.closed = 1;
        books_close(thread);
        if (bind_alive() == 0)
            publisher_leave();
    }
    errno = saved;
}

bool bind_make_key(void)
{
    uint32_t expected = KEY_NONE;
    if (swap_if32(&key_state, &expected, KEY_MAKING))
        store_release32(&key_state, next.pthread_key_create(&key, end) == 0 ? KEY_MADE : KEY_REFUSED);
    return load_acquire32(&key_state) == KEY_MADE;
}

/* Of the threads of this process: those that are counted in `alive`, each put back into its class and arena if `keep`. */
static uint32_t count_here(bool keep)
{
    uint32_t count = threads_count(), pid = threads_pid(), here = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct thread *thread = threads_at(i);
        uint32_t state = thread != NULL ? load_acquire32(&thread->state) : THREAD_FREE;
        if ((state != THREAD_STARTING && state != THREAD_ALIVE) || thread->pid != pid)
            continue;
        here++;
        if (!keep || state != THREAD_ALIVE)
            continue;
        classes_fork_keep(thread->class_id);
        arenas_join(thread->arena);
    }
    return here;
}

/* One that begins or ends meanwhile may be counted too much, never too little: the publisher asks the kernel, too, before it
 * takes a thread for the last. */
void bind_fork_child(struct thread *self)
{
    uint32_t before = load_acquire32(&alive);
    if (self != NULL)
        self->tid = (uint32_t)gettid();
    arenas_fork_child();
    classes_fork_child();
    count_here(true);
    while (!swap_if32(&alive, &before, count_here(false))) {
    }
}
