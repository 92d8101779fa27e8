/* thread.h: one record for each thread of the process, and the few words each thread keeps in its own TLS.
 *
 * Records lie in memory of the agent's own, which is never given back: whoever reads them needs no lock to be safe from
 * unmapping. A record is written by its thread alone, except where said. */
#ifndef AGENT_THREADS_H
#define AGENT_THREADS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "arenatop.h"

/* ---- what each thread has in its TLS ----
 *
 * `slot` has a byte for each piece of address space of the size of a region. A free adds one to the byte of its block, and
 * is of the thread's own memory, and counted, if the byte then is negative: one addition is the question and the count. The
 * byte of the thread's own region starts at THREADS_ARMED; when it comes round to zero, 128 frees later, the slow path adds
 * them to `own_frees` and arms it anew. Every other byte is zero, and the slow path puts it back there. */

#define THREADS_ARMED      0x80u
#define THREADS_SLOT_SHIFT 40
#ifdef __x86_64__
#define THREADS_SLOTS 128u /* user space has 47 bits */
#else
#define THREADS_SLOTS 256u
#endif
#define THREADS_NO_REGION 0u /* no region's number: every free takes the slow path */

struct thread;

struct thread_tls {
    uint8_t slot[THREADS_SLOTS];
    uintptr_t region;      /* region_key of the thread's class, or THREADS_NO_REGION */
    uint64_t own_frees;    /* blocks of its own class's memory that it freed, but for those in the slot */
    struct thread *record; /* NULL: not registered */
    uint64_t unblocked;    /* signals that it lets through when it is in no handler, see unblocked.h; 0: not known */
    uint32_t renamed;      /* set by another thread that renamed this one: sort it anew at the next hook */
    uint8_t closed;        /* its books are closed: it is past its last destructor, or the agent's own */
    uint8_t shut_in;       /* a child that borrows its memory has set a filter: see self.h */
    uint8_t has_keys;      /* it set a pthread key, not ours nor jemalloc's, which may have a destructor */
    uint8_t changing;      /* it is in the midst of a change, see threads_begin_change() */
    uint8_t met;           /* jemalloc met it before it had a record: it has a cache, and may have allocated */
    uint8_t settling;      /* it is in a settlement: see books.c */
    uint8_t left_class;    /* at its end, which may begin anew: it is counted in its class no more, */
    uint8_t left;          /* nor among those that live */
};

extern __thread struct thread_tls thread_tls __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* Counts a free of `pointer`, and says whether the block is the calling thread's own. If not, threads_fold() is due. */
static inline bool threads_count_own(const void *pointer)
{
    uintptr_t slot = (uintptr_t)pointer >> THREADS_SLOT_SHIFT;
#ifndef __x86_64__
    slot &= THREADS_SLOTS - 1;
#endif
    return (int8_t)++thread_tls.slot[slot] < 0;
}

/* After threads_count_own() said no to NULL. */
static inline void threads_uncount_null(void)
{
    thread_tls.slot[0] = 0;
}

/* After threads_count_own() said no to a block of `slot`, which is not the thread's region's. A look may read it. */
static inline void threads_uncount(struct thread_tls *tls, uintptr_t slot)
{
    __atomic_store_n(&tls->slot[slot], 0, __ATOMIC_RELAXED);
}

/* After threads_count_own() said no: puts the slot right, and says whether the block is own and counted all the same. */
bool threads_fold(const void *pointer);

/* Whether `pointer` is the calling thread's own, without counting it. */
bool threads_owns(const void *pointer);

/* From now on the calling thread's own memory is that in `region`; its slot stays disarmed while `renamed` is set. */
void threads_take_region(uintptr_t region);

/* Makes another thread's next free take the slow path, for certain when `renamed` was set before; in any case one of its
 * next 128 does. */
void threads_disarm(struct thread_tls *other);

/* Blocks of its own class's memory that a thread freed. Any thread. */
uint64_t threads_own_frees(const struct thread_tls *tls);

/* While the calling thread gives a foreign block back, or takes its class and its arena. Handlers of its signals see
 * `changing` before what is written meanwhile, and for as long: one that renames the thread, forks or allocates first leaves
 * cells, cache and class alone, and does not wait for a mutex that the thread may hold. Changes nest: what the beginning
 * returned is handed to the end. */
static inline __attribute__((always_inline)) uint8_t threads_begin_change(void)
{
    uint8_t before = thread_tls.changing;
    thread_tls.changing = 1;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    return before;
}

static inline __attribute__((always_inline)) void threads_end_change(uint8_t before)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    thread_tls.changing = before;
}

/* ---- records ---- */

enum thread_state {
    THREAD_FREE,     /* on the free list */
    THREAD_STARTING, /* made by the creator, thread not yet running */
    THREAD_ALIVE,    /* counters may be read */
    THREAD_ENDING    /* alive, past jemalloc's own thread clean-up */
};

/* Memory of class `owner` that this thread freed, while it was of another class. */
struct thread_cell {
    uint64_t owner_count; /* owner + 1 in the top 8 bits, count of blocks below; 0: not in use */
    uint64_t bytes;
};

#define THREAD_CELLS      1
#define THREAD_CELLS_MORE 7
#define THREAD_COUNT_BITS 56

struct thread_cells {
    uint64_t next; /* struct thread_cells *, as a word for atomic access */
    uint64_t reserved;
    struct thread_cell cell[THREAD_CELLS_MORE];
};

/* Three lines of the processor's cache: all that a look for peaks reads; what frees write; what is written once. */
struct thread {
    _Alignas(64) uint32_t state; /* enum thread_state */
    uint32_t tid;
    uint16_t class_id;         /* row of its class: what it frees is freed by that */
    uint16_t alloc_class;      /* row that what it allocates is booked to; its class, but at its very end */
    uint16_t home;             /* row that owns what its fast path frees */
    uint16_t from;             /* row of its creator's class */
    uint32_t arena;            /* ARENAS_NONE when it was bound to none */
    uint32_t foreign;          /* some cell is in use */
    const uint64_t *allocated; /* jemalloc's counters of this thread, in its TLS */
    const uint64_t *deallocated;
    uint64_t base_allocated; /* counters when the thread entered its class */
    uint64_t base_deallocated;
    const struct thread_tls *tls;

    struct thread_cell cell[THREAD_CELLS];
    uint64_t more; /* struct thread_cells * */
    union {
        struct thread_cell *last; /* the cell used last: most threads free the memory of one other class */
        void *argument;           /* of its start routine, until bind_start() */
    };
    uint32_t cache; /* id of its explicit tcache + 1; 0: none */
    union {
        uint32_t foreign_frees;  /* since the thread began, until a cache was made */
        uint32_t foreign_cached; /* bytes given to the cache since it was flushed */
    };
    uint64_t base_own_frees;
    uint64_t seen_own_bytes; /* what a look saw of it last; who looks or settles writes them */
    uint64_t seen_own_frees;

    void *(*start)(void *);
    union {
        const void *routine; /* what stands behind a start routine that passes on: see behind.h */
        uint64_t unblocked;  /* its creator's, until bind_start() */
    };
    const char *type;
    char name[AT_THREAD_NAME_BYTES]; /* its name, or its creator's until it has one */
    bool passes_on;
    bool named;
    bool is_main;
    bool placed; /* it has its class's arena, and the counters are jemalloc's: see place.c */
    bool unseen; /* no hook saw it start, and it may be at its end already */
    uint8_t ending_round;
    uint16_t moves;          /* changes of class in the present second, */
    uint32_t moved_since_ms; /* and when that began; comes round in 49 days */
    uint32_t process;        /* self_number() of the one that made the record */
    uint32_t next_free; /* index + 1 of the next record on the free list; this and the next stay when it is taken */
    uint32_t index;
};

_Static_assert(sizeof(struct thread) == 192, "a thread's record is to stay small");

/* A record off the free list, or a new one; state STARTING. NULL when there is no memory. Any thread. */
struct thread *threads_new(void);

/* Puts a record back. Its state becomes FREE. */
void threads_free(struct thread *thread);

/* Records ever made; record i of them, in any state. Records are never unmapped. Those from a multiple of THREADS_IN_SLAB
 * on lie one behind the other. */
#define THREADS_IN_SLAB 128u
uint32_t threads_count(void);
struct thread *threads_at(uint32_t i);

/* The cell of `owner` in a thread's own row; makes it when there is none. NULL when there is no memory for it.
 * Only the thread itself calls this. */
struct thread_cell *threads_cell(struct thread *thread, unsigned owner);

static inline unsigned thread_cell_owner(uint64_t owner_count)
{
    return (unsigned)(owner_count >> THREAD_COUNT_BITS) - 1;
}

static inline uint64_t thread_cell_count(uint64_t owner_count)
{
    return owner_count & ((UINT64_C(1) << THREAD_COUNT_BITS) - 1);
}

/* Calls `each` for every cell in use. `each` may clear the cell's figures. */
void threads_each_cell(struct thread *thread, void (*each)(void *context, struct thread_cell *cell), void *context);

/* Says of the calling thread that no cell is in use any more. */
static inline void threads_cleared(struct thread *thread)
{
    thread->last = NULL;
    __atomic_store_n(&thread->foreign, 0, __ATOMIC_RELEASE);
}

/* The TLS words of another thread that is alive or not yet joined: glibc's pthread_t is the address of the thread's
 * control block, and static TLS lies at the same distance from it in every thread. */
struct thread_tls *threads_local_of(pthread_t thread);

#endif
