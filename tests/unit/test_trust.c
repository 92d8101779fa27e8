/* test_trust.c: whose word goes for a process, and who may watch whom, with real processes of several users. */
#include "targets.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "procfs.h"

#define NOBODY 65534

/* Runs `test` in a child that is another user. */
static void as_nobody(void (*test)(pid_t subject), pid_t subject)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        if (setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0)
            _exit(2);
        test(subject);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* In a child no assertion can be told to cmocka: the exit status is. */
static void must_be_denied(pid_t subject)
{
    struct target target;
    struct failure failure;
    struct target_list list;

    if (target_resolve(&target, word_of(subject), &failure) != TARGET_FAILED || failure.code != EXIT_DENIED ||
        strstr(failure.text, "not permitted") == NULL)
        _exit(3);
    if (target_resolve(&target, "atgt-root", &failure) != TARGET_FAILED || failure.code != EXIT_DENIED)
        _exit(4);
    if (target_list(&list, &failure) < 0 || list.denied == 0)
        _exit(5);
    for (size_t i = 0; i < list.count; i++)
        if (list.rows[i].pid == subject)
            _exit(6);
    target_list_free(&list);
}

static void must_be_unwatched(pid_t subject)
{
    struct target target;
    struct failure failure;

    if (target_await(&target, word_of(subject), &failure) != TARGET_FAILED || failure.code != EXIT_NO_TARGET)
        _exit(3);
}

static void somebody_else_s_is_not_permitted(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    struct child child = start("atgt-root", false, 0), bare = start("atgt-rootbare", true, 0);

    as_nobody(must_be_denied, child.pid);
    as_nobody(must_be_unwatched, bare.pid);
    end(&child);
    end(&bare);
}

/* A file of the process's name that says that it is the process's, by another user or open to others, is nothing. */
static void make_lie(const struct child *child, uid_t owner, mode_t mode)
{
    struct synth_options options;
    struct segment segment = {0};
    char made[PATH_MAX];

    synth_defaults(&options);
    assert_int_equal(synth_segment(&options, &segment), 0);
    snprintf(made, sizeof(made), "/dev/shm%s", segment.name);
    segment.header->pid = (uint32_t)child->pid;
    struct procfs_stat stat;
    assert_int_equal(procfs_stat((uint32_t)child->pid, &stat), 0);
    segment.header->start_ticks = stat.start_ticks;
    assert_int_equal(chown(made, owner, (gid_t)-1), 0);
    assert_int_equal(chmod(made, mode), 0);
    assert_int_equal(rename(made, child->path), 0);
    munmap(segment.header, segment.map_bytes);
}

static void a_squatter_is_not_believed(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    struct child child = start("atgt-squatted", true, NOBODY - 1);

    snprintf(child.path, sizeof(child.path), "/dev/shm/arenatop.%d.0123456789abcdef", (int)child.pid);
    make_lie(&child, NOBODY, 0644);
    refuses(word_of(child.pid), EXIT_NO_TARGET, "is not the process's own, and is not believed");
    refuses("atgt-squatted", EXIT_NO_TARGET, "is not believed");
    make_lie(&child, NOBODY - 1, 0664);
    refuses(word_of(child.pid), EXIT_NO_TARGET, "is not believed");
    make_lie(&child, NOBODY - 1, 0640);
    finds(word_of(child.pid), TARGET_PROCESS, &child);
    make_lie(&child, 0, 0600); /* it may have been root's when it started */
    finds(word_of(child.pid), TARGET_PROCESS, &child);
    end(&child);
}

/* One that claims a version of tomorrow is not even in the way of the process's own. */
static void a_squatter_of_another_version_is_not_believed(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    struct child child = start("atgt-newer", false, NOBODY - 1), lie = child;

    snprintf(lie.path, sizeof(lie.path), "/dev/shm/arenatop.%d.0123456789abcdef", (int)child.pid);
    make_lie(&lie, NOBODY, 0644);
    int fd = open(lie.path, O_WRONLY | O_CLOEXEC);
    uint32_t newer = AT_VERSION_MAJOR + 1;
    assert_int_equal(pwrite(fd, &newer, sizeof(newer), offsetof(struct at_header, version_major)), sizeof(newer));
    close(fd);
    finds("atgt-newer", TARGET_PROCESS, &child);
    unlink(child.path);
    refuses(word_of(child.pid), EXIT_NO_TARGET, "is not believed");
    assert_int_equal(chown(lie.path, NOBODY - 1, (gid_t)-1), 0);
    finds(word_of(child.pid), TARGET_PROCESS, &lie);
    end(&lie);
}

/* A folder of its own can be had by anybody, in namespaces of their own: here, by who lies about a process outside. */
static void lie_in_own_folder(const struct child *child, int ready)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", "/dev/shm", "tmpfs", 0, "uid=65534,mode=1777") != 0)
        _exit(1);
    make_lie(child, NOBODY, 0644);
    if (write(ready, "", 1) < 0)
        _exit(1);
    for (;;)
        pause();
}

static void a_folder_of_ones_own_says_nothing_of_others(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    struct child child = start("atgt-outside", false, 0), liar;
    struct failure failure;
    struct target_list list;
    size_t rows = 0;
    int ready[2];
    char byte;

    assert_int_equal(pipe(ready), 0);
    liar.pid = fork();
    if (liar.pid == 0)
        lie_in_own_folder(&child, ready[1]);
    close(ready[1]);
    bool lies = read(ready[0], &byte, 1) == 1;
    close(ready[0]);
    assert_int_equal(target_list(&list, &failure), 0);
    for (size_t i = 0; i < list.count; i++)
        rows += list.rows[i].pid == child.pid;
    target_list_free(&list);
    assert_int_equal(rows, 1);
    finds("atgt-outside", TARGET_PROCESS, &child);
    kill_child(&liar);
    end(&child);
    if (!lies)
        skip(); /* no namespaces here */
}

/* Nor is a file that claims to be what another user's process left behind. */
static void a_lie_about_the_dead_is_not_believed(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    struct child child = start("atgt-lied-of", true, 0);

    snprintf(child.path, sizeof(child.path), "/dev/shm/arenatop.%d.0123456789abcdef", (int)child.pid);
    make_lie(&child, NOBODY, 0644); /* its header says root */
    kill_child(&child);
    refuses(word_of(child.pid), EXIT_NO_TARGET, "no such process");
    assert_int_equal(chown(child.path, 0, (gid_t)-1), 0);
    finds(word_of(child.pid), TARGET_RECORD, &child);
    unlink(child.path);
}

static void root_may_watch_everybody(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    struct child child = start("atgt-nobody-s", false, NOBODY);

    finds("atgt-nobody-s", TARGET_PROCESS, &child);
    end(&child);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(somebody_else_s_is_not_permitted),
        cmocka_unit_test(a_squatter_is_not_believed),
        cmocka_unit_test(a_squatter_of_another_version_is_not_believed),
        cmocka_unit_test(a_folder_of_ones_own_says_nothing_of_others),
        cmocka_unit_test(a_lie_about_the_dead_is_not_believed),
        cmocka_unit_test(root_may_watch_everybody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
