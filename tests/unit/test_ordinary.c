/* test_ordinary.c: what is not an ordinary file is not even opened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ordinary.h"
#include "segment.h"

static char folder[] = "/tmp/test_ordinary.XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static int setup(void **state)
{
    (void)state;
    FILE *file = mkdtemp(folder) != NULL ? fopen(in_folder("file"), "w") : NULL;
    return file != NULL && fputs("text", file) >= 0 && fclose(file) == 0 && symlink("file", in_folder("link")) == 0 &&
                   mkfifo(in_folder("fifo"), 0600) == 0
               ? 0
               : -1;
}

static int teardown(void **state)
{
    (void)state;
    unlink(in_folder("file"));
    unlink(in_folder("link"));
    unlink(in_folder("fifo"));
    return rmdir(folder);
}

static void a_file_is_read(void **state)
{
    (void)state;
    char text[8] = "";
    int fd = ordinary_open(in_folder("file"), O_NOFOLLOW);

    assert_int_equal(read(fd, text, sizeof(text)), 4);
    assert_string_equal(text, "text");
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    close(fd);
    fd = ordinary_open(in_folder("link"), 0);
    assert_true(fd >= 0);
    close(fd);
}

static void nothing_else_is(void **state)
{
    (void)state;
    const char *const others[] = {in_folder("fifo"), "/dev/null", "/proc/self", "/"};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(ordinary_open(others[i], 0), -1);
        assert_int_equal(errno, ENXIO);
    }
    assert_int_equal(ordinary_open(in_folder("link"), O_NOFOLLOW), -1);
    assert_int_equal(errno, ENXIO);
    assert_int_equal(ordinary_open(in_folder("none"), 0), -1);
    assert_int_equal(errno, ENOENT);
    if (geteuid() == 0)
        return;
    assert_int_equal(chmod(in_folder("file"), 0), 0);
    assert_int_equal(ordinary_open(in_folder("file"), 0), -1);
    assert_int_equal(errno, EACCES);
    assert_int_equal(chmod(in_folder("file"), 0600), 0);
}

/* A segment's name can be anybody's file. */
static void nor_is_it_touched(void **state)
{
    (void)state;
    struct segment_view view;
    char event[sizeof(struct inotify_event) + NAME_MAX + 1];
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    const char *fifo = in_folder("fifo");

    assert_true(inotify_add_watch(watch, fifo, IN_OPEN) >= 0);
    assert_int_equal(segment_open(&view, fifo), SEGMENT_NOT_OURS);
    assert_int_equal(read(watch, event, sizeof(event)), -1);
    assert_int_equal(errno, EAGAIN);
    close(open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC)); /* that would have been seen */
    assert_true(read(watch, event, sizeof(event)) > 0);
    close(watch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read),
        cmocka_unit_test(nothing_else_is),
        cmocka_unit_test(nor_is_it_touched),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
