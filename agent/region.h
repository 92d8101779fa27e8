/* region.h: address space of its own for each class, so that an address says the class.
 *
 * Class `id` (1 to REGION_CLASSES) owns the 1 TiB from (REGION_FIRST + id - 1) << REGION_SHIFT. The classes' arenas get
 * extent hooks that are jemalloc's own but for `alloc`, which maps the next addresses of the region. Nothing is reserved
 * ahead: what the region does not use does not count anywhere. Where the kernel or the program put a mapping into the
 * region, it is stepped over. From 20 TiB up is free in ordinary processes: the kernel hands out addresses from 128 TiB
 * down, executables sit at 85 TiB, and the JVM's ZGC uses 4 to 20 TiB. */
#ifndef AGENT_REGION_H
#define AGENT_REGION_H

#include <stdbool.h>
#include <stdint.h>

#include "arenatop.h"
#include "jemalloc.h"

#define REGION_SHIFT   40
#define REGION_FIRST   20u
#define REGION_CLASSES (AT_CLASSES_MAX - 1)
#define REGION_BYTES   (UINT64_C(1) << REGION_SHIFT)

/* Learns jemalloc's default hooks and the kernel's overcommit policy, and tries whether a region can be mapped.
 * Returns false when it cannot: then no class may be exact. */
bool region_start(struct jemalloc *jemalloc);

/* The hooks for an arena of class `id`, as arenas.create takes them; valid for ever. */
void *region_hooks(unsigned id);

/* The class whose region holds `pointer`, or AT_CLASS_UNBOUND. */
static inline unsigned region_class(const void *pointer)
{
    uintptr_t id = ((uintptr_t)pointer >> REGION_SHIFT) - REGION_FIRST + 1;
    return id - 1 < REGION_CLASSES ? (unsigned)id : AT_CLASS_UNBOUND;
}

/* What (uintptr_t)pointer >> REGION_SHIFT is for pointers into the region of class `id`. */
static inline uintptr_t region_key(unsigned id)
{
    return REGION_FIRST + id - 1;
}

/* True once an extent of the class had to be mapped outside its region. */
bool region_spilled(unsigned id);

/* Names the region's mappings, present and future, after the class in /proc/<pid>/maps, where the kernel can. */
void region_name(unsigned id, const char *class_name);

#endif
