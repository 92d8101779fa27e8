/* test_format.c: every digit that the view shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "format.h"

struct number {
    uint64_t value;
    const char *text;
};

static void check(const struct number *numbers, size_t count, char *(*format)(char *, uint64_t))
{
    for (size_t i = 0; i < count; i++) {
        char out[FORMAT_BYTES];
        assert_string_equal(format(out, numbers[i].value), numbers[i].text);
    }
}
#define CHECK(numbers, format) check(numbers, sizeof(numbers) / sizeof *(numbers), format)

#define KIB UINT64_C(1024)
#define MIB (KIB * KIB)
#define GIB (MIB * KIB)

static void bytes_have_three_or_four_digits(void **state)
{
    (void)state;
    static const struct number numbers[] = {
        {0, "0B"},
        {1, "1B"},
        {1023, "1023B"},
        {1024, "1.00K"},
        {10 * KIB, "10.0K"},
        {10234, "9.99K"},
        {10235, "10.0K"},
        {640 * MIB + 100 * KIB, "640.1M"},
        {999 * MIB + 972 * KIB, "999.9M"},
        {1000 * MIB, "1000M"},
        {1023 * MIB, "1023M"},
        {1023 * MIB + 600 * KIB, "1.00G"},
        {GIB + 215 * MIB, "1.21G"},
        {5 * GIB * KIB, "5.00T"},
        {UINT64_MAX, "16.0E"},
    };
    CHECK(numbers, format_bytes);
}

static void counts_are_decimal(void **state)
{
    (void)state;
    static const struct number numbers[] = {
        {0, "0"},           {7, "7"},           {9999, "9999"},    {10000, "10.0k"},
        {123456, "123.5k"}, {999949, "999.9k"}, {999950, "1.00m"}, {UINT64_MAX, "18.4e"},
    };
    CHECK(numbers, format_count);
}

static void raw_numbers_are_grouped(void **state)
{
    (void)state;
    static const struct number numbers[] = {
        {0, "0"}, {999, "999"}, {1000, "1,000"}, {671088640, "671,088,640"}, {UINT64_MAX, "18,446,744,073,709,551,615"},
    };
    CHECK(numbers, format_grouped);
}

static void times_and_ages(void **state)
{
    (void)state;
    static const struct number times[] = {
        {0, "0ns"},
        {900, "900ns"},
        {210000, "210.0us"},
        {1200000, "1.20ms"},
        {1000000000, "1.00s"},
        {999960000, "1.00s"},
        {UINT64_MAX, "18446744074s"},
    };
    CHECK(times, format_ns);
    static const struct number ages[] = {
        {0, "00:00"},
        {UINT64_C(42999999999), "00:42"},
        {UINT64_C(3599000000000), "59:59"},
        {UINT64_C(3600000000000), "1h00m"},
        {UINT64_C(11520000000000), "3h12m"},
        {UINT64_C(183600000000000), "2d03h"},
        {UINT64_C(86400000000000) * 123, "123d"},
    };
    CHECK(ages, format_age);
}

static void percents(void **state)
{
    (void)state;
    static const struct {
        uint64_t part, whole;
        const char *text;
    } cases[] = {
        {1, 0, "-"},          {0, 5, "0%"},          {2, 10000, "0.02%"}, {1, 1000, "0.1%"},         {34, 1000, "3.4%"},
        {999, 1000, "99.9%"}, {9996, 10000, "100%"}, {3, 2, "150%"},      {UINT64_MAX, 1, ">9999%"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[FORMAT_BYTES];
        assert_string_equal(format_percent(out, cases[i].part, cases[i].whole), cases[i].text);
    }
}

static void differences_keep_sign_and_size(void **state)
{
    (void)state;
    struct figure down = figure_difference(1, UINT64_MAX);
    assert_true(down.negative);
    assert_true(down.magnitude == UINT64_MAX - 1);
    char out[FORMAT_BYTES];
    assert_string_equal(format_sign(format_bytes(out, 2048), (struct figure){2048, true}), "-2.00K");
    assert_string_equal(format_sign(format_bytes(out, 2048), (struct figure){2048, false}), "+2.00K");
    assert_string_equal(format_sign(format_bytes(out, 0), (struct figure){0, true}), "0B");
    assert_int_equal(figure_compare((struct figure){1, true}, (struct figure){2, true}), 1);
    assert_int_equal(figure_compare((struct figure){1, true}, (struct figure){0, false}), -1);
    assert_int_equal(figure_compare((struct figure){0, true}, (struct figure){0, false}), 0);
}

static void rates_are_a_second(void **state)
{
    (void)state;
    struct figure rate = figure_per_second((struct figure){1000, true}, 500000000);
    assert_true(rate.negative && rate.magnitude == 2000);
    assert_true(figure_per_second((struct figure){1000, false}, 0).magnitude == 0);
    assert_true(figure_per_second((struct figure){UINT64_MAX, false}, 1).magnitude == UINT64_MAX);
    assert_false(figure_per_second((struct figure){1, true}, UINT64_C(10000000000)).negative);
}

static void units_have_words(void **state)
{
    (void)state;
    assert_string_equal(format_unit_word(FORMAT_SCALED), "K/M/G");
    assert_string_equal(format_unit_word(FORMAT_UNIT_COUNT), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_have_three_or_four_digits),
        cmocka_unit_test(counts_are_decimal),
        cmocka_unit_test(raw_numbers_are_grouped),
        cmocka_unit_test(times_and_ages),
        cmocka_unit_test(percents),
        cmocka_unit_test(differences_keep_sign_and_size),
        cmocka_unit_test(rates_are_a_second),
        cmocka_unit_test(units_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
