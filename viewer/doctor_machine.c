/* doctor_machine.c: what stands around the process: its memory limit, /dev/shm, and what this user may see of it. */
#include <unistd.h>

#include "doctor_checks.h"
#include "format.h"

/* In hundredths of the limit. */
#define MEMORY_NOTE    80
#define MEMORY_PROBLEM 95

#define SHM_NONE_BYTES UINT64_C(1048576)  /* the least that one has */
#define SHM_RING_BYTES UINT64_C(16777216) /* a segment's, unless ring_bytes says otherwise */

void doctor_judge_memory(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    uint64_t rss = facts->now->process.rss, limit = facts->now->process.limit;
    char used[FORMAT_BYTES], most[FORMAT_BYTES], share[FORMAT_BYTES];

    format_bytes(used, rss);
    if (limit == 0) {
        doctor_find(finding, DOCTOR_OK, "%s resident, no limit by a control group", used);
        return;
    }
    uint64_t percent = limit >= 100 ? rss / (limit / 100) : 100;
    enum doctor_level level = percent >= MEMORY_PROBLEM ? DOCTOR_PROBLEM
                              : percent >= MEMORY_NOTE  ? DOCTOR_NOTE
                                                        : DOCTOR_OK;
    doctor_find(finding, level, "%s resident, %s of the control group's %s", used, format_percent(share, rss, limit),
                format_bytes(most, limit));
    if (level != DOCTOR_OK)
        doctor_advise(finding, "the kernel kills it at the limit: see which class grows, raise the limit, or give "
                               "unused pages back sooner (dirty_decay_ms in MALLOC_CONF)");
}

void doctor_judge_shm(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    uint64_t ring_bytes = facts->header.ring_bytes != 0 ? facts->header.ring_bytes : SHM_RING_BYTES;
    char room[FORMAT_BYTES], size[FORMAT_BYTES], ring[FORMAT_BYTES];
    enum doctor_level level = DOCTOR_OK;

    if (!facts->shm_known) {
        doctor_find(finding, DOCTOR_NOTE, "its /dev/shm cannot be looked at");
        doctor_advise(finding, "run arenatop as root, or see that it has one: the agent publishes there");
        return;
    }
    if (facts->shm_read_only) {
        doctor_find(finding, DOCTOR_PROBLEM, "its /dev/shm is mounted read-only");
        doctor_advise(finding,
                      "the agent publishes there: mount it for writing (an emptyDir of medium Memory, in Kubernetes)");
        return;
    }
    if (facts->shm_size_bytes == 0) {
        doctor_find(finding, DOCTOR_OK, "its /dev/shm has no limit");
        return;
    }
    if (facts->shm_free_bytes < SHM_NONE_BYTES)
        level = DOCTOR_PROBLEM;
    else if (facts->shm_free_bytes < facts->shm_size_bytes / 2 + SHM_NONE_BYTES + AT_HEADER_BYTES)
        level = DOCTOR_NOTE;
    doctor_find(finding, level, "%s of %s are free in its /dev/shm; a segment takes %s",
                format_bytes(room, facts->shm_free_bytes), format_bytes(size, facts->shm_size_bytes),
                format_bytes(ring, ring_bytes));
    if (level != DOCTOR_OK)
        doctor_advise(finding, "half of it stays free for programs, and the next process, or a child of this one, "
                               "finds no room: 'arenatop gc', smaller rings (ARENATOP_CONF=ring_bytes:1048576), or a "
                               "larger /dev/shm (docker run --shm-size)");
}

void doctor_judge_access(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    const struct doctor_process *process = &facts->process;

    if (process->maps_known && process->environment_known) {
        doctor_find(finding, DOCTOR_OK, "this user may see all of it");
    } else {
        doctor_find(finding, DOCTOR_NOTE, "this user may not see the process's %s%s%s",
                    process->maps_known ? "" : "mappings",
                    process->maps_known || process->environment_known ? "" : " and ",
                    process->environment_known ? "" : "environment");
        doctor_advise(finding, "run arenatop as root, or as user %u, whose process it is", (unsigned)process->uid);
    }
    if (process->nested)
        doctor_add(finding, "; it is pid %u in a pid namespace of its own", (unsigned)process->inner_pid);
}
