/* bind.h: a thread's way through the agent: it starts, is sorted into a class, perhaps changes class, and ends. */
#ifndef AGENT_BIND_H
#define AGENT_BIND_H

#include "thread.h"

/* A thread is about to be made; or (false) it was not to be had after all. Counted by the creator: a main thread that leaves
 * right after must not think that it is the last. */
void bind_expect(bool comes);

/* First thing in a new thread: takes `thread`, which its creator made, as the record of the calling thread, and sorts it.
 * Where possible it gets its arena only when it needs one: see bind.c. */
void bind_start(struct thread *thread);

/* Gives the calling thread what it was not given when it started: its class's arena. `thread` is its record. */
void bind_place(struct thread *thread);

/* Tells whose key was made: jemalloc's is the one made by the object that has the next free(). */
void bind_note_key(pthread_key_t key, const void *maker);
extern pthread_key_t bind_jemallocs_key __attribute__((visibility("hidden")));

/* jemalloc meets the calling thread, which from now on may allocate. */
void bind_meet(void);

/* Makes a record for the calling thread, which no hook saw start, and sorts it by its present name when that is its own
 * (`named`); else it stays unbound. Returns the record, or NULL when there is no memory. */
struct thread *bind_adopt(bool named);

/* The calling thread, which libc made behind our back to call `start` as soon as it could, for a thread of class `from`:
 * makes a record, unless a hook that it came by has, and sorts it. What it freed on its way here is of libc's own thread
 * that made it, which nobody saw: it is booked to (unbound) as allocated. */
void bind_late(const void *start, unsigned from);

/* The main thread, from the constructor. */
void bind_main(void);

/* Sorts the calling thread anew after its name changed. Nothing happens when it stays in its class; the main thread does,
 * whatever its name becomes. */
void bind_renamed(struct thread *thread);

/* Follows the calling thread to `arena`, which the program itself bound it to just now: what it allocates from here on
 * is of the class that owns that arena, or of (unbound). */
void bind_follow(struct thread *thread, uint32_t arena);

/* Makes the key whose destructor ends a thread's books, unless it is made already; false when there is none to be had. To
 * be called before anybody else makes a key, for a thread's end: see bind.c. */
bool bind_make_key(void);

/* Threads with a record, those about to start included, that have not come to their end. */
uint32_t bind_alive(void);

/* For fork, in the child, after books_fork_child: counts who lives: the calling thread, whose record is `self` (or NULL), and
 * those that other libraries' handlers, called before ours, have made. */
void bind_fork_child(struct thread *self);

#endif
