/* test_target.c: words a person types, against real processes that this test makes. */
#include "targets.h"

#include <pthread.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "procs.h"

#define NEWBORN_US 1100000

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
        cmocka_unit_test(a_successor_is_another_process_of_the_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
