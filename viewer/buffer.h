/* buffer.h: memory that grows with what it has to hold, and keeps no content while it does. */
#ifndef VIEWER_BUFFER_H
#define VIEWER_BUFFER_H

#include <stddef.h>

/* Zeroed before its first use. `bytes` is aligned for anything. */
struct buffer {
    void *bytes;
    size_t room;
};

/* Makes room for at least `wanted` bytes. Returns 0, or -1 with the buffer as it was: no memory. */
int buffer_reserve(struct buffer *buffer, size_t wanted);

void buffer_free(struct buffer *buffer);

#endif
