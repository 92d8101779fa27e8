/* test_lines.c: files and strings, line by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lines.h"

struct seen {
    char text[16][LINES_BYTES];
    unsigned count;
    unsigned most; /* then says stop */
};

static bool see(void *context, char *line, unsigned number)
{
    struct seen *seen = context;

    assert_true(seen->count < 16);
    strcpy(seen->text[seen->count++], line);
    assert_int_equal(number, seen->count);
    memset(line, 'x', strlen(line)); /* it is the callee's to write to */
    return seen->most == 0 || seen->count < seen->most;
}

static char path[] = "/tmp/test_lines.XXXXXX";
static struct seen seen;

static void write_file(const void *bytes, size_t length)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

static int read_file(void)
{
    memset(&seen, 0, sizeof seen);
    return lines_of_file(path, see, &seen);
}

static void test_file(void **state)
{
    (void)state;
    write_file("one;two\nthree\n", 14);
    assert_int_equal(read_file(), 0);
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.text[0], "one;two");
    write_file("one\n\nno newline", 15);
    assert_int_equal(read_file(), 0);
    assert_int_equal(seen.count, 3);
    assert_string_equal(seen.text[2], "no newline");
    write_file("", 0);
    assert_int_equal(read_file(), 0);
    assert_int_equal(seen.count, 0);

    write_file("one\ntwo\nthree", 13);
    memset(&seen, 0, sizeof seen);
    seen.most = 1;
    assert_int_equal(lines_of_file(path, see, &seen), 0);
    assert_int_equal(seen.count, 1);
}

/* Lines that are longer than a line may be, and lines that straddle what is read at a time. */
static void test_long_lines(void **state)
{
    static char bytes[5 * LINES_BYTES];
    (void)state;

    memset(bytes, 'a', sizeof bytes);
    memcpy(bytes + sizeof bytes - 6, "\nnext\n", 6);
    write_file(bytes, sizeof bytes);
    assert_int_equal(read_file(), 0);
    assert_int_equal(seen.count, 2);
    assert_int_equal(strlen(seen.text[0]), LINES_BYTES - 1);
    assert_string_equal(seen.text[1], "next");

    memset(bytes, 'a', sizeof bytes);
    bytes[LINES_BYTES - 2] = '\n';
    memcpy(bytes + LINES_BYTES + 1, "\nrest", 5);
    write_file(bytes, LINES_BYTES + 6);
    assert_int_equal(read_file(), 0);
    assert_int_equal(seen.count, 3);
    assert_int_equal(strlen(seen.text[0]), LINES_BYTES - 2);
    assert_string_equal(seen.text[1], "aa");
    assert_string_equal(seen.text[2], "rest");
}

static void test_nul_bytes(void **state)
{
    (void)state;
    write_file("a\0b\nc\n", 6);
    assert_int_equal(read_file(), 0);
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.text[0], "a");
    assert_string_equal(seen.text[1], "c");
}

/* What is no file that can be read is said, blocks nobody, and leaves errno alone. */
static void test_no_file(void **state)
{
    char fifo[] = "/tmp/test_lines.fifo.XXXXXX", text[16] = "full";
    (void)state;

    errno = 77;
    assert_int_equal(lines_of_file("/no such folder/file", see, &seen), -ENOENT);
    assert_int_equal(lines_of_file("/tmp", see, &seen), -EISDIR);
    close(mkstemp(fifo));
    unlink(fifo);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    errno = 77;
    memset(&seen, 0, sizeof seen);
    assert_int_equal(lines_of_file(fifo, see, &seen), 0);
    assert_int_equal(seen.count, 0);
    assert_int_equal(lines_read_whole("/no such file", text, sizeof text), -ENOENT);
    assert_string_equal(text, "");
    assert_int_equal(errno, 77);
    unlink(fifo);
}

static void test_whole(void **state)
{
    char text[6];
    (void)state;

    write_file("12345678", 8);
    assert_int_equal(lines_read_whole(path, text, sizeof text), 5);
    assert_string_equal(text, "12345");
    write_file("1\n", 2);
    assert_int_equal(lines_read_whole(path, text, sizeof text), 2);
    assert_string_equal(text, "1\n");
}

/* No descriptor stays open, on any way out. */
static void test_descriptors(void **state)
{
    char text[4];
    int first = dup(0);
    (void)state;

    close(first);
    write_file("a\nb\n", 4);
    memset(&seen, 0, sizeof seen);
    seen.most = 1;
    lines_of_file(path, see, &seen);
    lines_of_file("/tmp", see, &seen);
    lines_read_whole("/tmp", text, sizeof text);
    lines_read_whole(path, text, sizeof text);
    int second = dup(0);
    close(second);
    assert_int_equal(first, second);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static int make_file(void **state)
{
    int fd = mkstemp(path);
    (void)state;
    return fd < 0 ? -1 : close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file),    cmocka_unit_test(test_long_lines), cmocka_unit_test(test_nul_bytes),
        cmocka_unit_test(test_no_file), cmocka_unit_test(test_whole),      cmocka_unit_test(test_descriptors),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
