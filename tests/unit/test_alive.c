/* test_alive.c: a child counts who lives while threads begin and end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/time.h>

#include "alive.h"
#include "atomics.h"

enum { RECORDS = 2000, TURNS = 200 };

static struct thread *first, *last; /* of the records, in the order in which they are looked at */
static volatile sig_atomic_t turns;

/* As a creator and a thread at its end do; the records stay. */
static void begin(struct thread *thread)
{
    store_release32(&thread->state, THREAD_STARTING);
    alive_expect(true);
}

static bool end(struct thread *thread)
{
    bool was_last = alive_end();
    store_release32(&thread->state, THREAD_ENDING);
    return was_last;
}

static void test_the_last_is_told(void **state)
{
    struct thread *a = threads_new(), *b = threads_new();
    (void)state;

    begin(a);
    begin(b);
    alive_expect(true);
    alive_expect(false);
    assert_int_equal(alive_count(), 2);
    assert_false(end(a));
    assert_true(end(b));
    assert_int_equal(alive_count(), 0);
    threads_free(a);
    threads_free(b);
}

static void test_a_child_counts_its_own(void **state)
{
    struct thread *self = threads_new(), *other = threads_new();
    (void)state;

    begin(self);
    begin(other);
    other->process++; /* the parent's */
    alive_fork_child(self);
    assert_int_equal(alive_count(), 1);
    assert_true(end(self));
    threads_free(self);
    threads_free(other);
}

/* One of the two lives, now this, now that. */
static void take_turns(int signal)
{
    bool is_odd = turns++ % 2 != 0;
    (void)signal;
    begin(is_odd ? last : first);
    end(is_odd ? first : last);
}

static void make_records(void)
{
    for (unsigned i = 0; i < RECORDS; i++) {
        last = threads_new();
        assert_non_null(last);
        first = i == 0 || last->index < first->index ? last : first;
        begin(last);
    }
    end(first);
}

/* A count that comes by the one before it begins, and by the other when it has ended, has seen neither, though there are as
 * many as before. */
static void test_one_begins_and_another_ends_meanwhile(void **state)
{
    const struct sigaction meanwhile = {.sa_handler = take_turns};
    struct sigaction before;
    (void)state;

    make_records();
    assert_int_equal(sigaction(SIGALRM, &meanwhile, &before), 0);
    while (turns < TURNS) {
        const struct itimerval soon = {.it_value.tv_usec = 100};
        sig_atomic_t seen = turns;
        assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
        while (turns == seen)
            alive_fork_child(NULL);
        assert_int_equal(alive_count(), RECORDS - 1);
    }
    sigaction(SIGALRM, &before, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_last_is_told),
        cmocka_unit_test(test_a_child_counts_its_own),
        cmocka_unit_test(test_one_begins_and_another_ends_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
