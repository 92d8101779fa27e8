/* demangle.c: finds in mangled names what the agent wants to know. */
#include "demangle.h"

#include <stdint.h>
#include <string.h>

#include "mangled.h"

#define ARGUMENTS 8u

/* Rust's symbols are C++ names that end in a hash, another in each build: "::h" and 16 hexadecimal digits. */
static void drop_hash(char *name)
{
    size_t length = strlen(name), hash = sizeof "::h0123456789abcdef" - 1;
    char *last = length > hash ? name + length - hash : NULL;
    if (last != NULL && strncmp(last, "::h", 3) == 0 && strspn(last + 3, "0123456789abcdef") == hash - 3)
        *last = '\0';
}

bool demangle_symbol(const char *symbol, char *name, size_t bytes)
{
    struct mangled mangled;
    mangled_begin(&mangled, symbol, name, bytes);
    if (mangled_take(&mangled, "_Z"))
        mangled_encoding(&mangled);
    bool understood = mangled_finish(&mangled);
    drop_hash(name);
    return understood;
}

/* Bytes of an argument that is kept beside the callee; 0 where that is hard to say. */
static size_t size_of(const char *type)
{
    static const struct {
        const char *codes;
        size_t bytes;
    } sizes[] = {{"bcah", 1}, {"st", 2}, {"ijfw", 4}, {"lmxydPRO", 8}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        if (*type != '\0' && strchr(sizes[i].codes, *type) != NULL)
            return sizes[i].bytes;
    return strncmp(type, "St17reference_wrapper", 21) == 0 ? sizeof(void *) : 0;
}

/* libstdc++'s tuple has its elements in reverse order: the callee, which comes first in the type, lies last. */
static size_t offset_behind_arguments(struct mangled *mangled, size_t offset)
{
    size_t sizes[ARGUMENTS] = {0}, count = 0;
    while (*mangled->at != 'E' && *mangled->at != '\0') {
        size_t bytes = size_of(mangled->at);
        mangled_type(mangled);
        if (mangled->failed || bytes == 0 || count == ARGUMENTS)
            return 0;
        sizes[count++] = bytes;
    }
    while (count-- > 0)
        offset = ((offset + sizes[count] - 1) & ~(sizes[count] - 1)) + sizes[count];
    return (offset + sizeof(void *) - 1) & ~(sizeof(void *) - 1);
}

static enum demangle_kind kind_of(const char *type)
{
    if (strncmp(type, "PF", 2) == 0 || strncmp(type, "PDoF", 4) == 0)
        return DEMANGLE_FUNCTION;
    return *type == 'M' ? DEMANGLE_MEMBER : DEMANGLE_OBJECT;
}

/* Reads the whole, a type or a symbol, and prints the type at `wanted` within it, or its class. */
static bool print_within(struct mangled *mangled, const char *text, const char *wanted, struct demangle_callee *callee)
{
    mangled_begin(mangled, text, callee->name, sizeof callee->name);
    callee->kind = kind_of(wanted);
    mangled->wanted = wanted + (callee->kind == DEMANGLE_MEMBER);
    mangled->muted = 1;
    if (mangled_take(mangled, "_Z"))
        mangled_encoding(mangled);
    else
        mangled_type(mangled);
    bool whole = !mangled->failed && mangled->wanted_end != NULL;
    if (!mangled_finish(mangled) || !whole)
        *callee = (struct demangle_callee){.kind = DEMANGLE_NONE, .async = callee->async};
    return callee->kind != DEMANGLE_NONE;
}

static const char *behind(const char *text, const char *part)
{
    const char *found = text != NULL ? strstr(text, part) : NULL;
    return found != NULL ? found + strlen(part) : NULL;
}

/* GCC 7 and later; GCC 6; GCC 5, whose state has a shared pointer to itself first. */
static const struct {
    const char *before;
    size_t offset;
} states[] = {{"NSt6thread11_State_implINS_8_InvokerISt5tupleIJ", 8},
              {"NSt6thread11_State_implISt12_Bind_simpleIF", 8},
              {"NSt6thread5_ImplISt12_Bind_simpleIF", 24}};

void demangle_state(const char *type, struct demangle_callee *callee)
{
    struct mangled mangled;
    *callee = (struct demangle_callee){.kind = DEMANGLE_NONE};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        size_t length = strlen(states[i].before);
        if (strncmp(type, states[i].before, length) != 0)
            continue;
        const char *async = behind(behind(type, "17_Async_state_implI"), "J");
        callee->async = async != NULL;
        if (!print_within(&mangled, type, async != NULL ? async : type + length, callee) || async != NULL)
            return;
        if (callee->kind == DEMANGLE_OBJECT)
            return;
        /* Behind the class of a member pointer its type has still to be passed. */
        mangled.at = type + length;
        mangled_type(&mangled);
        callee->offset = offset_behind_arguments(&mangled, states[i].offset);
        return;
    }
}

void demangle_proxy(const char *symbol, struct demangle_callee *callee)
{
    struct mangled mangled;
    *callee = (struct demangle_callee){.kind = DEMANGLE_NONE};
    const char *first = behind(symbol, "5tupleIJNS_10unique_ptrINS_15__thread_structENS_14default_deleteIS");
    const char *wanted = behind(first, "_EEEE");
    if (wanted == NULL || behind(symbol, "14__thread_proxy") == NULL || !print_within(&mangled, symbol, wanted, callee))
        return;
    if (callee->kind != DEMANGLE_OBJECT)
        callee->offset = sizeof(void *); /* in order: behind the pointer to the thread's own things */
}
