/* source_backend.h: what a kind of source has to do; source.c does the rest. For source*.c alone. */
#ifndef VIEWER_SOURCE_BACKEND_H
#define VIEWER_SOURCE_BACKEND_H

#include "source.h"

#define SOURCE_NAME_BYTES 32

/* What bisection looks at. */
struct source_stamp {
    uint64_t seq;
    uint64_t time_ns;
};

struct source_backend {
    int (*update)(struct source *source, struct source_span *span, struct failure *failure);
    /* The payload at a place of the last span; good until the next call. */
    enum source_result (*payload)(struct source *source, uint64_t place, const void **payload, size_t *bytes,
                                  struct failure *failure);
    enum source_result (*latest)(struct source *source, const void **payload, size_t *bytes, struct failure *failure);
    /* NULL: a stamp is read from the payload. */
    enum source_result (*stamp)(struct source *source, uint64_t place, struct source_stamp *stamp,
                                struct failure *failure);
    void (*close)(struct source *source);
};

/* The first member of every backend's own struct. */
struct source {
    const struct source_backend *backend;
    struct source_about about;
    struct source_span span; /* of the last update */
    char *path;
    char name[SOURCE_NAME_BYTES]; /* about.name, where that is not the path */
};

/* Puts into words why a target could not be opened; errno as segment_open left it. Returns -1. */
int source_fail_open(const struct target *target, enum segment_error error, const struct at_header *header,
                     struct failure *failure);

/* Moves the reader of a copied ring behind what was torn while it was copied (source_torn.c). Touches the mapping: to be
 * called under guard_call. */
void source_skip_torn(struct ring_reader *reader);

/* Each opens a target of its kind: 0 and *source, or -1 with *failure set. */
int source_segment_open(struct source **source, const struct target *target, struct failure *failure);
int source_recording_open(struct source **source, const struct target *target, struct failure *failure);

/* Whether the file at `path` begins as a recording does. */
bool source_is_recording(const char *path);

#endif
