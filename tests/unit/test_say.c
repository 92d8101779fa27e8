/* test_say.c: what is said reaches stderr, holds nobody up, and kills nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "say.h"

static int reader, writer, own_stderr;

static void take_stderr(void)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    reader = ends[0];
    writer = ends[1];
    own_stderr = dup(STDERR_FILENO);
    dup2(writer, STDERR_FILENO);
    say_start();
}

static void give_back_stderr(void)
{
    dup2(own_stderr, STDERR_FILENO);
    close(own_stderr);
    close(reader);
    close(writer);
}

static void assert_said(const char *expected)
{
    char text[1024];
    ssize_t got = read(reader, text, sizeof text - 1);
    text[got > 0 ? got : 0] = '\0';
    assert_string_equal(text, expected);
}

/* A thread may call itself anything. */
static void test_nothing_steers(void **state)
{
    (void)state;

    take_stderr();
    say("class %s", "\x1b[2J\x1b]0;title\x07\n\r\tx\x7f \xc2\x9b"
                    "31m \xc3\xa4 \xe2\x82\xac");
    assert_said("arenatop: class ?[2J?]0;title????x? ??31m \xc3\xa4 \xe2\x82\xac\n");
    give_back_stderr();
}

static void test_lines(void **state)
{
    char text[1000], line[1024];
    (void)state;

    take_stderr();
    errno = 77;
    say("one of %d", 2);
    assert_int_equal(errno, 77);
    assert_said("arenatop: one of 2\n");
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    say("%s", text);
    snprintf(line, sizeof line, "arenatop: %.*s\n", 511 - 11, text);
    assert_said(line);
    say_quiet(true);
    say("nothing");
    say_quiet(false);
    assert_said("");
    give_back_stderr();
}

static void test_warnings(void **state)
{
    char text[AT_WARNING_BYTES], line[64];
    (void)state;

    take_stderr();
    assert_int_equal(say_warning_count(), 0);
    say_warning("first");
    say_warning("first");
    assert_said("arenatop: first\n"); /* once */
    say_quiet(true);
    say_warning("second");
    say_quiet(false);
    assert_said("");
    assert_int_equal(say_warning_count(), 2);
    say_warning_copy(1, text);
    assert_string_equal(text, "second");
    for (unsigned i = 0; i < SAY_WARNINGS_MAX; i++) {
        say_warning("number %u", i);
        snprintf(line, sizeof line, "arenatop: number %u\n", i);
        assert_said(line);
    }
    assert_int_equal(say_warning_count(), SAY_WARNINGS_MAX);
    give_back_stderr();
}

/* Nobody reads any more: no SIGPIPE, and one that the program is to have is left to it. */
static void test_nobody_reads(void **state)
{
    sigset_t pipe_signal, pending;
    (void)state;

    take_stderr();
    close(reader);
    say("to nobody");
    reader = dup(STDOUT_FILENO);
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, NULL);
    say("to nobody");
    sigpending(&pending);
    assert_false(sigismember(&pending, SIGPIPE));
    raise(SIGPIPE);
    say("to nobody");
    sigpending(&pending);
    assert_true(sigismember(&pending, SIGPIPE));
    const struct timespec at_once = {0, 0};
    sigtimedwait(&pipe_signal, NULL, &at_once);
    pthread_sigmask(SIG_UNBLOCK, &pipe_signal, NULL);
    give_back_stderr();
}

static void test_full_pipe(void **state)
{
    char block[4096] = {0};
    (void)state;

    take_stderr();
    while (write(writer, block, sizeof block) > 0)
        ;
    fcntl(writer, F_SETFL, 0); /* whoever writes now waits */
    say("too much");           /* the test would hang */
    give_back_stderr();
}

static const char not_unshared[] = "unshare", left_open[] = "a descriptor stays open";

static void *say_from_own_table(void *argument)
{
    (void)argument;
    if (unshare(CLONE_FILES) != 0)
        return (void *)(uintptr_t)not_unshared;
    close(STDERR_FILENO);
    say_through_leader();
    say("from afar");
    say("again");
    return dup(STDOUT_FILENO) == STDERR_FILENO ? NULL : (void *)(uintptr_t)left_open;
}

/* A thread without stderr of its own says it through the main thread's, as that is now. */
static void test_through_leader(void **state)
{
    pthread_t thread;
    void *wrong;
    (void)state;

    take_stderr();
    assert_int_equal(pthread_create(&thread, NULL, say_from_own_table, NULL), 0);
    pthread_join(thread, &wrong);
    assert_null(wrong);
    assert_said("arenatop: from afar\narenatop: again\n");
    give_back_stderr();
}

static off_t said_into(int flags)
{
    char path[] = "/tmp/test_say.XXXXXX";
    close(mkstemp(path));
    int fd = open(path, O_RDWR | flags);
    unlink(path);
    assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    say("some words");
    off_t end = lseek(fd, 0, SEEK_END);
    close(fd);
    return end;
}

/* Where the program has put something of its own in stderr's place, only a log gets them. */
static void test_in_its_place(void **state)
{
    int ends[2];
    (void)state;

    take_stderr();
    assert_int_equal(said_into(0), 0);
    assert_int_equal(said_into(O_APPEND), (off_t)strlen("arenatop: some words\n"));
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    dup2(ends[1], STDERR_FILENO);
    say("some words");
    dup2(writer, STDERR_FILENO);
    say("and now to stderr");
    assert_said("arenatop: and now to stderr\n");
    give_back_stderr();
    reader = ends[0];
    assert_said("");
    close(ends[0]);
    close(ends[1]);
}

static void test_no_stderr(void **state)
{
    (void)state;
    take_stderr();
    close(STDERR_FILENO);
    errno = 77;
    say("to nobody");
    assert_int_equal(errno, 77);
    give_back_stderr();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),     cmocka_unit_test(test_nothing_steers),
        cmocka_unit_test(test_warnings),  cmocka_unit_test(test_nobody_reads),
        cmocka_unit_test(test_full_pipe), cmocka_unit_test(test_through_leader),
        cmocka_unit_test(test_no_stderr), cmocka_unit_test(test_in_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
