/* test_largest.c: the largest of many stay, whatever their order and however many are to stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "largest.h"

enum { MOST = 40, ORDERS = 200 };

static int smaller_first(const void *a, const void *b)
{
    uint64_t left = ((const struct books_thread *)a)->allocated, right = ((const struct books_thread *)b)->allocated;
    return (left > right) - (left < right);
}

/* Of `count` threads in any order, some of them equal, it keeps the same `keep` figures as a whole sort does, each with its
 * thread's name on it. */
static void assert_keeps(uint32_t count, uint32_t keep)
{
    struct books_thread threads[MOST] = {0}, sorted[MOST];
    for (uint32_t i = 0; i < count; i++) {
        threads[i].allocated = (uint64_t)rand() % 60;
        threads[i].tid = 1000 + (uint32_t)threads[i].allocated;
        sorted[i] = threads[i];
    }
    qsort(sorted, count, sizeof sorted[0], smaller_first);
    largest_keep(threads, count, keep);
    qsort(threads, keep, sizeof threads[0], smaller_first);
    for (uint32_t i = 0; i < keep; i++) {
        assert_int_equal(threads[i].allocated, sorted[count - keep + i].allocated);
        assert_int_equal(threads[i].tid, 1000 + threads[i].allocated);
    }
}

static void test_any_order(void **state)
{
    (void)state;
    srand(4711);
    for (unsigned order = 0; order < ORDERS; order++)
        for (uint32_t keep = 1; keep < MOST; keep++)
            assert_keeps(MOST, keep);
}

static void test_few(void **state)
{
    (void)state;
    for (uint32_t count = 0; count < 5; count++)
        for (uint32_t keep = 0; keep <= count; keep++)
            assert_keeps(count, keep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_order), cmocka_unit_test(test_few)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
