/* test_segment_view.c: a segment's life and end, as others see them; and readers before files that are none, or lie. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "procfs.h"
#include "segments.h"

/* ---- life and end ---- */

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

/* ---- two that remove it ---- */

static pthread_barrier_t both_about_to;
static __thread unsigned tries_before_the_other;

/* In libc's place, so that two can be made to come here at the same time: both have found the name there. */
int unlinkat(int folder, const char *path, int flags)
{
    if (tries_before_the_other > 0 && --tries_before_the_other == 0)
        pthread_barrier_wait(&both_about_to);
    return (int)syscall(SYS_unlinkat, folder, path, flags);
}

struct removal {
    struct segment segment;
    unsigned tries;
};

static void *remove_with_the_other(void *argument)
{
    const struct removal *removal = argument;

    tries_before_the_other = removal->tries;
    errno = 4711;
    segment_remove_name(&removal->segment, false, true);
    return (void *)(intptr_t)errno;
}

/* The name goes, and what readers have mapped stays as it is. `tries`: of each, the last at the same time. */
static int two_remove_it(struct removal *removal)
{
    unsigned char *data = (unsigned char *)removal->segment.header + AT_HEADER_BYTES;
    pthread_t thread;
    void *other_errno;
    char path[PATH_ROOM];

    own_path(path);
    data[0] = 0x5a;
    if (pthread_barrier_init(&both_about_to, NULL, 2) != 0 ||
        pthread_create(&thread, NULL, remove_with_the_other, removal) != 0)
        return 1;
    intptr_t own_errno = (intptr_t)remove_with_the_other(removal);
    pthread_join(thread, &other_errno);
    pthread_barrier_destroy(&both_about_to);
    return own_errno == 4711 && (intptr_t)other_errno == 4711 && data[0] == 0x5a && !exists(path) ? 0 : 2;
}

/* As the agent's thread and one that ends the process. */
static void test_two_remove_it_at_once(void **state)
{
    struct removal removal = {.tries = 1};
    (void)state;

    assert_int_equal(segment_create(&removal.segment, &options), 0);
    assert_int_equal(two_remove_it(&removal), 0);
    segment_close(&removal.segment, true);
}

static int two_with_rights_aside(void)
{
    struct removal removal = {.tries = 2}; /* as oneself, as the owner */

    if (geteuid() != 0 || segment_create(&removal.segment, &options) != 0)
        return CHILD_SKIPS;
    if (seteuid(NOBODY) != 0) {
        segment_close(&removal.segment, true);
        return CHILD_SKIPS;
    }
    return two_remove_it(&removal);
}

static void test_two_with_rights_aside(void **state)
{
    (void)state;
    expect_in_child(two_with_rights_aside, 0);
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
    execl("/proc/self/exe", "test_segment_view", "again", number, NULL);
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

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        TEST(test_life_ends_with_sigkill),
        TEST(test_zombie_is_gone),
        TEST(test_process_without_main_thread),
        TEST(test_proc_of_another_namespace),
        TEST(test_clean_end),
        TEST(test_end_with_rights_aside),
        TEST(test_two_remove_it_at_once),
        TEST(test_two_with_rights_aside),
        TEST(test_owner_thread_ends),
        TEST(test_exec),
        TEST(test_fork_child_does_not_remove),
        TEST(test_process_elsewhere),
        TEST_IN_DIRECTORY(test_lying_headers),
        TEST_IN_DIRECTORY(test_strings_are_terminated),
        TEST_IN_DIRECTORY(test_not_regular),
        TEST_IN_DIRECTORY(test_denied),
    };
    if (count == 3 && strcmp(arguments[1], "again") == 0)
        return live_again(atoi(arguments[2]));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
