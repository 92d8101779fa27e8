/* jemalloc.c: finds the host's jemalloc and resolves its control names. */
#include "jemalloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "objects.h"
#include "symtab.h"

#define PREFIX_BYTES 64

static const char *const prefixes[] = {"", "je_", "_rjem_"};

static const struct {
    const char *name;
    uint8_t position;
} mib_names[] = {
#define JEMALLOC_ROW(id, name, position) {name, position},
    JEMALLOC_MIBS(JEMALLOC_ROW)
#undef JEMALLOC_ROW
};

/* A function pointer member to fill in, and the name behind the prefix. */
struct function {
    const char *name;
    void *pointer;
    bool required;
};

static const struct link_map *next_but(const struct link_map *map, const struct link_map *self)
{
    return map == self ? map->l_next : map;
}

static void *find_but(const char *name, const struct link_map *self, const struct link_map **holder)
{
    void *address = objects_find_from(objects_first(), name, holder);
    if (address != NULL && *holder == self)
        address = objects_find_from(next_but(self, self), name, holder);
    return address;
}

static bool fill_exported(struct jemalloc *jemalloc, const char *prefix, const struct link_map *self)
{
    struct function functions[] = {
        {"mallctl", &jemalloc->mallctl, true},    {"mallctlnametomib", &jemalloc->nametomib, true},
        {"mallctlbymib", &jemalloc->bymib, true}, {"mallocx", &jemalloc->mallocx, false},
        {"dallocx", &jemalloc->dallocx, false},   {"xallocx", &jemalloc->xallocx, false},
        {"sallocx", &jemalloc->sallocx, false},   {"nallocx", &jemalloc->nallocx, false},
    };
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        char name[PREFIX_BYTES + 32];
        const struct link_map *holder = NULL;
        snprintf(name, sizeof name, "%s%s", prefix, functions[i].name);
        void *address = find_but(name, self, &holder);
        if (address == NULL && functions[i].required)
            return false;
        if (i == 0)
            jemalloc->object = holder;
        memcpy(functions[i].pointer, &address, sizeof address);
    }
    return true;
}

static bool find_exported(struct jemalloc *jemalloc, const struct link_map *self)
{
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (fill_exported(jemalloc, prefixes[i], self))
            return jemalloc->prefixed = prefixes[i][0] != '\0', true;
    return false;
}

/* jemalloc inside the executable, its symbols kept out of the dynamic table. */
static bool find_hidden(struct jemalloc *jemalloc)
{
    const struct link_map *executable = objects_first();
    struct function functions[] = {
        {"mallctl", &jemalloc->mallctl, true},
        {"mallctlnametomib", &jemalloc->nametomib, true},
        {"mallctlbymib", &jemalloc->bymib, true},
    };
    if (executable == NULL)
        return false;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        char found[PREFIX_BYTES + 32];
        uint64_t value;
        if (!symtab_find_suffix("/proc/self/exe", functions[i].name, &value, found, sizeof found))
            return false;
        void *address = (void *)(executable->l_addr + value);
        memcpy(functions[i].pointer, &address, sizeof address);
    }
    jemalloc->object = executable;
    jemalloc->hidden = true;
    return true;
}

static void resolve_mibs(struct jemalloc *jemalloc)
{
    for (size_t i = 0; i < JEMALLOC_MIB_COUNT; i++) {
        struct jemalloc_mib_cache *cached = &jemalloc->cached[i];
        cached->depth = JEMALLOC_MIB_DEPTH;
        if (jemalloc->nametomib(mib_names[i].name, cached->mib, &cached->depth) != 0)
            cached->depth = 0;
    }
}

static char option_letter(const struct jemalloc *jemalloc, const char *name, char unknown)
{
    const char *text = NULL;
    size_t bytes = sizeof text;
    if (jemalloc->mallctl(name, &text, &bytes, NULL, 0) != 0 || text == NULL)
        return unknown;
    return strcmp(text, "abort") == 0 ? 'x' : text[0];
}

static void read_options(struct jemalloc *jemalloc)
{
    const char *version = "";
    size_t bytes = sizeof version;
    jemalloc->mallctl("version", &version, &bytes, NULL, 0);
    snprintf(jemalloc->version, sizeof jemalloc->version, "%s", version);
    bytes = sizeof jemalloc->narenas_auto;
    if (jemalloc->mallctl("opt.narenas", &jemalloc->narenas_auto, &bytes, NULL, 0) != 0)
        jemalloc->narenas_auto = 1;
    bytes = sizeof jemalloc->page_bytes;
    if (jemalloc->mallctl("arenas.page", &jemalloc->page_bytes, &bytes, NULL, 0) != 0)
        jemalloc->page_bytes = 4096;
    bytes = sizeof jemalloc->hpa;
    if (jemalloc->mallctl("opt.hpa", &jemalloc->hpa, &bytes, NULL, 0) != 0)
        jemalloc->hpa = false;
    jemalloc->zero_realloc = option_letter(jemalloc, "opt.zero_realloc", 'a');
    jemalloc->thp = option_letter(jemalloc, "opt.thp", 'd');
}

bool jemalloc_find(struct jemalloc *jemalloc, const struct link_map *self)
{
    bool stats = false;
    size_t bytes = sizeof stats;
    *jemalloc = (struct jemalloc){0};
    if (!find_exported(jemalloc, self)) {
        *jemalloc = (struct jemalloc){0};
        if (!find_hidden(jemalloc))
            return false;
    }
    if (jemalloc->mallctl("config.stats", &stats, &bytes, NULL, 0) != 0 || !stats)
        return false;
    resolve_mibs(jemalloc);
    read_options(jemalloc);
    return true;
}

bool jemalloc_serves_malloc(const struct jemalloc *jemalloc)
{
    const volatile uint64_t *counter = NULL; /* compilers take malloc for a function that changes nothing */
    size_t bytes = sizeof counter;
    if (jemalloc_call(jemalloc, JEMALLOC_THREAD_ALLOCATEDP, &counter, &bytes, NULL, 0) != 0)
        return false;
    uint64_t before = *counter;
    void *volatile probe = malloc(1);
    uint64_t after = *counter;
    free(probe);
    return after > before;
}

int jemalloc_call(const struct jemalloc *jemalloc, enum jemalloc_mib mib, void *old, size_t *old_bytes, void *new,
                  size_t new_bytes)
{
    const struct jemalloc_mib_cache *cached = &jemalloc->cached[mib];
    if (cached->depth == 0)
        return ENOENT;
    return jemalloc->bymib(cached->mib, cached->depth, old, old_bytes, new, new_bytes);
}

/* size_t, unsigned and bool are no wider than the value, and all little-endian; the width that fits is remembered. */
static uint64_t read_value(const struct jemalloc *jemalloc, struct jemalloc_mib_cache *cached)
{
    static const size_t widths[] = {8, 4, 1};
    for (; cached->depth != 0 && cached->width < sizeof widths / sizeof widths[0]; cached->width++) {
        uint64_t value = 0;
        size_t bytes = widths[cached->width];
        int result = jemalloc->bymib(cached->mib, cached->depth, &value, &bytes, NULL, 0);
        if (result != EINVAL)
            return result == 0 ? value : 0;
    }
    return 0;
}

uint64_t jemalloc_read(struct jemalloc *jemalloc, enum jemalloc_mib mib)
{
    return read_value(jemalloc, &jemalloc->cached[mib]);
}

uint64_t jemalloc_read_arena(struct jemalloc *jemalloc, enum jemalloc_mib mib, unsigned index)
{
    jemalloc->cached[mib].mib[mib_names[mib].position] = index;
    return read_value(jemalloc, &jemalloc->cached[mib]);
}

uint64_t jemalloc_read_size(struct jemalloc *jemalloc, enum jemalloc_mib mib, unsigned arena, unsigned size)
{
    jemalloc->cached[mib].mib[mib_names[mib].position + 2u] = size;
    return jemalloc_read_arena(jemalloc, mib, arena);
}
