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
    uint32_t creator_pid; /* only the process that made a segment may end it: a clone()d child must not */
};

struct segment_options {
    uint64_t ring_bytes;
    gid_t group; /* (gid_t)-1: none; else mode 0640 and this group */
    const char *agent_version;
    const char *jemalloc_version;
};

/* Fills in the identity of the calling process. Reads /proc; fields that cannot be read are 0. Returns 0 or -errno. */
int segment_identify(struct segment_identity *identity);

/* Writes "/arenatop.<pid>.<id>" for an identity: <id> is 16 hex digits hashed from pidns, start_ticks and boot id. */
void segment_name(const struct segment_identity *identity, char name[SEGMENT_NAME_BYTES]);

/* Makes the calling process's segment, state STARTING, mode 0600 (0640 with a group), its memory allocated for good
 * (posix_fallocate: a sparse file would end in SIGBUS inside the host). A leftover of the same name (an exec, a crash
 * in a reused pid) is unlinked first when it is a regular file of this user; anything else under that name is left alone
 * and fails with -EEXIST. Restores umask-proof modes with fchmod. Keeps no file descriptor.
 * Returns 0, or -errno with *segment zeroed. */
int segment_create(struct segment *segment, const struct segment_options *options);

/* Takes the robust mutex in the header for the calling thread, which then owns the segment's life. Returns 0 or -errno. */
int segment_own(struct segment *segment);

/* Gives it back, for a thread that ends before its process does. */
void segment_disown(struct segment *segment);

/* Stores state or heartbeat with release. */
void segment_set_state(struct segment *segment, enum at_state state);
void segment_beat(struct segment *segment, uint64_t mono_ns);

/* Unmaps; with `unlink` also removes the name, if it is still ours (same inode). Does nothing in a process other than the
 * creator but unmap. Leaves *segment zeroed. */
void segment_close(struct segment *segment, bool unlink);

/* ---- reader ---- */

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

/* Opens `path` (in /dev/shm, /proc/<pid>/root/dev/shm, or a copy anywhere) read-only, without following a link in its
 * last component, maps and checks it. A FIFO or device is refused without blocking. */
enum segment_error segment_open(struct segment_view *view, const char *path);
void segment_close_view(struct segment_view *view);

/* Starts a ring reader on a view. Returns 0, or -1. */
int segment_reader(const struct segment_view *view, struct ring_reader *reader);

enum segment_life {
    SEGMENT_LIFE_STARTING, /* made, not yet owned by the agent's thread */
    SEGMENT_LIFE_LIVE,
    SEGMENT_LIFE_EXITED, /* a clean end */
    SEGMENT_LIFE_GONE    /* the owner's death is proven: by the futex word, or another boot */
};

/* Judges by state and owner word; `boot_id` (16 bytes, may be NULL: not compared) is this machine's. An unowned segment
 * in STARTING or LIVE is not judged gone here: the caller may prove it by pid and start_ticks. */
enum segment_life segment_life(const struct segment_view *view, const uint8_t *boot_id);

/* Whether the process that a header names is there, by pid and start_ticks in /proc, for a reader in the same pid
 * namespace: 1 yes, 0 no, -1 cannot be told (other namespace, /proc unreadable). */
int segment_process_exists(const struct at_header *header);

/* Calls `each` for every entry of `directory` whose name is a segment's name, in no order. Stops when it returns
 * non-zero and returns that; 0 at the end; -errno when the directory cannot be read. */
int segment_list(const char *directory, int (*each)(const char *path, void *context), void *context);

/* True when `name` (no slash) has the form of a segment's name; then *pid is the pid in it. */
bool segment_parse_name(const char *name, uint32_t *pid);

/* Removes segments of user `uid` in `directory` whose process is proven gone. With `comm` not NULL only those with that
 * comm, keeping the newest `keep`; with NULL all (`keep` 0). Returns how many it removed, and in *bytes (may be NULL)
 * how much memory that gave back. Uses no malloc: an agent calls it too. */
unsigned segment_collect_gone(const char *directory, uid_t uid, const char *comm, unsigned keep, uint64_t *bytes);

#endif
