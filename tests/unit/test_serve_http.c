/* test_serve_http.c: which format a client gets. What needs a network is in tests/e2e/serve.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "serve_http.h"

static void the_format_is_what_is_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        enum metrics_format format;
    } rows[] = {
        /* curl, for one, into promtool */
        {NULL, METRICS_PROMETHEUS},
        {"", METRICS_PROMETHEUS},
        {"*/*", METRICS_PROMETHEUS},
        {"application/*", METRICS_PROMETHEUS},
        {"application/openmetrics-text; version=1.0.0", METRICS_OPENMETRICS},
        {"Application/OpenMetrics-Text", METRICS_OPENMETRICS},
        /* Prometheus 2.42, VictoriaMetrics, a browser */
        {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
         "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         METRICS_OPENMETRICS},
        {"text/plain;version=0.0.4;q=1,*/*;q=0.1", METRICS_PROMETHEUS},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", METRICS_PROMETHEUS},
        {"text/plain", METRICS_PROMETHEUS},
        {"TEXT/*", METRICS_PROMETHEUS},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (serve_http_format(rows[i].accept) != rows[i].format)
            fail_msg("Accept: %s", rows[i].accept);
}

static void a_name_of_a_domain_is_not_ours(void **state)
{
    (void)state;
    static const char *const ours[] = {NULL,
                                       "",
                                       "localhost",
                                       "localhost:9920",
                                       "127.0.0.1",
                                       "127.0.0.1:9920",
                                       "127.0.1.1",
                                       "[::1]:9920",
                                       "[::ffff:127.0.0.1]:9920",
                                       "host:9920",
                                       ":9920"};
    static const char *const others[] = {"evil.example", "evil.example:9920", "127.0.0.1.evil.example:9920", "1.2.3.a"};

    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        if (serve_http_is_misled(ours[i]))
            fail_msg("Host: %s", ours[i]);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (!serve_http_is_misled(others[i]))
            fail_msg("Host: %s", others[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_format_is_what_is_asked_for),
                                       cmocka_unit_test(a_name_of_a_domain_is_not_ours)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
