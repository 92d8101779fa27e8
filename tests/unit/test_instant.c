/* test_instant.c: times that a person types, in a zone that is not UTC. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include "instant.h"

#define SECOND_NS UINT64_C(1000000000)

/* 2026-11-22T19:32:00Z, a Sunday evening; 20:32 in Berlin. */
#define EVENING (UINT64_C(1795375920) * SECOND_NS)

static int set_zone(void **state)
{
    (void)state;
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    return 0;
}

static void reads(const char *text, uint64_t reference_ns, uint64_t wanted_ns)
{
    uint64_t got_ns = 0;

    if (instant_parse(text, reference_ns, &got_ns) != 0)
        fail_msg("'%s' was refused", text);
    assert_int_equal(got_ns, wanted_ns);
}

static void days_are_local_unless_they_say_z(void **state)
{
    (void)state;

    reads("2026-11-22T19:32:00Z", 0, EVENING);
    reads("2026-11-22T20:32:00", 0, EVENING);
    reads("2026-11-22 20:32", 0, EVENING);
    reads("2026-11-22T20:32", UINT64_MAX, EVENING);
    reads("2026-11-22T19:32:00.5Z", 0, EVENING + SECOND_NS / 2);
    reads("2026-11-22T19:32:00.123456789Z", 0, EVENING + 123456789);
    reads("2026-07-01T12:00:00", 0, UINT64_C(1782900000) * SECOND_NS);
    reads("1970-01-01T00:00:00Z", 0, 0);
    reads("2028-02-29T00:00:00Z", 0, UINT64_C(1835395200) * SECOND_NS);
}

static void a_time_of_day_is_the_last_one(void **state)
{
    (void)state;

    reads("20:32", EVENING, EVENING);
    reads("20:31", EVENING, EVENING - 60 * SECOND_NS);
    reads("20:32:01", EVENING, EVENING - 86399 * SECOND_NS);
    reads("19:32Z", EVENING, EVENING);
    reads("23:59", EVENING, EVENING - (uint64_t)(20 * 3600 + 33 * 60) * SECOND_NS);
    reads("20:31:59.25", EVENING, EVENING - 3 * SECOND_NS / 4);
}

static void anything_else_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "x",
                                        "1932",
                                        "19",
                                        "19:",
                                        "19:3",
                                        "24:00",
                                        "19:60",
                                        "19:32:61",
                                        "19:32x",
                                        "19:32:00.5x",
                                        "-19:32",
                                        "9:32",
                                        "2026-11-22",
                                        "2026-11-22T",
                                        "2026-13-01T00:00",
                                        "2026-00-01T00:00",
                                        "2026-01-00T00:00",
                                        "2026-09-31T00:00",
                                        "2026-02-29T00:00Z",
                                        "2026-1-1T00:00",
                                        "2026-11-22T19:32:00ZZ",
                                        "2026-11-22x19:32",
                                        "Z",
                                        "1900-01-01T00:00:00Z",
                                        "-",
                                        "26-11-22T19:32"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        uint64_t time_ns;
        if (instant_parse(texts[i], EVENING, &time_ns) == 0)
            fail_msg("'%s' was read as %llu", texts[i], (unsigned long long)time_ns);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_are_local_unless_they_say_z),
        cmocka_unit_test(a_time_of_day_is_the_last_one),
        cmocka_unit_test(anything_else_is_none),
    };
    return cmocka_run_group_tests(tests, set_zone, NULL);
}
