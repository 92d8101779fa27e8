/* raw.c: snapshots as a segment's bytes, by the same writer that the agent has. */
#include "raw.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ring.h"

/* What a segment with all of them has to be like. */
struct extent {
    uint64_t bytes;   /* of the records, padding to alignment included */
    uint64_t longest; /* record */
    uint64_t last_seq;
};

static uint64_t record_bytes(size_t payload_bytes)
{
    uint64_t length = sizeof(struct at_record) + payload_bytes;

    return (length + AT_RECORD_ALIGN - 1) / AT_RECORD_ALIGN * AT_RECORD_ALIGN;
}

/* A number that no ring comes to: in a payload that nobody decoded it is a lie. */
#define SEQ_MAX (UINT64_MAX / AT_RECORD_ALIGN / 2)

static uint64_t payload_seq(const void *payload)
{
    uint64_t seq;

    memcpy(&seq, (const char *)payload + offsetof(struct at_snapshot, seq), sizeof(seq));
    return seq;
}

/* Calls `each` for the payloads that are still there and whose numbers rise, as a ring's do. Returns 0, or -1 with *failure
 * set. */
static int walk(struct source *source, uint64_t first, uint64_t end,
                int (*each)(const void *payload, size_t bytes, void *context), void *context, uint64_t *damaged,
                struct failure *failure)
{
    uint64_t last_seq = 0;

    for (uint64_t place = first; place < end; place++) {
        const void *payload;
        size_t bytes;
        enum source_result result = source_read_payload(source, place, &payload, &bytes, failure);

        if (result == SOURCE_FAILED)
            return -1;
        *damaged += result == SOURCE_DAMAGED;
        if (result != SOURCE_OK || bytes < sizeof(struct at_snapshot) || payload_seq(payload) <= last_seq ||
            payload_seq(payload) > SEQ_MAX)
            continue;
        last_seq = payload_seq(payload);
        if (each(payload, bytes, context) < 0)
            return fail_set(failure, EXIT_FAILED, "%s: its snapshots do not fit a segment of %u MiB",
                            source_about(source)->path, (unsigned)(AT_RING_BYTES_MAX >> 20));
    }
    return 0;
}

static int measure(const void *payload, size_t bytes, void *context)
{
    struct extent *extent = context;
    uint64_t length = record_bytes(bytes);

    extent->bytes += length;
    extent->longest = length > extent->longest ? length : extent->longest;
    extent->last_seq = payload_seq(payload);
    return extent->bytes <= AT_RING_BYTES_MAX ? 0 : -1;
}

static int publish(const void *payload, size_t bytes, void *context)
{
    struct ring_writer *writer = context;

    /* Snapshots keep the numbers they had; a gap in them is what was lost. */
    writer->sequence = payload_seq(payload) - 1;
    return ring_publish(writer, AT_RECORD_SNAPSHOT, payload, bytes);
}

/* The smallest ring that takes them all. */
static uint64_t ring_bytes_for(const struct extent *extent)
{
    uint64_t ring_bytes = AT_RING_BYTES_MIN;

    while (ring_bytes < extent->bytes || ring_bytes / 4 < extent->longest)
        ring_bytes *= 2;
    return ring_bytes;
}

int raw_write(struct source *source, uint64_t first, uint64_t end, FILE *to, uint64_t *damaged, struct failure *failure)
{
    struct extent extent = {0};
    struct ring_writer writer;
    uint64_t again = 0; /* what was counted already */

    *damaged = 0;
    if (walk(source, first, end, measure, &extent, damaged, failure) < 0)
        return -1;
    uint64_t ring_bytes = ring_bytes_for(&extent);
    size_t file_bytes = AT_HEADER_BYTES + ring_bytes;
    unsigned char *file = aligned_alloc(AT_HEADER_BYTES, file_bytes);
    if (file == NULL || ring_bytes > AT_RING_BYTES_MAX) {
        free(file);
        return fail_set_errno(failure, ENOMEM, source_about(source)->path);
    }
    memset(file, 0, file_bytes);

    struct at_header *header = (struct at_header *)(void *)file;
    *header = source_about(source)->header;
    header->ring_bytes = ring_bytes;
    memset(&header->ring, 0, sizeof(header->ring));
    ring_writer_init(&writer, &header->ring, file + AT_HEADER_BYTES, ring_bytes);
    /* A record's number tells readers how far the ring must have come; so this one has come that far. */
    writer.head = writer.tail = (extent.last_seq * AT_RECORD_ALIGN / ring_bytes + 1) * ring_bytes;
    int result = walk(source, first, end, publish, &writer, &again, failure);
    if (result == 0)
        fwrite(file, 1, file_bytes, to);
    free(file);
    return result;
}
