/* snapshot_encode.c: writes the payload of a snapshot record, section by section, into memory of the caller's. */
#include <string.h>

#include "snapshot.h"

#define ROWS_AT (sizeof(struct at_snapshot) + AT_SECTIONS_MAX * sizeof(struct at_section))
_Static_assert(ROWS_AT % 8 == 0, "the first section is aligned");

static struct at_section *section_table(const struct snapshot_encoder *encoder)
{
    return (struct at_section *)(void *)(encoder->buffer + sizeof(struct at_snapshot));
}

int snapshot_encode_begin(struct snapshot_encoder *encoder, void *buffer, size_t capacity,
                          const struct at_snapshot *head)
{
    const size_t largest = UINT32_MAX & ~(size_t)7;

    *encoder = (struct snapshot_encoder){.buffer = buffer, .capacity = capacity < largest ? capacity : largest};
    if (capacity < ROWS_AT)
        return -1;
    memset(buffer, 0, ROWS_AT);
    encoder->head = buffer;
    *encoder->head = *head;
    encoder->head->bytes = 0;
    encoder->head->sections = 0;
    encoder->used = ROWS_AT;
    return 0;
}

size_t snapshot_encode_room(const struct snapshot_encoder *encoder, size_t stride)
{
    if (encoder->head == NULL || encoder->head->sections == AT_SECTIONS_MAX || stride == 0 || stride % 8 != 0)
        return 0;
    return (encoder->capacity - encoder->used) / stride;
}

void *snapshot_encode_section(struct snapshot_encoder *encoder, enum at_section_kind kind, size_t stride, size_t count)
{
    if (encoder->head == NULL || encoder->head->sections == AT_SECTIONS_MAX ||
        count > snapshot_encode_room(encoder, stride))
        return NULL;

    void *rows = encoder->buffer + encoder->used;
    memset(rows, 0, count * stride);
    section_table(encoder)[encoder->head->sections++] = (struct at_section){.kind = (uint32_t)kind,
                                                                            .offset = (uint32_t)encoder->used,
                                                                            .count = (uint32_t)count,
                                                                            .stride = (uint32_t)stride};
    encoder->used += count * stride;
    return rows;
}

void snapshot_encode_trim(struct snapshot_encoder *encoder, size_t count)
{
    if (encoder->head == NULL || encoder->head->sections == 0)
        return;

    struct at_section *last = &section_table(encoder)[encoder->head->sections - 1];
    if (count >= last->count)
        return;
    last->count = (uint32_t)count;
    encoder->used = last->offset + count * last->stride;
}

size_t snapshot_encode_end(struct snapshot_encoder *encoder)
{
    if (encoder->head == NULL)
        return 0;
    encoder->head->bytes = (uint32_t)encoder->used;
    return encoder->used;
}
