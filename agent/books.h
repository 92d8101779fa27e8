/* books.h: what each class allocated, and who freed whose memory: the first of the two sets of books.
 *
 * All of it comes from counters that belong to one thread each. While a thread lives they stand in its record and in
 * jemalloc's own counters in its TLS; when it changes class or ends they are settled: added to the sums kept here, and the
 * thread begins anew. Looks and settlements exclude each other, so a look never sees half a settlement, nor TLS that is
 * gone; settlements do not exclude one another. Neither side holds anything while it calls out. */
#ifndef AGENT_BOOKS_H
#define AGENT_BOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "arenatop.h"
#include "thread.h"

struct books_cell {
    uint64_t bytes;
    uint64_t count;
};

/* The books at one moment. Rows and columns up to `classes` are filled in. About 70 KiB: never on a stack. */
struct books {
    unsigned classes;
    uint32_t threads;                                       /* records read */
    uint64_t allocated[AT_CLASSES_MAX];                     /* bytes allocated by the class's threads */
    uint64_t deallocated[AT_CLASSES_MAX];                   /* bytes freed by them, whoever's */
    struct books_cell flow[AT_CLASSES_MAX][AT_CLASSES_MAX]; /* [owner][freed_by] */
};

/* A thread as a look found it; counters since the thread began. */
struct books_thread {
    uint32_t tid;
    uint32_t class_id;
    char name[AT_THREAD_NAME_BYTES];
    uint64_t allocated;
    uint64_t deallocated;
};

/* Opens the books of the calling thread: from now on what it allocates is booked to `alloc_class`, what it frees is freed
 * by `class_id`, and what its fast path frees is `home`'s. What it had counted before goes to the classes it was of.
 * A thread whose record was not yet alive had been of (unbound) till now. Waits while a look is going on. */
void books_open(struct thread *thread, unsigned class_id, unsigned alloc_class, unsigned home);

/* The same for a thread that has no counters yet, and nothing to settle. */
void books_write_down(struct thread *thread, unsigned class_id, unsigned alloc_class, unsigned home);

/* Settles the calling thread's books and gives its record back, which it has no more. Nothing of the thread is read after
 * that. */
void books_close(struct thread *thread);

/* At the end of a thread that a handler may have ended amid a settlement: nobody waits for it any longer. */
void books_abandon(void);

/* The calling thread's counters are these from now on; it had none before. */
void books_meet(struct thread *thread, const uint64_t *allocated, const uint64_t *deallocated,
                const struct thread_tls *tls);

/* The calling thread is named so from now on; a look finds the old name or the new one. */
void books_name(struct thread *thread, const char name[AT_THREAD_NAME_BYTES]);

/* Whether the thread has allocated or freed anything since its books were opened. Only the thread itself calls this. */
bool books_touched(const struct thread *thread);

/* Counts a block freed by a thread that has no record (any more). Any thread; takes no lock. */
void books_count_stray(unsigned owner, unsigned freed_by, uint64_t bytes);

/* The same for one that the calling thread is about to free, for which there is no memory to count it by itself. */
void books_count_apart(struct thread *thread, unsigned owner, uint64_t bytes);

/* Bytes that jemalloc's counters book to class `from`, though their address says `to`. Any thread; takes no lock. */
void books_move(unsigned from, unsigned to, uint64_t bytes);

/* Bytes of class `owner` that a thread which nobody saw allocated. Any thread; takes no lock. */
void books_find(unsigned owner, uint64_t bytes);

/* Reads everything; the first `capacity` threads also into `threads` (may be NULL). Only the publisher looks. Returns
 * false when the settling threads did not get out of the way within `patience_ns`. */
bool books_look(struct books *books, uint64_t patience_ns, struct books_thread *threads, uint32_t capacity);

/* What can be had without the matrix. */
struct books_sums {
    unsigned classes;
    int64_t live[AT_CLASSES_MAX]; /* may be below 0 while things move */
    uint64_t moved;               /* bytes allocated and bytes freed, ever, by all threads */
};

/* The same as books_look, for these: as many threads take a fifth of the time. */
bool books_peek(struct books_sums *sums, uint64_t patience_ns);

/* Live bytes of a class as the books have them, never below 0. */
uint64_t books_live(const struct books *books, unsigned id);

/* Bytes of a class that anyone freed. */
uint64_t books_released(const struct books *books, unsigned id);

/* For fork, which several threads may do at once: settlements keep out of the way from prepare to parent or child, for a
 * moment at most: whoever settles may hold a lock that another library's fork handler waits for. The child folds the counters of every thread that it has not into
 * the sums and frees their records; records of threads that it made itself meanwhile stay. Returns how many had counters. */
void books_fork_prepare(void);
void books_fork_parent(void);
unsigned books_fork_child(struct thread *self);

#endif
