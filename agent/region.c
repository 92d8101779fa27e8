/* region.c: extent hooks that place a class's memory in its region. */
#include "region.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <jemalloc/jemalloc.h>

#include "arenas.h"
#include "atomics.h"
#include "confine.h"
#include "lines.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA           0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

#define LABEL_BYTES 80 /* the kernel's limit, terminator included */

struct region {
    extent_hooks_t hooks; /* first: jemalloc hands its address back */
    uint64_t next;        /* where the last mapping ended */
    unsigned id;
    uint32_t spilled;
    char label[LABEL_BYTES];
};

static struct {
    const extent_hooks_t *defaults;
    bool overcommits;
    char thp;
    struct region region[AT_CLASSES_MAX];
} state;

static uint64_t region_base(unsigned id)
{
    return (uint64_t)region_key(id) << REGION_SHIFT;
}

static void label_range(const struct region *region, void *address, size_t bytes)
{
    if (region->label[0] != '\0' && !confine_forbids(CONFINE_LABELS))
        prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, (unsigned long)(uintptr_t)address, bytes, region->label);
}

/* An arena that is being made, and is no class's yet, maps room for its own books: 2 MiB in 5.3.0, of which it touches some
 * ten pages. As a huge page, which the kernel makes of it by itself in many systems, all of it would be resident. Where
 * opt.metadata_thp asks for that, jemalloc sees to it afterwards. */
static bool is_for_books(unsigned arena)
{
    return arenas_class(arena) == AT_CLASS_UNBOUND;
}

/* What jemalloc does to a fresh mapping by its option. */
static void advise(void *address, size_t bytes, unsigned arena)
{
    if (is_for_books(arena)) {
        if (!confine_forbids(CONFINE_LABELS))
            madvise(address, bytes, MADV_NOHUGEPAGE);
    } else if (state.thp == 'a') {
        madvise(address, bytes, MADV_HUGEPAGE);
    } else if (state.thp == 'n') {
        madvise(address, bytes, MADV_NOHUGEPAGE);
    }
}

/* Maps exactly at `base`. MAP_FAILED with EEXIST when something is there. */
static void *map_at(uint64_t base, size_t bytes, bool commit)
{
    int protection = commit ? PROT_READ | PROT_WRITE : PROT_NONE;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | (state.overcommits ? MAP_NORESERVE : 0);
    void *address = mmap((void *)(uintptr_t)base, bytes, protection, flags, -1, 0);
    if (address == MAP_FAILED || (uintptr_t)address == base)
        return address;
    munmap(address, bytes); /* a kernel before 4.17 takes the address for a wish */
    errno = EEXIST;
    return MAP_FAILED;
}

/* Maps the first range from `from` on that is free, and notes where it ends; steps over mappings, foreign and its own, in
 * growing strides. What the kernel will not map is NULL and takes no addresses; MAP_FAILED at the region's end. */
static void *map_onward(struct region *region, uint64_t from, size_t bytes, size_t alignment, bool commit)
{
    uint64_t end = region_base(region->id) + REGION_BYTES;
    for (uint64_t skip = bytes;; from += skip, skip *= 2) {
        from = (from + alignment - 1) & ~((uint64_t)alignment - 1);
        if (from > end || bytes > end - from)
            return MAP_FAILED;
        void *address = map_at(from, bytes, commit);
        if (address != MAP_FAILED) {
            store_relaxed64(&region->next, from + bytes);
            return address;
        }
        if (errno != EEXIST)
            return NULL;
    }
}

/* At the region's end it begins anew: what was given back meanwhile (opt.retain:false) is free. MAP_FAILED when the region is
 * full. Of several threads that map at once the kernel gives each a range of its own. */
static void *map_next(struct region *region, size_t bytes, size_t alignment, bool commit)
{
    void *address = map_onward(region, load_relaxed64(&region->next), bytes, alignment, commit);
    return address != MAP_FAILED ? address : map_onward(region, region_base(region->id), bytes, alignment, commit);
}

static void *alloc_by_default(void *wanted, size_t bytes, size_t alignment, bool *zero, bool *commit, unsigned arena)
{
    extent_hooks_t *defaults = (extent_hooks_t *)(uintptr_t)state.defaults;
    return defaults->alloc(defaults, wanted, bytes, alignment, zero, commit, arena);
}

/* Of a region, or of the program, which has put its own in their place and calls ours with them: NULL. */
static struct region *region_of(extent_hooks_t *hooks)
{
    size_t offset = (size_t)((uintptr_t)hooks - (uintptr_t)state.region), id = offset / sizeof(struct region);
    return offset % sizeof(struct region) == 0 && id - 1 < REGION_CLASSES ? &state.region[id] : NULL;
}

static void *region_alloc(extent_hooks_t *hooks, void *wanted, size_t bytes, size_t alignment, bool *zero, bool *commit,
                          unsigned arena)
{
    struct region *region = region_of(hooks);
    int saved = errno;
    if (region == NULL)
        return alloc_by_default(wanted, bytes, alignment, zero, commit, arena);
    bool committed = *commit || state.overcommits;
    if (wanted != NULL)
        return NULL; /* growing in place is a wish; jemalloc then moves */
    if (alignment < 4096)
        alignment = 4096;
    void *address = confine_forbids(CONFINE_REGIONS) ? MAP_FAILED : map_next(region, bytes, alignment, committed);
    if (address == MAP_FAILED) {
        errno = saved;
        address = alloc_by_default(NULL, bytes, alignment, zero, commit, arena);
        if (address != NULL)
            store_release32(&region->spilled, 1);
        return address;
    }
    if (address != NULL) {
        advise(address, bytes, arena);
        label_range(region, address, bytes);
        if (committed)
            *zero = true; /* a jemalloc that was built to check itself reads what is called zero */
        *commit = committed;
    }
    errno = saved;
    return address;
}

static void init_region(unsigned id)
{
    struct region *region = &state.region[id];
    region->hooks = *state.defaults;
    region->hooks.alloc = region_alloc;
    region->id = id;
    region->next = region_base(id);
}

/* Maps and unmaps a page in the first and last region: other architectures, page-table depths and address-space limits
 * say no here. */
static bool can_map(size_t page_bytes)
{
    const unsigned tried[] = {1, REGION_CLASSES};
    for (unsigned i = 0; i < 2; i++) {
        void *address = map_at(region_base(tried[i]) + REGION_BYTES - page_bytes, page_bytes, true);
        if (address != MAP_FAILED)
            munmap(address, page_bytes);
        else if (errno != EEXIST)
            return false;
    }
    return true;
}

/* Whether the kernel's own choice lies among the regions: without a limit to the stack it goes up from 21 or 42 TiB, and what
 * is no class's would be taken for one's. */
static bool kernel_maps_there(size_t page_bytes)
{
    void *address = mmap(NULL, page_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool there = address != MAP_FAILED && region_class(address) != AT_CLASS_UNBOUND;
    if (address != MAP_FAILED)
        munmap(address, page_bytes);
    return there;
}

bool region_start(struct jemalloc *jemalloc)
{
    char policy[8];
    extent_hooks_t *defaults = NULL;
    size_t bytes = sizeof defaults;
    if (jemalloc->mallctl("arena.0.extent_hooks", &defaults, &bytes, NULL, 0) != 0 || defaults == NULL)
        return false;
    state.defaults = defaults;
    state.thp = jemalloc->thp;
    lines_read_whole("/proc/sys/vm/overcommit_memory", policy, sizeof policy);
    state.overcommits = policy[0] == '0' || policy[0] == '1';
    int saved = errno;
    bool possible = can_map(jemalloc->page_bytes) && !kernel_maps_there(jemalloc->page_bytes);
    errno = saved;
    for (unsigned id = 1; id <= REGION_CLASSES; id++)
        init_region(id);
    return possible;
}

void *region_hooks(unsigned id)
{
    return &state.region[id].hooks;
}

bool region_spilled(unsigned id)
{
    return load_acquire32(&state.region[id].spilled) != 0;
}

void region_name(unsigned id, const char *class_name)
{
    struct region *region = &state.region[id];
    char label[LABEL_BYTES];
    int saved = errno;
    snprintf(label, sizeof label, "arenatop:%.64s", class_name);
    for (char *c = label; *c != '\0'; c++)
        if (*c < ' ' || *c > '~' || strchr("\\`$[]", *c) != NULL)
            *c = '_'; /* what the kernel refuses */
    memcpy(region->label, label, sizeof label);
    uint64_t base = region_base(id), next = load_relaxed64(&region->next);
    if (next > base)
        label_range(region, (void *)(uintptr_t)base, (size_t)(next - base));
    errno = saved;
}
