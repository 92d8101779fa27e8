/* test_ring.c: the ring in one thread: round trips, laps, and a ring that lies. Races are ring_race's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ring.h"

#define RING     AT_RING_BYTES_MIN
#define CAPACITY (RING / 4)

/* A ring between two pages that nobody may touch: a step out of it ends the test. */
struct fixture {
    unsigned char *map;
    size_t map_bytes;
    struct at_ring_words *words;
    unsigned char *data;
    struct ring_writer writer;
    uint64_t *buffer;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    assert_non_null(f);
    f->map_bytes = RING + 2 * page;
    f->map = mmap(NULL, f->map_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(f->map, MAP_FAILED);
    f->data = f->map + page;
    assert_int_equal(mprotect(f->data, RING, PROT_READ | PROT_WRITE), 0);
    f->words = aligned_alloc(128, sizeof(*f->words));
    f->buffer = malloc(CAPACITY);
    assert_non_null(f->words);
    assert_non_null(f->buffer);
    memset(f->words, 0, sizeof(*f->words));
    assert_int_equal(ring_writer_init(&f->writer, f->words, f->data, RING), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    munmap(f->map, f->map_bytes);
    free(f->words);
    free(f->buffer);
    free(f);
    return 0;
}

static uint64_t pattern(uint64_t sequence, size_t word)
{
    return (sequence * UINT64_C(0x9e3779b97f4a7c15)) ^ (word * UINT64_C(0xc2b2ae3d27d4eb4f));
}

/* Publishes a record whose words depend on its sequence. */
static void publish(struct fixture *f, size_t bytes)
{
    uint64_t sequence = ring_next_sequence(&f->writer);

    for (size_t i = 0; i < (bytes + 7) / 8; i++)
        f->buffer[i] = pattern(sequence, i);
    assert_int_equal(ring_publish(&f->writer, AT_RECORD_SNAPSHOT, f->buffer, bytes), 0);
    memset(f->buffer, 0xee, bytes);
}

static void assert_payload(const struct fixture *f, const struct at_record *record)
{
    size_t bytes = record->length - sizeof(*record);

    for (size_t i = 0; i < (bytes + 7) / 8; i++)
        assert_int_equal(f->buffer[i], pattern(record->sequence, i));
}

static struct ring_reader reader_of(const struct fixture *f)
{
    struct ring_reader reader;
    assert_int_equal(ring_reader_init(&reader, f->words, f->data, RING), 0);
    return reader;
}

static enum ring_result next(struct fixture *f, struct ring_reader *reader, struct at_record *record)
{
    enum ring_result result = ring_read(reader, f->buffer, CAPACITY, record, NULL);
    if (result == RING_RECORD)
        assert_payload(f, record);
    return result;
}

static size_t size_for(uint64_t i)
{
    return (size_t)(i * 7919 % 40000);
}

static void test_init_refuses_sizes(void **state)
{
    static const uint64_t sizes[] = {0,         1, AT_RING_BYTES_MIN / 2, AT_RING_BYTES_MIN + 16, AT_RING_BYTES_MAX * 2,
                                     UINT64_MAX};
    struct fixture *f = *state;
    struct ring_writer writer;
    struct ring_reader reader;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_int_equal(ring_writer_init(&writer, f->words, f->data, sizes[i]), -1);
        assert_int_equal(ring_reader_init(&reader, f->words, f->data, sizes[i]), -1);
    }
}

static void test_round_trip(void **state)
{
    struct fixture *f = *state;
    struct ring_reader reader = reader_of(f);
    struct at_record record;
    uint64_t position = 1;

    assert_int_equal(next(f, &reader, &record), RING_EMPTY);
    for (uint64_t i = 1; i <= 20; i++) {
        publish(f, size_for(i));
        assert_int_equal(ring_read(&reader, f->buffer, CAPACITY, &record, &position), RING_RECORD);
        assert_payload(f, &record);
        assert_int_equal(record.sequence, i);
        assert_int_equal(record.type, AT_RECORD_SNAPSHOT);
        assert_int_equal(record.length, 16 + size_for(i));
        assert_int_equal(position, f->words->latest);
        assert_int_equal(next(f, &reader, &record), RING_EMPTY);
    }
    assert_int_equal(reader.lost, 0);
}

static void test_largest_and_too_large(void **state)
{
    struct fixture *f = *state;
    struct ring_reader reader = reader_of(f);
    struct at_record record;

    assert_int_equal(ring_payload_max(RING), RING / 4 - 16);
    assert_int_equal(ring_publish(&f->writer, AT_RECORD_SNAPSHOT, f->buffer, RING / 4 - 15), -1);
    assert_int_equal(ring_publish(&f->writer, AT_RECORD_PADDING, f->buffer, 8), -1);
    assert_int_equal(ring_next_sequence(&f->writer), 1);
    for (int i = 0; i < 9; i++) {
        publish(f, ring_payload_max(RING));
        assert_int_equal(next(f, &reader, &record), RING_RECORD);
    }
    assert_int_equal(reader.lost, 0);
}

static void test_too_big_for_buffer(void **state)
{
    struct fixture *f = *state;
    struct ring_reader reader = reader_of(f);
    struct at_record record = {0};

    publish(f, 1001);
    assert_int_equal(ring_read(&reader, f->buffer, 1000, &record, NULL), RING_TOO_BIG);
    assert_int_equal(record.length, 16 + 1001);
    assert_int_equal(ring_read(&reader, f->buffer, 1000, &record, NULL), RING_TOO_BIG);
    assert_int_equal(ring_read_at(&reader, 0, f->buffer, 1000, &record), RING_TOO_BIG);
    assert_int_equal(ring_read(&reader, f->buffer, 1008, &record, NULL), RING_RECORD);
    assert_payload(f, &record);
}

static void test_every_record_over_many_laps(void **state)
{
    struct fixture *f = *state;
    struct ring_reader reader = reader_of(f);
    struct at_record record;

    for (uint64_t i = 1; f->words->tail < 20 * RING; i++) {
        publish(f, size_for(i));
        assert_int_equal(next(f, &reader, &record), RING_RECORD);
        assert_int_equal(record.sequence, i);
    }
    assert_int_equal(reader.lost, 0);
}

static void test_late_reader_has_history(void **state)
{
    struct fixture *f = *state;

    for (uint64_t i = 1; f->words->tail < 7 * RING; i++) {
        publish(f, size_for(i));
        if (i % 13 != 0)
            continue;
        struct ring_reader reader = reader_of(f);
        struct at_record record = {0};
        uint64_t first = 0, bytes = 0;
        while (next(f, &reader, &record) == RING_RECORD) {
            first = first == 0 ? record.sequence : first;
            bytes += record.length;
        }
        assert_int_equal(record.sequence, i);
        assert_int_equal(reader.lost, 0);
        if (first > 1) /* whole but for one record that was cut at each end, and padding */
            assert_true(bytes > RING - 3 * 40016);
    }
}

static void test_lapped_reader_counts_loss(void **state)
{
    struct fixture *f = *state;
    struct ring_reader reader = reader_of(f);
    struct at_record record = {0};
    uint64_t seen = 0;

    for (uint64_t i = 1; i <= 3000; i++) {
        publish(f, size_for(i));
        for (int n = 0; i % 500 == 0 && n < 3; n++)
            seen += next(f, &reader, &record) == RING_RECORD;
    }
    while (next(f, &reader, &record) == RING_RECORD)
        seen++;
    assert_int_equal(record.sequence, 3000);
    assert_true(reader.lost > 0);
    assert_int_equal(seen + reader.lost, 3000);
}

/* The writer has announced what it overwrites and has published nothing yet. */
static void test_announced_is_lapped(void **state)
{
    struct fixture *f = *state;
    struct ring_reader reader = reader_of(f);
    struct at_record record;

    for (int i = 0; i < 60; i++)
        publish(f, 10000);
    f->words->head = 10016;
    f->words->tail_intent = RING + 16;
    assert_int_equal(ring_read_at(&reader, 0, f->buffer, CAPACITY, &record), RING_LAPPED);
    assert_int_equal(next(f, &reader, &record), RING_RECORD);
    assert_int_equal(record.sequence, 2);
    assert_int_equal(reader.lost, 1);
}

static void test_read_at(void **state)
{
    struct fixture *f = *state;
    struct ring_reader reader = reader_of(f);
    struct at_record record;
    uint64_t position;

    publish(f, 100);
    publish(f, 200);
    assert_int_equal(next(f, &reader, &record), RING_RECORD);
    assert_int_equal(ring_read(&reader, f->buffer, CAPACITY, &record, &position), RING_RECORD);
    for (int i = 0; i < 2; i++) {
        memset(&record, 0, sizeof(record));
        assert_int_equal(ring_read_at(&reader, position, f->buffer, CAPACITY, &record), RING_RECORD);
        assert_int_equal(record.sequence, 2);
        assert_payload(f, &record);
    }
    assert_int_equal(ring_read_at(&reader, position + 8, f->buffer, CAPACITY, &record), RING_CORRUPT);
    assert_int_equal(ring_read_at(&reader, f->words->tail, f->buffer, CAPACITY, &record), RING_CORRUPT);
    while (f->words->tail_intent <= position + RING)
        publish(f, 30000);
    assert_int_equal(ring_read_at(&reader, position, f->buffer, CAPACITY, &record), RING_LAPPED);
}

static void test_seek(void **state)
{
    struct fixture *f = *state;
    struct ring_reader reader = reader_of(f);
    struct at_record record;

    ring_seek_end(&reader);
    ring_seek_latest(&reader);
    assert_int_equal(next(f, &reader, &record), RING_EMPTY);
    for (uint64_t i = 1; i <= 200; i++)
        publish(f, size_for(i));
    ring_seek_latest(&reader);
    assert_int_equal(next(f, &reader, &record), RING_RECORD);
    assert_int_equal(record.sequence, 200);
    ring_seek_latest(&reader);
    assert_int_equal(next(f, &reader, &record), RING_EMPTY);

    struct ring_reader end = reader_of(f);
    ring_seek_end(&end);
    assert_int_equal(next(f, &end, &record), RING_EMPTY);
    for (uint64_t i = 201; i <= 400; i++)
        publish(f, size_for(i));
    assert_int_equal(next(f, &end, &record), RING_RECORD);
    assert_int_equal(end.lost, record.sequence - 201);
    assert_true(end.lost > 0);
}

/* `latest` is stored just before tail: a reader that looks in between must not stand in front of the tail. */
static void test_seek_while_publishing(void **state)
{
    struct fixture *f = *state;
    struct at_record record;
    uint64_t tail, sequence;

    do {
        tail = f->words->tail;
        sequence = ring_next_sequence(&f->writer);
        publish(f, 30000);
    } while (f->words->latest == tail); /* until a record had padding before it */

    struct ring_reader reader = reader_of(f);
    uint64_t tail_after = f->words->tail;
    f->words->tail = tail;
    ring_seek_latest(&reader);
    assert_int_equal(next(f, &reader, &record), RING_EMPTY);
    f->words->tail = tail_after;
    assert_int_equal(next(f, &reader, &record), RING_RECORD);
    assert_int_equal(record.sequence, sequence);
}

static void test_lies_in_records(void **state)
{
    static const struct at_record lies[] = {
        {.length = 0, .type = 1, .sequence = 2},
        {.length = 15, .type = 1, .sequence = 2},
        {.length = UINT32_MAX, .type = 1, .sequence = 2},
        {.length = RING / 4 + 1, .type = 1, .sequence = 2},
        {.length = 1000, .type = 1, .sequence = 2},         /* more than there is before the tail */
        {.length = 116, .type = 1, .sequence = 0},          /* no sequence */
        {.length = 116, .type = 1, .sequence = 1},          /* the one before */
        {.length = 116, .type = 1, .sequence = 100},        /* more records than fit before it */
        {.length = 116, .type = 1, .sequence = UINT64_MAX}, /* would overflow the count of the lost */
        {.length = 128, .type = AT_RECORD_PADDING},         /* padding that does not end the ring */
        {.length = RING - 112, .type = AT_RECORD_PADDING},  /* padding of more than a quarter */
        {.length = 116, .type = AT_RECORD_PADDING, .sequence = 2},
    };
    struct fixture *f = *state;
    struct at_record record;

    publish(f, 96);
    publish(f, 100);
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        struct ring_reader reader = reader_of(f);
        assert_int_equal(next(f, &reader, &record), RING_RECORD);
        memcpy(f->data + 112, &lies[i], sizeof(lies[i]));
        assert_int_equal(next(f, &reader, &record), RING_CORRUPT);
        assert_int_equal(ring_read_at(&reader, 112, f->buffer, CAPACITY, &record), i == 6 ? RING_RECORD : RING_CORRUPT);
        assert_int_equal(reader.lost, 0);
    }
}

/* Publishes until the ring was filled once and a record of 30000 bytes stands before its end; returns that one's
 * position. */
static uint64_t fill_over_the_end(struct fixture *f)
{
    while (f->words->tail < RING - 60000)
        publish(f, 30000);
    uint64_t last = f->words->latest;
    while (f->words->tail < RING + 200000)
        publish(f, 30000);
    return last;
}

static void assert_corrupt_with(struct fixture *f, uint64_t position, struct at_record lie)
{
    struct ring_reader reader = reader_of(f);
    struct at_record record, before;

    memcpy(&before, f->data + position, sizeof(before));
    lie.sequence = lie.type != AT_RECORD_PADDING ? before.sequence : lie.sequence;
    memcpy(f->data + position, &lie, sizeof(lie));
    reader.at = position;
    reader.next_sequence = 0;
    assert_int_equal(next(f, &reader, &record), RING_CORRUPT);
    memcpy(f->data + position, &before, sizeof(before));
    assert_int_equal(next(f, &reader, &record), RING_RECORD);
}

static void test_record_that_reaches_too_far(void **state)
{
    struct fixture *f = *state;
    uint64_t last = fill_over_the_end(f);

    assert_corrupt_with(f, last,
                        (struct at_record){.length = (uint32_t)(RING - last + 16), .type = AT_RECORD_SNAPSHOT});
    assert_corrupt_with(f, 10 * 30016, (struct at_record){.length = RING / 4 + 1, .type = AT_RECORD_SNAPSHOT});
    assert_corrupt_with(f, last, (struct at_record){.length = (uint32_t)(RING - last), .sequence = 7});
    assert_corrupt_with(f, last, (struct at_record){.length = (uint32_t)(RING - last - 16)});
}

/* Words that lie while the records are sound. */
static void test_lies_about_sound_records(void **state)
{
    struct fixture *f = *state;
    struct ring_reader reader = reader_of(f);
    struct at_record record;

    for (int i = 0; i < 3; i++)
        publish(f, 100);
    assert_int_equal(next(f, &reader, &record), RING_RECORD);
    assert_int_equal(next(f, &reader, &record), RING_RECORD);
    uint64_t at = reader.at, tail = f->words->tail;

    f->words->tail = at - 16;
    assert_int_equal(next(f, &reader, &record), RING_CORRUPT);
    f->words->tail = tail + 8;
    assert_int_equal(next(f, &reader, &record), RING_CORRUPT);
    f->words->tail = tail;
    f->words->tail_intent = at - 16; /* as if lapped, and the oldest record behind the reader */
    assert_int_equal(next(f, &reader, &record), RING_CORRUPT);
    assert_int_equal(reader.at, at);
    f->words->tail_intent = tail;
    reader.at += 8;
    assert_int_equal(next(f, &reader, &record), RING_CORRUPT);
    reader.at = at;
    assert_int_equal(next(f, &reader, &record), RING_RECORD);
}

static void test_lies_in_words(void **state)
{
    static const struct {
        uint64_t head, tail_intent, tail;
    } lies[] = {
        {0, 0, 5000},                            /* intent behind tail */
        {0, UINT64_MAX, 500 * 16},               /* lapped, but head is not ahead */
        {16 * RING, 20 * RING, 20 * RING},       /* head too far behind the intent */
        {8, 5 * RING, 5 * RING},                 /* head not aligned */
        {0, 5004, 5004},                         /* tail not aligned */
        {UINT64_MAX, UINT64_MAX, UINT64_MAX},    /* nothing right */
        {0, 0, UINT64_MAX - 15},                 /* a tail near the end of numbers */
        {UINT64_MAX - 15, RING + 64, 20 * RING}, /* head beyond everything */
    };
    struct fixture *f = *state;
    struct at_record record;

    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        struct ring_reader reader = reader_of(f);
        f->words->head = lies[i].head;
        f->words->tail_intent = lies[i].tail_intent;
        f->words->tail = lies[i].tail;
        assert_int_equal(next(f, &reader, &record), RING_CORRUPT);
        reader.at = 48;
        f->words->tail = 32;
        assert_int_equal(next(f, &reader, &record), RING_CORRUPT);
    }
}

static uint64_t random64(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Garbage, half of it plausible: no read leaves the ring, and each one ends. */
static void test_garbage(void **state)
{
    struct fixture *f = *state;
    struct at_record record;
    uint64_t seed = 42;

    for (int round = 0; round < 2000; round++) {
        for (int i = 0; i < 100; i++) {
            record = (struct at_record){.length = (uint32_t)(random64(&seed) % (RING / 2)),
                                        .type = (uint32_t)(random64(&seed) % 3),
                                        .sequence = random64(&seed) % 100};
            memcpy(f->data + random64(&seed) % (RING / 16) * 16, &record, sizeof(record));
        }
        memcpy(f->data, &record, sizeof(record));
        memcpy(f->data + RING - 16, &record, sizeof(record));
        f->words->head = random64(&seed) % 4 * (RING / 16) * 16 * (random64(&seed) % 2);
        f->words->tail = random64(&seed) % (8 * RING) / 16 * 16;
        f->words->tail_intent = f->words->tail + random64(&seed) % RING / 16 * 16;
        f->words->latest = random64(&seed) % (4 * RING);
        struct ring_reader reader = reader_of(f);
        if (round % 3 == 1)
            ring_seek_end(&reader);
        if (round % 3 == 2)
            ring_seek_latest(&reader);
        for (int i = 0; i < 100000; i++)
            if (ring_read(&reader, f->buffer, CAPACITY, &record, NULL) != RING_RECORD)
                break;
        ring_read_at(&reader, random64(&seed) % (8 * RING), f->buffer, CAPACITY, &record);
        assert_true(reader.lost <= reader.at / 16 + 1);
    }
}

/* A writer that meets a length which cannot be true drops its history and goes on. */
static void test_writer_drops_history(void **state)
{
    static const uint32_t lengths[] = {0, 15, UINT32_MAX, RING / 4 + 16, RING};
    struct fixture *f = *state;
    struct at_record record;

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        uint64_t before = ring_next_sequence(&f->writer);
        for (int n = 0; n < 100; n++)
            publish(f, 30000);
        struct ring_reader late = reader_of(f);
        memcpy(f->data + f->words->head % RING, &lengths[i], sizeof(lengths[i]));
        publish(f, 30000);
        publish(f, 30000);
        struct ring_reader reader = reader_of(f);
        assert_int_equal(next(f, &reader, &record), RING_RECORD);
        assert_true(record.sequence > before + 98);
        assert_int_not_equal(next(f, &late, &record), RING_TOO_BIG);
    }
}

static void test_writer_keeps_its_own_words(void **state)
{
    struct fixture *f = *state;
    struct ring_reader reader = reader_of(f);
    struct at_record record;

    for (uint64_t i = 1; i <= 300; i++) {
        publish(f, size_for(i));
        assert_int_equal(next(f, &reader, &record), RING_RECORD);
        memset(f->words, (int)(i % 256), sizeof(*f->words));
    }
    assert_int_equal(reader.lost, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_init_refuses_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_largest_and_too_large, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_big_for_buffer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_record_over_many_laps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_late_reader_has_history, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lapped_reader_counts_loss, setup, teardown),
        cmocka_unit_test_setup_teardown(test_announced_is_lapped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read_at, setup, teardown),
        cmocka_unit_test_setup_teardown(test_seek, setup, teardown),
        cmocka_unit_test_setup_teardown(test_seek_while_publishing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lies_in_records, setup, teardown),
        cmocka_unit_test_setup_teardown(test_record_that_reaches_too_far, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lies_about_sound_records, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lies_in_words, setup, teardown),
        cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_writer_drops_history, setup, teardown),
        cmocka_unit_test_setup_teardown(test_writer_keeps_its_own_words, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
