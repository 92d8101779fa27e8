/* cost.c: the operations whose instructions are counted, under tests/lib/steps:  cost OPERATION...  |  cost agent THREADS
 *
 * Each is done a few times for its own sake, until caches and tables are what they will stay, and then ROUNDS times in a
 * stretch: the least of the rounds is what the operation costs when nothing else comes between. With `agent` there is a
 * process of so many threads, and it is the agent's own thread that is counted, until steps has seen enough. */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../lib/steps.h"

enum { ROUNDS = 3, TIMES = 16, WARM_UPS = 20, BLOCK_BYTES = 64 };

/* Weak, an extension: without a C++ library or jemalloc there are none. */
extern void _ZdlPv(void *) __attribute__((weak));
extern void _ZdlPvm(void *, size_t) __attribute__((weak));
extern void dallocx(void *, int) __attribute__((weak));
extern void sdallocx(void *, size_t, int) __attribute__((weak));

static void *volatile block[TIMES];

/* ---- operations: each does what it does TIMES times, or once ---- */

static void op_free(void)
{
    for (unsigned i = 0; i < TIMES; i++)
        free(block[i] = malloc(BLOCK_BYTES));
}

static void op_calloc(void)
{
    for (unsigned i = 0; i < TIMES; i++)
        free(block[i] = calloc(1, BLOCK_BYTES));
}

static void op_delete(void)
{
    for (unsigned i = 0; i < TIMES; i++)
        _ZdlPv(block[i] = malloc(BLOCK_BYTES));
}

static void op_delete_sized(void)
{
    for (unsigned i = 0; i < TIMES; i++)
        _ZdlPvm(block[i] = malloc(BLOCK_BYTES), BLOCK_BYTES);
}

static void op_dallocx(void)
{
    for (unsigned i = 0; i < TIMES; i++)
        dallocx(block[i] = malloc(BLOCK_BYTES), 0);
}

static void op_sdallocx(void)
{
    for (unsigned i = 0; i < TIMES; i++)
        sdallocx(block[i] = malloc(BLOCK_BYTES), BLOCK_BYTES, 0);
}

static void op_realloc(void)
{
    void *kept = malloc(BLOCK_BYTES);
    for (unsigned i = 0; i < TIMES; i++)
        block[0] = kept = realloc(kept, i % 2 == 0 ? 2 * BLOCK_BYTES : BLOCK_BYTES);
    free(kept);
}

static void op_wait(void)
{
    static sem_t sem;
    sem_init(&sem, 0, TIMES);
    for (unsigned i = 0; i < TIMES; i++)
        sem_wait(&sem);
}

static void *nothing(void *argument)
{
    return argument;
}

static void *allocates(void *argument)
{
    free(block[0] = malloc(BLOCK_BYTES));
    return argument;
}

static void make_thread(void *(*start)(void *))
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, start, NULL) == 0)
        pthread_join(thread, NULL);
}

static void op_thread(void)
{
    make_thread(nothing);
}

static void op_thread_malloc(void)
{
    make_thread(allocates);
}

/* ---- memory of another class: made by a thread of its own, freed by this one ---- */

static sem_t wanted, there;

static void *produce(void *argument)
{
    for (;;) {
        sem_wait(&wanted);
        for (unsigned i = 0; i < TIMES; i++)
            block[i] = malloc(BLOCK_BYTES);
        sem_post(&there);
    }
    return argument;
}

static void free_blocks(void)
{
    for (unsigned i = 0; i < TIMES; i++)
        free(block[i]);
}

static void get_blocks(void)
{
    sem_post(&wanted);
    sem_wait(&there);
}

static void start_producer(void)
{
    pthread_t thread;
    sem_init(&wanted, 0, 0);
    sem_init(&there, 0, 0);
    if (pthread_create(&thread, NULL, produce, NULL) != 0)
        exit(1);
}

/* ---- */

static void no_preparation(void)
{
}

static const struct operation {
    const char *name;
    void (*start)(void);   /* once */
    void (*prepare)(void); /* before each stretch, uncounted */
    void (*run)(void);
} operations[] = {
    {"free", no_preparation, no_preparation, op_free},
    {"calloc", no_preparation, no_preparation, op_calloc},
    {"delete", no_preparation, no_preparation, op_delete},
    {"delete-sized", no_preparation, no_preparation, op_delete_sized},
    {"dallocx", no_preparation, no_preparation, op_dallocx},
    {"sdallocx", no_preparation, no_preparation, op_sdallocx},
    {"realloc", no_preparation, no_preparation, op_realloc},
    {"wait", no_preparation, no_preparation, op_wait},
    {"foreign", start_producer, get_blocks, free_blocks},
    {"thread", no_preparation, no_preparation, op_thread},
    {"thread-malloc", no_preparation, no_preparation, op_thread_malloc},
};

static void measure(const struct operation *operation)
{
    operation->start();
    for (unsigned i = 0; i < WARM_UPS; i++) {
        operation->prepare();
        operation->run();
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        operation->prepare();
        steps_mark(operation->name);
        operation->run();
        steps_mark(NULL);
    }
}

/* ---- the agent's own thread, with so many threads to look at ---- */

static sem_t settled;

static void *rest(void *argument)
{
    block[0] = malloc(BLOCK_BYTES);
    sem_post(&settled);
    for (;;)
        pause();
    return argument;
}

static void be_watched(unsigned threads)
{
    pthread_t thread;
    sem_init(&settled, 0, 0);
    for (unsigned i = 0; i < threads; i++)
        if (pthread_create(&thread, NULL, rest, NULL) != 0)
            exit(1);
    for (unsigned i = 0; i < threads; i++)
        sem_wait(&settled);
    const struct timespec a_moment = {.tv_sec = 1};
    nanosleep(&a_moment, NULL); /* the agent meets them, and grows its tables */
    steps_mark("@arenatop");
    for (;;)
        pause();
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "agent") == 0)
        be_watched((unsigned)strtoul(argv[2], NULL, 10));
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        for (int wish = 1; wish < argc; wish++)
            if (strcmp(argv[wish], operations[i].name) == 0)
                measure(&operations[i]);
    return 0;
}
