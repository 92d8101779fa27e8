/* json.c: snapshots as the JSON of the contract. */
#include "json.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "format.h"
#include "text.h"

/* ---- values ---- */

json_t *json_of_text(const char *text)
{
    size_t size = strlen(text) * 3 + 1; /* U+FFFD takes three bytes */
    char *valid = malloc(size);

    if (valid == NULL)
        return NULL;
    json_t *value = json_stringn(valid, text_utf8(valid, size, text));
    free(valid);
    return value;
}

json_t *json_of_figure(uint64_t figure)
{
    return json_integer(figure > INT64_MAX ? INT64_MAX : (json_int_t)figure);
}

json_t *json_of_time(uint64_t time_ns)
{
    char text[FORMAT_BYTES];

    return json_string(format_time(text, time_ns));
}

static void add_fields(json_t *object, enum field_table table, const void *row)
{
    size_t count;
    const struct field *fields = fields_of(table, &count);

    for (size_t i = 0; i < count; i++) {
        uint64_t value = field_value(&fields[i], row);
        json_t *number = fields[i].kind == FIELD_BALANCE ? json_integer((json_int_t)value) : json_of_figure(value);
        json_object_set_new(object, fields[i].key, number);
    }
}

/* ---- the parts ---- */

/* As published: a row that refers to a class always refers to one that is there. */
static json_t *class_name(const struct snapshot *snapshot, uint32_t row)
{
    return json_of_text(snapshot->classes[row].name);
}

static json_t *of_agent(const struct source_about *about, const struct snapshot *snapshot)
{
    json_t *object = json_object();
    json_t *warnings = json_array();

    json_object_set_new(object, "version", json_of_text(about->header.agent_version));
    json_object_set_new(object, "mode", json_string(at_mode_word(snapshot->head.mode)));
    json_object_set_new(object, "why", json_string(at_reason_text(snapshot->head.reason)));
    json_object_set_new(object, "interval_ms", json_of_figure(snapshot->agent.interval_ns / 1000000));
    json_object_set_new(object, "jemalloc", json_of_text(about->header.jemalloc_version));
    add_fields(object, FIELDS_AGENT, &snapshot->agent);
    for (size_t i = 0; i < snapshot->nwarnings; i++)
        json_array_append_new(warnings, json_of_text(snapshot->warnings[i]));
    json_object_set_new(object, "warnings", warnings);
    return object;
}

static json_t *of_process(const struct snapshot *snapshot)
{
    json_t *object = json_object();

    add_fields(object, FIELDS_PROCESS, &snapshot->process);
    return object;
}

static json_t *of_class(const struct snapshot *snapshot, size_t row)
{
    const struct at_class *class = &snapshot->classes[row];
    json_t *object = json_object();

    json_object_set_new(object, "name", json_of_text(class->name));
    json_object_set_new(object, "mode", json_string(at_mode_word(class->mode)));
    json_object_set_new(object, "why", json_string(at_reason_text(class->reason)));
    add_fields(object, FIELDS_CLASS, class);
    return object;
}

static json_t *of_flow(const struct snapshot *snapshot, size_t row)
{
    const struct at_flow *flow = &snapshot->flows[row];
    json_t *object = json_object();

    json_object_set_new(object, "owner", class_name(snapshot, flow->owner));
    json_object_set_new(object, "freed_by", class_name(snapshot, flow->freed_by));
    add_fields(object, FIELDS_FLOW, flow);
    return object;
}

static json_t *of_arena(const struct snapshot *snapshot, size_t row)
{
    const struct at_arena *arena = &snapshot->arenas[row];
    json_t *object = json_object();

    json_object_set_new(object, "index", json_integer(arena->index));
    json_object_set_new(object, "class", class_name(snapshot, arena->class_row));
    add_fields(object, FIELDS_ARENA, arena);
    return object;
}

static json_t *of_thread(const struct snapshot *snapshot, size_t row)
{
    const struct at_thread *thread = &snapshot->threads[row];
    json_t *object = json_object();

    json_object_set_new(object, "tid", json_integer(thread->tid));
    json_object_set_new(object, "name", json_of_text(thread->name));
    json_object_set_new(object, "class", class_name(snapshot, thread->class_row));
    add_fields(object, FIELDS_THREAD, thread);
    return object;
}

static json_t *of_size(const struct snapshot *snapshot, size_t row)
{
    const struct at_size *size = &snapshot->sizes[row];
    json_t *object = json_object();

    json_object_set_new(object, "arena", json_integer(size->arena));
    json_object_set_new(object, "kind", json_string(size->kind == AT_SIZE_BIN ? "bin" : "large"));
    add_fields(object, FIELDS_SIZE, size);
    return object;
}

static json_t *of_rows(const struct snapshot *snapshot, size_t count,
                       json_t *(*of_row)(const struct snapshot *snapshot, size_t row))
{
    json_t *array = json_array();

    for (size_t row = 0; row < count; row++)
        json_array_append_new(array, of_row(snapshot, row));
    return array;
}

/* ---- the whole ---- */

json_t *json_of_snapshot(const struct source_about *about, const struct snapshot *snapshot)
{
    const struct at_snapshot *head = &snapshot->head;
    json_t *object = json_object();

    json_object_set_new(object, "schema", json_string("arenatop/1"));
    json_object_set_new(object, "pid", json_integer(about->pid));
    json_object_set_new(object, "comm", json_of_text(about->comm));
    json_object_set_new(object, "state", json_string(head->state == AT_STATE_EXITED ? "exited" : "live"));
    json_object_set_new(object, "seq", json_of_figure(head->seq));
    json_object_set_new(object, "time", json_of_time(head->time_ns));
    json_object_set_new(object, "time_ns", json_of_figure(head->time_ns));
    json_object_set_new(object, "mono_ns", json_of_figure(head->mono_ns));
    json_object_set_new(object, "agent", of_agent(about, snapshot));
    json_object_set_new(object, "process", of_process(snapshot));
    json_object_set_new(object, "classes", of_rows(snapshot, snapshot->nclasses, of_class));
    json_object_set_new(object, "flows", of_rows(snapshot, snapshot->nflows, of_flow));
    json_object_set_new(object, "arenas", of_rows(snapshot, snapshot->narenas, of_arena));
    json_object_set_new(object, "threads", of_rows(snapshot, snapshot->nthreads, of_thread));
    if (snapshot->nsizes > 0)
        json_object_set_new(object, "sizes", of_rows(snapshot, snapshot->nsizes, of_size));
    return object;
}

/* The writer escapes what JSON forbids, which leaves characters that steer a terminal. */
static bool is_visible(const char *text)
{
    size_t bytes = strlen(text);

    while (bytes > 0) {
        uint32_t character;
        size_t taken = text_decode(text, bytes, &character);
        if (taken == 0 || text_is_control(character))
            return false;
        text += taken;
        bytes -= taken;
    }
    return true;
}

/* Everything but ASCII escaped, and the one ASCII character that jansson leaves. */
static bool write_escaped(const json_t *value, FILE *to)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII);
    bool written = text != NULL;

    for (const char *at = text; written && *at != '\0'; at++)
        written = (*at == '\x7f' ? fputs("\\u007f", to) : fputc(*at, to)) != EOF;
    free(text);
    return written;
}

int json_write_line(json_t *value, FILE *to)
{
    char *text = json_dumps(value, JSON_COMPACT);
    bool written = text != NULL && (is_visible(text) ? fputs(text, to) != EOF : write_escaped(value, to));

    written = written && fputc('\n', to) != EOF;
    free(text);
    json_decref(value);
    return written ? 0 : -1;
}
