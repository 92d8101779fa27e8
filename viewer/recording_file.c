/* recording_file.c: finds the entries of a recording. */
#include "recording_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

enum { SCAN_BYTES = 1 << 16 };

/* How far, and over how many groups, the way back is looked for where a key is damaged: nonsense has no end otherwise. */
enum { LOST_BYTES = 1 << 18, LOST_GROUPS = 8 };

/* To any key, also past some that are damaged; jumps make do with a tenth. */
enum { STEPS_MOST = 512 };

#define START sizeof(struct recording_head) /* of the first entry */

/* Reads exactly `count` bytes. A file that is too short for that has shrunk: damaged. */
static enum recording_error read_at(int fd, void *to, size_t count, uint64_t offset)
{
    size_t done = 0;

    while (done < count) {
        ssize_t got = pread(fd, (char *)to + done, count - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return RECORDING_FAILED;
        if (got == 0)
            return RECORDING_DAMAGED;
        done += (size_t)got;
    }
    return RECORDING_OK;
}

/* ---- entries ---- */

uint64_t recording_next_offset(const struct recording_entry *entry)
{
    return entry->offset + sizeof(*entry) + entry->packed_bytes;
}

/* Whether the bytes at `offset` are an entry that counts: whole, in front of `limit`, and what it says can be true. */
static bool entry_counts(const struct recording_entry *entry, uint64_t offset, uint64_t limit)
{
    if (entry->frame != RECORDING_ENTRY_FRAME || entry->frame_bytes != sizeof(*entry) - 8 ||
        memcmp(entry->magic, RECORDING_ENTRY_MAGIC, sizeof(entry->magic)) != 0 || entry->offset != offset ||
        entry->check != recording_check_entry(entry))
        return false;
    if (entry->payload_bytes > RECORDING_PAYLOAD_BYTES || entry->payload_bytes % 8 != 0 ||
        entry->packed_bytes > limit || recording_next_offset(entry) > limit)
        return false;
    /* Every entry before it took room: a place that lies would promise more snapshots than there is time to look for. */
    if (entry->place > offset / sizeof(*entry))
        return false;
    bool is_key = entry->key == offset;
    return is_key ? entry->previous <= offset && entry->jump <= entry->previous : entry->key < offset;
}

enum recording_error recording_read_entry(const struct recording_file *file, uint64_t offset,
                                          struct recording_entry *entry)
{
    if (offset > file->end || file->end - offset < sizeof(*entry))
        return RECORDING_DAMAGED;
    enum recording_error error = read_at(file->fd, entry, sizeof(*entry), offset);
    if (error != RECORDING_OK)
        return error;
    return entry_counts(entry, offset, file->end) ? RECORDING_OK : RECORDING_DAMAGED;
}

/* ---- the end of the file ---- */

/* When power fails the kernel may have put the file's new size and an entry on the disk, and what comes behind it not: there
 * are zeros then. The disk is asked once a group, so that no more than a group can be like that. */
static bool frame_is_whole(const struct recording_file *file, const struct recording_entry *entry, unsigned *torn)
{
    ZSTD_DCtx *context = ZSTD_createDCtx();
    void *frame = malloc(entry->packed_bytes + (size_t)1), *payload = malloc(entry->payload_bytes + (size_t)1);
    bool whole = *torn >= RECORDING_GROUP || context == NULL || frame == NULL || payload == NULL ||
                 recording_read_packed(file, entry, context, frame, payload) == RECORDING_OK;

    *torn += !whole;
    ZSTD_freeDCtx(context);
    free(frame);
    free(payload);
    return whole;
}

/* What would be the entry at `offset` of the file, of which `there` bytes are at hand. To read each would be a call for each
 * byte of a tail that is nothing but first bytes of entries. */
static bool take_entry(const struct recording_file *file, uint64_t offset, const unsigned char *at, size_t there,
                       struct recording_entry *entry)
{
    if (there < sizeof(*entry))
        return file->bytes - offset >= sizeof(*entry) &&
               read_at(file->fd, entry, sizeof(*entry), offset) == RECORDING_OK;
    memcpy(entry, at, sizeof(*entry));
    return true;
}

/* Looks for the last entry that begins in [from, from + bytes) of the file, with `torn` for one whose frame is whole. Returns
 * true when there is one. */
static bool scan_chunk(const struct recording_file *file, const unsigned char *chunk, uint64_t from, size_t bytes,
                       unsigned *torn, struct recording_entry *found)
{
    static const unsigned char first = RECORDING_ENTRY_FRAME & 0xff;

    for (size_t count = bytes; count > 0;) {
        const unsigned char *at = memrchr(chunk, first, count);
        struct recording_entry entry;
        if (at == NULL)
            return false;
        count = (size_t)(at - chunk);
        if (!take_entry(file, from + count, at, bytes - count, &entry))
            continue;
        if (entry_counts(&entry, from + count, file->bytes) && (torn == NULL || frame_is_whole(file, &entry, torn))) {
            *found = entry;
            return true;
        }
    }
    return false;
}

/* The same for [least, to), however much that is; *is_there says whether there is one. */
static enum recording_error scan(const struct recording_file *file, uint64_t least, uint64_t to, unsigned *torn,
                                 struct recording_entry *found, bool *is_there)
{
    unsigned char chunk[SCAN_BYTES];

    *is_there = false;
    while (to > least && !*is_there) {
        uint64_t from = to - least > SCAN_BYTES ? to - SCAN_BYTES : least;
        enum recording_error error = read_at(file->fd, chunk, (size_t)(to - from), from);
        if (error != RECORDING_OK)
            return error;
        *is_there = scan_chunk(file, chunk, from, (size_t)(to - from), torn, found);
        to = from;
    }
    return RECORDING_OK;
}

static enum recording_error find_last(struct recording_file *file)
{
    unsigned torn = 0;
    bool is_there;
    enum recording_error error = scan(file, START, file->bytes, &torn, &file->last, &is_there);

    file->empty = !is_there;
    file->end = is_there ? recording_next_offset(&file->last) : START;
    return error;
}

static enum recording_error read_size(struct recording_file *file)
{
    struct stat status;

    if (fstat(file->fd, &status) != 0)
        return RECORDING_FAILED;
    if (!S_ISREG(status.st_mode))
        return RECORDING_NOT_OURS;
    file->bytes = (uint64_t)status.st_size;
    return RECORDING_OK;
}

static enum recording_error check_head(struct recording_head *head)
{
    if (head->frame != RECORDING_HEAD_FRAME || memcmp(head->magic, RECORDING_MAGIC, sizeof(head->magic)) != 0)
        return RECORDING_NOT_OURS;
    if (head->version != RECORDING_VERSION)
        return RECORDING_NEWER;
    if (head->frame_bytes != sizeof(*head) - 8 || head->check != recording_check_head(head))
        return RECORDING_DAMAGED;
    head->header.comm[sizeof(head->header.comm) - 1] = '\0';
    head->header.agent_version[sizeof(head->header.agent_version) - 1] = '\0';
    head->header.jemalloc_version[sizeof(head->header.jemalloc_version) - 1] = '\0';
    head->header.command[sizeof(head->header.command) - 1] = '\0';
    return RECORDING_OK;
}

enum recording_error recording_open(struct recording_file *file, int fd)
{
    enum recording_error error;

    memset(file, 0, sizeof(*file));
    file->fd = fd;
    error = read_size(file);
    if (error != RECORDING_OK)
        return error;
    /* The magic first: what is too short for a head may still be one that was cut off. */
    if (file->bytes < offsetof(struct recording_head, viewer_pid))
        return RECORDING_NOT_OURS;
    size_t whole = file->bytes < sizeof(file->head) ? (size_t)file->bytes : sizeof(file->head);
    error = read_at(fd, &file->head, whole, 0);
    if (error == RECORDING_OK)
        error = check_head(&file->head);
    if (error == RECORDING_OK && whole < sizeof(file->head))
        error = RECORDING_DAMAGED;
    return error == RECORDING_OK ? find_last(file) : error;
}

enum recording_error recording_refresh(struct recording_file *file)
{
    struct recording_entry entry;
    uint64_t before = file->bytes;
    enum recording_error error = read_size(file);

    if (error != RECORDING_OK || file->bytes == before)
        return error;
    if (file->bytes < file->end)
        return RECORDING_DAMAGED;
    while (file->bytes - file->end >= sizeof(entry)) {
        error = read_at(file->fd, &entry, sizeof(entry), file->end);
        if (error != RECORDING_OK)
            return error;
        /* Not whole yet, or cut off: it may come. */
        if (!entry_counts(&entry, file->end, file->bytes))
            break;
        file->last = entry;
        file->empty = false;
        file->end = recording_next_offset(&entry);
    }
    return RECORDING_OK;
}

/* ---- places ---- */

/* The last key before the damaged one at `offset`: the entries in front of it lead there. */
static enum recording_error look_before(const struct recording_file *file, uint64_t offset, struct recording_entry *key)
{
    enum recording_error error = RECORDING_DAMAGED;

    for (unsigned groups = 0; error == RECORDING_DAMAGED && groups < LOST_GROUPS; groups++) {
        uint64_t least = offset > START + LOST_BYTES ? offset - LOST_BYTES : START;
        struct recording_entry before;
        bool is_there;
        enum recording_error scanned = scan(file, least, offset, NULL, &before, &is_there);
        if (scanned != RECORDING_OK || !is_there)
            return scanned != RECORDING_OK ? scanned : error;
        offset = before.key;
        error = recording_read_entry(file, offset, key);
    }
    return error;
}

/* The key at `offset`; where that is damaged the last one before it. Every place that is looked for may lead by it, so what
 * was found is remembered. */
static enum recording_error read_key(struct recording_file *file, uint64_t offset, struct recording_entry *key)
{
    enum recording_error error = recording_read_entry(file, offset, key);

    for (unsigned i = 0; error == RECORDING_DAMAGED && i < file->nlost; i++)
        if (file->lost[i].offset == offset)
            return recording_read_entry(file, file->lost[i].before, key);
    if (error != RECORDING_DAMAGED || file->nlost == RECORDING_LOST)
        return error;
    error = look_before(file, offset, key);
    file->lost[file->nlost].offset = offset;
    file->lost[file->nlost++].before = error == RECORDING_OK ? key->offset : offset;
    return error;
}

enum recording_error recording_find_key(struct recording_file *file, uint64_t place, struct recording_entry *key)
{
    enum recording_error error = read_key(file, file->last.key, key);

    for (unsigned steps = 0; error == RECORDING_OK && key->place > place; steps++) {
        struct recording_entry jump;
        uint64_t at = key->offset;

        if (recording_read_entry(file, key->jump, &jump) == RECORDING_OK && jump.place > place)
            *key = jump;
        else
            error = read_key(file, key->previous, key);
        /* Each step must lead back, and not one by one, whatever the entries say. */
        if (error == RECORDING_OK && (key->offset >= at || key->key != key->offset || steps == STEPS_MOST))
            error = RECORDING_DAMAGED;
    }
    return error;
}

enum recording_error recording_find(struct recording_file *file, uint64_t place, struct recording_entry *entry)
{
    enum recording_error error = recording_find_key(file, place, entry);
    uint64_t key = entry->offset;

    while (error == RECORDING_OK && entry->place < place) {
        uint64_t expected = entry->place + 1;
        error = recording_read_entry(file, recording_next_offset(entry), entry);
        if (error == RECORDING_OK && (entry->place != expected || entry->key != key))
            error = RECORDING_DAMAGED;
    }
    return error;
}

enum recording_error recording_read_packed(const struct recording_file *file, const struct recording_entry *entry,
                                           void *context, void *frame, void *to)
{
    enum recording_error error =
        read_at(file->fd, frame, entry->packed_bytes, entry->offset + sizeof(struct recording_entry));

    if (error != RECORDING_OK)
        return error;
    size_t got = ZSTD_decompressDCtx(context, to, entry->payload_bytes, frame, entry->packed_bytes);
    return ZSTD_isError(got) || got != entry->payload_bytes ? RECORDING_DAMAGED : RECORDING_OK;
}
