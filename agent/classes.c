/* classes.c: the table of thread classes. */
#include "classes.h"

#include <stdio.h>
#include <string.h>

#include "arenas.h"
#include "atomics.h"
#include "owned.h"
#include "region.h"
#include "undisturbed.h"

static struct {
    struct owned owned;
    bool regions;
    uint32_t arenas_cap;
    uint32_t count; /* rows 0 to count - 1 are in use, (other) apart; anybody reads this and the next */
    uint32_t full;  /* (other) is in use */
    struct class_row row[AT_CLASSES_MAX];
} state = {.count = 1};

static void name_row(unsigned id, const char *name)
{
    snprintf(state.row[id].name, sizeof state.row[id].name, "%s", name);
}

void classes_start(bool regions, uint32_t arenas_cap)
{
    state.regions = regions;
    state.arenas_cap = arenas_cap;
    name_row(AT_CLASS_UNBOUND, "(unbound)");
    state.row[AT_CLASS_UNBOUND].arena = CLASSES_NO_ARENA;
}

static unsigned find_row(const char *name)
{
    static unsigned last; /* many threads of one class are made one after another */
    if (last != AT_CLASS_UNBOUND && strcmp(state.row[last].name, name) == 0)
        return last;
    for (unsigned id = 1; id < AT_CLASSES_MAX; id++)
        if (strcmp(state.row[id].name, name) == 0)
            return last = id;
    return AT_CLASS_UNBOUND;
}

static bool wants_region(const struct classes_wish *wish)
{
    return state.regions && !wish->flow && wish->arena == CLASSES_NO_ARENA;
}

static uint32_t cap_of(const struct classes_wish *wish)
{
    return wish->arenas_cap != 0 ? wish->arenas_cap : state.arenas_cap;
}

/* A row that a thread only passed through, whose arenas suit the wish. */
static unsigned find_spare(const struct classes_wish *wish)
{
    for (unsigned id = 1; id < state.count; id++) {
        const struct class_row *row = &state.row[id];
        if (load_relaxed32(&row->threads) == 0 && row->threads_total == 0 && !row->touched &&
            row->region == wants_region(wish) && row->arena == wish->arena && arenas_count(id) <= cap_of(wish))
            return id;
    }
    return AT_CLASS_UNBOUND;
}

static unsigned find_free(const struct classes_wish *wish)
{
    unsigned id = find_spare(wish);
    if (id != AT_CLASS_UNBOUND)
        return id;
    return state.count < CLASSES_OTHER ? add_relaxed32(&state.count, 1) : CLASSES_OTHER;
}

static enum at_reason reason_of(const struct classes_wish *wish)
{
    if (wish->arena != CLASSES_NO_ARENA)
        return AT_REASON_SHARED_ARENA;
    if (wish->flow)
        return AT_REASON_ASKED;
    return state.regions ? AT_REASON_NONE : AT_REASON_NO_REGIONS;
}

static unsigned make_row(const struct classes_wish *wish)
{
    static const struct classes_wish other = {.name = "(other)", .arena = CLASSES_NO_ARENA};
    unsigned id = find_free(wish);
    struct class_row *row = &state.row[id];
    if (id == CLASSES_OTHER) {
        if (state.full != 0)
            return id;
        wish = &other;
        store_release32(&state.full, 1);
    }
    name_row(id, wish->name);
    store_relaxed32(&row->generation, row->generation + 1);
    row->arena = wish->arena;
    row->region = wants_region(wish);
    row->reason = reason_of(wish);
    row->arenas_cap = cap_of(wish);
    if (row->region)
        region_name(id, row->name);
    return id;
}

/* A handler that ends the thread is not to leave half a row. */
static unsigned make_row_undisturbed(const struct classes_wish *wish)
{
    struct undisturbed undisturbed;
    undisturbed_begin(&undisturbed);
    unsigned id = make_row(wish);
    undisturbed_end(&undisturbed);
    return id;
}

unsigned classes_enter(const struct classes_wish *wish, uint16_t *noted)
{
    owned_take(&state.owned);
    unsigned id = find_row(wish->name);
    if (id == AT_CLASS_UNBOUND)
        id = make_row_undisturbed(wish);
    state.row[id].threads_total++;
    state.row[id].threads++;
    if (noted != NULL)
        *noted = (uint16_t)id;
    owned_release(&state.owned);
    return id;
}

unsigned classes_find(const char *name)
{
    owned_take(&state.owned);
    unsigned id = find_row(name);
    bool full = state.full != 0;
    owned_release(&state.owned);
    if (id != AT_CLASS_UNBOUND)
        return id;
    return full ? CLASSES_OTHER : AT_CLASSES_MAX;
}

void classes_rename(const char *name, const char *other)
{
    owned_take(&state.owned);
    unsigned id = find_row(name);
    if (id != AT_CLASS_UNBOUND && find_row(other) == AT_CLASS_UNBOUND) {
        name_row(id, other);
        store_relaxed32(&state.row[id].generation, state.row[id].generation + 1);
        if (state.row[id].region)
            region_name(id, state.row[id].name);
    }
    owned_release(&state.owned);
}

void classes_join(unsigned id)
{
    owned_take(&state.owned);
    state.row[id].threads++;
    state.row[id].threads_total++;
    owned_release(&state.owned);
}

void classes_touch(unsigned id)
{
    if (load_relaxed32(&state.row[id].touched))
        return;
    owned_take(&state.owned);
    store_relaxed32(&state.row[id].touched, 1);
    owned_release(&state.owned);
}

static void count_out(struct class_row *row, bool touched)
{
    row->threads -= row->threads > 0; /* a fork child counts anew, and may do so while one of its threads moves */
    if (touched)
        store_relaxed32(&row->touched, 1);
}

void classes_end(unsigned id, bool touched, uint8_t *noted)
{
    owned_take(&state.owned);
    count_out(&state.row[id], touched);
    *noted = true;
    owned_release(&state.owned);
}

void classes_leave(unsigned id, bool touched, bool passing)
{
    struct class_row *row = &state.row[id];
    owned_take(&state.owned);
    count_out(row, touched);
    if (passing && !touched)
        row->threads_total--;
    owned_release(&state.owned);
}

unsigned classes_count(void)
{
    return load_acquire32(&state.full) != 0 ? AT_CLASSES_MAX : load_relaxed32(&state.count);
}

const struct class_row *classes_row(unsigned id)
{
    return &state.row[id];
}

void classes_copy(unsigned id, struct class_row *copy)
{
    owned_take(&state.owned);
    *copy = state.row[id];
    owned_release(&state.owned);
}

void classes_name(unsigned id, char name[AT_CLASS_NAME_BYTES])
{
    owned_take(&state.owned);
    memcpy(name, state.row[id].name, AT_CLASS_NAME_BYTES);
    owned_release(&state.owned);
}

bool classes_downgrade(unsigned id, enum at_reason reason)
{
    owned_take(&state.owned);
    bool first = state.row[id].reason == AT_REASON_NONE;
    if (first)
        state.row[id].reason = (uint32_t)reason;
    owned_release(&state.owned);
    return first;
}

void classes_abandon(void)
{
    owned_abandon(&state.owned);
}

void classes_fork_child(void)
{
    owned_forget(&state.owned);
    for (unsigned id = 0; id < AT_CLASSES_MAX; id++) {
        state.row[id].touched |= state.row[id].threads != 0;
        state.row[id].threads = 0;
    }
}

void classes_fork_keep(unsigned id)
{
    owned_take(&state.owned);
    state.row[id].threads++;
    owned_release(&state.owned);
}
