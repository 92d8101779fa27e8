/* place.c: gives threads their class and their arena. */
#include "place.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "agent.h"
#include "arenas.h"
#include "atomics.h"
#include "books.h"
#include "cache.h"
#include "next.h"
#include "objects.h"
#include "region.h"
#include "say.h"

static const uint64_t no_counter = 0;
static const struct thread_tls no_tls;

void place_begin_change(struct place_changing *changing)
{
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &changing->cancel);
    changing->before = threads_begin_change();
}

void place_end_change(const struct place_changing *changing)
{
    threads_end_change(changing->before);
    pthread_setcancelstate(changing->cancel, NULL);
}

/* ---- jemalloc's side ---- */

void place_begin(struct thread *thread, bool later)
{
    store_relaxed_place(&thread->allocated, &no_counter); /* a look may ask for them ahead, though not read them yet */
    store_relaxed_place(&thread->deallocated, &no_counter);
    thread->tls = &no_tls;
    thread->placed = !later;
}

static const uint64_t *counter(enum jemalloc_mib mib)
{
    uint64_t *pointer = NULL;
    size_t bytes = sizeof pointer;
    int failed = jemalloc_call(&agent.jemalloc, mib, &pointer, &bytes, NULL, 0);
    return failed == 0 && pointer != NULL ? pointer : &no_counter;
}

/* From our own TLS to jemalloc's counters; 0: not known. Both are loaded with the program, so they lie in the threads' static
 * TLS, which is the same in all of them. What lies further away is elsewhere. */
static struct {
    ptrdiff_t allocated, deallocated;
} distance;

#define STATIC_TLS_BYTES 65536

static bool is_near(ptrdiff_t bytes)
{
    return bytes > -STATIC_TLS_BYTES && bytes < STATIC_TLS_BYTES;
}

static void note_distances(const uint64_t *allocated, const uint64_t *deallocated)
{
    const char *own = (const char *)&thread_tls;
    ptrdiff_t to_allocated = (const char *)allocated - own, to_deallocated = (const char *)deallocated - own;
    if (allocated == &no_counter || !is_near(to_allocated) || !is_near(to_deallocated))
        return;
    distance.allocated = to_allocated;
    distance.deallocated = to_deallocated;
}

/* jemalloc keeps its counters in the thread's TLS. */
void place_find_counters(struct thread *thread)
{
    const uint64_t *allocated = counter(JEMALLOC_THREAD_ALLOCATEDP),
                   *deallocated = counter(JEMALLOC_THREAD_DEALLOCATEDP);
    if (thread->is_main)
        note_distances(allocated, deallocated);
    books_meet(thread, allocated, deallocated, &thread_tls);
}

void place_guess_counters(struct thread *thread)
{
    const char *own = (const char *)&thread_tls;
    if (distance.allocated != 0)
        books_meet(thread, (const void *)(own + distance.allocated), (const void *)(own + distance.deallocated),
                   &thread_tls);
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

/* Finds class and arena, and counts the thread in both. Of one that is of no class yet the record says so at once. */
static struct place find_place(struct thread *thread, const struct classes_wish *wish)
{
    uint16_t *noted = thread->state == THREAD_STARTING ? &thread->class_id : NULL;
    struct place place = {.id = classes_enter(wish, noted), .arena = ARENAS_NONE};
    if (!thread->placed)
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
void place_take_region(unsigned id)
{
    bool fast = agent.exact && classes_row(id)->region;
    threads_take_region(fast ? region_key(id) : THREADS_NO_REGION);
}

static void say_unbound(unsigned id, uint32_t arena, int failed)
{
    char name[AT_CLASS_NAME_BYTES];
    classes_name(id, name);
    say_warning("class %s: a thread could not be bound to arena %u: %s", name, (unsigned)arena,
                strerrordesc_np(failed));
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
        say_unbound(place->id, arena, failed);
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
    place_take_region(place->id);
}

static void count_out(const struct thread *thread, bool touched)
{
    classes_leave(thread->class_id, touched, !touched);
    arenas_release(thread->arena);
}

void place_first(struct thread *thread, const struct classes_wish *wish, bool used)
{
    struct place place = wish != NULL ? find_place(thread, wish) : leave_to_unbound();
    if (place.arena != ARENAS_NONE && !move_to(thread, &place, used)) {
        classes_leave(place.id, false, true);
        arenas_release(place.arena);
        place = leave_to_unbound();
    }
    settle_in(thread, &place);
}

/* Leaves the old class before it enters the new one, so that a class only passed through can give its row and arenas. */
void place_change(struct thread *thread, const struct classes_wish *wish)
{
    const struct place old = {.id = thread->class_id, .arena = thread->arena};
    bool touched = thread->placed && books_touched(thread);
    count_out(thread, touched);
    struct place place = wish != NULL ? find_place(thread, wish) : leave_to_unbound();
    if (thread->placed && !move_to(thread, &place, true)) { /* it stays where its memory comes from */
        classes_leave(place.id, false, true);
        arenas_release(place.arena);
        classes_join(old.id);
        arenas_join(old.arena);
        place = old;
    }
    settle_in(thread, &place);
}

void place_follow(struct thread *thread, uint32_t arena)
{
    if (thread->state != THREAD_ALIVE || arena == thread->arena)
        return;
    struct place place = {.id = arenas_class(arena), .arena = ARENAS_NONE};
    uint8_t before = threads_begin_change();
    if (place.id != AT_CLASS_UNBOUND)
        place.arena = arena; /* from which it has to be taken when it is to be of no class */
    if (place.id == thread->class_id) {
        arenas_release(thread->arena);
    } else {
        count_out(thread, books_touched(thread));
        classes_join(place.id);
    }
    arenas_join(place.arena);
    settle_in(thread, &place);
    threads_end_change(before);
}

/* ---- the end ---- */

void place_leave(struct thread *thread)
{
    bool touched = thread->placed && books_touched(thread);
    cache_end(thread);
    threads_take_region(THREADS_NO_REGION);
    /* Else a handler was quicker. */
    bool counted = thread->state == THREAD_ALIVE || thread->class_id != AT_CLASS_UNBOUND;
    if (counted && !thread_tls.left_class)
        classes_end(thread->class_id, touched, &thread_tls.left_class);
    if (counted)
        arenas_release(thread->arena);
    thread->arena = ARENAS_NONE;
    if (thread->placed)
        books_open(thread, thread->class_id, AT_CLASS_UNBOUND, AT_CLASS_UNBOUND);
    else
        books_write_down(thread, thread->class_id, AT_CLASS_UNBOUND, AT_CLASS_UNBOUND);
}

/* ---- the arena, late ----
 *
 * A thread that never allocates needs no arena, and is not made known to jemalloc, which would give it a cache of some ten
 * KiB. What tells us that one is about to allocate is that jemalloc sets its key for it, before it chooses an arena: there
 * the thread is placed. A free comes by our hooks first, which place it too: jemalloc, met first in a free, would make only
 * half a thread of it. */

pthread_key_t place_jemallocs_key = UINT_MAX;
static void (*jemallocs_destructor)(void *);
static uint32_t sees_meetings; /* 1: jemalloc's setting of the key passes by us */

void place_note_key(pthread_key_t made, void (*destructor)(void *), const void *maker)
{
    const void *next_free;
    memcpy(&next_free, &next.free, sizeof next_free);
    if (place_jemallocs_key != UINT_MAX || next_free == NULL || objects_holding(maker) != objects_holding(next_free))
        return;
    jemallocs_destructor = destructor;
    place_jemallocs_key = made;
}

/* Its destructor, as libc would call it. One that is linked into the program may have a key that nobody noticed: at least the
 * cache is taken out of its arena's list then. */
void place_end_jemalloc(const struct thread *thread)
{
    void *value = jemallocs_destructor != NULL ? pthread_getspecific(place_jemallocs_key) : NULL;
    if (value != NULL) {
        next.pthread_setspecific(place_jemallocs_key, NULL);
        jemallocs_destructor(value);
    } else if (thread->placed) {
        jemalloc_end_cache(&agent.jemalloc);
    }
}

void place_meet(void)
{
    struct thread *thread = thread_tls.record;
    store_relaxed32(&sees_meetings, 1);
    if (thread == NULL)
        thread_tls.met = 1;
    else if (!thread->placed)
        place_now(thread);
}

bool place_may_be_late(void)
{
    return agent.exact && load_relaxed32(&sees_meetings) != 0;
}

/* In the class that it is of already. It has allocated nothing, so there is no cache to flush, but where a signal's handler
 * was quicker. */
static void take_place(struct thread *thread)
{
    struct place place = {.id = thread->class_id, .arena = arenas_take(thread->class_id)};
    if (place.arena == ARENAS_NONE || !move_to(thread, &place, false)) {
        classes_leave(place.id, false, true);
        arenas_release(place.arena);
        place = leave_to_unbound();
    }
    place_find_counters(thread);
    if (*thread->allocated != 0)
        flush_cache();
    settle_in(thread, &place);
}

void place_now(struct thread *thread)
{
    struct place_changing changing;
    int saved = errno;
    if (thread_tls.changing)
        return;
    place_begin_change(&changing);
    thread->placed = true;
    if (thread->state == THREAD_ALIVE && thread->class_id != AT_CLASS_UNBOUND)
        take_place(thread);
    else
        place_find_counters(thread);
    place_end_change(&changing);
    errno = saved;
}
