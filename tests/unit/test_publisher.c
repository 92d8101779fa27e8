/* test_publisher.c: the program's last threads wait for the agent's own, once. */
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
#include "next.h"
#include "objects.h"
#include "publisher.h"

#define NS_PER_S UINT64_C(1000000000)

struct agent agent; /* the test's own: the agent's constructor stays out of it */

static uint32_t joins;
static pthread_barrier_t both_leave;

/* In libc's place. A thread that was joined is gone: to join it again may do anything, and is not done. */
int pthread_timedjoin_np(pthread_t thread, void **result, const struct timespec *until)
{
    int (*join)(pthread_t, void **, const struct timespec *);
    void *address = dlsym(RTLD_NEXT, "pthread_timedjoin_np");
    if (add_seq_cst32(&joins, 1) > 0)
        return ESRCH;
    memcpy(&join, &address, sizeof join);
    return join(thread, result, until);
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_two_leave)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
