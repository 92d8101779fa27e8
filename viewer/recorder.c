/* recorder.c: writes a recording, an entry at a time. */
#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "output.h"

/* Higher levels take more time and save next to nothing: packing has done the work. */
enum { LEVEL = 5 };

/* ---- the file ---- */

/* Writes at `offset`, all or nothing. Returns 0, or -1 with errno and the file cut back to `offset`. */
static int write_all(int fd, const void *bytes, size_t count, uint64_t offset)
{
    size_t done = 0;

    while (done < count) {
        ssize_t wrote = pwrite(fd, (const char *)bytes + done, count - done, (off_t)(offset + done));
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0) {
            int error = wrote < 0 ? errno : ENOSPC;
            /* A tail that cannot be cut off does no harm: readers leave it out. */
            if (ftruncate(fd, (off_t)offset) != 0)
                errno = 0;
            errno = error;
            return -1;
        }
        done += (size_t)wrote;
    }
    return 0;
}

static int write_head(struct recorder *recorder, const struct source_about *about)
{
    struct recording_file *file = &recorder->file;
    int fd = file->fd;

    memset(file, 0, sizeof(*file));
    file->fd = fd;
    file->head.frame = RECORDING_HEAD_FRAME;
    file->head.frame_bytes = sizeof(file->head) - 8;
    memcpy(file->head.magic, RECORDING_MAGIC, sizeof(file->head.magic));
    file->head.version = RECORDING_VERSION;
    file->head.header = about->header;
    /* Who it is, as this viewer sees them: a name may have changed since the segment was made, a pid be another here. */
    memcpy(file->head.header.comm, about->comm, sizeof(file->head.header.comm));
    file->head.viewer_pid = (uint32_t)about->pid;
    file->head.check = recording_check_head(&file->head);
    file->empty = true;
    file->bytes = file->end = sizeof(file->head);
    return write_all(fd, &file->head, sizeof(file->head), 0);
}

static bool is_same_process(const struct at_header *one, const struct at_header *other)
{
    return one->pid == other->pid && one->start_ticks == other->start_ticks && one->pidns == other->pidns &&
           one->created_time_ns == other->created_time_ns && memcmp(one->boot_id, other->boot_id, 16) == 0;
}

/* Goes on with what is in the file. */
static int resume(struct recorder *recorder, const struct source_about *about, struct failure *failure)
{
    struct recording_file *file = &recorder->file;
    const char *path = recorder->path;

    switch (recording_open(file, file->fd)) {
    case RECORDING_OK:
        break;
    case RECORDING_NOT_OURS:
        return fail_set(failure, EXIT_FAILED, "%s: is there and is no recording; it stays as it is", path);
    case RECORDING_FAILED:
        return fail_set_errno(failure, errno, path);
    default:
        return fail_set(failure, EXIT_FAILED,
                        "%s: a recording that is damaged or of a newer version; give another file", path);
    }
    if (!is_same_process(&file->head.header, &about->header))
        return fail_set(failure, EXIT_FAILED, "%s: a recording of another process, %u; give another file", path,
                        (unsigned)file->head.viewer_pid);
    if (file->bytes > file->end && ftruncate(file->fd, (off_t)file->end) != 0)
        return fail_set_errno(failure, errno, path);
    recorder->cut_off = file->bytes > file->end;
    file->bytes = file->end;
    if (!file->empty && recording_read_entry(file, file->last.key, &recorder->key) != RECORDING_OK)
        return fail_set(failure, EXIT_FAILED, "%s: damaged; give another file", path);
    return 0;
}

static int start(struct recorder *recorder, const struct source_about *about, struct failure *failure)
{
    struct stat status;
    int fd = recorder->file.fd;

    if (fstat(fd, &status) != 0)
        return fail_set_errno(failure, errno, recorder->path);
    if (!S_ISREG(status.st_mode))
        return fail_set(failure, EXIT_FAILED, "%s: not an ordinary file", recorder->path);
    if (output_lies_in_wait(recorder->path)) /* since it was opened */
        return fail_set_errno(failure, EACCES, recorder->path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return fail_set(failure, EXIT_FAILED, "%s: another recorder writes it", recorder->path);
    if (status.st_size > 0)
        return resume(recorder, about, failure);
    /* The file and its name first, so that what is written from here on can be found after any end. */
    if (write_head(recorder, about) < 0 || fsync(fd) != 0 || output_sync_folder(recorder->path) < 0)
        return fail_set_errno(failure, errno, recorder->path);
    return 0;
}

int recorder_open(struct recorder *recorder, const char *path, const struct source_about *about,
                  struct failure *failure)
{
    memset(recorder, 0, sizeof(*recorder));
    recorder->path = path;
    /* A full disk ends in an error, not in a signal; the limit of RLIMIT_FSIZE is a disk that is full. */
    signal(SIGXFSZ, SIG_IGN);
    if (output_lies_in_wait(path))
        return fail_set_errno(failure, EACCES, path);
    recorder->file.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
    if (recorder->file.fd < 0)
        return fail_set_errno(failure, errno, path);
    recorder->context = ZSTD_createCCtx();
    if (recorder->context == NULL)
        fail_set_errno(failure, ENOMEM, path);
    else if (start(recorder, about, failure) == 0)
        return 0;
    ZSTD_freeCCtx(recorder->context);
    close(recorder->file.fd);
    return -1;
}

int recorder_check(const struct recorder *recorder, struct failure *failure)
{
    struct stat status;

    if (fstat(recorder->file.fd, &status) != 0)
        return fail_set_errno(failure, errno, recorder->path);
    if (status.st_nlink == 0)
        return fail_set(failure, EXIT_FAILED, "%s: was removed while it was written", recorder->path);
    if ((uint64_t)status.st_size < recorder->file.end)
        return fail_set(failure, EXIT_FAILED, "%s: was cut short by somebody else while it was written",
                        recorder->path);
    return 0;
}

uint64_t recorder_last_seq(const struct recorder *recorder)
{
    return recorder->file.empty ? 0 : recorder->file.last.seq;
}

/* ---- one entry ---- */

/* Packs and compresses behind the place of the entry in `frame`. Returns the size of the zstd frame, 0 on failure. */
static size_t compress(struct recorder *recorder, const void *payload, size_t bytes, bool is_key)
{
    size_t bound = ZSTD_compressBound(bytes);
    const void *before = is_key ? NULL : recorder->before.bytes;

    if (buffer_reserve(&recorder->packed, bytes) < 0 ||
        buffer_reserve(&recorder->frame, sizeof(struct recording_entry) + bound) < 0 ||
        recording_pack(recorder->packed.bytes, payload, bytes, before, recorder->before_bytes) < 0)
        return 0;
    ZSTD_CCtx_setParameter(recorder->context, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(recorder->context, ZSTD_c_checksumFlag, 1);
    ZSTD_CCtx_setParameter(recorder->context, ZSTD_c_checksumFlag, 1);
    size_t size = ZSTD_compress2(recorder->context, (char *)recorder->frame.bytes + sizeof(struct recording_entry),
                                 bound, recorder->packed.bytes, bytes);
    return ZSTD_isError(size) ? 0 : size;
}

/* Where a new key's jump leads: twice as far as its predecessor's if that went as far as the one before it did. */
static int choose_jump(const struct recorder *recorder, struct recording_entry *key)
{
    const struct recording_entry *previous = &recorder->key;
    struct recording_entry jump, far;

    if (recorder->file.empty) {
        key->previous = key->jump = key->offset;
        return 0;
    }
    if (recording_read_entry(&recorder->file, previous->jump, &jump) != RECORDING_OK ||
        recording_read_entry(&recorder->file, jump.jump, &far) != RECORDING_OK)
        return -1;
    key->previous = previous->offset;
    key->depth = previous->depth + 1;
    key->jump = previous->depth - jump.depth == jump.depth - far.depth ? far.offset : previous->offset;
    return 0;
}

static int fill_entry(const struct recorder *recorder, struct recording_entry *entry, const void *payload, size_t bytes,
                      uint64_t lost, bool is_key)
{
    const struct recording_file *file = &recorder->file;
    struct at_snapshot head;

    memcpy(&head, payload, sizeof(head));
    *entry = (struct recording_entry){.frame = RECORDING_ENTRY_FRAME,
                                      .frame_bytes = sizeof(*entry) - 8,
                                      .offset = file->end,
                                      .place = file->empty ? 0 : file->last.place + 1,
                                      .seq = head.seq,
                                      .time_ns = head.time_ns,
                                      .lost = (file->empty ? 0 : file->last.lost) + lost,
                                      .payload_bytes = (uint32_t)bytes};
    memcpy(entry->magic, RECORDING_ENTRY_MAGIC, sizeof(entry->magic));
    entry->key = is_key ? entry->offset : recorder->key.offset;
    return is_key ? choose_jump(recorder, entry) : 0;
}

static bool begins_group(const struct recorder *recorder, size_t bytes)
{
    /* Without the payload before (at the start, and when a recording is resumed) there is nothing to compare with. */
    return recorder->before_bytes == 0 || recorder->file.last.place - recorder->key.place + 1 >= RECORDING_GROUP ||
           recorder->group_bytes + bytes > RECORDING_GROUP_BYTES;
}

/* For the next entry. Without memory for that the next one is a key. */
static void remember(struct recorder *recorder, const void *payload, size_t bytes)
{
    recorder->before_bytes = 0;
    if (buffer_reserve(&recorder->before, bytes) < 0)
        return;
    memcpy(recorder->before.bytes, payload, bytes);
    recorder->before_bytes = bytes;
}

static void entry_was_written(struct recorder *recorder, const struct recording_entry *entry, bool is_key)
{
    struct recording_file *file = &recorder->file;

    file->last = *entry;
    file->empty = false;
    file->end = file->bytes = recording_next_offset(entry);
    recorder->group_bytes = (is_key ? 0 : recorder->group_bytes) + entry->payload_bytes;
    if (is_key)
        recorder->key = *entry;
}

int recorder_append(struct recorder *recorder, const void *payload, size_t bytes, uint64_t lost,
                    struct failure *failure)
{
    struct recording_file *file = &recorder->file;
    struct recording_entry entry;
    bool is_key = begins_group(recorder, bytes);

    if (bytes < sizeof(struct at_snapshot) || bytes % 8 != 0 || bytes > RECORDING_PAYLOAD_BYTES)
        return fail_set(failure, EXIT_FAILED, "%s: a snapshot that cannot be recorded, of %zu bytes", recorder->path,
                        bytes);
    if (recorder_check(recorder, failure) < 0)
        return -1;
    if (fill_entry(recorder, &entry, payload, bytes, lost, is_key) < 0)
        return fail_set(failure, EXIT_FAILED, "%s: damaged while it was written", recorder->path);
    size_t packed = compress(recorder, payload, bytes, is_key);
    if (packed == 0)
        return fail_set_errno(failure, ENOMEM, recorder->path);
    entry.packed_bytes = (uint32_t)packed;
    entry.check = recording_check_entry(&entry);
    memcpy(recorder->frame.bytes, &entry, sizeof(entry));
    if (write_all(file->fd, recorder->frame.bytes, sizeof(entry) + packed, file->end) < 0)
        return fail_set_errno(failure, errno, recorder->path);
    remember(recorder, payload, bytes);
    entry_was_written(recorder, &entry, is_key);
    /* The kernel has it: it survives any end of this program. When power fails, what came to the disk is in no order: an entry
     * without what precedes it, a size without its bytes. So nothing is ever changed that was written before; an entry and
     * its frame say themselves whether they are whole; and with each key the disk is asked to have all that stands before
     * the next group, which then is all that can be lost. */
    if (is_key && fdatasync(file->fd) != 0)
        return fail_set_errno(failure, errno, recorder->path);
    return 0;
}

int recorder_close(struct recorder *recorder, struct failure *failure)
{
    const char *path = recorder->path;
    int checked = recorder_check(recorder, failure);
    int error = fsync(recorder->file.fd) == 0 ? 0 : errno;

    close(recorder->file.fd);
    ZSTD_freeCCtx(recorder->context);
    buffer_free(&recorder->before);
    buffer_free(&recorder->packed);
    buffer_free(&recorder->frame);
    memset(recorder, 0, sizeof(*recorder));
    return error == 0 ? checked : fail_set_errno(failure, error, path);
}
