/* test_objects.c: what is loaded here, against what the loader itself says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lookup.h"
#include "objects.h"

static int here(int number)
{
    return number + 1;
}

static const void *address_of(void (*function)(void))
{
    const void *address;
    memcpy(&address, &function, sizeof address);
    return address;
}
#define ADDRESS(function) address_of((void (*)(void))(function))

/* A function of libc itself, also where a sanitizer has put its own before it. */
static const void *in_libc(const char *name)
{
    return dlsym(dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD), name);
}

static const struct link_map *libc(void)
{
    return objects_holding(in_libc("qsort"));
}

static void test_holding(void **state)
{
    int on_stack;
    const struct link_map *own = objects_holding(ADDRESS(here));
    (void)state;

    assert_ptr_equal(own, objects_first());
    assert_non_null(strstr(libc()->l_name, "libc.so"));
    assert_null(objects_holding(&on_stack));
    assert_null(objects_holding(NULL));
}

static const char in_rodata[] = "constant";
static int in_data = 1;

static void test_readable(void **state)
{
    int on_stack;
    (void)state;

    assert_true(objects_readable(in_rodata) >= sizeof in_rodata);
    assert_true(objects_readable(&in_data) >= sizeof in_data);
    assert_true(objects_readable(in_libc("qsort")) > 0);
    assert_int_equal(objects_readable(&on_stack), 0);
    assert_int_equal(objects_readable(NULL), 0);
    /* Between the segments of an object, and behind its last, nothing is. */
    size_t room = objects_readable(&in_data);
    assert_int_equal(objects_readable((const char *)&in_data + room), 0);
}

/* The default version of each, as dlsym has it: pthread_cond_wait has two. */
static void test_finding(void **state)
{
    static const char *const names[] = {"qsort", "pthread_cond_wait", "pthread_create", "free", "realpath",
                                        "nftw",  "regexec",           "posix_spawn"};
    const struct link_map *holder;
    (void)state;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        holder = NULL;
        assert_ptr_equal(objects_find_from(libc(), names[i], &holder), in_libc(names[i]));
        assert_ptr_equal(holder, libc());
    }
    assert_non_null(objects_find_from(objects_first(), "qsort", NULL));
    holder = NULL;
    assert_null(objects_find_from(objects_first(), "no_such_function_anywhere", &holder));
    assert_null(holder);
    assert_null(objects_find_from(libc(), "stdout", NULL)); /* no function */
    assert_null(objects_find_from(NULL, "qsort", NULL));
}

/* Every object and the vDSO, whose addresses the loader leaves as they are, can be searched. */
static void test_all_objects(void **state)
{
    unsigned objects = 0;
    (void)state;

    for (const struct link_map *map = objects_first(); map != NULL; map = map->l_next, objects++)
        objects_find_from(map, "clock_gettime", NULL);
    assert_true(objects >= 4);
}

static void assert_described(const void *address, const char *object, const char *name)
{
    struct objects_place place;
    char symbol[64];

    errno = 77;
    objects_describe(address, &place, symbol, sizeof symbol);
    assert_int_equal(errno, 77);
    assert_string_equal(symbol, name);
    assert_ptr_equal(strstr(place.object, object), place.object);
    assert_null(strchr(place.object, '/'));
}

static void test_describing(void **state)
{
    struct objects_place place;
    char symbol[64], cut[4];
    int on_stack;
    (void)state;

    assert_described(in_libc("qsort"), "libc.so", "qsort");
    assert_described(ADDRESS(here), "test_objects", "here"); /* in the full symbol table alone */
    assert_described((const char *)ADDRESS(here) + 1, "test_objects", "here");
    assert_described(&on_stack, "", "");
    assert_described(NULL, "", "");
    objects_describe(ADDRESS(here), &place, cut, sizeof cut);
    assert_string_equal(cut, "her");
    assert_int_equal(place.offset, (uintptr_t)ADDRESS(here) - objects_first()->l_addr);
    objects_describe(objects_first()->l_ld, &place, symbol, sizeof symbol); /* data */
    assert_string_equal(symbol, "");
    assert_true(here(1) == 2);
}

/* A title that is written over argv[0], as servers do, is not the object's name. */
static void test_title(void **state)
{
    (void)state;

    memset(program_invocation_short_name, 'x', strlen(program_invocation_short_name));
    assert_described(ADDRESS(here), "test_objects", "here");
}

/* ---- who reads files ---- */

static sem_t bell;

static void ring(void)
{
    sem_post(&bell);
}

static void *read_files(void *unused)
{
    for (;;) {
        sem_wait(&bell);
        lookup_serve();
    }
    return unused;
}

int main(void)
{
    pthread_t reader;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_readable),    cmocka_unit_test(test_holding),    cmocka_unit_test(test_finding),
        cmocka_unit_test(test_all_objects), cmocka_unit_test(test_describing), cmocka_unit_test(test_title),
    };
    sem_init(&bell, 0, 0);
    lookup_open(ring);
    pthread_create(&reader, NULL, read_files, NULL);
    objects_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
