/* test_quantity.c: amounts that a person types, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "quantity.h"

#define GIB    (UINT64_C(1) << 30)
#define SECOND UINT64_C(1000000000)

struct amount {
    const char *text;
    uint64_t value;
};

static void check_read(int (*read)(const char *, uint64_t *), const struct amount *amounts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t value = 0;
        assert_int_equal(read(amounts[i].text, &value), 0);
        assert_int_equal(value, amounts[i].value);
    }
}

static void check_refused(int (*read)(const char *, uint64_t *), const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t value;
        if (read(texts[i], &value) == 0)
            fail_msg("'%s' was read as %llu", texts[i], (unsigned long long)value);
    }
}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void counts_are_digits_and_fit(void **state)
{
    (void)state;
    static const struct amount good[] = {{"0", 0}, {"12", 12}, {"18446744073709551615", UINT64_MAX}, {"007", 7}};
    static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "1.5", "0x10", "1K", "18446744073709551616", "ten"};

    check_read(quantity_count, good, COUNT_OF(good));
    check_refused(quantity_count, bad, COUNT_OF(bad));
}

static void seconds_may_have_a_point(void **state)
{
    (void)state;
    static const struct amount good[] = {{"1", 1000000000},       {"0.01", 10000000},    {"1.5", 1500000000},
                                         {"0.000000001", 1},      {"2.", 2000000000},    {"90s", 90 * SECOND},
                                         {"1.5min", 90 * SECOND}, {"2h", 7200 * SECOND}, {"1d", 86400 * SECOND}};
    static const char *const bad[] = {
        "",  ".5",  "1,5", "-1", "1e3",  "inf", "nan", "1.5.5",        "99999999999999999999",
        "s", "1 s", "1m",  "1S", "1sec", "1ss", "min", "999999999999d"};

    check_read(quantity_seconds, good, COUNT_OF(good));
    check_refused(quantity_seconds, bad, COUNT_OF(bad));
}

static void bytes_have_units_of_1024(void **state)
{
    (void)state;
    static const struct amount good[] = {{"4096", 4096},     {"1K", 1024},      {"1.5G", GIB + GIB / 2},
                                         {"2T", 2048 * GIB}, {"16M", 16 << 20}, {"0", 0}};
    static const char *const bad[] = {"", "K", "1KB", "1k", "-1M", "1 M", "99999999999T", "1.x", "1MM"};

    check_read(quantity_bytes, good, COUNT_OF(good));
    check_refused(quantity_bytes, bad, COUNT_OF(bad));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_digits_and_fit),
        cmocka_unit_test(seconds_may_have_a_point),
        cmocka_unit_test(bytes_have_units_of_1024),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
