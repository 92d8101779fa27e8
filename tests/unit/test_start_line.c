/* test_start_line.c: the line that doctor gives starts the program again, whatever name it runs under. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "start_line.h"

extern char **environ;

static char sleep_path[4096]; /* the file itself: no links */
static char line[4096];

/* Runs sleep(1) with these words for its command line, and returns the remark; `line` is the line. */
static const char *line_of(const char *program, const char *const words[], size_t size)
{
    pid_t pid;

    assert_int_equal(posix_spawn(&pid, program, NULL, NULL, (char **)(uintptr_t)words, environ), 0);
    /* The parent goes on a moment before the child has its words. */
    const char *remark = "";
    for (int tries = 0; tries < 6000; tries++) {
        remark = start_line(line, size, pid);
        if (strncmp(line, "COMMAND", size - 1) != 0)
            break;
        usleep(10000);
    }
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return remark;
}

static void words_are_quoted(void **state)
{
    (void)state;
    assert_string_equal(line_of("/bin/sleep", (const char *[]){"sleep", " 600", "0", NULL}, sizeof(line)), "");
    assert_string_equal(line, "sleep ' 600' 0");
    assert_string_equal(line_of("/bin/sleep", (const char *[]){"/bin/sleep", "600", NULL}, sizeof(line)), "");
    assert_string_equal(line, "/bin/sleep 600");
}

static void a_name_that_leads_nowhere_becomes_the_path(void **state)
{
    (void)state;
    char wanted[sizeof(sleep_path) + 8];

    snprintf(wanted, sizeof(wanted), "%s 600", sleep_path);
    assert_string_equal(line_of("/bin/sleep", (const char *[]){"-sleeper", "600", NULL}, sizeof(line)), "");
    assert_string_equal(line, wanted);
    /* A relative name of the process's own folder; a name that is another program's. */
    assert_string_equal(line_of("/bin/sleep", (const char *[]){"./not/here", "600", NULL}, sizeof(line)), "");
    assert_string_equal(line, wanted);
    assert_string_equal(line_of("/bin/sleep", (const char *[]){"cat", "600", NULL}, sizeof(line)), "");
    assert_string_equal(line, wanted);
}

static void a_title_is_no_command(void **state)
{
    (void)state;
    static const char *const titles[][6] = {{"redis-server *:6379", "600", NULL},
                                            {"nginx: master process /usr/sbin/nginx -g daemon", "600", NULL},
                                            {"/usr/bin/postgres: writer 600", "600", NULL}};
    char wanted[sizeof(sleep_path) + 32];

    snprintf(wanted, sizeof(wanted), "%s ARGUMENT...", sleep_path);
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
        assert_non_null(strstr(line_of("/bin/sleep", titles[i], sizeof(line)), "written over its command line"));
        assert_string_equal(line, wanted);
    }
}

/* One file that is several programs by its name, as busybox and Debian's redis are. */
static void the_name_that_it_is_called_by_counts(void **state)
{
    (void)state;
    char folder[] = "/tmp/arenatop-test.XXXXXX", path[64], paths[128];

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/applet", folder);
    assert_int_equal(symlink("/bin/sleep", path), 0);
    snprintf(paths, sizeof(paths), "/nowhere:%s:/bin", folder);
    char *before = strdup(getenv("PATH"));
    setenv("PATH", paths, 1);
    line_of(path, (const char *[]){"applet *:6379", "600", NULL}, sizeof(line));
    assert_string_equal(line, "applet ARGUMENT...");
    line_of(path, (const char *[]){"applet", "600", NULL}, sizeof(line));
    assert_string_equal(line, "applet 600");
    setenv("PATH", before, 1);
    free(before);
    unlink(path);
    rmdir(folder);
}

/* A program whose name has a blank in it is no title. */
static void a_program_with_a_blank_is_one(void **state)
{
    (void)state;
    char folder[] = "/tmp/arenatop-test.XXXXXX", path[64];

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/a program", folder);
    assert_int_equal(symlink("/bin/sleep", path), 0);
    assert_string_equal(line_of(path, (const char *[]){path, "600", NULL}, sizeof(line)), "");
    unlink(path);
    rmdir(folder);
    assert_int_equal(line[0], '\'');
    assert_non_null(strstr(line, "/a program' 600"));
}

static void what_is_cut_is_said(void **state)
{
    (void)state;
    assert_non_null(
        strstr(line_of("/bin/sleep", (const char *[]){"sleep", "600", NULL}, 9), "longer than what is shown"));
    assert_string_equal(line, "sleep ");
    assert_non_null(
        strstr(line_of("/bin/sleep", (const char *[]){"sleep", "600", NULL}, 4), "longer than what is shown"));
    assert_string_equal(line_of("/bin/sleep", (const char *[]){"sleep", "600", NULL}, 10), "");
    assert_string_equal(line, "sleep 600");
}

static void nobody_is_some_command(void **state)
{
    (void)state;
    assert_string_equal(start_line(line, sizeof(line), INT32_MAX), "");
    assert_string_equal(line, "COMMAND");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_quoted),
        cmocka_unit_test(a_name_that_leads_nowhere_becomes_the_path),
        cmocka_unit_test(a_title_is_no_command),
        cmocka_unit_test(the_name_that_it_is_called_by_counts),
        cmocka_unit_test(a_program_with_a_blank_is_one),
        cmocka_unit_test(what_is_cut_is_said),
        cmocka_unit_test(nobody_is_some_command),
    };
    if (realpath("/bin/sleep", sleep_path) == NULL)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
