/* ring_race.c: one writer at full speed, readers in threads and in other processes: none may accept a torn record, and
 * what a reader saw and what it counted as lost must add up to what was published. Speaks TAP. */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "atomics.h"
#include "ring.h"

#if defined(__SANITIZE_THREAD__)
enum { RECORDS = 60000, THREADS = 4, PROCESSES = 0 }; /* the sanitizer sees one process, and takes ten times as long */
#else
enum { RECORDS = 1500000, THREADS = 3, PROCESSES = 3 };
#endif

#define RING     AT_RING_BYTES_MIN
#define CAPACITY (RING / 4)

struct shared {
    struct at_ring_words words;
    _Alignas(128) uint64_t finished;
    _Alignas(4096) unsigned char data[RING];
};

/* How a reader goes about it. The first two must account for every record. */
enum manner {
    STEADY,
    SLOW,  /* falls behind on purpose, and reads records again where they lie */
    HOPPER /* starts anew all the time: at the oldest, the newest, the end */
};

static const char *const manners[] = {"steady", "slow", "hopping"};

struct result {
    uint64_t ready; /* the reader stands at the first record */
    uint64_t seen;
    uint64_t lost;
    uint64_t torn;
    uint64_t out_of_order;
    uint64_t again; /* read a second time with ring_read_at */
    bool corrupt;
};

struct job {
    const struct shared *shared;
    enum manner manner;
    struct result *result;
};

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    return x ^ (x >> 33);
}

/* A record's size follows from its sequence: mostly small, now and then as large as can be. */
static size_t size_of(uint64_t sequence)
{
    uint64_t dice = mix(sequence);

    if (dice % 997 == 0)
        return ring_payload_max(RING) - dice % 64;
    return dice % 29 == 0 ? dice % 30000 : dice % 3000;
}

/* So does every word of its payload. */
static uint64_t word_of(uint64_t sequence, size_t index)
{
    return mix(sequence) + index * UINT64_C(0x9e3779b97f4a7c15);
}

static bool is_whole(const struct at_record *record, const uint64_t *payload)
{
    size_t bytes = size_of(record->sequence);

    if (record->type != AT_RECORD_SNAPSHOT || record->length != sizeof(*record) + bytes)
        return false;
    for (size_t i = 0; i < bytes / 8; i++)
        if (payload[i] != word_of(record->sequence, i))
            return false;
    return true;
}

static void write_all(struct shared *shared)
{
    struct ring_writer writer;
    uint64_t *payload = malloc(CAPACITY);

    if (payload == NULL || ring_writer_init(&writer, &shared->words, shared->data, RING) != 0)
        abort();
    for (uint64_t sequence = 1; sequence <= RECORDS; sequence++) {
        size_t bytes = size_of(sequence);
        for (size_t i = 0; i < (bytes + 7) / 8; i++)
            payload[i] = word_of(sequence, i);
        if (ring_publish(&writer, AT_RECORD_SNAPSHOT, payload, bytes) != 0)
            abort();
        /* Runs away from everybody half of the time, and lets them catch up in the other half. */
        if (sequence / 2000 % 2 == 0 && sequence % 16 == 0)
            sched_yield();
    }
    store_release64(&shared->finished, 1);
    free(payload);
}

static void start_anew(struct ring_reader *reader, const struct shared *shared, uint64_t round)
{
    ring_reader_init(reader, &shared->words, shared->data, RING);
    if (round % 3 == 1)
        ring_seek_latest(reader);
    if (round % 3 == 2)
        ring_seek_end(reader);
}

static void read_again(const struct ring_reader *reader, uint64_t position, uint64_t *payload, struct result *result)
{
    struct at_record record;
    enum ring_result got = ring_read_at(reader, position, payload, CAPACITY, &record);

    if (got == RING_RECORD) {
        result->again++;
        result->torn += !is_whole(&record, payload);
    } else if (got != RING_LAPPED) {
        result->corrupt = true;
    }
}

static void *read_all(void *argument)
{
    const struct job *job = argument;
    struct result *result = job->result;
    struct ring_reader reader;
    uint64_t *payload = malloc(CAPACITY);
    uint64_t last = 0, position;

    if (payload == NULL || ring_reader_init(&reader, &job->shared->words, job->shared->data, RING) != 0)
        abort();
    store_release64(&result->ready, 1);
    while (!result->corrupt) {
        struct at_record record;
        bool finished = load_acquire64(&job->shared->finished) != 0; /* looked at before the ring is */
        enum ring_result got = ring_read(&reader, payload, CAPACITY, &record, &position);
        if (got == RING_EMPTY && finished)
            break;
        if (got == RING_EMPTY) {
            sched_yield();
            continue;
        }
        result->corrupt = got != RING_RECORD;
        if (result->corrupt)
            break;
        result->seen++;
        result->torn += !is_whole(&record, payload);
        result->out_of_order += record.sequence <= last;
        last = record.sequence;
        if (job->manner == SLOW && record.sequence % 8 == 0)
            read_again(&reader, position, payload, result);
        if (job->manner == SLOW && record.sequence % 64 == 0)
            usleep(100);
        if (job->manner == HOPPER && result->seen % 32 == 0) {
            start_anew(&reader, job->shared, result->seen / 32);
            last = 0;
        }
    }
    result->lost = reader.lost;
    free(payload);
    return NULL;
}

/* Results lie in memory of their own, so that the ring itself is read-only for everybody but the writer. */
static struct result *shared_results(size_t count)
{
    struct result *results =
        mmap(NULL, count * sizeof(*results), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return results == MAP_FAILED ? NULL : results;
}

static bool report(size_t number, const struct result *result, enum manner manner, const char *where)
{
    bool adds_up = manner == HOPPER || result->seen + result->lost == RECORDS;
    bool good = adds_up && !result->corrupt && result->torn == 0 && result->out_of_order == 0 && result->seen > 0;

    printf("%sok %zu - %s reader in a %s: %llu seen, %llu lost, %llu read again, %llu torn, %llu out of order%s%s\n",
           good ? "" : "not ", number, manners[manner], where, (unsigned long long)result->seen,
           (unsigned long long)result->lost, (unsigned long long)result->again, (unsigned long long)result->torn,
           (unsigned long long)result->out_of_order, result->corrupt ? ", corrupt" : "",
           adds_up ? "" : ", does not add up");
    return good;
}

static void start_process(const struct job *job)
{
    pid_t pid = fork();

    if (pid < 0)
        abort();
    if (pid == 0) {
        read_all((void *)(uintptr_t)job);
        _exit(0);
    }
}

/* Waits for the reader processes; one that did not end by itself has an empty result, which fails. */
static void end_processes(struct result *results)
{
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        if (wait(&status) > 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
            results[i].corrupt = true;
    }
}

int main(void)
{
    int fd = memfd_create("ring_race", MFD_CLOEXEC);
    struct result *results = shared_results(THREADS + PROCESSES);
    struct job jobs[THREADS + PROCESSES];
    pthread_t threads[THREADS];
    bool good = true;

    if (fd < 0 || results == NULL || ftruncate(fd, sizeof(struct shared)) != 0)
        return 1;
    struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    const struct shared *for_readers = mmap(NULL, sizeof(*shared), PROT_READ, MAP_SHARED, fd, 0);
    if (shared == MAP_FAILED || for_readers == MAP_FAILED)
        return 1;
#if defined(__SANITIZE_THREAD__)
    for_readers = shared; /* the sanitizer knows memory by its address */
#endif
    printf("1..%d\n", THREADS + PROCESSES);
    fflush(stdout);
    for (size_t i = 0; i < THREADS + PROCESSES; i++)
        jobs[i] = (struct job){.shared = for_readers, .manner = (enum manner)(i % 3), .result = &results[i]};
    for (int i = 0; i < PROCESSES; i++)
        start_process(&jobs[THREADS + i]);
    for (size_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, read_all, &jobs[i]) != 0)
            abort();
    /* A reader that comes later than the first overwriting has no way to know what it missed. */
    for (size_t i = 0; i < THREADS + PROCESSES; i++)
        while (load_acquire64(&results[i].ready) == 0)
            sched_yield();
    write_all(shared);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    end_processes(&results[THREADS]);
    for (size_t i = 0; i < THREADS + PROCESSES; i++)
        good &= report(i + 1, &results[i], jobs[i].manner, i < THREADS ? "thread" : "process");
    return good ? 0 : 1;
}
