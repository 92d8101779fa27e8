/* recording.c: what the writer and the reader of recordings share: checks and packing. */
#include "recording.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "recording_expect.h"

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

/* ---- the order in which words are packed ---- */

struct order {
    uint32_t *words;       /* for each place the word of the payload that stands there */
    size_t count, derived; /* from there on words of which the others tell something */
    bool *taken;
};

static void order_free(struct order *order)
{
    free(order->words);
    free(order->taken);
}

static void place(struct order *order, size_t word)
{
    if (order->taken[word])
        return;
    order->taken[word] = true;
    order->words[order->count++] = (uint32_t)word;
}

static void place_columns(struct order *order, const void *payload, int i, size_t bytes)
{
    struct at_section section = recording_section(payload, i);
    size_t first = section.offset / 8, width = section.stride / 8;

    if (section.stride % 8 != 0 || recording_rows(&section, bytes) == 0)
        return;
    for (size_t column = 0; column < width; column++)
        for (size_t row = 0; row < section.count; row++)
            place(order, first + row * width + column);
}

static bool is_in(const void *payload, int i, size_t word)
{
    struct at_section section = recording_section(payload, i);

    return word * 8 >= section.offset && word * 8 - section.offset < (uint64_t)section.count * section.stride;
}

/* The head as it stands, then the columns of each section, then what is in none, and last the classes, which the others
 * tell something of: every word once, whatever the table says. Depends on the head alone. Returns 0, or -1: no memory;
 * order_free in either case. */
static int order_make(struct order *order, const void *payload, size_t bytes)
{
    size_t words = bytes / 8;
    int sections = recording_sections(payload, bytes), classes = recording_derived(payload, bytes);

    *order = (struct order){.words = malloc(words * sizeof(*order->words)), .taken = calloc(words, 1)};
    if (order->words == NULL || order->taken == NULL)
        return -1;
    for (size_t word = 0; word < recording_head_bytes((uint32_t)sections) / 8; word++)
        place(order, word);
    for (int i = 0; i < sections; i++)
        if (i != classes)
            place_columns(order, payload, i, bytes);
    for (size_t word = 0; word < words; word++)
        if (classes < 0 || !is_in(payload, classes, word))
            place(order, word);
    order->derived = order->count;
    if (classes >= 0)
        place_columns(order, payload, classes, bytes);
    return 0;
}

/* ---- packing ---- */

static void pack_words(void *to, const uint64_t *words, const uint64_t *expected, const struct order *order)
{
    for (size_t i = 0; i < order->count; i++) {
        size_t word = order->words[i];
        put_word(to, order->count, i, fold(words[word] - expected[word]));
    }
}

int recording_pack(void *to, const void *payload, size_t bytes, const void *before, size_t before_bytes)
{
    struct order order = {0};
    uint64_t *expected = calloc(1, bytes > 0 ? bytes : 1);
    int result = -1;

    if (expected == NULL || bytes % 8 != 0 || recording_sections(payload, bytes) < 0 ||
        (before != NULL && recording_sections(before, before_bytes) < 0) || order_make(&order, payload, bytes) < 0)
        goto out;
    if (before != NULL) {
        recording_expect_head(expected, bytes, before, before_bytes);
        recording_expect_rows(expected, payload, bytes, before, before_bytes);
        recording_expect_derived(expected, payload, bytes, before, before_bytes);
    }
    pack_words(to, payload, expected, &order);
    result = 0;
out:
    order_free(&order);
    free(expected);
    return result;
}

/* Undoes words [from, to) of the head, in place over what is expected of them. */
static void restore_head(uint64_t *payload, const void *packed, size_t words, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        payload[i] += unfold(take_word(packed, words, i));
}

/* Undoes those at places [from, to) in the order. */
static void restore_rows(uint64_t *payload, const void *packed, const struct order *order, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        payload[order->words[i]] += unfold(take_word(packed, order->count, i));
}

int recording_unpack(void *to, const void *packed, size_t bytes, const void *before, size_t before_bytes)
{
    uint64_t *payload = to;
    size_t words = bytes / 8, head_words = sizeof(struct at_snapshot) / 8;

    if (bytes % 8 != 0 || words < head_words || (before != NULL && recording_sections(before, before_bytes) < 0))
        return -1;
    memset(payload, 0, bytes);
    if (before != NULL)
        recording_expect_head(payload, bytes, before, before_bytes);
    /* The head comes first: it says where the rest is to be expected. */
    restore_head(payload, packed, words, 0, head_words);
    int sections = recording_sections(payload, bytes);
    if (sections < 0)
        return -1;
    struct order order;
    restore_head(payload, packed, words, head_words, recording_head_bytes((uint32_t)sections) / 8);
    head_words = recording_head_bytes((uint32_t)sections) / 8;
    if (before != NULL)
        recording_expect_rows(payload, payload, bytes, before, before_bytes);
    int result = order_make(&order, payload, bytes);
    if (result == 0) {
        restore_rows(payload, packed, &order, head_words, order.derived);
        if (before != NULL)
            recording_expect_derived(payload, payload, bytes, before, before_bytes);
        restore_rows(payload, packed, &order, order.derived, order.count);
    }
    order_free(&order);
    return result;
}
