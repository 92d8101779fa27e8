/* test_json.c: the JSON of the contract: its keys in its order, any bytes in names, any figure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "json.h"
#include "synth.h"
#include "text.h"

static _Alignas(8) unsigned char payload[1 << 18];

static const struct source_about about = {.pid = 4711, .comm = "redis-\xff\n", .path = "test"};

static void make(struct snapshot *snapshot, const struct synth_options *options, enum at_state state)
{
    size_t bytes = synth_snapshot(options, 17, state, payload, sizeof(payload));

    memset(snapshot, 0, sizeof(*snapshot));
    assert_true(bytes > 0);
    assert_int_equal(snapshot_decode(snapshot, payload, bytes), 0);
}

/* Every key of the contract is there, in the order it shows; others may stand between. */
static void has_keys(json_t *object, const char *const *keys)
{
    const char *key;
    json_t *value;
    size_t next = 0;

    assert_true(json_is_object(object));
    json_object_foreach(object, key, value) if (keys[next] != NULL && strcmp(key, keys[next]) == 0) next++;
    if (keys[next] != NULL)
        fail_msg("'%s' is not there, or not in its place", keys[next]);
}

#define KEYS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void keys_are_the_contract_s(void **state)
{
    (void)state;
    struct synth_options options;
    struct snapshot snapshot;

    synth_defaults(&options);
    make(&snapshot, &options, AT_STATE_LIVE);
    json_t *json = json_of_snapshot(&about, &snapshot);
    has_keys(json, KEYS("schema", "pid", "comm", "state", "seq", "time", "time_ns", "mono_ns", "agent", "process",
                        "classes", "flows", "arenas", "threads"));
    has_keys(json_object_get(json, "agent"),
             KEYS("version", "mode", "interval_ms", "jemalloc", "sample_ns", "look_ns", "cpu_ns", "warnings"));
    has_keys(json_object_get(json, "process"),
             KEYS("allocated", "active", "metadata", "resident", "mapped", "retained", "tcached", "internal",
                  "stranded", "unexplained", "rss", "limit", "narenas"));
    has_keys(json_array_get(json_object_get(json, "classes"), 1),
             KEYS("name", "mode", "threads", "threads_total", "arenas", "live", "cached", "allocated", "active",
                  "dirty", "muzzy", "resident", "mapped", "retained", "metadata", "peak_live", "alloc_bytes",
                  "free_bytes", "released_bytes", "nmalloc", "ndalloc"));
    has_keys(json_array_get(json_object_get(json, "flows"), 0), KEYS("owner", "freed_by", "bytes", "count"));
    has_keys(json_array_get(json_object_get(json, "arenas"), 0),
             KEYS("index", "class", "threads", "allocated", "active", "dirty", "muzzy", "resident", "mapped",
                  "retained", "metadata", "tcache_bytes", "nmalloc", "ndalloc"));
    has_keys(json_array_get(json_object_get(json, "threads"), 0),
             KEYS("tid", "name", "class", "alloc_bytes", "free_bytes"));
    json_decref(json);
    snapshot_free(&snapshot);
}

static json_int_t figure(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);

    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static const char *text(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);

    assert_true(json_is_string(value));
    return json_string_value(value);
}

static void figures_are_the_snapshot_s(void **state)
{
    (void)state;
    struct synth_options options;
    struct snapshot snapshot;

    synth_defaults(&options);
    options.unexplained_bytes = -512;
    options.warnings = 2;
    make(&snapshot, &options, AT_STATE_EXITED);
    json_t *json = json_of_snapshot(&about, &snapshot);
    assert_string_equal(text(json, "schema"), "arenatop/1");
    assert_string_equal(text(json, "state"), "exited");
    assert_int_equal(figure(json, "seq"), 17);
    assert_int_equal(figure(json, "pid"), 4711);
    assert_int_equal(figure(json, "time_ns"), 1790000017000000000);
    assert_string_equal(text(json, "time"), "2026-09-21T14:13:37.000000000Z");
    json_t *agent = json_object_get(json, "agent");
    assert_int_equal(figure(agent, "interval_ms"), 1000);
    assert_string_equal(text(agent, "mode"), "exact");
    assert_int_equal(json_array_size(json_object_get(agent, "warnings")), 2);
    assert_true(json_is_string(json_array_get(json_object_get(agent, "warnings"), 0)));
    assert_int_equal(figure(json_object_get(json, "process"), "unexplained"), -512);
    json_t *class = json_array_get(json_object_get(json, "classes"), 1);
    assert_string_equal(text(class, "name"), "main");
    assert_int_equal(figure(class, "live"), synth_live(&options, 1, 17));
    json_t *flow = json_array_get(json_object_get(json, "flows"), 0);
    assert_int_equal(figure(flow, "bytes"), snapshot.flows[0].bytes);
    assert_string_equal(text(flow, "owner"), snapshot.classes[snapshot.flows[0].owner].name);
    assert_string_equal(text(json_array_get(json_object_get(json, "threads"), 0), "class"),
                        snapshot.classes[snapshot.threads[0].class_row].name);
    json_decref(json);
    snapshot_free(&snapshot);
}

/* JSON allows U+009B and its like; a terminal that a dump is written to takes them for commands. */
static void assert_nothing_steers(const char *line)
{
    for (size_t taken; *line != '\n'; line += taken) {
        uint32_t character;
        taken = text_decode(line, strlen(line), &character);
        assert_true(taken > 0);
        assert_false(text_is_control(character));
    }
}

static void names_of_any_bytes_are_valid(void **state)
{
    (void)state;
    struct synth_options options;
    struct snapshot snapshot;
    char line[1 << 17];
    json_error_t error;

    synth_defaults(&options);
    options.names = SYNTH_NAMES_WEIRD;
    options.classes = 13;
    make(&snapshot, &options, AT_STATE_LIVE);
    FILE *to = fmemopen(line, sizeof(line), "w");
    assert_int_equal(json_write_line(json_of_snapshot(&about, &snapshot), to), 0);
    fclose(to);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    assert_nothing_steers(line);
    json_t *json = json_loads(line, 0, &error);
    assert_non_null(json);
    assert_string_equal(text(json, "comm"), "redis-\xEF\xBF\xBD\n");
    json_t *classes = json_object_get(json, "classes");
    for (size_t row = 0; row < snapshot.nclasses; row++) {
        /* What is UTF-8 already comes out as it went in. */
        json_t *raw = json_string(snapshot.classes[row].name);
        const char *name = text(json_array_get(classes, row), "name");
        if (raw != NULL)
            assert_string_equal(name, snapshot.classes[row].name);
        else
            assert_non_null(strstr(name, "\xEF\xBF\xBD"));
        json_decref(raw);
    }
    json_decref(json);
    snapshot_free(&snapshot);
}

static void figures_above_63_bits_are_clamped(void **state)
{
    (void)state;
    json_t *json = json_of_figure(UINT64_MAX);

    assert_int_equal(json_integer_value(json), INT64_MAX);
    json_decref(json);
    json = json_of_figure(INT64_MAX);
    assert_int_equal(json_integer_value(json), INT64_MAX);
    json_decref(json);
}

static void any_time_is_a_string(void **state)
{
    (void)state;
    static const struct {
        uint64_t ns;
        const char *text;
    } times[] = {{0, "1970-01-01T00:00:00.000000000Z"},
                 {1790000000123456789, "2026-09-21T14:13:20.123456789Z"},
                 {UINT64_MAX, "2554-07-21T23:34:33.709551615Z"}};

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        json_t *json = json_of_time(times[i].ns);
        assert_string_equal(json_string_value(json), times[i].text);
        json_decref(json);
    }
}

static void a_stream_that_fails_is_noticed(void **state)
{
    (void)state;
    FILE *full = fopen("/dev/full", "w");

    setvbuf(full, NULL, _IONBF, 0);
    assert_int_equal(json_write_line(json_string("x"), full), -1);
    fclose(full);
    assert_int_equal(json_write_line(NULL, stdout), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_the_contract_s),      cmocka_unit_test(figures_are_the_snapshot_s),
        cmocka_unit_test(names_of_any_bytes_are_valid), cmocka_unit_test(figures_above_63_bits_are_clamped),
        cmocka_unit_test(any_time_is_a_string),         cmocka_unit_test(a_stream_that_fails_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
