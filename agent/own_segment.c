/* own_segment.c: makes the process's own segment and takes its name away again. */
#include "own_segment.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "agent.h"
#include "atomics.h"
#include "confine.h"
#include "lines.h"
#include "say.h"

#define GONE_KEPT 4u

#define TOO_MUCH (-4096) /* no errno: half of /dev/shm would not stay free */

/* Two write it: the agent's thread, and whoever ends the process without waiting for it any longer. From OVER it never goes
 * back. */
enum name { NAMELESS, NAMING, NAMED, OVER };

/* ---- making ---- */

void own_segment_make_room(void)
{
    char comm[AT_THREAD_NAME_BYTES + 1];
    struct statvfs room;
    uint64_t quarter = UINT64_MAX; /* where it has no limit, or tells none */
    long length = lines_read_whole("/proc/self/comm", comm, sizeof comm);
    if (length <= 0)
        return;
    comm[strcspn(comm, "\n")] = '\0';
    if (statvfs("/dev/shm", &room) == 0 && room.f_blocks != 0)
        quarter = (uint64_t)room.f_blocks * room.f_frsize / 4;
    segment_collect_gone("/dev/shm", geteuid(), comm, GONE_KEPT, quarter, NULL);
}

/* Whether half of /dev/shm stays free when that much more of it is taken. Where it has no limit, or tells none, yes. */
static bool leaves_half(uint64_t bytes)
{
    struct statvfs room;
    if (statvfs("/dev/shm", &room) != 0 || room.f_blocks == 0)
        return true;
    uint64_t half = (uint64_t)room.f_blocks * room.f_frsize / 2;
    return (uint64_t)room.f_bavail * room.f_frsize >= half + bytes;
}

/* Asked when its memory is allocated: several that found room at the same time may have taken it all. */
static bool may_appear(void *context)
{
    struct own_segment *own = context;
    uint32_t name = NAMELESS;
    return leaves_half(0) && (swap_if32(&own->name, &name, NAMING) || name == NAMING);
}

/* Where the process was ended meanwhile it stays OVER: own_segment_end, which is next then, removes what has appeared. */
static void note_name(struct own_segment *own, enum name name)
{
    uint32_t naming = NAMING;
    swap_if32(&own->name, &naming, (uint32_t)name);
}

static int make(struct own_segment *own, uint64_t ring_bytes)
{
    const struct segment_options options = {.ring_bytes = ring_bytes,
                                            .group = agent.conf.group,
                                            .agent_version = AT_VERSION,
                                            .jemalloc_version = agent.jemalloc.version,
                                            .may_appear = may_appear,
                                            .context = own};
    if (!leaves_half(AT_HEADER_BYTES + ring_bytes))
        return TOO_MUCH;
    int failed = segment_create(&own->segment, &options);
    note_name(own, failed == 0 ? NAMED : NAMELESS);
    return failed == -ECANCELED && load_acquire32(&own->name) != OVER ? TOO_MUCH : failed;
}

static bool has_parent(const struct own_segment *own)
{
    return own->parent != 0 && !confine_forbids(CONFINE_SAY) && getppid() == own->parent;
}

static void say_what_is_wrong(const struct own_segment *own, int failed, uint64_t ring_bytes)
{
    bool less = failed == 0 && agent.conf.ring_bytes_set && ring_bytes < agent.conf.ring_bytes;
    if (failed == -ECANCELED || (failed == 0 && !less) || has_parent(own))
        return;
    if (less)
        say_warning("ring_bytes is %llu here: half of /dev/shm stays free for the program",
                    (unsigned long long)ring_bytes);
    else if (failed == TOO_MUCH)
        say_warning("no segment in /dev/shm: half of it stays free for the program; this process runs on and cannot be "
                    "watched: enlarge it (--shm-size) or lower ring_bytes");
    else
        say_warning("no segment in /dev/shm: %s; this process runs on and cannot be watched", strerrordesc_np(-failed));
}

static bool is_for_want_of_room(int failed)
{
    return failed == TOO_MUCH || failed == -ENOSPC || failed == -EDQUOT;
}

bool own_segment_open(struct own_segment *own, uint64_t ring_bytes)
{
    if (own->segment.header != NULL || own->failed)
        return false;
    int failed = make(own, ring_bytes);
    while (is_for_want_of_room(failed) && ring_bytes / 2 >= AT_RING_BYTES_MIN)
        failed = make(own, ring_bytes /= 2);
    own->failed = failed != 0;
    say_what_is_wrong(own, failed, ring_bytes);
    return failed == 0;
}

void own_segment_forget(struct own_segment *own, pid_t parent)
{
    *own = (struct own_segment){.parent = parent};
}

/* ---- the end ---- */

void own_segment_end(struct own_segment *own, bool keep)
{
    if (own->segment.header != NULL) {
        segment_set_state(&own->segment, AT_STATE_EXITED);
        segment_disown(&own->segment);
        if (!keep)
            segment_remove_name(&own->segment, false, !confine_forbids(CONFINE_OWNER));
    } else {
        segment_remove_former();
    }
    store_release32(&own->name, OVER);
}

/* A name that the thread has not made yet it will not make any more. One that it is just making is known; if it appears only
 * after this, the thread runs again, and removes it. */
void own_segment_take_away(struct own_segment *own, bool keep, bool allowed)
{
    uint32_t name = NAMELESS;
    swap_if32(&own->name, &name, OVER);
    if (name == OVER)
        return;
    if (name == NAMED)
        segment_set_state(&own->segment, AT_STATE_EXITED);
    if (name == NAMED && allowed && !keep)
        segment_remove_name(&own->segment, true, !confine_forbids(CONFINE_OWNER));
    else if (name != NAMED && allowed && !(keep && name == NAMING))
        segment_remove_former();
    store_release32(&own->name, OVER);
}
