/* snapshot.h: the payload of a snapshot record, written and read. One encoder, one decoder, for live segments,
 * recordings and copied files alike. Layout: arenatop.h. */
#ifndef AT_SNAPSHOT_H
#define AT_SNAPSHOT_H

#include "arenatop.h"

/* ---- writing: no allocation; a section at a time into the caller's buffer ---- */

struct snapshot_encoder {
    unsigned char *buffer; /* 8-byte aligned */
    size_t capacity;
    size_t used;
    struct at_snapshot *head;
};

/* Starts a snapshot in `buffer` and copies `head` (bytes and sections are filled in later) to its front.
 * Returns 0, or -1 when the capacity does not even hold the section table. */
int snapshot_encode_begin(struct snapshot_encoder *encoder, void *buffer, size_t capacity,
                          const struct at_snapshot *head);

/* How many rows of `stride` bytes still fit as one section; 0 when the table of sections is full. */
size_t snapshot_encode_room(const struct snapshot_encoder *encoder, size_t stride);

/* Adds a section of `count` zeroed rows of `stride` bytes (a multiple of 8) and returns its first row, which the caller
 * fills in; NULL when it does not fit. The pointer is good until the end of the encoding. */
void *snapshot_encode_section(struct snapshot_encoder *encoder, enum at_section_kind kind, size_t stride, size_t count);

/* Shortens the section added last to `count` rows: for a writer that had to reserve before it knew. */
void snapshot_encode_trim(struct snapshot_encoder *encoder, size_t count);

/* Returns the size of the whole snapshot, a multiple of 8. */
size_t snapshot_encode_end(struct snapshot_encoder *encoder);

/* ---- reading ---- */

/* A decoded snapshot: every row complete, every name terminated, every index inside its table. Zero it before the first
 * use; it owns `block` and reuses it from one decoding to the next. */
struct snapshot {
    struct at_snapshot head;
    struct at_agent agent;
    struct at_process process;
    struct at_class *classes;
    struct at_flow *flows;
    struct at_arena *arenas;
    struct at_thread *threads;
    char (*warnings)[AT_WARNING_BYTES];
    struct at_size *sizes; /* arena and kind are left as they are */
    size_t nclasses, nflows, narenas, nthreads, nwarnings, nsizes;
    void *block;
    size_t block_bytes;
};

/* Decodes `bytes` bytes of untrusted payload, of any alignment. Rows longer than ours are cut, shorter ones filled with
 * 0, unknown sections skipped, of a repeated section the first counts; of agent and process rows too. Values of state,
 * mode and reason are left as they are. Takes at most four times the payload's size in memory; there is at least one
 * class. Returns 0, -EBADMSG when it breaks a rule (then *snapshot is empty but may be used again), -ENOMEM. */
int snapshot_decode(struct snapshot *snapshot, const void *payload, size_t bytes);

/* Copies *from into *to deeply; `to` as for snapshot_decode. Returns 0, or -ENOMEM with *to empty. */
int snapshot_copy(struct snapshot *to, const struct snapshot *from);

void snapshot_free(struct snapshot *snapshot);

/* Finds a class by name: its row, or -1. */
long snapshot_class(const struct snapshot *snapshot, const char *name);

/* Words for the enumerations, "?" for a value that has none. */
const char *at_state_word(uint32_t state);
const char *at_mode_word(uint32_t mode);
const char *at_reason_text(uint32_t reason);

#endif
