/* test_segment.c: a segment's name, and its making: on every machine, and where it cannot be made. */
#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "segments.h"

/* ---- names ---- */

static void test_identity(void **state)
{
    struct segment_identity identity;
    (void)state;

    errno = 4711;
    assert_int_equal(segment_identify(&identity), 0);
    assert_int_equal(errno, 4711);
    assert_int_equal(identity.pid, getpid());
    assert_int_equal(identity.uid, geteuid());
    assert_int_not_equal(identity.start_ticks, 0);
    assert_int_not_equal(identity.pidns, 0);
}

static void test_name(void **state)
{
    struct segment_identity identity = {.pid = 4711, .uid = 1, .start_ticks = 2, .pidns = 3, .boot_id = {4}};
    struct segment_identity others[4] = {identity, identity, identity, identity};
    char name[SEGMENT_NAME_BYTES], other[SEGMENT_NAME_BYTES];
    uint32_t pid = 0;
    (void)state;

    segment_name(&identity, name);
    assert_memory_equal(name, "/arenatop.4711.", 15);
    assert_int_equal(strlen(name), 15 + 16);
    assert_true(segment_parse_name(name + 1, &pid));
    assert_int_equal(pid, 4711);
    others[0].uid = 7;
    others[1].start_ticks = 7;
    others[2].pidns = 7;
    others[3].boot_id[15] = 7;
    for (size_t i = 0; i < 4; i++) {
        segment_name(&others[i], other);
        assert_string_not_equal(name, other);
    }
}

static void test_parse_name(void **state)
{
    static const char *const bad[] = {"",
                                      "arenatop",
                                      "arenatop.",
                                      "arenatop..0123456789abcdef",
                                      "arenatop.1",
                                      "arenatop.1.",
                                      "arenatop.1.0123456789abcde",
                                      "arenatop.1.0123456789abcdef0",
                                      "arenatop.1.0123456789abcdeg",
                                      "arenatop.1.0123456789ABCDEF",
                                      "arenatop.01.0123456789abcdef",
                                      "arenatop.0.0123456789abcdef",
                                      "arenatop.-1.0123456789abcdef",
                                      "arenatop.2147483648.0123456789abcdef",
                                      "arenatop.99999999999999999999999999.0123456789abcdef",
                                      "/arenatop.1.0123456789abcdef",
                                      "arenatop.1.0123456789abcdef ",
                                      "Arenatop.1.0123456789abcdef",
                                      "arenatop.1x.0123456789abcdef"};
    uint32_t pid;
    (void)state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(segment_parse_name(bad[i], &pid));
    assert_true(segment_parse_name("arenatop.2147483647.0123456789abcdef", &pid));
    assert_int_equal(pid, INT32_MAX);
}

/* ---- making ---- */

static void assert_segment_is_whole(const struct segment *segment)
{
    char path[PATH_ROOM];
    struct segment_view view;
    struct ring_reader reader;
    struct at_record record;
    uint64_t words[2] = {0};

    path_in(path, SHM, segment->name);
    assert_int_equal(segment_open(&view, path), SEGMENT_OK);
    assert_int_equal(view.header.pid, getpid());
    assert_int_equal(view.header.uid, geteuid());
    assert_int_equal(view.header.state, AT_STATE_STARTING);
    assert_string_equal(view.header.comm, "test_segment");
    assert_string_equal(view.header.agent_version, "1.2.3");
    assert_string_equal(view.header.jemalloc_version, "5.3.0-0");
    assert_non_null(strstr(view.header.command, "test_segment"));
    assert_int_equal(view.header.created_mono_ns, view.header.heartbeat_ns);
    assert_int_equal(segment_life(&view, NULL), SEGMENT_LIFE_STARTING);
    assert_int_equal(segment_process_exists(&view.header), 1);
    assert_int_equal(segment_reader(&view, &reader), 0);
    assert_int_equal(ring_read(&reader, words, 16, &record, NULL), RING_RECORD);
    assert_int_equal(words[0], 4711);
    segment_close_view(&view);
}

static void test_create_and_close(void **state)
{
    struct segment segment;
    char path[PATH_ROOM];
    struct stat status;
    const uint64_t payload = 4711;
    (void)state;

    own_path(path);
    errno = 4711;
    assert_int_equal(segment_create(&segment, &options), 0);
    assert_int_equal(errno, 4711);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, AT_HEADER_BYTES + RING);
    assert_true(status.st_blocks * 512 >= status.st_size);
    assert_int_equal(status.st_nlink, 1);
    assert_int_equal(ring_publish(&segment.ring, AT_RECORD_SNAPSHOT, &payload, 8), 0);
    assert_segment_is_whole(&segment);
    segment_close(&segment, true);
    assert_int_equal(errno, 4711);
    assert_false(exists(path));
    assert_null(segment.header);
    segment_close(&segment, true);
}

static void test_bad_ring_bytes(void **state)
{
    static const uint64_t sizes[] = {0, RING / 2, RING + 4096, AT_RING_BYTES_MAX * 2, UINT64_MAX};
    char path[PATH_ROOM];
    (void)state;

    own_path(path);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct segment segment;
        struct segment_options bad = options;
        bad.ring_bytes = sizes[i];
        assert_int_equal(segment_create(&segment, &bad), -EINVAL);
        assert_null(segment.header);
        assert_false(exists(path));
    }
}

static void test_modes(void **state)
{
    struct segment segment;
    struct segment_options with_group = options;
    char path[PATH_ROOM];
    struct stat status;
    mode_t umask_before;
    (void)state;

    own_path(path);
    with_group.group = getegid();
    for (unsigned mask = 0; mask <= 0777; mask += 0777) {
        umask_before = umask((mode_t)mask);
        assert_int_equal(segment_create(&segment, &options), 0);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
        segment_close(&segment, true);
        assert_int_equal(segment_create(&segment, &with_group), 0);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0640);
        assert_int_equal(status.st_gid, getegid());
        segment_close(&segment, true);
        umask(umask_before);
    }
}

static int foreign_group(void)
{
    struct segment segment;
    struct segment_options with_group = options;
    char path[PATH_ROOM];

    if (geteuid() == 0 &&
        (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0))
        return 1;
    with_group.group = 0;
    own_path(path);
    if (segment_create(&segment, &with_group) != -EPERM || segment.header != NULL)
        return 2;
    return exists(path) ? 3 : 0;
}

static void test_foreign_group(void **state)
{
    (void)state;
    assert_int_equal(in_child(foreign_group), 0);
}

static void test_leftover_is_replaced(void **state)
{
    struct segment first, second;
    struct segment_view view;
    char path[PATH_ROOM];
    (void)state;

    own_path(path);
    assert_int_equal(segment_create(&first, &options), 0);
    assert_int_equal(segment_create(&second, &options), 0);
    assert_true(first.inode != second.inode);
    segment_close(&first, true); /* the name is no longer its own */
    assert_int_equal(segment_open(&view, path), SEGMENT_OK);
    assert_true(view.inode == second.inode);
    segment_close_view(&view);
    segment_close(&second, true);
    assert_false(exists(path));
}

static void test_squatters_are_left_alone(void **state)
{
    struct segment segment;
    struct stat status;
    char path[PATH_ROOM];
    (void)state;

    own_path(path);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(segment_create(&segment, &options), -EEXIST);
    assert_int_equal(lstat(path, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(unlink(path), 0);

    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(segment_create(&segment, &options), -EEXIST);
    assert_int_equal(rmdir(path), 0);

    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(segment_create(&segment, &options), -EEXIST);
    assert_int_equal(unlink(path), 0);
    assert_null(segment.header);
}

static void test_foreign_squatter(void **state)
{
    struct segment segment;
    struct stat status;
    char path[PATH_ROOM];
    (void)state;

    if (geteuid() != 0)
        skip();
    own_path(path);
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0666);
    assert_true(fd >= 0);
    assert_int_equal(fchown(fd, NOBODY, NOBODY), 0);
    close(fd);
    assert_int_equal(segment_create(&segment, &options), -EEXIST);
    assert_int_equal(lstat(path, &status), 0);
    assert_int_equal(status.st_uid, NOBODY);
    assert_int_equal(unlink(path), 0);
}

static int file_size_limit(void)
{
    struct rlimit limit = {RING, RING};
    struct segment segment;
    char path[PATH_ROOM];

    own_path(path);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 1;
    if (segment_create(&segment, &options) != -EFBIG)
        return 2;
    return exists(path) ? 3 : 0;
}

/* The kernel answers with SIGXFSZ, which would end the host. */
static void test_file_size_limit(void **state)
{
    (void)state;
    assert_int_equal(in_child(file_size_limit), 0);
}

static int no_address_space(void)
{
    struct segment_options large = options;
    struct segment segment;
    struct rlimit limit;
    char path[PATH_ROOM];

    own_path(path);
    getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = UINT64_C(64) << 20;
    large.ring_bytes = UINT64_C(64) << 20;
    if (setrlimit(RLIMIT_AS, &limit) != 0)
        return 1;
    if (segment_create(&segment, &large) != -ENOMEM)
        return 2;
    return exists(path) ? 3 : 0;
}

static void test_no_address_space(void **state)
{
    (void)state;
    assert_int_equal(in_child(no_address_space), 0);
}

/* Starts a new mount namespace in which nothing that happens is seen outside. */
static bool own_mounts(void)
{
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

/* Creates a segment while /dev/shm is a tmpfs mounted with `data`; returns the error. */
static int create_on(unsigned long flags, const char *data)
{
    struct segment segment;
    char path[PATH_ROOM];

    if (!own_mounts() || mount("tmpfs", SHM, "tmpfs", flags, data) != 0)
        return CHILD_SKIPS;
    own_path(path);
    int error = -segment_create(&segment, &options);
    return error != 0 && exists(path) ? 1 : error;
}

static int full_shm(void)
{
    return create_on(0, "size=512k");
}

static int read_only_shm(void)
{
    return create_on(MS_RDONLY, "size=2m");
}

static int small_shm(void)
{
    return create_on(0, "size=2m");
}

static int missing_shm(void)
{
    struct segment segment;

    if (!own_mounts() || mount("tmpfs", "/dev", "tmpfs", 0, "size=1m") != 0)
        return CHILD_SKIPS;
    return -segment_create(&segment, &options);
}

/* Without /proc there is no way to name an unnamed file, and no identity but the pid. */
static int missing_proc(void)
{
    struct segment segment;
    struct segment_view view;
    char path[PATH_ROOM];

    if (!own_mounts() || umount2("/proc", MNT_DETACH) != 0)
        return CHILD_SKIPS;
    while (umount2("/proc", MNT_DETACH) == 0) { /* one may lie over another */
    }
    if (segment_create(&segment, &options) != 0)
        return 1;
    path_in(path, SHM, segment.name);
    if (segment_open(&view, path) != SEGMENT_OK || view.header.start_ticks != 0)
        return 2;
    if (segment_process_exists(&view.header) != -1)
        return 3;
    segment_close(&segment, true);
    return exists(path) ? 4 : 0;
}

static void test_full_shm(void **state)
{
    (void)state;
    expect_in_child(full_shm, ENOSPC);
}

static void test_small_shm(void **state)
{
    (void)state;
    expect_in_child(small_shm, 0);
}

static void test_read_only_shm(void **state)
{
    (void)state;
    expect_in_child(read_only_shm, EROFS);
}

static void test_missing_shm(void **state)
{
    (void)state;
    expect_in_child(missing_shm, ENOENT);
}

static void test_missing_proc(void **state)
{
    (void)state;
    expect_in_child(missing_proc, 0);
}

/* Stands before libc's: an older kernel, whose fallocate gives up at any signal, under a profiler that leaves time for
 * `uninterrupted_bytes` at once. */
static off_t uninterrupted_bytes = INT64_MAX;

int posix_fallocate(int fd, off_t at, off_t bytes)
{
    if (bytes > uninterrupted_bytes)
        return EINTR;
    return fallocate(fd, 0, at, bytes) == 0 ? 0 : errno;
}

static void test_interrupted(void **state)
{
    struct segment segment;
    char path[PATH_ROOM];
    (void)state;

    own_path(path);
    uninterrupted_bytes = 4096;
    int in_pieces = segment_create(&segment, &options);
    segment_close(&segment, true);
    uninterrupted_bytes = 0;
    int never = segment_create(&segment, &options);
    uninterrupted_bytes = INT64_MAX;
    assert_int_equal(in_pieces, 0);
    assert_int_equal(never, -EINTR);
    assert_false(exists(path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_identity),
        TEST(test_name),
        TEST(test_parse_name),
        TEST(test_create_and_close),
        TEST(test_bad_ring_bytes),
        TEST(test_modes),
        TEST(test_foreign_group),
        TEST(test_leftover_is_replaced),
        TEST(test_squatters_are_left_alone),
        TEST(test_foreign_squatter),
        TEST(test_file_size_limit),
        TEST(test_no_address_space),
        TEST(test_full_shm),
        TEST(test_small_shm),
        TEST(test_read_only_shm),
        TEST(test_missing_shm),
        TEST(test_missing_proc),
        TEST(test_interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
