/* segment_list.c: finds segments in a directory, and removes those whose process is gone. Uses no malloc. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"
#include "procfs.h"
#include "segment.h"

enum { ENTRIES_BYTES = 4096, PATH_BYTES = 4096, KEEP_MAX = 64 };

/* Calls `each` for the entries of `directory` that have a segment's name. opendir() would allocate. */
static int walk(const char *directory, int (*each)(int directory_fd, const char *name, void *context), void *context)
{
    _Alignas(struct dirent64) char entries[ENTRIES_BYTES];
    int result = 0;
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    while (result == 0) {
        ssize_t got = getdents64(fd, entries, sizeof(entries));
        if (got <= 0) {
            result = got < 0 ? -errno : 0;
            break;
        }
        for (ssize_t at = 0; at < got && result == 0;) {
            const struct dirent64 *entry = (const struct dirent64 *)(const void *)(entries + at);
            uint32_t pid;
            if (segment_parse_name(entry->d_name, &pid))
                result = each(fd, entry->d_name, context);
            at += entry->d_reclen;
        }
    }
    close(fd);
    return result;
}

/* ---- listing ---- */

struct listing {
    const char *directory;
    int (*each)(const char *path, void *context);
    void *context;
};

static int list_entry(int directory_fd, const char *name, void *context)
{
    const struct listing *listing = context;
    char path[PATH_BYTES];
    int length = snprintf(path, sizeof(path), "%s/%s", listing->directory, name);

    (void)directory_fd;
    return length > 0 && (size_t)length < sizeof(path) ? listing->each(path, listing->context) : -ENAMETOOLONG;
}

int segment_list(const char *directory, int (*each)(const char *path, void *context), void *context)
{
    struct listing listing = {.directory = directory, .each = each, .context = context};

    return walk(directory, list_entry, &listing);
}

/* ---- collecting ---- */

struct collection {
    uid_t uid;
    const char *comm;
    const uint8_t *boot_id;
    unsigned keep;
    /* The first pass finds the newest `keep` of the gone ones, newest first; the second removes what is older. */
    struct kept {
        uint64_t created_ns, bytes;
    } newest[KEEP_MAX];
    unsigned kept;
    uint64_t keeps_from; /* what was made before is removed */
    bool removing;
    unsigned removed;
    uint64_t bytes;
};

/* Whether the process is gone for sure. A clean end is the process's own word for it. */
static bool is_gone(const struct at_header *header, const uint8_t *boot_id)
{
    const struct segment_view view = {.header = *header, .shared = header};
    enum segment_life life = segment_life(&view, boot_id);

    return life == SEGMENT_LIFE_EXITED || life == SEGMENT_LIFE_GONE || segment_process_exists(header) == 0;
}

/* Reads the header of an entry that the collection is about: of this user, whole, of this command, and gone. */
static bool read_candidate(int directory_fd, const char *name, const struct collection *c, struct at_header *header,
                           struct stat *status)
{
    int fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return false;
    bool read_whole = fstat(fd, status) == 0 && S_ISREG(status->st_mode) && status->st_uid == c->uid &&
                      pread(fd, header, sizeof(*header), 0) == (ssize_t)sizeof(*header);
    close(fd);
    return read_whole && segment_check_header(header, (uint64_t)status->st_size) == SEGMENT_OK &&
           (c->comm == NULL || strcmp(header->comm, c->comm) == 0) && is_gone(header, c->boot_id);
}

static uint64_t memory_of(const struct stat *status)
{
    return (uint64_t)status->st_blocks * 512;
}

static void remember_newest(struct collection *c, uint64_t created_ns, uint64_t bytes)
{
    unsigned at = c->kept;

    while (at > 0 && c->newest[at - 1].created_ns < created_ns)
        at--;
    if (at == c->keep)
        return;
    if (c->kept < c->keep)
        c->kept++;
    memmove(&c->newest[at + 1], &c->newest[at], (c->kept - 1 - at) * sizeof(c->newest[0]));
    c->newest[at] = (struct kept){created_ns, bytes};
}

/* Of these as many as take no more than `most` together; with all of them, what is gone since is kept, too. */
static void keep_within(struct collection *c, uint64_t most)
{
    unsigned fit = 0;

    for (; fit < c->kept && c->newest[fit].bytes <= most; fit++)
        most -= c->newest[fit].bytes;
    bool has_room = fit == c->kept && fit < c->keep;
    uint64_t oldest = fit > 0 ? c->newest[fit - 1].created_ns : UINT64_MAX;
    c->keeps_from = has_room ? 0 : oldest;
}

static bool is_kept(const struct collection *c, uint64_t created_ns)
{
    return c->keep > 0 && created_ns >= c->keeps_from;
}

static int collect_entry(int directory_fd, const char *name, void *context)
{
    struct collection *c = context;
    struct at_header header;
    struct stat judged, now;

    if (!read_candidate(directory_fd, name, c, &header, &judged))
        return 0;
    if (!c->removing) {
        remember_newest(c, header.created_time_ns, memory_of(&judged));
        return 0;
    }
    /* An exec may have put a new segment in the place of the one that was judged. */
    if (is_kept(c, header.created_time_ns) || fstatat(directory_fd, name, &now, AT_SYMLINK_NOFOLLOW) != 0 ||
        now.st_ino != judged.st_ino || unlinkat(directory_fd, name, 0) != 0)
        return 0;
    c->removed++;
    c->bytes += memory_of(&judged);
    return 0;
}

unsigned segment_collect_gone(const char *directory, uid_t uid, const char *comm, unsigned keep, uint64_t keep_bytes,
                              uint64_t *bytes)
{
    struct guest guest = guest_enter();
    uint8_t boot_id[16];
    struct collection c = {.uid = uid, .comm = comm, .keep = keep < KEEP_MAX ? keep : KEEP_MAX};

    if (procfs_boot_id(boot_id) == 0)
        c.boot_id = boot_id;
    if (c.keep > 0)
        walk(directory, collect_entry, &c);
    keep_within(&c, keep_bytes);
    c.removing = true;
    walk(directory, collect_entry, &c);
    if (bytes != NULL)
        *bytes = c.bytes;
    guest_leave(&guest);
    return c.removed;
}
