/* demo-server.c: a small server to look at. It serves nobody: its acceptors make up the requests.
 *
 * What goes where, each arrow a hand-over from one thread to another:
 *
 *   acceptor-N --requests--> worker_N --pages--> the cache <--evicts-- Cache Evict#0
 *                               |
 *                               +--journal records--> flusher
 *   audit-log keeps what it hears: it is the one that grows.
 *
 * It runs until SIGTERM or SIGINT, or for --seconds N. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    ACCEPTORS = 2,
    WORKERS = 4,
    THREADS = ACCEPTORS + WORKERS + 3,
    BURST = 8, /* requests that an acceptor hands over between two pauses */
    PAUSE_US = 5000,
    SCRATCH = 6, /* blocks that a worker needs for one request and frees itself */
    JOURNAL_BYTES = 192,
    INDEX_BYTES = 6 << 20,
    CACHE_LIMIT_BYTES = 24 << 20,
    FLUSH_BUFFER_BYTES = 2 << 20,
    AUDIT_BYTES = 4000,
    AUDIT_PAUSE_US = 20000,
    AUDIT_LIMIT_BYTES = 96 << 20
};

struct item {
    struct item *next;
    size_t bytes;
    unsigned char data[];
};

/* A list with a lock: first in, first out. */
struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct item *first;
    struct item *last;
    size_t bytes;
};

static struct {
    struct queue requests;
    struct queue cache;
    struct queue journal;
    pthread_mutex_t naming; /* held while threads get their names: what they allocate is to be their class's */
    atomic_bool stopping;
    atomic_ulong served;
} server = {
    .naming = PTHREAD_MUTEX_INITIALIZER,
    .requests = {.lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER},
    .cache = {.lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER},
    .journal = {.lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER},
};

static void fail(const char *what)
{
    fprintf(stderr, "demo-server: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct item *item_new(size_t bytes)
{
    struct item *item = malloc(sizeof *item + bytes);
    if (!item)
        fail("malloc");
    item->next = NULL;
    item->bytes = bytes;
    memset(item->data, (int)(bytes & 0xff), bytes);
    return item;
}

static void queue_put(struct queue *queue, struct item *item)
{
    pthread_mutex_lock(&queue->lock);
    if (queue->last)
        queue->last->next = item;
    else
        queue->first = item;
    queue->last = item;
    queue->bytes += item->bytes;
    pthread_cond_signal(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}

/* Waits until the queue holds more than `keep_bytes` and takes its oldest item; NULL when the server stops. */
static struct item *queue_take(struct queue *queue, size_t keep_bytes)
{
    struct item *item = NULL;

    pthread_mutex_lock(&queue->lock);
    while (queue->bytes <= keep_bytes && !server.stopping)
        pthread_cond_wait(&queue->filled, &queue->lock);
    if (!server.stopping) {
        item = queue->first;
        queue->first = item->next;
        queue->last = queue->first ? queue->last : NULL;
        queue->bytes -= item->bytes;
    }
    pthread_mutex_unlock(&queue->lock);
    return item;
}

static void queue_stop(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    pthread_cond_broadcast(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}

static void items_free(struct item *item)
{
    while (item) {
        struct item *next = item->next;
        free(item);
        item = next;
    }
}

static void wait_for_name(void)
{
    pthread_mutex_lock(&server.naming);
    pthread_mutex_unlock(&server.naming);
}

/* xorshift: sizes need to be spread, not unpredictable. */
static size_t between(uint32_t *random, size_t low, size_t high)
{
    *random ^= *random << 13;
    *random ^= *random >> 17;
    *random ^= *random << 5;
    return low + *random % (high - low + 1);
}

static void pause_us(long us)
{
    const struct timespec pause = {.tv_nsec = us * 1000};
    nanosleep(&pause, NULL);
}

static void *acceptor(void *seed)
{
    uint32_t random = (uint32_t)(uintptr_t)seed;

    wait_for_name();
    while (!server.stopping) {
        for (int i = 0; i < BURST; i++)
            queue_put(&server.requests, item_new(between(&random, 200, 4000)));
        pause_us(PAUSE_US);
    }
    return NULL;
}

static void serve(const struct item *request, uint32_t *random)
{
    struct item *scratch[SCRATCH];

    for (int i = 0; i < SCRATCH; i++)
        scratch[i] = item_new(between(random, 32, 2000) + request->bytes / 8);
    for (int i = 0; i < SCRATCH; i++)
        free(scratch[i]);
    if (between(random, 0, 3) == 0)
        queue_put(&server.cache, item_new(between(random, 1000, 12000)));
    queue_put(&server.journal, item_new(JOURNAL_BYTES));
    server.served++;
}

static void *worker(void *seed)
{
    uint32_t random = (uint32_t)(uintptr_t)seed;
    struct item *request;

    wait_for_name();
    while ((request = queue_take(&server.requests, 0))) {
        serve(request, &random);
        free(request);
    }
    return NULL;
}

static void *evicter(void *unused)
{
    struct item *index, *oldest;

    (void)unused;
    wait_for_name();
    index = item_new(INDEX_BYTES);
    while ((oldest = queue_take(&server.cache, CACHE_LIMIT_BYTES))) {
        index->data[oldest->bytes % INDEX_BYTES]++;
        free(oldest);
    }
    free(index);
    return NULL;
}

static void *flusher(void *unused)
{
    struct item *buffer, *record;
    size_t at = 0;

    (void)unused;
    wait_for_name();
    buffer = item_new(FLUSH_BUFFER_BYTES);
    while ((record = queue_take(&server.journal, 0))) {
        if (at + record->bytes > FLUSH_BUFFER_BYTES)
            at = 0;
        memcpy(buffer->data + at, record->data, record->bytes);
        at += record->bytes;
        free(record);
    }
    free(buffer);
    return NULL;
}

static void *audit(void *unused)
{
    struct item *kept = NULL;
    size_t bytes = 0;

    (void)unused;
    wait_for_name();
    while (!server.stopping) {
        struct item *line = item_new(AUDIT_BYTES);
        line->next = kept;
        kept = line;
        bytes += line->bytes;
        if (bytes > AUDIT_LIMIT_BYTES) {
            items_free(kept);
            kept = NULL;
            bytes = 0;
        }
        pause_us(AUDIT_PAUSE_US);
    }
    items_free(kept);
    return NULL;
}

enum { ONLY = -1 };

/* The thread's name is the stem with its number, or the stem alone where it is the ONLY one. */
static pthread_t begin(void *(*routine)(void *), const char *stem, int number)
{
    char name[16];
    pthread_t thread;

    errno = pthread_create(&thread, NULL, routine, (void *)(uintptr_t)(number + 2));
    if (errno)
        fail("pthread_create");
    if (number == ONLY)
        snprintf(name, sizeof name, "%s", stem);
    else
        snprintf(name, sizeof name, "%s%d", stem, number);
    errno = pthread_setname_np(thread, name);
    if (errno)
        fail("pthread_setname_np");
    return thread;
}

/* Returns when one of the signals comes, or after `seconds` if that is above 0. */
static void wait_for_end(const sigset_t *signals, long seconds)
{
    const struct timespec limit = {.tv_sec = seconds};

    while (seconds > 0 ? sigtimedwait(signals, NULL, &limit) < 0 && errno == EINTR : sigwaitinfo(signals, NULL) < 0)
        ;
}

static long seconds_of(int argc, char **argv)
{
    char *end = NULL;
    long seconds = 0;

    if (argc == 3 && strcmp(argv[1], "--seconds") == 0)
        seconds = strtol(argv[2], &end, 10);
    if (argc != 1 && (seconds <= 0 || *end != '\0')) {
        fputs("usage: demo-server [--seconds N]\n", stderr);
        exit(2);
    }
    return seconds;
}

int main(int argc, char **argv)
{
    const long seconds = seconds_of(argc, argv);
    pthread_t threads[THREADS];
    sigset_t signals;
    int n = 0;

    /* Blocked before there are threads, so that the signals wait for wait_for_end. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);

    pthread_mutex_lock(&server.naming);
    for (int i = 0; i < WORKERS; i++)
        threads[n++] = begin(worker, "worker_", i);
    threads[n++] = begin(evicter, "Cache Evict#", 0);
    threads[n++] = begin(flusher, "flusher", ONLY);
    threads[n++] = begin(audit, "audit-log", ONLY);
    for (int i = 0; i < ACCEPTORS; i++)
        threads[n++] = begin(acceptor, "acceptor-", i);
    pthread_mutex_unlock(&server.naming);

    wait_for_end(&signals, seconds);
    server.stopping = true;
    queue_stop(&server.requests);
    queue_stop(&server.cache);
    queue_stop(&server.journal);
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    items_free(server.requests.first);
    items_free(server.cache.first);
    items_free(server.journal.first);
    printf("demo-server: %lu requests served\n", (unsigned long)server.served);
    return 0;
}
