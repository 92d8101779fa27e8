/* fuzz_lies.h: a sound segment in a file, in which words are changed and put back again. */
#ifndef TESTS_FUZZ_LIES_H
#define TESTS_FUZZ_LIES_H

#include <sys/mman.h>

#include "fuzz_folder.h"
#include "segment.h"
#include "synth.h"

#define LIES_RING     AT_RING_BYTES_MIN
#define LIES_CAPACITY (LIES_RING / 4)

enum { LIES_CHANGE_BYTES = 12, LIES_CHANGES_MAX = 64, LIES_POSITIONS = 4096 };

/* The file, mapped for the changes, and what they covered. */
struct lies {
    char path[2 * FUZZ_FOLDER_BYTES];
    unsigned char *map;
    uint64_t positions[LIES_POSITIONS]; /* offsets of the records in the sound file */
    size_t records;
    struct {
        size_t at;
        uint64_t before;
    } changes[LIES_CHANGES_MAX];
    size_t changed;
    uint64_t *buffer;
};

static struct lies lies;

static inline void lies_find_records(struct segment_view *view)
{
    struct ring_reader reader;
    struct at_record record;
    uint64_t position;

    require(segment_reader(view, &reader) == 0);
    while (ring_read(&reader, lies.buffer, LIES_CAPACITY, &record, &position) == RING_RECORD)
        lies.positions[lies.records++ % LIES_POSITIONS] = AT_HEADER_BYTES + position % LIES_RING;
    require(lies.records > 0 && lies.records < LIES_POSITIONS);
}

/* Makes the file, in the folder of the target `name`. `history`: snapshots in it. */
static inline void lies_make(const char *name, unsigned history)
{
    struct synth_options options;
    struct segment_view view;

    fuzz_make_folder(name);
    snprintf(lies.path, sizeof(lies.path), "%s/segment", fuzz_folder);
    synth_defaults(&options);
    options.warnings = 1;
    options.names = SYNTH_NAMES_WEIRD;
    options.history = history;
    require(synth_file(&options, lies.path) == 0);
    int fd = open(lies.path, O_RDWR | O_CLOEXEC);
    lies.map = mmap(NULL, AT_HEADER_BYTES + LIES_RING, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    require(lies.map != MAP_FAILED);
    close(fd);
    lies.buffer = malloc(LIES_CAPACITY);
    require(lies.buffer != NULL && segment_open(&view, lies.path) == SEGMENT_OK);
    lies_find_records(&view);
    segment_close_view(&view);
}

/* Where a change goes: `what` chooses the layer, `where` the place in it. */
static inline size_t lies_place(uint8_t what, uint32_t where)
{
    static const size_t words[] = {offsetof(struct at_header, ring.head), offsetof(struct at_header, ring.tail_intent),
                                   offsetof(struct at_header, ring.tail), offsetof(struct at_header, ring.latest)};
    size_t record = lies.positions[where / 64 % lies.records];

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
        return AT_HEADER_BYTES + where % (LIES_RING - 8);
    }
}

/* As many changes of LIES_CHANGE_BYTES as `data` holds. */
static inline void lies_tell(const uint8_t *data, size_t size)
{
    lies.changed = 0;
    for (; size >= LIES_CHANGE_BYTES && lies.changed < LIES_CHANGES_MAX;
         size -= LIES_CHANGE_BYTES, data += LIES_CHANGE_BYTES) {
        uint32_t where;
        uint64_t value = 0;
        memcpy(&where, data, 4);
        memcpy(&value, data + 4, 7);
        size_t at = lies_place(data[11], where >> 2);
        memcpy(&lies.changes[lies.changed].before, lies.map + at, 8);
        lies.changes[lies.changed++].at = at;
        if (where % 4 == 1) /* a little more than what is there */
            value = lies.changes[lies.changed - 1].before + (value & 0xffff);
        if (where % 4 == 2) /* a little less */
            value = lies.changes[lies.changed - 1].before - (value & 0xffff);
        memcpy(lies.map + at, &value, where % 4 == 3 ? 4 : 8);
    }
}

static inline void lies_take_back(void)
{
    while (lies.changed > 0) {
        lies.changed--;
        memcpy(lies.map + lies.changes[lies.changed].at, &lies.changes[lies.changed].before, 8);
    }
}

#endif
