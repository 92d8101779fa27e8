/* model_sizes.c: what each class, or one arena, holds by size class, out of a snapshot that says so arena by arena. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

/* The class row of an arena; AT_CLASS_UNBOUND where the snapshot does not say. Rows come arena by arena, so the one before
 * is likely to be it again. */
static uint32_t class_of(const struct snapshot *from, uint32_t arena, size_t *last)
{
    for (size_t steps = 0; steps < from->narenas; steps++) {
        size_t at = (*last + steps) % from->narenas;
        if (from->arenas[at].index == arena) {
            *last = at;
            return from->arenas[at].class_row;
        }
    }
    return AT_CLASS_UNBOUND;
}

static int by_class_and_size(const void *a, const void *b)
{
    const struct size_figures *left = a, *right = b;
    int verdict = strcmp(left->class_name, right->class_name);
    if (verdict != 0)
        return verdict;
    return (left->raw.size > right->raw.size) - (left->raw.size < right->raw.size);
}

/* Brings equal sizes of a class together. Returns how many rows are left. */
static size_t merge(struct size_figures *rows, size_t count)
{
    size_t kept = 0;
    qsort(rows, count, sizeof(*rows), by_class_and_size);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || by_class_and_size(&rows[kept - 1], &rows[i]) != 0) {
            rows[kept++] = rows[i];
            continue;
        }
        struct at_size *into = &rows[kept - 1].raw;
        into->blocks += rows[i].raw.blocks;
        into->held += rows[i].raw.held;
        into->nmalloc += rows[i].raw.nmalloc;
        into->ndalloc += rows[i].raw.ndalloc;
    }
    return kept;
}

static int reserve(struct moment *moment, size_t count)
{
    if (count <= moment->sizes_capacity)
        return 0;
    struct size_figures *rows = realloc(moment->sizes, count * sizeof(*rows));
    if (rows == NULL)
        return -ENOMEM;
    moment->sizes = rows;
    moment->sizes_capacity = count;
    return 0;
}

int model_set_sizes(struct moment *moment, const struct snapshot *from, const uint32_t *arena)
{
    size_t last = 0, count = 0;
    moment->nsizes = 0;
    if (from == NULL)
        return 0;
    if (reserve(moment, from->nsizes) != 0)
        return -ENOMEM;
    for (size_t i = 0; i < from->nsizes; i++) {
        if (arena != NULL && from->sizes[i].arena != *arena)
            continue;
        struct size_figures *row = &moment->sizes[count++];
        *row = (struct size_figures){.raw = from->sizes[i]};
        memcpy(row->class_name, from->classes[class_of(from, row->raw.arena, &last)].name, sizeof(row->class_name));
    }
    moment->nsizes = merge(moment->sizes, count);
    for (size_t i = 0; i < moment->nsizes; i++) {
        struct size_figures *row = &moment->sizes[i];
        row->bytes = row->raw.blocks * row->raw.size;
        row->unused = row->raw.held > row->bytes ? row->raw.held - row->bytes : 0;
    }
    return 0;
}
