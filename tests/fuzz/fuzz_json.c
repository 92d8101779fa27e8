/* fuzz_json.c: snapshots with names of any bytes and words changed, as JSON, CSV and metrics: each is what its format says,
 * no sample of metrics comes twice, and nothing that steers a terminal is in any of them.
 *
 * The first byte says how many changes there are, each of 16 bits of offset and 32 of value, to a sound snapshot; the rest
 * goes into names, one after the other. */
#include <stdio.h>

#include "csv.h"
#include "fields.h"
#include "fuzz_text.h"
#include "json.h"
#include "metrics.h"
#include "synth.h"

enum { SOUND_BYTES = 1 << 16, CHANGE_BYTES = 6, LINES_MAX = 1 << 16 };

static void take_name(char *name, size_t room, const uint8_t **data, size_t *size)
{
    size_t take = *size < room - 1 ? *size : room - 1;

    memset(name, 0, room);
    memcpy(name, *data, take);
    *data += take;
    *size -= take;
}

static void change_names(struct snapshot *snapshot, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < snapshot->nclasses && size > 0; i++)
        take_name(snapshot->classes[i].name, sizeof(snapshot->classes[i].name), &data, &size);
    for (size_t i = 0; i < snapshot->nthreads && size > 0; i++)
        take_name(snapshot->threads[i].name, sizeof(snapshot->threads[i].name), &data, &size);
    for (size_t i = 0; i < snapshot->nwarnings && size > 0; i++)
        take_name(snapshot->warnings[i], sizeof(snapshot->warnings[i]), &data, &size);
}

/* Lines of visible UTF-8, the last one ended. */
static void check_text(const char *text, size_t bytes)
{
    require(bytes > 0 && text[bytes - 1] == '\n' && strlen(text) == bytes);
    fuzz_require_visible(text, "\n");
}

static void check_json(const char *text, size_t bytes)
{
    json_t *object = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, NULL);

    require(object != NULL && strchr(text, '\n') == text + bytes - 1);
    require(strcmp(json_string_value(json_object_get(object, "schema")), "arenatop/1") == 0);
    require(json_array_size(json_object_get(object, "classes")) > 0);
    json_decref(object);
}

/* Takes one field of RFC 4180 off a line; returns what follows its comma or newline. */
static const char *skip_field(const char *at, bool *last)
{
    if (*at == '"') {
        for (at++; *at != '"' || at[1] == '"'; at++) {
            require(*at != '\0');
            at += *at == '"';
        }
        at++;
    } else {
        at += strcspn(at, ",\"\n");
    }
    require(*at == ',' || *at == '\n');
    *last = *at == '\n';
    return at + 1;
}

static void check_csv(const char *text, size_t lines)
{
    size_t wanted;

    fields_of(FIELDS_CLASS, &wanted);
    for (size_t line = 0; line < lines; line++) {
        size_t fields = 0;
        for (bool last = false; !last; fields++)
            text = skip_field(text, &last);
        require(fields == wanted + 6);
    }
    require(*text == '\0');
}

/* The end of a sample's name and labels, where its figure begins. */
static const char *skip_labels(const char *at)
{
    at += strspn(at, "abcdefghijklmnopqrstuvwxyz_");
    require(*at == '{');
    do {
        at++;
        at += strspn(at, "abcdefghijklmnopqrstuvwxyz_");
        require(at[0] == '=' && at[1] == '"');
        for (at += 2; *at != '"'; at++) {
            require(*at != '\0' && *at != '\n');
            if (*at == '\\') {
                at++;
                require(*at == '\\' || *at == '"' || *at == 'n');
            }
        }
        at++;
    } while (*at == ',');
    require(at[0] == '}' && at[1] == ' ');
    return at + 1;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Cuts the text into its samples, which it changes: each is said once. */
static void check_metrics(char *text)
{
    static char *samples[LINES_MAX];
    size_t count = 0;

    for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0';) {
        if (*line == '#')
            continue;
        char *figure = (char *)(uintptr_t)skip_labels(line);
        require(strspn(figure, " -.0123456789") == strlen(figure) && figure[1] != '\0');
        *figure = '\0';
        require(count < LINES_MAX);
        samples[count++] = line;
    }
    qsort(samples, count, sizeof(samples[0]), by_text);
    for (size_t i = 1; i < count; i++)
        require(strcmp(samples[i - 1], samples[i]) != 0);
}

static void write_and_check(const struct source_about *about, const struct snapshot *snapshot)
{
    const struct metrics_process process = {.about = about, .snapshot = snapshot, .up = true};
    const struct metrics metrics = {.processes = &process, .count = 1};

    for (int format = 0; format < 4; format++) {
        char *text = NULL;
        size_t bytes = 0;
        FILE *to = open_memstream(&text, &bytes);
        require(to != NULL);
        if (format == 0)
            require(json_write_line(json_of_snapshot(about, snapshot), to) == 0);
        else if (format == 1)
            csv_write_snapshot(about, snapshot, to);
        else
            metrics_write(&metrics, format == 2 ? METRICS_OPENMETRICS : METRICS_PROMETHEUS, to);
        require(fclose(to) == 0);
        check_text(text, bytes);
        if (format == 0)
            check_json(text, bytes);
        else if (format == 1)
            check_csv(text, snapshot->nclasses);
        else
            check_metrics(text);
        free(text);
    }
}

static size_t make_sound(uint8_t sound[SOUND_BYTES])
{
    struct synth_options options;

    synth_defaults(&options);
    options.warnings = 1;
    return synth_snapshot(&options, 7, AT_STATE_LIVE, sound, SOUND_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Alignas(8) uint8_t sound[SOUND_BYTES], changed[SOUND_BYTES];
    static size_t length;
    static struct snapshot snapshot;
    struct source_about about = {.pid = 4711};

    if (size < sizeof(about.comm))
        return 0;
    if (length == 0)
        length = make_sound(sound);
    memcpy(changed, sound, length);
    size_t changes = *data % 8u;
    data++, size--;
    for (; changes > 0 && size >= CHANGE_BYTES; changes--, data += CHANGE_BYTES, size -= CHANGE_BYTES)
        memcpy(changed + (size_t)(data[0] | data[1] << 8) % (length - 3), data + 2, 4);
    if (snapshot_decode(&snapshot, changed, length) != 0)
        return 0;
    take_name(about.comm, sizeof(about.comm), &data, &size);
    change_names(&snapshot, data, size);
    write_and_check(&about, &snapshot);
    return 0;
}
