/* test_metrics.c: the contract's names, each family once, samples together, labels that no name can break. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics.h"
#include "synth.h"

static _Alignas(8) unsigned char payload[1 << 18];

/* Two processes, the second of which is down; the caller frees the text. */
static char *write_metrics(const struct synth_options *options, enum metrics_format format)
{
    struct source_about one = {.pid = 4711, .comm = "redis"}, other = {.pid = 12, .comm = "a\"b\\c\n"};
    struct snapshot snapshot = {0};
    size_t bytes = synth_snapshot(options, 17, AT_STATE_LIVE, payload, sizeof(payload));
    struct metrics_process processes[] = {{&one, &snapshot, true}, {&other, NULL, false}};
    struct metrics metrics = {.processes = processes, .count = 2};
    char *text;
    size_t size;
    FILE *to = open_memstream(&text, &size);

    one.header.created_time_ns = 1790000000500000000;
    assert_int_equal(snapshot_decode(&snapshot, payload, bytes), 0);
    metrics_write(&metrics, format, to);
    fclose(to);
    snapshot_free(&snapshot);
    return text;
}

static void has_line(const char *text, const char *line)
{
    const char *at = text;
    size_t length = strlen(line);

    while ((at = strstr(at, line)) != NULL) {
        if ((at == text || at[-1] == '\n') && at[length] == '\n')
            return;
        at++;
    }
    fail_msg("no line: %s", line);
}

static void has_no(const char *text, const char *part)
{
    if (strstr(text, part) != NULL)
        fail_msg("there is: %s", part);
}

static void names_are_the_contract_s(void **state)
{
    (void)state;
    static const char *const gauges[] = {"arenatop_up",
                                         "arenatop_class_live_bytes",
                                         "arenatop_class_cached_bytes",
                                         "arenatop_class_allocated_bytes",
                                         "arenatop_class_active_bytes",
                                         "arenatop_class_dirty_bytes",
                                         "arenatop_class_muzzy_bytes",
                                         "arenatop_class_resident_bytes",
                                         "arenatop_class_retained_bytes",
                                         "arenatop_class_peak_live_bytes",
                                         "arenatop_class_threads",
                                         "arenatop_process_allocated_bytes",
                                         "arenatop_process_jemalloc_resident_bytes",
                                         "arenatop_process_rss_bytes",
                                         "arenatop_process_limit_bytes",
                                         "arenatop_process_unexplained_bytes",
                                         "arenatop_process_start_time_seconds",
                                         "arenatop_agent_last_sample_duration_seconds"};
    static const char *const counters[] = {"arenatop_class_alloc_bytes",    "arenatop_class_free_bytes",
                                           "arenatop_class_released_bytes", "arenatop_class_threads_created",
                                           "arenatop_flow_bytes",           "arenatop_flow_frees",
                                           "arenatop_agent_cpu_seconds"};
    struct synth_options options;
    char line[256];

    synth_defaults(&options);
    char *text = write_metrics(&options, METRICS_OPENMETRICS);
    for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++) {
        snprintf(line, sizeof(line), "# TYPE %s gauge", gauges[i]);
        has_line(text, line);
        snprintf(line, sizeof(line), "\n%s{pid=\"4711\",comm=\"redis\"", gauges[i]);
        assert_non_null(strstr(text, line));
    }
    for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
        snprintf(line, sizeof(line), "# TYPE %s counter", counters[i]);
        has_line(text, line);
        snprintf(line, sizeof(line), "\n%s_total{pid=\"4711\",comm=\"redis\"", counters[i]);
        assert_non_null(strstr(text, line));
    }
    assert_string_equal(text + strlen(text) - 6, "# EOF\n");
    free(text);
}

static void figures_are_the_snapshot_s(void **state)
{
    (void)state;
    struct synth_options options;
    char line[256];

    synth_defaults(&options);
    options.unexplained_bytes = -512;
    char *text = write_metrics(&options, METRICS_OPENMETRICS);
    snprintf(line, sizeof(line), "arenatop_class_live_bytes{pid=\"4711\",comm=\"redis\",class=\"main\"} %llu",
             (unsigned long long)synth_live(&options, 1, 17));
    has_line(text, line);
    snprintf(line, sizeof(line),
             "arenatop_flow_bytes_total{pid=\"4711\",comm=\"redis\",owner=\"main\",freed_by=\"io_thd_*\"} %llu",
             (unsigned long long)synth_flow(&options, 1, 2, 17));
    has_line(text, line);
    has_line(text, "arenatop_process_unexplained_bytes{pid=\"4711\",comm=\"redis\"} -512");
    has_line(text, "arenatop_process_start_time_seconds{pid=\"4711\",comm=\"redis\"} 1790000000.500000000");
    has_line(text,
             "# HELP arenatop_process_start_time_seconds When the agent started in the process, since the epoch; what "
             "classes have counted started at 0 then, but in a forked child at what its parent had counted");
    has_line(text, "arenatop_agent_last_sample_duration_seconds{pid=\"4711\",comm=\"redis\"} 0.000210000");
    has_line(text, "# UNIT arenatop_class_live_bytes bytes");
    has_line(text, "# UNIT arenatop_agent_cpu_seconds seconds");
    has_no(text, "# UNIT arenatop_class_threads");
    has_line(text, "arenatop_up{pid=\"4711\",comm=\"redis\"} 1");
    free(text);
}

static void a_process_that_is_down_has_no_figures(void **state)
{
    (void)state;
    struct synth_options options;

    synth_defaults(&options);
    char *text = write_metrics(&options, METRICS_OPENMETRICS);
    has_line(text, "arenatop_up{pid=\"12\",comm=\"a\\\"b\\\\c\\\\n\"} 0");
    char *up = strstr(text, "arenatop_up{pid=\"12\"");
    has_no(strchr(up, '}'), "{pid=\"12\"");
    free(text);
}

static void prometheus_names_a_counter_by_its_sample(void **state)
{
    (void)state;
    struct synth_options options;

    synth_defaults(&options);
    char *text = write_metrics(&options, METRICS_PROMETHEUS);
    has_line(text, "# TYPE arenatop_class_alloc_bytes_total counter");
    has_no(text, "# TYPE arenatop_class_alloc_bytes counter");
    has_line(text, "# UNIT arenatop_class_alloc_bytes_total bytes");
    has_line(text, "# EOF");
    free(text);
}

/* Every line is a comment or NAME{LABELS} VALUE, of the family whose head stands above it, and no family comes twice. */
static void the_form_holds_for_any_names(void **state)
{
    (void)state;
    struct synth_options options;
    char family[128] = "", *rest = NULL;

    synth_defaults(&options);
    options.names = SYNTH_NAMES_WEIRD;
    options.classes = 13;
    char *text = write_metrics(&options, METRICS_OPENMETRICS);
    has_no(text, "\033");
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, "# HELP ", 7) == 0) {
            snprintf(family, sizeof(family), "%.*s", (int)strcspn(line + 7, " "), line + 7);
            continue;
        }
        if (line[0] == '#')
            continue;
        assert_int_equal(strncmp(line, family, strlen(family)), 0);
        const char *at = line + strcspn(line, "{");
        assert_int_equal(*at, '{');
        do {
            at += 1 + strcspn(at + 1, "=");
            assert_int_equal(strncmp(at, "=\"", 2), 0);
            for (at += 2; *at != '"'; at++)
                at += *at == '\\';
            at++;
        } while (*at == ',');
        assert_int_equal(strncmp(at, "} ", 2), 0);
        assert_int_equal(at[2 + strspn(at + 2, "-0123456789.")], '\0');
    }
    free(text);
}

/* Writes an exposition of one process whose snapshot a test has made up; the caller frees the text. */
static char *write_made_up(const struct snapshot *snapshot, pid_t pid, const struct metrics_service *service)
{
    struct source_about about = {.pid = pid, .comm = "liar"};
    struct metrics_process process = {&about, snapshot, true};
    struct metrics metrics = {.processes = &process, .count = 1, .service = service};
    char *text;
    size_t size;
    FILE *to = open_memstream(&text, &size);

    metrics_write(&metrics, METRICS_OPENMETRICS, to);
    fclose(to);
    return text;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    while ((text = strstr(text, part)) != NULL) {
        count++;
        text++;
    }
    return count;
}

static void names_that_look_the_same_stay_apart(void **state)
{
    (void)state;
    struct at_class classes[] = {{.name = "\033"}, {.name = "\\x1b"}, {.name = "\\x1b#3"}, {.name = "\\x1b"}};
    struct snapshot snapshot = {.classes = classes, .nclasses = 4};

    char *text = write_made_up(&snapshot, 1, NULL);
    has_line(text, "arenatop_class_threads{pid=\"1\",comm=\"liar\",class=\"\\\\x1b\"} 0");
    has_line(text, "arenatop_class_threads{pid=\"1\",comm=\"liar\",class=\"\\\\x1b#1\"} 0");
    has_line(text, "arenatop_class_threads{pid=\"1\",comm=\"liar\",class=\"\\\\x1b#3\"} 0");
    has_line(text, "arenatop_class_threads{pid=\"1\",comm=\"liar\",class=\"\\\\x1b#3#3\"} 0");
    free(text);
}

static void a_snapshot_that_lies_makes_no_more_samples_than_an_honest_one(void **state)
{
    (void)state;
    struct at_class classes[AT_CLASSES_MAX + 10] = {{.name = ""}};
    struct at_flow flows[] = {{.bytes = 1}, {.bytes = 2}, {.owner = AT_CLASSES_MAX, .bytes = 3}};
    struct snapshot snapshot = {.classes = classes, .nclasses = AT_CLASSES_MAX + 10, .flows = flows, .nflows = 3};

    char *text = write_made_up(&snapshot, 1, NULL);
    assert_int_equal(count_of(text, "\narenatop_class_live_bytes{"), AT_CLASSES_MAX);
    assert_int_equal(count_of(text, "class=\"#65\"} "), 14);
    assert_int_equal(count_of(text, "\narenatop_flow_bytes_total{"), 1);
    has_line(text, "arenatop_flow_bytes_total{pid=\"1\",comm=\"liar\",owner=\"\",freed_by=\"\"} 1");
    free(text);
}

static void a_server_speaks_of_itself(void **state)
{
    (void)state;
    struct metrics_service service = {
        .denied = 3, .records = 2, .newest_ns = 1700000000500000000, .collect_ns = 1500000};
    struct snapshot snapshot = {0};

    char *text = write_made_up(&snapshot, 1, &service);
    has_line(text, "# TYPE arenatop_serve_segments_denied gauge");
    has_line(text, "arenatop_serve_segments_denied 3");
    has_line(text, "arenatop_serve_records 2");
    has_line(text, "arenatop_serve_newest_record_time_seconds 1700000000.500000000");
    has_line(text, "# UNIT arenatop_serve_collect_duration_seconds seconds");
    has_line(text, "arenatop_serve_collect_duration_seconds 0.001500000");
    free(text);
    text = write_made_up(&snapshot, 1, NULL);
    has_no(text, "arenatop_serve");
    free(text);
}

static void no_pid_is_an_empty_label(void **state)
{
    (void)state;
    struct snapshot snapshot = {0};

    char *text = write_made_up(&snapshot, 0, NULL);
    has_line(text, "arenatop_up{pid=\"\",comm=\"liar\"} 1");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_look_the_same_stay_apart),
        cmocka_unit_test(a_snapshot_that_lies_makes_no_more_samples_than_an_honest_one),
        cmocka_unit_test(a_server_speaks_of_itself),
        cmocka_unit_test(no_pid_is_an_empty_label),
        cmocka_unit_test(names_are_the_contract_s),
        cmocka_unit_test(figures_are_the_snapshot_s),
        cmocka_unit_test(a_process_that_is_down_has_no_figures),
        cmocka_unit_test(prometheus_names_a_counter_by_its_sample),
        cmocka_unit_test(the_form_holds_for_any_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
