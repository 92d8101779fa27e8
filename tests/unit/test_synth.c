/* test_synth.c: what stands in for an agent in other tests obeys the contract that an agent obeys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "snapshot.h"
#include "synth.h"

#define CAPACITY (AT_RING_BYTES_MIN / 4)

static _Alignas(8) unsigned char buffer[CAPACITY];

static void decode(const struct synth_options *options, uint64_t n, struct snapshot *snapshot)
{
    size_t bytes = synth_snapshot(options, n, AT_STATE_LIVE, buffer, sizeof(buffer));

    assert_int_not_equal(bytes, 0);
    assert_int_equal(snapshot_decode(snapshot, buffer, bytes), 0);
}

static void assert_class_books(const struct synth_options *options, const struct snapshot *s, size_t row, uint64_t n)
{
    const struct at_class *class = &s->classes[row];
    uint64_t released = 0, freed = 0, allocated = 0;

    for (size_t i = 0; i < s->nflows; i++) {
        released += s->flows[i].owner == row ? s->flows[i].bytes : 0;
        freed += s->flows[i].freed_by == row ? s->flows[i].bytes : 0;
        assert_int_not_equal(s->flows[i].bytes, 0);
    }
    for (size_t i = 0; i < s->narenas; i++)
        allocated += s->arenas[i].class_row == row ? s->arenas[i].allocated : 0;
    assert_int_equal(class->live, synth_live(options, (unsigned)row, n));
    assert_int_equal(class->live, class->alloc_bytes - class->released_bytes);
    assert_int_equal(class->released_bytes, released);
    assert_int_equal(class->free_bytes, freed);
    assert_int_equal(class->allocated, allocated);
    assert_true(class->peak_live >= class->live);
}

static void assert_books(const struct synth_options *options, const struct snapshot *s, uint64_t n)
{
    uint64_t sum = s->process.internal + s->process.tcached + s->process.stranded + s->process.unexplained;
    uint64_t cached = 0;

    assert_int_equal(s->nclasses, options->classes + 1);
    for (size_t row = 0; row < s->nclasses; row++) {
        assert_class_books(options, s, row, n);
        sum += s->classes[row].live;
        cached += s->classes[row].cached;
    }
    assert_int_equal(s->process.allocated, sum);
    assert_int_equal(s->process.tcached, cached);
    assert_int_equal(s->process.narenas, s->narenas);
}

static void assert_counters_grow(const struct snapshot *before, const struct snapshot *now)
{
    for (size_t i = 0; i < now->nclasses; i++) {
        assert_true(now->classes[i].alloc_bytes >= before->classes[i].alloc_bytes);
        assert_true(now->classes[i].free_bytes >= before->classes[i].free_bytes);
        assert_true(now->classes[i].released_bytes >= before->classes[i].released_bytes);
        assert_true(now->classes[i].nmalloc >= before->classes[i].nmalloc);
        assert_true(now->classes[i].ndalloc >= before->classes[i].ndalloc);
    }
    for (size_t i = 0; i < now->nthreads; i++)
        assert_true(now->threads[i].alloc_bytes >= before->threads[i].alloc_bytes);
}

static void test_books_close(void **state)
{
    struct synth_options options;
    struct snapshot before = {0}, now = {0};
    (void)state;

    for (unsigned flows = 0; flows <= 16; flows += 3) {
        synth_defaults(&options);
        options.classes = 4;
        options.flows = flows;
        options.wave_bytes = 1000001;
        options.unexplained_bytes = -4096;
        options.stranded_bytes = 12345;
        options.growths = 4;
        options.growth_bytes[1] = -900000; /* down to nothing in the end */
        options.growth_bytes[2] = 7;
        options.growth_bytes[3] = 0;
        for (uint64_t n = 1; n <= 120; n++) {
            decode(&options, n, &now);
            assert_books(&options, &now, n);
            assert_int_equal(now.head.seq, n);
            if (n > 1)
                assert_counters_grow(&before, &now);
            assert_int_equal(snapshot_copy(&before, &now), 0);
        }
    }
    snapshot_free(&before);
    snapshot_free(&now);
}

static void test_largest(void **state)
{
    struct synth_options options;
    struct snapshot snapshot = {0};
    (void)state;

    synth_defaults(&options);
    options.classes = AT_CLASSES_MAX - 1;
    options.flows = options.classes * options.classes;
    options.threads = 1000;
    decode(&options, 3, &snapshot);
    assert_books(&options, &snapshot, 3);
    assert_int_equal(snapshot.nflows, options.classes * (options.classes + 1));
    assert_int_equal(snapshot.nthreads + snapshot.agent.threads_left_out, 1000u * options.classes);
    assert_true(snapshot.agent.threads_left_out > 0);
    snapshot_free(&snapshot);
}

static void test_names(void **state)
{
    struct synth_options options;
    struct snapshot snapshot = {0};
    (void)state;

    for (int names = SYNTH_NAMES_PLAIN; names <= SYNTH_NAMES_LONG; names++) {
        synth_defaults(&options);
        options.names = (enum synth_names)names;
        options.classes = 14;
        decode(&options, 1, &snapshot);
        for (size_t i = 0; i < snapshot.nclasses; i++)
            assert_int_equal(snapshot_class(&snapshot, snapshot.classes[i].name), i); /* each only once */
        for (size_t i = 0; i < snapshot.nthreads; i++)
            assert_true(strlen(snapshot.threads[i].name) < AT_THREAD_NAME_BYTES);
    }
    assert_int_equal(strlen(snapshot.classes[5].name), AT_CLASS_NAME_BYTES - 1);
    synth_defaults(&options);
    decode(&options, 1, &snapshot);
    assert_string_equal(snapshot.classes[2].name, "io_thd_*");
    assert_string_equal(snapshot.threads[3].name, "io_thd_2");
    snapshot_free(&snapshot);
}

/* Reads a file's history to its end; returns how the last read ended. */
static enum ring_result read_history(const char *path, uint64_t *sequence, int *decoded)
{
    struct segment_view view;
    struct ring_reader reader;
    struct at_record record;
    struct snapshot snapshot = {0};
    enum ring_result result;

    *sequence = 0;
    *decoded = 0;
    assert_int_equal(segment_open(&view, path), SEGMENT_OK);
    assert_int_equal(segment_reader(&view, &reader), 0);
    while ((result = ring_read(&reader, buffer, sizeof(buffer), &record, NULL)) == RING_RECORD) {
        *sequence = record.sequence;
        *decoded = snapshot_decode(&snapshot, buffer, record.length - sizeof(record));
    }
    snapshot_free(&snapshot);
    segment_close_view(&view);
    return result;
}

static void test_files(void **state)
{
    struct synth_options options;
    struct segment_view view;
    char path[] = "/tmp/test_synth.XXXXXX";
    uint64_t sequence;
    int decoded;
    (void)state;

    close(mkstemp(path));
    synth_defaults(&options);
    options.history = 2000; /* more than the ring holds */
    assert_int_equal(synth_file(&options, path), 0);
    assert_int_equal(read_history(path, &sequence, &decoded), RING_EMPTY);
    assert_int_equal(sequence, 2000);
    assert_int_equal(decoded, 0);

    options.history = 60;
    options.lie = SYNTH_LIE_SNAPSHOT;
    assert_int_equal(synth_file(&options, path), 0);
    assert_int_equal(read_history(path, &sequence, &decoded), RING_EMPTY);
    assert_int_not_equal(decoded, 0);
    options.lie = SYNTH_LIE_RECORD;
    assert_int_equal(synth_file(&options, path), 0);
    assert_int_equal(read_history(path, &sequence, &decoded), RING_CORRUPT);
    assert_int_equal(sequence, 59);
    options.lie = SYNTH_LIE_WORDS;
    assert_int_equal(synth_file(&options, path), 0);
    assert_int_equal(read_history(path, &sequence, &decoded), RING_CORRUPT);
    options.lie = SYNTH_LIE_VERSION;
    assert_int_equal(synth_file(&options, path), 0);
    assert_int_equal(segment_open(&view, path), SEGMENT_NEWER);
    unlink(path);
}

static void test_segment_of_this_process(void **state)
{
    struct synth_options options;
    struct segment segment;
    struct segment_view view;
    char path[128] = "/dev/shm";
    uint64_t sequence;
    int decoded;
    (void)state;

    synth_defaults(&options);
    assert_int_equal(synth_segment(&options, &segment), 0);
    strcat(path, segment.name);
    assert_int_equal(read_history(path, &sequence, &decoded), RING_EMPTY);
    assert_int_equal(sequence, 60);
    assert_int_equal(segment_open(&view, path), SEGMENT_OK);
    assert_int_equal(segment_life(&view, NULL), SEGMENT_LIFE_LIVE);
    assert_int_equal(segment_process_exists(&view.header), 1);
    segment_close_view(&view);
    segment_disown(&segment);
    segment_close(&segment, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_books_close),
        cmocka_unit_test(test_largest),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_segment_of_this_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
