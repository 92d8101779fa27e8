/* segment.h: the shared-memory object that holds header and ring: its name, its owner, its life.
 *
 * Writer functions allocate nothing with malloc and are safe in a fork child. Reader functions believe nothing. */
#ifndef AT_SEGMENT_H
#define AT_SEGMENT_H

#include <stdbool.h>
#include <sys/types.h>

#include "arenatop.h"
#include "ring.h"

#define SEGMENT_NAME_BYTES 64

/* What tells one process from every other, also from a later one with the same pid and from one with the same pid in
 * another pid namespace. */
struct segment_identity {
    uint32_t pid; /* in its own pid namespace */
    uint32_t uid;
    uint64_t start_ticks;
    uint64_t pidns;
    uint8_t boot_id[16];
};

/* ---- writer ---- */

struct segment {
    struct at_header *header; /* NULL when there is no segment */
    struct ring_writer ring;
    size_t map_bytes;
    char name[SEGMENT_NAME_BYTES];
    dev_t device;
    ino_t inode;
    int folder;           /* descriptor + 1 of the folder it lies in; 0: none is held */
    uint32_t creator_pid; /* only the process that made a segment may end it: a clone()d child must not */
    bool is_owned;        /* segment_own() gave it to the thread that uses this */
};

struct segment_options {
    uint64_t ring_bytes;
    gid_t group; /* (gid_t)-1: none; else mode 0640 and this group */
    const char *agent_version;
    const char *jemalloc_version;
    /* NULL, or asked right before the name appears, once for each way that is tried: false ends it with -ECANCELED. */
    bool (*may_appear)(void *context);
    void *context;
};

/* Fills in the identity of the calling process. Reads /proc; fields that cannot be read are 0. Returns 0. */
int segment_identify(struct segment_identity *identity);

/* Writes "/arenatop.<pid>.<id>" for an identity: <id> is 16 hex digits hashed from uid, start_ticks, pidns and boot id.
 * The uid is in it so that a process that changes its user and then calls exec is not barred by what it left before. */
void segment_name(const struct segment_identity *identity, char name[SEGMENT_NAME_BYTES]);

/* Makes the calling process's segment, state STARTING, mode 0600 (0640 with a group), its memory allocated for good
 * (posix_fallocate: a sparse file would end in SIGBUS inside the host). A leftover of the same name (an exec, a crash
 * in a reused pid) is unlinked first when it is a regular file of this user; anything else under that name is left alone
 * and fails with -EEXIST. Modes do not depend on the umask. Keeps no file descriptor, and leaves nothing behind when it
 * fails. Takes some milliseconds for a large ring; errno and cancellation of the calling thread stay as they were.
 * Returns 0, or -errno with *segment zeroed: -EINVAL (ring_bytes), -ENOSPC or -ENOMEM (no room), -EFBIG (more than
 * RLIMIT_FSIZE), -EPERM (the group is none of ours), -EROFS, -ENOENT (no /dev/shm), -ECANCELED (may_appear said no), and
 * what else open(2) has. */
int segment_create(struct segment *segment, const struct segment_options *options);

/* Takes the robust mutex in the header for the calling thread, which then owns the segment's life. Returns 0, or -EBUSY
 * when another thread has it. */
int segment_own(struct segment *segment);

/* Gives it back: for a thread that ends before its process does, and always before segment_close, because a held mutex is
 * on a list that libc and the kernel walk. To be called by the thread that owns it; does nothing where there is none. */
void segment_disown(struct segment *segment);

/* Holds the folder open, so that segment_close finds the name there when the process has changed its root or its mounts;
 * and lets it go. For a thread with a descriptor table of its own: to be let go, and held anew, before another thread
 * closes the segment. */
void segment_hold_folder(struct segment *segment);
void segment_let_folder_go(struct segment *segment);

/* Stores state or heartbeat with release. */
void segment_set_state(struct segment *segment, enum at_state state);
void segment_beat(struct segment *segment, uint64_t mono_ns);

/* Removes the name, if it is still ours (same inode) and the caller is the process that made it; what is mapped stays. Any
 * thread, several at once too; `by_path`: it is another's than the one that holds the folder, whose descriptor is not its.
 * A process that has changed its user since may have to be its old self for that, with setfsuid(2), if it may (`as_owner`);
 * where the name has to stay, the ring is emptied and its memory given back. */
void segment_remove_name(const struct segment *segment, bool by_path, bool as_owner);

/* Removes what this same process, still alive, has under its name: left as another program, before an exec, or on its way
 * in a thread that does not get to run. Not for a process whose segment is to stay. Uses no malloc. */
void segment_remove_former(void);

/* Unmaps; with `remove_name` also removes the name, if it is still ours (same inode) and the caller is the process that
 * made it: a fork child only unmaps. A child that shares its parent's memory (vfork, clone with CLONE_VM) must not call
 * it. Leaves *segment zeroed. */
void segment_close(struct segment *segment, bool remove_name);

/* ---- reader ----
 *
 * A view is a mapping of a file that somebody else may cut short at any moment; to touch what is no longer there ends in
 * SIGBUS. No check can prevent that: a reader that must survive it guards every access to `shared`, ring included. */

struct segment_view {
    struct at_header header;        /* checked copy: strings terminated, version, sizes and state in range */
    const struct at_header *shared; /* read-only mapping; may change at any moment, may be a lie */
    size_t map_bytes;
    dev_t device;
    ino_t inode;
    uid_t owner;
    mode_t mode;
};

enum segment_error {
    SEGMENT_OK = 0,
    SEGMENT_MISSING,  /* no such file */
    SEGMENT_DENIED,   /* permission */
    SEGMENT_NOT_OURS, /* not a regular file, or not our magic, or sizes that do not fit */
    SEGMENT_NEWER,    /* a version this reader does not know; header.version_major says which */
    SEGMENT_FAILED    /* errno says why */
};

/* Checks a header that was copied from a segment or a file of `file_bytes` bytes, and terminates its strings in place.
 * Returns SEGMENT_OK, SEGMENT_NOT_OURS or SEGMENT_NEWER. */
enum segment_error segment_check_header(struct at_header *header, uint64_t file_bytes);

/* Opens `path` (in /dev/shm, /proc/<pid>/root/dev/shm, or a copy anywhere) read-only, without following a link in its
 * last component, maps and checks it. A FIFO or device is refused untouched. On an error there is nothing to close;
 * view->header has what could be read of it; of a version that is not known the view's owner and mode are told, too. */
enum segment_error segment_open(struct segment_view *view, const char *path);
void segment_close_view(struct segment_view *view);

/* Starts a ring reader on a view. Returns 0, or -1. */
int segment_reader(const struct segment_view *view, struct ring_reader *reader);

enum segment_life {
    SEGMENT_LIFE_STARTING, /* made; the agent's thread has not begun to publish */
    SEGMENT_LIFE_LIVE,
    SEGMENT_LIFE_EXITED, /* a clean end */
    SEGMENT_LIFE_GONE    /* the owner's death is proven: by the futex word, or another boot */
};

/* Judges by state and owner word, as they are in `shared` now; `boot_id` (16 bytes, may be NULL: not compared) is this
 * machine's. An unowned segment in STARTING or LIVE is not judged gone here: the caller may prove it with
 * segment_process_exists. The same goes for an owned one when the process was killed for want of memory: kernels before
 * 5.18 may free the list of held mutexes before they walk it. */
enum segment_life segment_life(const struct segment_view *view, const uint8_t *boot_id);

/* Whether the process that a header names is there, by pid and start_ticks in /proc, for a reader in the same pid
 * namespace: 1 yes, 0 no (or a zombie, or another boot), -1 cannot be told (other namespace, /proc unreadable or hidden).
 * Uses no malloc. */
int segment_process_exists(const struct at_header *header);

/* Calls `each` for every entry of `directory` whose name is a segment's name, in no order. Stops when it returns
 * non-zero and returns that; 0 at the end; -errno when the directory cannot be read. */
int segment_list(const char *directory, int (*each)(const char *path, void *context), void *context);

/* True when `name` (no slash) has the form of a segment's name; then *pid is the pid in it. */
bool segment_parse_name(const char *name, uint32_t *pid);

/* Removes segments of user `uid` in `directory` whose process is gone: proven by owner word, boot or /proc, or ended
 * cleanly by its own word. With `comm` not NULL only those with that comm, keeping the newest `keep` (at most 64) as
 * far as they take no more than `keep_bytes` of memory; with NULL of all commands. Returns how many it removed, and in
 * *bytes (may be NULL) how much memory that gave back. Uses no malloc: an agent calls it too. Takes about 10 KiB of stack. */
unsigned segment_collect_gone(const char *directory, uid_t uid, const char *comm, unsigned keep, uint64_t keep_bytes,
                              uint64_t *bytes);

#endif
