/* threads.c: a program whose threads are named, started and renamed in every way that there is. What it does is said on
 * its command line, one word a thread (or kind of thread); when all have come to rest it prints "ready", and waits for
 * SIGTERM. Each thread that comes to rest holds BLOCK_BYTES. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { BLOCK_BYTES = 100000, FLOOD_RENAMES = 1000, THREADS_MAX = 256 };

/* Weak, an extension: there may be no jemalloc. */
extern int mallctl(const char *name, void *old, size_t *old_bytes, void *new, size_t new_bytes) __attribute__((weak));

void *alpha_work(void *argument);
void *beta_work(void *argument);

static sem_t at_rest, named_by_other;
static void *volatile held[THREADS_MAX];
static unsigned holders;

/* ---- what a thread does ---- */

static void hold(void)
{
    unsigned slot = __atomic_fetch_add(&holders, 1, __ATOMIC_RELAXED);
    if (slot < THREADS_MAX)
        held[slot] = malloc(BLOCK_BYTES);
}

static void say_arena(const char *who)
{
    unsigned arena = 0;
    size_t bytes = sizeof arena;
    if (mallctl && mallctl("thread.arena", &arena, &bytes, NULL, 0) == 0)
        printf("%s: arena %u\n", who, arena);
}

static void *rest(const char *who)
{
    hold();
    say_arena(who);
    sem_post(&at_rest);
    for (;;)
        pause();
    return NULL;
}

void *alpha_work(void *argument)
{
    return rest(argument);
}

void *beta_work(void *argument)
{
    return rest(argument);
}

static void *name_self(void *argument)
{
    pthread_setname_np(pthread_self(), argument);
    return rest(argument);
}

static void *name_by_prctl(void *argument)
{
    prctl(PR_SET_NAME, argument);
    return rest(argument);
}

/* Waits for work, as a worker does; was named meanwhile. */
static void *be_named(void *argument)
{
    while (sem_wait(&named_by_other) != 0)
        ;
    return rest(argument);
}

/* "A/B": first A, then B, and something held as each. */
static void *change_name(void *argument)
{
    char *second = strchr(argument, '/');
    *second = '\0';
    pthread_setname_np(pthread_self(), argument);
    hold();
    pthread_setname_np(pthread_self(), second + 1);
    return rest(second + 1);
}

/* Named once more what it is called already, many times, and from 1 to 9 and back. */
static void *keep_name(void *argument)
{
    char name[16];
    for (unsigned i = 0; i < FLOOD_RENAMES; i++) {
        snprintf(name, sizeof name, "%.12s%u", (char *)argument, i % 10);
        pthread_setname_np(pthread_self(), name);
    }
    return rest(argument);
}

/* A name of its own for each task. */
static void *flood(void *argument)
{
    char name[16];
    for (unsigned i = 0; i < FLOOD_RENAMES; i++) {
        snprintf(name, sizeof name, "%.6s%ux", (char *)argument, i);
        pthread_setname_np(pthread_self(), name);
        free(malloc(100));
    }
    return rest(argument);
}

static pthread_t begin(void *(*start)(void *), char *argument);

static void *start_another(void *argument)
{
    pthread_setname_np(pthread_self(), argument);
    begin(alpha_work, argument);
    return rest(argument);
}

/* Makes another thread as soon as it was named, and has not waited in between. */
static unsigned namings; /* 1: it runs, 2: it is named */

static void *start_when_named(void *argument)
{
    __atomic_store_n(&namings, 1, __ATOMIC_RELEASE);
    while (__atomic_load_n(&namings, __ATOMIC_ACQUIRE) != 2)
        sched_yield();
    begin(alpha_work, argument);
    return rest(argument);
}

/* ---- the command line ---- */

static unsigned wanted;

static pthread_t begin(void *(*start)(void *), char *argument)
{
    pthread_t id;
    __atomic_fetch_add(&wanted, 1, __ATOMIC_RELAXED);
    int failed = pthread_create(&id, NULL, start, argument);
    if (failed != 0) {
        fprintf(stderr, "threads: pthread_create: %s\n", strerror(failed));
        exit(1);
    }
    return id;
}

static void begin_many(char *prefix)
{
    for (unsigned i = 0; i < 70; i++) {
        char *name = malloc(16);
        snprintf(name, 16, "%.8s%ux", prefix, i);
        begin(name_self, name);
        sem_wait(&at_rest);
        sem_post(&at_rest);
    }
}

static void begin_named_by_other(char *name)
{
    pthread_setname_np(begin(be_named, name), name);
    sem_post(&named_by_other);
}

static void begin_parent(char *name)
{
    pthread_t id = begin(start_when_named, name);
    while (__atomic_load_n(&namings, __ATOMIC_ACQUIRE) != 1)
        sched_yield();
    pthread_setname_np(id, name);
    __atomic_store_n(&namings, 2, __ATOMIC_RELEASE);
}

/* Until all that were begun have come to rest. */
static void wait_for_rest(void)
{
    static unsigned rested;
    for (; rested < __atomic_load_n(&wanted, __ATOMIC_RELAXED); rested++)
        while (sem_wait(&at_rest) != 0)
            ;
}

static int begin_by_word(char *word)
{
    static const struct {
        const char *key;
        void *(*start)(void *);
    } kinds[] = {{"alpha", alpha_work}, {"beta", beta_work},     {"self", name_self}, {"prctl", name_by_prctl},
                 {"keep", keep_name},   {"change", change_name}, {"flood", flood},    {"nest", start_another}};
    char *argument = strchr(word, ':');
    if (argument == NULL)
        return -1;
    *argument++ = '\0';
    if (strcmp(word, "many") == 0)
        return begin_many(argument), 0;
    if (strcmp(word, "then") == 0)
        return wait_for_rest(), 0;
    if (strcmp(word, "main") == 0)
        return prctl(PR_SET_NAME, argument), 0;
    if (strcmp(word, "other") == 0)
        return begin_named_by_other(argument), 0;
    if (strcmp(word, "parent") == 0)
        return begin_parent(argument), 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(word, kinds[i].key) == 0)
            return begin(kinds[i].start, argument), 0;
    return -1;
}

int main(int argc, char **argv)
{
    sigset_t end;
    int received;

    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &end, NULL);
    sem_init(&at_rest, 0, 0);
    sem_init(&named_by_other, 0, 0);
    say_arena("main");
    for (int i = 1; i < argc; i++) {
        if (begin_by_word(argv[i]) != 0) {
            fprintf(stderr, "threads: what is %s?\n", argv[i]);
            return 2;
        }
    }
    wait_for_rest();
    puts("ready");
    fflush(stdout);
    sigwait(&end, &received);
    return 0;
}
