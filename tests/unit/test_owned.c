/* test_owned.c: a mutex that knows its owner. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <unistd.h>

#include "owned.h"

enum { THREADS = 4, TIMES = 20000 };

static struct owned owned;
static long count;

static void test_one_at_a_time(void **state)
{
    (void)state;
    assert_true(owned_try(&owned));
    assert_false(owned_try(&owned));
    owned_release(&owned);
    assert_true(owned_try(&owned));
    owned_release(&owned);
    assert_int_equal(owned.word, 0);
}

static void *count_up(void *argument)
{
    for (int i = 0; i < TIMES; i++) {
        owned_take(&owned);
        count++;
        owned_release(&owned);
    }
    return argument;
}

static void test_threads_wait(void **state)
{
    pthread_t thread[THREADS];
    (void)state;
    count = 0;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, count_up, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(count, THREADS * TIMES);
    assert_int_equal(owned.word, 0);
}

static void *abandon(void *argument)
{
    owned_abandon(&owned);
    return argument;
}

static void *take_and_abandon(void *argument)
{
    owned_take(&owned);
    owned_abandon(&owned);
    return argument;
}

static void run(void *(*start)(void *))
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, start, NULL), 0);
    pthread_join(thread, NULL);
}

static void test_only_the_owner_abandons(void **state)
{
    (void)state;
    run(take_and_abandon);
    assert_true(owned_try(&owned));
    run(abandon);
    assert_false(owned_try(&owned));
    owned.word |= OWNED_WAITED_FOR;
    owned_abandon(&owned);
    assert_int_equal(owned.word, 0);
    owned_abandon(&owned);
    assert_int_equal(owned.word, 0);
}

/* It was ended between the two steps of letting go. */
static void test_who_waits_is_woken_all_the_same(void **state)
{
    pthread_t thread;
    (void)state;
    count = 0;
    assert_true(owned_try(&owned));
    assert_int_equal(pthread_create(&thread, NULL, count_up, NULL), 0);
    while (load_acquire64(&owned.word) % 2 == 0)
        sched_yield();
    usleep(50000); /* it sleeps by now; if not, it need not be woken */
    __atomic_store_n(&owned.word, 0, __ATOMIC_RELEASE);
    owned_abandon(&owned);
    pthread_join(thread, NULL);
    assert_int_equal(count, TIMES);
}

static void *only_take(void *argument)
{
    owned_take(&owned);
    return argument;
}

static void test_a_child_forgets(void **state)
{
    (void)state;
    run(only_take);
    assert_false(owned_try(&owned));
    owned_forget(&owned);
    assert_true(owned_try(&owned));
    owned_release(&owned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_at_a_time),           cmocka_unit_test(test_threads_wait),
        cmocka_unit_test(test_only_the_owner_abandons), cmocka_unit_test(test_who_waits_is_woken_all_the_same),
        cmocka_unit_test(test_a_child_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
