/* next.c: looks the next definitions up. */
#include "next.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "atomics.h"
#include "objects.h"

struct next next;

#define NO_DIRECT    SIZE_MAX
#define LATE_ENTRIES 32u

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
        NEXT_LOADER_FUNCTIONS(NEXT_ROW) NEXT_CALLOC_FUNCTIONS(NEXT_ROW) NEXT_JEMALLOC_FUNCTIONS(NEXT_ROW)
            NEXT_WAITING_FUNCTIONS(NEXT_ROW_WAITING)};

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

/* ---- what came later ----
 *
 * Others are loaded and unloaded meanwhile: the link map is walked under the loader's lock, which a thread may take that has
 * it already. What was found is remembered, as the lock is everybody's: what a caller needs was loaded with it or before,
 * and stays while it runs. */

struct late {
    uint64_t generation;
    uint64_t caller; /* its object */
    uint64_t name;
    uint64_t address;
};

static struct {
    uint32_t generation; /* rises when an object is unloaded */
    struct {
        uint32_t version; /* odd while it is written */
        struct late late;
    } entry[LATE_ENTRIES];
} known;

#define LATE_WORDS (sizeof(struct late) / sizeof(uint64_t))

void next_forget(void)
{
    add_seq_cst32(&known.generation, 1);
}

static unsigned entry_of(const struct late *late)
{
    return (unsigned)(((late->caller ^ late->name) * UINT64_C(0x9e3779b97f4a7c15)) >> 32) % LATE_ENTRIES;
}

static void *recall(const struct late *wanted)
{
    struct late copy;
    unsigned at = entry_of(wanted);
    uint32_t version = load_acquire32(&known.entry[at].version);
    copy_in_acquire((uint64_t *)&copy, (const uint64_t *)&known.entry[at].late, LATE_WORDS);
    bool whole = version % 2 == 0 && load_acquire32(&known.entry[at].version) == version;
    bool is_it = copy.generation == wanted->generation && copy.caller == wanted->caller && copy.name == wanted->name;
    return whole && is_it ? (void *)(uintptr_t)copy.address : NULL;
}

static void remember(const struct late *late)
{
    unsigned at = entry_of(late);
    uint32_t version = load_acquire32(&known.entry[at].version);
    if (version % 2 != 0 || !swap_if32(&known.entry[at].version, &version, version + 1))
        return;
    copy_out_release((uint64_t *)&known.entry[at].late, (const uint64_t *)late, LATE_WORDS);
    store_release32(&known.entry[at].version, version + 2);
}

struct walk {
    const char *name;
    bool behind_us;
    void *found;
};

static const void *first_segment(const struct dl_phdr_info *object)
{
    for (unsigned i = 0; i < object->dlpi_phnum; i++)
        if (object->dlpi_phdr[i].p_type == PT_LOAD)
            return (const void *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr);
    return NULL;
}

/* One that is only just loaded is on the list, but not to be found by its addresses yet, nor relocated. */
static int look_into(struct dl_phdr_info *object, size_t bytes, void *context)
{
    struct walk *walk = context;
    const struct link_map *map = objects_holding(first_segment(object));
    (void)bytes;
    if (map != NULL && walk->behind_us)
        walk->found = objects_find_in(map, walk->name);
    walk->behind_us |= map != NULL && map == objects_holding(&next);
    return walk->found != NULL;
}

void *next_late(const char *name, const void *caller)
{
    const struct link_map *map = objects_holding(caller);
    void *own = map != NULL && map != objects_holding(&next) ? objects_find_in(map, name) : NULL;
    struct late late = {.generation = load_seq_cst32(&known.generation),
                        .caller = (uint64_t)(uintptr_t)map,
                        .name = (uint64_t)(uintptr_t)name};
    struct walk walk = {.name = name, .found = own != NULL ? own : recall(&late)};
    if (walk.found != NULL)
        return walk.found;
    dl_iterate_phdr(look_into, &walk);
    late.address = (uint64_t)(uintptr_t)walk.found;
    if (walk.found != NULL)
        remember(&late);
    return walk.found;
}

int prctl_next(int option, unsigned long argument)
{
    next_resolve();
    return next.prctl(option, argument, 0UL, 0UL, 0UL);
}

int sigmask_next(int how, const sigset_t *set, sigset_t *before)
{
    next_resolve();
    return next.pthread_sigmask(how, set, before);
}
