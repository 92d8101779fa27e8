/* fuzz_source.c: files of any bytes: opening one as whatever it claims to be must end and stay inside.
 *
 * The first byte of the input chooses what begins soundly: nothing, a recording's head, or a segment's header; the rest
 * comes behind that. Checks of entries are made right: what nobody would write is what a reader must survive. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "recorder.h"
#include "source.h"

enum { READS_MAX = 200 };

static int fd = -1;
static struct target target = {.kind = TARGET_FILE};

static void put(const void *bytes, size_t count, uint64_t at)
{
    require(pwrite(fd, bytes, count, (off_t)at) == (ssize_t)count);
}

/* Gives every entry that stands where one ends its check and its place in the file. */
static void put_entries(const uint8_t *data, size_t size)
{
    size_t at = 0;

    put(data, size, sizeof(struct recording_head));
    while (size - at >= sizeof(struct recording_entry)) {
        struct recording_entry entry;
        memcpy(&entry, data + at, sizeof(entry));
        entry.frame = RECORDING_ENTRY_FRAME;
        entry.frame_bytes = sizeof(entry) - 8;
        memcpy(entry.magic, RECORDING_ENTRY_MAGIC, sizeof(entry.magic));
        entry.offset = sizeof(struct recording_head) + at;
        entry.check = recording_check_entry(&entry);
        put(&entry, sizeof(entry), entry.offset);
        at += sizeof(entry);
        at += entry.packed_bytes < size - at ? entry.packed_bytes : size - at;
    }
}

static void put_recording(const uint8_t *data, size_t size)
{
    struct recording_head head = {.frame = RECORDING_HEAD_FRAME, .version = RECORDING_VERSION};

    head.frame_bytes = sizeof(head) - 8;
    memcpy(head.magic, RECORDING_MAGIC, sizeof(head.magic));
    head.check = recording_check_head(&head);
    put(&head, sizeof(head), 0);
    put_entries(data, size);
}

/* The input goes to the ring's words, and to the ring's beginning and end. */
static void put_segment(const uint8_t *data, size_t size)
{
    struct at_header header = {.version_major = AT_VERSION_MAJOR,
                               .header_bytes = AT_HEADER_BYTES,
                               .state = AT_STATE_LIVE,
                               .ring_bytes = AT_RING_BYTES_MIN};
    uint64_t words[4] = {0};

    memcpy(words, data, size < sizeof(words) ? size : sizeof(words));
    memcpy(header.magic, AT_MAGIC, sizeof(header.magic));
    header.ring =
        (struct at_ring_words){.head = words[0], .tail_intent = words[1], .tail = words[2], .latest = words[3]};
    require(ftruncate(fd, AT_HEADER_BYTES + AT_RING_BYTES_MIN) == 0);
    put(&header, sizeof(header), 0);
    if (size <= sizeof(words))
        return;
    data += sizeof(words);
    size -= sizeof(words);
    size = size < AT_RING_BYTES_MIN ? size : AT_RING_BYTES_MIN;
    put(data, size, AT_HEADER_BYTES);
    put(data, size, AT_HEADER_BYTES + AT_RING_BYTES_MIN - size);
}

static void read_it(void)
{
    struct source *source;
    struct source_span span;
    struct snapshot snapshot = {0};
    struct failure failure;
    uint64_t place;

    if (source_open(&source, &target, &failure) < 0)
        return;
    source_read_latest(source, &snapshot, &failure);
    source_update(source, &span, &failure);
    for (uint64_t i = 0; i < READS_MAX && span.first + i < span.end; i++) {
        source_read(source, span.first + i, &snapshot, &failure);
        source_read(source, span.end - 1 - i, &snapshot, &failure);
    }
    source_find_seq(source, 3, &place, &failure);
    source_find_time(source, UINT64_C(1790000000000000000), &place, &failure);
    snapshot_free(&snapshot);
    source_close(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (fd < 0) {
        fd = memfd_create("source", MFD_CLOEXEC);
        require(fd >= 0);
        snprintf(target.path, sizeof(target.path), "/proc/self/fd/%d", fd);
    }
    require(ftruncate(fd, 0) == 0);
    if (size == 0)
        return 0;
    if (data[0] % 3 == 0)
        put(data + 1, size - 1, 0);
    else if (data[0] % 3 == 1)
        put_recording(data + 1, size - 1);
    else
        put_segment(data + 1, size - 1);
    read_it();
    return 0;
}
