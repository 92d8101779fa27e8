/* place.h: a thread's place: the class that it is of, and the arena of that class that it is bound to. It is counted in both.
 *
 * All of it is for the calling thread, whose record `thread` is; each may call into jemalloc, but place_begin(),
 * place_note_key() and place_may_be_late(). None can fail: who finds no place is of (unbound), and allocates where jemalloc
 * lets it. The callers keep errno and cancellation, where not said otherwise. */
#ifndef AGENT_PLACE_H
#define AGENT_PLACE_H

#include "classes.h"
#include "thread.h"

/* From place_begin_change() to place_end_change() the calling thread takes its class and its place: it is not cancelled
 * meanwhile, and what its signals' handlers do leaves both alone (threads_begin_change()). The callers of what follows see to
 * that, place_follow() and place_now() apart. */
struct place_changing {
    int cancel;
    uint8_t before;
};
void place_begin_change(struct place_changing *changing);
void place_end_change(const struct place_changing *changing);

/* Readies a record for a first place. It has no counters yet. `later`: no arena either, until place_now(). */
void place_begin(struct thread *thread, bool later);

/* From now on the thread's counters are jemalloc's. To be called when the record is known as the thread's: jemalloc may meet
 * it here first. */
void place_find_counters(struct thread *thread);

/* The same without a call of jemalloc's, if it can be said where they lie: for a thread of jemalloc's own. */
void place_guess_counters(struct thread *thread);

/* The first place: in the class that `wish` asks for, or (unbound) if it is NULL. `used`: the thread has allocated before. */
void place_first(struct thread *thread, const struct classes_wish *wish, bool used);

/* Another class; the thread stays in its own where jemalloc does not let it go. */
void place_change(struct thread *thread, const struct classes_wish *wish);

/* Follows the thread to `arena`, which the program itself bound it to just now: what it allocates from here on is of the
 * class that owns that arena, or of (unbound). */
void place_follow(struct thread *thread, uint32_t arena);

/* What lies in the region of class `id` is the thread's own from now on, and freed on the fast path, if that is on. */
void place_take_region(unsigned id);

/* At the thread's end: it is counted no more. What it still allocates is (unbound)'s, what it frees is freed by its class. */
void place_leave(struct thread *thread);

/* After place_leave(), where libc will not tell jemalloc of the thread's end: tells it. It would go on to read the thread's
 * cache in every snapshot, and to write to its neighbours in the list of all threads. */
void place_end_jemalloc(const struct thread *thread);

/* ---- the arena, late ---- */

/* Whether a thread may go without an arena until it needs one: jemalloc is seen when it meets a thread. Any thread. */
bool place_may_be_late(void);

/* Gives the thread what it was not given when it began: its class's arena. errno survives, and no cancellation comes. In a
 * handler that finds the thread in a change it does nothing: the next one who needs it does. */
void place_now(struct thread *thread);

/* jemalloc meets the calling thread, which from now on may allocate. */
void place_meet(void);

/* Tells whose key was made: jemalloc's is the one made by the object that has the next free(). Any thread. */
void place_note_key(pthread_key_t key, void (*destructor)(void *), const void *maker);
extern pthread_key_t place_jemallocs_key __attribute__((visibility("hidden")));

#endif
