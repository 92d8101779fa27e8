/* target_list.c: every segment that can be reached from here, and the process that each belongs to.
 *
 * A process in a container has a /dev/shm of its own, reached through /proc/PID/root, and knows itself by another pid.
 * So the folders are told apart by inode, and a segment finds its process by pid in the innermost namespace, start time,
 * namespace and folder together. */
#include "target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "procs.h"
#include "trust.h"

#define OWN_PLACE "/dev/shm"

/* A folder of segments. */
struct place {
    dev_t device;
    ino_t inode;
    uid_t owner;
    char path[64];
};

struct candidate {
    struct proc proc;
    uint64_t pidns; /* 0: may not be known */
    size_t place;   /* NO_PLACE: may not be known */
};
#define NO_PLACE SIZE_MAX

struct search {
    struct target_list *list;
    pid_t only; /* 0: every pid */
    uint8_t boot_id[16];
    struct candidate *candidates;
    size_t ncandidates;
    struct place *places;
    size_t nplaces;
    size_t place; /* that is being listed */
};

/* Makes room for one more row. Returns the array, or NULL with the old one intact. */
static void *grow(void *rows, size_t count, size_t row_bytes)
{
    /* Doubling at powers of two: no capacity needs to be kept beside the count. */
    if (count != 0 && (count & (count - 1)) != 0)
        return rows;
    /* What is there is at most PTRDIFF_MAX bytes, so twice of it can be told. */
    return realloc(rows, (count == 0 ? 1 : 2 * count) * row_bytes);
}

/* ---- processes and folders ---- */

static size_t place_of(struct search *search, const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return NO_PLACE;
    for (size_t i = 0; i < search->nplaces; i++)
        if (search->places[i].device == status.st_dev && search->places[i].inode == status.st_ino)
            return i;
    struct place *rows = grow(search->places, search->nplaces, sizeof(*rows));
    if (rows == NULL)
        return NO_PLACE;
    search->places = rows;
    struct place *place = &rows[search->nplaces];
    *place = (struct place){.device = status.st_dev, .inode = status.st_ino, .owner = status.st_uid};
    snprintf(place->path, sizeof(place->path), "%s", path);
    return search->nplaces++;
}

static int add_process(const struct proc *proc, void *context)
{
    struct search *search = context;
    char path[64];

    if (procs_is_zombie(proc))
        return 0;
    struct candidate *rows = grow(search->candidates, search->ncandidates, sizeof(*rows));
    if (rows == NULL)
        return -ENOMEM;
    search->candidates = rows;
    struct candidate *candidate = &rows[search->ncandidates++];
    *candidate = (struct candidate){.proc = *proc};
    procfs_pidns((uint32_t)proc->pid, &candidate->pidns);
    snprintf(path, sizeof(path), "/proc/%d/root" OWN_PLACE, (int)proc->pid);
    candidate->place = place_of(search, path);
    return 0;
}

static bool sees_place(const struct candidate *candidate, size_t place)
{
    return candidate->place == NO_PLACE || candidate->place == place;
}

/* One that sees another folder than the one that is being listed may have seen it once: the last that can be meant. */
static const struct candidate *process_of(const struct search *search, const struct at_header *header)
{
    const struct candidate *elsewhere = NULL;

    for (size_t i = 0; i < search->ncandidates; i++) {
        const struct candidate *candidate = &search->candidates[i];
        if (candidate->proc.inner_pid != header->pid || candidate->proc.stat.start_ticks != header->start_ticks ||
            (candidate->pidns != 0 && candidate->pidns != header->pidns))
            continue;
        if (sees_place(candidate, search->place))
            return candidate;
        elsewhere = candidate;
    }
    return elsewhere;
}

/* ---- segments ---- */

/* Whether a segment that may not be read counts: one of another user's old process says nothing about this one. */
static bool denial_counts(const struct search *search, const char *path)
{
    struct stat status;

    return search->only == 0 || search->ncandidates == 0 ||
           (lstat(path, &status) == 0 && status.st_uid == search->candidates[0].proc.uid);
}

/* The pid of a live segment whose process was not found: /proc may hide it, or it lives in a namespace that we cannot see,
 * where its pid would mean somebody else to us; then 0. */
static pid_t pid_of_unseen(const struct at_header *header)
{
    return segment_process_exists(header) == 1 ? (pid_t)header->pid : 0;
}

static bool judge_alive(const struct at_header *header, const struct search *search, bool has_process)
{
    const struct segment_view frozen = {.header = *header, .shared = header};
    enum segment_life life = segment_life(&frozen, search->boot_id);

    if (life == SEGMENT_LIFE_EXITED || life == SEGMENT_LIFE_GONE)
        return false;
    return has_process || segment_process_exists(header) != 0;
}

/* One more row, zeroed but for its path; NULL without memory. */
static struct target *add_row(struct target_list *list, const char *path)
{
    struct target *rows = grow(list->rows, list->count, sizeof(*rows));

    if (rows == NULL)
        return NULL;
    list->rows = rows;
    struct target *target = &rows[list->count++];
    memset(target, 0, sizeof(*target));
    snprintf(target->path, sizeof(target->path), "%s", path);
    return target;
}

/* Whose word in this folder goes for a process, besides its users': the folder's owner's, for those who see it. Anybody can
 * have a folder of their own, in namespaces of their own, and lay into it what they like about processes that are not there. */
static uid_t whose_word_counts(const struct search *search, const struct candidate *process)
{
    bool sees = process == NULL || sees_place(process, search->place);

    return sees ? search->places[search->place].owner : geteuid();
}

static int add_target(struct search *search, const char *path, const struct segment_view *view)
{
    const struct at_header *header = &view->header;
    const struct candidate *process = process_of(search, header);
    struct target *target;

    if (!trust_segment(view, process != NULL ? &process->proc : NULL, whose_word_counts(search, process))) {
        search->list->not_believed++;
        return 0;
    }
    if ((target = add_row(search->list, path)) == NULL)
        return -ENOMEM;
    target->header = *header;
    target->owner = view->owner;
    target->kind = judge_alive(header, search, process != NULL) ? TARGET_PROCESS : TARGET_RECORD;
    target->runs = process != NULL;
    if (process != NULL)
        target->pid = process->proc.pid;
    else
        target->pid = target->kind == TARGET_RECORD ? (pid_t)header->pid : pid_of_unseen(header);
    memcpy(target->comm, header->comm, sizeof(target->comm));
    if (target->kind == TARGET_PROCESS && process != NULL)
        memcpy(target->comm, process->proc.comm, sizeof(target->comm));
    /* By its own pid: the process whose folder this was found in first may end before this one does. */
    if (process != NULL && process->place != 0 && process->place == search->place)
        snprintf(target->path, sizeof(target->path), "/proc/%d/root" OWN_PLACE "%s", (int)target->pid,
                 strrchr(path, '/'));
    return 0;
}

/* A segment of a version that this reader does not know is its process's all the same: who wants to watch that one is told
 * why it cannot be. Only its name and its owner are believed; of a process that is gone it says nothing. */
static int add_unknown(struct search *search, const char *path, uint32_t pid, const struct segment_view *view)
{
    for (size_t i = 0; i < search->ncandidates; i++) {
        const struct proc *proc = &search->candidates[i].proc;
        if (proc->inner_pid != pid || !sees_place(&search->candidates[i], search->place))
            continue;
        if (!trust_segment(view, proc, search->places[search->place].owner)) {
            search->list->not_believed++;
            break;
        }
        struct target *target = add_row(search->list, path);
        if (target == NULL)
            return -ENOMEM;
        target->kind = TARGET_PROCESS;
        target->pid = proc->pid;
        memcpy(target->comm, proc->comm, sizeof(target->comm));
        target->header.pid = pid;
        target->header.uid = proc->uid;
        target->owner = view->owner;
        target->header.start_ticks = proc->stat.start_ticks;
        target->header.version_major = view->header.version_major;
        break;
    }
    return 0;
}

static int add_segment(const char *path, void *context)
{
    struct search *search = context;
    struct segment_view view;
    uint32_t pid;

    segment_parse_name(strrchr(path, '/') + 1, &pid);
    uint32_t wanted = search->ncandidates > 0 ? search->candidates[0].proc.inner_pid : (uint32_t)search->only;
    if (search->only != 0 && pid != wanted)
        return 0;
    enum segment_error error = segment_open(&view, path);
    if (error == SEGMENT_DENIED && denial_counts(search, path))
        search->list->denied++;
    if (error == SEGMENT_NEWER)
        return add_unknown(search, path, pid, &view);
    if (error != SEGMENT_OK)
        return 0;
    int result = add_target(search, path, &view);
    segment_close_view(&view);
    return result;
}

/* ---- the list ---- */

static int by_pid_then_newest(const void *a, const void *b)
{
    const struct target *one = a, *other = b;

    if (one->pid != other->pid)
        return one->pid < other->pid ? -1 : 1;
    if (one->header.created_time_ns != other->header.created_time_ns)
        return one->header.created_time_ns > other->header.created_time_ns ? -1 : 1;
    return 0;
}

static int search_all(struct search *search)
{
    /* Ours is place 0, and its segments keep the short path. */
    place_of(search, OWN_PLACE);
    int error;

    if (search->only == 0) {
        error = procs_each(add_process, search);
    } else {
        struct proc proc;
        error = procs_read(&proc, search->only);
        error = error == -ESRCH ? 0 : error == 0 ? add_process(&proc, search) : error;
    }
    for (search->place = 0; error == 0 && search->place < search->nplaces; search->place++) {
        error = segment_list(search->places[search->place].path, add_segment, search);
        /* A folder may go with the last process that had it. */
        error = error == -ENOMEM ? error : 0;
    }
    return error;
}

static int list_targets(struct target_list *list, pid_t only, struct failure *failure)
{
    struct search search = {.list = list, .only = only};

    memset(list, 0, sizeof(*list));
    procfs_boot_id(search.boot_id);
    int error = search_all(&search);
    free(search.candidates);
    free(search.places);
    if (error != 0) {
        target_list_free(list);
        return fail_set_errno(failure, -error, "/proc");
    }
    if (list->count > 1)
        qsort(list->rows, list->count, sizeof(*list->rows), by_pid_then_newest);
    return 0;
}

int target_list(struct target_list *list, struct failure *failure)
{
    return list_targets(list, 0, failure);
}

int target_list_of(struct target_list *list, pid_t pid, struct failure *failure)
{
    return list_targets(list, pid, failure);
}

void target_list_free(struct target_list *list)
{
    free(list->rows);
    memset(list, 0, sizeof(*list));
}
