/* test_sizes.c: size classes hold from the snapshot that has them until the next one that does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "columns.h"
#include "sizes.h"
#include "synth.h"

/* The synthetic agent puts them into every tenth snapshot; a file has snapshots from 1 on, at places from 0. */
#define HISTORY 35

struct fixture {
    struct synth_options options;
    struct session session;
    struct model model;
    struct sizes sizes;
    char path[64];
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct target target;
    struct failure failure;
    strcpy(fixture->path, "/tmp/arenatop-sizes.XXXXXX");
    close(mkstemp(fixture->path));
    synth_defaults(&fixture->options);
    fixture->options.history = HISTORY;
    assert_int_equal(synth_file(&fixture->options, fixture->path), 0);
    assert_int_equal(target_resolve(&target, fixture->path, &failure), TARGET_FOUND);
    assert_int_equal(session_open(&fixture->session, &target, &failure), 0);
    session_update(&fixture->session, 1);
    model_init(&fixture->model);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    sizes_free(&fixture->sizes);
    session_close(&fixture->session);
    model_free(&fixture->model);
    unlink(fixture->path);
    free(fixture);
    return 0;
}

/* The sequence number of the snapshot whose size classes hold at snapshot `seq`; 0: none. */
static uint64_t at(struct fixture *fixture, uint64_t seq)
{
    fixture->session.follow = false;
    fixture->session.place = fixture->session.span.first + seq - 1;
    session_load(&fixture->session, &fixture->model, 0);
    assert_int_equal(fixture->model.now.snapshot.head.seq, seq);
    const struct snapshot *found = sizes_at(&fixture->sizes, &fixture->session, SIZES_NOW, &fixture->model.now);
    return found != NULL ? found->head.seq : 0;
}

static void the_newest_before(void **state)
{
    static const uint64_t seqs[][2] = {{35, 30}, {34, 30}, {30, 30}, {29, 20}, {31, 30}, {32, 30}, {9, 0},
                                       {3, 0},   {8, 0},   {12, 10}, {20, 20}, {11, 10}, {35, 30}, {1, 0}};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(seqs) / sizeof(seqs[0]); i++)
        assert_int_equal(at(fixture, seqs[i][0]), seqs[i][1]);
    for (uint64_t seq = 1; seq <= HISTORY; seq++)
        assert_int_equal(at(fixture, seq), seq / 10 * 10);
    for (uint64_t seq = HISTORY; seq > 0; seq--)
        assert_int_equal(at(fixture, seq), seq / 10 * 10);
    sizes_reset(&fixture->sizes);
    assert_int_equal(at(fixture, 25), 20);
}

static void none_where_there_is_no_moment(void **state)
{
    struct fixture *fixture = *state;
    struct moment moment = {0};
    assert_null(sizes_at(&fixture->sizes, &fixture->session, SIZES_BASELINE, &moment));
    assert_int_equal(model_set_sizes(&moment, NULL, NULL), 0);
    assert_int_equal(moment.nsizes, 0);
}

/* What an arena holds by size is what it has allocated, but for what no whole block fits into. */
static void they_add_up(void **state)
{
    struct fixture *fixture = *state;
    struct model_filter filter = {.class_name = "main"};
    struct column_order order = {columns_find(MODEL_SIZES, "id"), false};
    uint32_t second = 2;
    uint64_t blocks[3];
    assert_int_equal(at(fixture, 30), 30);
    struct moment *now = &fixture->model.now;
    for (unsigned one = 0; one < 2; one++) {
        assert_int_equal(model_set_sizes(now, &now->snapshot, one ? &second : NULL), 0);
        assert_int_equal(model_make_rows(&fixture->model, MODEL_SIZES, &filter, column_compare, &order), 0);
        assert_int_equal(fixture->model.nrows, 3);
        uint64_t bytes = 0, allocated = 0;
        for (size_t i = 0; i < 3; i++) {
            const struct size_figures *size = fixture->model.rows[i].now;
            assert_int_equal(size->bytes, size->raw.blocks * size->raw.size);
            assert_int_equal(size->bytes + size->unused, size->raw.held);
            assert_int_equal(fixture->model.rows[i].id, size->raw.size);
            assert_string_equal(fixture->model.rows[i].sort, i < 2 ? "bin" : "large");
            if (one)
                assert_true(size->raw.blocks < blocks[i] && size->raw.blocks >= blocks[i] / 2 - 1);
            blocks[i] = size->raw.blocks;
            bytes += size->bytes;
        }
        for (size_t i = 0; i < now->snapshot.narenas; i++)
            if (now->snapshot.arenas[i].class_row == 1 && (!one || now->snapshot.arenas[i].index == second))
                allocated += now->snapshot.arenas[i].allocated;
        assert_in_range(bytes, allocated - 2 * 70 * 1024, allocated);
    }
    filter.sort = "large";
    assert_int_equal(model_make_rows(&fixture->model, MODEL_SIZES, &filter, column_compare, &order), 0);
    assert_int_equal(fixture->model.nrows, 1);
}

/* From outside: an arena that is in no row is nobody's, sums wrap, and nothing falls over. */
static void lies(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(at(fixture, 30), 30);
    struct moment *now = &fixture->model.now;
    for (size_t i = 0; i < now->snapshot.nsizes; i++)
        now->snapshot.sizes[i] = (struct at_size){UINT32_MAX, UINT32_MAX, .size = UINT64_MAX, .blocks = UINT64_MAX};
    assert_int_equal(model_set_sizes(now, &now->snapshot, NULL), 0);
    assert_int_equal(now->nsizes, 1);
    assert_string_equal(now->sizes[0].class_name, "(unbound)");
    assert_int_equal(now->sizes[0].unused, 0);
    now->snapshot.narenas = 0;
    assert_int_equal(model_set_sizes(now, &now->snapshot, NULL), 0);
    assert_int_equal(now->nsizes, 1);
}

/* A payload of some MiB has room for so many rows, and a recording packs them into a few KiB. */
static void many_lies(void **state)
{
    enum { ROWS = 200000 };
    struct fixture *fixture = *state;
    struct at_arena *arenas = calloc(ROWS, sizeof(*arenas));
    struct at_size *sizes = calloc(ROWS, sizeof(*sizes));
    struct moment moment = {0};
    assert_int_equal(at(fixture, 30), 30);
    struct snapshot many = fixture->model.now.snapshot;
    assert_true(arenas != NULL && sizes != NULL);
    many.arenas = arenas;
    many.sizes = sizes;
    many.narenas = many.nsizes = ROWS;
    for (uint32_t i = 0; i < ROWS; i++) {
        arenas[i] = (struct at_arena){.index = (i * 7919) % ROWS, .class_row = 1};
        sizes[i] = (struct at_size){.arena = i % 2 == 0 ? UINT32_MAX : i, .size = i % 2 == 0 ? 8 : 16, .blocks = 1};
    }
    alarm(120); /* it is a second's work, or an hour's */
    assert_int_equal(model_set_sizes(&moment, &many, NULL), 0);
    alarm(0);
    assert_int_equal(moment.nsizes, 2);
    assert_string_equal(moment.sizes[0].class_name, "(unbound)");
    assert_string_equal(moment.sizes[1].class_name, "main");
    assert_int_equal(moment.sizes[1].raw.blocks, ROWS / 2);
    free(moment.sizes);
    free(arenas);
    free(sizes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_newest_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(none_where_there_is_no_moment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(they_add_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_lies, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
