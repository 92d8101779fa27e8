/* test_segment.c: a segment's name, making, life and end; and readers before files that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "procfs.h"
#include "segment.h"

#define RING      AT_RING_BYTES_MIN
#define SHM       "/dev/shm"
#define NOBODY    65534u
#define PATH_ROOM 256

static const struct segment_options options = {
    .ring_bytes = RING, .group = (gid_t)-1, .agent_version = "1.2.3", .jemalloc_version = "5.3.0-0"};

static void path_in(char path[PATH_ROOM], const char *directory, const char *name)
{
    assert_true(snprintf(path, PATH_ROOM, "%s%s%s", directory, name[0] == '/' ? "" : "/", name) < PATH_ROOM);
}

static void own_path(char path[PATH_ROOM])
{
    struct segment_identity identity;
    char name[SEGMENT_NAME_BYTES];

    segment_identify(&identity);
    segment_name(&identity, name);
    path_in(path, SHM, name);
}

static bool exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

/* Runs `body` in a child and returns its exit status; a signal counts as 256 and more. For what must not happen in the
 * test's own process. */
static int in_child(int (*body)(void))
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

/* Starts a new mount namespace in which nothing that happens is seen outside. */
static bool own_mounts(void)
{
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

/* A child that makes a segment, tells its path, and lives until it is killed or told to go on to `afterwards`. */
struct child {
    pid_t pid;
    int from;
    int to;
    char path[PATH_ROOM];
};

static void tell_path(int fd)
{
    char path[PATH_ROOM] = {0};

    own_path(path);
    if (write(fd, path, sizeof(path)) != sizeof(path))
        _exit(1);
}

static struct child start_child(void (*prepare)(void), void (*afterwards)(int up))
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

static void end_child(struct child *child, int signal)
{
    if (signal != 0)
        assert_int_equal(kill(child->pid, signal), 0);
    close(child->to);
    close(child->from);
    assert_int_equal(waitpid(child->pid, NULL, 0), child->pid);
}

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

static void expect_in_child(int (*body)(void), int expected)
{
    int status = in_child(body);

    if (status == CHILD_SKIPS)
        skip();
    assert_int_equal(status, expected);
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

/* ---- life and end ---- */

static struct segment child_segment;

static void live_segment(void)
{
    if (segment_create(&child_segment, &options) != 0 || segment_own(&child_segment) != 0)
        _exit(1);
    segment_set_state(&child_segment, AT_STATE_LIVE);
    segment_beat(&child_segment, 99);
}

static void test_life_ends_with_sigkill(void **state)
{
    struct child child = start_child(live_segment, NULL);
    struct segment_view view;
    (void)state;

    assert_int_equal(segment_open(&view, child.path), SEGMENT_OK);
    assert_int_equal(view.header.pid, child.pid);
    assert_int_equal(view.shared->heartbeat_ns, 99);
    assert_int_equal(segment_life(&view, NULL), SEGMENT_LIFE_LIVE);
    assert_int_equal(segment_life(&view, view.header.boot_id), SEGMENT_LIFE_LIVE);
    assert_int_equal(segment_life(&view, (const uint8_t *)"another boot id."), SEGMENT_LIFE_GONE);
    assert_int_equal(segment_process_exists(&view.header), 1);
    end_child(&child, SIGKILL);
    assert_int_equal(segment_life(&view, NULL), SEGMENT_LIFE_GONE);
    assert_int_equal(segment_process_exists(&view.header), 0);
    segment_close_view(&view);
    assert_int_equal(unlink(child.path), 0);
}

static void test_zombie_is_gone(void **state)
{
    struct child child = start_child(live_segment, NULL);
    struct segment_view view;
    (void)state;

    assert_int_equal(segment_open(&view, child.path), SEGMENT_OK);
    assert_int_equal(kill(child.pid, SIGKILL), 0);
    assert_int_equal(waitid(P_PID, (id_t)child.pid, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
    assert_int_equal(segment_process_exists(&view.header), 0);
    assert_int_equal(segment_life(&view, NULL), SEGMENT_LIFE_GONE);
    segment_close_view(&view);
    assert_int_equal(unlink(child.path), 0);
    end_child(&child, 0);
}

static void *tell_and_wait(void *up)
{
    struct procfs_stat stat = {0};

    /* Until the main thread has ended the process looks alive anyway. */
    while (stat.state != 'Z' && procfs_stat(0, &stat) == 0)
        usleep(1000);
    if (write((int)(intptr_t)up, &stat.state, 1) != 1)
        _exit(1);
    pause();
    return NULL;
}

static void end_main_thread(int up)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, tell_and_wait, (void *)(intptr_t)up) != 0)
        _exit(1);
    pthread_exit(NULL);
}

/* A process whose main thread has ended looks like a zombie, and lives. */
static void test_process_without_main_thread(void **state)
{
    struct child child = start_child(live_segment, end_main_thread);
    struct segment_view view;
    char said;
    (void)state;

    assert_int_equal(segment_open(&view, child.path), SEGMENT_OK);
    assert_int_equal(write(child.to, "x", 1), 1);
    assert_int_equal(read(child.from, &said, 1), 1);
    assert_int_equal(said, 'Z');
    assert_int_equal(segment_process_exists(&view.header), 1);
    end_child(&child, SIGKILL);
    assert_int_equal(segment_process_exists(&view.header), 0);
    segment_close_view(&view);
    assert_int_equal(unlink(child.path), 0);
}

static int life_in_namespace(void)
{
    struct segment segment;
    struct segment_view view;
    char path[PATH_ROOM];

    if (segment_create(&segment, &options) != 0)
        return 2;
    path_in(path, SHM, segment.name);
    int exists_here = segment_open(&view, path) == SEGMENT_OK ? segment_process_exists(&view.header) : -2;
    segment_close_view(&view);
    segment_close(&segment, true);
    return exists_here == -1 ? 0 : 3;
}

static int new_pid_namespace(void)
{
    return unshare(CLONE_NEWPID) == 0 ? in_child(life_in_namespace) : CHILD_SKIPS;
}

/* In a pid namespace whose /proc is still the parent's our pid means somebody else there: nothing may be concluded. */
static void test_proc_of_another_namespace(void **state)
{
    (void)state;
    expect_in_child(new_pid_namespace, 0);
}

static void test_clean_end(void **state)
{
    struct segment segment;
    struct segment_view view;
    char path[PATH_ROOM];
    (void)state;

    own_path(path);
    assert_int_equal(segment_create(&segment, &options), 0);
    assert_int_equal(segment_own(&segment), 0);
    segment_set_state(&segment, AT_STATE_LIVE);
    assert_int_equal(segment_open(&view, path), SEGMENT_OK);
    segment_disown(&segment);
    assert_int_equal(segment_life(&view, NULL), SEGMENT_LIFE_LIVE); /* unowned is no proof of death */
    segment_set_state(&segment, AT_STATE_EXITED);
    segment_close(&segment, true);
    assert_false(exists(path));
    assert_int_equal(segment_life(&view, NULL), SEGMENT_LIFE_EXITED);
    segment_close_view(&view);
}

/* As a server that lives as another user, and takes root's rights up when it needs them. */
static int end_with_rights_aside(void)
{
    struct segment segment;
    char path[PATH_ROOM];

    own_path(path);
    if (geteuid() != 0 || segment_create(&segment, &options) != 0)
        return CHILD_SKIPS;
    if (seteuid(NOBODY) != 0)
        return CHILD_SKIPS;
    segment_close(&segment, true);
    return !exists(path) && geteuid() == NOBODY && setfsuid((uid_t)-1) == (int)NOBODY ? 0 : 1;
}

static void test_end_with_rights_aside(void **state)
{
    (void)state;
    expect_in_child(end_with_rights_aside, 0);
}

static void *own_and_end(void *segment)
{
    return (void *)(intptr_t)segment_own(segment);
}

/* An owner that ends without giving it back is dead; the next one takes over. */
static void test_owner_thread_ends(void **state)
{
    struct segment segment;
    struct segment_view view;
    pthread_t thread;
    void *result;
    char path[PATH_ROOM];
    (void)state;

    own_path(path);
    assert_int_equal(segment_create(&segment, &options), 0);
    assert_int_equal(segment_open(&view, path), SEGMENT_OK);
    assert_int_equal(pthread_create(&thread, NULL, own_and_end, &segment), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_null(result);
    assert_int_equal(segment_life(&view, NULL), SEGMENT_LIFE_GONE);
    assert_int_equal(segment_own(&segment), 0);
    assert_int_equal(segment_life(&view, NULL), SEGMENT_LIFE_STARTING);
    assert_int_equal(pthread_create(&thread, NULL, own_and_end, &segment), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_int_equal((intptr_t)result, -EBUSY);
    segment_disown(&segment);
    segment_close_view(&view);
    segment_close(&segment, true);
}

/* What this program does when it is called again by test_exec: the same process, with a new life. */
static int live_again(int up)
{
    live_segment();
    tell_path(up);
    pause();
    return 0;
}

static void exec_again(int up)
{
    char number[16];

    snprintf(number, sizeof(number), "%d", up);
    execl("/proc/self/exe", "test_segment", "again", number, NULL);
    _exit(1);
}

/* The pid lives on, and so does its start time: only the owner word tells. The new life takes the same name. */
static void test_exec(void **state)
{
    struct child child = start_child(live_segment, exec_again);
    struct segment_view before, after;
    char path[PATH_ROOM];
    (void)state;

    assert_int_equal(segment_open(&before, child.path), SEGMENT_OK);
    assert_int_equal(write(child.to, "x", 1), 1);
    assert_int_equal(read(child.from, path, sizeof(path)), sizeof(path));
    assert_string_equal(path, child.path);
    assert_int_equal(segment_open(&after, path), SEGMENT_OK);
    assert_int_equal(segment_life(&before, NULL), SEGMENT_LIFE_GONE);
    assert_int_equal(segment_life(&after, NULL), SEGMENT_LIFE_LIVE);
    assert_int_equal(segment_process_exists(&before.header), 1);
    assert_true(before.inode != after.inode);
    segment_close_view(&before);
    segment_close_view(&after);
    end_child(&child, SIGKILL);
    assert_int_equal(unlink(path), 0);
}

static int close_as_child(void)
{
    segment_close(&child_segment, true);
    return child_segment.header == NULL ? 0 : 1;
}

/* A fork child unmaps its copy; the name is its parent's. */
static void test_fork_child_does_not_remove(void **state)
{
    (void)state;
    assert_int_equal(segment_create(&child_segment, &options), 0);
    assert_int_equal(segment_own(&child_segment), 0);
    assert_int_equal(in_child(close_as_child), 0);
    segment_beat(&child_segment, 5);

    struct segment_view view;
    char path[PATH_ROOM];
    own_path(path);
    assert_int_equal(segment_open(&view, path), SEGMENT_OK);
    assert_int_equal(segment_life(&view, NULL), SEGMENT_LIFE_STARTING);
    segment_close_view(&view);
    segment_disown(&child_segment);
    segment_close(&child_segment, true);
    assert_false(exists(path));
}

static void test_process_elsewhere(void **state)
{
    struct segment_identity identity;
    struct at_header header = {0};
    (void)state;

    segment_identify(&identity);
    header.pid = identity.pid;
    header.start_ticks = identity.start_ticks;
    header.pidns = identity.pidns;
    assert_int_equal(segment_process_exists(&header), 1); /* an unknown boot is not compared */
    memcpy(header.boot_id, identity.boot_id, 16);
    assert_int_equal(segment_process_exists(&header), 1);
    header.start_ticks++;
    assert_int_equal(segment_process_exists(&header), 0); /* a reused pid */
    header.start_ticks = 0;
    assert_int_equal(segment_process_exists(&header), -1);
    header.start_ticks = identity.start_ticks;
    header.pidns++;
    assert_int_equal(segment_process_exists(&header), -1);
    header.pidns = 0;
    assert_int_equal(segment_process_exists(&header), -1);
    header.boot_id[3]++;
    assert_int_equal(segment_process_exists(&header), 0);
    header = (struct at_header){.pid = UINT32_MAX, .start_ticks = 1, .pidns = identity.pidns};
    assert_int_equal(segment_process_exists(&header), -1);
}

/* ---- files that are none, or lie ---- */

static char directory[PATH_ROOM];

static int make_directory(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/test_segment.XXXXXX");
    return mkdtemp(directory) == NULL;
}

static int remove_directory(void **state)
{
    char command[PATH_ROOM + 16];
    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", directory);
    return system(command);
}

static struct at_header good_header(void)
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

static void write_file(const char *path, const struct at_header *header, off_t bytes)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, header, sizeof(*header)), sizeof(*header));
    assert_int_equal(ftruncate(fd, bytes), 0);
    close(fd);
}

static void assert_open_gives(const char *path, enum segment_error expected)
{
    struct segment_view view;
    struct ring_reader reader;

    assert_int_equal(segment_open(&view, path), expected);
    if (expected == SEGMENT_OK) {
        assert_int_equal(segment_reader(&view, &reader), 0);
        segment_close_view(&view);
    }
    assert_null(view.shared);
    segment_close_view(&view);
}

static void test_lying_headers(void **state)
{
    char path[PATH_ROOM];
    (void)state;

    path_in(path, directory, "copy");
    for (int lie = 0; lie < 10; lie++) {
        struct at_header header = good_header();
        off_t bytes = AT_HEADER_BYTES + RING;
        enum segment_error expected = lie == 0 ? SEGMENT_OK : SEGMENT_NOT_OURS;
        switch (lie) {
        case 1:
            header.magic[7] = 'Q';
            break;
        case 2:
            header.version_major++;
            expected = SEGMENT_NEWER;
            break;
        case 3:
            header.header_bytes = 8192;
            break;
        case 4:
            header.ring_bytes = RING * 2; /* more than the file has */
            break;
        case 5:
            header.ring_bytes = RING + 4096;
            break;
        case 6:
            header.ring_bytes = UINT64_MAX - 4095; /* would overflow */
            break;
        case 7:
            header.state = AT_STATE_COUNT;
            break;
        case 8:
            bytes--;
            break;
        case 9:
            bytes = sizeof(header) - 1;
            break;
        default:
            break;
        }
        write_file(path, &header, bytes);
        assert_open_gives(path, expected);
    }
}

static void test_strings_are_terminated(void **state)
{
    struct at_header header = good_header();
    struct segment_view view;
    char path[PATH_ROOM];
    (void)state;

    memset(header.comm, 'x', sizeof(header.comm));
    memset(header.agent_version, 'x', sizeof(header.agent_version));
    memset(header.jemalloc_version, 'x', sizeof(header.jemalloc_version));
    memset(header.command, 'x', sizeof(header.command));
    path_in(path, directory, "copy");
    write_file(path, &header, AT_HEADER_BYTES + RING);
    assert_int_equal(segment_open(&view, path), SEGMENT_OK);
    assert_int_equal(strlen(view.header.comm), sizeof(header.comm) - 1);
    assert_int_equal(strlen(view.header.agent_version), sizeof(header.agent_version) - 1);
    assert_int_equal(strlen(view.header.jemalloc_version), sizeof(header.jemalloc_version) - 1);
    assert_int_equal(strlen(view.header.command), sizeof(header.command) - 1);
    segment_close_view(&view);
}

static void test_not_regular(void **state)
{
    struct at_header header = good_header();
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[PATH_ROOM], link[PATH_ROOM];
    (void)state;

    path_in(path, directory, "none");
    assert_open_gives(path, SEGMENT_MISSING);
    path_in(path, directory, "copy/below");
    write_file(strcat(strcpy(link, directory), "/copy"), &header, AT_HEADER_BYTES + RING);
    assert_open_gives(path, SEGMENT_MISSING);
    path_in(path, directory, "link");
    assert_int_equal(symlink("copy", path), 0);
    assert_open_gives(path, SEGMENT_NOT_OURS);
    path_in(path, directory, "fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_open_gives(path, SEGMENT_NOT_OURS);
    path_in(path, directory, "socket");
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_open_gives(path, SEGMENT_NOT_OURS);
    close(fd);
    assert_open_gives(directory, SEGMENT_NOT_OURS);
    assert_open_gives("/dev/zero", SEGMENT_NOT_OURS);
    assert_open_gives("/proc/self/stat", SEGMENT_NOT_OURS);
}

static int open_denied(void)
{
    struct segment_view view;
    char path[PATH_ROOM];

    path_in(path, directory, "copy");
    if (setresuid(NOBODY, NOBODY, NOBODY) != 0)
        return 1;
    return segment_open(&view, path) == SEGMENT_DENIED && view.shared == NULL ? 0 : 2;
}

static void test_denied(void **state)
{
    struct at_header header = good_header();
    char path[PATH_ROOM];
    (void)state;

    if (geteuid() != 0)
        skip();
    path_in(path, directory, "copy");
    write_file(path, &header, AT_HEADER_BYTES + RING);
    assert_int_equal(chmod(directory, 0755), 0);
    assert_int_equal(in_child(open_denied), 0);
}

/* ---- listing and collecting ---- */

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

/* Writes a segment of `comm` that was made at `created_ns` and whose owner is dead. */
static void write_gone(unsigned number, const char *comm, uint64_t created_ns)
{
    struct at_header header = good_header();
    char path[PATH_ROOM], name[64];

    strcpy(header.comm, comm);
    header.created_time_ns = created_ns;
    header.owner_word = AT_OWNER_DIED;
    snprintf(name, sizeof(name), "arenatop.%u.0123456789abcdef", number);
    path_in(path, directory, name);
    write_file(path, &header, AT_HEADER_BYTES + RING);
}

static bool is_there(unsigned number)
{
    char path[PATH_ROOM], name[64];

    snprintf(name, sizeof(name), "arenatop.%u.0123456789abcdef", number);
    path_in(path, directory, name);
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
    assert_int_equal(segment_collect_gone(directory, geteuid(), "mine", 5, &bytes), 0);
    assert_int_equal(errno, 4711);
    assert_int_equal(bytes, 0);
    assert_int_equal(segment_collect_gone(directory, geteuid(), "mine", 1000, NULL), 0);
    assert_int_equal(segment_collect_gone(directory, geteuid(), "mine", 2, &bytes), 3);
    assert_true(bytes > 0);
    assert_true(is_there(3) && is_there(5) && is_there(6));
    assert_false(is_there(1) || is_there(2) || is_there(4));
    assert_int_equal(segment_collect_gone(directory, geteuid(), "mine", 0, NULL), 2);
    assert_int_equal(segment_collect_gone(directory, geteuid(), NULL, 0, NULL), 1);
    errno = 4711;
    assert_int_equal(segment_collect_gone("/nowhere", geteuid(), NULL, 0, &bytes), 0);
    assert_int_equal(errno, 4711);
    assert_int_equal(bytes, 0);
}

static void write_numbered(unsigned number, const struct at_header *header, off_t bytes)
{
    char path[PATH_ROOM], name[64];

    snprintf(name, sizeof(name), "arenatop.%u.0123456789abcdef", number);
    path_in(path, directory, name);
    write_file(path, header, bytes);
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

    assert_int_equal(segment_collect_gone(directory, geteuid() + 1, NULL, 0, NULL), 0);
    assert_int_equal(segment_collect_gone(directory, geteuid(), NULL, 0, NULL), 4);
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
    assert_int_equal(segment_collect_gone(SHM, geteuid(), comm, 0, &bytes), 1);
    assert_true(bytes >= AT_HEADER_BYTES + RING);
    assert_false(exists(killed.path));
    assert_true(exists(live.path));
    end_child(&live, SIGKILL);
    assert_int_equal(unlink(live.path), 0);
}

#define TEST(name)              cmocka_unit_test(name)
#define TEST_IN_DIRECTORY(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(int count, char **arguments)
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
        TEST(test_life_ends_with_sigkill),
        TEST(test_zombie_is_gone),
        TEST(test_process_without_main_thread),
        TEST(test_proc_of_another_namespace),
        TEST(test_clean_end),
        TEST(test_end_with_rights_aside),
        TEST(test_owner_thread_ends),
        TEST(test_exec),
        TEST(test_fork_child_does_not_remove),
        TEST(test_process_elsewhere),
        TEST_IN_DIRECTORY(test_lying_headers),
        TEST_IN_DIRECTORY(test_strings_are_terminated),
        TEST_IN_DIRECTORY(test_not_regular),
        TEST_IN_DIRECTORY(test_denied),
        TEST_IN_DIRECTORY(test_list),
        TEST_IN_DIRECTORY(test_collect_keeps_the_newest),
        TEST_IN_DIRECTORY(test_collect_proves),
        TEST(test_collect_in_shared_memory),
    };
    if (count == 3 && strcmp(arguments[1], "again") == 0)
        return live_again(atoi(arguments[2]));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
