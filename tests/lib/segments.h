/* segments.h: what the tests of segments have in common: names, children that have one, files that look like one. */
#ifndef TESTS_SEGMENTS_H
#define TESTS_SEGMENTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "segment.h"

#define RING      AT_RING_BYTES_MIN
#define SHM       "/dev/shm"
#define NOBODY    65534u
#define PATH_ROOM 256

static const struct segment_options options = {
    .ring_bytes = RING, .group = (gid_t)-1, .agent_version = "1.2.3", .jemalloc_version = "5.3.0-0"};

static inline void path_in(char path[PATH_ROOM], const char *directory, const char *name)
{
    assert_true(snprintf(path, PATH_ROOM, "%s%s%s", directory, name[0] == '/' ? "" : "/", name) < PATH_ROOM);
}

static inline void own_path(char path[PATH_ROOM])
{
    struct segment_identity identity;
    char name[SEGMENT_NAME_BYTES];

    segment_identify(&identity);
    segment_name(&identity, name);
    path_in(path, SHM, name);
}

static inline bool exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

/* Runs `body` in a child and returns its exit status; a signal counts as 256 and more. For what must not happen in the
 * test's own process. */
static inline int in_child(int (*body)(void))
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0)
        _exit(body());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

enum { CHILD_SKIPS = 77 };

static inline void expect_in_child(int (*body)(void), int expected)
{
    int status = in_child(body);

    if (status == CHILD_SKIPS)
        skip();
    assert_int_equal(status, expected);
}

/* ---- children with a segment ---- */

/* A child that makes a segment, tells its path, and lives until it is killed or told to go on to `afterwards`. */
struct child {
    pid_t pid;
    int from;
    int to;
    char path[PATH_ROOM];
};

static inline void tell_path(int fd)
{
    char path[PATH_ROOM] = {0};

    own_path(path);
    if (write(fd, path, sizeof(path)) != sizeof(path))
        _exit(1);
}

static inline struct child start_child(void (*prepare)(void), void (*afterwards)(int up))
{
    struct child child;
    int up[2], down[2];
    char byte;

    assert_int_equal(pipe(up), 0);
    assert_int_equal(pipe(down), 0);
    child.pid = fork();
    assert_true(child.pid >= 0);
    if (child.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves no process behind */
        close(down[1]);
        close(up[0]);
        prepare();
        tell_path(up[1]);
        if (read(down[0], &byte, 1) == 1 && afterwards != NULL)
            afterwards(up[1]);
        _exit(0);
    }
    close(up[1]);
    close(down[0]);
    child.from = up[0];
    child.to = down[1];
    assert_int_equal(read(child.from, child.path, sizeof(child.path)), sizeof(child.path));
    return child;
}

static inline void end_child(struct child *child, int signal)
{
    if (signal != 0)
        assert_int_equal(kill(child->pid, signal), 0);
    close(child->to);
    close(child->from);
    assert_int_equal(waitpid(child->pid, NULL, 0), child->pid);
}

static struct segment child_segment;

static inline void live_segment(void)
{
    if (segment_create(&child_segment, &options) != 0 || segment_own(&child_segment) != 0)
        _exit(1);
    segment_set_state(&child_segment, AT_STATE_LIVE);
    segment_beat(&child_segment, 99);
}

/* ---- files ---- */

static char directory[PATH_ROOM];

static inline int make_directory(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/test_segment.XXXXXX");
    return mkdtemp(directory) == NULL;
}

static inline int remove_directory(void **state)
{
    char command[PATH_ROOM + 16];
    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", directory);
    return system(command);
}

static inline struct at_header good_header(void)
{
    struct segment_identity identity;
    struct at_header header = {.magic = {'A', 'R', 'E', 'N', 'A', 'T', 'O', 'P'},
                               .version_major = AT_VERSION_MAJOR,
                               .version_minor = 1000,
                               .header_bytes = AT_HEADER_BYTES,
                               .state = AT_STATE_LIVE,
                               .ring_bytes = RING,
                               .comm = "synthetic"};

    segment_identify(&identity);
    header.pid = identity.pid;
    header.start_ticks = identity.start_ticks;
    header.pidns = identity.pidns;
    memcpy(header.boot_id, identity.boot_id, 16);
    return header;
}

static inline void write_file(const char *path, const struct at_header *header, off_t bytes)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, header, sizeof(*header)), sizeof(*header));
    assert_int_equal(ftruncate(fd, bytes), 0);
    close(fd);
}

#define TEST(name)              cmocka_unit_test(name)
#define TEST_IN_DIRECTORY(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

#endif
