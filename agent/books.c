/* books.c: settling and looking. */
#include "books.h"

#include <sched.h>
#include <string.h>

#include "atomics.h"
#include "classes.h"
#include "clock.h"
#include "futex.h"
#include "self.h"

/* What is counted in `looking`: looks, and in the upper half of its count forks, of which there may be several at once. */
#define LOOKING          1u
#define FORKING          (1u << 16)
#define FORK_PATIENCE_NS UINT64_C(10000000)
#define READ_AHEAD       32u

static struct {
    uint64_t looking;  /* what goes on, settlements wait for it; in the upper half the process in which it goes on */
    uint32_t settling; /* threads in a settlement: looks and forks wait */
    uint32_t waiting;  /* threads that sleep until a look or a fork is over; it wakes nobody where nobody does */
    uint64_t allocated[AT_CLASSES_MAX];
    uint64_t deallocated[AT_CLASSES_MAX];
    struct books_cell flow[AT_CLASSES_MAX][AT_CLASSES_MAX];
    uint64_t released[AT_CLASSES_MAX]; /* bytes in its row of `flow` */
} state;

/* ---- exclusion: both sides announce themselves, then look for the other; one total order of the two words makes sure
 * that at least one of them sees the other ---- */

/* A child that fork's handlers know nothing of (raw clone) may have been made during a look that never ends in it: what goes
 * on in another process is nothing to wait for. */
static uint32_t looking_here(void)
{
    uint64_t looking = load_seq_cst64(&state.looking);
    return (uint32_t)looking != 0 && looking >> 32 == self_number() ? (uint32_t)looking : 0;
}

/* Never below 0: a thread that another library's fork handler made in a child may be in the middle when ours makes it 0. */
static void count_down(uint32_t *count)
{
    uint32_t now = load_seq_cst32(count);
    while (now != 0 && !swap_if_seq_cst32(count, &now, now - 1))
        ;
}

/* Waits for a look, and a moment for a fork. */
static void wait_for_look(uint32_t looking)
{
    uint32_t *count = (uint32_t *)&state.looking; /* the lower half */
    if (looking == 0)
        return;
    add_seq_cst32(&state.waiting, 1); /* before the kernel looks at the count once more */
    futex_wait(count, looking, looking >= FORKING ? clock_mono_ns() + FORK_PATIENCE_NS : 0);
    count_down(&state.waiting);
}

static void settle_end(void)
{
    count_down(&state.settling);
    thread_tls.settling = 0;
}

static void settle_begin(void)
{
    for (bool waited = false;;) {
        thread_tls.settling = 1;
        add_seq_cst32(&state.settling, 1);
        uint32_t looking = looking_here();
        if (looking == 0 || (waited && looking % FORKING == 0))
            return; /* for a fork not for ever: see books_fork_prepare */
        settle_end();
        looking = looking_here();
        wait_for_look(looking);
        waited |= looking >= FORKING;
    }
}

void books_abandon(void)
{
    if (thread_tls.settling)
        settle_end();
}

/* A settlement is some hundred instructions: whoever is in one is either running or preempted. */
static bool wait_for_settlements(uint64_t patience_ns)
{
    uint64_t until = 0;
    for (unsigned tries = 0; load_seq_cst32(&state.settling) != 0; tries++) {
        if (tries < 100)
            continue;
        uint64_t now = clock_mono_ns();
        until = until == 0 ? now + patience_ns : until;
        if (now > until)
            return false;
        sched_yield();
    }
    return true;
}

static bool look_begin(uint32_t what, uint64_t patience_ns)
{
    uint64_t looking = load_seq_cst64(&state.looking), here = (uint64_t)self_number() << 32, next;
    do
        next = (looking >> 32 == here >> 32 ? looking : here) + what;
    while (!swap_if_seq_cst64(&state.looking, &looking, next));
    return wait_for_settlements(patience_ns);
}

static void look_end(uint32_t what)
{
    uint64_t looking = load_seq_cst64(&state.looking);
    while (!swap_if_seq_cst64(&state.looking, &looking, looking - what))
        ;
    if (load_seq_cst32(&state.waiting) != 0)
        futex_wake((uint32_t *)&state.looking);
}

/* ---- settling ---- */

static void add_flow(unsigned owner, unsigned freed_by, uint64_t bytes, uint64_t count)
{
    if (bytes == 0 && count == 0)
        return;
    add_relaxed64(&state.flow[owner][freed_by].bytes, bytes);
    add_relaxed64(&state.flow[owner][freed_by].count, count);
    add_relaxed64(&state.released[owner], bytes);
}

struct settlement {
    unsigned freed_by;
    uint64_t foreign_bytes;
};

static void settle_cell(void *context, struct thread_cell *cell)
{
    struct settlement *settlement = context;
    uint64_t bytes = load_relaxed64(&cell->bytes);
    add_flow(thread_cell_owner(cell->owner_count), settlement->freed_by, bytes, thread_cell_count(cell->owner_count));
    settlement->foreign_bytes += bytes;
    store_relaxed64(&cell->owner_count, 0);
    store_relaxed64(&cell->bytes, 0);
}

static uint64_t keep_highest(uint64_t *seen, uint64_t value)
{
    if (value > *seen)
        *seen = value;
    return *seen;
}

/* What is left of all that was freed when what is foreign of it is taken away, which may have been counted ahead. */
static uint64_t without(uint64_t freed, uint64_t foreign)
{
    uint64_t own = freed - foreign;
    return (int64_t)own > 0 ? own : 0;
}

/* What the thread freed of its home's memory since it entered its class. A foreign block is counted before jemalloc has
 * counted it, and own ones move from the slot to their sum; so what is read may be less than what was read before, never
 * more than what is true. What was seen once stays: no counter goes down. */
static uint64_t own_bytes(struct thread *thread, uint64_t freed, uint64_t foreign)
{
    return keep_highest(&thread->seen_own_bytes, without(freed, foreign));
}

static uint64_t own_blocks(struct thread *thread, uint64_t own_frees)
{
    uint64_t blocks = own_frees - thread->base_own_frees;
    return keep_highest(&thread->seen_own_frees, (int64_t)blocks > 0 ? blocks : 0);
}

/* What was added is no more the thread's at once: a handler may end a thread that is in the midst of this, which is done anew
 * then. */
static void settle(struct thread *thread)
{
    struct settlement settlement = {.freed_by = thread->class_id};
    uint64_t allocated = *thread->allocated, deallocated = *thread->deallocated,
             own_frees = threads_own_frees(thread->tls);
    threads_each_cell(thread, settle_cell, &settlement);
    threads_cleared(thread);
    add_relaxed64(&state.allocated[thread->alloc_class], allocated - thread->base_allocated);
    store_relaxed64(&thread->base_allocated, allocated);
    uint64_t freed = deallocated - thread->base_deallocated;
    add_flow(thread->home, thread->class_id, own_bytes(thread, freed, settlement.foreign_bytes),
             own_blocks(thread, own_frees));
    add_relaxed64(&state.deallocated[thread->class_id], freed);
    store_relaxed64(&thread->base_deallocated, deallocated);
    store_relaxed64(&thread->base_own_frees, own_frees);
    thread->seen_own_bytes = thread->seen_own_frees = 0;
}

static void enter(struct thread *thread, unsigned class_id, unsigned alloc_class, unsigned home)
{
    thread->class_id = (uint16_t)class_id;
    thread->alloc_class = (uint16_t)alloc_class;
    thread->home = (uint16_t)home;
    if (thread->state == THREAD_STARTING)
        store_release32(&thread->state, THREAD_ALIVE);
}

void books_open(struct thread *thread, unsigned class_id, unsigned alloc_class, unsigned home)
{
    settle_begin();
    settle(thread);
    enter(thread, class_id, alloc_class, home);
    settle_end();
}

void books_write_down(struct thread *thread, unsigned class_id, unsigned alloc_class, unsigned home)
{
    bool read = thread->state != THREAD_STARTING;
    if (read)
        settle_begin();
    enter(thread, class_id, alloc_class, home);
    if (read)
        settle_end();
}

void books_meet(struct thread *thread, const uint64_t *allocated, const uint64_t *deallocated,
                const struct thread_tls *tls)
{
    settle_begin();
    thread->allocated = allocated;
    thread->deallocated = deallocated;
    thread->tls = tls;
    settle_end();
}

void books_name(struct thread *thread, const char name[AT_THREAD_NAME_BYTES])
{
    settle_begin();
    memcpy(thread->name, name, sizeof thread->name);
    settle_end();
}

void books_close(struct thread *thread)
{
    settle_begin();
    settle(thread);
    store_release32(&thread->state, THREAD_STARTING); /* no longer read, not yet anyone else's */
    settle_end();
    thread_tls.record = NULL; /* before it may be another's */
    threads_free(thread);
}

static void find_used(void *context, struct thread_cell *cell)
{
    *(bool *)context |= cell->owner_count != 0;
}

bool books_touched(const struct thread *thread)
{
    bool used = *thread->allocated != thread->base_allocated || *thread->deallocated != thread->base_deallocated;
    if (!used)
        threads_each_cell((struct thread *)(uintptr_t)thread, find_used, &used);
    return used;
}

void books_count_stray(unsigned owner, unsigned freed_by, uint64_t bytes)
{
    add_flow(owner, freed_by, bytes, 1);
    add_relaxed64(&state.deallocated[freed_by], bytes);
}

/* jemalloc counts it among what the thread freed, from where it is taken away ahead. */
void books_count_apart(struct thread *thread, unsigned owner, uint64_t bytes)
{
    books_count_stray(owner, thread->class_id, bytes);
    store_relaxed64(&thread->base_deallocated, thread->base_deallocated + bytes);
}

void books_move(unsigned from, unsigned to, uint64_t bytes)
{
    add_relaxed64(&state.allocated[from], (uint64_t)0 - bytes);
    add_relaxed64(&state.allocated[to], bytes);
}

void books_find(unsigned owner, uint64_t bytes)
{
    add_relaxed64(&state.allocated[owner], bytes);
}

/* ---- looking ---- */

struct reading {
    struct books *books;
    unsigned freed_by;
    uint64_t foreign_bytes;
};

static void read_cell(void *context, struct thread_cell *cell)
{
    struct reading *reading = context;
    uint64_t owner_count = load_relaxed64(&cell->owner_count), bytes = load_relaxed64(&cell->bytes);
    struct books_cell *flow = &reading->books->flow[thread_cell_owner(owner_count)][reading->freed_by];
    flow->bytes += bytes;
    flow->count += thread_cell_count(owner_count);
    reading->foreign_bytes += bytes;
}

/* What jemalloc counted as freed is read first, and counted by it last (frees.c): the cells have all that is foreign of it.
 * Frees are read before allocations, so that a block which comes and goes meanwhile does not make live negative. */
static void read_thread(struct books *books, struct thread *thread)
{
    struct reading reading = {.books = books, .freed_by = thread->class_id};
    uint64_t freed = load_acquire64(thread->deallocated) - thread->base_deallocated;
    uint64_t own_frees = threads_own_frees(thread->tls);
    threads_each_cell(thread, read_cell, &reading);
    struct books_cell *own = &books->flow[thread->home][thread->class_id];
    own->bytes += own_bytes(thread, freed, reading.foreign_bytes);
    own->count += own_blocks(thread, own_frees);
    books->deallocated[thread->class_id] += freed;
    books->allocated[thread->alloc_class] += load_relaxed64(thread->allocated) - thread->base_allocated;
    books->threads++;
}

static void read_sums(struct books *books)
{
    unsigned n = classes_count();
    books->classes = n;
    books->threads = 0;
    for (unsigned owner = 0; owner < n; owner++) {
        books->allocated[owner] = load_relaxed64(&state.allocated[owner]);
        books->deallocated[owner] = load_relaxed64(&state.deallocated[owner]);
        /* Word by word: strays are counted meanwhile. */
        copy_in_acquire((uint64_t *)books->flow[owner], (const uint64_t *)state.flow[owner], 2 * (size_t)n);
    }
}

static void describe(const struct thread *thread, struct books_thread *out)
{
    out->tid = thread->tid;
    out->class_id = thread->class_id;
    memcpy(out->name, thread->name, sizeof out->name);
    out->deallocated = load_relaxed64(thread->deallocated);
    out->allocated = load_relaxed64(thread->allocated);
}

static bool is_read(const struct thread *thread)
{
    uint32_t thread_state = load_acquire32(&thread->state);
    return thread_state == THREAD_ALIVE || thread_state == THREAD_ENDING;
}

/* Between two looks other work has filled the processor's caches. What is read next is asked for ahead: a record, and when
 * it has come the counters that it refers to. `left` records follow; asking for what is not there does no harm. */
static inline void read_ahead(const struct thread *thread, uint32_t left)
{
    __builtin_prefetch(thread + 2 * READ_AHEAD);
    if (left <= READ_AHEAD || !is_read(&thread[READ_AHEAD]))
        return;
    __builtin_prefetch(load_relaxed_place(&thread[READ_AHEAD].allocated));
    __builtin_prefetch(load_relaxed_place(&thread[READ_AHEAD].deallocated));
}

/* Calls `read` for every thread that has books. */
static inline void each_thread(void (*read)(void *context, struct thread *thread), void *context)
{
    uint32_t count = threads_count();
    for (uint32_t first = 0; first < count; first += THREADS_IN_SLAB) {
        struct thread *thread = threads_at(first);
        uint32_t left = count - first < THREADS_IN_SLAB ? count - first : THREADS_IN_SLAB;
        for (; thread != NULL && left > 0; thread++, left--) {
            read_ahead(thread, left);
            if (is_read(thread))
                read(context, thread);
        }
    }
}

struct look {
    struct books *books;
    struct books_thread *threads;
    uint32_t capacity;
};

static void look_at(void *context, struct thread *thread)
{
    const struct look *look = context;
    if (look->books->threads < look->capacity)
        describe(thread, &look->threads[look->books->threads]);
    read_thread(look->books, thread);
}

bool books_look(struct books *books, uint64_t patience_ns, struct books_thread *threads, uint32_t capacity)
{
    bool free_to_look = look_begin(LOOKING, patience_ns);
    if (free_to_look) {
        read_sums(books);
        each_thread(look_at, &(struct look){.books = books, .threads = threads, .capacity = capacity});
    }
    look_end(LOOKING);
    return free_to_look;
}

/* ---- a look at sums alone ---- */

struct peek {
    struct books_sums *sums;
    uint64_t foreign_bytes;
};

static void peek_cell(void *context, struct thread_cell *cell)
{
    struct peek *peek = context;
    uint64_t owner_count = load_relaxed64(&cell->owner_count), bytes = load_relaxed64(&cell->bytes);
    peek->sums->live[thread_cell_owner(owner_count)] -= (int64_t)bytes;
    peek->foreign_bytes += bytes;
}

/* In the order of read_thread(). */
static void peek_at(void *context, struct thread *thread)
{
    struct books_sums *sums = context;
    struct peek peek = {.sums = sums};
    uint64_t freed = load_acquire64(thread->deallocated) - thread->base_deallocated;
    if (load_acquire32(&thread->foreign) != 0)
        threads_each_cell(thread, peek_cell, &peek);
    sums->live[thread->home] -= (int64_t)without(freed, peek.foreign_bytes);
    uint64_t allocated = load_relaxed64(thread->allocated) - thread->base_allocated;
    sums->live[thread->alloc_class] += (int64_t)allocated;
    sums->moved += freed + allocated;
}

static void peek_all(struct books_sums *sums)
{
    unsigned n = classes_count();
    *sums = (struct books_sums){.classes = n};
    for (unsigned id = 0; id < n; id++) {
        uint64_t released = load_relaxed64(&state.released[id]), allocated = load_relaxed64(&state.allocated[id]);
        sums->live[id] = (int64_t)(allocated - released);
        sums->moved += allocated + load_relaxed64(&state.deallocated[id]);
    }
    each_thread(peek_at, sums);
}

bool books_peek(struct books_sums *sums, uint64_t patience_ns)
{
    bool free_to_look = look_begin(LOOKING, patience_ns);
    if (free_to_look)
        peek_all(sums);
    look_end(LOOKING);
    return free_to_look;
}

uint64_t books_released(const struct books *books, unsigned id)
{
    uint64_t released = 0;
    for (unsigned by = 0; by < books->classes; by++)
        released += books->flow[id][by].bytes;
    return released;
}

uint64_t books_live(const struct books *books, unsigned id)
{
    int64_t live = (int64_t)(books->allocated[id] - books_released(books, id));
    return live > 0 ? (uint64_t)live : 0;
}

/* ---- fork ---- */

/* A look may go on meanwhile: it only reads, and the child forgets what it read. A settlement that does not end, and one that
 * waited for a fork long enough, goes on, too, and the child's books are off by it: whoever settles may hold a lock that
 * another library's fork handler waits for. */
void books_fork_prepare(void)
{
    look_begin(FORKING, FORK_PATIENCE_NS);
}

void books_fork_parent(void)
{
    look_end(FORKING);
}

/* A record that nobody has come for yet may be that of the forking thread itself, if a signal's handler forks before the
 * thread has begun: it will come for it. */
static bool stays(const struct thread *thread, const struct thread *self)
{
    bool may_come = self == NULL || self->unseen;
    return thread == self || thread->state == THREAD_FREE || thread->process == self_number() ||
           (thread->state == THREAD_STARTING && may_come);
}

unsigned books_fork_child(struct thread *self)
{
    uint32_t count = threads_count();
    unsigned folded = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct thread *thread = threads_at(i);
        if (thread == NULL || stays(thread, self))
            continue;
        if (thread->state != THREAD_STARTING) {
            settle(thread);
            folded++;
        }
        threads_free(thread);
    }
    store_seq_cst32(&state.settling, 0);
    store_seq_cst32(&state.waiting, 0);
    store_release64(&state.looking, 0);
    if (self != NULL)
        self->process = self_number();
    return folded;
}
