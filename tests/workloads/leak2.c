/* leak2.c: the case that arena books and thread counters both get wrong.
 *
 * A-owner allocates 100,000 blocks of 256 bytes. B-taker frees one of them and allocates one of its own, 50,000 times. The
 * truth is 12,800,000 bytes each; a thread cache hands B the very blocks of A that it freed. Prints its books as JSON
 * (books.h) and rests, both threads alive, until SIGTERM or SIGINT. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "books.h"

enum { OWNER, TAKER, CLASSES };
enum { OWNED = 100000, TAKEN = 50000, BLOCK_BYTES = 256 };

static const char *const names[CLASSES] = {"A-owner", "B-taker"};

static struct {
    void *owned[OWNED];
    void *taken[TAKEN];
    struct books books[CLASSES];
    pthread_barrier_t owned_all, taken_all;
    pthread_mutex_t resting;
} work = {.resting = PTHREAD_MUTEX_INITIALIZER};

static void *block_new(unsigned by)
{
    void *volatile block = malloc(BLOCK_BYTES);

    if (!block)
        abort();
    memset(block, 0x5a, BLOCK_BYTES);
    books_alloc(&work.books[by], by, block);
    return block;
}

static void rest(void)
{
    pthread_barrier_wait(&work.taken_all);
    pthread_mutex_lock(&work.resting); /* which the main thread holds until the end */
}

static void *owner(void *unused)
{
    (void)unused;
    pthread_setname_np(pthread_self(), names[OWNER]);
    for (unsigned i = 0; i < OWNED; i++)
        work.owned[i] = block_new(OWNER);
    pthread_barrier_wait(&work.owned_all);
    rest();
    return NULL;
}

static void *taker(void *unused)
{
    (void)unused;
    pthread_setname_np(pthread_self(), names[TAKER]);
    pthread_barrier_wait(&work.owned_all);
    for (unsigned i = 0; i < TAKEN; i++) {
        books_free(&work.books[TAKER], OWNER, TAKER, work.owned[i]);
        free(work.owned[i]);
        work.taken[i] = block_new(TAKER);
    }
    rest();
    return NULL;
}

int main(void)
{
    pthread_t a, b;
    struct books sum = {0};
    sigset_t signals;
    int signal_number;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    pthread_mutex_lock(&work.resting);
    pthread_barrier_init(&work.owned_all, NULL, 2);
    pthread_barrier_init(&work.taken_all, NULL, 3);
    if (pthread_create(&a, NULL, owner, NULL) != 0 || pthread_create(&b, NULL, taker, NULL) != 0) {
        fputs("leak2: cannot start its threads\n", stderr);
        return 1;
    }
    pthread_barrier_wait(&work.taken_all);
    for (unsigned i = 0; i < CLASSES; i++)
        books_add(&sum, &work.books[i]);
    books_print(stdout, &sum, CLASSES, names);
    sigwait(&signals, &signal_number);
    return 0;
}
