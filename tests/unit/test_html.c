/* test_html.c: whatever bytes come in, no markup comes out; figures carry the exact one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"

static char *written;
static size_t length;

static FILE *begin(void)
{
    free(written);
    FILE *to = open_memstream(&written, &length);
    assert_non_null(to);
    return to;
}

static int tear_down(void **state)
{
    (void)state;
    free(written);
    written = NULL;
    return 0;
}

static void check_text(const char *text, const char *wanted)
{
    FILE *to = begin();
    html_text(to, text);
    fclose(to);
    assert_string_equal(written, wanted);
}

static void markup_is_text(void **state)
{
    (void)state;
    check_text("<script>alert(\"1\")</script>", "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;");
    check_text("' onload='x' & co", "&#39; onload=&#39;x&#39; &amp; co");
    check_text("&amp;", "&amp;amp;");
    check_text("]]> -->", "]]&gt; --&gt;");
    check_text("", "");
    check_text("线程 ü", "线程 ü");
}

static void what_no_page_may_hold_is_spelled_out(void **state)
{
    (void)state;
    check_text("a\033[31m\n\t\001\177", "a\\x1b[31m\\n\\t\\x01\\x7f");
    check_text("\xff\xc3(", "\\xff\\xc3(");
    check_text("\u202eevil", "\\u{202e}evil");
    check_text("\xef\xbf\xbe\xef\xbf\xbf\xf0\x9f\xbf\xbe\xef\xb7\x90", "\\u{fffe}\\u{ffff}\\u{1fffe}\\u{fdd0}");
}

/* Every byte that may stand in a name, alone and after an opening bracket. */
static void no_byte_is_markup(void **state)
{
    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        FILE *to = begin();
        html_text(to, (char[]){'<', (char)byte, '\0'});
        fclose(to);
        assert_memory_equal(written, "&lt;", 4);
        assert_null(strpbrk(written, "<>\"'"));
        for (const char *c = written; *c != '\0'; c++)
            assert_true((unsigned char)*c >= 0x20 && (unsigned char)*c != 0x7f);
    }
}

static void a_name_keeps_to_itself(void **state)
{
    (void)state;
    FILE *to = begin();
    html_name(to, "שלום<");
    fclose(to);
    assert_string_equal(written, "<bdi>שלום&lt;</bdi>");
}

static void figures_are_exact_and_short(void **state)
{
    (void)state;
    FILE *to = begin();
    html_bytes(to, 1234567);
    html_bytes(to, 0);
    html_count(to, 86400);
    fclose(to);
    assert_string_equal(written, "<data value=\"1234567\" title=\"1,234,567 bytes\">1.18M</data>"
                                 "<data value=\"0\" title=\"0 bytes\">0</data><data value=\"86400\">86,400</data>");
}

static void shares_are_text(void **state)
{
    (void)state;
    FILE *to = begin();
    html_percent(to, 1, 4);
    html_percent(to, 1000000, 1);
    fclose(to);
    assert_string_equal(written, "25.0%&gt;9999%");
}

static void growth_has_a_sign(void **state)
{
    (void)state;
    FILE *to = begin();
    html_growth(to, (struct figure){2048, false});
    html_growth(to, (struct figure){2048, true});
    html_growth(to, (struct figure){0, false});
    fclose(to);
    assert_string_equal(written, "<data value=\"2048\" title=\"+2,048 bytes\">+2.00K</data>"
                                 "<data value=\"-2048\" title=\"-2,048 bytes\">-2.00K</data>"
                                 "<data value=\"0\" title=\"0 bytes\">0</data>");
}

static void moments_are_utc(void **state)
{
    (void)state;
    FILE *to = begin();
    html_time(to, UINT64_C(1790000000999999999));
    html_time(to, UINT64_MAX);
    fclose(to);
    assert_string_equal(written, "<time>2026-09-21 14:13:20</time><time>2554-07-21 23:34:33</time>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(markup_is_text, tear_down),
        cmocka_unit_test_teardown(what_no_page_may_hold_is_spelled_out, tear_down),
        cmocka_unit_test_teardown(no_byte_is_markup, tear_down),
        cmocka_unit_test_teardown(a_name_keeps_to_itself, tear_down),
        cmocka_unit_test_teardown(figures_are_exact_and_short, tear_down),
        cmocka_unit_test_teardown(shares_are_text, tear_down),
        cmocka_unit_test_teardown(growth_has_a_sign, tear_down),
        cmocka_unit_test_teardown(moments_are_utc, tear_down),
    };
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
