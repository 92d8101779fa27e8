/* busy.c: a program that does a little of everything that can go through an allocator, and checks what it gets: threads in
 * classes that hold, hand over, resize and free memory of each other's, renames, a fork. Says one line, and ends with status
 * 7 when all was as it should be.
 *
 *     busy [MILLISECONDS]     at least so long (400) */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* So many rounds hand over enough for every cache to be given back once. */
enum { PAIRS = 3, BLOCKS = 256, ROUNDS_LEAST = 40, CHILD_STATUS = 5, GOOD_STATUS = 7 };

/* A producer fills blocks; its consumer checks, resizes and frees them. */
struct pair {
    pthread_barrier_t step;
    unsigned char *blocks[BLOCKS];
    size_t sizes[BLOCKS];
    unsigned number;
    long until_ms;
    unsigned rounds; /* of the producer; the consumer stops after as many */
    unsigned bad;
    int over;
};

static long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void name_thread(const char *class, unsigned number)
{
    char name[16];

    snprintf(name, sizeof name, "%s_%u", class, number);
    pthread_setname_np(pthread_self(), name);
}

static unsigned is_bad(const unsigned char *block, size_t size, unsigned char with)
{
    if (block == NULL)
        return 1;
    for (size_t i = 0; i < size; i++)
        if (block[i] != with)
            return 1;
    return 0;
}

static void *produce(void *argument)
{
    struct pair *pair = argument;

    name_thread("producer", pair->number);
    while (!pair->over) {
        if (pair->rounds++ % 5 == 4)
            name_thread("renamed", pair->number);
        for (unsigned i = 0; i < BLOCKS; i++) {
            pair->sizes[i] = 16 + (i * 7919 + pair->rounds) % (i % 32 == 0 ? 100000 : 3000);
            pair->blocks[i] = malloc(pair->sizes[i]);
            if (pair->blocks[i] == NULL)
                abort();
            memset(pair->blocks[i], (int)i, pair->sizes[i]);
        }
        pair->over = now_ms() >= pair->until_ms && pair->rounds >= ROUNDS_LEAST;
        pthread_barrier_wait(&pair->step);
        pthread_barrier_wait(&pair->step);
    }
    return NULL;
}

static void *consume(void *argument)
{
    struct pair *pair = argument;
    int over = 0;

    name_thread("consumer", pair->number);
    while (!over) {
        pthread_barrier_wait(&pair->step);
        over = pair->over;
        for (unsigned i = 0; i < BLOCKS; i++) {
            size_t kept = pair->sizes[i];
            unsigned char *block = pair->blocks[i];
            pair->bad += is_bad(block, kept, (unsigned char)i);
            if (i % 3 == 0) {
                block = realloc(block, kept * 2);
                pair->bad += is_bad(block, kept, (unsigned char)i);
            }
            free(block);
        }
        pthread_barrier_wait(&pair->step);
    }
    return NULL;
}

/* A child that works a little and ends by itself. */
static unsigned fork_badly(void)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        unsigned bad = 0;
        for (unsigned i = 0; i < 1000; i++) {
            unsigned char *block = calloc(1, 100 + i);
            bad += is_bad(block, 100 + i, 0);
            free(block);
        }
        _exit(bad == 0 ? CHILD_STATUS : 1);
    }
    return child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) ||
           WEXITSTATUS(status) != CHILD_STATUS;
}

int main(int argc, char **argv)
{
    static struct pair pairs[PAIRS];
    pthread_t threads[PAIRS][2];
    unsigned bad = 0;
    long until_ms = now_ms() + (argc > 1 ? atol(argv[1]) : 400);

    for (unsigned i = 0; i < PAIRS; i++) {
        pairs[i].number = i;
        pairs[i].until_ms = until_ms;
        pthread_barrier_init(&pairs[i].step, NULL, 2);
        if (pthread_create(&threads[i][0], NULL, produce, &pairs[i]) != 0 ||
            pthread_create(&threads[i][1], NULL, consume, &pairs[i]) != 0)
            abort();
    }
    errno = 0;
    bad += fork_badly();
    for (unsigned i = 0; i < PAIRS; i++) {
        for (unsigned side = 0; side < 2; side++)
            pthread_join(threads[i][side], NULL);
        bad += pairs[i].bad;
    }
    bad += fork_badly();
    printf("%u wrong, errno %d\n", bad, errno);
    return bad == 0 ? GOOD_STATUS : 1;
}
