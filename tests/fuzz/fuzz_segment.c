/* fuzz_segment.c: a sound segment in a file with words changed in its header, its ring words, its records and its
 * snapshots: opening and reading it must end, stay inside, and give only what decodes or is refused.
 *
 * The input is a list of changes of 12 bytes: what is changed, where, and the value. What is left over chooses where the
 * reader starts. */
#include "fuzz_lies.h"
#include "snapshot.h"

static void read_all(struct ring_reader *reader, struct snapshot *snapshot)
{
    struct at_record record;
    uint64_t position;
    size_t count = 0;
    enum ring_result result;

    while ((result = ring_read(reader, lies.buffer, LIES_CAPACITY, &record, &position)) == RING_RECORD) {
        require(record.length >= sizeof(record) && record.length <= LIES_CAPACITY);
        require(++count <= LIES_RING / AT_RECORD_ALIGN + 1);
        snapshot_decode(snapshot, lies.buffer, record.length - sizeof(record));
    }
    require(result != RING_LAPPED && result != RING_TOO_BIG);
}

/* From the oldest record, the newest, or what comes after it. */
static void read_in_one_way(const struct segment_view *view, size_t way)
{
    struct snapshot snapshot = {0};
    struct ring_reader reader;
    struct at_record record;

    require(segment_reader(view, &reader) == 0);
    if (way == 1)
        ring_seek_latest(&reader);
    if (way == 2)
        ring_seek_end(&reader);
    read_all(&reader, &snapshot);
    ring_read_at(&reader, reader.at, lies.buffer, LIES_CAPACITY, &record);
    ring_read_at(&reader, view->header.ring.latest, lies.buffer, 64, &record);
    snapshot_free(&snapshot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct segment_view view;

    if (lies.map == NULL)
        lies_make("segment", 700); /* once around the ring, and some */
    lies_tell(data, size);
    if (segment_open(&view, lies.path) == SEGMENT_OK) {
        require(memchr(view.header.comm, 0, sizeof(view.header.comm)) != NULL);
        require(memchr(view.header.command, 0, sizeof(view.header.command)) != NULL);
        segment_life(&view, view.header.boot_id);
        segment_process_exists(&view.header);
        read_in_one_way(&view, size % LIES_CHANGE_BYTES % 3);
        segment_close_view(&view);
    }
    lies_take_back();
    return 0;
}
