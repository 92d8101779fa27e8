/* late.c: a few notes, each of a place in a file and not in memory, where the object may be gone by the time it is read. */
#include "late.h"

#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "atomics.h"
#include "classes.h"
#include "demangle.h"
#include "naming.h"
#include "objects.h"
#include "symtab.h"

#define NOTES        8u
#define SYMBOL_BYTES 256

struct note {
    char path[PATH_MAX];
    uint64_t value;
    char class_name[AT_CLASS_NAME_BYTES];
};

static struct {
    pthread_mutex_t mutex; /* only ever tried */
    uint32_t count;
    struct note note[NOTES];
} state = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static bool is_noted(const char *class_name)
{
    for (uint32_t i = 0; i < state.count; i++)
        if (strcmp(state.note[i].class_name, class_name) == 0)
            return true;
    return false;
}

void late_note(const void *start, const char *class_name)
{
    const struct link_map *object = objects_holding(start);
    if (object == NULL || strlen(objects_file(object)) >= PATH_MAX || pthread_mutex_trylock(&state.mutex) != 0)
        return;
    if (state.count < NOTES && !is_noted(class_name)) {
        struct note *note = &state.note[state.count];
        snprintf(note->path, sizeof note->path, "%s", objects_file(object));
        note->value = (uint64_t)(uintptr_t)start - object->l_addr;
        snprintf(note->class_name, sizeof note->class_name, "%s", class_name);
        store_release32(&state.count, state.count + 1);
    }
    pthread_mutex_unlock(&state.mutex);
}

/* The mutex is not held while a file is read: the notes before the last stay where they are. */
static void settle(const struct note *note)
{
    char symbol[SYMBOL_BYTES], name[NAMING_BYTES] = "", class_name[AT_CLASS_NAME_BYTES];
    if (!symtab_name_at(note->path, note->value, symbol, sizeof symbol))
        return;
    demangle_symbol(symbol, name, sizeof name);
    naming_from_start(class_name, name[0] != '\0' ? name : symbol, "", 0);
    if (strlen(name) == NAMING_BYTES - 1)
        naming_tell_apart(class_name, symbol);
    classes_rename(note->class_name, class_name);
}

void late_settle(void)
{
    uint32_t count = load_acquire32(&state.count);
    for (uint32_t i = 0; i < count; i++)
        settle(&state.note[i]);
    if (count == 0 || pthread_mutex_trylock(&state.mutex) != 0)
        return;
    memmove(state.note, state.note + count, (state.count - count) * sizeof state.note[0]);
    store_release32(&state.count, state.count - count);
    pthread_mutex_unlock(&state.mutex);
}

void late_fork_child(void)
{
    pthread_mutex_init(&state.mutex, NULL); /* another thread may have held it */
}
