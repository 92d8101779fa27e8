/* target.c: from the word a person typed to the thing to open, or to the one line that helps them on. */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "procs.h"
#include "recording.h"
#include "start_line.h"

#define NS_PER_S   UINT64_C(1000000000)
#define YOUNG_NS   (5 * NS_PER_S)
#define NEWBORN_NS NS_PER_S
#define AWAIT_NS   (2 * NS_PER_S)
#define PAUSE_NS   (NS_PER_S / 50)

enum { COMMAND_BYTES = 4096, NAMES_BYTES = 240 };

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* ---- a pid ---- */

static bool is_pid(const char *word)
{
    return word[0] != '\0' && word[strspn(word, "0123456789")] == '\0';
}

static bool is_younger_than(const struct proc *proc, uint64_t age_ns)
{
    long hz = sysconf(_SC_CLK_TCK);
    uint64_t started_ns = hz > 0 ? proc->stat.start_ticks * (NS_PER_S / (uint64_t)hz) : 0;
    uint64_t now_ns = clock_ns(CLOCK_BOOTTIME);

    return now_ns < started_ns || now_ns - started_ns < age_ns;
}

/* An agent publishes a little after its process began. */
static bool is_young(const struct proc *proc)
{
    return is_younger_than(proc, YOUNG_NS);
}

/* 'arenatop run' on its way to the command. */
static bool is_about_to_run(pid_t pid)
{
    char path[64];
    struct stat its, ours;

    snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
    return stat(path, &its) == 0 && stat("/proc/self/exe", &ours) == 0 && its.st_dev == ours.st_dev &&
           its.st_ino == ours.st_ino;
}

/* What is preloaded is mapped before the C library is: until then nobody knows whether the agent will be there. */
static bool is_being_loaded(const struct proc *proc)
{
    return is_young(proc) && procs_maps(proc->pid, "libc.so") == 0;
}

/* The stages of a start, each asked for before the next one is: who gets on meanwhile is met there. A shell's child that is
 * still to become the program looks like any other process, and is given a moment. */
static bool is_on_its_way(const struct proc *proc)
{
    return is_younger_than(proc, NEWBORN_NS) ||
           (is_young(proc) && (is_about_to_run(proc->pid) || is_being_loaded(proc)));
}

static enum target_result fail_unwatched(const struct proc *proc, const struct target_list *list,
                                         struct failure *failure)
{
    char command[COMMAND_BYTES];
    int pid = (int)proc->pid;

    /* /proc has a folder for each thread, too, though it does not list them. */
    if (proc->leader != proc->pid) {
        fail_set(failure, EXIT_NO_TARGET, "%d (%s): a thread of process %d; give that one", pid, proc->comm,
                 (int)proc->leader);
        return TARGET_FAILED;
    }
    bool foreign = geteuid() != 0 && proc->uid != geteuid();

    if (list->not_believed > 0) {
        fail_set(
            failure, EXIT_NO_TARGET,
            "%d (%s): the file in its segment's place, /dev/shm/arenatop.%u.*, is not the process's own, and is not "
            "believed; remove it, and start the process anew",
            pid, proc->comm, (unsigned)proc->inner_pid);
        return TARGET_FAILED;
    }
    if (list->denied > 0 || (foreign && proc->nested)) {
        fail_set(failure, EXIT_DENIED,
                 "%d (%s): not permitted: it is user %u's; run arenatop as that user or as root, or start it with "
                 "ARENATOP_CONF=group:GROUP",
                 pid, proc->comm, (unsigned)proc->uid);
        return TARGET_FAILED;
    }
    bool may_come = is_on_its_way(proc);
    if (procs_maps(proc->pid, "libarenatop.so") == 1) {
        fail_set(failure, EXIT_NO_TARGET,
                 "%d (%s): the agent is loaded but publishes nothing; 'arenatop doctor %d' says what is known of it",
                 pid, proc->comm, pid);
        return is_young(proc) ? TARGET_COMING : TARGET_FAILED;
    }
    const char *remark = start_line(command, sizeof(command), proc->pid);
    fail_set(failure, EXIT_NO_TARGET, "%d (%s): not under the agent; start it with: arenatop run -- %s%s", pid,
             proc->comm, command, remark);
    return may_come ? TARGET_COMING : TARGET_FAILED;
}

static const struct target *row_of_pid(const struct target_list *list, pid_t pid, enum target_kind kind)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->rows[i].pid == pid && list->rows[i].kind == kind)
            return &list->rows[i];
    return NULL;
}

/* A process that was killed has neither agent nor main thread any more, and is there until its last thread has given its
 * gigabytes back: it is its own record by then. */
static bool is_dying(const struct proc *proc, const struct target *record)
{
    return proc->stat.state == 'Z' && record->header.start_ticks == proc->stat.start_ticks;
}

static enum target_result choose_pid(struct target *target, pid_t pid, const struct target_list *list,
                                     struct failure *failure)
{
    struct proc proc;
    int error = procs_read(&proc, pid);
    bool running = error == 0 && !procs_is_zombie(&proc);
    const struct target *row = row_of_pid(list, pid, TARGET_PROCESS);

    /* A record that an earlier process of this pid left is not what was asked for while the pid runs. */
    if (row == NULL)
        row = row_of_pid(list, pid, TARGET_RECORD);
    if (row != NULL && (row->kind == TARGET_PROCESS || !running || is_dying(&proc, row))) {
        *target = *row;
        return TARGET_FOUND;
    }
    if (running)
        return fail_unwatched(&proc, list, failure);
    if (list->denied > 0)
        fail_set(failure, EXIT_DENIED, "%d: not permitted: it is gone, and its record is another user's", (int)pid);
    else if (error == 0 || error == -ESRCH)
        fail_set(failure, EXIT_NO_TARGET, "%d: no such process; 'arenatop ls' lists those that can be watched",
                 (int)pid);
    else
        fail_set(failure, EXIT_DENIED, "%d: %s", (int)pid, strerror(-error));
    return TARGET_FAILED;
}

static enum target_result resolve_pid(struct target *target, const char *word, struct failure *failure)
{
    struct target_list list;
    long pid = strlen(word) < 11 ? strtol(word, NULL, 10) : 0;

    if (pid <= 0 || pid > INT32_MAX) {
        fail_set(failure, EXIT_NO_TARGET, "%s: no such process: not a pid", word);
        return TARGET_FAILED;
    }
    if (target_list_of(&list, (pid_t)pid, failure) < 0)
        return TARGET_FAILED;
    enum target_result result = choose_pid(target, (pid_t)pid, &list, failure);
    target_list_free(&list);
    return result;
}

/* ---- a file ---- */

/* Whether the path is a segment in its place; then *target is its process, or its record. */
static bool is_segment_in_place(struct target *target, const char *path)
{
    struct target_list list;
    struct failure ignored;
    struct stat wanted, status;
    uint32_t pid;
    const char *slash = strrchr(path, '/');
    bool found = false;

    if (!segment_parse_name(slash != NULL ? slash + 1 : path, &pid) || stat(path, &wanted) != 0 ||
        target_list(&list, &ignored) < 0)
        return false;
    for (size_t i = 0; i < list.count && !found; i++) {
        found =
            stat(list.rows[i].path, &status) == 0 && status.st_dev == wanted.st_dev && status.st_ino == wanted.st_ino;
        if (found)
            *target = list.rows[i];
    }
    target_list_free(&list);
    return found;
}

static enum target_result resolve_file(struct target *target, const char *word, struct failure *failure)
{
    struct stat status;
    struct target file = {.kind = TARGET_FILE};

    if (is_segment_in_place(target, word))
        return TARGET_FOUND;
    int error = lstat(word, &status) == 0 ? 0 : errno;
    /* Opening follows no link, so that nobody can lay one in /dev/shm; one that the user names is followed here. */
    if (error == 0 && S_ISLNK(status.st_mode))
        error = realpath(word, file.path) != NULL ? 0 : errno;
    else if (error == 0 && (size_t)snprintf(file.path, sizeof(file.path), "%s", word) >= sizeof(file.path))
        error = ENAMETOOLONG;
    /* What a shell makes of <(COMMAND) is a link to something without a path. */
    if (error == ENOENT && stat(word, &status) == 0) {
        fail_set(failure, EXIT_FAILED, "%s: %s; give a file", word,
                 S_ISFIFO(status.st_mode) ? "a pipe; only a JSON dump is read from one, by diff"
                                          : "not an ordinary file");
        return TARGET_FAILED;
    }
    if (error != 0) {
        fail_set_errno(failure, error, word);
        return TARGET_FAILED;
    }
    *target = file;
    return TARGET_FOUND;
}

/* Whether a file begins as a segment or a recording does. */
static bool begins_as_ours(const char *path)
{
    struct recording_head head;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    ssize_t got = fd < 0 ? -1 : pread(fd, &head, sizeof(head), 0);

    if (fd >= 0)
        close(fd);
    if (got < (ssize_t)offsetof(struct recording_head, version))
        return false;
    return memcmp(&head, AT_MAGIC, sizeof(head.magic)) == 0 ||
           (head.frame == RECORDING_HEAD_FRAME && memcmp(head.magic, RECORDING_MAGIC, sizeof(head.magic)) == 0);
}

/* ---- a name ---- */

/* A name that was typed whole is longer than what the kernel keeps of it. */
static bool has_comm(const char comm[16], const char *word)
{
    return strncmp(comm, word, PROCS_COMM_BYTES - 1) == 0;
}

static bool has_name(const struct target *target, const char *word)
{
    return has_comm(target->comm, word) || has_comm(target->header.comm, word);
}

bool target_is(const struct target *target, const char *word)
{
    return is_pid(word) ? target->pid != 0 && target->pid == strtol(word, NULL, 10) : has_name(target, word);
}

/* Of a pid that was used again there are several records: their files tell them apart. */
static bool shares_pid(const struct target_list *list, const char *word, enum target_kind kind)
{
    const struct target *before = NULL;

    for (size_t i = 0; i < list->count; i++) {
        const struct target *row = &list->rows[i];
        if (row->kind != kind || !has_name(row, word))
            continue;
        if (before != NULL && before->pid == row->pid) /* they are by rising pid */
            return true;
        before = row;
    }
    return false;
}

static enum target_result fail_several(const struct target_list *list, const char *word, enum target_kind kind,
                                       struct failure *failure)
{
    char names[NAMES_BYTES] = "", name[PATH_MAX];
    size_t used = 0;
    bool by_path = shares_pid(list, word, kind), is_whole = true;

    for (size_t i = 0; i < list->count && is_whole; i++) {
        const struct target *row = &list->rows[i];
        if (row->kind != kind || !has_name(row, word))
            continue;
        if (by_path)
            snprintf(name, sizeof(name), "%s", row->path);
        else
            snprintf(name, sizeof(name), "%d", (int)row->pid);
        is_whole = used + strlen(name) + sizeof(", ...") < sizeof(names);
        if (is_whole)
            used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", used > 0 ? ", " : "", name);
    }
    fail_set(failure, EXIT_USAGE, "%s: several %s have that name: %s%s; give one of these %s", word,
             kind == TARGET_PROCESS ? "processes" : "records of gone processes", names, is_whole ? "" : ", ...",
             by_path ? "files" : "pids");
    return TARGET_SEVERAL;
}

struct namesake {
    const char *word;
    struct proc proc;
    size_t count;
};

static int find_namesake(const struct proc *proc, void *context)
{
    struct namesake *namesake = context;

    if (has_comm(proc->comm, namesake->word) && !procs_is_zombie(proc)) {
        namesake->proc = *proc;
        namesake->count++;
    }
    return 0;
}

size_t target_process(struct proc *proc, const char *word)
{
    struct namesake namesake = {.word = word};

    if (strchr(word, '/') != NULL)
        return 0;
    if (!is_pid(word)) {
        procs_each(find_namesake, &namesake);
        *proc = namesake.proc;
        return namesake.count;
    }
    long pid = strlen(word) < 11 ? strtol(word, NULL, 10) : 0;
    return pid > 0 && pid <= INT32_MAX && procs_read(proc, (pid_t)pid) == 0 && proc->leader == proc->pid &&
           !procs_is_zombie(proc);
}

static enum target_result fail_unwatched_row(const struct proc *proc, struct failure *failure)
{
    struct target_list one;

    if (target_list_of(&one, proc->pid, failure) < 0)
        return TARGET_FAILED;
    enum target_result result = fail_unwatched(proc, &one, failure);
    target_list_free(&one);
    return result;
}

static enum target_result fail_no_name(struct target *target, const char *word, const struct target_list *list,
                                       struct failure *failure)
{
    struct namesake namesake = {.word = word};

    procs_each(find_namesake, &namesake);
    if (namesake.count == 1)
        return fail_unwatched_row(&namesake.proc, failure);
    /* The program's own file is no answer where the program runs; else the file says best why it is none. */
    if (namesake.count == 0 && access(word, F_OK) == 0)
        return resolve_file(target, word, failure);
    if (namesake.count > 1 && list->denied > 0)
        fail_set(
            failure, EXIT_DENIED,
            "%s: %zu processes have that name; none can be watched by this user, and %zu segments are other users'",
            word, namesake.count, list->denied);
    else if (namesake.count > 1)
        fail_set(failure, EXIT_NO_TARGET,
                 "%s: %zu processes have that name, none is under the agent; start it with: arenatop run -- COMMAND",
                 word, namesake.count);
    else
        fail_set(failure, EXIT_NO_TARGET,
                 "%s: no such process or file; 'arenatop ls' lists the processes that can be watched", word);
    return TARGET_FAILED;
}

/* Looks for one row of a kind with that name. Returns how many there are. */
static size_t count_named(const struct target_list *list, const char *word, enum target_kind kind,
                          const struct target **row)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (list->rows[i].kind == kind && has_name(&list->rows[i], word)) {
            *row = &list->rows[i];
            count++;
        }
    }
    return count;
}

static int find_with_agent(const struct proc *proc, void *context)
{
    struct namesake *namesake = context;

    if (!has_comm(proc->comm, namesake->word) || procs_is_zombie(proc) ||
        (!is_being_loaded(proc) && procs_maps(proc->pid, "libarenatop.so") != 1))
        return 0;
    namesake->proc = *proc;
    return 1;
}

static enum target_result choose_name(struct target *target, const char *word, const struct target_list *list,
                                      struct failure *failure)
{
    static const enum target_kind kinds[] = {TARGET_PROCESS, TARGET_RECORD};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const struct target *row = NULL;
        struct namesake running = {.word = word};
        size_t count = count_named(list, word, kinds[i], &row);
        /* What runs under the agent and has not published yet goes before what an earlier one left. */
        if (count > 0 && kinds[i] == TARGET_RECORD && procs_each(find_with_agent, &running) == 1)
            return fail_unwatched_row(&running.proc, failure);
        if (count > 1)
            return fail_several(list, word, kinds[i], failure);
        if (count == 1) {
            *target = *row;
            return TARGET_FOUND;
        }
        /* Records come last: a file that was named is more likely meant. But not any: where a program is built or was
         * installed, its own file has its name. */
        if (kinds[i] == TARGET_PROCESS && begins_as_ours(word))
            return resolve_file(target, word, failure);
    }
    return fail_no_name(target, word, list, failure);
}

static enum target_result resolve_name(struct target *target, const char *word, struct failure *failure)
{
    struct target_list list;

    if (target_list(&list, failure) < 0)
        return TARGET_FAILED;
    enum target_result result = choose_name(target, word, &list, failure);
    target_list_free(&list);
    return result;
}

enum target_result target_resolve(struct target *target, const char *word, struct failure *failure)
{
    if (strchr(word, '/') != NULL)
        return resolve_file(target, word, failure);
    if (is_pid(word))
        return resolve_pid(target, word, failure);
    return resolve_name(target, word, failure);
}

enum target_result target_await(struct target *target, const char *word, struct failure *failure)
{
    uint64_t start_ns = clock_ns(CLOCK_MONOTONIC);
    enum target_result result;

    while ((result = target_resolve(target, word, failure)) == TARGET_COMING &&
           clock_ns(CLOCK_MONOTONIC) - start_ns < AWAIT_NS)
        nanosleep(&(struct timespec){.tv_nsec = (long)PAUSE_NS}, NULL);
    return result == TARGET_COMING ? TARGET_FAILED : result;
}

/* ---- the next of its name ---- */

int target_successor(struct target *target, const struct target *old, struct failure *failure)
{
    struct target_list list;
    const struct target *youngest = NULL;

    if (target_list(&list, failure) < 0)
        return -1;
    for (size_t i = 0; i < list.count; i++) {
        const struct target *row = &list.rows[i];
        bool same = row->header.pid == old->header.pid && row->header.start_ticks == old->header.start_ticks &&
                    row->header.created_time_ns == old->header.created_time_ns;
        if (row->kind == TARGET_PROCESS && !same && has_comm(row->comm, old->comm) &&
            (youngest == NULL || row->header.created_time_ns > youngest->header.created_time_ns))
            youngest = row;
    }
    if (youngest != NULL)
        *target = *youngest;
    target_list_free(&list);
    return youngest != NULL;
}
