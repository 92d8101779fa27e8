/* source_torn.c: a segment that was copied while its writer wrote.
 *
 * The words of such a copy are older than its data: what the words call the oldest records are new ones by then, or
 * halves of them. They stand in one stretch, right behind the head; from there on every record is as the words say. So
 * the reader goes to the first position from which records follow one another, by rising sequence, to the very tail.
 * Where there is none the file is damaged in another way, and the reader stays: it gives what comes before the damage. */
#include "atomics.h"
#include "source_backend.h"

/* A file that lies may not take for ever: this many headers are looked at, which is less than a second. */
#define STEPS_MAX (UINT64_C(1) << 24)

static uint64_t padded(uint32_t length)
{
    return ((uint64_t)length + AT_RECORD_ALIGN - 1) & ~(uint64_t)(AT_RECORD_ALIGN - 1);
}

/* Whether a record stands at `at`; *sequence rises with it. Nothing of the payload is copied. */
static bool record_follows(const struct ring_reader *reader, uint64_t at, uint64_t *sequence, struct at_record *record)
{
    uint64_t no_room;
    uint64_t to_end = reader->ring_bytes - (at & (reader->ring_bytes - 1));
    enum ring_result result = ring_read_at(reader, at, &no_room, 0, record);

    /* ring_read_at takes padding for corruption; its header was copied all the same. */
    if (result == RING_CORRUPT)
        return record->type == AT_RECORD_PADDING && record->sequence == 0 && record->length == to_end;
    if ((result != RING_TOO_BIG && result != RING_RECORD) || record->sequence <= *sequence)
        return false;
    *sequence = record->sequence;
    return true;
}

static bool chain_holds(const struct ring_reader *reader, uint64_t at, uint64_t tail, uint64_t *steps)
{
    uint64_t sequence = 0;

    while (at < tail) {
        struct at_record record = {0};
        ++*steps;
        bool first = sequence == 0;
        if (!record_follows(reader, at, &sequence, &record))
            return false;
        /* The head of a snapshot looks like a record of another type: its size, a small number, its sequence. */
        if (first && record.type != AT_RECORD_SNAPSHOT && record.type != AT_RECORD_PADDING)
            return false;
        at += padded(record.length);
    }
    return at == tail && sequence > 0;
}

void source_skip_torn(struct ring_reader *reader)
{
    uint64_t tail = load_acquire64(&reader->words->tail);
    uint64_t steps = 0;

    if (reader->at % AT_RECORD_ALIGN != 0 || tail < reader->at || tail - reader->at > reader->ring_bytes)
        return;
    for (uint64_t at = reader->at; at < tail && steps < STEPS_MAX; at += AT_RECORD_ALIGN) {
        if (chain_holds(reader, at, tail, &steps)) {
            reader->at = at;
            return;
        }
    }
}
