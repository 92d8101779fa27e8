/* source_recording.c: a recording as a source. Of the group that was read last the payloads are kept, because steps go
 * one by one, backwards too, and each is packed relative to the one before. */
#include "source_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "buffer.h"
#include "recording_file.h"

/* Places in a row that may be damaged, some hours' worth: in a file with holes an entry may claim any number of places before
 * it, and nobody is to look for all of them. */
enum { DAMAGED_MOST = 1 << 16 };

struct source_recording {
    struct source base;
    struct recording_file file;
    struct recording_entry entry; /* the newest one whose payload is kept; its key begins the group */
    uint64_t first;               /* place of the group's key */
    size_t kept;                  /* payloads, from the key on */
    struct buffer payloads[RECORDING_GROUP];
    size_t payload_bytes[RECORDING_GROUP];
    uint64_t group_bytes;
    unsigned damaged; /* places in a row that were */
    ZSTD_DCtx *context;
    struct buffer frame, packed;
};

static struct source_recording *recording_of(struct source *source)
{
    return (struct source_recording *)(void *)source;
}

static int fail_recording(const struct source_recording *recording, enum recording_error error, struct failure *failure)
{
    const char *path = recording->base.path;

    switch (error) {
    case RECORDING_NOT_OURS:
        return fail_set(failure, EXIT_FAILED, "%s: neither a segment nor a recording of arenatop", path);
    case RECORDING_NEWER:
        return fail_set(failure, EXIT_FAILED,
                        "%s: written by another version, format %u; this arenatop reads format %u", path,
                        recording->file.head.version, RECORDING_VERSION);
    case RECORDING_FAILED:
        return fail_set_errno(failure, errno, path);
    default:
        return fail_set(failure, EXIT_FAILED, "%s: a recording that is damaged or cut short", path);
    }
}

/* The same of one place: where it is damaged, others may be whole, unless they are gone. */
static enum source_result fail_place(struct source_recording *recording, enum recording_error error,
                                     struct failure *failure)
{
    struct stat status;
    bool has_shrunk = fstat(recording->file.fd, &status) != 0 || (uint64_t)status.st_size < recording->file.end;

    fail_recording(recording, error, failure);
    if (error != RECORDING_DAMAGED || has_shrunk || recording->damaged == DAMAGED_MOST)
        return SOURCE_FAILED;
    recording->damaged++;
    return SOURCE_DAMAGED;
}

/* ---- groups ---- */

/* Buffers stay for the next group, unless they have become more than a group should need. */
static void forget_group(struct source_recording *recording)
{
    bool keep = recording->group_bytes <= RECORDING_GROUP_BYTES;

    for (size_t i = 0; i < RECORDING_GROUP && !keep; i++)
        buffer_free(&recording->payloads[i]);
    recording->kept = 0;
    recording->group_bytes = 0;
}

/* Reads and unpacks the entry behind what is kept into the next buffer. */
static enum recording_error unpack_next(struct source_recording *recording, const struct recording_entry *entry)
{
    size_t at = recording->kept;
    const void *before = at > 0 ? recording->payloads[at - 1].bytes : NULL;
    size_t before_bytes = at > 0 ? recording->payload_bytes[at - 1] : 0;
    enum recording_error error = recording_read_packed(&recording->file, entry, recording->context,
                                                       recording->frame.bytes, recording->packed.bytes);

    if (error == RECORDING_OK && recording_unpack(recording->payloads[at].bytes, recording->packed.bytes,
                                                  entry->payload_bytes, before, before_bytes) < 0)
        error = RECORDING_DAMAGED;
    return error;
}

/* Keeps one entry more. SOURCE_OK, or *failure is set. */
static enum source_result keep_entry(struct source_recording *recording, const struct recording_entry *entry,
                                     struct failure *failure)
{
    size_t bytes = entry->payload_bytes, at = recording->kept;

    if (at == RECORDING_GROUP || (at > 0 && recording->group_bytes + bytes > RECORDING_GROUP_BYTES))
        return fail_place(recording, RECORDING_DAMAGED, failure);
    if (buffer_reserve(&recording->payloads[at], bytes + 8) < 0 ||
        buffer_reserve(&recording->frame, entry->packed_bytes) < 0 ||
        buffer_reserve(&recording->packed, bytes + 8) < 0) {
        fail_set_errno(failure, ENOMEM, recording->base.path);
        return SOURCE_FAILED;
    }
    enum recording_error error = unpack_next(recording, entry);
    if (error != RECORDING_OK)
        return fail_place(recording, error, failure);
    recording->payload_bytes[at] = bytes;
    recording->group_bytes += bytes;
    recording->kept++;
    recording->entry = *entry;
    return SOURCE_OK;
}

/* Makes the group of `place` the one that is kept, its key alone. */
static enum source_result start_group(struct source_recording *recording, uint64_t place, struct failure *failure)
{
    struct recording_entry key;
    enum recording_error error = recording_find_key(&recording->file, place, &key);

    forget_group(recording);
    /* No group is as long: nothing of it need be read to know. */
    if (error == RECORDING_OK && place - key.place >= RECORDING_GROUP)
        error = RECORDING_DAMAGED;
    if (error != RECORDING_OK)
        return fail_place(recording, error, failure);
    recording->first = key.place;
    return keep_entry(recording, &key, failure);
}

/* Goes on from what is kept, up to `place`. */
static enum source_result extend_group(struct source_recording *recording, uint64_t place, struct failure *failure)
{
    while (recording->first + recording->kept <= place) {
        struct recording_entry next;
        enum recording_error error =
            recording_read_entry(&recording->file, recording_next_offset(&recording->entry), &next);
        if (error == RECORDING_OK &&
            (next.key != recording->entry.key || next.place != recording->first + recording->kept))
            error = RECORDING_DAMAGED;
        if (error != RECORDING_OK)
            return fail_place(recording, error, failure);
        enum source_result result = keep_entry(recording, &next, failure);
        if (result != SOURCE_OK)
            return result;
    }
    return SOURCE_OK;
}

/* ---- the backend ---- */

static enum source_result payload_at(struct source *source, uint64_t place, const void **payload, size_t *bytes,
                                     struct failure *failure)
{
    struct source_recording *recording = recording_of(source);
    bool in_group = recording->kept > 0 && place >= recording->first && place < recording->first + RECORDING_GROUP;
    struct recording_entry key;
    enum source_result result = SOURCE_OK;

    /* Groups may be shorter than they can be: the key says whose group a place behind the kept ones is. */
    if (in_group && place >= recording->first + recording->kept)
        in_group = recording_find_key(&recording->file, place, &key) == RECORDING_OK && key.place == recording->first;
    if (!in_group)
        result = start_group(recording, place, failure);
    if (result == SOURCE_OK)
        result = extend_group(recording, place, failure);
    if (result != SOURCE_OK)
        return result;
    recording->damaged = 0;
    *payload = recording->payloads[place - recording->first].bytes;
    *bytes = recording->payload_bytes[place - recording->first];
    return SOURCE_OK;
}

static enum source_result latest(struct source *source, const void **payload, size_t *bytes, struct failure *failure)
{
    struct source_recording *recording = recording_of(source);
    enum recording_error error = recording_refresh(&recording->file);

    if (error != RECORDING_OK) {
        fail_recording(recording, error, failure);
        return SOURCE_FAILED;
    }
    if (recording->file.empty)
        return SOURCE_OVERWRITTEN;
    return payload_at(source, recording->file.last.place, payload, bytes, failure);
}

static enum source_result stamp(struct source *source, uint64_t place, struct source_stamp *stamp_of,
                                struct failure *failure)
{
    struct source_recording *recording = recording_of(source);
    struct recording_entry entry;
    enum recording_error error = recording_find(&recording->file, place, &entry);

    if (error != RECORDING_OK)
        return fail_place(recording, error, failure);
    recording->damaged = 0;
    *stamp_of = (struct source_stamp){.seq = entry.seq, .time_ns = entry.time_ns};
    return SOURCE_OK;
}

/* How the process ended, if the recording tells it. */
static enum source_state judge_state(struct source *source)
{
    struct failure ignored;
    struct at_snapshot head;
    const void *payload;
    size_t bytes;

    if (recording_of(source)->file.empty || latest(source, &payload, &bytes, &ignored) != SOURCE_OK ||
        bytes < sizeof(head))
        return SOURCE_GONE;
    memcpy(&head, payload, sizeof(head));
    return head.state == AT_STATE_EXITED ? SOURCE_EXITED : SOURCE_GONE;
}

static int update(struct source *source, struct source_span *span, struct failure *failure)
{
    struct source_recording *recording = recording_of(source);
    const struct recording_file *file = &recording->file;
    enum recording_error error = recording_refresh(&recording->file);
    uint64_t end = file->empty ? 0 : file->last.place + 1;

    if (error != RECORDING_OK)
        return fail_recording(recording, error, failure);
    if (end != span->end || end == 0)
        span->state = judge_state(source);
    span->end = end;
    span->lost = file->empty ? 0 : file->last.lost;
    span->cut_off = file->bytes > file->end;
    return 0;
}

static void close_recording(struct source *source)
{
    struct source_recording *recording = recording_of(source);

    for (size_t i = 0; i < RECORDING_GROUP; i++)
        buffer_free(&recording->payloads[i]);
    ZSTD_freeDCtx(recording->context);
    close(recording->file.fd);
    buffer_free(&recording->frame);
    buffer_free(&recording->packed);
    free(recording);
}

static const struct source_backend backend = {
    .update = update, .payload = payload_at, .latest = latest, .stamp = stamp, .close = close_recording};

bool source_is_recording(const char *path)
{
    struct recording_head head;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    ssize_t got = fd < 0 ? -1 : pread(fd, &head, sizeof(head), 0);

    if (fd >= 0)
        close(fd);
    return got >= (ssize_t)offsetof(struct recording_head, version) && head.frame == RECORDING_HEAD_FRAME &&
           memcmp(head.magic, RECORDING_MAGIC, sizeof(head.magic)) == 0;
}

int source_recording_open(struct source **source, const struct target *target, struct failure *failure)
{
    struct source_recording *recording = calloc(1, sizeof(*recording));
    int fd = open(target->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

    *source = NULL;
    if (fd < 0 || recording == NULL || (recording->base.path = strdup(target->path)) == NULL ||
        (recording->context = ZSTD_createDCtx()) == NULL) {
        fail_set_errno(failure, fd < 0 ? errno : ENOMEM, target->path);
        goto out;
    }
    enum recording_error error = recording_open(&recording->file, fd);
    if (error != RECORDING_OK) {
        fail_recording(recording, error, failure);
        goto out;
    }
    struct source_about *about = &recording->base.about;
    about->kind = SOURCE_RECORDING;
    about->path = about->name = recording->base.path;
    about->header = recording->file.head.header;
    about->pid = (pid_t)recording->file.head.viewer_pid;
    memcpy(about->comm, about->header.comm, sizeof(about->comm));
    recording->base.backend = &backend;
    *source = &recording->base;
    return 0;

out:
    if (recording != NULL) {
        free(recording->base.path);
        ZSTD_freeDCtx(recording->context);
    }
    free(recording);
    if (fd >= 0)
        close(fd);
    return -1;
}
