/* bind.h: a thread's way through the agent: it starts, is sorted into a class, perhaps changes class, and ends. */
#ifndef AGENT_BIND_H
#define AGENT_BIND_H

#include "thread.h"

/* First thing in a new thread: takes `thread`, which its creator made, as the record of the calling thread, and sorts it.
 * Where possible it gets its arena only when it needs one: see place.h. */
void bind_start(struct thread *thread);

/* Makes a record for the calling thread, which no hook saw start, and sorts it by its present name when that is its own
 * (`named`); else it stays unbound. Returns the record, or NULL when there is no memory. */
struct thread *bind_adopt(bool named);

/* The calling thread, which libc made behind our back to call `start` as soon as it could, for a thread of class `from`:
 * makes a record, unless a hook that it came by has, and sorts it. What it freed on its way here is of libc's own thread
 * that made it, which nobody saw: it is booked to (unbound) as allocated. */
void bind_late(const void *start, unsigned from);

/* The main thread, from the constructor. */
void bind_main(void);

/* Sorts the calling thread anew after its name changed; if that may be in a signal's handler, later. Nothing happens when it
 * stays in its class; the main thread does, whatever its name becomes, unless a rule says otherwise. */
void bind_renamed(struct thread *thread);

/* The same for one that frees or calls jemalloc itself, as no handler may: not later. */
void bind_renamed_frees(struct thread *thread);

/* What a thread does that finds itself renamed: the same, or, if it has no record and is jemalloc's own, is met. Of those the
 * first may be there before the agent is. */
void bind_noticed(void);

/* Before the calling thread ends by the kernel's own exit(2), where no destructor runs: libc may unmap its stack, and with it
 * the TLS that holds our counters and jemalloc's cache, as soon as the thread is joined. */
void bind_exit(void);

/* The agent's own thread has no class and no books: from here on it allocates nothing. Another library's pthread_create() may
 * have begun it with work of its own, which is (unbound)'s. */
void bind_own(void);

/* Makes the key whose destructor ends a thread's books, unless it is made already; false when there is none to be had. To
 * be called before anybody else makes a key, for a thread's end: see bind.c. */
bool bind_make_key(void);

#endif
