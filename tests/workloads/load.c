/* load.c: work to be measured, one number on stdout:  load WHAT [COUNT [MORE]]
 *
 *   pair COUNT              malloc + free, nothing else: ns of CPU time a pair
 *   handover COUNT          one thread allocates, another frees: ns of CPU time a block, both threads
 *   mixed COUNT KIND        16 threads, 64 blocks in hand each; KIND: local, cross, local4, cross4 (of so many classes):
 *                           ns of CPU time a malloc and a free; home4: as cross4, but the program itself has arenas for
 *                           each of four classes, and gives what it frees of another back past its own cache
 *   create COUNT LIVE       pthread_create + join of an empty thread, among LIVE others: ns of CPU time each
 *   create-used COUNT LIVE  the same; the thread allocates and frees once
 *   masks COUNT             blocks every signal, and lets them through again: ns of CPU time for both
 *   spawn COUNT             starts itself as a program that does nothing: us of wall time each, the median
 *   sparse                  large tables, calloc'ed again and again, hardly written to: resident KiB
 *   idle THREADS            that many threads, each with one block: resident KiB, without shared memory
 *   touch THREADS           reads a word of each of so many sleeping threads' stacks, every 50 ms: ns of wall time, the
 *                           median: what it costs to look at threads at all
 *   epoch ARENAS COUNT      reads jemalloc's books of so many arenas: ns of CPU time, the median of COUNT
 *   watched THREADS CLASSES that many threads with an arena each, as far as may be; prints "settled", and then reads
 *                           jemalloc's books of all its arenas now and then: ns of CPU time, the median, every 20 times */
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HELD = 64, MIXED_THREADS = 16, BATCH = 1024, STACK_BYTES = 65536 };

/* Weak, an extension: there may be no jemalloc. */
extern int mallctl(const char *, void *, size_t *, void *, size_t) __attribute__((weak));
extern int mallctlnametomib(const char *, size_t *, size_t *) __attribute__((weak));
extern int mallctlbymib(const size_t *, size_t, void *, size_t *, void *, size_t) __attribute__((weak));
extern void dallocx(void *, int) __attribute__((weak));
#define MALLOCX_TCACHE(cache) (((cache) + 2) << 8)

extern char **environ;

/* ---- help ---- */

static double clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static pthread_t start(void *(*work)(void *), void *argument, size_t stack_bytes)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (stack_bytes != 0)
        pthread_attr_setstacksize(&attributes, stack_bytes);
    if (pthread_create(&thread, &attributes, work, argument) != 0)
        die("a thread");
    pthread_attr_destroy(&attributes);
    return thread;
}

static long resident_kib(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL || fscanf(file, "%ld %ld", &pages, &resident) != 2)
        die("/proc/self/statm");
    fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static long shared_kib(void)
{
    char line[128];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "re");
    if (file == NULL)
        die("/proc/self/status");
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "RssShmem: %ld", &kib) == 1)
            break;
    fclose(file);
    return kib;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

/* ---- loops ---- */

static void pair(unsigned long count, const char *more)
{
    void *volatile block;
    (void)more;
    for (unsigned i = 0; i < 1000; i++)
        free(block = malloc(64));
    double from = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    for (unsigned long i = 0; i < count; i++)
        free(block = malloc(64));
    printf("%.3f\n", (clock_ns(CLOCK_THREAD_CPUTIME_ID) - from) / (double)count);
}

static struct {
    void *block[2][BATCH];
    sem_t full, empty;
    unsigned long batches;
} belt;

static void *produce(void *argument)
{
    prctl(PR_SET_NAME, "producer");
    for (unsigned long i = 0; i < belt.batches; i++) {
        sem_wait(&belt.empty);
        for (unsigned j = 0; j < BATCH; j++)
            belt.block[i % 2][j] = malloc(64);
        sem_post(&belt.full);
    }
    return argument;
}

static void *consume(void *argument)
{
    prctl(PR_SET_NAME, "consumer");
    for (unsigned long i = 0; i < belt.batches; i++) {
        sem_wait(&belt.full);
        for (unsigned j = 0; j < BATCH; j++)
            free(belt.block[i % 2][j]);
        sem_post(&belt.empty);
    }
    return argument;
}

static void handover(unsigned long count, const char *more)
{
    (void)more;
    belt.batches = count / BATCH;
    sem_init(&belt.full, 0, 0);
    sem_init(&belt.empty, 0, 2);
    double from = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    pthread_t threads[] = {start(produce, NULL, 0), start(consume, NULL, 0)};
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    printf("%.3f\n", (clock_ns(CLOCK_PROCESS_CPUTIME_ID) - from) / (double)(belt.batches * BATCH));
}

static struct {
    unsigned long count;
    int cross;
    unsigned classes;
    void *slot[MIXED_THREADS][HELD];
} mixed_work;

static void *mix(void *argument)
{
    unsigned self = *(unsigned *)argument, seed = self + 1;
    char name[16];
    snprintf(name, sizeof name, "mix-%c-%u", 'a' + (int)(self % mixed_work.classes), self);
    prctl(PR_SET_NAME, name);
    for (unsigned long i = 0; i < mixed_work.count; i++) {
        seed = seed * 1664525u + 1013904223u;
        unsigned row = mixed_work.cross ? (seed >> 8) % MIXED_THREADS : self;
        void *fresh = malloc(16 + (seed >> 16) % 500);
        free(__atomic_exchange_n(&mixed_work.slot[row][seed >> 26], fresh, __ATOMIC_ACQ_REL));
    }
    return NULL;
}

/* The same separation by hand. A block's class is told by the low bits of its pointer in the slot: jemalloc's blocks of such
 * sizes are aligned to 16 bytes. */
enum { CLASS_BITS = 15 };

static void take_arena(unsigned class)
{
    static unsigned arena[4];
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    size_t bytes = sizeof *arena;
    pthread_mutex_lock(&mutex);
    if (arena[class] == 0)
        mallctl("arenas.create", &arena[class], &bytes, NULL, 0);
    pthread_mutex_unlock(&mutex);
    mallctl("thread.arena", NULL, NULL, &arena[class], sizeof arena[class]);
}

static void *mix_home(void *argument)
{
    unsigned self = *(unsigned *)argument, seed = self + 1, cache = 0;
    uintptr_t class = self % mixed_work.classes;
    size_t bytes = sizeof cache;
    take_arena((unsigned)class);
    mallctl("tcache.create", &cache, &bytes, NULL, 0);
    for (unsigned long i = 0; i < mixed_work.count; i++) {
        seed = seed * 1664525u + 1013904223u;
        unsigned row = (seed >> 8) % MIXED_THREADS;
        char *fresh = malloc(16 + (seed >> 16) % 500);
        char *old = __atomic_exchange_n(&mixed_work.slot[row][seed >> 26], fresh + class, __ATOMIC_ACQ_REL);
        uintptr_t owner = (uintptr_t)old & CLASS_BITS;
        if (owner == class || old == NULL)
            free(old == NULL ? NULL : old - owner);
        else
            dallocx(old - owner, (int)MALLOCX_TCACHE(cache));
    }
    return NULL;
}

static void mixed(unsigned long count, const char *kind)
{
    pthread_t thread[MIXED_THREADS];
    unsigned number[MIXED_THREADS];
    mixed_work.count = count / MIXED_THREADS;
    void *(*work)(void *) = kind != NULL && strcmp(kind, "home4") == 0 ? mix_home : mix;
    mixed_work.cross = kind != NULL && strncmp(kind, "cross", 5) == 0;
    mixed_work.classes = kind != NULL && strchr(kind, '4') != NULL ? 4 : 1;
    double from = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (unsigned i = 0; i < MIXED_THREADS; i++) {
        number[i] = i;
        thread[i] = start(work, &number[i], 0);
    }
    for (unsigned i = 0; i < MIXED_THREADS; i++)
        pthread_join(thread[i], NULL);
    printf("%.3f\n", (clock_ns(CLOCK_PROCESS_CPUTIME_ID) - from) / (double)count);
}

/* ---- threads ---- */

static sem_t settled;

static void *rest(void *argument)
{
    sem_post(&settled);
    for (;;)
        pause();
    return argument;
}

static void *rest_with_block(void *argument)
{
    static void *volatile block;
    void *mine = malloc(64);
    __atomic_store_n(&block, mine, __ATOMIC_RELAXED);
    return rest(argument);
}

static void start_resting(unsigned long count, void *(*work)(void *))
{
    sem_init(&settled, 0, 0);
    for (unsigned long i = 0; i < count; i++)
        start(work, NULL, STACK_BYTES);
    for (unsigned long i = 0; i < count; i++)
        sem_wait(&settled);
}

static void *nothing(void *argument)
{
    return argument;
}

static void *use_once(void *argument)
{
    void *volatile block = malloc(64);
    free(block);
    return argument;
}

static void create_threads(unsigned long count, const char *live, void *(*work)(void *))
{
    start_resting(live != NULL ? strtoul(live, NULL, 10) : 0, rest);
    for (unsigned i = 0; i < 100; i++)
        pthread_join(start(work, NULL, 0), NULL);
    double from = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (unsigned long i = 0; i < count; i++)
        pthread_join(start(work, NULL, 0), NULL);
    printf("%.0f\n", (clock_ns(CLOCK_PROCESS_CPUTIME_ID) - from) / (double)count);
}

static void create(unsigned long count, const char *live)
{
    create_threads(count, live, nothing);
}

static void create_used(unsigned long count, const char *live)
{
    create_threads(count, live, use_once);
}

/* As a program does that must not be interrupted for a moment. */
static void masks(unsigned long count, const char *unused)
{
    sigset_t all, before;
    (void)unused;
    sigfillset(&all);
    double from = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    for (unsigned long i = 0; i < count; i++) {
        pthread_sigmask(SIG_BLOCK, &all, &before);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    printf("%.1f\n", (clock_ns(CLOCK_THREAD_CPUTIME_ID) - from) / (double)count);
}

/* ---- programs and memory ---- */

static void spawn(unsigned long count, const char *more)
{
    double *taken = calloc(count + 1, sizeof *taken);
    static char self[] = "load", what[] = "nothing";
    char *const arguments[] = {self, what, NULL};
    (void)more;
    for (unsigned long i = 0; i < count; i++) {
        pid_t child;
        double from = clock_ns(CLOCK_MONOTONIC);
        if (posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ) != 0 || waitpid(child, NULL, 0) < 0)
            die("a program");
        taken[i] = (clock_ns(CLOCK_MONOTONIC) - from) / 1000;
    }
    printf("%.1f\n", median(taken, count));
    free(taken);
}

/* Every sixteenth page of a table is written to; tables come and go, so that most are made of what was freed before. */
static void sparse(unsigned long count, const char *more)
{
    enum { TABLES = 16, TABLE_BYTES = 32 << 20 };
    static char *table[TABLES];
    (void)more;
    for (unsigned round = 0; round < 8; round++)
        for (unsigned i = round % 2; i<TABLES; i += round> 0 ? 2 : 1) {
            free(table[i]);
            table[i] = calloc(1, TABLE_BYTES);
            for (size_t at = 0; table[i] != NULL && at < TABLE_BYTES; at += 65536)
                table[i][at] = 1;
        }
    printf("%ld\n", resident_kib());
    (void)count;
}

static void idle(unsigned long threads, const char *more)
{
    (void)more;
    start_resting(threads, rest_with_block);
    printf("%ld\n", resident_kib() - shared_kib());
}

/* ---- looking at threads ---- */

static struct {
    const volatile long **word; /* a thread's each */
    unsigned next;
} touched;

static void *rest_with_word(void *argument)
{
    volatile long word = 1;
    touched.word[__atomic_fetch_add(&touched.next, 1, __ATOMIC_RELAXED)] = &word;
    return rest(argument);
}

static void touch(unsigned long threads, const char *more)
{
    enum { TIMES = 100 };
    const struct timespec a_while = {.tv_nsec = 50000000};
    double taken[TIMES];
    volatile long sum = 0;
    (void)more;
    touched.word = calloc(threads, sizeof *touched.word);
    start_resting(threads, rest_with_word);
    for (unsigned i = 0; i < TIMES; i++) {
        nanosleep(&a_while, NULL);
        double from = clock_ns(CLOCK_MONOTONIC);
        for (unsigned long j = 0; j < threads; j++)
            sum += *touched.word[j];
        taken[i] = clock_ns(CLOCK_MONOTONIC) - from;
    }
    printf("%.0f\n", median(taken, TIMES));
}

/* ---- jemalloc's books ---- */

static const char *const figures[] = {"small.allocated",
                                      "large.allocated",
                                      "small.nmalloc",
                                      "large.nmalloc",
                                      "small.ndalloc",
                                      "large.ndalloc",
                                      "pactive",
                                      "pdirty",
                                      "pmuzzy",
                                      "mapped",
                                      "retained",
                                      "resident",
                                      "base",
                                      "internal",
                                      "tcache_bytes",
                                      "tcache_stashed_bytes",
                                      "nthreads"};

enum { FIGURES = sizeof figures / sizeof figures[0], DEPTH = 5 };

static struct {
    size_t mib[DEPTH], depth;
} figure_mib[FIGURES];

static void read_books(unsigned arenas)
{
    uint64_t epoch = 1, value;
    mallctl("epoch", NULL, NULL, &epoch, sizeof epoch);
    for (unsigned i = 0; i < arenas; i++)
        for (unsigned j = 0; j < FIGURES; j++) {
            size_t bytes = j + 1 < FIGURES ? sizeof value : sizeof(unsigned);
            figure_mib[j].mib[2] = i;
            mallctlbymib(figure_mib[j].mib, figure_mib[j].depth, &value, &bytes, NULL, 0);
        }
}

static void find_figures(void)
{
    for (unsigned j = 0; j < FIGURES; j++) {
        char name[64];
        snprintf(name, sizeof name, "stats.arenas.0.%s", figures[j]);
        figure_mib[j].depth = DEPTH;
        if (mallctlnametomib(name, figure_mib[j].mib, &figure_mib[j].depth) != 0)
            die(name);
    }
}

/* Where there are fewer than `arenas`, makes the rest. */
static unsigned make_arenas(unsigned arenas)
{
    unsigned count = 0, made;
    size_t bytes = sizeof count;
    mallctl("arenas.narenas", &count, &bytes, NULL, 0);
    for (; count < arenas; count++) {
        bytes = sizeof made;
        if (mallctl("arenas.create", &made, &bytes, NULL, 0) != 0)
            die("an arena");
    }
    return count;
}

static void time_books(unsigned arenas, unsigned times, const struct timespec *between)
{
    double *taken = calloc(times + 1, sizeof *taken);
    find_figures();
    for (unsigned i = 0; i < times; i++) {
        nanosleep(between, NULL);
        double from = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        read_books(arenas);
        taken[i] = clock_ns(CLOCK_THREAD_CPUTIME_ID) - from;
    }
    printf("%.0f\n", median(taken, times));
    fflush(stdout);
    free(taken);
}

static void epoch(unsigned long arenas, const char *more)
{
    const struct timespec at_once = {0, 0};
    time_books(make_arenas((unsigned)arenas), more != NULL ? (unsigned)strtoul(more, NULL, 10) : 21, &at_once);
}

static unsigned watched_classes = 1;

static void *be_watched(void *argument)
{
    static unsigned number;
    char name[16];
    unsigned self = __atomic_fetch_add(&number, 1, __ATOMIC_RELAXED);
    unsigned class = self % watched_classes;
    snprintf(name, sizeof name, "%c%c-%u", 'a' + (int)(class / 26), 'a' + (int)(class % 26), self);
    prctl(PR_SET_NAME, name);
    return rest_with_block(argument);
}

static void watched(unsigned long threads, const char *classes)
{
    watched_classes = classes != NULL ? (unsigned)strtoul(classes, NULL, 10) : 1;
    for (unsigned long i = 0; i < threads; i++)
        start_resting(1, be_watched); /* one after another: who comes while an arena is being made goes without */
    printf("settled\n");
    fflush(stdout);
    const struct timespec a_while = {.tv_nsec = 100000000};
    for (;;)
        time_books(make_arenas(0), 20, &a_while);
}

static void do_nothing(unsigned long count, const char *more)
{
    (void)count;
    (void)more;
}

static const struct {
    const char *name;
    void (*run)(unsigned long count, const char *more);
} works[] = {
    {"pair", pair},   {"handover", handover}, {"mixed", mixed},       {"create", create}, {"create-used", create_used},
    {"masks", masks}, {"spawn", spawn},       {"sparse", sparse},     {"idle", idle},     {"touch", touch},
    {"epoch", epoch}, {"watched", watched},   {"nothing", do_nothing}};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof works / sizeof works[0]; i++) {
        if (strcmp(argv[1], works[i].name) != 0)
            continue;
        works[i].run(argc > 2 ? strtoul(argv[2], NULL, 10) : 0, argc > 3 ? argv[3] : NULL);
        return 0;
    }
    fprintf(stderr, "usage: load WHAT [COUNT [MORE]]\n");
    return 2;
}
