/* recordings.h: what the tests of recordings have in common: a folder with one, its recorder and its reader. */
#ifndef TESTS_RECORDINGS_H
#define TESTS_RECORDINGS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recorder.h"
#include "synth.h"

#define PAYLOAD_BYTES (1 << 18)

struct fixture {
    char folder[64];
    struct target target; /* "recording" in the folder */
    struct synth_options options;
    struct source_about about;
    struct recorder recorder;
    struct source *source;
    struct source_span span;
    struct snapshot snapshot;
    struct failure failure;
};

static _Alignas(8) unsigned char payload[PAYLOAD_BYTES];

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    strcpy(f->folder, "/tmp/test_recorder.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->target.kind = TARGET_FILE;
    snprintf(f->target.path, sizeof(f->target.path), "%s/recording", f->folder);
    synth_defaults(&f->options);
    f->about.pid = 4711;
    f->about.path = "test";
    strcpy(f->about.comm, "recorded");
    f->about.header.pid = 1;
    f->about.header.start_ticks = 99;
    f->about.header.created_time_ns = 12345;
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;

    source_close(f->source);
    snapshot_free(&f->snapshot);
    unlink(f->target.path);
    rmdir(f->folder);
    free(f);
    return 0;
}

static inline void open_recorder(struct fixture *f)
{
    if (recorder_open(&f->recorder, f->target.path, &f->about, &f->failure) < 0)
        fail_msg("%s", f->failure.text);
}

static inline void append(struct fixture *f, uint64_t n, uint64_t lost)
{
    size_t bytes = synth_snapshot(&f->options, n, AT_STATE_LIVE, payload, sizeof(payload));

    assert_true(bytes > 0);
    if (recorder_append(&f->recorder, payload, bytes, lost, &f->failure) < 0)
        fail_msg("%s", f->failure.text);
}

/* Records snapshots first to last. */
static inline void record(struct fixture *f, uint64_t first, uint64_t last)
{
    open_recorder(f);
    for (uint64_t n = first; n <= last; n++)
        append(f, n, 0);
    assert_int_equal(recorder_close(&f->recorder, &f->failure), 0);
}

static inline void open_recording(struct fixture *f)
{
    source_close(f->source);
    if (source_open(&f->source, &f->target, &f->failure) < 0)
        fail_msg("%s", f->failure.text);
    if (source_update(f->source, &f->span, &f->failure) < 0)
        fail_msg("%s", f->failure.text);
}

/* The payload at a place is that of snapshot n, to the byte. */
static inline void holds(struct fixture *f, uint64_t place, uint64_t n)
{
    const void *got;
    size_t bytes;
    size_t wanted = synth_snapshot(&f->options, n, AT_STATE_LIVE, payload, sizeof(payload));

    if (source_read_payload(f->source, place, &got, &bytes, &f->failure) != SOURCE_OK)
        fail_msg("place %llu: %s", (unsigned long long)place, f->failure.text);
    assert_int_equal(bytes, wanted);
    assert_memory_equal(got, payload, bytes);
}

static inline off_t size_of(const struct fixture *f)
{
    struct stat status;

    assert_int_equal(stat(f->target.path, &status), 0);
    return status.st_size;
}

/* Cut off at any byte: what is whole before that opens, and can be continued. */

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

#endif
