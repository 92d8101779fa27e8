/* test_output.c: a file is there whole or not at all, whatever happens on the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "output.h"

struct fixture {
    char folder[64];
    char path[128]; /* "file" in the folder */
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    strcpy(f->folder, "/tmp/test_output.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof(f->path), "%s/file", f->folder);
    *state = f;
    return 0;
}

/* How many entries the folder has; with `empty` removes them. */
static int entries(const struct fixture *f, bool empty)
{
    DIR *directory = opendir(f->folder);
    struct dirent *entry;
    int count = 0;

    while ((entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        if (empty)
            unlinkat(dirfd(directory), entry->d_name, 0);
    }
    closedir(directory);
    return count;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    entries(f, true);
    rmdir(f->folder);
    free(f);
    return 0;
}

static void holds(const char *path, const char *text)
{
    char got[256];
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    got[fread(got, 1, sizeof(got) - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(got, text);
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void write_output(const char *path, const char *text)
{
    struct output output;
    struct failure failure;

    assert_int_equal(output_open(&output, path, &failure), 0);
    fputs(text, output.stream);
    assert_int_equal(output_commit(&output, &failure), 0);
}

static void nothing_is_there_before_the_end(void **state)
{
    struct fixture *f = *state;
    struct output output;
    struct failure failure;

    assert_int_equal(output_open(&output, f->path, &failure), 0);
    fputs("whole", output.stream);
    fflush(output.stream);
    assert_int_not_equal(access(f->path, F_OK), 0);
    assert_int_equal(entries(f, false), 1); /* the temporary file is in the same folder */
    assert_int_equal(output_commit(&output, &failure), 0);
    holds(f->path, "whole");
    assert_int_equal(entries(f, false), 1);
}

static void what_is_given_up_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct output output;
    struct failure failure;

    put(f->path, "before");
    assert_int_equal(output_open(&output, f->path, &failure), 0);
    fputs("half", output.stream);
    output_discard(&output);
    holds(f->path, "before");
    assert_int_equal(entries(f, false), 1);
}

static void mode_and_links_are_kept(void **state)
{
    struct fixture *f = *state;
    char link[160];
    struct stat status;
    mode_t mask = umask(027);

    write_output(f->path, "new");
    assert_int_equal(stat(f->path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    umask(mask);
    assert_int_equal(chmod(f->path, 0604), 0);
    snprintf(link, sizeof(link), "%s/link", f->folder);
    assert_int_equal(symlink("file", link), 0);
    write_output(link, "newer");
    holds(f->path, "newer");
    assert_int_equal(stat(f->path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0604);
    assert_int_equal(lstat(link, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
}

static void a_link_to_nothing_is_followed(void **state)
{
    struct fixture *f = *state;
    char link[160], other[160];
    struct stat status;
    struct output output;
    struct failure failure;

    snprintf(link, sizeof(link), "%s/link", f->folder);
    snprintf(other, sizeof(other), "%s/other", f->folder);
    assert_int_equal(symlink("other", link), 0);
    assert_int_equal(symlink(f->path, other), 0);
    write_output(link, "new");
    holds(f->path, "new");
    assert_int_equal(lstat(link, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(lstat(other, &status), 0);
    assert_true(S_ISLNK(status.st_mode));

    unlink(other);
    assert_int_equal(symlink("nowhere/file", other), 0);
    assert_int_equal(output_open(&output, link, &failure), -1);
    assert_non_null(strstr(failure.text, "link: No such file or directory"));
}

/* ---- others in the same folder ---- */

static const struct fixture *swapped;

/* Somebody else is quicker: right after a look at the file a link to "other" is in its place. */
static void swap_once(void)
{
    const struct fixture *f = swapped;

    swapped = NULL;
    if (f != NULL && (unlink(f->path) != 0 || symlink("other", f->path) != 0))
        _exit(1);
}

/* In place of libc's, for what is tested as well. */
int stat(const char *path, struct stat *status)
{
    int result = (int)syscall(SYS_newfstatat, AT_FDCWD, path, status, 0);

    swap_once();
    return result;
}

int fstat(int fd, struct stat *status)
{
    int result = (int)syscall(SYS_newfstatat, fd, "", status, AT_EMPTY_PATH);

    swap_once();
    return result;
}

static void what_is_judged_is_what_is_replaced(void **state)
{
    struct fixture *f = *state;
    char other[160];
    struct stat status;

    snprintf(other, sizeof(other), "%s/other", f->folder);
    put(f->path, "for all");
    put(other, "a secret");
    assert_int_equal(chmod(f->path, 0666), 0);
    assert_int_equal(chmod(other, 0600), 0);
    swapped = f;
    write_output(f->path, "new");
    assert_null(swapped);
    assert_int_equal(lstat(other, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    holds(other, "new");
}

static void a_folder_that_is_moved_takes_its_file_with_it(void **state)
{
    struct fixture *f = *state;
    char here[160], path[192], moved[160], elsewhere[160];
    struct output output;
    struct failure failure;

    snprintf(here, sizeof(here), "%s/here", f->folder);
    snprintf(path, sizeof(path), "%s/file", here);
    snprintf(moved, sizeof(moved), "%s/moved", f->folder);
    snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", f->folder);
    assert_int_equal(mkdir(here, 0700), 0);
    assert_int_equal(mkdir(elsewhere, 0700), 0);
    assert_int_equal(output_open(&output, path, &failure), 0);
    fputs("whole", output.stream);
    assert_int_equal(rename(here, moved), 0);
    assert_int_equal(symlink("elsewhere", here), 0);
    assert_int_equal(output_commit(&output, &failure), 0);
    snprintf(path, sizeof(path), "%s/file", moved);
    holds(path, "whole");
    unlink(path);
    assert_int_equal(rmdir(moved), 0);
    assert_int_equal(rmdir(elsewhere), 0); /* it is empty */
}

static void is_not_permitted(const char *path)
{
    struct output output;
    struct failure failure;

    assert_int_equal(output_open(&output, path, &failure), -1);
    assert_non_null(strstr(failure.text, ": Permission denied"));
    assert_int_equal(failure.code, EXIT_DENIED);
}

static void what_lies_in_wait_is_left_alone(void **state)
{
    struct fixture *f = *state;
    const uid_t nobody = 65534;
    char link[160];
    struct stat status;

    if (geteuid() != 0)
        skip();
    /* A link to where nothing is yet, laid by another. */
    snprintf(link, sizeof(link), "%s/link", f->folder);
    assert_int_equal(symlink(f->path, link), 0);
    assert_int_equal(lchown(link, nobody, nobody), 0);
    is_not_permitted(link);
    assert_int_equal(entries(f, false), 1);
    /* A file of another, where everybody may put theirs; in a folder of one's own it stays theirs. */
    put(f->path, "before");
    assert_int_equal(chown(f->path, nobody, nobody), 0);
    assert_int_equal(chmod(f->folder, 01777), 0);
    is_not_permitted(f->path);
    holds(f->path, "before");
    assert_int_equal(chmod(f->folder, 0755), 0);
    write_output(f->path, "after");
    assert_int_equal(lstat(f->path, &status), 0);
    assert_int_equal(status.st_uid, nobody);
}

static void devices_are_written_to_as_they_are(void **state)
{
    (void)state;
    struct stat before, after;
    struct output output;
    struct failure failure;

    assert_int_equal(stat("/dev/null", &before), 0);
    write_output("/dev/null", "nothing");
    assert_int_equal(stat("/dev/null", &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_true(S_ISCHR(after.st_mode));

    assert_int_equal(output_open(&output, "/dev/full", &failure), 0);
    fputs("anything", output.stream);
    assert_int_equal(output_commit(&output, &failure), -1);
    assert_string_equal(failure.text, "/dev/full: No space left on device");
}

static void places_that_take_no_file_are_named(void **state)
{
    struct fixture *f = *state;
    struct output output;
    struct failure failure;
    char path[160];

    assert_int_equal(output_open(&output, f->folder, &failure), -1);
    assert_non_null(strstr(failure.text, "Is a directory"));
    snprintf(path, sizeof(path), "%s/none/file", f->folder);
    assert_int_equal(output_open(&output, path, &failure), -1);
    assert_non_null(strstr(failure.text, "No such file or directory"));
    assert_int_equal(failure.code, EXIT_FAILED);
    snprintf(path, sizeof(path), "%s/", f->path);
    put(f->path, "a file");
    assert_int_equal(output_open(&output, path, &failure), -1);
    assert_non_null(strstr(failure.text, "Not a directory"));
    holds(f->path, "a file");
}

/* The rest goes in children: limits and signals end them. Their exit status says how it went. */
static int status_of(void (*work)(const struct fixture *f), const struct fixture *f)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        work(f);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* A limit of the file's size is the disk that is full in the middle: it is not seen when the first bytes go. */
static void fill_the_disk(const struct fixture *f)
{
    struct rlimit limit = {65536, 65536};
    struct output output;
    struct failure failure;

    setrlimit(RLIMIT_FSIZE, &limit);
    if (output_open(&output, f->path, &failure) < 0)
        _exit(2);
    for (int i = 0; i < 100000; i++)
        fputs("some more text", output.stream);
    if (output_commit(&output, &failure) == 0)
        _exit(3);
    if (failure.code != EXIT_FAILED || strstr(failure.text, "/file: File too large") == NULL)
        _exit(4);
}

static void a_full_disk_leaves_what_was_there(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(status_of(fill_the_disk, f), 0);
    assert_int_equal(entries(f, false), 0);
    put(f->path, "before");
    assert_int_equal(status_of(fill_the_disk, f), 0);
    holds(f->path, "before");
    assert_int_equal(entries(f, false), 1);
}

static int fatal_signal;

static void be_killed(const struct fixture *f)
{
    struct output output;
    struct failure failure;

    signal(fatal_signal, SIG_DFL);
    if (output_open(&output, f->path, &failure) < 0)
        _exit(2);
    fputs("half", output.stream);
    fflush(output.stream);
    raise(fatal_signal);
}

static void a_signal_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        fatal_signal = signals[i];
        int status = status_of(be_killed, f);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), fatal_signal);
        assert_int_equal(entries(f, false), 0);
    }
}

static void write_into_a_closed_pipe(const struct fixture *f)
{
    struct output output;
    struct failure failure = {.text = "none"};
    int ends[2];

    (void)f;
    signal(SIGPIPE, SIG_IGN);
    if (pipe(ends) != 0 || dup2(ends[1], STDOUT_FILENO) < 0 || close(ends[0]) != 0 ||
        output_open(&output, NULL, &failure) < 0)
        _exit(2);
    fputs("for nobody", output.stream);
    if (output_commit(&output, &failure) == 0)
        _exit(3);
    if (failure.code != EXIT_FAILED || failure.text[0] != '\0')
        _exit(4);
}

static void a_closed_pipe_is_no_message(void **state)
{
    assert_int_equal(status_of(write_into_a_closed_pipe, *state), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_there_before_the_end),
        TEST(what_is_given_up_leaves_nothing),
        TEST(mode_and_links_are_kept),
        TEST(a_link_to_nothing_is_followed),
        TEST(what_is_judged_is_what_is_replaced),
        TEST(a_folder_that_is_moved_takes_its_file_with_it),
        TEST(what_lies_in_wait_is_left_alone),
        TEST(devices_are_written_to_as_they_are),
        TEST(places_that_take_no_file_are_named),
        TEST(a_full_disk_leaves_what_was_there),
        TEST(a_signal_leaves_nothing),
        TEST(a_closed_pipe_is_no_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
