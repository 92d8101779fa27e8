/* test_raw.c: what is written raw opens as a segment and gives the same snapshots under the same numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "raw.h"
#include "synth.h"

struct fixture {
    char folder[64];
    struct target from, to; /* files in the folder */
    struct synth_options options;
    struct source *source, *written;
    struct source_span span, written_span;
    struct snapshot snapshot, other;
    struct failure failure;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    strcpy(f->folder, "/tmp/test_raw.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->from.kind = f->to.kind = TARGET_FILE;
    snprintf(f->from.path, sizeof(f->from.path), "%s/from", f->folder);
    snprintf(f->to.path, sizeof(f->to.path), "%s/to", f->folder);
    synth_defaults(&f->options);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    source_close(f->source);
    source_close(f->written);
    snapshot_free(&f->snapshot);
    snapshot_free(&f->other);
    unlink(f->from.path);
    unlink(f->to.path);
    rmdir(f->folder);
    free(f);
    return 0;
}

/* Writes the last `places` places of the segment and opens the result. */
static void write_file(struct fixture *f, uint64_t places)
{
    assert_int_equal(source_open(&f->source, &f->from, &f->failure), 0);
    assert_int_equal(source_update(f->source, &f->span, &f->failure), 0);
    FILE *to = fopen(f->to.path, "w");
    assert_non_null(to);
    uint64_t damaged;
    assert_int_equal(raw_write(f->source, f->span.end - places, f->span.end, to, &damaged, &f->failure), 0);
    assert_int_equal(damaged, 0);
    assert_int_equal(fclose(to), 0);
    assert_int_equal(source_open(&f->written, &f->to, &f->failure), 0);
    assert_int_equal(source_update(f->written, &f->written_span, &f->failure), 0);
}

/* The same of a synthetic one. */
static void write_raw(struct fixture *f, uint64_t places)
{
    assert_int_equal(synth_file(&f->options, f->from.path), 0);
    write_file(f, places);
}

static void holds_the_last(struct fixture *f, uint64_t places)
{
    const void *payload, *other;
    size_t bytes, other_bytes;

    assert_int_equal(f->written_span.end - f->written_span.first, places);
    assert_int_equal(f->written_span.lost, 0);
    for (uint64_t i = 0; i < places; i++) {
        assert_int_equal(source_read_payload(f->source, f->span.end - places + i, &payload, &bytes, &f->failure),
                         SOURCE_OK);
        assert_int_equal(source_read_payload(f->written, f->written_span.first + i, &other, &other_bytes, &f->failure),
                         SOURCE_OK);
        assert_int_equal(bytes, other_bytes);
        assert_memory_equal(payload, other, bytes);
    }
    assert_int_equal(source_read_latest(f->written, &f->other, &f->failure), SOURCE_OK);
    assert_int_equal(source_read_latest(f->source, &f->snapshot, &f->failure), SOURCE_OK);
    assert_int_equal(f->other.head.seq, f->snapshot.head.seq);
}

static void all_snapshots_come_back(void **state)
{
    struct fixture *f = *state;

    write_raw(f, 60);
    holds_the_last(f, 60);
    const struct source_about *was = source_about(f->source), *is = source_about(f->written);
    assert_string_equal(is->comm, was->comm);
    assert_int_equal(is->pid, was->pid);
    assert_string_equal(is->header.jemalloc_version, was->header.jemalloc_version);
    assert_int_equal(is->header.created_time_ns, was->header.created_time_ns);
}

static void one_snapshot_of_late_is_small(void **state)
{
    struct fixture *f = *state;
    struct stat status;

    f->options.ring_bytes = 16 * AT_RING_BYTES_MIN;
    f->options.history = 5000;
    write_raw(f, 1);
    holds_the_last(f, 1);
    assert_int_equal(stat(f->to.path, &status), 0);
    assert_int_equal(status.st_size, AT_HEADER_BYTES + AT_RING_BYTES_MIN);
}

static void a_ring_that_went_round_comes_back_whole(void **state)
{
    struct fixture *f = *state;

    f->options.history = 3000;
    write_raw(f, 50);
    source_close(f->written);
    source_close(f->source);
    f->written = f->source = NULL;
    unlink(f->to.path);
    /* Now everything that is left of it. */
    assert_int_equal(source_open(&f->source, &f->from, &f->failure), 0);
    assert_int_equal(source_update(f->source, &f->span, &f->failure), 0);
    uint64_t places = f->span.end - f->span.first;
    assert_true(places > 100);
    source_close(f->source);
    write_raw(f, places);
    holds_the_last(f, places);
}

static void nothing_is_an_empty_segment(void **state)
{
    struct fixture *f = *state;

    write_raw(f, 0);
    assert_int_equal(f->written_span.end, f->written_span.first);
}

/* Gives the payload of a record of the segment's file another number. */
static void renumber(const struct fixture *f, uint64_t sequence, uint64_t seq)
{
    struct at_record record = {0};
    off_t at = AT_HEADER_BYTES;
    int file = open(f->from.path, O_RDWR);

    assert_true(file >= 0);
    for (; record.sequence != sequence; at += (record.length + AT_RECORD_ALIGN - 1) / AT_RECORD_ALIGN * AT_RECORD_ALIGN)
        assert_int_equal(pread(file, &record, sizeof(record), at), sizeof(record));
    at -= (record.length + AT_RECORD_ALIGN - 1) / AT_RECORD_ALIGN * AT_RECORD_ALIGN;
    at += (off_t)(sizeof(record) + offsetof(struct at_snapshot, seq));
    assert_int_equal(pwrite(file, &seq, sizeof(seq), at), sizeof(seq));
    close(file);
}

/* A ring holds what is numbered by rising numbers from 1 up: what is not would be damage to whoever reads it. */
static void numbers_that_lie_are_left_out(void **state)
{
    struct fixture *f = *state;
    uint64_t kept = 0;

    f->options.history = 10;
    assert_int_equal(synth_file(&f->options, f->from.path), 0);
    renumber(f, 2, 0);
    renumber(f, 5, 4);
    renumber(f, 7, UINT64_MAX);
    renumber(f, 10, 1000);
    write_file(f, 10);
    for (uint64_t place = f->written_span.first; place < f->written_span.end; place++) {
        static const uint64_t seqs[] = {1, 3, 4, 6, 8, 9, 1000};
        assert_int_equal(source_read(f->written, place, &f->other, &f->failure), SOURCE_OK);
        assert_true(kept < sizeof(seqs) / sizeof(seqs[0]));
        assert_int_equal(f->other.head.seq, seqs[kept++]);
    }
    assert_int_equal(kept, 7);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_snapshots_come_back),
        TEST(one_snapshot_of_late_is_small),
        TEST(a_ring_that_went_round_comes_back_whole),
        TEST(nothing_is_an_empty_segment),
        TEST(numbers_that_lie_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
