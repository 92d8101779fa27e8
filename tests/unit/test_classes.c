/* test_classes.c: rows come, are passed through, run out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "classes.h"

/* Each test is a process of its own table: the tests run in the order below and take rows one after another. */
static unsigned enter(const char *name)
{
    const struct classes_wish wish = {.name = name, .arena = CLASSES_NO_ARENA};
    return classes_enter(&wish, NULL);
}

static void test_same_name_same_row(void **state)
{
    (void)state;
    classes_start(true, 7);
    assert_int_equal(classes_count(), 1);
    assert_string_equal(classes_row(AT_CLASS_UNBOUND)->name, "(unbound)");
    unsigned main_id = enter("main"), io = enter("io");
    assert_int_equal(main_id, 1);
    assert_int_equal(io, 2);
    assert_int_equal(enter("main"), main_id);
    assert_int_equal(classes_row(main_id)->threads, 2);
    classes_leave(main_id, true, false);
    assert_int_equal(classes_row(main_id)->threads, 1);
    assert_int_equal(classes_row(main_id)->threads_total, 2);
    assert_int_equal(classes_row(io)->arenas_cap, 7);
    assert_true(classes_row(io)->region);
    assert_int_equal(classes_row(io)->reason, AT_REASON_NONE);
    assert_int_equal(classes_count(), 3);
    classes_join(AT_CLASS_UNBOUND);
    assert_int_equal(classes_row(AT_CLASS_UNBOUND)->threads, 1);
}

static void test_wishes(void **state)
{
    const struct classes_wish bound = {.name = "bound", .arena = 2};
    const struct classes_wish flow = {.name = "flow", .arena = CLASSES_NO_ARENA, .flow = true, .arenas_cap = 3};
    struct class_row row;
    (void)state;

    classes_copy(classes_enter(&bound, NULL), &row);
    assert_int_equal(row.arena, 2);
    assert_false(row.region);
    assert_int_equal(row.reason, AT_REASON_SHARED_ARENA);
    classes_copy(classes_enter(&flow, NULL), &row);
    assert_int_equal(row.arenas_cap, 3);
    assert_false(row.region);
    assert_int_equal(row.reason, AT_REASON_ASKED);
}

/* Who only passes through a class gives its row to the next, if that one may live in its arenas; who used it does not. */
static void test_passing_through(void **state)
{
    const struct classes_wish flow = {.name = "wants no region", .arena = CLASSES_NO_ARENA, .flow = true};
    unsigned passed = enter("server_thread()");
    uint32_t generation = classes_row(passed)->generation;
    (void)state;

    classes_leave(passed, false, true);
    assert_int_equal(classes_row(passed)->threads_total, 0);
    assert_int_not_equal(classes_enter(&flow, NULL), passed);
    assert_int_equal(enter("worker"), passed);
    assert_string_equal(classes_row(passed)->name, "worker");
    assert_int_not_equal(classes_row(passed)->generation, generation);
    classes_leave(passed, true, true);
    assert_int_not_equal(enter("other worker"), passed);
    assert_string_equal(classes_row(passed)->name, "worker");

    unsigned ended = enter("short-lived"); /* ended, not passed: it was there */
    classes_leave(ended, false, false);
    assert_int_not_equal(enter("after it"), ended);
    assert_int_equal(enter("short-lived"), ended);
}

static void test_downgrade(void **state)
{
    unsigned id = enter("full");
    (void)state;

    assert_true(classes_downgrade(id, AT_REASON_REGION_FULL));
    assert_false(classes_downgrade(id, AT_REASON_SHARED_ARENA));
    assert_int_equal(classes_row(id)->reason, AT_REASON_REGION_FULL); /* the first one stays */
    assert_true(classes_row(id)->region);                             /* where its memory lies has not changed */
}

/* A class that is called otherwise meanwhile has the one name or the other. */
static void *call_otherwise(void *argument)
{
    for (unsigned i = 0; i < 200000; i++) {
        classes_rename("[program+0x1f40]", "a_routine_of_the_program()");
        classes_rename("a_routine_of_the_program()", "[program+0x1f40]");
    }
    __atomic_store_n((bool *)argument, true, __ATOMIC_RELEASE);
    return NULL;
}

static void test_a_name_is_whole(void **state)
{
    pthread_t thread;
    unsigned id = enter("[program+0x1f40]");
    char name[AT_CLASS_NAME_BYTES];
    bool done = false;
    (void)state;

    assert_int_equal(pthread_create(&thread, NULL, call_otherwise, &done), 0);
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
        classes_name(id, name);
        assert_true(strcmp(name, "[program+0x1f40]") == 0 || strcmp(name, "a_routine_of_the_program()") == 0);
    }
    pthread_join(thread, NULL);
    classes_leave(id, true, false);
}

static void test_running_out(void **state)
{
    char name[AT_CLASS_NAME_BYTES];
    (void)state;

    for (unsigned i = classes_count(); i < CLASSES_OTHER; i++) {
        snprintf(name, sizeof name, "class %u", i);
        assert_int_equal(enter(name), i);
    }
    assert_int_equal(classes_count(), CLASSES_OTHER);
    assert_string_equal(classes_row(CLASSES_OTHER)->name, "");
    assert_int_equal(enter("one too many"), CLASSES_OTHER);
    assert_int_equal(enter("two too many"), CLASSES_OTHER);
    assert_int_equal(enter("main"), 1);
    assert_string_equal(classes_row(CLASSES_OTHER)->name, "(other)");
    assert_int_equal(classes_row(CLASSES_OTHER)->threads, 2);
    assert_int_equal(classes_count(), AT_CLASSES_MAX);
    assert_true(classes_row(CLASSES_OTHER)->region);
}

/* Many at once come to one row for each name, and every one of them is counted. */
static void *come_and_go(void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < 20000; i++)
        classes_leave(enter(i % 2 == 0 ? "main" : "io"), true, false);
    return NULL;
}

static void test_many_at_once(void **state)
{
    pthread_t threads[4];
    uint32_t alive = classes_row(1)->threads;
    uint64_t total = classes_row(1)->threads_total;
    (void)state;

    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, NULL), 0);
    for (unsigned i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(classes_row(1)->threads, alive);
    assert_int_equal(classes_row(1)->threads_total, total + 40000);
}

static void test_renaming(void **state)
{
    (void)state;
    unsigned main_id = classes_find("main");
    uint32_t generation = classes_row(main_id)->generation;
    classes_rename("main", "io"); /* there is one */
    classes_rename("no such class", "other");
    assert_string_equal(classes_row(main_id)->name, "main");
    classes_rename("main", "first");
    assert_string_equal(classes_row(main_id)->name, "first");
    assert_int_equal(classes_row(main_id)->generation, generation + 1);
    assert_int_equal(classes_find("first"), main_id);
    classes_rename("first", "main");
    assert_int_equal(classes_find("main"), main_id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_name_same_row),
        cmocka_unit_test(test_renaming),
        cmocka_unit_test(test_wishes),
        cmocka_unit_test(test_passing_through),
        cmocka_unit_test(test_downgrade),
        cmocka_unit_test(test_a_name_is_whole),
        cmocka_unit_test(test_running_out),
        cmocka_unit_test(test_many_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
