/* copies.c: finds jemallocs by the names of their control functions. A copy is what has all three of them, with one prefix
 * and in one object: no wrapper with a name that happens to end alike is ever called. */
#include "copies.h"

#include <stdio.h>
#include <string.h>

#include "objects.h"
#include "symtab.h"

/* The longest of the three: what ends so is hardly anything else. */
#define TELLING    "mallctlbymib"
#define NAME_BYTES (COPIES_PREFIX_BYTES + 32)

static const struct {
    const char *name;
    bool required;
} functions[] = {
#define COPIES_ROW(member, name, required) {name, required},
    COPIES_FUNCTIONS(COPIES_ROW)
#undef COPIES_ROW
};

/* Where an object's functions are looked up: in its dynamic table, or in its full one. */
struct place {
    const struct link_map *object;
    const struct symtab *table; /* NULL: the dynamic one */
};

static bool is_known(const struct copies *copies, const struct place *place, const char *prefix)
{
    for (unsigned i = 0; i < copies->count; i++)
        if (copies->copy[i].object == place->object && strcmp(copies->copy[i].prefix, prefix) == 0)
            return true;
    return false;
}

/* What a file on disk says of addresses is believed where the loaded object has code. */
static void *look_up(const struct place *place, const char *name)
{
    if (place->table == NULL)
        return objects_find_in(place->object, name);
    uint64_t value = symtab_find(place->table, name);
    void *address = (void *)(place->object->l_addr + value);
    return value != 0 && objects_holding(address) == place->object ? address : NULL;
}

static void add(struct copies *copies, const struct place *place, const char *prefix)
{
    struct copy *copy = &copies->copy[copies->count];
    if (copies->count == COPIES_MAX || strlen(prefix) >= sizeof copy->prefix || is_known(copies, place, prefix))
        return;
    *copy = (struct copy){.object = place->object, .hidden = place->table != NULL};
    memcpy(copy->prefix, prefix, strlen(prefix) + 1);
    for (unsigned i = 0; i < COPIES_FUNCTION_COUNT; i++) {
        char name[NAME_BYTES];
        snprintf(name, sizeof name, "%s%s", prefix, functions[i].name);
        copy->function[i] = look_up(place, name);
        if (copy->function[i] == NULL && functions[i].required)
            return;
    }
    copies->count++;
}

void copies_find_usual(struct copies *copies, const struct link_map *self)
{
    static const char *const prefixes[] = {"", "je_", "_rjem_"};
    for (const struct link_map *map = objects_first(); map != NULL; map = map->l_next)
        for (unsigned i = 0; map != self && i < sizeof prefixes / sizeof prefixes[0]; i++)
            add(copies, &(struct place){.object = map}, prefixes[i]);
}

static void add_ending(struct copies *copies, const struct place *place, const char *name)
{
    char prefix[COPIES_PREFIX_BYTES];
    size_t length = strlen(name) - strlen(TELLING);
    if (length >= sizeof prefix)
        return;
    memcpy(prefix, name, length);
    prefix[length] = '\0';
    add(copies, place, prefix);
}

void copies_find_unusual(struct copies *copies, const struct link_map *self)
{
    for (const struct link_map *map = objects_first(); map != NULL; map = map->l_next) {
        const char *name;
        uint32_t at = 0;
        while (map != self && (name = objects_next_ending(map, TELLING, &at)) != NULL)
            add_ending(copies, &(struct place){.object = map}, name);
    }
}

void copies_find_hidden(struct copies *copies)
{
    struct symtab table;
    const struct place place = {.object = objects_first(), .table = &table};
    const char *name;
    size_t at = 0;
    if (place.object == NULL || !symtab_open(&table, objects_file(place.object)))
        return;
    while ((name = symtab_next_ending(&table, TELLING, &at)) != NULL)
        add_ending(copies, &place, name);
    symtab_close(&table);
}
