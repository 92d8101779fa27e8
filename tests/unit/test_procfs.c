/* test_procfs.c: what /proc says, taken apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "procfs.h"

static void test_stat_of_odd_commands(void **state)
{
    static const char *const commands[] = {"sh", "a b", "x) R 1 2 (y", ")", "((", "new\nline", "1 2 3 4 5", ""};
    char text[512];
    struct procfs_stat stat;
    (void)state;

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        snprintf(text, sizeof(text), "42 (%s) S 4 5 6 7 -1 9 10 11 12 13 14 15 16 17 18 -19 20 0 123456 23 24\n",
                 commands[i]);
        assert_int_equal(procfs_parse_stat(text, &stat), 0);
        assert_int_equal(stat.state, 'S');
        assert_int_equal(stat.threads, 20);
        assert_int_equal(stat.start_ticks, 123456);
    }
}

static void test_stat_that_is_none(void **state)
{
    static const char *const texts[] = {"",
                                        "42",
                                        "42 (sh",
                                        "42 (sh)",
                                        "42 (sh) ",
                                        "42 (sh) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21",
                                        "42 (sh) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 x",
                                        "42 (sh) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 2x 21 22"};
    struct procfs_stat stat;
    (void)state;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_equal(procfs_parse_stat(texts[i], &stat), -EBADMSG);
}

static void test_own_process(void **state)
{
    struct procfs_stat by_self, by_pid;
    char comm[64];
    (void)state;

    assert_int_equal(procfs_stat(0, &by_self), 0);
    assert_int_equal(procfs_stat((uint32_t)getpid(), &by_pid), 0);
    assert_int_equal(by_self.start_ticks, by_pid.start_ticks);
    assert_true(by_self.start_ticks > 0);
    assert_int_equal(by_self.threads, 1);
    assert_int_equal(by_self.state, 'R');
    assert_true(procfs_is_ours());
    assert_int_equal(procfs_read_of(0, "comm", comm, sizeof(comm)), strlen("test_procfs\n"));
    assert_string_equal(comm, "test_procfs\n");
}

static void test_reading(void **state)
{
    char text[5] = "xxxx";
    (void)state;

    assert_int_equal(procfs_read("/proc/self/stat", text, sizeof(text)), 4);
    assert_int_equal(text[4], '\0');
    assert_int_equal(procfs_read("/proc/no such file", text, sizeof(text)), -ENOENT);
    assert_string_equal(text, "");
    assert_int_equal(procfs_read("/proc", text, sizeof(text)), -EISDIR);
    assert_int_equal(procfs_read("/dev/null", text, sizeof(text)), 0);
    assert_int_equal(procfs_read_of(0, "a/very/long/path/that/is/in/no/process/directory/of/any/kernel", text, 5),
                     -ENAMETOOLONG);
}

static void test_boot_and_namespace(void **state)
{
    uint8_t first[16], second[16];
    uint64_t own, by_pid;
    (void)state;

    assert_int_equal(procfs_boot_id(first), 0);
    assert_int_equal(procfs_boot_id(second), 0);
    assert_memory_equal(first, second, 16);
    assert_int_not_equal(first[6] >> 4, 0); /* the version of a random uuid: not all of it is zero */
    assert_int_equal(procfs_pidns(0, &own), 0);
    assert_int_equal(procfs_pidns((uint32_t)getpid(), &by_pid), 0);
    assert_int_equal(own, by_pid);
    assert_int_not_equal(own, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stat_of_odd_commands), cmocka_unit_test(test_stat_that_is_none),
        cmocka_unit_test(test_own_process),          cmocka_unit_test(test_reading),
        cmocka_unit_test(test_boot_and_namespace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
