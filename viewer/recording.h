/* recording.h: the bytes of a recording, and the parts that its writer and its reader share.
 *
 * A recording is a sequence of zstd frames: what it says of itself stands in skippable frames, each snapshot in a frame
 * of its own. So `zstd -t` checks a recording, and whoever cuts it off anywhere leaves a recording.
 *
 *   0  +-----------------------------------------------------------+
 *      | skippable frame: struct recording_head                    |  whose process it is
 *      +-----------------------------------------------------------+
 *      | skippable frame: struct recording_entry, place 0, a key   |  offset: where this frame begins
 *      | zstd frame: the snapshot, packed                          |
 *      +-----------------------------------------------------------+
 *      | skippable frame: struct recording_entry, place 1          |
 *      | zstd frame: what changed since place 0, packed            |
 *      +-----------------------------------------------------------+
 *      | ...                                                       |
 *
 * A key is packed by itself; the entries behind it, its group, each relative to the one before. A group has at most
 * RECORDING_GROUP entries, and at most RECORDING_GROUP_BYTES of payload unless it is one entry.
 *
 * Finding a place: the last entry is found from the end of the file; each entry knows its key, and each key the key
 * before it and one far before it (`jump`). These jumps are those of a skew-binary random-access list (Myers 1983): from
 * any key to any earlier one takes a number of steps that grows with the logarithm of how many there are. So a reader
 * keeps no index, and a file of any size opens at once.
 *
 * Reading from the end: an entry counts when its head checks and its zstd frame lies wholly in the file; the last one also
 * has to unpack. What comes behind the last one that counts was cut off while it was written, and is left out.
 *
 * All integers are little-endian; times are nanoseconds; sizes are bytes. Nothing is believed before it is checked. */
#ifndef VIEWER_RECORDING_H
#define VIEWER_RECORDING_H

#include <stddef.h>
#include <stdint.h>

#include "arenatop.h"

/* zstd leaves these 16 magic numbers to its users. */
#define RECORDING_HEAD_FRAME  UINT32_C(0x184D2A5A)
#define RECORDING_ENTRY_FRAME UINT32_C(0x184D2A5B)

#define RECORDING_MAGIC         "ARENAREC"
#define RECORDING_ENTRY_MAGIC   "ATRENTRY"
#define RECORDING_VERSION       2u
#define RECORDING_GROUP         64u
#define RECORDING_GROUP_BYTES   (UINT64_C(8) << 20)
#define RECORDING_PAYLOAD_BYTES (AT_RING_BYTES_MAX / 4) /* no record of a ring is longer */

struct recording_head {
    uint32_t frame;          /* RECORDING_HEAD_FRAME */
    uint32_t frame_bytes;    /* that follow */
    char magic[8];           /* RECORDING_MAGIC */
    uint32_t version;        /* RECORDING_VERSION: another one is another format */
    uint32_t viewer_pid;     /* the process's pid as the recorder's /proc had it */
    uint64_t check;          /* recording_hash of this struct with 0 in this place */
    uint64_t unused[12];     /* 0 */
    struct at_header header; /* of the segment when the recording began; its ring means nothing */
};

struct recording_entry {
    uint32_t frame;         /* RECORDING_ENTRY_FRAME */
    uint32_t frame_bytes;   /* that follow */
    char magic[8];          /* RECORDING_ENTRY_MAGIC */
    uint64_t check;         /* recording_hash of this struct with 0 in this place */
    uint64_t offset;        /* of this struct in the file */
    uint64_t place;         /* 0, 1, 2, ... */
    uint64_t seq;           /* of the snapshot */
    uint64_t time_ns;       /* of the snapshot: CLOCK_REALTIME */
    uint64_t lost;          /* snapshots missed, or left out by --when, from the first entry to this one */
    uint32_t packed_bytes;  /* of the zstd frame that follows */
    uint32_t payload_bytes; /* of the snapshot */
    uint64_t key;           /* offset of its key; its own if it is one */
    /* Of keys; elsewhere 0. */
    uint64_t previous; /* offset of the key before; its own if there is none */
    uint64_t jump;     /* offset of the key that its jump leads to; its own if there is none */
    uint64_t depth;    /* how many keys come before it */
};

_Static_assert(sizeof(struct recording_entry) == 104, "an entry has no padding");
_Static_assert(offsetof(struct recording_head, header) == 128, "the header keeps its place");

/* FNV-1a (Fowler, Noll, Vo), 64 bits. */
uint64_t recording_hash(const void *bytes, size_t count);

/* The hash of a struct as `check` has it. */
uint64_t recording_check_head(const struct recording_head *head);
uint64_t recording_check_entry(const struct recording_entry *entry);

/* Packing: a snapshot's payload less what the one before promises; its words column by column of the sections, because
 * those of one figure are alike; and these turned into planes of equal bytes, which zstd then takes to a tenth of what it
 * makes of the payload alone. `before` is the payload before, or NULL for a key. Sections are compared with the section of
 * their kind, so that a row more in one does not shift all the others; and from classes is taken what their arenas, threads
 * and flows have gained, of which they are the sums.
 *
 * Both fill `bytes` bytes of `to`, and both refuse (-1) what has no sound table of sections. `bytes` is that of the
 * payload, in both forms, and a multiple of 8. Buffers are 8-byte aligned and do not overlap. */
int recording_pack(void *to, const void *payload, size_t bytes, const void *before, size_t before_bytes);
int recording_unpack(void *to, const void *packed, size_t bytes, const void *before, size_t before_bytes);

#endif
