/* test_settings_file.c: a settings file that cannot be read, and one that is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "settings_file.h"

static char folder[] = "/tmp/test_settings.XXXXXX";

/* Nothing of `path` is taken; returns what settings_load does. */
static int load_untouched(const char *path, struct failure *failure)
{
    struct settings settings, untouched;

    settings_default(&settings);
    settings_default(&untouched);
    *failure = (struct failure){0};
    int result = settings_load(&settings, path, failure);
    assert_true(settings_same(&settings, &untouched));
    return result;
}

static void test_not_there(void **state)
{
    char path[64];
    struct failure failure;
    (void)state;

    snprintf(path, sizeof(path), "%s/settings", folder);
    assert_int_equal(load_untouched(path, &failure), 0);
    assert_int_equal(load_untouched("/dev/null/settings", &failure), 0);
}

static void test_unreadable(void **state)
{
    struct failure failure;
    (void)state;

    /* The memory at address 0 can be opened and not be read; a folder likewise. */
    assert_int_not_equal(load_untouched("/proc/self/mem", &failure), 0);
    assert_non_null(strstr(failure.text, "/proc/self/mem: Input/output error"));
    assert_int_not_equal(load_untouched(folder, &failure), 0);
    assert_non_null(strstr(failure.text, folder));
}

static void test_too_long(void **state)
{
    char path[64];
    struct failure failure;
    (void)state;

    snprintf(path, sizeof(path), "%s/long", folder);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    for (int i = 0; i < 65; i++)
        fputs("unit=bytes\n", file);
    assert_int_equal(fclose(file), 0);
    assert_int_not_equal(load_untouched(path, &failure), 0);
    assert_non_null(strstr(failure.text, "damaged in line 65:"));
    file = fopen(path, "we");
    assert_non_null(file);
    fprintf(file, "#%05000d\nunit=bytes\n", 0);
    assert_int_equal(fclose(file), 0);
    assert_int_not_equal(load_untouched(path, &failure), 0);
    assert_non_null(strstr(failure.text, "damaged in line 1:"));
    unlink(path);
}

static void test_path(void **state)
{
    char path[PATH_MAX], deep[PATH_MAX + 8];
    (void)state;

    memset(deep, 'd', sizeof(deep) - 1);
    deep[0] = '/';
    deep[sizeof(deep) - 1] = '\0';
    setenv("XDG_CONFIG_HOME", "/config", 1);
    setenv("HOME", "/home/one", 1);
    assert_int_equal(settings_path(path), 0);
    assert_string_equal(path, "/config/arenatop/settings");
    setenv("XDG_CONFIG_HOME", "relative", 1); /* to be ignored, says the XDG specification */
    assert_int_equal(settings_path(path), 0);
    assert_string_equal(path, "/home/one/.config/arenatop/settings");
    setenv("XDG_CONFIG_HOME", deep, 1);
    assert_int_equal(settings_path(path), -1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("HOME");
    assert_int_equal(settings_path(path), -1);
}

static void test_anothers_home(void **state)
{
    char home[PATH_MAX], path[PATH_MAX + 32];
    struct settings settings;
    struct failure failure;

    (void)state;
    if (geteuid() != 0)
        skip();
    settings_default(&settings);
    snprintf(home, sizeof(home), "%s/home", folder);
    snprintf(path, sizeof(path), "%s/.config/arenatop/settings", home);
    assert_int_equal(mkdir(home, 0755), 0);
    assert_int_equal(chown(home, 65534, 65534), 0);
    assert_int_equal(settings_save(&settings, path, &failure), -1);
    assert_non_null(strstr(failure.text, "settings: another user's"));
    assert_int_equal(failure.code, EXIT_DENIED);
    assert_int_equal(rmdir(home), 0); /* it is empty */
    /* Nor does anybody wait for what another has put there to be waited for. */
    snprintf(path, sizeof(path), "%s/fifo", folder);
    assert_int_equal(mkfifo(path, 0666), 0);
    alarm(60);
    assert_int_equal(settings_load(&settings, path, &failure), -1);
    alarm(0);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_there), cmocka_unit_test(test_unreadable),    cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_path),      cmocka_unit_test(test_anothers_home),
    };
    if (mkdtemp(folder) == NULL)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return failed;
}
