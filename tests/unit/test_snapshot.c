/* test_snapshot.c: what the encoder writes the decoder reads; what breaks a rule it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot.h"

#define PAYLOAD_BYTES 65536

static _Alignas(8) unsigned char payload[PAYLOAD_BYTES];

/* Two classes, and `n` rows of the rest. Figures are numbers that say where they belong. */
static size_t encode(size_t n)
{
    struct snapshot_encoder encoder;
    struct at_snapshot head = {.seq = 7, .time_ns = 8, .mono_ns = 9, .state = AT_STATE_LIVE, .mode = AT_MODE_EXACT};

    assert_int_equal(snapshot_encode_begin(&encoder, payload, sizeof(payload), &head), 0);
    struct at_agent *agent = snapshot_encode_section(&encoder, AT_SECTION_AGENT, sizeof(*agent), 1);
    agent->sample_ns = 11;
    struct at_process *process = snapshot_encode_section(&encoder, AT_SECTION_PROCESS, sizeof(*process), 1);
    process->rss = 12;
    struct at_class *classes = snapshot_encode_section(&encoder, AT_SECTION_CLASSES, sizeof(*classes), 2);
    strcpy(classes[0].name, "(unbound)");
    strcpy(classes[1].name, "io_*");
    classes[1].mode = AT_MODE_EXACT;
    classes[1].live = 13;
    struct at_flow *flows = snapshot_encode_section(&encoder, AT_SECTION_FLOWS, sizeof(*flows), n);
    struct at_arena *arenas = snapshot_encode_section(&encoder, AT_SECTION_ARENAS, sizeof(*arenas), n);
    struct at_thread *threads = snapshot_encode_section(&encoder, AT_SECTION_THREADS, sizeof(*threads), n + 5);
    assert_non_null(threads);
    for (size_t i = 0; i < n; i++) {
        flows[i] = (struct at_flow){.owner = 1, .freed_by = (uint32_t)(i % 2), .bytes = 100 + i, .count = i};
        arenas[i] = (struct at_arena){.index = (uint32_t)i, .class_row = 1, .internal = 200 + i};
        threads[i] = (struct at_thread){.tid = (uint32_t)(300 + i), .class_row = 1, .name = "io_1", .free_bytes = i};
    }
    snapshot_encode_trim(&encoder, n);
    char(*warnings)[AT_WARNING_BYTES] = snapshot_encode_section(&encoder, AT_SECTION_WARNINGS, sizeof(*warnings), n);
    for (size_t i = 0; i < n; i++)
        strcpy(warnings[i], "look out");
    struct at_size *sizes = snapshot_encode_section(&encoder, AT_SECTION_SIZES, sizeof(*sizes), n);
    for (size_t i = 0; i < n; i++)
        sizes[i] = (struct at_size){.arena = (uint32_t)i, .kind = AT_SIZE_LARGE, .size = 500 + i, .ndalloc = 600 + i};
    return snapshot_encode_end(&encoder);
}

static void assert_content(const struct snapshot *s, size_t n)
{
    assert_int_equal(s->head.seq, 7);
    assert_int_equal(s->head.time_ns, 8);
    assert_int_equal(s->head.mono_ns, 9);
    assert_int_equal(s->head.state, AT_STATE_LIVE);
    assert_int_equal(s->agent.sample_ns, 11);
    assert_int_equal(s->process.rss, 12);
    assert_int_equal(s->nclasses, 2);
    assert_string_equal(s->classes[0].name, "(unbound)");
    assert_string_equal(s->classes[1].name, "io_*");
    assert_int_equal(s->classes[0].live, 0);
    assert_int_equal(s->classes[1].live, 13);
    assert_int_equal(s->nflows, n);
    assert_int_equal(s->narenas, n);
    assert_int_equal(s->nthreads, n);
    assert_int_equal(s->nwarnings, n);
    assert_int_equal(s->nsizes, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(s->flows[i].freed_by, i % 2);
        assert_int_equal(s->flows[i].bytes, 100 + i);
        assert_int_equal(s->arenas[i].index, i);
        assert_int_equal(s->arenas[i].internal, 200 + i);
        assert_int_equal(s->threads[i].tid, 300 + i);
        assert_int_equal(s->threads[i].free_bytes, i);
        assert_string_equal(s->threads[i].name, "io_1");
        assert_string_equal(s->warnings[i], "look out");
        assert_int_equal(s->sizes[i].arena, i);
        assert_int_equal(s->sizes[i].kind, AT_SIZE_LARGE);
        assert_int_equal(s->sizes[i].size, 500 + i);
        assert_int_equal(s->sizes[i].ndalloc, 600 + i);
    }
}

static struct at_snapshot *head(void)
{
    return (struct at_snapshot *)(void *)payload;
}

static struct at_section *section(enum at_section_kind kind)
{
    struct at_section *table = (struct at_section *)(void *)(payload + sizeof(struct at_snapshot));

    while (table->kind != (uint32_t)kind)
        table++;
    return table;
}

static void *row(enum at_section_kind kind, size_t index)
{
    return payload + section(kind)->offset + index * section(kind)->stride;
}

static void test_round_trip(void **state)
{
    static const size_t counts[] = {0, 1, 3, 100, 2, 0};
    struct snapshot snapshot = {0};
    (void)state;

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        size_t bytes = encode(counts[i]);
        assert_int_equal(bytes % 8, 0);
        assert_int_equal(head()->bytes, bytes);
        assert_int_equal(snapshot_decode(&snapshot, payload, bytes), 0);
        assert_content(&snapshot, counts[i]);
    }
    snapshot_free(&snapshot);
    assert_null(snapshot.classes);
    snapshot_free(&snapshot);
}

static void test_any_alignment(void **state)
{
    struct snapshot snapshot = {0};
    size_t bytes = encode(9);
    unsigned char *odd = malloc(bytes + 1);
    (void)state;

    assert_non_null(odd);
    memcpy(odd + 1, payload, bytes);
    assert_int_equal(snapshot_decode(&snapshot, odd + 1, bytes), 0);
    assert_content(&snapshot, 9);
    free(odd);
    snapshot_free(&snapshot);
}

static void test_copy(void **state)
{
    struct snapshot from = {0}, to = {0};
    (void)state;

    assert_int_equal(snapshot_copy(&to, &from), 0);
    assert_int_equal(to.nclasses, 0);
    for (size_t n = 20; n > 0; n -= 5) {
        assert_int_equal(snapshot_decode(&from, payload, encode(n)), 0);
        assert_int_equal(snapshot_copy(&to, &from), 0);
        memset(from.block, 0xee, from.block_bytes);
        assert_content(&to, n);
    }
    assert_int_equal(snapshot_copy(&to, &to), 0);
    assert_content(&to, 5);
    snapshot_free(&from);
    snapshot_free(&to);
}

static void test_find_class(void **state)
{
    struct snapshot snapshot = {0};
    (void)state;

    assert_int_equal(snapshot_decode(&snapshot, payload, encode(1)), 0);
    assert_int_equal(snapshot_class(&snapshot, "(unbound)"), 0);
    assert_int_equal(snapshot_class(&snapshot, "io_*"), 1);
    assert_int_equal(snapshot_class(&snapshot, "io_"), -1);
    snapshot_free(&snapshot);
}

static void test_encoder_limits(void **state)
{
    const struct at_snapshot empty = {0};
    struct snapshot_encoder encoder;
    (void)state;

    assert_int_equal(snapshot_encode_begin(&encoder, payload, 48 + 16 * AT_SECTIONS_MAX - 8, &empty), -1);
    assert_null(snapshot_encode_section(&encoder, AT_SECTION_FLOWS, 24, 1));
    assert_int_equal(snapshot_encode_room(&encoder, 24), 0);
    assert_int_equal(snapshot_encode_end(&encoder), 0);

    assert_int_equal(snapshot_encode_begin(&encoder, payload, 48 + 16 * AT_SECTIONS_MAX + 240, &empty), 0);
    assert_int_equal(snapshot_encode_room(&encoder, 24), 10);
    assert_int_equal(snapshot_encode_room(&encoder, 0), 0);
    assert_int_equal(snapshot_encode_room(&encoder, 12), 0);
    assert_null(snapshot_encode_section(&encoder, AT_SECTION_FLOWS, 24, 11));
    assert_null(snapshot_encode_section(&encoder, AT_SECTION_FLOWS, 24, SIZE_MAX / 24 + 2));
    assert_null(snapshot_encode_section(&encoder, AT_SECTION_FLOWS, 12, 1));
    assert_non_null(snapshot_encode_section(&encoder, AT_SECTION_FLOWS, 24, 10));
    assert_int_equal(snapshot_encode_room(&encoder, 24), 0);
    snapshot_encode_trim(&encoder, 11);
    assert_int_equal(snapshot_encode_room(&encoder, 24), 0);
    snapshot_encode_trim(&encoder, 4);
    assert_int_equal(snapshot_encode_room(&encoder, 24), 6);
    for (uint32_t i = 1; i < AT_SECTIONS_MAX; i++)
        assert_non_null(snapshot_encode_section(&encoder, AT_SECTION_WARNINGS, 160, 0));
    assert_null(snapshot_encode_section(&encoder, AT_SECTION_WARNINGS, 160, 0));
    assert_int_equal(snapshot_encode_room(&encoder, 8), 0);
}

/* A section that was trimmed leaves its rows behind; the next one starts clean. */
static void test_rows_start_zeroed(void **state)
{
    const struct at_snapshot empty = {0};
    struct snapshot_encoder encoder;
    (void)state;

    assert_int_equal(snapshot_encode_begin(&encoder, payload, sizeof(payload), &empty), 0);
    unsigned char *rows = snapshot_encode_section(&encoder, AT_SECTION_THREADS, 40, 10);
    memset(rows, 0xff, 400);
    snapshot_encode_trim(&encoder, 0);
    rows = snapshot_encode_section(&encoder, AT_SECTION_FLOWS, 24, 10);
    for (size_t i = 0; i < 240; i++)
        assert_int_equal(rows[i], 0);
}

static void assert_refused(size_t bytes)
{
    struct snapshot snapshot = {0};

    assert_int_equal(snapshot_decode(&snapshot, payload, bytes), -EBADMSG);
    assert_int_equal(snapshot.nclasses + snapshot.nflows + snapshot.narenas + snapshot.nthreads + snapshot.nwarnings,
                     0);
    assert_null(snapshot.classes);
    assert_int_equal(snapshot.head.seq, 0);
    assert_int_equal(snapshot_decode(&snapshot, payload, encode(4)), 0);
    assert_content(&snapshot, 4);
    snapshot_free(&snapshot);
}

static void test_cut_short_anywhere(void **state)
{
    size_t whole = encode(4);
    (void)state;

    for (size_t bytes = 0; bytes < whole; bytes++) {
        /* In memory of its own, so that a sanitizer sees a byte too many. */
        unsigned char *copy = malloc(bytes + 1);
        struct snapshot snapshot = {0};
        assert_non_null(copy);
        memcpy(copy, payload, bytes);
        assert_int_equal(snapshot_decode(&snapshot, copy, bytes), -EBADMSG);
        if (bytes >= sizeof(struct at_snapshot)) {
            ((struct at_snapshot *)(void *)copy)->bytes = (uint32_t)bytes;
            assert_int_equal(snapshot_decode(&snapshot, copy, bytes), -EBADMSG);
        }
        free(copy);
        snapshot_free(&snapshot);
    }
}

static void test_bad_head(void **state)
{
    static const uint32_t sizes[] = {0, 47, 48, UINT32_MAX};
    static const uint32_t tables[] = {0, 1, AT_SECTIONS_MAX + 1, UINT32_MAX};
    (void)state;

    for (size_t i = 0; i < 4; i++) {
        size_t bytes = encode(4);
        head()->bytes = sizes[i];
        assert_refused(bytes);
        bytes = encode(4);
        head()->sections = tables[i];
        assert_refused(bytes);
    }
}

static void test_bad_sections(void **state)
{
    static const enum at_section_kind kinds[] = {AT_SECTION_AGENT,    AT_SECTION_PROCESS, AT_SECTION_CLASSES,
                                                 AT_SECTION_FLOWS,    AT_SECTION_ARENAS,  AT_SECTION_THREADS,
                                                 AT_SECTION_WARNINGS, AT_SECTION_SIZES};
    /* offset, count, stride; 1 keeps what was there */
    static const uint32_t lies[][3] = {
        {0, 1, 1},                     /* a section over the head */
        {48, 1, 1},                    /* over the table */
        {UINT32_MAX & ~7u, 1, 1},      /* behind the end */
        {UINT32_MAX, 1, 1},            /* not aligned */
        {308, 1, 1},                   /* not aligned, inside */
        {1, UINT32_MAX, 1},            /* more rows than there are bytes */
        {1, 0x20000001u, 8},           /* count * stride wraps to 8 in 32 bits */
        {1, 0x10000000u, 0x10000000u}, /* wraps to 0 in 32 bits */
        {1, UINT32_MAX, 0},            /* rows of nothing */
        {1, 2, 0},
        {1, 2, 4},
        {1, 1, 4097},        /* not a multiple of 8 */
        {1, 1, 0x80000000u}, /* one row larger than the payload */
    };
    (void)state;

    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
        for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
            size_t bytes = encode(4);
            struct at_section *victim = section(kinds[k]);
            victim->offset = lies[i][0] != 1 ? lies[i][0] : victim->offset;
            victim->count = lies[i][1] != 1 ? lies[i][1] : victim->count;
            victim->stride = lies[i][2] != 1 ? lies[i][2] : victim->stride;
            assert_refused(bytes);
        }
}

static void test_odd_strides(void **state)
{
    (void)state;
    for (int kind = AT_SECTION_AGENT; kind <= AT_SECTION_SIZES; kind++) {
        size_t bytes = encode(4);
        section((enum at_section_kind)kind)->stride += 4;
        section((enum at_section_kind)kind)->count = 1;
        section(AT_SECTION_FLOWS)->count = section(AT_SECTION_ARENAS)->count = 0;
        section(AT_SECTION_THREADS)->count = 0;
        assert_refused(bytes);
    }
}

/* A table of one section more than there may be, and nothing else wrong. */
static void test_too_many_sections(void **state)
{
    struct at_section *table = (struct at_section *)(void *)(payload + sizeof(struct at_snapshot));
    struct snapshot snapshot = {0};
    (void)state;

    for (uint32_t n = AT_SECTIONS_MAX; n <= AT_SECTIONS_MAX + 1; n++) {
        memset(payload, 0, 4096);
        head()->sections = n;
        head()->bytes = 4096;
        for (uint32_t i = 0; i < n; i++)
            table[i] = (struct at_section){AT_SECTION_CLASSES, 1024, 1, sizeof(struct at_class)};
        assert_int_equal(snapshot_decode(&snapshot, payload, 4096), n == AT_SECTIONS_MAX ? 0 : -EBADMSG);
    }
    snapshot_free(&snapshot);
}

/* Rows so short that a small payload would fill much memory. */
static void test_blow_up(void **state)
{
    (void)state;

    size_t bytes = encode(4);
    struct at_section *warnings = section(AT_SECTION_WARNINGS);
    *warnings = (struct at_section){AT_SECTION_WARNINGS, 304, (uint32_t)((bytes - 304) / 8), 8};
    assert_refused(bytes);
    bytes = encode(4);
    *section(AT_SECTION_ARENAS) = (struct at_section){AT_SECTION_ARENAS, 304, (uint32_t)((bytes - 304) / 8), 8};
    assert_refused(bytes);
    bytes = encode(4);
    section(AT_SECTION_CLASSES)->stride = 72; /* reaches not even to the figures */
    assert_refused(bytes);
}

static void test_class_count(void **state)
{
    (void)state;

    size_t bytes = encode(0);
    section(AT_SECTION_CLASSES)->count = 0;
    assert_refused(bytes);
    bytes = encode(4);
    section(AT_SECTION_CLASSES)->kind = 99;
    assert_refused(bytes);

    const struct at_snapshot empty = {0};
    for (size_t n = AT_CLASSES_MAX; n <= AT_CLASSES_MAX + 1; n++) {
        struct snapshot_encoder encoder;
        struct snapshot snapshot = {0};
        snapshot_encode_begin(&encoder, payload, sizeof(payload), &empty);
        assert_non_null(snapshot_encode_section(&encoder, AT_SECTION_CLASSES, sizeof(struct at_class), n));
        bytes = snapshot_encode_end(&encoder);
        assert_int_equal(snapshot_decode(&snapshot, payload, bytes), n == AT_CLASSES_MAX ? 0 : -EBADMSG);
        snapshot_free(&snapshot);
    }
}

static void test_bad_rows(void **state)
{
    (void)state;

    for (int i = 0; i < 6; i++) {
        size_t bytes = encode(4);
        if (i == 0)
            ((struct at_flow *)row(AT_SECTION_FLOWS, 3))->owner = 2;
        if (i == 1)
            ((struct at_flow *)row(AT_SECTION_FLOWS, 0))->freed_by = UINT32_MAX;
        if (i == 2)
            ((struct at_arena *)row(AT_SECTION_ARENAS, 3))->class_row = 2;
        if (i == 3)
            ((struct at_thread *)row(AT_SECTION_THREADS, 3))->class_row = 0x80000000u;
        if (i == 4)
            memset(((struct at_thread *)row(AT_SECTION_THREADS, 1))->name, 'x', AT_THREAD_NAME_BYTES);
        if (i == 5)
            memset(((struct at_class *)row(AT_SECTION_CLASSES, 1))->name, 'x', AT_CLASS_NAME_BYTES);
        assert_refused(bytes);
    }
}

static void test_warning_without_end(void **state)
{
    struct snapshot snapshot = {0};
    size_t bytes = encode(2);
    (void)state;

    memset(row(AT_SECTION_WARNINGS, 0), 'w', AT_WARNING_BYTES);
    assert_int_equal(snapshot_decode(&snapshot, payload, bytes), 0);
    assert_int_equal(strlen(snapshot.warnings[0]), AT_WARNING_BYTES - 1);
    assert_string_equal(snapshot.warnings[1], "look out");
    snapshot_free(&snapshot);
}

/* A newer writer: longer rows, a section and values that nobody knows yet, of everything a second section. */
static void test_newer_writer(void **state)
{
    struct snapshot_encoder encoder;
    struct snapshot snapshot = {0};
    struct at_snapshot newer = {.state = 77, .mode = 78, .reason = 79};
    (void)state;

    snapshot_encode_begin(&encoder, payload, sizeof(payload), &newer);
    memset(snapshot_encode_section(&encoder, (enum at_section_kind)55, 8, 3), 0xff, 24);
    unsigned char *rows = snapshot_encode_section(&encoder, AT_SECTION_CLASSES, sizeof(struct at_class) + 64, 2);
    memset(rows + sizeof(struct at_class), 0xff, 64);
    struct at_class second = {.name = "second", .mode = 1000, .ndalloc = 5};
    memcpy(rows + sizeof(struct at_class) + 64, &second, sizeof(second));
    snapshot_encode_section(&encoder, AT_SECTION_CLASSES, sizeof(struct at_class), 9);
    assert_int_equal(snapshot_decode(&snapshot, payload, snapshot_encode_end(&encoder)), 0);
    assert_int_equal(snapshot.nclasses, 2);
    assert_int_equal(snapshot.classes[0].live, 0);
    assert_memory_equal(&snapshot.classes[1], &second, sizeof(second));
    assert_int_equal(snapshot.head.state, 77);
    assert_int_equal(snapshot.agent.samples, 0);
    snapshot_free(&snapshot);
}

/* An older writer: rows that end before our last figures. */
static void test_older_writer(void **state)
{
    struct snapshot_encoder encoder;
    struct snapshot snapshot = {0};
    const struct at_snapshot older = {0};
    (void)state;

    snapshot_encode_begin(&encoder, payload, sizeof(payload), &older);
    unsigned char *rows = snapshot_encode_section(&encoder, AT_SECTION_CLASSES, 112, 2);
    memset(rows, 0x01, 224);
    rows[63] = rows[112 + 63] = '\0';
    memset(snapshot_encode_section(&encoder, AT_SECTION_AGENT, 8, 1), 0x01, 8);
    assert_int_equal(snapshot_decode(&snapshot, payload, snapshot_encode_end(&encoder)), 0);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(snapshot.classes[i].live, UINT64_C(0x0101010101010101));
        assert_int_equal(snapshot.classes[i].cached, 0);
        assert_int_equal(snapshot.classes[i].ndalloc, 0);
    }
    assert_int_equal(snapshot.agent.interval_ns, UINT64_C(0x0101010101010101));
    assert_int_equal(snapshot.agent.peak_ns, 0);
    snapshot_free(&snapshot);
}

static void test_words(void **state)
{
    (void)state;
    assert_string_equal(at_state_word(AT_STATE_EXITED), "exited");
    assert_string_equal(at_state_word(AT_STATE_COUNT), "?");
    assert_string_equal(at_mode_word(AT_MODE_EXACT), "exact");
    assert_string_equal(at_mode_word(UINT32_MAX), "?");
    assert_string_equal(at_reason_text(AT_REASON_NONE), "");
    assert_string_equal(at_reason_text(AT_REASON_COUNT), "?");
    for (uint32_t i = 1; i < AT_REASON_COUNT; i++)
        assert_true(strlen(at_reason_text(i)) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_any_alignment),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_find_class),
        cmocka_unit_test(test_encoder_limits),
        cmocka_unit_test(test_rows_start_zeroed),
        cmocka_unit_test(test_cut_short_anywhere),
        cmocka_unit_test(test_bad_head),
        cmocka_unit_test(test_bad_sections),
        cmocka_unit_test(test_odd_strides),
        cmocka_unit_test(test_too_many_sections),
        cmocka_unit_test(test_blow_up),
        cmocka_unit_test(test_class_count),
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_warning_without_end),
        cmocka_unit_test(test_newer_writer),
        cmocka_unit_test(test_older_writer),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
