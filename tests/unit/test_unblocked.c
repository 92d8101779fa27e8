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

static void change(uint64_t before, int how, uint64_t set)
{
    uint64_t known = unblocked_lead(how, set);
    if (unblocked_shrinks(known, how, set))
        unblocked_follow(known, before, how, set);
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

static void test_changes_outside_handlers(void **state)
{
    (void)state;
    unblocked_learn(0);
    change(0, SIG_BLOCK, HUP | USR1);
    assert_false(unblocked_tells_handler(HUP | USR1));
    assert_true(unblocked_tells_handler(HUP | USR1 | TERM));
    change(HUP | USR1, SIG_UNBLOCK, HUP);
    assert_false(unblocked_tells_handler(USR1));
    assert_true(unblocked_tells_handler(HUP | USR1));
    change(USR1, SIG_SETMASK, TERM);
    assert_false(unblocked_tells_handler(TERM));
    assert_true(unblocked_tells_handler(USR1));
}

/* Programs ask for those, too, that nobody can block: what is known then is not nothing. */
static void test_everything_blocked_is_known(void **state)
{
    const uint64_t kernels = ~(UINT64_C(1) << (SIGKILL - 1) | UINT64_C(1) << (SIGSTOP - 1));
    (void)state;
    unblocked_learn(0);
    change(0, SIG_SETMASK, ~UINT64_C(0));
    assert_int_not_equal(thread_tls.unblocked, 0);
    assert_false(unblocked_tells_handler(kernels));
    change(kernels, SIG_SETMASK, TERM);
    assert_true(unblocked_tells_handler(TERM | USR1));
    assert_false(unblocked_tells_handler(TERM));
}

static void test_what_a_handler_blocks_does_not_count(void **state)
{
    (void)state;
    unblocked_learn(TERM);
    change(TERM | USR1, SIG_BLOCK, HUP);
    assert_true(unblocked_tells_handler(TERM | HUP));
    change(TERM | USR1 | HUP, SIG_UNBLOCK, HUP);
    assert_true(unblocked_tells_handler(TERM | USR1));
    assert_false(unblocked_tells_handler(TERM));
}

static void test_what_a_handler_lets_through_may_stay(void **state)
{
    (void)state;
    unblocked_learn(TERM);
    change(TERM | USR1, SIG_SETMASK, 0); /* and it jumps out */
    assert_true(unblocked_tells_handler(TERM));
    assert_false(unblocked_tells_handler(0));
}

static void test_what_is_let_through_comes_before_the_call_returns(void **state)
{
    (void)state;
    unblocked_learn(HUP | TERM);
    unblocked_lead(SIG_UNBLOCK, HUP);
    assert_true(unblocked_tells_handler(HUP | TERM));
    unblocked_learn(HUP | TERM);
    unblocked_lead(SIG_SETMASK, TERM);
    assert_true(unblocked_tells_handler(HUP | TERM));
    unblocked_learn(HUP | TERM);
    unblocked_lead(SIG_BLOCK, USR1);
    assert_false(unblocked_tells_handler(HUP | TERM));
}

static void test_who_need_not_be_asked(void **state)
{
    const uint64_t known = unblocked_but(HUP | TERM);
    (void)state;
    assert_false(unblocked_shrinks(known, SIG_UNBLOCK, HUP | USR1));
    assert_false(unblocked_shrinks(known, SIG_SETMASK, TERM));
    assert_false(unblocked_shrinks(known, SIG_BLOCK, HUP | TERM | UINT64_C(1) << (SIGKILL - 1)));
    assert_true(unblocked_shrinks(known, SIG_BLOCK, USR1));
    assert_true(unblocked_shrinks(known, SIG_SETMASK, HUP | USR1));
}

/* A jump, or the kernel's own call, has let through what was blocked: so one that blocks less may be in a handler. */
static void test_what_changes_unseen(void **state)
{
    (void)state;
    unblocked_learn(0);
    change(0, SIG_BLOCK, HUP | USR1 | TERM);
    assert_true(unblocked_tells_handler(USR1));
    assert_false(unblocked_tells_handler(0));
    change(USR1, SIG_UNBLOCK, USR1);
    assert_true(unblocked_tells_handler(USR1));
    change(0, SIG_SETMASK, TERM);
    assert_false(unblocked_tells_handler(TERM));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_bits, fresh),
        cmocka_unit_test_setup(test_first_seen_is_learnt, fresh),
        cmocka_unit_test_setup(test_changes_outside_handlers, fresh),
        cmocka_unit_test_setup(test_everything_blocked_is_known, fresh),
        cmocka_unit_test_setup(test_what_a_handler_blocks_does_not_count, fresh),
        cmocka_unit_test_setup(test_what_a_handler_lets_through_may_stay, fresh),
        cmocka_unit_test_setup(test_what_is_let_through_comes_before_the_call_returns, fresh),
        cmocka_unit_test_setup(test_who_need_not_be_asked, fresh),
        cmocka_unit_test_setup(test_what_changes_unseen, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
