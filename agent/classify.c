/* classify.c: sorts threads, and remembers the answer by start routine, since programs start many threads of a few kinds. */
#include "classify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent.h"
#include "atomics.h"
#include "behind.h"
#include "demangle.h"
#include "late.h"
#include "lookup.h"
#include "naming.h"
#include "objects.h"
#include "owned.h"
#include "undisturbed.h"

#define SYMBOL_BYTES  256
#define NAME_BYTES    NAMING_BYTES
#define CLASS_CHARS   80 /* kept of a class's name where its member is called */
#define CACHE_ENTRIES 64

/* What decides, apart from the rules. */
struct facts {
    const void *start;
    const void *routine; /* see struct behind */
    const char *type;
    uint32_t passes_on;
    uint32_t from;
    uint32_t from_generation;
    char name[AT_THREAD_NAME_BYTES];
    uint32_t named;
    uint64_t is_main; /* wide, so that no padding is left */
};
_Static_assert(sizeof(struct facts) == 4 * sizeof(uint64_t) + 4 * sizeof(uint32_t) + AT_THREAD_NAME_BYTES,
               "facts are compared as bytes");

struct answer {
    bool bound;
    bool late;       /* a name was not to be had in time */
    bool by_address; /* its own name, for want of another */
    struct classes_wish wish;
    char name[AT_CLASS_NAME_BYTES];
};

struct entry {
    uint32_t generation; /* of `state` when it was written; 0: never */
    struct facts facts;
    struct answer answer;
};

static struct {
    struct owned owned; /* only ever tried: who finds it taken works the answer out alone */
    uint32_t generation;
    struct entry entry[CACHE_ENTRIES];
} state = {.generation = 1};

void classify_forget(void)
{
    add_seq_cst32(&state.generation, 1);
    behind_forget();
    lookup_forget();
}

/* ---- working it out ---- */

/* A start routine in words. */
struct start {
    struct objects_place place;
    char symbol[SYMBOL_BYTES];      /* as its object has it; "" */
    char name[NAME_BYTES];          /* of a C++ function or object, as people write it; "" */
    char from[AT_CLASS_NAME_BYTES]; /* its creator's class */
    const char *whole;              /* what `name` was made of, where it had to be cut; NULL */
    const char *starter;            /* the object of the routine that only passes on; NULL */
    bool by_creator;                /* `name` is no function's */
    bool late;                      /* a symbol may be found another time */
};

static void describe_function(struct start *start)
{
    demangle_symbol(start->symbol, start->name, NAME_BYTES);
    if (strlen(start->name) == NAME_BYTES - 1)
        start->whole = start->symbol;
}

/* What a std::thread will call: a function by its symbol, another object by its type; else the thread goes by who made it. */
static void describe_behind(const struct facts *facts, struct start *start)
{
    struct demangle_callee callee = {.kind = DEMANGLE_NONE};
    start->starter = start->place.object;
    if (facts->routine != NULL) {
        start->late |= !objects_describe(facts->routine, &start->place, start->symbol, SYMBOL_BYTES);
        describe_function(start);
        return;
    }
    const struct link_map *holder = objects_holding(facts->type);
    if (holder != NULL) {
        demangle_state(facts->type, &callee);
        start->whole = strlen(callee.name) > CLASS_CHARS ? facts->type : NULL;
        start->place.object = objects_name(holder);
    } else if (facts->type == NULL) {
        demangle_proxy(start->symbol, &callee);
    }
    start->symbol[0] = '\0';
    if (callee.kind == DEMANGLE_OBJECT)
        snprintf(start->name, NAME_BYTES, "%s", callee.name);
    else if (callee.kind == DEMANGLE_MEMBER && !callee.async)
        snprintf(start->name, NAME_BYTES, "%.*s::*", CLASS_CHARS, callee.name);
    start->by_creator = start->name[0] == '\0';
    if (start->by_creator)
        snprintf(start->name, NAME_BYTES, "%s/std::%s", start->from, callee.async ? "async" : "thread");
}

static void describe_start(const struct facts *facts, struct start *start)
{
    if (facts->start == NULL) {
        snprintf(start->symbol, SYMBOL_BYTES, "%s", facts->is_main ? "main" : "");
        return;
    }
    start->late = !objects_describe(facts->start, &start->place, start->symbol, SYMBOL_BYTES);
    if (facts->passes_on)
        describe_behind(facts, start);
    else
        describe_function(start);
}

static void name_by_start(const struct start *start, char *name)
{
    naming_from_start(name, start->name[0] != '\0' ? start->name : start->symbol, start->place.object,
                      start->place.offset);
    if (start->whole != NULL)
        naming_tell_apart(name, start->whole);
}

static void name_by_itself(const struct facts *facts, const struct start *start, char *name)
{
    if (facts->is_main)
        snprintf(name, AT_CLASS_NAME_BYTES, "main");
    else if (facts->named)
        naming_from_name(name, facts->name);
    else if (start->by_creator)
        naming_from_creator(name, start->name);
    else
        name_by_start(start, name);
}

static void take_rule(struct answer *answer, const struct rule *rule)
{
    answer->bound = strcmp(rule->class_name, "-") != 0;
    memcpy(answer->name, rule->class_name, sizeof answer->name);
}

/* Whichever of its threads comes first makes the class. */
static void take_options(struct answer *answer)
{
    const struct rules_options options = rules_options(&agent.rules, answer->name);
    answer->wish.arenas_cap = options.arenas;
    answer->wish.arena = options.arena;
    answer->wish.flow = options.flow;
}

static void work_out(const struct facts *facts, struct answer *answer)
{
    struct start start = {.place = {.object = ""}};
    *answer = (struct answer){.bound = true};
    bool by_start = !facts->named && !facts->is_main;
    classes_name(facts->from, start.from);
    if (by_start || agent.rules.count > 0)
        describe_start(facts, &start);
    answer->late = start.late;
    const struct rules_thread words = {.part = {facts->name, start.symbol, start.place.object, start.from},
                                       .also = {[RULES_START] = start.name, [RULES_LIB] = start.starter}};
    const struct rule *rule = rules_match(&agent.rules, &words);
    if (rule != NULL)
        take_rule(answer, rule);
    else
        name_by_itself(facts, &start, answer->name);
    take_options(answer);
    answer->by_address = rule == NULL && answer->name[0] == '[' && !facts->named && !facts->passes_on;
    /* jemalloc's own threads hold nothing; an arena for them would be an arena that nobody uses */
    if (rule == NULL && strcmp(facts->name, JEMALLOCS_NAME) == 0 && facts->named)
        answer->bound = false;
}

/* ---- remembering it ---- */

static struct entry *entry_of(const struct facts *facts)
{
    uint64_t start =
        (uint64_t)(uintptr_t)facts->start ^ (uint64_t)(uintptr_t)facts->routine ^ (uint64_t)(uintptr_t)facts->type;
    uint64_t hash = start * UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < sizeof facts->name && facts->name[i] != '\0'; i++)
        hash = (hash ^ (unsigned char)facts->name[i]) * UINT64_C(0x100000001b3);
    return &state.entry[(hash ^ hash >> 32) % CACHE_ENTRIES];
}

static bool recall(const struct facts *facts, struct answer *answer)
{
    const struct entry *entry = entry_of(facts);
    if (!owned_try(&state.owned))
        return false;
    bool known =
        entry->generation == load_acquire32(&state.generation) && memcmp(&entry->facts, facts, sizeof *facts) == 0;
    if (known)
        *answer = entry->answer;
    owned_release(&state.owned);
    return known;
}

static void remember(const struct facts *facts, const struct answer *answer, uint32_t generation)
{
    struct entry *entry = entry_of(facts);
    if (!owned_try(&state.owned))
        return;
    *entry = (struct entry){.generation = generation, .facts = *facts, .answer = *answer};
    owned_release(&state.owned);
}

void classify_abandon(void)
{
    owned_abandon(&state.owned);
}

void classify_fork_child(void)
{
    owned_forget(&state.owned); /* what its owner was writing is forgotten with the rest */
    late_fork_child();
    classify_forget();
}

/* A name that no class can have: a thread of that name counts as unnamed. */
static bool can_name_class(const char *name)
{
    return name[0] != '\0' && strcmp(name, "(unbound)") != 0 && strcmp(name, "(other)") != 0;
}

static void gather(const struct thread *thread, struct facts *facts)
{
    *facts = (struct facts){0};
    memcpy(&facts->start, &thread->start, sizeof facts->start);
    facts->routine = thread->routine;
    facts->type = thread->type;
    facts->passes_on = thread->passes_on;
    bool by_name = thread->named || agent.rules.count > 0; /* else its creator's name says nothing */
    if (agent.rules.count > 0 || facts->passes_on) {
        facts->from = thread->from;
        facts->from_generation = load_relaxed32(&classes_row(thread->from)->generation);
    }
    if (by_name)
        memcpy(facts->name, thread->name, sizeof facts->name);
    facts->named = thread->named && can_name_class(thread->name);
    facts->is_main = thread->is_main;
}

void classify_meet(struct thread *thread, const void *argument)
{
    const void *start;
    struct behind behind;
    memcpy(&start, &thread->start, sizeof start);
    behind_look(start, argument, load_acquire32(&state.generation), &behind);
    thread->passes_on = behind.passes_on;
    thread->routine = behind.routine;
    thread->type = behind.type;
}

/* Not inlined: only the first thread of a kind comes here, and the room for it on the stack would be every thread's, a page
 * more for most. */
static __attribute__((noinline)) void learn(const struct facts *facts, struct answer *answer)
{
    struct undisturbed undisturbed;
    undisturbed_begin(&undisturbed); /* a handler that ends the thread is not to leave half an answer */
    uint32_t generation = load_acquire32(&state.generation);
    work_out(facts, answer);
    if (!answer->late)
        remember(facts, answer, generation);
    else if (answer->by_address)
        late_note(facts->start, answer->name);
    undisturbed_end(&undisturbed);
}

bool classify(const struct thread *thread, struct classes_wish *wish, char name[AT_CLASS_NAME_BYTES])
{
    struct facts facts;
    struct answer answer;
    int saved = errno;
    gather(thread, &facts);
    if (!recall(&facts, &answer))
        learn(&facts, &answer);
    memcpy(name, answer.name, AT_CLASS_NAME_BYTES);
    *wish = answer.wish;
    wish->name = name;
    errno = saved;
    return answer.bound;
}
