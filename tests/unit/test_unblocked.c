/* test_unblocked.c: whether a thread that blocks signals is in a handler. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unblocked.h"

enum { HUP = 1 << 0, USR1 = 1 << 9, TERM = 1 << 14 };

static int fresh(void **state)
{
    (void)state;
    thread_tls.unblocked = 0;
    return 0;
}

static void test_bits(void **state)
{
    sigset_t set;
    (void)state;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, 64);
    assert_int_equal(unblocked_bits(&set), UINT64_C(1) << 63 | HUP | USR1);
}

static void test_first_seen_is_learnt(void **state)
{
    (void)state;
    assert_false(unblocked_tells_handler(HUP));
    assert_false(unblocked_tells_handler(HUP));
    assert_false(unblocked_tells_handler(0));
    assert_true(unblocked_tells_handler(HUP | USR1));
}

static void test_nothing_is_learnt_of_the_unknown(void **state)
{
    (void)state;
    unblocked_follow(0, SIG_BLOCK, HUP);
    assert_int_equal(thread_tls.unblocked, 0);
}

static void test_changes_outside_handlers(void **state)
{
    (void)state;
    unblocked_learn(0);
    unblocked_follow(0, SIG_BLOCK, HUP | USR1);
    assert_false(unblocked_tells_handler(HUP | USR1));
    assert_true(unblocked_tells_handler(HUP | USR1 | TERM));
    unblocked_follow(HUP | USR1, SIG_UNBLOCK, HUP);
    assert_false(unblocked_tells_handler(USR1));
    assert_true(unblocked_tells_handler(HUP | USR1));
    unblocked_follow(USR1, SIG_SETMASK, TERM);
    assert_false(unblocked_tells_handler(TERM));
    assert_true(unblocked_tells_handler(USR1));
}

/* Programs ask for those, too, that nobody can block: what is known then is not nothing. */
static void test_everything_blocked_is_known(void **state)
{
    const uint64_t kernels = ~(UINT64_C(1) << (SIGKILL - 1) | UINT64_C(1) << (SIGSTOP - 1));
    (void)state;
    unblocked_learn(0);
    unblocked_follow(0, SIG_SETMASK, ~UINT64_C(0));
    assert_int_not_equal(thread_tls.unblocked, 0);
    assert_false(unblocked_tells_handler(kernels));
    unblocked_follow(kernels, SIG_SETMASK, TERM);
    assert_true(unblocked_tells_handler(TERM | USR1));
    assert_false(unblocked_tells_handler(TERM));
}

static void test_what_a_handler_blocks_does_not_count(void **state)
{
    (void)state;
    unblocked_learn(TERM);
    unblocked_follow(TERM | USR1, SIG_BLOCK, HUP);
    assert_true(unblocked_tells_handler(TERM | HUP));
    unblocked_follow(TERM | USR1 | HUP, SIG_UNBLOCK, HUP);
    assert_true(unblocked_tells_handler(TERM | USR1));
    assert_false(unblocked_tells_handler(TERM));
}

static void test_what_a_handler_lets_through_may_stay(void **state)
{
    (void)state;
    unblocked_learn(TERM);
    unblocked_follow(TERM | USR1, SIG_SETMASK, 0); /* and it jumps out */
    assert_true(unblocked_tells_handler(TERM));
    assert_false(unblocked_tells_handler(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_bits, fresh),
        cmocka_unit_test_setup(test_first_seen_is_learnt, fresh),
        cmocka_unit_test_setup(test_nothing_is_learnt_of_the_unknown, fresh),
        cmocka_unit_test_setup(test_changes_outside_handlers, fresh),
        cmocka_unit_test_setup(test_everything_blocked_is_known, fresh),
        cmocka_unit_test_setup(test_what_a_handler_blocks_does_not_count, fresh),
        cmocka_unit_test_setup(test_what_a_handler_lets_through_may_stay, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
