/* test_segment_list.c: segments found in a folder, and those of gone processes collected: no others. */
#include <errno.h>

#include "segments.h"

/* ---- listing ---- */

static int count_one(const char *path, void *context)
{
    unsigned *count = context;
    assert_memory_equal(path, directory, strlen(directory));
    ++*count;
    return *count == 1000 ? 5 : 0;
}

static void test_list(void **state)
{
    struct at_header header = good_header();
    unsigned count = 0;
    char path[PATH_ROOM], name[64];
    (void)state;

    for (unsigned i = 1; i <= 300; i++) { /* more than one getdents64 gives */
        snprintf(name, sizeof(name), "arenatop.%u.0123456789abcdef", i);
        path_in(path, directory, name);
        write_file(path, &header, 0);
        snprintf(name, sizeof(name), "arenatop.%u.0123456789", i);
        path_in(path, directory, name);
        write_file(path, &header, 0);
    }
    assert_int_equal(segment_list(directory, count_one, &count), 0);
    assert_int_equal(count, 300);
    count = 999;
    assert_int_equal(segment_list(directory, count_one, &count), 5);
    assert_int_equal(count, 1000);
    assert_int_equal(segment_list("/nowhere", count_one, &count), -ENOENT);
    assert_int_equal(segment_list("/proc/self/stat", count_one, &count), -ENOTDIR);
}

/* ---- collecting ---- */

static void numbered_path(char path[PATH_ROOM], unsigned number)
{
    char name[64];

    snprintf(name, sizeof(name), "arenatop.%u.0123456789abcdef", number);
    path_in(path, directory, name);
}

static void write_numbered(unsigned number, const struct at_header *header, off_t bytes)
{
    char path[PATH_ROOM];

    numbered_path(path, number);
    write_file(path, header, bytes);
}

/* Writes a segment of `comm` that was made at `created_ns` and whose owner is dead. */
static void write_gone(unsigned number, const char *comm, uint64_t created_ns)
{
    struct at_header header = good_header();

    strcpy(header.comm, comm);
    header.created_time_ns = created_ns;
    header.owner_word = AT_OWNER_DIED;
    write_numbered(number, &header, AT_HEADER_BYTES + RING);
}

static bool is_there(unsigned number)
{
    char path[PATH_ROOM];

    numbered_path(path, number);
    return exists(path);
}

static void test_collect_keeps_the_newest(void **state)
{
    static const uint64_t made[] = {500, 100, 900, 300, 700};
    uint64_t bytes = 0;
    (void)state;

    for (unsigned i = 0; i < 5; i++)
        write_gone(i + 1, "mine", made[i]);
    write_gone(6, "other", 50);
    errno = 4711;
    assert_int_equal(segment_collect_gone(directory, geteuid(), "mine", 5, UINT64_MAX, &bytes), 0);
    assert_int_equal(errno, 4711);
    assert_int_equal(bytes, 0);
    assert_int_equal(segment_collect_gone(directory, geteuid(), "mine", 1000, UINT64_MAX, NULL), 0);
    assert_int_equal(segment_collect_gone(directory, geteuid(), "mine", 2, UINT64_MAX, &bytes), 3);
    assert_true(bytes > 0);
    assert_true(is_there(3) && is_there(5) && is_there(6));
    assert_false(is_there(1) || is_there(2) || is_there(4));
    assert_int_equal(segment_collect_gone(directory, geteuid(), "mine", 0, UINT64_MAX, NULL), 2);
    assert_int_equal(segment_collect_gone(directory, geteuid(), NULL, 0, UINT64_MAX, NULL), 1);
    errno = 4711;
    assert_int_equal(segment_collect_gone("/nowhere", geteuid(), NULL, 0, UINT64_MAX, &bytes), 0);
    assert_int_equal(errno, 4711);
    assert_int_equal(bytes, 0);
}

static uint64_t memory_of(unsigned number)
{
    char path[PATH_ROOM];
    struct stat status;

    numbered_path(path, number);
    assert_int_equal(stat(path, &status), 0);
    return (uint64_t)status.st_blocks * 512;
}

/* Together they take no more than is given, and none is kept in place of a newer one. */
static void test_collect_keeps_what_fits(void **state)
{
    (void)state;

    for (unsigned i = 1; i <= 5; i++)
        write_gone(i, "mine", 100 * i);
    uint64_t two = memory_of(5) + memory_of(4);
    assert_int_equal(segment_collect_gone(directory, geteuid(), "mine", 4, two + memory_of(3) - 1, NULL), 3);
    assert_true(is_there(5) && is_there(4));
    assert_int_equal(segment_collect_gone(directory, geteuid(), "mine", 4, two, NULL), 0);
    assert_int_equal(segment_collect_gone(directory, geteuid(), "mine", 4, memory_of(5) - 1, NULL), 2);
    write_gone(1, "mine", 100);
    assert_int_equal(segment_collect_gone(directory, geteuid(), "mine", 4, 0, NULL), 1);
}

/* Gone are: a dead owner, another boot, a clean end, a reused pid. Not gone, or not ours to judge: the rest. */
static void test_collect_proves(void **state)
{
    const off_t whole = AT_HEADER_BYTES + RING;
    struct at_header header = good_header();
    char path[PATH_ROOM];
    (void)state;

    write_numbered(1, &header, whole);
    header.owner_word = (uint32_t)getpid();
    write_numbered(2, &header, whole);
    header = good_header();
    header.pidns++; /* in another pid namespace */
    header.pid = INT32_MAX;
    write_numbered(3, &header, whole);
    header = good_header();
    header.state = AT_STATE_EXITED;
    header.version_major++;
    write_numbered(4, &header, whole);
    header = good_header();
    header.state = AT_STATE_EXITED;
    write_numbered(5, &header, whole - 1);
    path_in(path, directory, "arenatop.6.0123456789abcdef");
    write_numbered(11, &header, whole);
    assert_int_equal(symlink("arenatop.14.0123456789abcdef", path), 0);
    path_in(path, directory, "arenatop.7.0123456789abcdef");
    assert_int_equal(mkfifo(path, 0600), 0);
    path_in(path, directory, "arenatop.8.0123456789abcdef");
    assert_int_equal(mkdir(path, 0700), 0);

    header = good_header();
    header.start_ticks++;
    write_numbered(12, &header, whole);
    header = good_header();
    header.boot_id[0]++;
    write_numbered(13, &header, whole);
    write_gone(14, "x", 1);

    assert_int_equal(segment_collect_gone(directory, geteuid() + 1, NULL, 0, UINT64_MAX, NULL), 0);
    assert_int_equal(segment_collect_gone(directory, geteuid(), NULL, 0, UINT64_MAX, NULL), 4);
    for (unsigned i = 1; i <= 8; i++)
        assert_true(is_there(i));
    for (unsigned i = 11; i <= 14; i++)
        assert_false(is_there(i));
}

/* Under a command name of its own: the test may run twice at the same time. */
static void live_segment_of_this_run(void)
{
    char comm[16];

    snprintf(comm, sizeof(comm), "run%d", (int)getppid());
    prctl(PR_SET_NAME, comm);
    live_segment();
}

static void test_collect_in_shared_memory(void **state)
{
    struct child live = start_child(live_segment_of_this_run, NULL);
    struct child killed = start_child(live_segment_of_this_run, NULL);
    char comm[16];
    uint64_t bytes = 0;
    (void)state;

    snprintf(comm, sizeof(comm), "run%d", (int)getpid());
    end_child(&killed, SIGKILL);
    assert_int_equal(segment_collect_gone(SHM, geteuid(), comm, 0, UINT64_MAX, &bytes), 1);
    assert_true(bytes >= AT_HEADER_BYTES + RING);
    assert_false(exists(killed.path));
    assert_true(exists(live.path));
    end_child(&live, SIGKILL);
    assert_int_equal(unlink(live.path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_DIRECTORY(test_list),
        TEST_IN_DIRECTORY(test_collect_keeps_the_newest),
        TEST_IN_DIRECTORY(test_collect_keeps_what_fits),
        TEST_IN_DIRECTORY(test_collect_proves),
        TEST(test_collect_in_shared_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
