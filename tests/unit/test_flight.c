/* test_flight.c: of all that comes, what a flight recorder keeps: windows around moments, each snapshot once, gaps told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flight.h"
#include "synth.h"

#define PAYLOAD_BYTES (1 << 18)
#define SECOND        UINT64_C(1000000000)

struct fixture {
    char folder[64];
    struct target target; /* "recording" in the folder */
    struct source_about about;
    struct synth_options options;
    struct recorder recorder;
    struct when when;
    struct flight flight;
    struct snapshot snapshot;
    struct failure failure;
    char found[1024]; /* sequences in the file */
    uint64_t lost;    /* as the file has it */
};

static _Alignas(8) unsigned char payload[PAYLOAD_BYTES];

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    strcpy(f->folder, "/tmp/test_flight.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->target.kind = TARGET_FILE;
    snprintf(f->target.path, sizeof(f->target.path), "%s/recording", f->folder);
    synth_defaults(&f->options);
    f->about.pid = 4711;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    snapshot_free(&f->snapshot);
    unlink(f->target.path);
    rmdir(f->folder);
    free(f);
    return 0;
}

static void begin(struct fixture *f, const char *condition, uint64_t before_s, uint64_t after_s)
{
    if (recorder_open(&f->recorder, f->target.path, &f->about, &f->failure) < 0 ||
        when_parse(&f->when, condition, &f->failure) < 0)
        fail_msg("%s", f->failure.text);
    assert_int_equal(flight_init(&f->flight, &f->recorder, &f->when, 1, before_s * SECOND, after_s * SECOND), 0);
}

/* Snapshot `n`, a second after n - 1, in which main holds `live`. Returns what flight_take does. */
static int take(struct fixture *f, uint64_t n, uint64_t live)
{
    size_t bytes = synth_snapshot(&f->options, n, AT_STATE_LIVE, payload, sizeof(payload));

    assert_true(bytes > 0);
    assert_int_equal(snapshot_decode(&f->snapshot, payload, bytes), 0);
    f->snapshot.classes[1].live = live;
    return flight_take(&f->flight, &f->snapshot, payload, bytes, &f->failure);
}

/* Snapshots first to last, of which those in `high` are over the limit of 10. Returns how many moments there were. */
static int take_all(struct fixture *f, uint64_t first, uint64_t last, const char *high)
{
    int moments = 0;

    for (uint64_t n = first; n <= last; n++) {
        char word[32];
        snprintf(word, sizeof(word), " %llu ", (unsigned long long)n);
        int met = take(f, n, strstr(high, word) != NULL ? 11 : 10);
        if (met < 0)
            fail_msg("%s", f->failure.text);
        moments += met;
    }
    return moments;
}

static void end(struct fixture *f)
{
    flight_free(&f->flight);
    assert_int_equal(recorder_close(&f->recorder, &f->failure), 0);
}

/* Reads the sequences in the file. */
static const char *found(struct fixture *f)
{
    struct source *source;
    struct source_span span;
    struct source_about about = f->about;
    size_t used = 0;

    f->found[0] = '\0';
    if (source_open(&source, &f->target, &f->failure) < 0 || source_update(source, &span, &f->failure) < 0)
        fail_msg("%s", f->failure.text);
    assert_int_equal(source_about(source)->pid, about.pid);
    for (uint64_t place = span.first; place < span.end; place++) {
        assert_int_equal(source_read(source, place, &f->snapshot, &f->failure), SOURCE_OK);
        used += (size_t)snprintf(f->found + used, sizeof(f->found) - used, "%s%llu", used > 0 ? " " : "",
                                 (unsigned long long)f->snapshot.head.seq);
    }
    f->lost = span.lost;
    source_close(source);
    return f->found;
}

static void a_moment_has_its_windows(void **state)
{
    struct fixture *f = *state;

    begin(f, "main.live > 10", 3, 2);
    assert_int_equal(take_all(f, 1, 30, " 10 "), 1);
    assert_int_equal(f->flight.moments, 1);
    assert_int_equal(f->flight.written, 6);
    assert_false(f->flight.is_open);
    end(f);
    assert_string_equal(found(f), "7 8 9 10 11 12");
    assert_int_equal(f->lost, 0);
}

static void it_is_there_at_once(void **state)
{
    struct fixture *f = *state;

    begin(f, "main.live > 10", 3, 2);
    assert_int_equal(take_all(f, 1, 9, ""), 0);
    assert_string_equal(found(f), "");
    assert_int_equal(take_all(f, 10, 10, " 10 "), 1);
    assert_string_equal(found(f), "7 8 9 10");
    assert_true(f->flight.is_open);
    assert_ptr_equal(f->flight.watch.moments[0].when, &f->when);
    end(f);
}

static void it_arms_again_and_tells_the_gap(void **state)
{
    struct fixture *f = *state;

    begin(f, "main.live > 10", 2, 1);
    assert_int_equal(take_all(f, 1, 40, " 10 11 12 13 14 15 30 "), 2);
    end(f);
    /* What goes on holding is no new moment. */
    assert_string_equal(found(f), "8 9 10 11 28 29 30 31");
    assert_int_equal(f->lost, 16);
}

static void windows_that_meet_are_one(void **state)
{
    struct fixture *f = *state;

    begin(f, "main.live > 10", 3, 3);
    assert_int_equal(take_all(f, 1, 40, " 10 12 18 "), 3);
    end(f);
    assert_string_equal(found(f), "7 8 9 10 11 12 13 14 15 16 17 18 19 20 21");
    assert_int_equal(f->lost, 0);
}

static void windows_may_be_nothing(void **state)
{
    struct fixture *f = *state;

    begin(f, "main.live > 10", 0, 0);
    assert_int_equal(take_all(f, 1, 40, " 10 30 "), 2);
    end(f);
    assert_string_equal(found(f), "10 30");
    assert_int_equal(f->lost, 19);
}

static void nothing_met_is_a_recording_without_snapshots(void **state)
{
    struct fixture *f = *state;

    begin(f, "main.live > 10", 60, 60);
    assert_int_equal(take_all(f, 1, 40, ""), 0);
    end(f);
    assert_string_equal(found(f), "");
}

static void what_is_in_the_file_is_not_told_again(void **state)
{
    struct fixture *f = *state;

    begin(f, "main.live > 10", 3, 2);
    assert_int_equal(take_all(f, 1, 11, " 10 "), 1);
    end(f);
    begin(f, "main.live > 10", 3, 2);
    assert_int_equal(take_all(f, 1, 30, " 10 11 12 13 20 "), 1);
    end(f);
    /* The window after it, in which the first one ended, goes on. */
    assert_string_equal(found(f), "7 8 9 10 11 12 17 18 19 20 21 22");
    assert_int_equal(f->lost, 4);
}

/* Stamps are anybody's: near the largest number windows are as long as elsewhere. */
static void time_may_be_anything(void **state)
{
    struct fixture *f = *state;

    f->options.mono_ns = UINT64_MAX - 32 * SECOND;
    begin(f, "main.live > 10", 3, 4);
    assert_int_equal(take_all(f, 1, 31, " 10 30 "), 2);
    assert_true(f->flight.is_open);
    end(f);
    assert_string_equal(found(f), "7 8 9 10 11 12 13 14 27 28 29 30 31");
}

static void memory_is_bounded(void **state)
{
    struct fixture *f = *state;
    static _Alignas(8) unsigned char large[1 << 20];
    size_t count = WINDOW_BYTES / sizeof(large) + 9, kept = 0;
    struct window window = {.span_ns = UINT64_MAX / 4};
    struct window_item *item;

    (void)f;
    for (size_t i = 0; i < count; i++) {
        large[0] = (unsigned char)i;
        assert_int_equal(window.is_cut, i > WINDOW_BYTES / sizeof(large));
        window_push(&window, large, sizeof(large), i);
        assert_true(window.bytes <= WINDOW_BYTES);
    }
    while ((item = window_take(&window)) != NULL) {
        assert_int_equal(item->payload[0], 9 + kept++);
        free(item);
    }
    assert_int_equal(kept, WINDOW_BYTES / sizeof(large));
    assert_int_equal(window.bytes, 0);
    window_free(&window);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_moment_has_its_windows),
        TEST(it_is_there_at_once),
        TEST(it_arms_again_and_tells_the_gap),
        TEST(windows_that_meet_are_one),
        TEST(windows_may_be_nothing),
        TEST(nothing_met_is_a_recording_without_snapshots),
        TEST(what_is_in_the_file_is_not_told_again),
        TEST(time_may_be_anything),
        TEST(memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
