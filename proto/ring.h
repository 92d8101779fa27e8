/* ring.h: writer and reader of the broadcast ring. The algorithm stands at the top of arenatop.h.
 *
 * Positions are bytes since the ring began and only grow. Nothing here allocates, locks, or calls the kernel.
 * A writer belongs to one thread. A reader belongs to one thread; any number of readers may run at once, in any process,
 * on read-only memory, and none of them can slow the writer. */
#ifndef AT_RING_H
#define AT_RING_H

#include "arenatop.h"

struct ring_writer {
    struct at_ring_words *words;
    unsigned char *data;
    uint64_t ring_bytes;
    /* Private copies: what the shared words say is never believed by the writer either. */
    uint64_t head;
    uint64_t tail;
    uint64_t sequence; /* of the newest record; 0 before the first */
};

struct ring_reader {
    const struct at_ring_words *words;
    const unsigned char *data;
    uint64_t ring_bytes;
    uint64_t at;            /* position of the next record to read */
    uint64_t next_sequence; /* expected at `at`, or later after a lap; 0 when any is right */
    uint64_t lost;          /* records that were overwritten before this reader got to them */
};

enum ring_result {
    RING_RECORD, /* a whole, valid record was copied */
    RING_EMPTY,  /* nothing new, or the writer overtook this reader every time it tried; try again later */
    RING_LAPPED, /* ring_read_at only: the position is gone, or was overwritten during the copy */
    RING_TOO_BIG, /* the record is larger than the caller's buffer; `length` says what it takes; the reader did not move */
    RING_CORRUPT /* the ring breaks its own rules: do not go on reading it */
};

/* Starts an empty ring of `ring_bytes` (a power of two, AT_RING_BYTES_MIN to AT_RING_BYTES_MAX) in zeroed memory.
 * `words` and `data` stay the caller's and must outlive the writer; `data` is aligned to AT_RECORD_ALIGN.
 * Returns 0, or -1 when `ring_bytes` is not allowed. */
int ring_writer_init(struct ring_writer *writer, struct at_ring_words *words, void *data, uint64_t ring_bytes);

/* The largest payload that ring_publish takes: a quarter of the ring, less the record's header. */
size_t ring_payload_max(uint64_t ring_bytes);

/* The sequence that the next ring_publish will give its record. */
uint64_t ring_next_sequence(const struct ring_writer *writer);

/* Publishes one record. `payload` is 8-byte aligned, `bytes` at most ring_payload_max(); the bytes are read in whole
 * 8-byte words, so the buffer must reach to the next multiple of 8. Returns 0, or -1 when `bytes` is too large. */
int ring_publish(struct ring_writer *writer, uint32_t type, const void *payload, size_t bytes);

/* Starts a reader at the oldest whole record. `words` and `data` may be memory that somebody writes at this moment, or
 * hostile. Returns 0, or -1 when `ring_bytes` is not allowed. */
int ring_reader_init(struct ring_reader *reader, const struct at_ring_words *words, const void *data,
                     uint64_t ring_bytes);

/* Moves the reader behind the newest record, so that the next ring_read gives what comes after now; or, with
 * ring_seek_latest, to the newest record itself. Never backwards. Neither counts what it skips as lost. */
void ring_seek_end(struct ring_reader *reader);
void ring_seek_latest(struct ring_reader *reader);

/* Copies the next record's payload into `buffer` (8-byte aligned, `capacity` bytes, a multiple of 8) and moves on.
 * On RING_RECORD `*record` is the record's header and `*position` (may be NULL) where it lies, for ring_read_at.
 * A reader that was lapped goes on at the oldest whole record and adds what it missed to `lost`. Padding is skipped. */
enum ring_result ring_read(struct ring_reader *reader, void *buffer, size_t capacity, struct at_record *record,
                           uint64_t *position);

/* As ring_read, but for the payload, which is neither copied nor looked at: for who keeps where records lie. */
enum ring_result ring_skip(struct ring_reader *reader, struct at_record *record, uint64_t *position);

/* Copies the record at `position`, which an earlier ring_read gave, without moving the reader. */
enum ring_result ring_read_at(const struct ring_reader *reader, uint64_t position, void *buffer, size_t capacity,
                              struct at_record *record);

#endif
