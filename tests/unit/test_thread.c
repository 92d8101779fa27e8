/* test_thread.c: records and their cells, in one thread and in many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "arenas.h"
#include "atomics.h"
#include "thread.h"

#define WORKERS 4
#define HELD    40
#define ROUNDS  100000

static void test_a_new_record(void **state)
{
    struct thread *thread = threads_new();
    (void)state;

    assert_non_null(thread);
    assert_int_equal(thread->state, THREAD_STARTING);
    assert_int_equal(thread->arena, ARENAS_NONE);
    assert_int_equal((uintptr_t)thread % 128, 0);
    assert_ptr_equal(threads_at(thread->index), thread);
    assert_true(thread->index < threads_count());
    thread->named = true;
    thread->base_allocated = 1;
    threads_free(thread);
    assert_int_equal(thread->state, THREAD_FREE);
    assert_ptr_equal(threads_new(), thread); /* the last one back is the first one out, */
    assert_false(thread->named);             /* and nothing of the old thread is left */
    assert_int_equal(thread->base_allocated, 0);
    threads_free(thread);
}

struct sum {
    uint64_t bytes;
    uint64_t count;
    unsigned cells;
    bool seen[AT_CLASSES_MAX];
};

static void add_up(void *context, struct thread_cell *cell)
{
    struct sum *sum = context;
    unsigned owner = thread_cell_owner(cell->owner_count);

    assert_true(owner < AT_CLASSES_MAX && !sum->seen[owner]);
    sum->seen[owner] = true;
    sum->bytes += cell->bytes;
    sum->count += thread_cell_count(cell->owner_count);
    sum->cells++;
}

static void clear(void *context, struct thread_cell *cell)
{
    (void)context;
    cell->owner_count = 0;
    cell->bytes = 0;
}

/* A thread may free the memory of all classes; one owner has one cell. */
static void test_cells(void **state)
{
    struct thread *thread = threads_new();
    struct sum sum = {0}, none = {0};
    (void)state;

    for (unsigned round = 0; round < 3; round++) {
        for (unsigned owner = 0; owner < AT_CLASSES_MAX; owner++) {
            struct thread_cell *cell = threads_cell(thread, owner);
            assert_non_null(cell);
            assert_int_equal(thread_cell_owner(cell->owner_count), owner);
            cell->owner_count++;
            cell->bytes += owner;
        }
    }
    threads_each_cell(thread, add_up, &sum);
    assert_int_equal(sum.cells, AT_CLASSES_MAX);
    assert_int_equal(sum.count, 3 * AT_CLASSES_MAX);
    assert_int_equal(sum.bytes, 3 * AT_CLASSES_MAX * (AT_CLASSES_MAX - 1) / 2);

    threads_each_cell(thread, clear, NULL);
    threads_each_cell(thread, add_up, &none);
    threads_free(thread);
    assert_ptr_equal(threads_new(), thread);
    threads_each_cell(thread, add_up, &none); /* the block of cells serves the next thread, empty */
    assert_int_equal(none.count, 0);
    assert_int_equal(none.cells, 0);
    threads_free(thread);
}

/* A record is one thread's alone, however many take and give back at once; so are cells. */
static const char twice_record[] = "a record was given out twice", twice_cell[] = "a cell was given out twice";

static void *take_and_give_back(void *argument)
{
    struct thread *held[HELD];
    uint32_t self = *(uint32_t *)argument;

    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned most = round % 1000 == 0 ? HELD : 1 + round % 3;
        for (unsigned i = 0; i < most; i++) {
            held[i] = threads_new();
            store_relaxed32(&held[i]->tid, self);
            threads_cell(held[i], self * 16 + round % 16)->bytes = self;
        }
        for (unsigned i = 0; i < most; i++) {
            struct sum sum = {0};
            if (load_relaxed32(&held[i]->tid) != self)
                return (void *)(uintptr_t)twice_record;
            threads_each_cell(held[i], add_up, &sum);
            if (sum.bytes != self || sum.cells != 1)
                return (void *)(uintptr_t)twice_cell;
            threads_each_cell(held[i], clear, NULL);
            threads_free(held[i]);
        }
    }
    return NULL;
}

static void test_many_at_once(void **state)
{
    pthread_t workers[WORKERS];
    uint32_t number[WORKERS];
    void *wrong;
    (void)state;

    for (uint32_t i = 0; i < WORKERS; i++) {
        number[i] = i;
        assert_int_equal(pthread_create(&workers[i], NULL, take_and_give_back, &number[i]), 0);
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        pthread_join(workers[i], &wrong);
        assert_null(wrong);
    }
    assert_true(threads_count() <= WORKERS * HELD + 1); /* records come back */
}

static void *show_tls(void *argument)
{
    uint32_t *step = argument;
    thread_tls.own_frees = 4711;
    store_release32(&step[0], 1);
    while (load_acquire32(&step[1]) == 0)
        ;
    return NULL;
}

static void test_tls_of_another(void **state)
{
    uint32_t step[2] = {0};
    pthread_t other;
    (void)state;

    assert_ptr_equal(threads_local_of(pthread_self()), &thread_tls);
    assert_int_equal(thread_tls.region, THREADS_NO_REGION);
    assert_int_equal(pthread_create(&other, NULL, show_tls, step), 0);
    while (load_acquire32(&step[0]) == 0)
        ;
    assert_int_equal(threads_local_of(other)->own_frees, 4711);
    store_release32(&step[1], 1);
    pthread_join(other, NULL);
}

/* ---- slots: REGION is any region's number ---- */

enum { REGION = 33 };

static void *at(uintptr_t slot)
{
    return (void *)(slot << THREADS_SLOT_SHIFT | 4096);
}

/* As the hooks do it. */
static bool free_at(uintptr_t slot)
{
    return threads_count_own(at(slot)) || threads_fold(at(slot));
}

static void test_own_frees_are_counted(void **state)
{
    (void)state;
    thread_tls.own_frees = 0;
    threads_take_region(REGION);
    for (unsigned i = 1; i <= 1000; i++) {
        assert_true(free_at(REGION));
        assert_int_equal(threads_own_frees(&thread_tls), i);
    }
    threads_take_region(REGION + 1);
    assert_int_equal(threads_own_frees(&thread_tls), 1000);
    assert_false(free_at(REGION));
    assert_true(free_at(REGION + 1));
    threads_take_region(THREADS_NO_REGION);
    assert_int_equal(threads_own_frees(&thread_tls), 1001);
}

static void test_other_frees_are_not(void **state)
{
    (void)state;
    uint64_t before = threads_own_frees(&thread_tls);
    threads_take_region(REGION);
    for (unsigned i = 0; i < 1000; i++)
        for (uintptr_t slot = 0; slot < THREADS_SLOTS; slot++)
            if (slot != REGION)
                assert_false(free_at(slot) || threads_owns(at(slot)));
    assert_int_equal(threads_own_frees(&thread_tls), before);
    assert_true(threads_owns(at(REGION)));
    threads_take_region(THREADS_NO_REGION);
    assert_false(threads_owns(at(REGION)));
}

/* However far the byte has come, nothing that was counted is lost, and the very next free is not taken for an own one. */
static void test_disarmed_by_another(void **state)
{
    (void)state;
    for (unsigned done = 0; done < 300; done++) {
        thread_tls.own_frees = 0;
        threads_take_region(REGION);
        for (unsigned i = 0; i < done; i++)
            assert_true(free_at(REGION));
        store_seq_cst32(&thread_tls.renamed, 1);
        threads_disarm(&thread_tls);
        assert_int_equal(threads_own_frees(&thread_tls), done);
        assert_false(free_at(REGION));
        assert_int_equal(threads_own_frees(&thread_tls), done);
        store_seq_cst32(&thread_tls.renamed, 0);
        threads_take_region(THREADS_NO_REGION);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_record),          cmocka_unit_test(test_cells),
        cmocka_unit_test(test_many_at_once),          cmocka_unit_test(test_tls_of_another),
        cmocka_unit_test(test_own_frees_are_counted), cmocka_unit_test(test_other_frees_are_not),
        cmocka_unit_test(test_disarmed_by_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
