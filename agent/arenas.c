/* arenas.c: arenas made for classes. */
#include "arenas.h"

#include <string.h>

#include "agent.h"
#include "atomics.h"
#include "classes.h"
#include "futex.h"
#include "owned.h"
#include "region.h"
#include "say.h"
#include "undisturbed.h"

/* Anybody reads all but the last. */
struct slot {
    uint32_t threads;
    uint32_t named; /* generation of the class row whose name it has */
    uint16_t class_id;
    uint16_t next; /* in the class's list; 0 ends it: arena 0 is never a class's own */
};

struct list {
    uint16_t first;
    uint32_t count;
    uint32_t making; /* 1 while a thread makes an arena for the class; others wait only when there is none yet */
};

static struct {
    struct owned owned;
    const struct jemalloc *jemalloc;
    uint32_t total;
    uint32_t total_cap;
    struct list of_class[AT_CLASSES_MAX];
    struct slot slot[ARENAS_MAX];
} state;

void arenas_start(const struct jemalloc *jemalloc)
{
    state.jemalloc = jemalloc;
    state.total_cap = 4 * jemalloc->narenas_auto;
}

/* ---- slots, written with the mutex held ---- */

static void count_thread(struct slot *slot)
{
    store_relaxed32(&slot->threads, slot->threads + 1);
}

static void uncount_thread(struct slot *slot)
{
    store_relaxed32(&slot->threads, slot->threads - (slot->threads > 0)); /* as in classes_leave */
}

/* Who finds the class by its arena finds its row as it is. */
static void give_to(struct slot *slot, unsigned id)
{
    __atomic_store_n(&slot->class_id, (uint16_t)id, __ATOMIC_RELEASE);
}

/* ---- a class's arenas ---- */

static uint32_t least_used(const struct list *list)
{
    uint32_t best = ARENAS_NONE;
    for (uint32_t i = list->first; i != 0; i = state.slot[i].next)
        if (best == ARENAS_NONE || state.slot[i].threads < state.slot[best].threads)
            best = i;
    return best;
}

/* A class may have one arena in any case, and more while it and all classes together stay under their caps. */
static bool may_make(const struct list *list, uint32_t cap)
{
    return list->count == 0 || (list->count + list->making < cap && state.total < state.total_cap);
}

static uint32_t create(unsigned id, bool region)
{
    unsigned index = 0;
    size_t bytes = sizeof index;
    void *hooks = region ? region_hooks(id) : NULL;
    int failed = jemalloc_call(state.jemalloc, JEMALLOC_ARENAS_CREATE, &index, &bytes, hooks != NULL ? &hooks : NULL,
                               hooks != NULL ? sizeof hooks : 0);
    if (failed != 0 || index == 0 || index >= ARENAS_MAX) {
        say_warning("no further arena could be made: jemalloc says: %s",
                    failed != 0 ? strerrordesc_np(failed) : "limit");
        return ARENAS_NONE;
    }
    return index;
}

/* jemalloc 5.3.1 shows this name in its own statistics. An arena goes with its row to another class, and is named anew. */
static void name_arena(uint32_t index, const struct class_row *row)
{
    struct jemalloc_mib_cache named = state.jemalloc->cached[JEMALLOC_ARENA_NAME];
    char name[32]; /* jemalloc's limit */
    char *pointer = name;
    if (named.depth == 0 || load_relaxed32(&state.slot[index].named) == row->generation)
        return;
    store_relaxed32(&state.slot[index].named, row->generation);
    if (memccpy(name, row->name, '\0', sizeof name) == NULL)
        name[sizeof name - 1] = '\0';
    named.mib[1] = index;
    state.jemalloc->bymib(named.mib, named.depth, NULL, NULL, &pointer, sizeof pointer);
}

static void link_arena(unsigned id, uint32_t index)
{
    struct list *list = &state.of_class[id];
    struct slot *slot = &state.slot[index];
    store_relaxed32(&slot->threads, 1);
    store_relaxed32(&slot->named, 0);
    give_to(slot, id);
    slot->next = list->first;
    list->first = (uint16_t)index;
    list->count++;
    state.total++;
}

/* Called with the mutex held, returns with it held. No signal comes meanwhile: who forks in a handler would have jemalloc's own
 * fork handler wait for locks that it holds, and others may wait for this arena. */
static uint32_t make(unsigned id, const struct class_row *row)
{
    struct list *list = &state.of_class[id];
    struct undisturbed undisturbed;
    undisturbed_begin(&undisturbed);
    list->making = 1;
    owned_release(&state.owned);
    uint32_t index = create(id, row->region);
    owned_take(&state.owned);
    list->making = 0;
    if (index != ARENAS_NONE)
        link_arena(id, index);
    futex_wake(&list->making);
    undisturbed_end(&undisturbed);
    return index;
}

static void wait_for_maker(struct list *list)
{
    owned_release(&state.owned);
    futex_wait(&list->making, 1, 0);
    owned_take(&state.owned);
}

static uint32_t take_locked(unsigned id, const struct class_row *row)
{
    struct list *list = &state.of_class[id];
    while (list->first == 0 && list->making != 0)
        wait_for_maker(list);
    uint32_t index = least_used(list);
    if (index == ARENAS_NONE ||
        (state.slot[index].threads > 0 && list->making == 0 && may_make(list, row->arenas_cap))) {
        uint32_t made = make(id, row);
        if (made != ARENAS_NONE)
            return made;
        index = least_used(list);
    }
    if (index != ARENAS_NONE)
        count_thread(&state.slot[index]);
    return index;
}

/* A rule's arena=INDEX: one of the host's, refused when it is a class's already. */
static uint32_t take_given(unsigned id, uint32_t index)
{
    struct slot *slot = &state.slot[index];
    if (index >= ARENAS_MAX || (slot->class_id != AT_CLASS_UNBOUND && slot->class_id != id))
        return ARENAS_NONE;
    give_to(slot, id);
    count_thread(slot);
    return index;
}

static void say_refused(const struct class_row *row)
{
    const struct rule *rule = rules_giving(&agent.rules, row->name, row->arena);
    if (rule != NULL)
        say_warning("class %s: arena=%u is another class's (%s:%u)", row->name, (unsigned)row->arena, rule->where,
                    rule->line);
}

uint32_t arenas_take(unsigned id)
{
    struct class_row row;
    uint32_t index;
    classes_copy(id, &row);
    owned_take(&state.owned);
    if (row.arena != CLASSES_NO_ARENA)
        index = take_given(id, row.arena);
    else
        index = take_locked(id, &row);
    owned_release(&state.owned);
    if (index != ARENAS_NONE && row.arena == CLASSES_NO_ARENA)
        name_arena(index, &row);
    if (index == ARENAS_NONE && row.arena != CLASSES_NO_ARENA)
        say_refused(&row);
    return index;
}

void arenas_release(uint32_t index)
{
    if (index == ARENAS_NONE)
        return;
    owned_take(&state.owned);
    uncount_thread(&state.slot[index]);
    owned_release(&state.owned);
}

void arenas_join(uint32_t index)
{
    if (index == ARENAS_NONE)
        return;
    owned_take(&state.owned);
    count_thread(&state.slot[index]);
    owned_release(&state.owned);
}

uint32_t arenas_count(unsigned id)
{
    return load_relaxed32(&state.of_class[id].count);
}

unsigned arenas_class(uint32_t index)
{
    return index < ARENAS_MAX ? __atomic_load_n(&state.slot[index].class_id, __ATOMIC_ACQUIRE) : AT_CLASS_UNBOUND;
}

uint32_t arenas_threads(uint32_t index)
{
    return index < ARENAS_MAX ? load_relaxed32(&state.slot[index].threads) : 0;
}

void arenas_abandon(void)
{
    owned_abandon(&state.owned);
}

void arenas_fork_child(void)
{
    owned_forget(&state.owned);
    for (unsigned id = 0; id < AT_CLASSES_MAX; id++) {
        if (state.of_class[id].making == 0)
            continue;
        store_relaxed32(&state.of_class[id].making, 0);
        futex_wake(&state.of_class[id].making); /* a thread of another library's fork handler may wait already */
    }
    for (uint32_t i = 0; i < ARENAS_MAX; i++)
        if (state.slot[i].threads != 0)
            state.slot[i].threads = 0; /* written only where it changes: the pages are shared with the parent */
}
