/* oracle.h: a program that knows the truth about itself: threads of several classes take and give back memory at random,
 * in every way their language has, on slots that all of them share, and write down each block with malloc_usable_size.
 * oracle-c.c and oracle.cc bring their language's ways (struct oracle_way) and share the rest.
 *
 *     oracle [--seed N] [--ops N] [--threads N] [--makers N] [--fork FILE] [--leave] [--wait]
 *            [--never-zero]
 *
 * Classes, named by their threads: ora-a_* to ora-d_* share the slots, and so does the main thread. ora-noise keeps to
 * itself and never pauses. With --makers, threads of class ora-maker make short-lived threads of the other classes as long
 * as the work goes on. With --fork the main thread forks in the middle: the child goes on with what it inherited, makes
 * threads of its own and leaves its books in FILE. With --wait nothing begins before a line comes on stdin. With --never-zero no block
 * is resized to nothing.
 *
 * How things are counted: a block is its class's whose thread allocated it. A realloc counts as a free of the old block and
 * an allocation of the new one by the calling thread, in place or not, as jemalloc's own counters have it.
 *
 * What the C library allocates on the threads' behalf is one thing only: for each new stack, the thread that makes the
 * thread callocs the vector of its TLS blocks (dtv). These are found and written down too, under "library". stdout has a
 * static buffer. When all is done the books are printed as JSON (books.h), and the program rests until SIGTERM. */
#ifndef WORKLOAD_ORACLE_H
#define WORKLOAD_ORACLE_H

#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "books.h"

/* Those below ORACLE_SHARING are the ones that short-lived threads belong to, too. */
enum oracle_class { ORACLE_SHARING = 4, ORACLE_NOISE = ORACLE_SHARING, ORACLE_MAIN, ORACLE_MAKER, ORACLE_CLASSES };
enum { ORACLE_SLOTS = 4096, ORACLE_ACTORS = 128, ORACLE_STACKS = 1024, ORACLE_BATCH = 64, ORACLE_CHURN_OPS = 300 };

/* One way to come by memory and to give it back. What is allocated in a way that `resizes` realloc may have too. */
struct oracle_way {
    const char *name;
    void *(*take)(size_t bytes, size_t alignment);
    void (*give)(void *block, size_t bytes, size_t alignment);
    bool aligns;
    bool resizes;
    bool clears;
};

struct oracle_slot {
    uint32_t busy;
    unsigned owner;
    const struct oracle_way *way;
    void *block; /* NULL: empty */
    size_t bytes;
    size_t alignment;
    uint64_t tag; /* what was written into it */
};

struct oracle_actor {
    enum oracle_class of;
    unsigned number;
    unsigned long ops;
    uint64_t random;
    pthread_t thread;
    uint32_t started;
    enum oracle_class creator;
    struct books books;
};

struct oracle_stack {
    void *dtv;
    enum oracle_class creator;
    size_t bytes;
};

static const char *const oracle_names[ORACLE_CLASSES] = {"ora-a_*",   "ora-b_*", "ora-c_*",  "ora-d_*",
                                                         "ora-noise", "main",    "ora-maker"};

static struct {
    const struct oracle_way *ways;
    unsigned nways;
    unsigned long seed, ops, threads, makers;
    const char *child_books;
    bool leave, wait, never_zero;
    uint32_t go;   /* all threads of this round have been started */
    uint32_t done; /* the shared work of this round is done */
    uint32_t stacks_busy;
    unsigned nstacks;
    unsigned nactors;
    pthread_rwlock_t pause; /* held for reading during a batch of operations; the forking thread holds it for writing */
    pthread_mutex_t resting;
    uint64_t churned;
    struct oracle_slot slots[ORACLE_SLOTS];
    struct oracle_stack stacks[ORACLE_STACKS];
    struct oracle_actor actors[ORACLE_ACTORS];
    char stdout_buffer[4096];
} oracle;

/* ---- chance ---- */

/* xorshift64*, Marsaglia and Vigna. */
static uint64_t oracle_random(struct oracle_actor *self)
{
    self->random ^= self->random >> 12;
    self->random ^= self->random << 25;
    self->random ^= self->random >> 27;
    return self->random * UINT64_C(2685821657736338717);
}

static unsigned oracle_below(struct oracle_actor *self, unsigned bound)
{
    return (unsigned)(oracle_random(self) >> 33) % bound;
}

/* Mostly small, seldom large. */
static size_t oracle_bytes(struct oracle_actor *self)
{
    const unsigned kind = oracle_below(self, 1000);

    if (kind < 700)
        return 1 + oracle_below(self, 256);
    if (kind < 930)
        return 1 + oracle_below(self, 4096);
    if (kind < 990)
        return 1 + oracle_below(self, 40000);
    return 1 + oracle_below(self, kind < 999 ? 200000 : 3000000);
}

/* ---- blocks: each carries a tag, so that memory given out twice or lost in a move is seen ---- */

static void oracle_broken(const char *what)
{
    fprintf(stderr, "oracle: %s\n", what);
    abort();
}

static void oracle_mark(struct oracle_actor *self, struct oracle_slot *slot)
{
    const size_t head = slot->bytes < sizeof slot->tag ? slot->bytes : sizeof slot->tag;

    slot->tag = oracle_random(self);
    memcpy(slot->block, &slot->tag, head);
    ((char *)slot->block)[slot->bytes - 1] = (char)slot->tag;
}

static void oracle_verify(const struct oracle_slot *slot, const void *block, size_t bytes)
{
    if (memcmp(block, &slot->tag, bytes < sizeof slot->tag ? bytes : sizeof slot->tag) != 0 && bytes > 1)
        oracle_broken("a block does not hold what was written into it");
}

static void oracle_verify_end(const struct oracle_slot *slot)
{
    if (((char *)slot->block)[slot->bytes - 1] != (char)slot->tag)
        oracle_broken("a block's end does not hold what was written into it");
    if (slot->bytes >= 2 * sizeof slot->tag)
        oracle_verify(slot, slot->block, sizeof slot->tag);
}

static void oracle_take(struct oracle_actor *self, struct oracle_slot *slot)
{
    const struct oracle_way *way = &oracle.ways[oracle_below(self, oracle.nways)];

    slot->way = way;
    slot->bytes = oracle_bytes(self);
    slot->alignment = way->aligns ? (size_t)32 << oracle_below(self, 8) : 16;
    slot->owner = self->of;
    slot->block = way->take(slot->bytes, slot->alignment);
    if (!slot->block)
        oracle_broken("out of memory");
    if ((uintptr_t)slot->block % (way->aligns || slot->bytes >= 16 ? slot->alignment : 8) != 0)
        oracle_broken("a block is not aligned as it was asked for");
    if (way->clears && (((char *)slot->block)[0] != 0 || ((char *)slot->block)[slot->bytes - 1] != 0))
        oracle_broken("calloc gave a block that is not zero");
    books_alloc(&self->books, self->of, slot->block);
    oracle_mark(self, slot);
}

static void oracle_give(struct oracle_actor *self, struct oracle_slot *slot)
{
    oracle_verify_end(slot);
    books_free(&self->books, slot->owner, self->of, slot->block);
    slot->way->give(slot->block, slot->bytes, slot->alignment);
    slot->block = NULL;
}

/* Grows, shrinks, or stays about where it is; now and then down to nothing. */
static size_t oracle_new_bytes(struct oracle_actor *self, size_t bytes)
{
    switch (oracle_below(self, 8)) {
    case 0:
        return bytes / 2 + 1;
    case 1:
        return bytes + 1 + oracle_below(self, 8);
    case 2:
        return bytes + bytes / 2;
    case 3:
        return oracle.never_zero || oracle_below(self, 4) != 0 ? bytes : 0;
    default:
        return oracle_bytes(self);
    }
}

static void oracle_resize(struct oracle_actor *self, struct oracle_slot *slot)
{
    const size_t bytes = oracle_new_bytes(self, slot->bytes), old_bytes = slot->bytes;
    void *block;

    oracle_verify_end(slot);
    books_free(&self->books, slot->owner, self->of, slot->block);
    block = oracle_below(self, 4) != 0 ? realloc(slot->block, bytes) : reallocarray(slot->block, 1, bytes);
    slot->block = block;
    slot->bytes = bytes != 0 ? bytes : 1;
    slot->owner = self->of;
    if (!block && bytes != 0)
        oracle_broken("out of memory");
    if (!block)
        return; /* size 0 freed it */
    if (bytes != 0 && old_bytes >= 2 * sizeof slot->tag)
        oracle_verify(slot, block, bytes);
    books_alloc(&self->books, self->of, block);
    oracle_mark(self, slot);
}

static void oracle_operate(struct oracle_actor *self, struct oracle_slot *slot)
{
    if (!slot->block)
        oracle_take(self, slot);
    else if (slot->way->resizes && oracle_below(self, 3) == 0)
        oracle_resize(self, slot);
    else
        oracle_give(self, slot);
}

/* ---- threads ---- */

static void oracle_operate_somewhere(struct oracle_actor *self)
{
    struct oracle_slot *slot;

    do {
        slot = &oracle.slots[oracle_below(self, ORACLE_SLOTS)];
    } while (__atomic_exchange_n(&slot->busy, 1, __ATOMIC_ACQUIRE) != 0);
    oracle_operate(self, slot);
    __atomic_store_n(&slot->busy, 0, __ATOMIC_RELEASE);
}

static void oracle_work(struct oracle_actor *self, unsigned long ops)
{
    for (unsigned long op = 0; op < ops; op += ORACLE_BATCH) {
        pthread_rwlock_rdlock(&oracle.pause);
        for (unsigned i = 0; i < ORACLE_BATCH; i++)
            oracle_operate_somewhere(self);
        pthread_rwlock_unlock(&oracle.pause);
    }
}

/* glibc keeps the vector's address beside the thread pointer; the block that it callocs begins one entry of 16 bytes
 * before. */
static void *oracle_dtv(void)
{
#if defined __x86_64__
    const unsigned word = 1;
#else
    const unsigned word = 0; /* as aarch64 has it */
#endif
    return ((char **)__builtin_thread_pointer())[word] - 16;
}

/* Writes down the vector of the calling thread, unless it goes with a stack that was used before. */
static void oracle_note_stack(enum oracle_class creator)
{
    void *dtv = oracle_dtv();
    unsigned i = 0;

    while (__atomic_exchange_n(&oracle.stacks_busy, 1, __ATOMIC_ACQUIRE) != 0)
        sched_yield();
    while (i < oracle.nstacks && oracle.stacks[i].dtv != dtv)
        i++;
    if (i == ORACLE_STACKS)
        oracle_broken("too many stacks");
    if (i == oracle.nstacks) {
        oracle.stacks[i].dtv = dtv;
        oracle.stacks[i].creator = creator;
        oracle.stacks[i].bytes = malloc_usable_size(dtv);
        oracle.nstacks++;
    }
    __atomic_store_n(&oracle.stacks_busy, 0, __ATOMIC_RELEASE);
}

static void oracle_enter(struct oracle_actor *self)
{
    char name[32];

    snprintf(name, sizeof name, "%s", oracle_names[self->of]);
    if (name[strlen(name) - 1] == '*')
        snprintf(name + strlen(name) - 1, 8, "%u", self->number % 1000);
    pthread_setname_np(pthread_self(), name);
    oracle_note_stack(self->creator);
    __atomic_store_n(&self->started, 1, __ATOMIC_RELEASE);
}

static void oracle_start(struct oracle_actor *actor, enum oracle_class creator, void *(*run)(void *))
{
    pthread_attr_t attributes;

    actor->creator = creator;
    actor->started = 0;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 << 10); /* small: glibc frees cached stacks beyond 40 MB */
    if (pthread_create(&actor->thread, &attributes, run, actor) != 0)
        oracle_broken("cannot start its threads");
    pthread_attr_destroy(&attributes);
    while (!__atomic_load_n(&actor->started, __ATOMIC_ACQUIRE))
        sched_yield();
}

static struct oracle_actor *oracle_new_actor(enum oracle_class of, unsigned number, unsigned long ops)
{
    struct oracle_actor *actor = &oracle.actors[oracle.nactors++];

    if (oracle.nactors > ORACLE_ACTORS)
        oracle_broken("too many threads");
    actor->of = of;
    actor->number = number;
    actor->ops = ops;
    actor->random = (oracle.seed + 1) * UINT64_C(0x9e3779b97f4a7c15) + oracle.nactors * UINT64_C(0xbf58476d1ce4e5b9);
    return actor;
}

static void oracle_rest(void)
{
    if (oracle.leave)
        return;
    pthread_mutex_lock(&oracle.resting); /* which the main thread holds until the end */
    pthread_mutex_unlock(&oracle.resting);
}

static void *oracle_run_worker(void *argument)
{
    struct oracle_actor *self = (struct oracle_actor *)argument;

    oracle_enter(self);
    while (!__atomic_load_n(&oracle.go, __ATOMIC_ACQUIRE))
        usleep(100); /* all begin together */
    oracle_work(self, self->ops);
    __atomic_store_n(&self->ops, 0, __ATOMIC_RELEASE);
    oracle_rest();
    return NULL;
}

static void *oracle_run_churn(void *argument)
{
    struct oracle_actor *self = (struct oracle_actor *)argument;

    oracle_enter(self);
    oracle_work(self, ORACLE_CHURN_OPS);
    return NULL;
}

/* Its own blocks, all the time: a fork meets it in the midst of malloc or free. */
static void *oracle_run_noise(void *argument)
{
    struct oracle_actor *self = (struct oracle_actor *)argument;
    struct oracle_slot slot[16];

    memset(slot, 0, sizeof slot);
    oracle_enter(self);
    while (!__atomic_load_n(&oracle.done, __ATOMIC_ACQUIRE))
        oracle_operate(self, &slot[oracle_below(self, 16)]);
    __atomic_store_n(&self->ops, 0, __ATOMIC_RELEASE);
    oracle_rest();
    return NULL;
}

/* Makes threads that live for some hundred operations, four at a time, and joins them. */
static void *oracle_run_maker(void *argument)
{
    struct oracle_actor *self = (struct oracle_actor *)argument, *churn[4];

    for (unsigned i = 0; i < 4; i++)
        churn[i] = self + 1 + i;
    oracle_enter(self);
    while (!__atomic_load_n(&oracle.done, __ATOMIC_ACQUIRE)) {
        pthread_rwlock_rdlock(&oracle.pause);
        for (unsigned i = 0; i < 4; i++) {
            churn[i]->of = (enum oracle_class)oracle_below(self, ORACLE_SHARING);
            churn[i]->number = oracle_below(self, 1000);
            oracle_start(churn[i], ORACLE_MAKER, oracle_run_churn);
        }
        pthread_rwlock_unlock(&oracle.pause);
        for (unsigned i = 0; i < 4; i++)
            pthread_join(churn[i]->thread, NULL);
        __atomic_fetch_add(&oracle.churned, 4, __ATOMIC_RELAXED);
    }
    __atomic_store_n(&self->ops, 0, __ATOMIC_RELEASE);
    oracle_rest();
    return NULL;
}

/* ---- the process ---- */

static void oracle_start_makers(void)
{
    for (unsigned i = 0; i < oracle.makers; i++) {
        struct oracle_actor *maker = oracle_new_actor(ORACLE_MAKER, i, 1);
        for (unsigned j = 0; j < 4; j++)
            oracle_new_actor(ORACLE_MAKER, 0, 0);
        oracle_start(maker, ORACLE_MAIN, oracle_run_maker);
    }
}

/* Starts one round of threads; the first actor is the main thread. */
static void oracle_start_threads(bool with_noise)
{
    for (unsigned of = 0; of < ORACLE_SHARING; of++)
        for (unsigned i = 0; i < oracle.threads; i++)
            oracle_start(oracle_new_actor((enum oracle_class)of, i, oracle.ops), ORACLE_MAIN, oracle_run_worker);
    if (with_noise)
        oracle_start(oracle_new_actor(ORACLE_NOISE, 0, 1), ORACLE_MAIN, oracle_run_noise);
    oracle_start_makers();
    __atomic_store_n(&oracle.go, 1, __ATOMIC_RELEASE);
}

/* Waits until every thread since `first` that shares the slots has done its share, then until all are at rest. */
static void oracle_await(unsigned first, bool sharing)
{
    for (unsigned i = first; i < oracle.nactors; i++)
        while ((oracle.actors[i].of < ORACLE_SHARING || !sharing) &&
               __atomic_load_n(&oracle.actors[i].ops, __ATOMIC_ACQUIRE) != 0)
            usleep(1000);
}

static void oracle_finish(unsigned first)
{
    oracle_await(first, true);
    __atomic_store_n(&oracle.done, 1, __ATOMIC_RELEASE);
    oracle_await(first, false);
    for (unsigned i = first; oracle.leave && i < oracle.nactors; i++)
        if (oracle.actors[i].creator == ORACLE_MAIN)
            pthread_join(oracle.actors[i].thread, NULL);
}

static void oracle_print_library(FILE *to)
{
    for (unsigned of = ORACLE_MAIN; of <= ORACLE_MAKER; of++) {
        uintmax_t bytes = 0, count = 0;
        for (unsigned i = 0; i < oracle.nstacks; i++) {
            bytes += oracle.stacks[i].creator == of ? oracle.stacks[i].bytes : 0;
            count += oracle.stacks[i].creator == of;
        }
        fprintf(to, "%s{\"class\":\"%s\",\"what\":\"dtv\",\"bytes\":%ju,\"count\":%ju}", of != ORACLE_MAIN ? "," : "",
                oracle_names[of], bytes, count);
    }
}

/* Two lines: the books, and what goes with them. */
static void oracle_print(FILE *to)
{
    static struct books sum;

    memset(&sum, 0, sizeof sum);
    for (unsigned i = 0; i < oracle.nactors; i++)
        books_add(&sum, &oracle.actors[i].books);
    books_print(to, &sum, ORACLE_CLASSES, oracle_names);
    fputs("{\"library\":[", to);
    oracle_print_library(to);
    fprintf(to, "],\"churned\":%ju}\n", (uintmax_t)oracle.churned);
    fflush(to);
}

/* By way of stdout, whose buffer is static: another FILE would be allocated. */
static void oracle_print_to_file(const char *path)
{
    char unfinished[4096];
    int file;

    snprintf(unfinished, sizeof unfinished, "%s.new", path);
    file = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || dup2(file, STDOUT_FILENO) < 0)
        oracle_broken("cannot write the child's books");
    oracle_print(stdout);
    if (rename(unfinished, path) != 0)
        oracle_broken("cannot write the child's books");
}

static void oracle_wait_for(int number)
{
    sigset_t signals;
    int got;

    sigemptyset(&signals);
    sigaddset(&signals, number);
    while (sigwait(&signals, &got) != 0)
        ;
}

/* The parent's threads are gone; their books stand as they were, for none was in the middle of a batch. */
static void oracle_child(struct oracle_actor *self)
{
    const unsigned first = oracle.nactors;

    pthread_rwlock_init(&oracle.pause, NULL);
    oracle.stacks_busy = oracle.go = 0;
    oracle.seed += 1000;
    oracle_work(self, oracle.ops / 2);
    oracle_start_threads(false);
    oracle_work(self, oracle.ops / 2);
    oracle_finish(first);
    oracle_print_to_file(oracle.child_books);
    oracle_wait_for(SIGTERM);
    exit(0);
}

static pid_t oracle_fork(struct oracle_actor *self)
{
    pid_t child;

    pthread_rwlock_wrlock(&oracle.pause);
    child = fork();
    if (child < 0)
        oracle_broken("cannot fork");
    if (child == 0)
        oracle_child(self);
    pthread_rwlock_unlock(&oracle.pause);
    return child;
}

static void oracle_options(int argc, char **argv)
{
    static const char letters[] = "s:o:t:m:f:lwz";
    static const struct option table[] = {
        {"seed", required_argument, NULL, 's'},
        {"ops", required_argument, NULL, 'o'},
        {"threads", required_argument, NULL, 't'},
        {"makers", required_argument, NULL, 'm'},
        {"fork", required_argument, NULL, 'f'},
        {"leave", no_argument, NULL, 'l'},
        {"wait", no_argument, NULL, 'w'},
        {"never-zero", no_argument, NULL, 'z'},
        {NULL, 0, NULL, 0},
    };
    int option;

    oracle.ops = 100000;
    oracle.threads = 3;
    while ((option = getopt_long(argc, argv, letters, table, NULL)) != -1) {
        switch (option) {
        case 's':
            oracle.seed = strtoul(optarg, NULL, 10);
            break;
        case 'o':
            oracle.ops = strtoul(optarg, NULL, 10);
            break;
        case 't':
            oracle.threads = strtoul(optarg, NULL, 10);
            break;
        case 'm':
            oracle.makers = strtoul(optarg, NULL, 10);
            break;
        case 'f':
            oracle.child_books = optarg;
            break;
        case 'l':
            oracle.leave = true;
            break;
        case 'w':
            oracle.wait = true;
            break;
        case 'z':
            oracle.never_zero = true;
            break;
        default:
            exit(2);
        }
    }
}

static void oracle_begin(void)
{
    pthread_rwlockattr_t writers_first;
    sigset_t signals;
    char line;

    setvbuf(stdout, oracle.stdout_buffer, _IOFBF, sizeof oracle.stdout_buffer);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    pthread_rwlockattr_init(&writers_first);
    pthread_rwlockattr_setkind_np(&writers_first, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&oracle.pause, &writers_first);
    pthread_mutex_init(&oracle.resting, NULL);
    pthread_mutex_lock(&oracle.resting);
    if (oracle.wait && read(STDIN_FILENO, &line, 1) != 1)
        exit(1);
}

static int oracle_main(int argc, char **argv, const struct oracle_way *ways, unsigned nways)
{
    struct oracle_actor *self;
    pid_t child = 0;

    oracle_options(argc, argv);
    oracle.ways = ways;
    oracle.nways = nways;
    oracle_begin();
    self = oracle_new_actor(ORACLE_MAIN, 0, 0);
    oracle_start_threads(true);
    oracle_work(self, oracle.ops / 2);
    if (oracle.child_books)
        child = oracle_fork(self);
    oracle_work(self, oracle.ops / 2);
    oracle_finish(1);
    oracle_print(stdout);
    oracle_wait_for(SIGTERM);
    if (child > 0 && kill(child, SIGTERM) == 0)
        waitpid(child, NULL, 0);
    return 0;
}

#endif
