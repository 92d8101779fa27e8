/* recording.c: what the writer and the reader of recordings share: checks and packing. */
#include "recording.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- checks ---- */

uint64_t recording_hash(const void *bytes, size_t count)
{
    const unsigned char *byte = bytes;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < count; i++)
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
    return hash;
}

uint64_t recording_check_head(const struct recording_head *head)
{
    struct recording_head blank;

    /* memcpy, not assignment: padding counts. */
    memcpy(&blank, head, sizeof(blank));
    blank.check = 0;
    return recording_hash(&blank, sizeof(blank));
}

uint64_t recording_check_entry(const struct recording_entry *entry)
{
    struct recording_entry blank = *entry;

    blank.check = 0;
    return recording_hash(&blank, sizeof(blank));
}

/* ---- the head of a payload: at_snapshot and its table of sections ---- */

static size_t head_bytes(uint32_t sections)
{
    return sizeof(struct at_snapshot) + (size_t)sections * sizeof(struct at_section);
}

/* The number of sections that a payload claims, or -1 when there cannot be as many. */
static int sections_of(const void *payload, size_t bytes)
{
    struct at_snapshot head;

    if (bytes < sizeof(head))
        return -1;
    memcpy(&head, payload, sizeof(head));
    return head.sections <= AT_SECTIONS_MAX && head_bytes(head.sections) <= bytes ? (int)head.sections : -1;
}

static struct at_section section_at(const void *payload, int i)
{
    struct at_section section;

    memcpy(&section, (const char *)payload + head_bytes((uint32_t)i), sizeof(section));
    return section;
}

/* Where a section's rows lie. Returns their size, 0 when they do not lie in the payload. */
static size_t rows_of(const struct at_section *section, size_t bytes)
{
    uint64_t rows = (uint64_t)section->count * section->stride;

    return section->offset % 8 == 0 && section->offset <= bytes && rows <= bytes - section->offset ? (size_t)rows : 0;
}

/* ---- what the payload before promises ---- */

/* The words of the head stand where they stood, as far as there were any. */
static void expect_head(uint64_t *expected, size_t bytes, const void *before, size_t before_bytes)
{
    int sections = sections_of(before, before_bytes);
    size_t known = head_bytes((uint32_t)sections);

    memcpy(expected, before, known < bytes ? known : bytes);
}

/* Rows stand where they stood in the section of their kind. `head` holds the head of the payload that is expected. */
static void expect_rows(uint64_t *expected, const void *head, size_t bytes, const void *before, size_t before_bytes)
{
    int sections = sections_of(head, bytes), were = sections_of(before, before_bytes);

    memset((char *)expected + head_bytes((uint32_t)sections), 0, bytes - head_bytes((uint32_t)sections));
    for (int i = 0; i < sections; i++) {
        struct at_section now = section_at(head, i);
        size_t now_bytes = rows_of(&now, bytes);
        for (int j = 0; j < were; j++) {
            struct at_section then = section_at(before, j);
            size_t then_bytes = rows_of(&then, before_bytes);
            if (then.kind != now.kind || then.stride != now.stride || now.offset < head_bytes((uint32_t)sections))
                continue;
            memcpy((char *)expected + now.offset, (const char *)before + then.offset,
                   now_bytes < then_bytes ? now_bytes : then_bytes);
            break;
        }
    }
}

/* ---- differences, small for small changes in either direction, in planes ---- */

static uint64_t fold(uint64_t difference)
{
    return difference << 1 ^ (uint64_t) - (difference >> 63);
}

static uint64_t unfold(uint64_t folded)
{
    return folded >> 1 ^ (uint64_t) - (folded & 1);
}

static void put_word(unsigned char *planes, size_t words, size_t i, uint64_t word)
{
    for (size_t plane = 0; plane < 8; plane++)
        planes[plane * words + i] = (unsigned char)(word >> (8 * plane));
}

static uint64_t take_word(const unsigned char *planes, size_t words, size_t i)
{
    uint64_t word = 0;

    for (size_t plane = 0; plane < 8; plane++)
        word |= (uint64_t)planes[plane * words + i] << (8 * plane);
    return word;
}

/* ---- packing ---- */

int recording_pack(void *to, const void *payload, size_t bytes, const void *before, size_t before_bytes)
{
    const uint64_t *words = payload;
    uint64_t *expected = calloc(1, bytes > 0 ? bytes : 1);

    if (expected == NULL || bytes % 8 != 0 || sections_of(payload, bytes) < 0 ||
        (before != NULL && sections_of(before, before_bytes) < 0)) {
        free(expected);
        return -1;
    }
    if (before != NULL) {
        expect_head(expected, bytes, before, before_bytes);
        expect_rows(expected, payload, bytes, before, before_bytes);
    }
    for (size_t i = 0; i < bytes / 8; i++)
        put_word(to, bytes / 8, i, fold(words[i] - expected[i]));
    free(expected);
    return 0;
}

/* Undoes words [from, to) of the payload, in place over what is expected of them. */
static void restore(uint64_t *payload, const void *packed, size_t words, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        payload[i] += unfold(take_word(packed, words, i));
}

int recording_unpack(void *to, const void *packed, size_t bytes, const void *before, size_t before_bytes)
{
    uint64_t *payload = to;
    size_t words = bytes / 8, head_words = sizeof(struct at_snapshot) / 8;

    if (bytes % 8 != 0 || words < head_words || (before != NULL && sections_of(before, before_bytes) < 0))
        return -1;
    memset(payload, 0, bytes);
    if (before != NULL)
        expect_head(payload, bytes, before, before_bytes);
    /* The head comes first: it says where the rest is to be expected. */
    restore(payload, packed, words, 0, head_words);
    int sections = sections_of(payload, bytes);
    if (sections < 0)
        return -1;
    restore(payload, packed, words, head_words, head_bytes((uint32_t)sections) / 8);
    head_words = head_bytes((uint32_t)sections) / 8;
    if (before != NULL)
        expect_rows(payload, payload, bytes, before, before_bytes);
    restore(payload, packed, words, head_words, words);
    return 0;
}
