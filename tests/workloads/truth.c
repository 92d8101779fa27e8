/* truth.c: classes of threads that hold, free and hand over amounts that are known beforehand.
 *
 *     truth [--classes N] [--threads N] [--blocks N] [--rounds N] [--leave]
 *
 * In each round every thread of class k allocates blocks, their sizes size classes of jemalloc. Block i then goes by
 * i % 4: 0 and 1 are kept, 2 the thread frees itself, 3 a thread of class k + 1 frees. When all is done the books are
 * printed as JSON (books.h) and the program rests until SIGTERM or SIGINT, its threads alive unless --leave. */
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "books.h"

enum { THREADS_MAX = 64 };

static const char *const names[BOOKS_CLASSES] = {
    "own-a_*", "own-b_*", "own-c_*", "own-d_*", "own-e_*", "own-f_*", "own-g_*", "own-h_*",
    "own-i_*", "own-j_*", "own-k_*", "own-l_*", "own-m_*", "own-n_*", "own-o_*", "own-p_*",
};

static const size_t sizes[] = {16, 48, 128, 320, 1024, 3584, 14336, 16384, 81920, 1 << 20};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

struct member {
    unsigned kind; /* which class */
    unsigned number;
    pthread_t thread;
    void **blocks; /* of this round; made by the main thread */
    struct books books;
};

static struct {
    unsigned classes, threads, blocks, rounds;
    bool leave;
    pthread_barrier_t step;
    pthread_mutex_t resting;
    struct member members[BOOKS_CLASSES][THREADS_MAX];
} work = {.classes = 3, .threads = 4, .blocks = 1000, .rounds = 3, .resting = PTHREAD_MUTEX_INITIALIZER};

/* Each thread another mixture, the same in every run. */
static size_t block_bytes(const struct member *member, unsigned i)
{
    const unsigned range = member->kind % 2 ? SIZES : SIZES - 3;

    return sizes[(i / 4 * 7 + member->kind + member->number) % (i % 64 ? SIZES - 4 : range)];
}

static void allocate(struct member *member)
{
    for (unsigned i = 0; i < work.blocks; i++) {
        const size_t bytes = block_bytes(member, i);
        void *volatile block = malloc(bytes);
        if (!block)
            abort();
        memset(block, 0x5a, bytes);
        books_alloc(&member->books, member->kind, block);
        member->blocks[i] = block;
    }
}

/* Frees the blocks of `owner` whose number is `fate` modulo 4. */
static void release(struct member *by, struct member *owner, unsigned fate)
{
    for (unsigned i = fate; i < work.blocks; i += 4) {
        books_free(&by->books, owner->kind, by->kind, owner->blocks[i]);
        free(owner->blocks[i]);
    }
}

static void *member_run(void *argument)
{
    struct member *member = argument;
    const unsigned before = (member->kind + work.classes - 1) % work.classes;
    char name[16];

    snprintf(name, sizeof name, "own-%c_%u", 'a' + (int)member->kind, member->number);
    pthread_setname_np(pthread_self(), name);
    for (unsigned round = 0; round < work.rounds; round++) {
        pthread_barrier_wait(&work.step);
        allocate(member);
        release(member, member, 2);
        pthread_barrier_wait(&work.step);
        release(member, &work.members[before][member->number], 3);
    }
    pthread_barrier_wait(&work.step);
    if (!work.leave)
        pthread_mutex_lock(&work.resting); /* which the main thread holds until the end */
    return NULL;
}

static void begin(unsigned kind, unsigned number)
{
    struct member *member = &work.members[kind][number];

    member->kind = kind;
    member->number = number;
    member->blocks = calloc(work.blocks, sizeof *member->blocks);
    if (!member->blocks || pthread_create(&member->thread, NULL, member_run, member) != 0) {
        fputs("truth: cannot start its threads\n", stderr);
        exit(1);
    }
}

static unsigned number_of(const char *text, unsigned least, unsigned most)
{
    char *end;
    const unsigned long number = strtoul(text, &end, 10);

    if (*end != '\0' || number < least || number > most) {
        fprintf(stderr, "truth: not a number from %u to %u: %s\n", least, most, text);
        exit(2);
    }
    return (unsigned)number;
}

static void options(int argc, char **argv)
{
    static const struct option table[] = {
        {"classes", required_argument, NULL, 'c'}, {"threads", required_argument, NULL, 't'},
        {"blocks", required_argument, NULL, 'b'},  {"rounds", required_argument, NULL, 'r'},
        {"leave", no_argument, NULL, 'l'},         {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
        switch (option) {
        case 'c':
            work.classes = number_of(optarg, 1, BOOKS_CLASSES);
            break;
        case 't':
            work.threads = number_of(optarg, 1, THREADS_MAX);
            break;
        case 'b':
            work.blocks = number_of(optarg, 4, 1u << 20);
            break;
        case 'r':
            work.rounds = number_of(optarg, 0, 1u << 20);
            break;
        case 'l':
            work.leave = true;
            break;
        default:
            exit(2);
        }
    }
}

int main(int argc, char **argv)
{
    struct books sum = {0};
    sigset_t signals;
    int signal_number;

    options(argc, argv);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);

    pthread_mutex_lock(&work.resting);
    pthread_barrier_init(&work.step, NULL, work.classes * work.threads + 1);
    for (unsigned kind = 0; kind < work.classes; kind++)
        for (unsigned number = 0; number < work.threads; number++)
            begin(kind, number);
    for (unsigned step = 0; step < 2 * work.rounds + 1; step++)
        pthread_barrier_wait(&work.step);

    for (unsigned kind = 0; kind < work.classes; kind++) {
        for (unsigned number = 0; number < work.threads; number++) {
            if (work.leave)
                pthread_join(work.members[kind][number].thread, NULL);
            books_add(&sum, &work.members[kind][number].books);
        }
    }
    books_print(stdout, &sum, work.classes, names);
    sigwait(&signals, &signal_number);
    return 0;
}
