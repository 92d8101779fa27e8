/* recording_file.h: an open recording: its head, its last entry, and the way from there to any other. Reads with pread()
 * alone, keeps nothing per entry, and believes nothing. */
#ifndef VIEWER_RECORDING_FILE_H
#define VIEWER_RECORDING_FILE_H

#include <stdbool.h>

#include "recording.h"

/* As many damaged keys of a file are led past, each looked for once. */
#define RECORDING_LOST 256u

struct recording_file {
    int fd;
    uint64_t bytes; /* of the file that were looked at */
    struct recording_head head;
    struct recording_entry last; /* of the entries that count; nothing when `empty` */
    bool empty;
    uint64_t end; /* where the next entry belongs: behind the last one; what lies there was cut off */
    unsigned nlost;
    struct {
        uint64_t offset, before; /* of a damaged key, and of the last one before it; its own if there is none */
    } lost[RECORDING_LOST];
};

enum recording_error {
    RECORDING_OK = 0,
    RECORDING_NOT_OURS, /* no recording */
    RECORDING_NEWER,    /* head.version says which */
    RECORDING_DAMAGED,  /* an entry breaks the rules, or the file shrank */
    RECORDING_FAILED    /* errno says why */
};

/* Reads head and last entry from `fd`, which stays the caller's. From the end backwards, as far as nothing counts. */
enum recording_error recording_open(struct recording_file *file, int fd);

/* Looks for entries that came since. */
enum recording_error recording_refresh(struct recording_file *file);

/* Where the entry behind this one begins. */
uint64_t recording_next_offset(const struct recording_entry *entry);

/* Reads the entry at `offset`, which must lie wholly in front of `end`. */
enum recording_error recording_read_entry(const struct recording_file *file, uint64_t offset,
                                          struct recording_entry *entry);

/* Finds the entry of a place, at most last.place; or its key. */
enum recording_error recording_find(struct recording_file *file, uint64_t place, struct recording_entry *entry);
enum recording_error recording_find_key(struct recording_file *file, uint64_t place, struct recording_entry *key);

/* Reads the packed snapshot behind an entry into `to`, which has payload_bytes. `frame` has packed_bytes; `context` is a
 * ZSTD_DCtx that is used again and again. */
enum recording_error recording_read_packed(const struct recording_file *file, const struct recording_entry *entry,
                                           void *context, void *frame, void *to);

#endif
