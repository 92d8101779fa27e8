/* behind.c: knows libstdc++'s and libc++'s start routines, and reads what they are given. The routine would itself follow
 * these pointers a moment later; all the same each is checked to lie where it may be read. */
#include "behind.h"

#include <errno.h>
#include <string.h>

#include "atomics.h"
#include "demangle.h"
#include "objects.h"

#define SYMBOL_BYTES 256
#define TYPE_MOST    4096u
#define ANSWERS      64u
#define FIRST_PAGE   4096u

enum routine_kind {
    ROUTINE_UNKNOWN,
    ROUTINE_ITSELF,        /* a start routine like others */
    ROUTINE_STATE,         /* libstdc++'s: the argument is a std::thread::_State */
    ROUTINE_PROXY,         /* libc++'s, for an object: its symbol has the type */
    ROUTINE_PROXY_POINTER, /* for a pointer to a function */
    ROUTINE_PROXY_MEMBER   /* or to a member function */
};

/* ---- answers, remembered: the key's address in the upper 48 bits, the generation's last 8, and the answer. The generation
 * tells who works one out that it was forgotten meanwhile; none lives long enough for it to come round. ---- */

static uint64_t answers[ANSWERS];

void behind_forget(void)
{
    for (unsigned i = 0; i < ANSWERS; i++)
        store_release64(&answers[i], 0);
}

static uint64_t *slot_of(const void *key)
{
    return &answers[((uint64_t)(uintptr_t)key * UINT64_C(0x9e3779b97f4a7c15)) >> 58];
}

/* 0: not known. */
static unsigned recall(const void *key, uint32_t generation)
{
    uint64_t word = load_acquire64(slot_of(key));
    bool is_it = word >> 16 == (uint64_t)(uintptr_t)key && (word >> 8 & 0xff) == (generation & 0xff);
    return is_it ? (unsigned)(word & 0xff) : 0;
}

static void remember(const void *key, uint32_t generation, unsigned answer)
{
    if ((uint64_t)(uintptr_t)key >> 48 == 0)
        store_release64(slot_of(key), (uint64_t)(uintptr_t)key << 16 | (generation & 0xff) << 8 | (answer & 0xff));
}

/* ---- routines ---- */

/* libstdc++ does not export its routine, and is stripped as a rule: no function is known at its address. */
static bool is_of_libstdcxx(const struct objects_place *place, const char *symbol)
{
    static const char routine[] = "execute_native_thread_routine";
    if (strncmp(symbol, routine, sizeof routine - 1) == 0)
        return true;
    return symbol[0] == '\0' && strncmp(place->object, "libstdc++.so", 12) == 0;
}

/* ROUTINE_UNKNOWN when the name was not to be had in time. */
static enum routine_kind find_kind(const void *start)
{
    char symbol[SYMBOL_BYTES];
    struct objects_place place;
    struct demangle_callee callee;
    bool late = !objects_describe(start, &place, symbol, sizeof symbol);
    if (is_of_libstdcxx(&place, symbol))
        return ROUTINE_STATE;
    if (late)
        return ROUTINE_UNKNOWN;
    if (strstr(symbol, "__thread_proxy") == NULL)
        return ROUTINE_ITSELF;
    demangle_proxy(symbol, &callee);
    static const enum routine_kind kinds[] = {[DEMANGLE_NONE] = ROUTINE_ITSELF,
                                              [DEMANGLE_OBJECT] = ROUTINE_PROXY,
                                              [DEMANGLE_FUNCTION] = ROUTINE_PROXY_POINTER,
                                              [DEMANGLE_MEMBER] = ROUTINE_PROXY_MEMBER};
    return kinds[callee.kind];
}

/* ---- arguments ---- */

/* A small number is none of these: no system maps its first page. */
static bool is_pointer(const void *pointer)
{
    return (uintptr_t)pointer >= FIRST_PAGE && (uintptr_t)pointer % sizeof(void *) == 0;
}

static bool can_read(const void *pointer, size_t bytes)
{
    return is_pointer(pointer) && objects_readable(pointer) >= bytes;
}

/* Of an object of a class with virtual functions: behind its table's address is its type, as -fno-rtti may leave out. */
static const char *type_of(const void *object)
{
    const void *const *const *state = object;
    if (!is_pointer(object) || !is_pointer(state[0]) || !can_read(state[0] - 1, sizeof(void *)))
        return NULL;
    const char *const *info = state[0][-1];
    if (!can_read(info, 2 * sizeof(void *)))
        return NULL;
    size_t room = objects_readable(info[1]);
    if (memchr(info[1], '\0', room < TYPE_MOST ? room : TYPE_MOST) == NULL)
        return NULL;
    return info[1] + (info[1][0] == '*'); /* which GCC puts before names known in one file alone */
}

/* A pointer to a function, or the first word of one to a member function: odd for a virtual one, which is found only by way
 * of its object. */
static const void *routine_at(const void *argument, size_t offset, bool member)
{
    const void *routine;
    if (!is_pointer(argument))
        return NULL;
    memcpy(&routine, (const char *)argument + offset, sizeof routine);
    bool is_virtual = member && (uintptr_t)routine % 2 != 0;
    return !is_virtual && objects_holding(routine) != NULL ? routine : NULL;
}

/* Where the pointer lies in a state of that type, in words, and whether it is a member's: never 0. */
static unsigned pointer_place(const char *type, uint32_t generation)
{
    struct demangle_callee callee;
    unsigned place = recall(type, generation);
    if (place != 0)
        return place;
    demangle_state(type, &callee);
    place = 1 + 2 * (unsigned)(callee.offset / sizeof(void *)) + (callee.kind == DEMANGLE_MEMBER ? 128 : 0);
    remember(type, generation, place);
    return place;
}

static void look_at_state(const void *argument, uint32_t generation, struct behind *behind)
{
    behind->type = type_of(argument);
    unsigned place = behind->type != NULL ? pointer_place(behind->type, generation) : 1;
    size_t offset = (place % 128) / 2 * sizeof(void *);
    if (offset != 0)
        behind->routine = routine_at(argument, offset, place >= 128);
}

void behind_look(const void *start, const void *argument, uint32_t generation, struct behind *behind)
{
    int saved = errno;
    unsigned kind = recall(start, generation);
    *behind = (struct behind){.passes_on = false};
    if (kind == ROUTINE_UNKNOWN && start != NULL) {
        kind = find_kind(start);
        if (kind != ROUTINE_UNKNOWN)
            remember(start, generation, kind);
    }
    behind->passes_on = kind > ROUTINE_ITSELF;
    if (kind == ROUTINE_STATE)
        look_at_state(argument, generation, behind);
    else if (kind == ROUTINE_PROXY_POINTER || kind == ROUTINE_PROXY_MEMBER)
        behind->routine = routine_at(argument, sizeof(void *), kind == ROUTINE_PROXY_MEMBER);
    errno = saved;
}
