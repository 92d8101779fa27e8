/* side.c: one side of a comparison, from whatever it is in. */
#include "side.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fields.h"
#include "instant.h"
#include "quantity.h"
#include "source.h"
#include "text.h"

/* Sixty-four and a few is what an agent has: a file of a million is nobody's, and would take hours to compare. */
#define CLASSES_MAX 4096

/* A word taken apart. */
struct wanted {
    char target[PATH_MAX];
    const char *moment; /* behind the '@'; NULL: the newest */
    bool by_seq;
    uint64_t seq;
    uint64_t time_ns; /* once it is known */
};

static int take_apart(struct wanted *wanted, const char *word, struct failure *failure)
{
    const char *at = access(word, F_OK) == 0 ? NULL : strrchr(word, '@');
    size_t length = at != NULL ? (size_t)(at - word) : strlen(word);

    memset(wanted, 0, sizeof(*wanted));
    if (length >= sizeof(wanted->target))
        return fail_set_errno(failure, ENAMETOOLONG, word);
    memcpy(wanted->target, word, length);
    if (at == NULL)
        return 0;
    wanted->moment = at + 1;
    wanted->by_seq = quantity_count(at + 1, &wanted->seq) == 0;
    return 0;
}

/* Of a moment that is no number. */
static int moment_ns(const struct wanted *wanted, uint64_t newest_ns, uint64_t *time_ns, struct failure *failure)
{
    if (instant_parse(wanted->moment, newest_ns, time_ns) == 0)
        return 0;
    return fail_set(failure, EXIT_USAGE,
                    "%s@%s: neither a snapshot's number nor a time, as 19:32 or 2026-11-22T19:32:00", wanted->target,
                    wanted->moment);
}

static int fail_no_moment(const struct wanted *wanted, struct failure *failure)
{
    if (wanted->moment != NULL && !wanted->by_seq)
        return fail_set(failure, EXIT_FAILED, "%s: no snapshot as early as %s", wanted->target, wanted->moment);
    return fail_set(failure, EXIT_FAILED, "%s: no snapshot %s", wanted->target,
                    wanted->moment != NULL ? wanted->moment : "in it");
}

static int make_classes(struct side *side, size_t count, const char *name, struct failure *failure)
{
    side->nclasses = count;
    side->classes = calloc(count > 0 ? count : 1, sizeof(*side->classes));
    return side->classes != NULL ? 0 : fail_set_errno(failure, ENOMEM, name);
}

/* ---- from a source ---- */

static enum source_result find_moment(struct source *source, struct wanted *wanted, const struct source_span *span,
                                      uint64_t *place, struct failure *failure)
{
    struct snapshot newest = {0};

    *place = span->end - 1;
    if (span->first == span->end || wanted->moment == NULL)
        return span->first == span->end ? SOURCE_OVERWRITTEN : SOURCE_OK;
    if (wanted->by_seq)
        return source_find_seq(source, wanted->seq, place, failure);
    enum source_result result = source_read(source, *place, &newest, failure);
    if (result == SOURCE_OK && moment_ns(wanted, newest.head.time_ns, &wanted->time_ns, failure) < 0)
        result = SOURCE_FAILED;
    snapshot_free(&newest);
    return result == SOURCE_OK ? source_find_time(source, wanted->time_ns, place, failure) : result;
}

static int copy_snapshot(struct side *side, const struct source_about *about, const struct snapshot *snapshot,
                         struct failure *failure)
{
    if (make_classes(side, snapshot->nclasses, about->path, failure) < 0)
        return -1;
    side->pid = (long)about->pid;
    text_utf8(side->comm, sizeof(side->comm), about->comm);
    side->seq = snapshot->head.seq;
    side->time_ns = snapshot->head.time_ns;
    side->mono_ns = snapshot->head.mono_ns;
    side->began_ns = about->header.created_mono_ns;
    side->process = snapshot->process;
    for (size_t row = 0; row < snapshot->nclasses; row++) {
        text_utf8(side->classes[row].name, SIDE_NAME_BYTES, snapshot->classes[row].name);
        side->classes[row].figures = snapshot->classes[row];
    }
    return 0;
}

/* Where there is none as old as is wanted, the oldest is found: another span than the one asked for, and no answer. */
static bool is_too_late(const struct snapshot *snapshot, const struct wanted *wanted)
{
    return wanted->moment != NULL && !wanted->by_seq && snapshot->head.time_ns > wanted->time_ns;
}

static int read_source(struct side *side, struct source *source, struct wanted *wanted, struct failure *failure)
{
    struct source_span span;
    struct snapshot snapshot = {0};
    uint64_t place;

    if (source_update(source, &span, failure) < 0)
        return -1;
    enum source_result result = find_moment(source, wanted, &span, &place, failure);
    if (result == SOURCE_OK)
        result = source_read(source, place, &snapshot, failure);
    if (result == SOURCE_OK && is_too_late(&snapshot, wanted))
        result = SOURCE_OVERWRITTEN;
    if (result == SOURCE_OK && copy_snapshot(side, source_about(source), &snapshot, failure) < 0)
        result = SOURCE_FAILED;
    snapshot_free(&snapshot);
    if (result == SOURCE_OVERWRITTEN)
        fail_no_moment(wanted, failure);
    return result == SOURCE_OK ? 0 : -1;
}

static int load_target(struct side *side, struct wanted *wanted, struct failure *failure)
{
    struct source *source;

    if (source_open_word(&source, wanted->target, failure) < 0)
        return -1;
    int result = read_source(side, source, wanted, failure);
    if (result == 0)
        source_tell_cut_off(source);
    source_close(source);
    return result;
}

/* ---- from a JSON dump ---- */

/* One that nobody writes to is not waited for. */
static FILE *open_pipe(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    FILE *pipe = fd >= 0 && fcntl(fd, F_SETFL, 0) == 0 ? fdopen(fd, "r") : NULL;

    if (pipe == NULL && fd >= 0)
        close(fd);
    return pipe;
}

/* What comes through a pipe is kept: a time is looked for twice. */
static FILE *keep_pipe(const char *path)
{
    FILE *from = open_pipe(path), *kept = from != NULL ? tmpfile() : NULL;
    char bytes[4096];
    size_t count;

    while (kept != NULL && (count = fread(bytes, 1, sizeof(bytes), from)) > 0 &&
           fwrite(bytes, 1, count, kept) == count) {
    }
    bool is_whole = kept != NULL && !ferror(from) && !ferror(kept);
    if (from != NULL)
        fclose(from);
    if (is_whole) {
        rewind(kept);
        return kept;
    }
    if (kept != NULL)
        fclose(kept);
    return NULL;
}

/* Whether it is a file, or a pipe, that begins as an object. */
static FILE *open_json(const char *path)
{
    struct stat status;
    char first[2] = "";

    if (stat(path, &status) != 0 || !(S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode)))
        return NULL;
    FILE *file = S_ISFIFO(status.st_mode) ? keep_pipe(path) : fopen(path, "re");
    if (file != NULL && fscanf(file, " %1c", first) == 1 && first[0] == '{') {
        rewind(file);
        return file;
    }
    if (file != NULL)
        fclose(file);
    return NULL;
}

static uint64_t figure_of(const json_t *object, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

static void read_fields(void *row, enum field_table table, const json_t *object)
{
    size_t count;
    const struct field *fields = fields_of(table, &count);

    for (size_t i = 0; i < count; i++) {
        uint64_t value = figure_of(object, fields[i].key);
        memcpy((char *)row + fields[i].offset, &value, sizeof(value));
    }
}

static void copy_text(char *to, const json_t *value)
{
    const char *text = json_string_value(value);

    text_utf8(to, SIDE_NAME_BYTES, text != NULL ? text : "");
}

static int fail_no_dump(const struct wanted *wanted, struct failure *failure)
{
    return fail_set(failure, EXIT_FAILED, "%s: JSON, but no dump of arenatop", wanted->target);
}

static int check_schema(const json_t *object, const struct wanted *wanted, struct failure *failure)
{
    static const char ours[] = "arenatop/1", any[] = "arenatop/";
    const char *schema = json_string_value(json_object_get(object, "schema"));

    if (schema != NULL && strcmp(schema, ours) == 0)
        return 0;
    if (schema == NULL || strncmp(schema, any, strlen(any)) != 0)
        return fail_no_dump(wanted, failure);
    return fail_set(failure, EXIT_FAILED, "%s: a dump of another version, %s; this arenatop reads %s", wanted->target,
                    schema, ours);
}

/* Takes an object of the contract over. Figures that are not there are 0. */
static int copy_json(struct side *side, const json_t *object, const struct wanted *wanted, struct failure *failure)
{
    const json_t *classes = json_object_get(object, "classes");

    if (check_schema(object, wanted, failure) < 0)
        return -1;
    if (!json_is_array(classes))
        return fail_no_dump(wanted, failure);
    if (json_array_size(classes) > CLASSES_MAX)
        return fail_set(failure, EXIT_FAILED, "%s: %zu classes; a dump of arenatop has at most %d", wanted->target,
                        json_array_size(classes), CLASSES_MAX);
    side_free(side);
    if (make_classes(side, json_array_size(classes), wanted->target, failure) < 0)
        return -1;
    side->pid = (long)figure_of(object, "pid");
    copy_text(side->comm, json_object_get(object, "comm"));
    side->seq = figure_of(object, "seq");
    side->time_ns = figure_of(object, "time_ns");
    read_fields(&side->process, FIELDS_PROCESS, json_object_get(object, "process"));
    for (size_t row = 0; row < side->nclasses; row++) {
        const json_t *class = json_array_get(classes, row);
        copy_text(side->classes[row].name, json_object_get(class, "name"));
        read_fields(&side->classes[row].figures, FIELDS_CLASS, class);
        const char *mode = json_string_value(json_object_get(class, "mode"));
        if (mode != NULL && strcmp(mode, at_mode_word(AT_MODE_FLOW)) == 0)
            side->classes[row].figures.mode = AT_MODE_FLOW;
    }
    return 0;
}

/* Whether an object is a better answer than the one before: the last one, or the last one that is not too late. */
static bool is_wanted(const json_t *object, const struct wanted *wanted)
{
    if (wanted->moment == NULL)
        return true;
    return wanted->by_seq ? figure_of(object, "seq") == wanted->seq : figure_of(object, "time_ns") <= wanted->time_ns;
}

/* The next object of a file of objects. Returns 1 with *object, 0 at the end, -1 with *failure set. */
static int next_object(FILE *file, json_t **object, const struct wanted *wanted, struct failure *failure)
{
    json_error_t error;
    int next;

    do
        next = fgetc(file);
    while (next == ' ' || next == '\t' || next == '\r' || next == '\n');
    if (next == EOF)
        return ferror(file) ? fail_set_errno(failure, EIO, wanted->target) : 0;
    ungetc(next, file);
    *object = json_loadf(file, JSON_DISABLE_EOF_CHECK, &error);
    return *object != NULL ? 1 : fail_set(failure, EXIT_FAILED, "%s: damaged JSON: %s", wanted->target, error.text);
}

/* A time of day is one of the day of the newest snapshot, which only reading tells. */
static int find_time(FILE *file, struct wanted *wanted, struct failure *failure)
{
    json_t *object = NULL;
    uint64_t newest_ns = 0;
    int result;

    while ((result = next_object(file, &object, wanted, failure)) > 0) {
        newest_ns = figure_of(object, "time_ns");
        json_decref(object);
    }
    rewind(file);
    return result < 0 ? -1 : moment_ns(wanted, newest_ns, &wanted->time_ns, failure);
}

static int read_json(struct side *side, FILE *file, struct wanted *wanted, struct failure *failure)
{
    json_t *object = NULL;
    bool found = false;
    int result;

    if (wanted->moment != NULL && !wanted->by_seq && find_time(file, wanted, failure) < 0)
        return -1;
    while ((result = next_object(file, &object, wanted, failure)) > 0) {
        bool take = is_wanted(object, wanted);
        int copied = take ? copy_json(side, object, wanted, failure) : 0;
        found |= take;
        json_decref(object);
        if (copied < 0)
            return -1;
    }
    if (result < 0)
        return -1;
    return found ? 0 : fail_no_moment(wanted, failure);
}

int side_load(struct side *side, const char *word, struct failure *failure)
{
    struct wanted wanted;

    memset(side, 0, sizeof(*side));
    if (take_apart(&wanted, word, failure) < 0)
        return -1;
    FILE *file = open_json(wanted.target);
    if (file == NULL)
        return load_target(side, &wanted, failure);
    int result = read_json(side, file, &wanted, failure);
    fclose(file);
    return result;
}

void side_free(struct side *side)
{
    free(side->classes);
    memset(side, 0, sizeof(*side));
}
