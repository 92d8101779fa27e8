/* recorder.h: writes a recording (recording.h), an entry at a time. Each is in the file, whole, when recorder_append
 * returns; what was written before is never touched again. */
#ifndef VIEWER_RECORDER_H
#define VIEWER_RECORDER_H

#include "buffer.h"
#include "fail.h"
#include "recording_file.h"
#include "source.h"

struct recorder {
    const char *path;
    struct recording_file file; /* with the last entry that was written */
    struct recording_entry key; /* of the group that is being written */
    uint64_t group_bytes;
    bool cut_off;         /* there was a tail that was cut off, and is gone now */
    void *context;        /* zstd's */
    struct buffer before; /* the payload before */
    size_t before_bytes;  /* 0: there is none */
    struct buffer packed, frame;
};

/* Makes a recording of a source's process at `path`, or goes on with one of that very process: a tail that was cut off
 * goes. `path` must live until the end. `recorder` need not be zeroed. Refuses what is there and is something else, a
 * recording of another process, and one that another recorder writes. Returns 0, or -1 with *failure set. */
int recorder_open(struct recorder *recorder, const char *path, const struct source_about *about,
                  struct failure *failure);

/* Whether all that was written is still in a file that somebody can open: nobody has removed it, or cut it short. One that
 * has another name now is still there. Returns 0, or -1 with *failure set. */
int recorder_check(const struct recorder *recorder, struct failure *failure);

/* Sequence of the last snapshot in the file; 0 when there is none. */
uint64_t recorder_last_seq(const struct recorder *recorder);

/* Appends a snapshot, before which `lost` were missed since the one before, after recorder_check. On failure the file is as it
 * was before: -1 with *failure set. */
int recorder_append(struct recorder *recorder, const void *payload, size_t bytes, uint64_t lost,
                    struct failure *failure);

/* Waits until everything is on the disk, and closes; recorder_check has its say before. Returns 0, or -1 with *failure
 * set. */
int recorder_close(struct recorder *recorder, struct failure *failure);

#endif
