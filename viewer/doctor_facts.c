/* doctor_facts.c: reads what doctor judges of a target. */
#include "doctor_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "doctor_process.h"
#include "target.h"

/* ---- snapshots ---- */

static uint64_t mono_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* One that was taken long enough before the newest, or none. Returns 0, or -1 with *failure set. */
static int read_before(struct doctor_case *one, const struct source_span *span, struct failure *failure)
{
    uint64_t low = span->first, high = span->end, wanted_ns = one->now.head.mono_ns - DOCTOR_IDLE_NS;

    if (one->now.head.mono_ns < DOCTOR_IDLE_NS)
        return 0;
    /* By the clock that nobody sets. What is overwritten meanwhile lies before all others. */
    while (low + 1 < high) {
        uint64_t middle = low + (high - low) / 2;
        enum source_result result = source_read(one->source, middle, &one->before, failure);
        if (result == SOURCE_FAILED)
            return -1;
        if (result == SOURCE_OVERWRITTEN || (result == SOURCE_OK && one->before.head.mono_ns <= wanted_ns))
            low = middle;
        else
            high = middle;
    }
    enum source_result result = source_read(one->source, low, &one->before, failure);
    if (result == SOURCE_OK && one->before.head.mono_ns <= wanted_ns)
        one->facts.before = &one->before;
    return result == SOURCE_FAILED ? -1 : 0;
}

static void note_books(struct doctor_facts *facts, const struct snapshot *snapshot)
{
    facts->books[facts->nbooks++] = (struct doctor_books){.unexplained_bytes = (int64_t)snapshot->process.unexplained,
                                                          .moved_bytes = snapshot->process.moved,
                                                          .threads_unseen = snapshot->agent.threads_unseen};
}

/* The last snapshot of a process that ends meets threads that have gone: it is not asked for its books when there are
 * others. Returns 0, or -1 with *failure set. */
static int read_books(struct doctor_case *one, const struct source_span *span, struct failure *failure)
{
    uint64_t count = span->end - span->first;
    uint64_t first = count > DOCTOR_BOOKS ? span->end - DOCTOR_BOOKS : span->first;

    for (uint64_t place = first; place < span->end; place++) {
        enum source_result result = source_read(one->source, place, &one->other, failure);
        if (result == SOURCE_FAILED)
            return -1;
        if (result == SOURCE_OK && (one->other.head.state != AT_STATE_EXITED || one->facts.nbooks == 0))
            note_books(&one->facts, &one->other);
    }
    return 0;
}

static void measure_history(struct doctor_case *one, const struct source_span *span, const struct snapshot *oldest)
{
    struct doctor_facts *facts = &one->facts;
    const struct at_snapshot *first = &oldest->head, *last = &one->now.head;

    facts->snapshots = span->end - span->first;
    facts->history_ns = last->mono_ns > first->mono_ns ? last->mono_ns - first->mono_ns : 0;
    facts->overwritten = first->seq > 1;
    if (last->seq >= first->seq && last->seq - first->seq + 1 > facts->snapshots)
        facts->missing = last->seq - first->seq + 1 - facts->snapshots;
}

static int read_snapshots(struct doctor_case *one, struct failure *failure)
{
    struct source_span span;
    enum source_result newest, oldest;

    if (source_update(one->source, &span, failure) < 0)
        return -1;
    if (span.state == SOURCE_LIVE && span.beat_ns != 0 && mono_now_ns() > span.beat_ns)
        one->facts.silent_ns = mono_now_ns() - span.beat_ns;
    if (span.first == span.end)
        return 0;
    newest = source_read(one->source, span.end - 1, &one->now, failure);
    oldest = newest == SOURCE_OK ? source_read(one->source, span.first, &one->other, failure) : newest;
    if (newest == SOURCE_FAILED || newest == SOURCE_DAMAGED || oldest == SOURCE_FAILED)
        return -1;
    if (newest != SOURCE_OK)
        return 0;
    one->facts.now = &one->now;
    if (oldest == SOURCE_OK)
        measure_history(one, &span, &one->other);
    return read_books(one, &span, failure) < 0 || read_before(one, &span, failure) < 0 ? -1 : 0;
}

/* ---- the place of segments ---- */

static bool measure_shm(struct doctor_facts *facts, const char *path)
{
    struct statvfs room;

    if (statvfs(path, &room) != 0)
        return false;
    facts->shm_known = true;
    facts->shm_read_only = (room.f_flag & ST_RDONLY) != 0;
    facts->shm_size_bytes = (uint64_t)room.f_blocks * room.f_frsize;
    facts->shm_free_bytes = (uint64_t)room.f_bavail * room.f_frsize;
    return true;
}

static void read_shm(struct doctor_facts *facts, const char *segment)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/root/dev/shm", (int)facts->pid);
    /* Who may not look into the process may see its segment all the same. */
    if (!measure_shm(facts, path) && segment != NULL)
        measure_shm(facts, segment);
}

/* ---- the case ---- */

static enum doctor_subject subject_of(enum target_kind kind)
{
    static const enum doctor_subject subjects[] = {
        [TARGET_PROCESS] = DOCTOR_PROCESS, [TARGET_RECORD] = DOCTOR_RECORD, [TARGET_FILE] = DOCTOR_FILE};

    return subjects[kind];
}

static int open_watched(struct doctor_case *one, const struct target *target, struct failure *failure)
{
    struct doctor_facts *facts = &one->facts;
    struct proc proc;

    if (source_open(&one->source, target, failure) < 0)
        return -1;
    const struct source_about *about = source_about(one->source);
    facts->subject = subject_of(target->kind);
    facts->pid = about->pid;
    memcpy(facts->comm, about->comm, sizeof(facts->comm));
    facts->header = about->header;
    facts->is_recording = about->kind == SOURCE_RECORDING;
    if (read_snapshots(one, failure) < 0)
        return -1;
    if (facts->subject == DOCTOR_PROCESS && facts->pid != 0 && procs_read(&proc, facts->pid) == 0) {
        doctor_process_read(&facts->process, &proc);
        read_shm(facts, about->path);
    }
    return 0;
}

static int fail_denied(const struct proc *proc, struct failure *failure)
{
    int pid = (int)proc->pid;

    if (geteuid() == 0 || geteuid() == proc->uid)
        return fail_set(failure, EXIT_DENIED,
                        "%d (%s): not permitted: the kernel lets nobody look into it, or not with the capabilities "
                        "that this user has here (ptrace)",
                        pid, proc->comm);
    return fail_set(failure, EXIT_DENIED,
                    "%d (%s): not permitted: it is user %u's; run arenatop as that user or as root", pid, proc->comm,
                    (unsigned)proc->uid);
}

static int open_unwatched(struct doctor_case *one, const struct proc *proc, struct failure *failure)
{
    struct doctor_facts *facts = &one->facts;

    facts->subject = DOCTOR_UNWATCHED;
    facts->pid = proc->pid;
    memcpy(facts->comm, proc->comm, sizeof(facts->comm));
    /* Its main thread has ended, others have not, or not yet: /proc tells nothing of such a process. */
    if (proc->stat.state == 'Z' || proc->stat.state == 'X')
        return fail_set(failure, EXIT_NO_TARGET,
                        "%d (%s): it ends, or goes on without its main thread: nothing is known "
                        "of it",
                        (int)proc->pid, proc->comm);
    doctor_process_read(&facts->process, proc);
    if (!facts->process.maps_known)
        return fail_denied(proc, failure);
    doctor_process_read_program(&facts->process, proc);
    read_shm(facts, NULL);
    return 0;
}

int doctor_case_open(struct doctor_case *one, const char *word, struct failure *failure)
{
    struct target target;
    struct proc proc;

    memset(one, 0, sizeof(*one));
    one->facts.own_version = AT_VERSION;
    if (target_await(&target, word, failure) == TARGET_FOUND)
        return open_watched(one, &target, failure);
    size_t count = failure->code == EXIT_NO_TARGET ? target_process(&proc, word) : 0;
    if (count == 1)
        return open_unwatched(one, &proc, failure);
    if (count > 1)
        return fail_set(failure, EXIT_USAGE, "%s: %zu processes have that name; give the pid of one", word, count);
    return -1;
}

void doctor_case_free(struct doctor_case *one)
{
    source_close(one->source);
    snapshot_free(&one->now);
    snapshot_free(&one->before);
    snapshot_free(&one->other);
    memset(one, 0, sizeof(*one));
}
