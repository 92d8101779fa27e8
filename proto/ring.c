/* ring.c: one writer, many lossy readers. The algorithm, and why it needs no fence, stands at the top of arenatop.h. */
#include "ring.h"

#include <stdbool.h>
#include <string.h>

#include "atomics.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "records are stored as words of a little-endian machine");

/* How often one ring_read starts again because the writer overtook it, before it says that there is nothing to be had:
 * first at the oldest record, which is the next one to go, then at the newest, which has a whole ring of time. */
enum { LAPS_AT_HEAD = 8, LAPS_IN_ALL = 16 };

static bool ring_bytes_allowed(uint64_t ring_bytes)
{
    return ring_bytes >= AT_RING_BYTES_MIN && ring_bytes <= AT_RING_BYTES_MAX && (ring_bytes & (ring_bytes - 1)) == 0;
}

static uint64_t pad_length(uint64_t length)
{
    return (length + AT_RECORD_ALIGN - 1) & ~(uint64_t)(AT_RECORD_ALIGN - 1);
}

static uint64_t ring_offset(uint64_t ring_bytes, uint64_t position)
{
    return position & (ring_bytes - 1);
}

static uint64_t bytes_to_end(uint64_t ring_bytes, uint64_t position)
{
    return ring_bytes - ring_offset(ring_bytes, position);
}

size_t ring_payload_max(uint64_t ring_bytes)
{
    return (size_t)(ring_bytes / 4 - sizeof(struct at_record));
}

/* Whether a record's header can be true where it lies, `available` bytes before the tail. */
static bool record_is_sound(const struct at_record *record, uint64_t ring_bytes, uint64_t position, uint64_t available)
{
    uint64_t padded = pad_length(record->length);
    uint64_t to_end = bytes_to_end(ring_bytes, position);

    if (record->length < sizeof(*record) || padded > ring_bytes / 4 || padded > to_end || padded > available)
        return false;
    if (record->type == AT_RECORD_PADDING)
        return record->sequence == 0 && padded == to_end;
    /* Every record before this one took at least one unit, so a larger sequence cannot be. */
    return record->sequence != 0 && record->sequence <= position / AT_RECORD_ALIGN + 1;
}

/* ---- writer ---- */

static uint64_t *writer_words_at(const struct ring_writer *writer, uint64_t position)
{
    return (uint64_t *)(void *)(writer->data + ring_offset(writer->ring_bytes, position));
}

int ring_writer_init(struct ring_writer *writer, struct at_ring_words *words, void *data, uint64_t ring_bytes)
{
    memset(writer, 0, sizeof(*writer));
    if (!ring_bytes_allowed(ring_bytes))
        return -1;
    writer->words = words;
    writer->data = data;
    writer->ring_bytes = ring_bytes;
    return 0;
}

uint64_t ring_next_sequence(const struct ring_writer *writer)
{
    return writer->sequence + 1;
}

/* Moves head past the records that will not be whole once the tail stands at `tail_to_be`. Their lengths are in memory
 * that others can write: where one cannot be true, all history is dropped rather than followed. */
static void writer_drop_oldest(struct ring_writer *writer, uint64_t tail_to_be)
{
    while (tail_to_be - writer->head > writer->ring_bytes) {
        uint64_t words[2];
        struct at_record record;

        copy_in_acquire(words, writer_words_at(writer, writer->head), 2);
        memcpy(&record, words, sizeof(record));
        if (!record_is_sound(&record, writer->ring_bytes, writer->head, writer->tail - writer->head)) {
            writer->head = writer->tail;
            return;
        }
        writer->head += pad_length(record.length);
    }
}

static void writer_put_header(struct ring_writer *writer, uint64_t position, const struct at_record *record)
{
    uint64_t words[2];

    memcpy(words, record, sizeof(words));
    copy_out_release(writer_words_at(writer, position), words, 2);
}

int ring_publish(struct ring_writer *writer, uint32_t type, const void *payload, size_t bytes)
{
    if (bytes > ring_payload_max(writer->ring_bytes) || type == AT_RECORD_PADDING)
        return -1;

    struct at_record record = {
        .length = (uint32_t)(sizeof(record) + bytes), .type = type, .sequence = writer->sequence + 1};
    uint64_t length = pad_length(record.length);
    uint64_t to_end = bytes_to_end(writer->ring_bytes, writer->tail);
    uint64_t position = writer->tail + (length > to_end ? to_end : 0);

    writer_drop_oldest(writer, position + length);
    store_release64(&writer->words->head, writer->head);
    store_release64(&writer->words->tail_intent, position + length);

    if (position != writer->tail) {
        struct at_record padding = {.length = (uint32_t)to_end, .type = AT_RECORD_PADDING, .sequence = 0};
        writer_put_header(writer, writer->tail, &padding);
    }
    writer_put_header(writer, position, &record);
    copy_out_release(writer_words_at(writer, position) + 2, payload, (bytes + 7) / 8);

    writer->tail = position + length;
    writer->sequence = record.sequence;
    store_release64(&writer->words->latest, position);
    store_release64(&writer->words->tail, writer->tail);
    return 0;
}

/* ---- reader ---- */

static const uint64_t *reader_words_at(const struct ring_reader *reader, uint64_t position)
{
    return (const uint64_t *)(const void *)(reader->data + ring_offset(reader->ring_bytes, position));
}

int ring_reader_init(struct ring_reader *reader, const struct at_ring_words *words, const void *data,
                     uint64_t ring_bytes)
{
    memset(reader, 0, sizeof(*reader));
    if (!ring_bytes_allowed(ring_bytes))
        return -1;
    reader->words = words;
    reader->data = data;
    reader->ring_bytes = ring_bytes;
    reader->at = load_acquire64(&words->head);
    reader->next_sequence = reader->at == 0 ? 1 : 0;
    return 0;
}

/* Whether the writer has announced that it writes over what lies at `position`. */
static bool overwritten(const struct ring_reader *reader, uint64_t position)
{
    return load_acquire64(&reader->words->tail_intent) - position > reader->ring_bytes;
}

/* Copies and checks the header of the record at `position`, an aligned position below `tail`. */
static enum ring_result read_header(const struct ring_reader *reader, uint64_t position, uint64_t tail,
                                    struct at_record *record)
{
    uint64_t words[2];

    if (overwritten(reader, position))
        return RING_LAPPED;
    copy_in_acquire(words, reader_words_at(reader, position), 2);
    if (overwritten(reader, position))
        return RING_LAPPED;
    memcpy(record, words, sizeof(*record));
    return record_is_sound(record, reader->ring_bytes, position, tail - position) ? RING_RECORD : RING_CORRUPT;
}

/* Copies header and payload of the record at `position`; of padding, and into no buffer, the header alone. */
static enum ring_result read_record(const struct ring_reader *reader, uint64_t position, uint64_t tail, void *buffer,
                                    size_t capacity, struct at_record *record)
{
    enum ring_result result = read_header(reader, position, tail, record);
    if (result != RING_RECORD || record->type == AT_RECORD_PADDING || buffer == NULL)
        return result;

    size_t words = (record->length - sizeof(*record) + 7) / 8;
    if (words * 8 > capacity)
        return RING_TOO_BIG;
    copy_in_acquire(buffer, reader_words_at(reader, position) + 2, words);
    return overwritten(reader, position) ? RING_LAPPED : RING_RECORD;
}

/* Takes a lapped reader to the oldest whole record. The writer stores head before the tail_intent that makes it
 * necessary, so a head that is not ahead of a lapped reader is a lie. */
static bool go_to_head(struct ring_reader *reader)
{
    uint64_t head = load_acquire64(&reader->words->head);

    if (head <= reader->at)
        return false;
    reader->at = head;
    return true;
}

/* The newest record's position, when it is one; else the tail. `latest` is stored just before tail is: when it is not
 * below the tail that was loaded after it, that record is being published now and will be found at the tail. */
static uint64_t newest_position(const struct ring_reader *reader)
{
    uint64_t latest = load_acquire64(&reader->words->latest);
    uint64_t tail = load_acquire64(&reader->words->tail);

    return latest < tail ? latest : tail;
}

void ring_seek_latest(struct ring_reader *reader)
{
    uint64_t newest = newest_position(reader);

    if (newest % AT_RECORD_ALIGN != 0 || newest <= reader->at)
        return;
    reader->at = newest;
    reader->next_sequence = 0;
}

void ring_seek_end(struct ring_reader *reader)
{
    struct at_record record;
    uint64_t tail = load_acquire64(&reader->words->tail);

    ring_seek_latest(reader);
    /* The newest record tells which sequence comes next, so that a loss right after this is counted too. */
    if (reader->at < tail && reader->at % AT_RECORD_ALIGN == 0 &&
        read_header(reader, reader->at, tail, &record) == RING_RECORD && record.type != AT_RECORD_PADDING) {
        reader->at += pad_length(record.length);
        reader->next_sequence = record.sequence + 1;
    } else if (tail > reader->at && tail % AT_RECORD_ALIGN == 0) {
        reader->at = tail;
        reader->next_sequence = 0;
    }
}

/* Moves past a record that was read whole, and counts what is missing before it. */
static bool move_past(struct ring_reader *reader, const struct at_record *record)
{
    if (record->type != AT_RECORD_PADDING) {
        if (record->sequence < reader->next_sequence)
            return false;
        if (reader->next_sequence != 0)
            reader->lost += record->sequence - reader->next_sequence;
        reader->next_sequence = record->sequence + 1;
    }
    reader->at += pad_length(record->length);
    return true;
}

static enum ring_result read_next(struct ring_reader *reader, void *buffer, size_t capacity, struct at_record *record,
                                  uint64_t *position)
{
    for (int laps = 0; laps < LAPS_IN_ALL;) {
        uint64_t at = reader->at;
        uint64_t tail = load_acquire64(&reader->words->tail);

        if (at == tail)
            return RING_EMPTY;
        if (at > tail || (at | tail) % AT_RECORD_ALIGN != 0)
            return RING_CORRUPT;

        enum ring_result result = read_record(reader, at, tail, buffer, capacity, record);
        if (result == RING_LAPPED) {
            laps++;
            if (!go_to_head(reader))
                return RING_CORRUPT;
            uint64_t newest = newest_position(reader);
            if (laps > LAPS_AT_HEAD && newest > reader->at && newest % AT_RECORD_ALIGN == 0)
                reader->at = newest;
            continue;
        }
        if (result != RING_RECORD)
            return result;
        if (!move_past(reader, record))
            return RING_CORRUPT;
        if (record->type != AT_RECORD_PADDING) {
            if (position != NULL)
                *position = at;
            return RING_RECORD;
        }
    }
    return RING_EMPTY;
}

enum ring_result ring_read(struct ring_reader *reader, void *buffer, size_t capacity, struct at_record *record,
                           uint64_t *position)
{
    return read_next(reader, buffer, capacity, record, position);
}

enum ring_result ring_skip(struct ring_reader *reader, struct at_record *record, uint64_t *position)
{
    return read_next(reader, NULL, 0, record, position);
}

enum ring_result ring_read_at(const struct ring_reader *reader, uint64_t position, void *buffer, size_t capacity,
                              struct at_record *record)
{
    uint64_t tail = load_acquire64(&reader->words->tail);

    if (position >= tail || position % AT_RECORD_ALIGN != 0)
        return RING_CORRUPT;
    enum ring_result result = read_record(reader, position, tail, buffer, capacity, record);
    if (result == RING_RECORD && record->type == AT_RECORD_PADDING)
        return RING_CORRUPT;
    return result;
}
