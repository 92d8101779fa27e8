/* segment.c: makes a process's own segment and ends it. */
#include "segment.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "atomics.h"
#include "guest.h"
#include "procfs.h"

#define SHM_DIRECTORY "/dev/shm"

/* Memory is allocated piece by piece, in smaller ones where signals come: a host whose profiler interrupts it a thousand
 * times a second would never see the end of one large fallocate, which starts anew after each signal. */
enum { PIECE_MAX = 1 << 18, PIECE_MIN = 1 << 12, INTERRUPTIONS_MAX = 1000 };

_Static_assert(sizeof(pthread_mutex_t) <=
                   sizeof(((struct at_header *)0)->owner_word) + sizeof(((struct at_header *)0)->owner_rest),
               "the mutex has its place in the header");
_Static_assert(offsetof(pthread_mutex_t, __data.__lock) == 0 && sizeof(((pthread_mutex_t *)0)->__data.__lock) == 4,
               "the futex word comes first in a mutex");
_Static_assert(_Alignof(pthread_mutex_t) <= 64, "the mutex is aligned in the header");

/* A segment on its way: everything that has to be undone when a step fails. */
struct draft {
    const struct segment_options *options;
    struct segment_identity identity;
    char path[sizeof(SHM_DIRECTORY) + SEGMENT_NAME_BYTES];
    int fd;
    bool named; /* the file has its name already */
    size_t bytes;
    struct at_header *header;
};

static void path_of(const char *name, char path[sizeof(SHM_DIRECTORY) + SEGMENT_NAME_BYTES])
{
    snprintf(path, sizeof(SHM_DIRECTORY) + SEGMENT_NAME_BYTES, "%s%s", SHM_DIRECTORY, name);
}

static pthread_mutex_t *owner_mutex(struct at_header *header)
{
    return (pthread_mutex_t *)(void *)&header->owner_word;
}

/* ---- making ---- */

/* Removes what a crash in a reused pid, or this process before an exec, has left under our name. */
static int remove_leftover(const char *path)
{
    struct stat status;

    if (lstat(path, &status) != 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISREG(status.st_mode) || status.st_uid != geteuid())
        return -EEXIST;
    return unlink(path) == 0 || errno == ENOENT ? 0 : -errno;
}

void segment_remove_former(void)
{
    struct guest guest = guest_enter();
    struct segment_identity self;
    char name[SEGMENT_NAME_BYTES], path[sizeof(SHM_DIRECTORY) + SEGMENT_NAME_BYTES];

    segment_identify(&self);
    segment_name(&self, name);
    path_of(name, path);
    if (self.start_ticks != 0) /* else the name may be another's that has no /proc */
        remove_leftover(path);
    guest_leave(&guest);
}

static bool may_appear(const struct draft *draft)
{
    const struct segment_options *options = draft->options;

    return options->may_appear == NULL || options->may_appear(options->context);
}

/* A file without a name vanishes with its process, whatever happens before it is complete (allocating memory is where the
 * kernel's OOM killer strikes). A file system that cannot do that gets a name at once. */
static int draft_open(struct draft *draft)
{
    if (draft->named && !may_appear(draft))
        return -ECANCELED;
    draft->fd = draft->named ? open(draft->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR)
                             : open(SHM_DIRECTORY, O_RDWR | O_TMPFILE | O_CLOEXEC, S_IRUSR | S_IWUSR);
    return draft->fd >= 0 ? 0 : -errno;
}

static int draft_permit(const struct draft *draft)
{
    bool shared = draft->options->group != (gid_t)-1;

    if (shared && fchown(draft->fd, (uid_t)-1, draft->options->group) != 0)
        return -errno;
    return fchmod(draft->fd, shared ? S_IRUSR | S_IWUSR | S_IRGRP : S_IRUSR | S_IWUSR) == 0 ? 0 : -errno;
}

static int draft_allocate(const struct draft *draft)
{
    struct rlimit limit;
    size_t at = 0, piece = PIECE_MAX;
    int interruptions = 0;

    /* Above this limit the kernel does not only refuse, it kills with SIGXFSZ. */
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < draft->bytes)
        return -EFBIG;
    while (at < draft->bytes) {
        size_t left = draft->bytes - at;
        int error = posix_fallocate(draft->fd, (off_t)at, (off_t)(left < piece ? left : piece));
        if (error == EINTR && ++interruptions < INTERRUPTIONS_MAX) {
            piece = piece > PIECE_MIN ? piece / 2 : PIECE_MIN;
            continue;
        }
        if (error != 0)
            return -error;
        at += left < piece ? left : piece;
        interruptions = 0;
    }
    return 0;
}

/* A fork child has no use for the parent's segment, and must not find it mapped: the memory would stay in use for as long as
 * the child lives. So it is said at once, before the segment has its name. */
static int draft_map(struct draft *draft)
{
    void *map = mmap(NULL, draft->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, draft->fd, 0);

    if (map == MAP_FAILED)
        return -errno;
    madvise(map, draft->bytes, MADV_DONTFORK);
    draft->header = map;
    return 0;
}

static int init_owner(struct at_header *header)
{
    pthread_mutexattr_t attributes;
    int error = pthread_mutexattr_init(&attributes);

    if (error != 0)
        return -error;
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    error = pthread_mutex_init(owner_mutex(header), &attributes);
    pthread_mutexattr_destroy(&attributes);
    return -error;
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static void copy_text(char *to, size_t capacity, const char *from)
{
    size_t length = from == NULL ? 0 : strnlen(from, capacity - 1);

    if (length > 0)
        memcpy(to, from, length);
    to[length] = '\0';
}

/* The command's name and line; the kernel separates arguments with NULs and ends the name with a newline. */
static void describe_command(struct at_header *header)
{
    ssize_t length = procfs_read_of(0, "cmdline", header->command, sizeof(header->command));

    while (length > 0 && header->command[length - 1] == '\0')
        length--;
    for (ssize_t i = 0; i < length; i++)
        if (header->command[i] == '\0')
            header->command[i] = ' ';
    length = procfs_read_of(0, "comm", header->comm, sizeof(header->comm));
    if (length > 0 && header->comm[length - 1] == '\n')
        header->comm[length - 1] = '\0';
}

/* Fills in all but the magic word. */
static int draft_describe(const struct draft *draft)
{
    struct at_header *header = draft->header;
    const struct segment_options *options = draft->options;

    header->version_major = AT_VERSION_MAJOR; /* NOLINT(clang-analyzer-core.NullDereference): no errno is 0 */
    header->version_minor = AT_VERSION_MINOR;
    header->header_bytes = AT_HEADER_BYTES;
    header->state = AT_STATE_STARTING;
    header->ring_bytes = options->ring_bytes;
    header->pid = draft->identity.pid;
    header->uid = draft->identity.uid;
    header->start_ticks = draft->identity.start_ticks;
    header->pidns = draft->identity.pidns;
    memcpy(header->boot_id, draft->identity.boot_id, sizeof(header->boot_id));
    header->created_time_ns = clock_ns(CLOCK_REALTIME);
    header->created_mono_ns = clock_ns(CLOCK_MONOTONIC);
    header->heartbeat_ns = header->created_mono_ns;
    copy_text(header->agent_version, sizeof(header->agent_version), options->agent_version);
    copy_text(header->jemalloc_version, sizeof(header->jemalloc_version), options->jemalloc_version);
    describe_command(header);
    return init_owner(header);
}

/* The magic word comes last: who sees it sees a whole header. */
static int draft_publish(const struct draft *draft)
{
    char self[40];
    uint64_t magic;

    memcpy(&magic, AT_MAGIC, sizeof(magic));
    store_release64((uint64_t *)(void *)draft->header->magic, magic);
    if (draft->named)
        return 0;
    if (!may_appear(draft))
        return -ECANCELED;
    /* Not /proc/self: the calling thread may have a descriptor table of its own. */
    snprintf(self, sizeof(self), "/proc/thread-self/fd/%d", draft->fd);
    return linkat(AT_FDCWD, self, AT_FDCWD, draft->path, AT_SYMLINK_FOLLOW) == 0 ? 0 : -errno;
}

static int draft_build(struct draft *draft, struct segment *segment)
{
    struct stat status;
    int error = draft_open(draft);

    if (error != 0)
        return error;
    if ((error = draft_permit(draft)) != 0 || (error = draft_allocate(draft)) != 0 || (error = draft_map(draft)) != 0 ||
        (error = draft_describe(draft)) != 0)
        goto out;
    if (fstat(draft->fd, &status) != 0) {
        error = -errno;
        goto out;
    }
    segment->device = status.st_dev;
    segment->inode = status.st_ino;
    error = draft_publish(draft);
out:
    if (error != 0 && draft->header != NULL)
        munmap(draft->header, draft->bytes);
    if (error != 0 && draft->named)
        unlink(draft->path);
    close(draft->fd);
    return error;
}

/* Whether a file that begins without a name failed for want of a way, not of room: O_TMPFILE is not known, or there is
 * no /proc to link it from. */
static bool wants_a_name(int error)
{
    return error == -EOPNOTSUPP || error == -EISDIR || error == -EINVAL || error == -ENOENT || error == -EACCES ||
           error == -EPERM;
}

static int create(struct segment *segment, const struct segment_options *options)
{
    struct draft draft = {.options = options, .bytes = AT_HEADER_BYTES + (size_t)options->ring_bytes};

    if (ring_writer_init(&segment->ring, NULL, NULL, options->ring_bytes) != 0)
        return -EINVAL;
    segment_identify(&draft.identity);
    segment_name(&draft.identity, segment->name);
    path_of(segment->name, draft.path);
    int error = remove_leftover(draft.path);
    if (error != 0)
        return error;
    error = draft_build(&draft, segment);
    if (wants_a_name(error)) {
        draft.named = true;
        draft.header = NULL;
        error = draft_build(&draft, segment);
    }
    if (error != 0)
        return error;
    segment->header = draft.header;
    segment->map_bytes = draft.bytes;
    segment->creator_pid = draft.identity.pid;
    ring_writer_init(&segment->ring, &draft.header->ring, (unsigned char *)draft.header + AT_HEADER_BYTES,
                     options->ring_bytes);
    return 0;
}

int segment_create(struct segment *segment, const struct segment_options *options)
{
    struct guest guest = guest_enter();

    memset(segment, 0, sizeof(*segment));
    int error = create(segment, options);
    if (error != 0)
        memset(segment, 0, sizeof(*segment));
    guest_leave(&guest);
    return error;
}

/* ---- life and end ---- */

int segment_own(struct segment *segment)
{
    pthread_mutex_t *mutex = owner_mutex(segment->header);
    int error = pthread_mutex_trylock(mutex);

    if (error == EOWNERDEAD)
        error = pthread_mutex_consistent(mutex);
    segment->is_owned |= error == 0;
    return -error;
}

void segment_disown(struct segment *segment)
{
    if (segment->is_owned)
        pthread_mutex_unlock(owner_mutex(segment->header));
    segment->is_owned = false;
}

void segment_hold_folder(struct segment *segment)
{
    struct guest guest = guest_enter();
    int fd = open(SHM_DIRECTORY, O_PATH | O_DIRECTORY | O_CLOEXEC);

    segment->folder = fd + 1;
    guest_leave(&guest);
}

void segment_let_folder_go(struct segment *segment)
{
    struct guest guest = guest_enter();

    if (segment->folder != 0)
        close(segment->folder - 1);
    segment->folder = 0;
    guest_leave(&guest);
}

void segment_set_state(struct segment *segment, enum at_state state)
{
    store_release32(&segment->header->state, (uint32_t)state);
}

void segment_beat(struct segment *segment, uint64_t mono_ns)
{
    store_release64(&segment->header->heartbeat_ns, mono_ns);
}

/* In a folder with the sticky bit only its owner may remove a file. A process that has put its rights aside, and may take
 * them up again (seteuid), does so here for this thread and this call alone. */
static int unlink_as_owner(int folder, const char *path, uid_t owner)
{
    int user = setfsuid(owner);
    int failed = unlinkat(folder, path, 0);

    setfsuid((uid_t)user);
    return failed;
}

/* Whether the name is gone. Who else removes it at this moment leaves the ring to those who read it. */
static bool unlink_name(int folder, const char *path, uid_t owner, bool as_owner)
{
    if (unlinkat(folder, path, 0) == 0 || errno == ENOENT)
        return true;
    return as_owner && (unlink_as_owner(folder, path, owner) == 0 || errno == ENOENT);
}

/* Whoever gave up its user for good cannot do that. It keeps the memory from staying in use: the ring is emptied, and its
 * pages given back; what is left is a page, marked as ended, for gc. */
static void give_back_ring(const struct segment *segment)
{
    size_t page = (size_t)getpagesize(), kept = page > AT_HEADER_BYTES ? page : AT_HEADER_BYTES;

    memset(&segment->header->ring, 0, sizeof(segment->header->ring));
    madvise((unsigned char *)segment->header + kept, segment->map_bytes - kept, MADV_REMOVE);
}

static void remove_own_name(const struct segment *segment, bool by_path, bool as_owner)
{
    int folder = by_path || segment->folder == 0 ? AT_FDCWD : segment->folder - 1;
    char path[sizeof(SHM_DIRECTORY) + SEGMENT_NAME_BYTES];
    struct stat status;

    if (folder != AT_FDCWD)
        snprintf(path, sizeof(path), "%s", segment->name + 1);
    else
        path_of(segment->name, path);
    if (fstatat(folder, path, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_dev == segment->device &&
        status.st_ino == segment->inode)
        if (!unlink_name(folder, path, status.st_uid, as_owner))
            give_back_ring(segment);
}

void segment_remove_name(const struct segment *segment, bool by_path, bool as_owner)
{
    struct guest guest = guest_enter();

    if (segment->creator_pid == (uint32_t)getpid())
        remove_own_name(segment, by_path, as_owner);
    guest_leave(&guest);
}

void segment_close(struct segment *segment, bool remove_name)
{
    struct guest guest = guest_enter();

    if (segment->header != NULL) {
        if (remove_name)
            segment_remove_name(segment, false, true);
        segment_let_folder_go(segment);
        munmap(segment->header, segment->map_bytes);
    }
    memset(segment, 0, sizeof(*segment));
    guest_leave(&guest);
}
