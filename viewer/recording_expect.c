/* recording_expect.c: what the payload before, and the rest of this one, promise of a payload. */
#include "recording_expect.h"

#include <stdbool.h>
#include <string.h>

/* ---- the head of a payload: at_snapshot and its table of sections ---- */

size_t recording_head_bytes(uint32_t sections)
{
    return sizeof(struct at_snapshot) + (size_t)sections * sizeof(struct at_section);
}

/* The number of sections that a payload claims, or -1 when there cannot be as many. */
int recording_sections(const void *payload, size_t bytes)
{
    struct at_snapshot head;

    if (bytes < sizeof(head))
        return -1;
    memcpy(&head, payload, sizeof(head));
    return head.sections <= AT_SECTIONS_MAX && recording_head_bytes(head.sections) <= bytes ? (int)head.sections : -1;
}

struct at_section recording_section(const void *payload, int i)
{
    struct at_section section;

    memcpy(&section, (const char *)payload + recording_head_bytes((uint32_t)i), sizeof(section));
    return section;
}

/* Where a section's rows lie. Returns their size, 0 when they do not lie in the payload. */
size_t recording_rows(const struct at_section *section, size_t bytes)
{
    uint64_t rows = (uint64_t)section->count * section->stride;

    return section->offset % 8 == 0 && section->offset <= bytes && rows <= bytes - section->offset ? (size_t)rows : 0;
}

/* ---- what the payload before promises ---- */

/* The words of the head stand where they stood, as far as there were any. */
void recording_expect_head(uint64_t *expected, size_t bytes, const void *before, size_t before_bytes)
{
    int sections = recording_sections(before, before_bytes);
    size_t known = recording_head_bytes((uint32_t)sections);

    memcpy(expected, before, known < bytes ? known : bytes);
}

/* Rows stand where they stood in the section of their kind. `head` holds the head of the payload that is expected. */
void recording_expect_rows(uint64_t *expected, const void *head, size_t bytes, const void *before, size_t before_bytes)
{
    int sections = recording_sections(head, bytes), were = recording_sections(before, before_bytes);

    memset((char *)expected + recording_head_bytes((uint32_t)sections), 0,
           bytes - recording_head_bytes((uint32_t)sections));
    for (int i = 0; i < sections; i++) {
        struct at_section now = recording_section(head, i);
        size_t now_bytes = recording_rows(&now, bytes);
        for (int j = 0; j < were; j++) {
            struct at_section then = recording_section(before, j);
            size_t then_bytes = recording_rows(&then, before_bytes);
            if (then.kind != now.kind || then.stride != now.stride ||
                now.offset < recording_head_bytes((uint32_t)sections))
                continue;
            memcpy((char *)expected + now.offset, (const char *)before + then.offset,
                   now_bytes < then_bytes ? now_bytes : then_bytes);
            break;
        }
    }
}

/* ---- what the rest of a payload promises of its classes ---- */

/* A class's figures are sums over its arenas, its threads, and what was freed of it: where those gained, it gained. */
struct derivation {
    enum at_section_kind kind;
    size_t class_row;      /* where a row says whose it is: offset of a uint32_t */
    size_t from, to, sign; /* offsets of the figures in the row and in the class's; (size_t)-1: taken away */
};

#define PLUS  ((size_t)1)
#define MINUS ((size_t)-1)
#define OF_ARENA(from, to, sign)                                                                  \
    {                                                                                             \
        AT_SECTION_ARENAS, offsetof(struct at_arena, class_row), offsetof(struct at_arena, from), \
            offsetof(struct at_class, to), sign                                                   \
    }
#define OF_THREAD(from, to, sign)                                                                    \
    {                                                                                                \
        AT_SECTION_THREADS, offsetof(struct at_thread, class_row), offsetof(struct at_thread, from), \
            offsetof(struct at_class, to), sign                                                      \
    }
#define OF_FLOW(from, to, sign)                                                            \
    {                                                                                      \
        AT_SECTION_FLOWS, offsetof(struct at_flow, owner), offsetof(struct at_flow, from), \
            offsetof(struct at_class, to), sign                                            \
    }

static const struct derivation derivations[] = {
    OF_ARENA(allocated, allocated, PLUS),
    OF_ARENA(allocated, cached, PLUS),
    OF_ARENA(active, active, PLUS),
    OF_ARENA(dirty, dirty, PLUS),
    OF_ARENA(muzzy, muzzy, PLUS),
    OF_ARENA(resident, resident, PLUS),
    OF_ARENA(mapped, mapped, PLUS),
    OF_ARENA(retained, retained, PLUS),
    OF_ARENA(metadata, metadata, PLUS),
    OF_ARENA(nmalloc, nmalloc, PLUS),
    OF_ARENA(ndalloc, ndalloc, PLUS),
    OF_THREAD(alloc_bytes, alloc_bytes, PLUS),
    OF_THREAD(alloc_bytes, live, PLUS),
    OF_THREAD(alloc_bytes, cached, MINUS),
    OF_THREAD(free_bytes, free_bytes, PLUS),
    OF_FLOW(bytes, released_bytes, PLUS),
    OF_FLOW(bytes, live, MINUS),
    OF_FLOW(bytes, cached, PLUS),
};

static int find_section(const void *payload, size_t bytes, enum at_section_kind kind)
{
    int sections = recording_sections(payload, bytes);

    for (int i = 0; i < sections; i++)
        if (recording_section(payload, i).kind == (uint32_t)kind)
            return i;
    return -1;
}

static bool lie_apart(const struct at_section *one, const struct at_section *other)
{
    uint64_t one_end = one->offset + (uint64_t)one->count * one->stride;
    uint64_t other_end = other->offset + (uint64_t)other->count * other->stride;

    return one_end <= other->offset || other_end <= one->offset;
}

int recording_derived(const void *payload, size_t bytes)
{
    int sections = recording_sections(payload, bytes);
    int classes = find_section(payload, bytes, AT_SECTION_CLASSES);

    if (classes < 0)
        return -1;
    struct at_section section = recording_section(payload, classes);
    bool is_sound = recording_rows(&section, bytes) != 0 && section.stride % 8 == 0 &&
                    section.offset >= recording_head_bytes((uint32_t)sections);
    for (int i = 0; i < sections && is_sound; i++) {
        struct at_section other = recording_section(payload, i);
        is_sound = i == classes || lie_apart(&section, &other);
    }
    return is_sound ? classes : -1;
}

static uint64_t word_at(const void *payload, size_t offset)
{
    uint64_t word;

    memcpy(&word, (const char *)payload + offset, sizeof(word));
    return word;
}

/* Rows that are somebody else's, which the first word of each says, promise nothing. */
static void derive(const struct derivation *derivation, uint64_t *expected, const struct at_section *classes,
                   const void *payload, const struct at_section *now, const void *before, const struct at_section *then)
{
    uint32_t rows = now->count < then->count ? now->count : then->count;

    for (uint32_t row = 0; row < rows; row++) {
        size_t at = now->offset + (size_t)row * now->stride, was_at = then->offset + (size_t)row * then->stride;
        uint32_t class_row;
        memcpy(&class_row, (const char *)payload + at + derivation->class_row, sizeof(class_row));
        if (word_at(payload, at) != word_at(before, was_at) || class_row >= classes->count)
            continue;
        uint64_t gain = word_at(payload, at + derivation->from) - word_at(before, was_at + derivation->from);
        expected[(classes->offset + (size_t)class_row * classes->stride + derivation->to) / 8] +=
            gain * derivation->sign;
    }
}

void recording_expect_derived(uint64_t *expected, const void *payload, size_t bytes, const void *before,
                              size_t before_bytes)
{
    int row = recording_derived(payload, bytes);

    if (row < 0)
        return;
    struct at_section classes = recording_section(payload, row);
    for (size_t i = 0; i < sizeof(derivations) / sizeof(derivations[0]); i++) {
        const struct derivation *derivation = &derivations[i];
        int now_row = find_section(payload, bytes, derivation->kind);
        int then_row = find_section(before, before_bytes, derivation->kind);
        if (now_row < 0 || then_row < 0)
            continue;
        struct at_section now = recording_section(payload, now_row), then = recording_section(before, then_row);
        if (recording_rows(&now, bytes) != 0 && recording_rows(&then, before_bytes) != 0 && now.stride == then.stride &&
            now.stride >= derivation->from + 8 && classes.stride >= derivation->to + 8)
            derive(derivation, expected, &classes, payload, &now, before, &then);
    }
}
