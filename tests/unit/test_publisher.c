/* test_publisher.c: the program's last threads wait for the agent's own, once; and what several threads at once ask it for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "agent.h"
#include "atomics.h"
#include "lookup.h"
#include "next.h"
#include "objects.h"
#include "publisher.h"

#define NS_PER_S UINT64_C(1000000000)

struct agent agent; /* the test's own: the agent's constructor stays out of it */

static uint32_t joins;
static pthread_barrier_t both_leave;

/* In libc's place. A thread that was joined is gone: to join it again may do anything, and is not done. A machine may stand still
 * for longer than the agent has patience. */
int pthread_timedjoin_np(pthread_t thread, void **result, const struct timespec *until)
{
    int (*join)(pthread_t, void **, const struct timespec *);
    void *address = dlsym(RTLD_NEXT, "pthread_timedjoin_np");
    const struct timespec later = {.tv_sec = until->tv_sec + 600};
    if (add_seq_cst32(&joins, 1) > 0)
        return ESRCH;
    memcpy(&join, &address, sizeof join);
    return join(thread, result, &later);
}

static void *leave(void *ignored)
{
    (void)ignored;
    pthread_barrier_wait(&both_leave);
    errno = 4711;
    publisher_leave();
    return (void *)(intptr_t)errno;
}

static void test_two_leave(void **state)
{
    pthread_t other;
    void *other_errno;
    (void)state;

    conf_default(&agent.conf);
    agent.conf.interval_ms = 3600000;
    next_resolve();
    objects_start();
    publisher_leave(); /* there is none to wait for */
    assert_int_equal(joins, 0);
    assert_true(publisher_start(3600 * NS_PER_S, AT_RING_BYTES_MIN));
    assert_int_equal(pthread_barrier_init(&both_leave, NULL, 2), 0);
    assert_int_equal(pthread_create(&other, NULL, leave, NULL), 0);
    assert_int_equal((intptr_t)leave(NULL), 4711);
    assert_int_equal(pthread_join(other, &other_errno), 0);
    assert_int_equal((intptr_t)other_errno, 4711);
    assert_int_equal(joins, 1);
    publisher_leave();
    assert_int_equal(joins, 1);
    pthread_barrier_destroy(&both_leave);
}

/* ---- while it publishes it is paused, sent on errands, asked for names and woken ---- */

enum { PAUSES = 40, ERRANDS = 100, NAMES = 20 };

static uint64_t run_errands;

static void run_errand(void *with)
{
    add_seq_cst64(with, 1);
}

static void *pause_often(void *paused)
{
    for (unsigned i = 0; i < PAUSES; i++) {
        if (!publisher_pause())
            continue;
        add_seq_cst64(paused, 1);
        publisher_resume();
    }
    return NULL;
}

static void *send_often(void *sent)
{
    for (unsigned i = 0; i < ERRANDS; i++)
        add_seq_cst64(sent, publisher_send(run_errand, &run_errands));
    return NULL;
}

static void *ask_often(void *ignored)
{
    char symbol[64];
    (void)ignored;
    for (unsigned i = 0; i < NAMES; i++) {
        lookup_name("/proc/self/exe", i, symbol, sizeof symbol);
        publisher_wake();
    }
    return NULL;
}

static void *end_it(void *ignored)
{
    (void)ignored;
    publisher_end(true);
    return NULL;
}

static void test_all_ask(void **state)
{
    void *(*const ask[])(void *) = {pause_often, pause_often, send_often, ask_often};
    uint64_t paused = 0, sent = 0;
    void *const counted[] = {&paused, &paused, &sent, NULL};
    pthread_t thread[4], other;
    (void)state;

    publisher_forget();
    agent.conf.interval_ms = 10;
    agent.conf.peak_ms = 1;
    assert_true(publisher_start(0, AT_RING_BYTES_MIN));
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, ask[i], counted[i]), 0);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    assert_int_equal(paused, 2 * PAUSES);
    assert_int_equal(sent, run_errands); /* what was said to be done is done, once */
    assert_true(publisher_send(run_errand, &run_errands));
    assert_int_equal(pthread_create(&other, NULL, end_it, NULL), 0);
    publisher_end(true);
    assert_int_equal(pthread_join(other, NULL), 0);
    assert_false(publisher_pause());
    assert_false(publisher_send(run_errand, &run_errands));
    joins = 0;
    publisher_leave();
    assert_int_equal(joins, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_two_leave), cmocka_unit_test(test_all_ask)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
