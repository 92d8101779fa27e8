/* segment_view.c: opens a segment, or a copy of one, read-only, and judges whether its process lives. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "atomics.h"
#include "ordinary.h"
#include "segment.h"

enum segment_error segment_check_header(struct at_header *header, uint64_t file_bytes)
{
    struct ring_reader probe;

    header->comm[sizeof(header->comm) - 1] = '\0';
    header->agent_version[sizeof(header->agent_version) - 1] = '\0';
    header->jemalloc_version[sizeof(header->jemalloc_version) - 1] = '\0';
    header->command[sizeof(header->command) - 1] = '\0';
    if (memcmp(header->magic, AT_MAGIC, sizeof(header->magic)) != 0)
        return SEGMENT_NOT_OURS;
    if (header->version_major != AT_VERSION_MAJOR)
        return SEGMENT_NEWER;
    if (header->header_bytes != AT_HEADER_BYTES || header->state >= AT_STATE_COUNT)
        return SEGMENT_NOT_OURS;
    if (ring_reader_init(&probe, &header->ring, header, header->ring_bytes) != 0)
        return SEGMENT_NOT_OURS;
    return file_bytes < header->header_bytes + header->ring_bytes ? SEGMENT_NOT_OURS : SEGMENT_OK;
}

static enum segment_error error_of(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return SEGMENT_MISSING;
    case EACCES:
    case EPERM:
        return SEGMENT_DENIED;
    case ELOOP: /* links in circles on the way */
    case ENXIO: /* no ordinary file */
        return SEGMENT_NOT_OURS;
    default:
        return SEGMENT_FAILED;
    }
}

/* Reads the header with read(), not through the mapping: a file that is shorter than it says is found out in time. */
static enum segment_error view_file(struct segment_view *view, int fd)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return SEGMENT_FAILED;
    if (!S_ISREG(status.st_mode) || status.st_size < 0)
        return SEGMENT_NOT_OURS;
    view->device = status.st_dev;
    view->inode = status.st_ino;
    view->owner = status.st_uid;
    view->mode = status.st_mode;
    ssize_t got = pread(fd, &view->header, sizeof(view->header), 0);
    if (got < 0)
        return SEGMENT_FAILED;
    if (got != sizeof(view->header))
        return SEGMENT_NOT_OURS;
    enum segment_error error = segment_check_header(&view->header, (uint64_t)status.st_size);
    if (error != SEGMENT_OK)
        return error;

    view->map_bytes = (size_t)(AT_HEADER_BYTES + view->header.ring_bytes);
    void *map = mmap(NULL, view->map_bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return SEGMENT_FAILED;
    view->shared = map;
    return SEGMENT_OK;
}

enum segment_error segment_open(struct segment_view *view, const char *path)
{
    memset(view, 0, sizeof(*view));
    int fd = ordinary_open(path, O_NOFOLLOW);
    if (fd < 0)
        return error_of(errno);
    enum segment_error error = view_file(view, fd);
    int saved = errno;
    close(fd);
    errno = saved;
    return error;
}

void segment_close_view(struct segment_view *view)
{
    if (view->shared != NULL)
        munmap((void *)(uintptr_t)view->shared, view->map_bytes);
    memset(view, 0, sizeof(*view));
}

int segment_reader(const struct segment_view *view, struct ring_reader *reader)
{
    return ring_reader_init(reader, &view->shared->ring, (const unsigned char *)view->shared + AT_HEADER_BYTES,
                            view->header.ring_bytes);
}

static bool same_boot(const struct segment_view *view, const uint8_t *boot_id)
{
    static const uint8_t unknown[16];

    return boot_id == NULL || memcmp(view->header.boot_id, unknown, 16) == 0 ||
           memcmp(view->header.boot_id, boot_id, 16) == 0;
}

enum segment_life segment_life(const struct segment_view *view, const uint8_t *boot_id)
{
    uint32_t state = load_acquire32(&view->shared->state);

    if (state == AT_STATE_EXITED)
        return SEGMENT_LIFE_EXITED;
    if ((load_acquire32(&view->shared->owner_word) & AT_OWNER_DIED) != 0 || !same_boot(view, boot_id))
        return SEGMENT_LIFE_GONE;
    return state == AT_STATE_STARTING ? SEGMENT_LIFE_STARTING : SEGMENT_LIFE_LIVE;
}
