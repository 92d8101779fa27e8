/* buffer.c: memory that grows. */
#include "buffer.h"

#include <stdlib.h>

int buffer_reserve(struct buffer *buffer, size_t wanted)
{
    if (wanted <= buffer->room)
        return 0;
    void *larger = malloc(wanted);
    if (larger == NULL)
        return -1;
    free(buffer->bytes);
    buffer->bytes = larger;
    buffer->room = wanted;
    return 0;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}
