/* agent_race.c: the agent's own threads of work against each other, where a race detector sees them: records, books, classes,
 * arenas, renames, forks and looks are the agent's code; jemalloc is a pretence that hands out numbers for addresses, and
 * keeps books of its own. At the end both agree, to the byte. Speaks TAP. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "agent.h"
#include "alive.h"
#include "arenas.h"
#include "atomics.h"
#include "bind.h"
#include "books.h"
#include "cache.h"
#include "classes.h"
#include "classify.h"
#include "frees.h"
#include "hooks.h"
#include "late.h"
#include "lookup.h"
#include "region.h"
#include "sample.h"
#include "say.h"

#if defined(__SANITIZE_THREAD__)
enum { ROUNDS = 300, LATE_ROUNDS = 3 };
#else
enum { ROUNDS = 20000, LATE_ROUNDS = 4 };
#endif

enum {
    SLOTS = 256,
    STAYING = 4,
    COMING = 3,
    FORKING = 2,
    THREADS_MOST = STAYING + 2 * COMING + FORKING + 5,
    SAMPLE_BYTES = 1 << 20,
    SAMPLES_LEAST = 11,
    UNIT = 16
};

/* The one race that is meant, said in thread.h: a free adds to its thread's own byte with a plain addition, which a look
 * reads, and a rename takes back, and looks again. And one that is none: the detector takes a thread for the one who clears
 * its TLS, as it begins; its creator has, and may rename it at once. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:threads_count_own\nrace:__tsan_tls_initialization\n";
}

struct agent agent; /* the test's own: the agent's constructor stays out of it */

static uint64_t slot[SLOTS]; /* addresses; what is in one belongs to whoever takes it out */
static uint32_t is_over, staying_left;
static uint64_t samples; /* taken while the others work */
static pthread_t staying[STAYING];
static pthread_key_t jemallocs_key, late_key;
static struct books books;

/* ---- a jemalloc that has no memory ---- */

static struct {
    uint32_t narenas;
    uint16_t class_id[ARENAS_MAX]; /* whose hooks the arena has */
    uint32_t ncaches;
    uint64_t serial;
    uint64_t allocated[AT_CLASSES_MAX];
    uint64_t released[AT_CLASSES_MAX];
} truth = {.narenas = 1};

static __thread struct {
    uint64_t allocated;
    uint64_t deallocated;
    uint32_t arena;
    bool met;
} own;

static unsigned class_of_hooks(const void *hooks)
{
    unsigned id = 1;

    while (id <= REGION_CLASSES && region_hooks(id) != hooks)
        id++;
    return id <= REGION_CLASSES ? id : AT_CLASS_UNBOUND;
}

static unsigned make_arena(const void *const *hooks)
{
    uint32_t index = add_seq_cst32(&truth.narenas, 1);

    truth.class_id[index] = (uint16_t)(hooks != NULL ? class_of_hooks(*hooks) : AT_CLASS_UNBOUND);
    return index;
}

static int read_number(void *to, const size_t *bytes, uint32_t number)
{
    if (*bytes != sizeof number)
        return EINVAL;
    memcpy(to, &number, sizeof number);
    return 0;
}

static int control(const size_t *mib, size_t depth, void *old, size_t *old_bytes, void *new, size_t new_bytes)
{
    const uint64_t *counters[] = {&own.allocated, &own.deallocated};

    (void)depth, (void)new_bytes;
    switch (mib[0]) {
    case JEMALLOC_THREAD_ALLOCATEDP:
        memcpy(old, &counters[0], sizeof counters[0]);
        break;
    case JEMALLOC_THREAD_DEALLOCATEDP:
        memcpy(old, &counters[1], sizeof counters[1]);
        break;
    case JEMALLOC_THREAD_ARENA:
        memcpy(&own.arena, new, sizeof own.arena);
        break;
    case JEMALLOC_ARENAS_CREATE:
        *(unsigned *)old = make_arena(new);
        break;
    case JEMALLOC_TCACHE_CREATE:
        *(unsigned *)old = add_relaxed32(&truth.ncaches, 1);
        break;
    case JEMALLOC_ARENAS_NARENAS:
        return read_number(old, old_bytes, load_acquire32(&truth.narenas));
    case JEMALLOC_ARENA_INITIALIZED:
        return read_number(old, old_bytes, 1);
    default:
        break;
    }
    return 0;
}

static size_t size_of(const void *pointer, int flags)
{
    (void)flags;
    return ((uintptr_t)pointer & 0xff) * UNIT + UNIT;
}

static void take_back(void *pointer, int flags)
{
    size_t bytes = size_of(pointer, flags);

    store_relaxed64(&own.deallocated, own.deallocated + bytes);
    add_relaxed64(&truth.released[region_class(pointer)], bytes);
}

/* Of an arena of class `id`, an address in the class's region. */
static void *give_of(unsigned id, unsigned units)
{
    uint64_t place = (add_relaxed64(&truth.serial, 1) << 8 | units % 256) & (REGION_BYTES - 1);
    uint64_t address = (id != AT_CLASS_UNBOUND ? (uint64_t)region_key(id) << REGION_SHIFT : 1 << 20) + place;
    size_t bytes = size_of((void *)address, 0);
    store_relaxed64(&own.allocated, own.allocated + bytes);
    add_relaxed64(&truth.allocated[id], bytes);
    return (void *)address;
}

/* Like jemalloc it makes itself known before it takes one. */
static void *give(unsigned units)
{
    if (!own.met) {
        own.met = true;
        place_meet();
        pthread_setspecific(jemallocs_key, &own);
    }
    return give_of(truth.class_id[own.arena], units);
}

/* What hooks_jemalloc.c does where the program names an arena. */
static void *give_from(uint32_t arena, unsigned units)
{
    const struct thread *thread = hooks_thread();
    unsigned id = arenas_class(arena);

    if (thread == NULL)
        return NULL;
    void *block = give_of(id, units);
    if (id != thread->home) {
        books_move(thread->alloc_class, id, size_of(block, 0));
        classes_touch(id);
    }
    return block;
}

/* What hooks_free.c does. */
static void free_block(void *pointer)
{
    if (pointer != NULL && (threads_count_own(pointer) || !frees_take(pointer)))
        take_back(pointer, 0);
}

/* From here on a thread allocates from arena 0. */
static void forget_thread(void *ignored)
{
    (void)ignored;
    own.arena = 0;
}

static void pretend(void)
{
    static const enum jemalloc_mib known[] = {
        JEMALLOC_THREAD_ARENA,  JEMALLOC_THREAD_ALLOCATEDP, JEMALLOC_THREAD_DEALLOCATEDP, JEMALLOC_THREAD_TCACHE_FLUSH,
        JEMALLOC_TCACHE_CREATE, JEMALLOC_TCACHE_FLUSH,      JEMALLOC_TCACHE_DESTROY,      JEMALLOC_ARENAS_CREATE,
        JEMALLOC_ARENA_NAME,    JEMALLOC_ARENAS_NARENAS,    JEMALLOC_ARENA_INITIALIZED};

    agent.jemalloc = (struct jemalloc){
        .bymib = control, .sallocx = size_of, .dallocx = take_back, .narenas_auto = 8, .page_bytes = 4096};
    for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++)
        agent.jemalloc.cached[known[i]] = (struct jemalloc_mib_cache){.mib = {known[i]}, .depth = 1};
}

/* ---- what threads do ---- */

static unsigned next_number(unsigned *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void exchange_for(void *block, unsigned *seed)
{
    uint64_t *place = &slot[next_number(seed) % SLOTS];

    free_block((void *)(uintptr_t)__atomic_exchange_n(place, (uint64_t)(uintptr_t)block, __ATOMIC_ACQ_REL));
}

static void exchange(unsigned *seed, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        exchange_for(give(next_number(seed)), seed);
        hooks_note_rename();
    }
    exchange_for(give_from(next_number(seed) % 16, next_number(seed)), seed);
}

static void make_name(char name[16], unsigned *seed)
{
    static const char *const kinds[] = {"red", "green", "blue", "grey", "pink"};

    snprintf(name, 16, "%s-%u", kinds[next_number(seed) % 5], next_number(seed) % 10);
}

static void rename_self(unsigned *seed)
{
    char name[16];

    make_name(name, seed);
    prctl(PR_SET_NAME, (unsigned long)(uintptr_t)name);
    if (thread_tls.record != NULL)
        bind_renamed(thread_tls.record);
    else
        bind_adopt(true);
}

static void rename_other(pthread_t id, unsigned *seed)
{
    struct thread_tls *other = threads_local_of(id);
    char name[16];

    make_name(name, seed);
    pthread_setname_np(id, name);
    store_seq_cst32(&other->renamed, 1);
    threads_disarm(other);
}

/* Destructors of other keys free and allocate up to a thread's last round but one; in the last its books are closed. */
static void work_late(void *rounds)
{
    unsigned seed = (unsigned)(uintptr_t)rounds;

    exchange(&seed, 3);
    if ((uintptr_t)rounds % 8 > 1)
        pthread_setspecific(late_key, (char *)rounds - 1);
}

/* Until there was a look at it, too, some times: who looks may have to wait long for his turn. */
static void *stay(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;

    for (unsigned round = 0; round < 4 * ROUNDS || load_relaxed64(&samples) < SAMPLES_LEAST; round++) {
        exchange(&seed, 20);
        if (round % 64 == 0)
            rename_self(&seed);
        if (round % 256 == 0) { /* the program binds it to an arena of its own */
            own.arena = 0;
            place_follow(thread_tls.record, 0);
        }
    }
    add_seq_cst32(&staying_left, UINT32_MAX);
    while (!load_acquire32(&is_over)) /* to be renamed by others it must not be gone */
        sched_yield();
    return NULL;
}

/* What hooks_thread.c does. */
static void set_late_key(uintptr_t rounds)
{
    thread_tls.has_keys = 1;
    pthread_setspecific(late_key, (void *)rounds);
}

static void *come_and_go(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;

    if (seed % 4 != 0)
        rename_self(&seed);
    if (seed % 8 != 0)
        exchange(&seed, 30);
    if (seed % 16 == 5)
        bind_exit(); /* it ends by the kernel's exit */
    else
        set_late_key(8 + seed % LATE_ROUNDS);
    return NULL;
}

/* One that no hook saw: met while it works, or only in a destructor, or by what it is to call. */
static void *come_unseen(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;

    if (seed % 4 == 3)
        bind_late(&slot, AT_CLASS_UNBOUND);
    if (seed % 2 != 0)
        exchange(&seed, 30);
    else
        set_late_key(8);
    return NULL;
}

/* What hooks_thread.c does. */
static void *run(void *argument)
{
    struct thread *thread = argument;
    void *(*start)(void *) = thread->start;
    void *start_argument = thread->argument;

    bind_start(thread);
    return start(start_argument);
}

static pthread_t begin(void *(*start)(void *), unsigned seed)
{
    struct thread *thread = threads_new();
    pthread_t id;

    alive_expect(true);
    thread->start = start;
    thread->argument = (void *)(uintptr_t)seed;
    thread->from = thread_tls.record->class_id;
    if (pthread_create(&id, NULL, run, thread) != 0)
        abort();
    return id;
}

static pthread_t begin_unseen(void *(*start)(void *), unsigned seed)
{
    pthread_t id;

    if (pthread_create(&id, NULL, start, (void *)(uintptr_t)seed) != 0)
        abort();
    return id;
}

static void *make_threads(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;

    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned number = next_number(&seed);
        bool seen = next_number(&seed) % 8 != 0;
        pthread_t id = seen ? begin(come_and_go, number) : begin_unseen(come_unseen, number);
        if (number % 3 == 0)
            rename_other(id, &seed); /* which begins, works, or ends */
        pthread_join(id, NULL);
        exchange(&seed, 5);
    }
    return NULL;
}

static void *rename_threads(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;

    while (load_seq_cst32(&staying_left) != 0) {
        rename_other(staying[next_number(&seed) % STAYING], &seed);
        exchange(&seed, 2);
    }
    return NULL;
}

/* A parent's side of fork; several threads fork at once. */
static void *fork_often(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;

    while (load_seq_cst32(&staying_left) != 0) {
        cache_end(thread_tls.record);
        books_fork_prepare();
        sched_yield();
        books_fork_parent();
        exchange(&seed, 40);
    }
    return NULL;
}

/* Past its end a thread still frees, and has no record any more. */
static void *free_strays(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;

    thread_tls.closed = 1;
    while (load_seq_cst32(&staying_left) != 0) {
        exchange_for(NULL, &seed);
        sched_yield();
    }
    return NULL;
}

/* Objects are unloaded. */
static void *forget_often(void *argument)
{
    thread_tls.closed = 1;
    while (load_seq_cst32(&staying_left) != 0) {
        classify_forget();
        next_forget();
        next_late("free", &slot);
        usleep(1000);
    }
    return argument;
}

static void ring(void)
{
}

/* What the agent's thread does. */
static void *look(void *argument)
{
    struct sample_notes notes = {.state = AT_STATE_LIVE, .own_threads = 1};
    const void *payload;

    thread_tls.closed = 1;
    lookup_open(ring);
    while (!load_acquire32(&is_over)) {
        notes.seq++;
        late_settle();
        lookup_serve();
        if (sample_take(&notes, &payload) > 0)
            store_relaxed64(&samples, samples + 1);
        sample_look();
    }
    lookup_close();
    return argument;
}

/* ---- results ---- */

static unsigned tests;
static bool failed;

static void check(bool good, const char *what, uint64_t count)
{
    printf("%sok %u - %s (%llu)\n", good ? "" : "not ", ++tests, what, (unsigned long long)count);
    failed |= !good;
}

static bool agree(unsigned id)
{
    uint64_t released = books_released(&books, id);

    if (books.allocated[id] == truth.allocated[id] && released == truth.released[id])
        return true;
    printf("# class %u, %s: allocated %llu, truth %llu; released %llu, truth %llu\n", id, classes_row(id)->name,
           (unsigned long long)books.allocated[id], (unsigned long long)truth.allocated[id],
           (unsigned long long)released, (unsigned long long)truth.released[id]);
    return false;
}

static void check_books(void)
{
    uint64_t disagreeing = 0, threads = 0, freed = 0, truly_freed = 0, moved = 0;

    for (unsigned id = 0; id < AT_CLASSES_MAX; id++) {
        disagreeing += !agree(id);
        threads += classes_row(id)->threads;
        freed += books.deallocated[id];
        truly_freed += truth.released[id];
        moved += truth.allocated[id];
    }
    check(moved > 0 && disagreeing == 0, "every class's books are the truth; bytes allocated", moved);
    check(freed == truly_freed, "so is what the classes freed; bytes", freed);
    check(threads == 1, "threads in classes, when only the first is left", threads);
}

static void check_rest(void)
{
    uint64_t bound = 0;

    for (uint32_t i = 0; i < load_relaxed32(&truth.narenas); i++)
        bound += arenas_threads(i);
    check(bound == 1, "threads in arenas", bound);
    check(alive_count() == 1, "threads alive", alive_count());
    check(books.threads == 1, "records that are read", books.threads);
    check(threads_count() <= THREADS_MOST, "records ever made: as many as threads at once", threads_count());
    check(truth.narenas <= 4 * agent.jemalloc.narenas_auto + AT_CLASSES_MAX, "arenas made: bounded", truth.narenas);
}

/* ---- all of it ---- */

static void complain(void *context, const char *text)
{
    (void)context;
    puts(text);
}

static void start(void)
{
    static struct rule rule[2];

    pretend();
    agent.rules = (struct rules){.rule = rule, .capacity = 2};
    rules_from_text(&agent.rules, "nobody name=nobody from=red-*", "rules", complain, NULL);
    say_quiet(true);
    next_resolve();
    if (!bind_make_key() || pthread_key_create(&jemallocs_key, forget_thread) != 0 ||
        pthread_key_create(&late_key, work_late) != 0 || !sample_start(SAMPLE_BYTES))
        abort();
    agent.on = agent.exact = true;
    agent.mode = AT_MODE_EXACT;
    classes_start(true, 4);
    arenas_start(&agent.jemalloc);
    bind_main();
}

int main(void)
{
    pthread_t others[COMING + FORKING + 3], looker;
    unsigned n = 0;

    puts("1..9");
    start();
    staying_left = STAYING;
    for (unsigned i = 0; i < STAYING; i++)
        staying[i] = begin(stay, i + 1);
    if (pthread_create(&looker, NULL, look, NULL) != 0)
        abort();
    for (unsigned i = 0; i < COMING; i++)
        others[n++] = begin(make_threads, i + 10);
    for (unsigned i = 0; i < FORKING; i++)
        others[n++] = begin(fork_often, i + 20);
    others[n++] = begin(rename_threads, 30);
    others[n++] = begin_unseen(free_strays, 40);
    others[n++] = begin_unseen(forget_often, 0);
    while (n-- > 0)
        pthread_join(others[n], NULL);
    store_release32(&is_over, 1);
    for (unsigned i = 0; i < STAYING; i++)
        pthread_join(staying[i], NULL);
    pthread_join(looker, NULL);
    check(samples >= SAMPLES_LEAST, "looks and snapshots meanwhile", samples);
    if (!books_look(&books, UINT64_C(10000000000), NULL, 0))
        return 1;
    check_books();
    check_rest();
    return failed;
}
