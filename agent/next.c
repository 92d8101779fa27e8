/* next.c: looks the next definitions up. */
#include "next.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "objects.h"

struct next next;

#define NO_DIRECT SIZE_MAX

static const struct {
    const char *name;
    size_t offset;
    size_t direct; /* offset of its number, or NO_DIRECT */
} rows[] = {
#define NEXT_ROW(result, name, parameters)                 {#name, offsetof(struct next, name), NO_DIRECT},
#define NEXT_ROW_WAITING(result, name, parameters, passed) {#name, offsetof(struct next, name), NO_DIRECT},
#define NEXT_ROW_FREE(result, name, parameters) \
    {#name, offsetof(struct next, name), offsetof(struct next, direct_##name)},
    NEXT_FREE_FUNCTIONS(NEXT_ROW_FREE) NEXT_THREAD_FUNCTIONS(NEXT_ROW) NEXT_PROCESS_FUNCTIONS(NEXT_ROW)
        NEXT_CALLOC_FUNCTIONS(NEXT_ROW) NEXT_JEMALLOC_FUNCTIONS(NEXT_ROW) NEXT_WAITING_FUNCTIONS(NEXT_ROW_WAITING)};

static void resolve_row(size_t row, const struct link_map *self, const struct link_map *free_holder)
{
    const struct link_map *holder = NULL;
    void *address = objects_find_from(self->l_next, rows[row].name, &holder);
    uint64_t direct = address != NULL && holder == free_holder;
    memcpy((char *)&next + rows[row].offset, &address, sizeof address);
    if (rows[row].direct != NO_DIRECT)
        memcpy((char *)&next + rows[row].direct, &direct, sizeof direct);
}

void next_resolve(void)
{
    if (__atomic_load_n(&next.resolved, __ATOMIC_ACQUIRE))
        return;
    const struct link_map *self = objects_holding(&next), *free_holder = NULL;
    if (self == NULL)
        return;
    objects_find_from(self->l_next, "free", &free_holder);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        resolve_row(i, self, free_holder);
    __atomic_store_n(&next.resolved, true, __ATOMIC_RELEASE);
}

/* Every form of operator delete takes these three, or ignores the rest: a size, an alignment or a tag that nobody reads. */
static bool comes_back(size_t row, const volatile uint64_t *frees)
{
    void (*operator_delete)(void *, size_t, size_t) = NULL;
    memcpy(&operator_delete, (char *)&next + rows[row].offset, sizeof operator_delete);
    uint64_t before = *frees;
    operator_delete(aligned_alloc(16, 16), 16, 16);
    return *frees != before;
}

/* What comes back to our free() is free() by another name where it is jemalloc's; elsewhere it may be more than that. */
static void bypass(size_t row, bool free_is_jemallocs)
{
    uint64_t direct = 0;
    if (free_is_jemallocs)
        memcpy((char *)&next + rows[row].offset, &next.free, sizeof next.free);
    else
        memcpy((char *)&next + rows[row].direct, &direct, sizeof direct);
}

void next_probe(const uint64_t *frees, const struct link_map *jemalloc)
{
    const struct link_map *free_holder = NULL;
    objects_find_from(objects_holding(&next)->l_next, "free", &free_holder);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t direct = 0;
        if (strncmp(rows[i].name, "_Zd", 3) != 0)
            continue;
        memcpy(&direct, (char *)&next + rows[i].direct, sizeof direct);
        if (direct != 0 && comes_back(i, frees))
            bypass(i, free_holder == jemalloc);
    }
}

void *next_late(const char *name, const void *caller)
{
    const struct link_map *self = objects_holding(&next), *map = objects_holding(caller), *holder = NULL;
    void *address = map != NULL && map != self ? objects_find_from(map, name, &holder) : NULL;
    if (address != NULL && holder == map)
        return address;
    return self != NULL ? objects_find_from(self->l_next, name, NULL) : NULL;
}

int prctl_next(int option, unsigned long argument)
{
    next_resolve();
    return next.prctl(option, argument, 0UL, 0UL, 0UL);
}
