/* jemalloc.c: tells the host's jemalloc from other copies, and resolves its control names. */
#include "jemalloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "objects.h"
#include "say.h"

#define PROBE_BYTES 100

static const struct {
    const char *name;
    uint8_t position;
} mib_names[] = {
#define JEMALLOC_ROW(id, name, position) {name, position},
    JEMALLOC_MIBS(JEMALLOC_ROW)
#undef JEMALLOC_ROW
};

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

/* jemalloc has no name for these by which it could be asked. */
static bool asked_to_guard(const char *option)
{
    const char *conf = getenv("MALLOC_CONF"), *at = conf != NULL ? strstr(conf, option) : NULL;
    return at != NULL && strtoul(at + strlen(option), NULL, 10) != 0;
}

static char try_zero_realloc(void)
{
    volatile size_t nothing = 0;
    /* NOLINTNEXTLINE(clang-analyzer-optin.portability.UnixAPI): what jemalloc does with 0 bytes is the question */
    void *left = realloc(malloc(PROBE_BYTES), nothing);
    free(left);
    return left == NULL ? 'f' : 'a';
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
    bytes = sizeof jemalloc->prof;
    if (jemalloc->mallctl("opt.prof", &jemalloc->prof, &bytes, NULL, 0) != 0)
        jemalloc->prof = false;
    jemalloc->guards = asked_to_guard("san_guard_small:") || asked_to_guard("san_guard_large:");
    jemalloc->zero_realloc = option_letter(jemalloc, "opt.zero_realloc", '?');
    if (jemalloc->zero_realloc == '?') /* before 5.3 */
        jemalloc->zero_realloc = try_zero_realloc();
    jemalloc->thp = option_letter(jemalloc, "opt.thp", 'd');
}

/* ---- which of them ---- */

static void use(struct jemalloc *jemalloc, const struct copy *copy)
{
    *jemalloc = (struct jemalloc){.object = copy->object, .hidden = copy->hidden};
    memcpy(jemalloc->prefix, copy->prefix, sizeof jemalloc->prefix);
#define JEMALLOC_USE(member, name, required) \
    memcpy(&jemalloc->member, &copy->function[COPIES_##member], sizeof jemalloc->member);
    COPIES_FUNCTIONS(JEMALLOC_USE)
#undef JEMALLOC_USE
}

/* What this thread has had of it. A copy that nobody has used yet wakes up here. */
static const volatile uint64_t *counter_of(const struct jemalloc *jemalloc)
{
    const volatile uint64_t *counter = NULL; /* compilers take malloc for a function that changes nothing */
    size_t bytes = sizeof counter;
    return jemalloc->mallctl("thread.allocatedp", &counter, &bytes, NULL, 0) == 0 ? counter : NULL;
}

/* Proof by use: what the program's malloc() gives is in this one's books. */
static bool serves_malloc(const struct jemalloc *jemalloc)
{
    const volatile uint64_t *counter = counter_of(jemalloc);
    uint64_t before = counter != NULL ? *counter : 0;
    void *volatile probe = malloc(PROBE_BYTES);
    uint64_t after = counter != NULL ? *counter : 0;
    free(probe);
    return after - before >= PROBE_BYTES;
}

/* And what its own names give. */
static bool serves_names(const struct jemalloc *jemalloc)
{
    const volatile uint64_t *counter = counter_of(jemalloc);
    if (counter == NULL || jemalloc->mallocx == NULL || jemalloc->dallocx == NULL)
        return counter != NULL;
    uint64_t before = *counter;
    void *probe = jemalloc->mallocx(PROBE_BYTES, 0);
    uint64_t after = *counter;
    if (probe != NULL)
        jemalloc->dallocx(probe, 0);
    return after - before >= PROBE_BYTES;
}

/* The object whose malloc() the program calls comes first: others are not even woken up when it is that. */
static bool find_serving(struct jemalloc *jemalloc, const struct copies *copies, unsigned from)
{
    const struct link_map *holder = NULL;
    objects_find_from(objects_first(), "malloc", &holder);
    for (int others = 0; others <= 1; others++) {
        for (unsigned i = from; i < copies->count; i++) {
            if ((copies->copy[i].object != holder) != others)
                continue;
            use(jemalloc, &copies->copy[i]);
            if (serves_malloc(jemalloc))
                return jemalloc->serves_malloc = true;
        }
    }
    return false;
}

/* The executable's own comes before a library's. */
static bool find_named(struct jemalloc *jemalloc, const struct copies *copies)
{
    for (int others = 0; others <= 1; others++) {
        for (unsigned i = 0; i < copies->count; i++) {
            const struct copy *copy = &copies->copy[i];
            if ((copy->object != objects_first()) != others || (copy->prefix[0] == '\0' && !copy->hidden))
                continue;
            use(jemalloc, copy);
            if (serves_names(jemalloc))
                return true;
        }
    }
    return false;
}

static bool find_any(struct jemalloc *jemalloc, struct copies *copies, const struct link_map *self)
{
    copies_find_usual(copies, self);
    if (find_serving(jemalloc, copies, 0))
        return true;
    unsigned tried = copies->count;
    copies_find_hidden(copies);
    copies_find_unusual(copies, self);
    return find_serving(jemalloc, copies, tried) || find_named(jemalloc, copies);
}

static void tell_others(const struct jemalloc *jemalloc, const struct copies *copies)
{
    for (unsigned i = 0; i < copies->count; i++) {
        const struct copy *copy = &copies->copy[i];
        if (copy->object != jemalloc->object || strcmp(copy->prefix, jemalloc->prefix) != 0)
            say_warning(
                "another jemalloc is in this process, %smallctl() of %.50s: what is taken from it is in no figure",
                copy->prefix, objects_name(copy->object));
    }
}

void jemalloc_tell_hidden(const struct jemalloc *jemalloc)
{
    static bool told; /* for forked children too: it is their executable as well */
    struct copies copies = {.count = 0};
    if (!told)
        copies_find_hidden(&copies);
    told = true;
    tell_others(jemalloc, &copies);
}

enum jemalloc_found jemalloc_find(struct jemalloc *jemalloc, const struct link_map *self)
{
    struct copies copies = {.count = 0};
    bool stats = false;
    size_t bytes = sizeof stats;
    if (!find_any(jemalloc, &copies, self))
        return copies.count > 0 ? JEMALLOC_IDLE : JEMALLOC_NONE;
    if (jemalloc->mallctl("config.stats", &stats, &bytes, NULL, 0) != 0 || !stats)
        return JEMALLOC_NO_STATISTICS;
    resolve_mibs(jemalloc);
    read_options(jemalloc);
    tell_others(jemalloc, &copies);
    return JEMALLOC_USABLE;
}

/* ---- control ---- */

int jemalloc_call(const struct jemalloc *jemalloc, enum jemalloc_mib mib, void *old, size_t *old_bytes, void *new,
                  size_t new_bytes)
{
    const struct jemalloc_mib_cache *cached = &jemalloc->cached[mib];
    if (cached->depth == 0)
        return ENOENT;
    return jemalloc->bymib(cached->mib, cached->depth, old, old_bytes, new, new_bytes);
}

void jemalloc_end_cache(const struct jemalloc *jemalloc)
{
    bool cache = false;
    jemalloc_call(jemalloc, JEMALLOC_THREAD_TCACHE_ENABLED, NULL, NULL, &cache, sizeof cache);
}

static const uint8_t widths[] = {8, 4, 1};

/* size_t, unsigned and bool are no wider than the value, and all little-endian; the width that fits is remembered. */
static __attribute__((noinline)) uint64_t find_width(const struct jemalloc *jemalloc, struct jemalloc_mib_cache *cached)
{
    for (; cached->depth != 0 && cached->width < sizeof widths; cached->width++) {
        uint64_t value = 0;
        size_t bytes = widths[cached->width];
        int result = jemalloc->bymib(cached->mib, cached->depth, &value, &bytes, NULL, 0);
        if (result != EINVAL)
            return result == 0 ? value : 0;
    }
    return 0;
}

/* Some tens of thousands of these make a snapshot. */
static inline uint64_t read_value(const struct jemalloc *jemalloc, struct jemalloc_mib_cache *cached)
{
    uint64_t value = 0;
    if (cached->depth == 0 || cached->width >= sizeof widths)
        return 0;
    size_t bytes = widths[cached->width];
    if (jemalloc->bymib(cached->mib, cached->depth, &value, &bytes, NULL, 0) == 0)
        return value;
    return find_width(jemalloc, cached);
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
