/* test_sample.c: what a snapshot carries when it has no room for all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "agent.h"
#include "books.h"
#include "classes.h"
#include "sample.h"
#include "sample_live.h"
#include "snapshot.h"

enum { THREADS = 500, ROOM = 16384, STEP = 211 }; /* STEP has no divisor in common with THREADS */

struct agent agent; /* the test's own: the agent's constructor stays out of it, and there is no jemalloc to ask */

static uint64_t allocated[THREADS], deallocated[THREADS];
static struct thread_tls tls[THREADS];
static struct snapshot snapshot;

/* Each allocates another number of bytes, 1 to THREADS, in no order, and bears it as its tid. */
static void begin_threads(void)
{
    const struct classes_wish wish = {.name = "many", .arena = CLASSES_NO_ARENA};
    unsigned id = classes_enter(&wish, NULL);
    for (unsigned i = 0; i < THREADS; i++) {
        struct thread *thread = threads_new();
        assert_non_null(thread);
        thread->allocated = &allocated[i];
        thread->deallocated = &deallocated[i];
        thread->tls = &tls[i];
        thread->tid = 1 + i * STEP % THREADS;
        snprintf(thread->name, sizeof thread->name, "many/%u", thread->tid);
        books_open(thread, id, id, id);
        allocated[i] = thread->tid;
    }
}

static void take(void)
{
    const struct sample_notes notes = {.state = AT_STATE_LIVE};
    const void *payload;
    size_t bytes = sample_take(&notes, &payload);
    assert_int_not_equal(bytes, 0);
    assert_int_equal(snapshot_decode(&snapshot, payload, bytes), 0);
}

/* Those with the most bytes, each once, and how many are not there. */
static void test_the_largest_threads_stay(void **state)
{
    bool is_there[THREADS + 1] = {false};
    char name[AT_THREAD_NAME_BYTES];
    (void)state;

    assert_true(sample_start(ROOM));
    take();
    assert_in_range(snapshot.nthreads, THREADS / 10, THREADS - THREADS / 10);
    assert_int_equal(snapshot.agent.threads_left_out, THREADS - snapshot.nthreads);
    for (size_t i = 0; i < snapshot.nthreads; i++) {
        const struct at_thread *thread = &snapshot.threads[i];
        snprintf(name, sizeof name, "many/%u", thread->tid);
        assert_string_equal(thread->name, name);
        assert_int_equal(thread->alloc_bytes, thread->tid);
        assert_in_range(thread->tid, THREADS - snapshot.nthreads + 1, THREADS);
        assert_false(is_there[thread->tid]);
        is_there[thread->tid] = true;
    }
    assert_int_equal(snapshot.classes[1].alloc_bytes, THREADS * (THREADS + 1) / 2); /* of those left out, too */
}

static void test_all_where_there_is_room(void **state)
{
    (void)state;
    assert_true(sample_start(8 * ROOM));
    take();
    assert_int_equal(snapshot.nthreads, THREADS);
    assert_int_equal(snapshot.agent.threads_left_out, 0);
}

/* Live goes up and down by what waits in caches; what was freed, never down. */
static void test_what_an_estimate_released_never_falls(void **state)
{
    static const uint64_t live[] = {600, 900, 500, 990}, released[] = {400, 400, 500, 500};
    static struct sampler sampler;
    (void)state;

    sampler.after.classes = 2;
    sampler.after.allocated[1] = 1000;
    sampler.row[1].reason = AT_REASON_ASKED;
    for (size_t i = 0; i < sizeof(live) / sizeof(live[0]); i++) {
        sampler.stats.of_class[1].allocated = live[i] + 10;
        sampler.stats.of_class[1].tcache_bytes = 10;
        sample_live_find(&sampler);
        assert_int_equal(sampler.live[1], live[i]);
        assert_int_equal(sample_live_released(&sampler, 1), released[i]);
    }
}

static int begin(void **state)
{
    (void)state;
    classes_start(false, 1);
    begin_threads();
    return 0;
}

static int end(void **state)
{
    (void)state;
    snapshot_free(&snapshot);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_largest_threads_stay),
        cmocka_unit_test(test_all_where_there_is_room),
        cmocka_unit_test(test_what_an_estimate_released_never_falls),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
