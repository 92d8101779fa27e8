/* model_sizes.c: what each class, or one arena, holds by size class, out of a snapshot that says so arena by arena. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

/* Whose an arena is. A snapshot may have a million of them, and of size classes too: so they are ordered by arena. */
struct owner {
    uint32_t arena, class_row;
};

static int by_arena(const void *a, const void *b)
{
    const struct owner *left = a, *right = b;
    return (left->arena > right->arena) - (left->arena < right->arena);
}

/* The owners of a snapshot's arenas, to be freed; NULL: no memory. */
static struct owner *make_owners(const struct snapshot *from)
{
    struct owner *owners = calloc(from->narenas + 1, sizeof(*owners));
    if (owners == NULL)
        return NULL;
    for (size_t i = 0; i < from->narenas; i++)
        owners[i] = (struct owner){from->arenas[i].index, from->arenas[i].class_row};
    qsort(owners, from->narenas, sizeof(*owners), by_arena);
    return owners;
}

/* The class row of an arena; AT_CLASS_UNBOUND where the snapshot does not say. */
static uint32_t class_of(const struct owner *owners, size_t count, uint32_t arena)
{
    const struct owner wanted = {.arena = arena};
    const struct owner *found = bsearch(&wanted, owners, count, sizeof(*owners), by_arena);
    return found != NULL ? found->class_row : AT_CLASS_UNBOUND;
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

/* The size classes of all arenas, or of one, each with the name of its class. Returns 0 or -ENOMEM. */
static int collect(struct moment *moment, const struct snapshot *from, const uint32_t *arena)
{
    struct owner *owners = make_owners(from);
    if (owners == NULL || reserve(moment, from->nsizes) != 0) {
        free(owners);
        return -ENOMEM;
    }
    for (size_t i = 0; i < from->nsizes; i++) {
        if (arena != NULL && from->sizes[i].arena != *arena)
            continue;
        struct size_figures *row = &moment->sizes[moment->nsizes++];
        *row = (struct size_figures){.raw = from->sizes[i]};
        uint32_t class_row = class_of(owners, from->narenas, row->raw.arena);
        memcpy(row->class_name, from->classes[class_row].name, sizeof(row->class_name));
    }
    free(owners);
    return 0;
}

int model_set_sizes(struct moment *moment, const struct snapshot *from, const uint32_t *arena)
{
    moment->nsizes = 0;
    if (from == NULL)
        return 0;
    if (collect(moment, from, arena) != 0)
        return -ENOMEM;
    moment->nsizes = merge(moment->sizes, moment->nsizes);
    for (size_t i = 0; i < moment->nsizes; i++) {
        struct size_figures *row = &moment->sizes[i];
        row->bytes = row->raw.blocks * row->raw.size;
        row->unused = row->raw.held > row->bytes ? row->raw.held - row->bytes : 0;
    }
    return 0;
}
