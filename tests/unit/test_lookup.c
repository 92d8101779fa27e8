/* test_lookup.c: one thread reads for others: in time, late, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "classes.h"
#include "late.h"
#include "lookup.h"
#include "naming.h"
#include "objects.h"

#define SELF   "/proc/self/exe"
#define ASKING 16

static sem_t bell;

static void ring(void)
{
    sem_post(&bell);
}

static void *serve_times(void *times)
{
    for (intptr_t i = (intptr_t)times; i > 0; i--) {
        sem_wait(&bell);
        lookup_serve();
    }
    return NULL;
}

/* Functions without a name for others, in the full symbol table alone. */
static void *first(void *argument);
static void *second(void *argument);

static uint64_t value_of(void *(*function)(void *))
{
    const void *address;
    memcpy(&address, &function, sizeof address);
    return (uint64_t)(uintptr_t)address - objects_first()->l_addr;
}

static enum lookup asked(void *(*function)(void *), char symbol[32])
{
    errno = 77;
    enum lookup result = lookup_name(SELF, value_of(function), symbol, 32);
    assert_int_equal(errno, 77);
    return result;
}

static void *first(void *argument)
{
    char symbol[32];
    bool found = asked(first, symbol) == LOOKUP_FOUND && strcmp(symbol, "first") == 0;
    return found ? argument : NULL;
}

static void *second(void *argument)
{
    char symbol[32];
    bool found = asked(second, symbol) == LOOKUP_FOUND && strcmp(symbol, "second") == 0;
    return found ? argument : NULL;
}

static void test_nobody(void **state)
{
    char symbol[32] = "?";
    (void)state;
    assert_int_equal(asked(first, symbol), LOOKUP_NONE);
    assert_string_equal(symbol, "");
}

static void test_answers(void **state)
{
    pthread_t reader, asking[ASKING];
    char symbol[32];
    void *result;
    (void)state;

    lookup_open(ring);
    pthread_create(&reader, NULL, serve_times, (void *)3);
    assert_int_equal(asked(first, symbol), LOOKUP_FOUND);
    assert_string_equal(symbol, "first");
    assert_int_equal(asked(first, symbol), LOOKUP_FOUND); /* what was read last is not read again */
    lookup_forget();
    assert_int_equal(asked(first, symbol), LOOKUP_FOUND);
    assert_int_equal(lookup_name("/no such file", 1, symbol, sizeof symbol), LOOKUP_NONE);
    assert_string_equal(symbol, "");
    pthread_join(reader, NULL);

    pthread_create(&reader, NULL, serve_times, (void *)ASKING);
    for (unsigned i = 0; i < ASKING; i++)
        pthread_create(&asking[i], NULL, i % 2 == 0 ? first : second, &bell);
    for (unsigned i = 0; i < ASKING; i++) {
        pthread_join(asking[i], &result);
        assert_ptr_equal(result, &bell);
    }
    for (unsigned i = 0; i < ASKING; i++)
        sem_post(&bell); /* there may have been less to read */
    pthread_join(reader, NULL);
    while (sem_trywait(&bell) == 0)
        ;
}

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

static void *interrupt_and_serve(void *asking)
{
    sem_wait(&bell);
    pthread_kill(*(pthread_t *)asking, SIGUSR1);
    usleep(20000);
    bool early = interrupted;
    lookup_serve();
    return early ? NULL : asking;
}

static void test_signals_wait(void **state)
{
    pthread_t reader, self = pthread_self();
    char symbol[32];
    void *result;
    (void)state;

    signal(SIGUSR1, interrupt);
    lookup_forget(); /* whichever was read last, it is read again */
    pthread_create(&reader, NULL, interrupt_and_serve, &self);
    assert_int_equal(asked(second, symbol), LOOKUP_FOUND);
    assert_true(interrupted);
    pthread_join(reader, &result);
    assert_ptr_equal(result, &self);
}

/* In time that is counted by turns, once; from then on nobody waits, until the reader has come by. */
static void test_late(void **state)
{
    char symbol[32];
    (void)state;

    lookup_forget();
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(asked(first, symbol), LOOKUP_LATE);
    assert_string_equal(symbol, "");
    while (sem_trywait(&bell) == 0)
        ;
    lookup_serve();
    pthread_t reader;
    pthread_create(&reader, NULL, serve_times, (void *)1);
    assert_int_equal(asked(first, symbol), LOOKUP_FOUND);
    pthread_join(reader, NULL);
}

static void *close_soon(void *unused)
{
    sem_wait(&bell);
    lookup_close();
    return unused;
}

static void test_reader_leaves(void **state)
{
    pthread_t reader;
    char symbol[32];
    (void)state;

    lookup_forget();
    pthread_create(&reader, NULL, close_soon, NULL);
    assert_int_equal(asked(second, symbol), LOOKUP_NONE);
    pthread_join(reader, NULL);
    assert_int_equal(asked(first, symbol), LOOKUP_NONE);
    lookup_open(ring);
}

static int in_child(void)
{
    char symbol[32];
    pthread_t reader;
    if (asked(first, symbol) != LOOKUP_LATE)
        return 1; /* its fork handler comes yet */
    lookup_fork_child();
    if (asked(first, symbol) != LOOKUP_NONE)
        return 2;
    lookup_open(ring);
    pthread_create(&reader, NULL, serve_times, (void *)1);
    bool found = asked(first, symbol) == LOOKUP_FOUND;
    pthread_join(reader, NULL);
    return found ? 0 : 3;
}

static void test_fork(void **state)
{
    int status;
    pid_t child = fork();
    (void)state;
    if (child == 0)
        _exit(in_child());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* A class that was called by an address gets its name. */
static void test_settling(void **state)
{
    char by_address[AT_CLASS_NAME_BYTES];
    const struct classes_wish wish = {.name = by_address, .arena = CLASSES_NO_ARENA};
    const void *start;
    void *(*function)(void *) = second;
    (void)state;

    memcpy(&start, &function, sizeof start);
    classes_start(false, 1);
    naming_from_start(by_address, "", "test_lookup", value_of(second));
    unsigned id = classes_enter(&wish, NULL);
    late_settle();
    assert_string_equal(classes_row(id)->name, by_address);
    for (unsigned i = 0; i < 20; i++)
        late_note(start, by_address);
    late_settle();
    assert_string_equal(classes_row(id)->name, "second()");
    late_note(&bell, by_address); /* no function; nothing to settle */
    late_settle();
    assert_string_equal(classes_row(id)->name, "second()");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody),        cmocka_unit_test(test_answers), cmocka_unit_test(test_signals_wait),
        cmocka_unit_test(test_late),          cmocka_unit_test(test_fork),    cmocka_unit_test(test_settling),
        cmocka_unit_test(test_reader_leaves),
    };
    sem_init(&bell, 0, 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
