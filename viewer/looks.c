/* looks.c: which glyph and colour each of the largest classes has. */
#include "looks.h"

#include <string.h>

/* The largest class after those that `taken` has, (unbound) last among equals as in every list; -1 when there is none. */
static long next_largest(const struct moment *now, const bool *taken)
{
    size_t count = now->snapshot.nclasses < AT_CLASSES_MAX ? now->snapshot.nclasses : AT_CLASSES_MAX;
    long best = -1;
    for (size_t i = 1; i <= count; i++) {
        size_t row = i % count;
        if (!taken[row] && (best < 0 || now->classes[row].raw.live > now->classes[best].raw.live))
            best = (long)row;
    }
    return best;
}

static void find_largest(struct looks *looks, const struct moment *now)
{
    bool taken[AT_CLASSES_MAX] = {false};
    long row;
    looks->count = 0;
    while (looks->count < LOOKS_COUNT && (row = next_largest(now, taken)) >= 0) {
        taken[row] = true;
        looks->largest[looks->count++] = (uint32_t)row;
    }
}

static bool is_large(const struct looks *looks, const struct moment *now, const char *class_name)
{
    for (size_t i = 0; i < looks->count; i++)
        if (strcmp(now->classes[looks->largest[i]].raw.name, class_name) == 0)
            return true;
    return false;
}

/* That of its row in the snapshot, so that row 1, mostly main, has the first; else any that is free. */
static size_t free_look(const struct looks *looks, size_t row)
{
    size_t look = (row + LOOKS_COUNT - 1) % LOOKS_COUNT;
    for (size_t tries = 0; tries < LOOKS_COUNT && looks->owned[look]; tries++)
        look = (look + 1) % LOOKS_COUNT;
    return look;
}

void looks_update(struct looks *looks, const struct moment *now)
{
    find_largest(looks, now);
    for (size_t look = 0; look < LOOKS_COUNT; look++)
        looks->owned[look] = looks->owned[look] && is_large(looks, now, looks->owners[look]);
    for (size_t i = 0; i < looks->count; i++) {
        const char *name = now->classes[looks->largest[i]].raw.name;
        if (looks_of(looks, name) >= 0)
            continue;
        size_t look = free_look(looks, looks->largest[i]);
        memcpy(looks->owners[look], name, AT_CLASS_NAME_BYTES);
        looks->owned[look] = true;
    }
}

int looks_of(const struct looks *looks, const char *class_name)
{
    for (int look = 0; look < LOOKS_COUNT; look++)
        if (looks->owned[look] && strcmp(looks->owners[look], class_name) == 0)
            return look;
    return -1;
}
