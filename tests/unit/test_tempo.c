/* test_tempo.c: work is done less often when it costs too much, and not for a single time that did. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "say.h"
#include "tempo.h"

#define MS UINT64_C(1000000)

enum { SHARE = 100 };

static void pace(struct tempo *tempo, uint64_t cost_ns, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        tempo_pace(tempo, cost_ns, SHARE, "snapshots", "1 %");
}

static struct tempo tempo_of(uint64_t every_ms)
{
    struct tempo tempo;
    tempo_set(&tempo, every_ms * MS);
    return tempo;
}

static void what_is_cheap_stays(void **state)
{
    struct tempo tempo = tempo_of(100);
    (void)state;
    pace(&tempo, MS / 2, 3 * TEMPO_WINDOW);
    assert_int_equal(tempo.every_ns, 100 * MS);
}

static void what_is_dear_is_stretched_and_said_once(void **state)
{
    struct tempo tempo = tempo_of(100);
    unsigned said = say_warning_count();
    (void)state;
    pace(&tempo, 3 * MS, TEMPO_WINDOW - 1);
    assert_int_equal(tempo.every_ns, 100 * MS);
    pace(&tempo, 3 * MS, 1);
    assert_int_equal(tempo.every_ns, 300 * MS);
    pace(&tempo, 4 * MS, TEMPO_WINDOW);
    assert_int_equal(tempo.every_ns, 400 * MS);
    assert_int_equal(say_warning_count(), said); /* of 3.2 s */
    pace(&tempo, 4 * MS, 3 * TEMPO_WINDOW);
    assert_int_equal(say_warning_count(), said + 1);
    pace(&tempo, MS / 4, TEMPO_WINDOW);
    assert_int_equal(tempo.every_ns, 100 * MS);
}

/* A machine that is busy again and again is no cause of the agent's. */
static void what_passes_is_not_said(void **state)
{
    struct tempo tempo = tempo_of(50);
    unsigned said = say_warning_count();
    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        pace(&tempo, 2 * MS, 3 * TEMPO_WINDOW); /* for 2.8 s */
        pace(&tempo, MS / 4, TEMPO_WINDOW);
    }
    assert_int_equal(tempo.every_ns, 50 * MS);
    assert_int_equal(say_warning_count(), said);
}

/* Page faults of the first, a neighbour's misses now and then: in whatever order, as long as they are fewer than half. */
static void what_is_dear_now_and_then_is_not(void **state)
{
    struct tempo tempo = tempo_of(100);
    (void)state;
    for (unsigned i = 0; i < 2 * TEMPO_WINDOW; i++)
        pace(&tempo, i % 3 == 0 ? 50 * MS : MS / 2, 1);
    assert_int_equal(tempo.every_ns, 100 * MS);
}

/* And the other way round: a few lucky ones do not hide what is usual. */
static void what_is_cheap_now_and_then_is_stretched(void **state)
{
    struct tempo tempo = tempo_of(100);
    (void)state;
    for (unsigned i = 0; i < TEMPO_WINDOW; i++)
        pace(&tempo, i % 3 == 0 ? MS / 2 : 2 * MS, 1);
    assert_int_equal(tempo.every_ns, 200 * MS);
}

static void points_in_time_stay_on_their_grid(void **state)
{
    struct tempo tempo = tempo_of(100);
    (void)state;
    tempo.next_ns = 1000 * MS;
    tempo_schedule(&tempo, 1030 * MS);
    assert_int_equal(tempo.next_ns, 1100 * MS);
    tempo_schedule(&tempo, 1250 * MS); /* one was missed */
    assert_int_equal(tempo.next_ns, 1350 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_cheap_stays),
        cmocka_unit_test(what_is_dear_is_stretched_and_said_once),
        cmocka_unit_test(what_passes_is_not_said),
        cmocka_unit_test(what_is_dear_now_and_then_is_not),
        cmocka_unit_test(what_is_cheap_now_and_then_is_stretched),
        cmocka_unit_test(points_in_time_stay_on_their_grid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
