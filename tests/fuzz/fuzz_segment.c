/* fuzz_segment.c: a sound segment in a file with words changed in its header, its ring words, its records and its
 * snapshots: opening and reading it must end, stay inside, and give only what decodes or is refused.
 *
 * The input is a list of changes of 12 bytes: what is changed, where, and the value. What is left over chooses where the
 * reader starts. */
#include <sys/mman.h>

#include "fuzz_folder.h"
#include "segment.h"
#include "snapshot.h"
#include "synth.h"

#define RING     AT_RING_BYTES_MIN
#define FILE_ALL (AT_HEADER_BYTES + RING)
#define CAPACITY (RING / 4)

enum { CHANGE_BYTES = 12, CHANGES_MAX = 64, POSITIONS = 4096 };

/* The file, mapped for the changes, and what they covered. */
struct sample {
    char path[2 * FUZZ_FOLDER_BYTES];
    unsigned char *map;
    uint64_t positions[POSITIONS]; /* offsets of the records in the sound file */
    size_t records;
    struct {
        size_t at;
        uint64_t before;
    } changes[CHANGES_MAX];
    size_t changed;
    uint64_t *buffer;
};

static struct sample sample;

static void find_records(struct segment_view *view)
{
    struct ring_reader reader;
    struct at_record record;
    uint64_t position;

    require(segment_reader(view, &reader) == 0);
    while (ring_read(&reader, sample.buffer, CAPACITY, &record, &position) == RING_RECORD)
        sample.positions[sample.records++ % POSITIONS] = AT_HEADER_BYTES + position % RING;
    require(sample.records > 0 && sample.records < POSITIONS);
}

static void make_sample(void)
{
    struct synth_options options;
    struct segment_view view;

    fuzz_make_folder("segment");
    snprintf(sample.path, sizeof(sample.path), "%s/segment", fuzz_folder);
    synth_defaults(&options);
    options.warnings = 1;
    options.history = 700; /* once around the ring, and some */
    require(synth_file(&options, sample.path) == 0);
    int fd = open(sample.path, O_RDWR | O_CLOEXEC);
    sample.map = mmap(NULL, FILE_ALL, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    require(sample.map != MAP_FAILED);
    close(fd);
    sample.buffer = malloc(CAPACITY);
    require(sample.buffer != NULL && segment_open(&view, sample.path) == SEGMENT_OK);
    find_records(&view);
    segment_close_view(&view);
}

/* Where a change goes: `what` chooses the layer, `where` the place in it. */
static size_t place_of(uint8_t what, uint32_t where)
{
    static const size_t words[] = {offsetof(struct at_header, ring.head), offsetof(struct at_header, ring.tail_intent),
                                   offsetof(struct at_header, ring.tail), offsetof(struct at_header, ring.latest)};
    size_t record = sample.positions[where / 64 % sample.records];

    switch (what % 5) {
    case 0:
        return where % (sizeof(struct at_header) - 8);
    case 1:
        return words[where % 4];
    case 2:
        return record + where % 2 * 8;
    case 3:
        return record + sizeof(struct at_record) + where % 40 * 8;
    default:
        return AT_HEADER_BYTES + where % (RING - 8);
    }
}

static void apply_changes(const uint8_t *data, size_t size)
{
    sample.changed = 0;
    for (; size >= CHANGE_BYTES && sample.changed < CHANGES_MAX; size -= CHANGE_BYTES, data += CHANGE_BYTES) {
        uint32_t where;
        uint64_t value = 0;
        memcpy(&where, data, 4);
        memcpy(&value, data + 4, 7);
        size_t at = place_of(data[11], where >> 2);
        memcpy(&sample.changes[sample.changed].before, sample.map + at, 8);
        sample.changes[sample.changed++].at = at;
        if (where % 4 == 1) /* a little more than what is there */
            value = sample.changes[sample.changed - 1].before + (value & 0xffff);
        if (where % 4 == 2) /* a little less */
            value = sample.changes[sample.changed - 1].before - (value & 0xffff);
        memcpy(sample.map + at, &value, where % 4 == 3 ? 4 : 8);
    }
}

static void undo_changes(void)
{
    while (sample.changed > 0) {
        sample.changed--;
        memcpy(sample.map + sample.changes[sample.changed].at, &sample.changes[sample.changed].before, 8);
    }
}

static void read_all(struct ring_reader *reader, struct snapshot *snapshot)
{
    struct at_record record;
    uint64_t position;
    size_t count = 0;
    enum ring_result result;

    while ((result = ring_read(reader, sample.buffer, CAPACITY, &record, &position)) == RING_RECORD) {
        require(record.length >= sizeof(record) && record.length <= CAPACITY);
        require(++count <= RING / AT_RECORD_ALIGN + 1);
        snapshot_decode(snapshot, sample.buffer, record.length - sizeof(record));
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
    ring_read_at(&reader, reader.at, sample.buffer, CAPACITY, &record);
    ring_read_at(&reader, view->header.ring.latest, sample.buffer, 64, &record);
    snapshot_free(&snapshot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct segment_view view;

    if (sample.map == NULL)
        make_sample();
    apply_changes(data, size);
    if (segment_open(&view, sample.path) == SEGMENT_OK) {
        require(memchr(view.header.comm, 0, sizeof(view.header.comm)) != NULL);
        require(memchr(view.header.command, 0, sizeof(view.header.command)) != NULL);
        segment_life(&view, view.header.boot_id);
        segment_process_exists(&view.header);
        read_in_one_way(&view, size % CHANGE_BYTES % 3);
        segment_close_view(&view);
    }
    undo_changes();
    return 0;
}
