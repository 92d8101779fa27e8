/* test_target.c: words a person types, against real processes that this test makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "procfs.h"
#include "procs.h"
#include "synth.h"
#include "target.h"

#define NOBODY     65534
#define NEWBORN_US 1100000

/* A process with that name, with a segment of its own unless it is `bare`. */
struct child {
    pid_t pid;
    char path[sizeof("/dev/shm") + SEGMENT_NAME_BYTES];
};

/* The children that are started have this file mapped: NULL for none. */
static const char *loaded;

static bool load(void)
{
    int fd = loaded != NULL ? open(loaded, O_RDONLY | O_CLOEXEC) : -1;
    return loaded == NULL || mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED;
}

static void live_as(const char *name, bool bare, uid_t uid, int ready)
{
    struct synth_options options;
    struct segment segment = {0};

    /* A test that fails leaves nobody behind. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, name);
    synth_defaults(&options);
    if (!load() || (uid != 0 && setresuid(uid, uid, uid) != 0) || (!bare && synth_segment(&options, &segment) != 0))
        _exit(1);
    if (write(ready, segment.name, sizeof(segment.name)) < 0)
        _exit(1);
    for (;;)
        pause();
}

static struct child start(const char *name, bool bare, uid_t uid)
{
    struct child child;
    char segment[SEGMENT_NAME_BYTES];
    int ready[2];

    assert_int_equal(pipe(ready), 0);
    child.pid = fork();
    if (child.pid == 0)
        live_as(name, bare, uid, ready[1]);
    close(ready[1]);
    assert_int_equal(read(ready[0], segment, sizeof(segment)), sizeof(segment));
    close(ready[0]);
    snprintf(child.path, sizeof(child.path), "/dev/shm%s", segment);
    return child;
}

static void kill_child(const struct child *child)
{
    kill(child->pid, SIGKILL);
    assert_int_equal(waitpid(child->pid, NULL, 0), child->pid);
}

static void end(const struct child *child)
{
    kill_child(child);
    unlink(child->path);
}

static const char *word_of(pid_t pid)
{
    static char word[16];

    snprintf(word, sizeof(word), "%d", (int)pid);
    return word;
}

static void finds(const char *word, enum target_kind kind, const struct child *child)
{
    struct target target;
    struct failure failure;

    if (target_resolve(&target, word, &failure) != TARGET_FOUND)
        fail_msg("%s", failure.text);
    assert_int_equal(target.kind, kind);
    assert_int_equal(target.pid, child->pid);
    assert_string_equal(target.path, child->path);
}

static void refuses(const char *word, enum exit_code code, const char *text)
{
    struct target target;
    struct failure failure;

    if (target_resolve(&target, word, &failure) == TARGET_FOUND)
        fail_msg("%s was found: %s", word, target.path);
    if (failure.code != code || strstr(failure.text, text) == NULL)
        fail_msg("wanted %d with '%s', got %d: %s", code, text, failure.code, failure.text);
}

/* ---- processes ---- */

static void a_process_is_found_by_pid_name_and_segment(void **state)
{
    (void)state;
    struct child child = start("atgt-one", false, 0);
    struct target target;
    struct failure failure;

    finds(word_of(child.pid), TARGET_PROCESS, &child);
    finds("atgt-one", TARGET_PROCESS, &child);
    finds(child.path, TARGET_PROCESS, &child);
    assert_int_equal(target_resolve(&target, "atgt-one", &failure), TARGET_FOUND);
    assert_string_equal(target.comm, "atgt-one");
    assert_int_equal(target.header.pid, child.pid);
    end(&child);
}

static void a_long_name_may_be_typed_whole(void **state)
{
    (void)state;
    struct child child = start("atgt-fifteen-by", false, 0);

    finds("atgt-fifteen-bytes-and-more", TARGET_PROCESS, &child);
    refuses("atgt-fifteen-b", EXIT_NO_TARGET, "no such process or file");
    end(&child);
}

static void several_of_a_name_are_listed(void **state)
{
    (void)state;
    struct child one = start("atgt-many", false, 0), other = start("atgt-many", false, 0);
    struct target target;
    struct failure failure;
    char pids[64];

    assert_int_equal(target_resolve(&target, "atgt-many", &failure), TARGET_SEVERAL);
    assert_int_equal(failure.code, EXIT_USAGE);
    snprintf(pids, sizeof(pids), "%d, %d", (int)(one.pid < other.pid ? one.pid : other.pid),
             (int)(one.pid < other.pid ? other.pid : one.pid));
    assert_non_null(strstr(failure.text, pids));
    end(&other);
    finds("atgt-many", TARGET_PROCESS, &one);
    end(&one);
}

static void a_process_without_agent_says_how_to_start_it(void **state)
{
    (void)state;
    struct child child = start("atgt-bare", true, 0);

    refuses(word_of(child.pid), EXIT_NO_TARGET, "(atgt-bare): not under the agent; start it with: arenatop run -- ");
    refuses("atgt-bare", EXIT_NO_TARGET, "(atgt-bare): not under the agent; start it with: arenatop run -- ");
    end(&child);
}

static void what_is_not_there_is_said(void **state)
{
    (void)state;

    refuses("2147483647", EXIT_NO_TARGET, "2147483647: no such process");
    refuses("99999999999999999999", EXIT_NO_TARGET, "no such process");
    refuses("0", EXIT_NO_TARGET, "no such process");
    refuses("atgt-nobody", EXIT_NO_TARGET, "atgt-nobody: no such process or file");
    refuses("./atgt-nothing", EXIT_FAILED, "./atgt-nothing: No such file or directory");
    refuses("/dev/shm/arenatop.1.0123456789abcdef", EXIT_FAILED, "No such file");
}

static void names_are_made_visible(void **state)
{
    (void)state;
    struct child child = start("\033[31mx\n", true, 0);

    refuses(word_of(child.pid), EXIT_NO_TARGET, "(\\x1b[31mx\\n): not under the agent");
    refuses("a\033b\n", EXIT_NO_TARGET, "a\\x1bb\\n: no such process or file");
    end(&child);
}

/* ---- records ---- */

static void a_killed_process_leaves_its_record(void **state)
{
    (void)state;
    struct child child = start("atgt-crash", false, 0);

    kill_child(&child);
    finds(word_of(child.pid), TARGET_RECORD, &child);
    finds("atgt-crash", TARGET_RECORD, &child);
    finds(child.path, TARGET_RECORD, &child);
    unlink(child.path);
    refuses(word_of(child.pid), EXIT_NO_TARGET, "no such process");
}

static void a_zombie_is_as_good_as_gone(void **state)
{
    (void)state;
    struct child child = start("atgt-zombie", false, 0);
    siginfo_t ended;

    kill(child.pid, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)child.pid, &ended, WEXITED | WNOWAIT), 0);
    finds(word_of(child.pid), TARGET_RECORD, &child);
    end(&child);
}

static void *stay(void *nothing)
{
    for (;;)
        pause();
    return nothing;
}

/* Its main thread is gone, another is not: so is a large process for seconds after it was killed. */
static pid_t start_dying(struct proc *proc)
{
    pid_t pid = fork();
    if (pid == 0) {
        pthread_t thread;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (pthread_create(&thread, NULL, stay, NULL) != 0)
            _exit(1);
        syscall(SYS_exit, 0);
    }
    do
        assert_int_equal(procs_read(proc, pid), 0);
    while (proc->stat.state != 'Z');
    assert_false(procs_is_zombie(proc));
    return pid;
}

static void a_dying_process_is_its_record(void **state)
{
    (void)state;
    struct proc proc;
    struct synth_options options;
    struct child dying = {.pid = start_dying(&proc)};

    synth_defaults(&options);
    options.pid = (uint32_t)dying.pid;
    options.end = AT_STATE_EXITED;
    snprintf(dying.path, sizeof(dying.path), "/dev/shm/arenatop.%d.0123456789abcdef", (int)dying.pid);
    assert_int_equal(synth_file(&options, dying.path), 0);
    refuses(word_of(dying.pid), EXIT_NO_TARGET, "not under the agent");
    int file = open(dying.path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(file, &proc.stat.start_ticks, 8, offsetof(struct at_header, start_ticks)), 8);
    close(file);
    finds(word_of(dying.pid), TARGET_RECORD, &dying);
    end(&dying);
}

static void the_living_go_before_the_dead(void **state)
{
    (void)state;
    struct child dead = start("atgt-again", false, 0), living;

    kill_child(&dead);
    living = start("atgt-again", false, 0);
    finds("atgt-again", TARGET_PROCESS, &living);
    end(&living);
    unlink(dead.path);
}

/* So a server looks that was killed and started again: the agent is in it, and publishes in a moment. */
static void what_will_publish_goes_before_the_dead(void **state)
{
    static char agent[] = "/tmp/libarenatop.so.test-target";
    (void)state;
    struct child dead = start("atgt-restart", false, 0), older = start("atgt-restart", false, 0), living;
    struct target target;
    struct failure failure;

    kill_child(&older);
    kill_child(&dead);
    close(open(agent, O_CREAT | O_RDWR, 0600));
    assert_int_equal(truncate(agent, 4096), 0);
    loaded = agent;
    living = start("atgt-restart", true, 0);
    loaded = NULL;
    assert_int_equal(target_resolve(&target, "atgt-restart", &failure), TARGET_COMING);
    assert_non_null(strstr(failure.text, word_of(living.pid)));
    end(&living);
    unlink(agent);
    unlink(older.path);
    /* One that is not under the agent will never be watchable: its name means the record. */
    struct child bare = start("atgt-restart", true, 0);
    finds("atgt-restart", TARGET_RECORD, &dead);
    end(&bare);
    unlink(dead.path);
}

/* Stopped where exec leaves it, before its loader has mapped anything: on a busy machine one comes upon it there. */
static void a_process_that_is_being_loaded_may_come(void **state)
{
    (void)state;
    struct target target;
    struct failure failure;
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execl("/bin/sleep", "sleep", "600", NULL);
        _exit(1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSTOPPED(status));
    usleep(NEWBORN_US);
    assert_int_equal(target_resolve(&target, word_of(pid), &failure), TARGET_COMING);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

static enum target_result resolve_pid_of(pid_t pid)
{
    struct target target;
    struct failure failure;

    return target_resolve(&target, word_of(pid), &failure);
}

/* Another program than this one, which is what arenatop is here. */
static pid_t start_sleep(void)
{
    char nothing;
    int until_exec[2];

    assert_int_equal(pipe2(until_exec, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl("/bin/sleep", "sleep", "600", NULL);
        _exit(1);
    }
    close(until_exec[1]);
    assert_int_equal(read(until_exec[0], &nothing, 1), 0);
    close(until_exec[0]);
    while (procs_maps(pid, "libc.so") == 0) /* it is being loaded, which is known of it */
        usleep(1000);
    return pid;
}

/* As a shell's child is before its exec. On a busy machine one may be too old when it is looked at. */
static void a_newborn_may_come_for_a_moment(void **state)
{
    (void)state;
    enum target_result at_once = TARGET_FAILED, later = TARGET_COMING;

    for (int tries = 0; at_once != TARGET_COMING && tries < 20; tries++) {
        pid_t pid = start_sleep();
        at_once = resolve_pid_of(pid);
        usleep(NEWBORN_US);
        later = resolve_pid_of(pid);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
    }
    assert_int_equal(at_once, TARGET_COMING);
    assert_int_equal(later, TARGET_FAILED);
}

static void a_record_of_a_reused_pid_is_not_the_process(void **state)
{
    (void)state;
    struct child bare = start("atgt-reused", true, 0);
    struct synth_options options;
    char path[64];

    /* What an earlier process with that pid left: another start time, an owner that is dead. */
    synth_defaults(&options);
    options.pid = (uint32_t)bare.pid;
    options.end = AT_STATE_EXITED;
    snprintf(path, sizeof(path), "/dev/shm/arenatop.%d.0123456789abcdef", (int)bare.pid);
    assert_int_equal(synth_file(&options, path), 0);
    refuses(word_of(bare.pid), EXIT_NO_TARGET, "not under the agent");
    end(&bare);
    struct child gone = {.pid = bare.pid};
    snprintf(gone.path, sizeof(gone.path), "%s", path);
    finds(word_of(bare.pid), TARGET_RECORD, &gone);
    unlink(path);
}

/* ---- files ---- */

static void a_word_may_be_a_file(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_target.XXXXXX";
    char path[64], link[64];
    struct target target;
    struct failure failure;

    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    snprintf(path, sizeof(path), "%s/atgt-file", folder);
    snprintf(link, sizeof(link), "%s/atgt-link", folder);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(symlink("atgt-file", link), 0);
    assert_int_equal(target_resolve(&target, "atgt-file", &failure), TARGET_FOUND);
    assert_int_equal(target.kind, TARGET_FILE);
    assert_int_equal(target.pid, 0);
    assert_string_equal(target.path, "atgt-file");
    /* A link is followed here: opening a segment does not. */
    assert_int_equal(target_resolve(&target, "./atgt-link", &failure), TARGET_FOUND);
    assert_string_equal(target.path, path);
    /* A watchable process of that name comes first; the file needs its slash. */
    struct child child = start("atgt-file", false, 0);
    finds("atgt-file", TARGET_PROCESS, &child);
    assert_int_equal(target_resolve(&target, "./atgt-file", &failure), TARGET_FOUND);
    assert_int_equal(target.kind, TARGET_FILE);
    end(&child);
    unlink(path);
    unlink(link);
    assert_int_equal(chdir("/"), 0);
    rmdir(folder);
}

/* ---- other users ---- */

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

/* ---- the next of its name ---- */

static void a_successor_is_another_process_of_the_name(void **state)
{
    (void)state;
    struct child first = start("atgt-next", false, 0);
    struct target old, next;
    struct failure failure;

    assert_int_equal(target_resolve(&old, "atgt-next", &failure), TARGET_FOUND);
    assert_int_equal(target_successor(&next, &old, &failure), 0);
    end(&first);
    assert_int_equal(target_successor(&next, &old, &failure), 0);
    struct child second = start("atgt-next", false, 0), third = start("atgt-next", false, 0);
    assert_int_equal(target_successor(&next, &old, &failure), 1);
    assert_int_equal(next.pid, third.pid);
    end(&second);
    end(&third);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_is_found_by_pid_name_and_segment),
        cmocka_unit_test(a_long_name_may_be_typed_whole),
        cmocka_unit_test(several_of_a_name_are_listed),
        cmocka_unit_test(a_process_without_agent_says_how_to_start_it),
        cmocka_unit_test(what_is_not_there_is_said),
        cmocka_unit_test(names_are_made_visible),
        cmocka_unit_test(a_killed_process_leaves_its_record),
        cmocka_unit_test(a_zombie_is_as_good_as_gone),
        cmocka_unit_test(a_dying_process_is_its_record),
        cmocka_unit_test(the_living_go_before_the_dead),
        cmocka_unit_test(what_will_publish_goes_before_the_dead),
        cmocka_unit_test(a_process_that_is_being_loaded_may_come),
        cmocka_unit_test(a_newborn_may_come_for_a_moment),
        cmocka_unit_test(a_record_of_a_reused_pid_is_not_the_process),
        cmocka_unit_test(a_word_may_be_a_file),
        cmocka_unit_test(somebody_else_s_is_not_permitted),
        cmocka_unit_test(a_squatter_is_not_believed),
        cmocka_unit_test(a_squatter_of_another_version_is_not_believed),
        cmocka_unit_test(a_folder_of_ones_own_says_nothing_of_others),
        cmocka_unit_test(a_lie_about_the_dead_is_not_believed),
        cmocka_unit_test(root_may_watch_everybody),
        cmocka_unit_test(a_successor_is_another_process_of_the_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
