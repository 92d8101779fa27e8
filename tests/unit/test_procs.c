/* test_procs.c: /proc as it is, and as somebody might wish it were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "procs.h"

static void status_gives_user_and_innermost_pid(void **state)
{
    (void)state;
    struct proc proc = {.pid = 4711};

    assert_int_equal(procs_parse_status(&proc, "Name:\tx\nUid:\t1000\t1001\t1002\t1003\nNSpid:\t4711\n"), 0);
    assert_int_equal(proc.uid, 1001);
    assert_int_equal(proc.inner_pid, 4711);
    assert_false(proc.nested);
    assert_int_equal(procs_parse_status(&proc, "Name:\tx\nUid:\t0\t0\t0\t0\nNSpid:\t4711\t93\t1\nNSpgid:\t5\n"), 0);
    assert_int_equal(proc.inner_pid, 1);
    assert_true(proc.nested);
    /* A kernel without namespaces. */
    assert_int_equal(procs_parse_status(&proc, "Name:\tx\nUid:\t0\t7\t0\t0\n"), 0);
    assert_int_equal(proc.leader, proc.pid);
    assert_int_equal(procs_parse_status(&proc, "Name:\tx\nTgid:\t93\nUid:\t0\t7\t0\t0\n"), 0);
    assert_int_equal(proc.leader, 93);
    assert_int_equal(proc.inner_pid, 4711);
    assert_false(proc.nested);
}

static void status_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "Uid:\t0\t0\n",
                                        "Name:\tx\nUid:\n",
                                        "Name:\tx\nUid:\t0\tx\n",
                                        "Name:\tx\nUid:\t0\t0\nNSpid:\tx\n",
                                        "Name:\tx\nUid:\t0\t0\nNSpid:\t0\n",
                                        "Name:\tx\nUid:\t0\t0\nNSpid:\t1\t99999999999999999999\n"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct proc proc = {.pid = 1};
        if (procs_parse_status(&proc, texts[i]) != -EBADMSG)
            fail_msg("'%s' was believed", texts[i]);
    }
}

static void names_of_any_bytes_forge_nothing(void **state)
{
    (void)state;
    static const char *const names[] = {"a) Z 1 2 (b", "x\nUid:\t7\t7\n", "", "fifteen.bytes.x", "\n",
                                        "(((",         "\xff\x01"};
    struct proc before, after;

    assert_int_equal(procs_read(&before, getpid()), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(prctl(PR_SET_NAME, names[i]), 0);
        assert_int_equal(procs_read(&after, getpid()), 0);
        assert_string_equal(after.comm, names[i]);
        assert_int_equal(after.uid, geteuid());
        assert_int_equal(after.stat.start_ticks, before.stat.start_ticks);
        assert_false(procs_is_zombie(&after));
    }
    prctl(PR_SET_NAME, "test_procs");
}

static void the_dead_are_told_from_the_gone(void **state)
{
    (void)state;
    struct proc proc;
    siginfo_t ended;
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    assert_int_equal(waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT), 0);
    assert_int_equal(procs_read(&proc, child), 0);
    assert_true(procs_is_zombie(&proc));
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(procs_read(&proc, child), -ESRCH);
}

static int find(const struct proc *proc, void *context)
{
    return proc->pid == *(pid_t *)context ? 42 : 0;
}

static void every_process_is_walked(void **state)
{
    (void)state;
    pid_t own = getpid(), nobody = -1;

    assert_int_equal(procs_each(find, &own), 42);
    assert_int_equal(procs_each(find, &nobody), 0);
}

static void mappings_are_looked_through(void **state)
{
    (void)state;
    assert_int_equal(procs_maps(getpid(), "libc.so"), 1);
    assert_int_equal(procs_maps(getpid(), "libarenatop.so"), 0);
    assert_int_equal(procs_maps(INT32_MAX, "libc.so"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_gives_user_and_innermost_pid),
        cmocka_unit_test(status_that_is_none_is_refused),
        cmocka_unit_test(names_of_any_bytes_forge_nothing),
        cmocka_unit_test(the_dead_are_told_from_the_gone),
        cmocka_unit_test(every_process_is_walked),
        cmocka_unit_test(mappings_are_looked_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
