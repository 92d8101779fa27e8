/* test_session.c: where one looks in the time of a process, and what has become of the process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session.h"
#include "synth.h"

#define SECOND UINT64_C(1000000000)

static char path[64];
static struct session session;
static struct model model;

static int make(unsigned snapshots, enum synth_lie lie)
{
    struct synth_options options;
    synth_defaults(&options);
    options.history = snapshots;
    options.lie = lie;
    strcpy(path, "/tmp/arenatop-test-session.XXXXXX");
    int file = mkstemp(path);
    if (file < 0)
        return -1;
    close(file);
    unlink(path);
    return synth_file(&options, path);
}

static void attach(void)
{
    struct failure failure;
    struct target target;
    assert_int_equal(target_resolve(&target, path, &failure), TARGET_FOUND);
    assert_int_equal(session_open(&session, &target, &failure), 0);
    model_init(&model);
}

static int tear_down(void **state)
{
    (void)state;
    session_close(&session);
    model_free(&model);
    return unlink(path);
}

static int set_up(void **state)
{
    (void)state;
    int error = make(100, SYNTH_LIE_NONE);
    attach();
    return error;
}

static uint64_t now_seq(void)
{
    return model.now.snapshot.head.seq;
}

static void the_first_frame_needs_no_history(void **state)
{
    (void)state;
    assert_true(session_due_ns(&session, &model, SECOND) == 0);
    assert_true(session_load(&session, &model, 0));
    assert_int_equal(now_seq(), 100);
    assert_false(model.before.there);
    assert_int_equal(session_fill(&session, &model, &model.trend, 1, 10), 0);
}

static void history_follows(void **state)
{
    (void)state;
    session_load(&session, &model, 0);
    assert_true(session_update(&session, SECOND));
    assert_int_equal(session.state, SESSION_FILE);
    assert_true(session_load(&session, &model, 0));
    assert_int_equal(now_seq(), 100);
    assert_int_equal(model.before.snapshot.head.seq, 99);
    assert_false(session_load(&session, &model, 0));
    assert_int_equal(session_fill(&session, &model, &model.trend, 1, 10), 10);
    while (session_fill(&session, &model, &model.trend, 1, 10) > 0) {
    }
    assert_int_equal(model.trend.count, model.trend.capacity);
    assert_false(session_update(&session, SECOND));
}

/* With a delay what is shown stays while the newest goes on; its trend and its peaks are those up to it. */
static void history_stays_with_what_is_shown(void **state)
{
    (void)state;
    session_update(&session, SECOND);
    session_step(&session, -29);
    session_load(&session, &model, 0);
    session_end(&session);
    assert_int_equal(session.place, 99);
    while (session_fill(&session, &model, &model.trend, 1, 10) > 0) {
    }
    assert_int_equal(model.trend.first + model.trend.count, 71);
    assert_int_equal(model.trend.count, model.trend.capacity);
    session_load(&session, &model, 0);
    while (session_fill(&session, &model, &model.trend, 1, 10) > 0) {
    }
    assert_int_equal(model.trend.first + model.trend.count, 100);
}

static void a_delay_looks_further_back(void **state)
{
    (void)state;
    session_update(&session, SECOND);
    session_load(&session, &model, 5 * SECOND);
    assert_int_equal(model.before.snapshot.head.seq, 95);
    session_load(&session, &model, SECOND / 3);
    assert_int_equal(model.before.snapshot.head.seq, 99);
    session_load(&session, &model, 1000 * SECOND);
    assert_int_equal(model.before.snapshot.head.seq, 1);
}

static void steps_stop_at_the_ends(void **state)
{
    (void)state;
    session_update(&session, SECOND);
    session_step(&session, 1);
    assert_true(session.follow);
    session_step(&session, -3);
    session_load(&session, &model, 0);
    assert_int_equal(now_seq(), 97);
    assert_false(session.follow || session_is_newest(&session));
    session_step(&session, INT64_MIN + 1);
    session_load(&session, &model, 0);
    assert_int_equal(now_seq(), 1);
    assert_false(model.before.there);
    session_step(&session, INT64_MAX);
    session_load(&session, &model, 0);
    assert_int_equal(now_seq(), 100);
    assert_true(session_is_newest(&session));
    assert_false(session.follow);
    session_home(&session);
    session_pause(&session);
    session_load(&session, &model, 0);
    assert_int_equal(now_seq(), 100);
    assert_true(session.follow);
    session_pause(&session);
    assert_false(session.follow);
}

static void a_moment_is_found(void **state)
{
    (void)state;
    struct synth_options options;
    synth_defaults(&options);
    assert_false(session_seek_seq(&session, 7));
    assert_false(session_seek_time(&session, options.time_ns));
    session_update(&session, SECOND);
    assert_true(session_seek_seq(&session, 7));
    assert_false(session.follow);
    session_load(&session, &model, 0);
    assert_int_equal(now_seq(), 7);
    assert_false(session_seek_seq(&session, 101));
    assert_true(session_seek_time(&session, options.time_ns + 50 * SECOND + SECOND / 2));
    session_load(&session, &model, 0);
    assert_int_equal(now_seq(), 50);
    assert_true(session_seek_time(&session, 0));
    session_load(&session, &model, 0);
    assert_int_equal(now_seq(), 1);
    assert_true(session_seek_time(&session, UINT64_MAX));
    session_load(&session, &model, 0);
    assert_int_equal(now_seq(), 100);
}

static void strides_skip(void **state)
{
    struct history history;
    (void)state;
    history_init(&history, 5);
    session_update(&session, SECOND);
    session_load(&session, &model, 0);
    while (session_fill(&session, &model, &history, 10, 3) > 0) {
    }
    assert_int_equal(history.count, 5);
    assert_int_equal(history.first, (session.span.end - 1) / 10 - 4);
    history_free(&history);
}

static void nothing_moves_before_it_is_known(void **state)
{
    (void)state;
    session_step(&session, -5);
    session_home(&session);
    assert_true(session.follow);
    session_load(&session, &model, 0);
    assert_int_equal(now_seq(), 100);
}

static int set_up_hole(void **state)
{
    (void)state;
    int error = make(10, SYNTH_LIE_SNAPSHOT);
    attach();
    return error;
}

static void a_damaged_snapshot_is_one_moment(void **state)
{
    (void)state;
    assert_false(session_load(&session, &model, 0));
    assert_true(session.unreadable);
    session_update(&session, SECOND);
    session_load(&session, &model, 0);
    assert_false(model.now.there);
    assert_true(session.unreadable);
    session_step(&session, -1);
    session_load(&session, &model, 0);
    assert_int_equal(now_seq(), 9);
    assert_false(session.unreadable);
    assert_int_equal(session.state, SESSION_FILE);
}

/* Spoils the snapshot at a place of the file that is open. */
static void damage(uint64_t place)
{
    static const uint32_t sections = AT_SECTIONS_MAX + 1;
    struct snapshot spoilt = {0};
    struct failure failure;
    const void *payload;
    size_t bytes, file_bytes;
    FILE *file = fopen(path, "r+b");
    char *text = malloc(1 << 22);
    assert_true(file != NULL && text != NULL);
    assert_int_equal(source_read_payload(session.source, place, &payload, &bytes, &failure), SOURCE_OK);
    file_bytes = fread(text, 1, 1 << 22, file);
    char *found = memmem(text, file_bytes, payload, bytes);
    assert_non_null(found);
    fseek(file, found - text + (long)offsetof(struct at_snapshot, sections), SEEK_SET);
    assert_int_equal(fwrite(&sections, sizeof(sections), 1, file), 1);
    fclose(file);
    free(text);
    source_read(session.source, place + 1, &spoilt, &failure); /* what was read last is remembered */
    assert_int_equal(source_read(session.source, place, &spoilt, &failure), SOURCE_DAMAGED);
    snapshot_free(&spoilt);
}

/* A trend that waited for it would stand still while one goes on. */
static void history_goes_past_what_is_damaged(void **state)
{
    static const int64_t steps[] = {-60, 20, 30};
    (void)state;
    session_update(&session, SECOND);
    damage(50);
    damage(20);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        session_step(&session, steps[i]);
        session_load(&session, &model, 0);
        while (session_fill(&session, &model, &model.trend, 1, 10) > 0) {
        }
        assert_true(model.trend.first <= session.place && model.trend.first + model.trend.count > session.place);
        assert_true(model.trend.first == 0 || model.trend.count == model.trend.capacity);
    }
}

static int set_up_torn(void **state)
{
    (void)state;
    int error = make(10, SYNTH_LIE_RECORD);
    attach();
    return error;
}

static void a_damaged_ring_keeps_what_was_found(void **state)
{
    (void)state;
    assert_true(session_update(&session, SECOND));
    assert_int_equal(session.state, SESSION_BROKEN);
    assert_true(strstr(session.failure.text, "damaged") != NULL);
    assert_true(session_load(&session, &model, 0));
    assert_true(model.now.there);
    assert_false(session_update(&session, 2 * SECOND));
}

static int set_up_waiting(void **state)
{
    (void)state;
    int error = make(1, SYNTH_LIE_NONE);
    model_init(&model);
    session_await(&session, "nobody-has-this-name");
    return error;
}

static void waiting_costs_no_more_than_a_look_a_second(void **state)
{
    (void)state;
    assert_false(session_update(&session, SECOND));
    assert_int_equal(session.state, SESSION_AWAIT);
    assert_int_equal(session.looked_around_ns, SECOND);
    assert_false(session_update(&session, SECOND + SECOND / 2));
    assert_int_equal(session.looked_around_ns, SECOND);
    session_update(&session, 2 * SECOND);
    assert_int_equal(session.looked_around_ns, 2 * SECOND);
    assert_false(session_load(&session, &model, 0));
    assert_true(session_due_ns(&session, &model, SECOND) == SECOND);
}

/* As if the newest snapshot were a live one's, begun at `mono_ns` and first seen at `arrived_ns`. */
static void publish(uint64_t interval_ns, uint64_t mono_ns, uint64_t sample_ns, uint64_t arrived_ns)
{
    struct at_agent *agent = &model.now.snapshot.agent;
    session_update(&session, SECOND);
    session_load(&session, &model, 0);
    session.state = SESSION_LIVE;
    session.arrived_ns = arrived_ns;
    agent->interval_ns = interval_ns;
    agent->sample_ns = sample_ns;
    model.now.snapshot.head.mono_ns = mono_ns;
}

static uint64_t due_at(uint64_t mono_ns)
{
    return session_due_ns(&session, &model, mono_ns);
}

/* One is there once it was taken; where it came later than its stamp says, the next will, too. */
static void the_next_snapshot_is_expected(void **state)
{
    const uint64_t ms = SECOND / 1000;
    (void)state;
    publish(SECOND, 100 * SECOND, ms, 100 * SECOND);
    assert_int_equal(due_at(100 * SECOND + 500 * ms), 502 * ms);
    assert_int_equal(due_at(101 * SECOND + ms), ms);
    assert_int_equal(due_at(101 * SECOND + 2 * ms), SECOND / 32);
    assert_int_equal(due_at(101 * SECOND + 500 * ms), SECOND / 32);
    assert_int_equal(due_at(103 * SECOND), SECOND);
    session.arrived_ns = 100 * SECOND + 800 * ms;
    assert_int_equal(due_at(101 * SECOND), 800 * ms - SECOND / 32);
    publish(20 * SECOND, 100 * SECOND, ms, 100 * SECOND);
    assert_int_equal(due_at(101 * SECOND), SECOND);
    session_pause(&session);
    assert_int_equal(due_at(101 * SECOND), SECOND);
    publish(100 * ms, 100 * SECOND, ms, 100 * SECOND);
    assert_int_equal(due_at(100 * SECOND + 1), 100 * ms);
}

/* Nobody sleeps for ever, or never, because a segment lies. */
static void no_stamp_keeps_anybody_waiting(void **state)
{
    static const uint64_t times[] = {0, 1, SECOND, UINT64_MAX / 3, UINT64_MAX / 2, UINT64_MAX - SECOND, UINT64_MAX};
    const size_t count = sizeof(times) / sizeof(times[0]);
    (void)state;
    for (size_t i = 0; i < count * count * count; i++) {
        publish(times[i % count], times[i / count % count], times[i / count / count], 99 * SECOND);
        for (uint64_t mono_ns = 99 * SECOND; mono_ns < 102 * SECOND; mono_ns += SECOND / 7)
            assert_in_range(due_at(mono_ns), 1, SECOND);
    }
}

static void silence_is_three_intervals_or_seconds(void **state)
{
    (void)state;
    assert_false(session_silence(0, SECOND, 100 * SECOND));
    assert_false(session_silence(10 * SECOND, SECOND / 10, 13 * SECOND));
    assert_true(session_silence(10 * SECOND, SECOND / 10, 13 * SECOND + 1));
    assert_false(session_silence(10 * SECOND, 5 * SECOND, 25 * SECOND));
    assert_true(session_silence(10 * SECOND, 5 * SECOND, 25 * SECOND + 1));
    assert_false(session_silence(10 * SECOND, SECOND, 9 * SECOND));
    assert_false(session_silence(10 * SECOND, UINT64_MAX / 3 + 1, 100 * SECOND));
}

static void every_state_has_a_word(void **state)
{
    (void)state;
    for (int i = 0; i < SESSION_STATE_COUNT; i++)
        assert_true(strlen(session_state_word((enum session_state)i)) > 2);
    assert_string_equal(session_state_word(SESSION_STATE_COUNT), "?");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_frame_needs_no_history),
        TEST(history_follows),
        TEST(history_stays_with_what_is_shown),
        TEST(a_delay_looks_further_back),
        TEST(steps_stop_at_the_ends),
        TEST(a_moment_is_found),
        TEST(strides_skip),
        TEST(nothing_moves_before_it_is_known),
        cmocka_unit_test_setup_teardown(a_damaged_snapshot_is_one_moment, set_up_hole, tear_down),
        TEST(history_goes_past_what_is_damaged),
        cmocka_unit_test_setup_teardown(a_damaged_ring_keeps_what_was_found, set_up_torn, tear_down),
        cmocka_unit_test_setup_teardown(waiting_costs_no_more_than_a_look_a_second, set_up_waiting, tear_down),
        TEST(the_next_snapshot_is_expected),
        TEST(no_stamp_keeps_anybody_waiting),
        cmocka_unit_test(silence_is_three_intervals_or_seconds),
        cmocka_unit_test(every_state_has_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
