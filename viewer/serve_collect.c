/* serve_collect.c: from the processes that are there now to the text of their metrics. */
#include "serve_collect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "session.h"
#include "source.h"
#include "target.h"

/* One process on its way into the metrics. */
struct collected {
    struct source_about about;
    struct snapshot snapshot;
    bool up;
};

struct collection {
    const struct serve_wanted *wanted;
    struct collected *rows;
    size_t count;
    struct metrics_service service;
};

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* ---- rows ---- */

static bool is_wanted(const struct serve_wanted *wanted, const struct target *target)
{
    for (int i = 0; i < wanted->count; i++)
        if (target_is(target, wanted->words[i]))
            return true;
    return wanted->count == 0;
}

static bool is_collected(const struct collection *collection, pid_t pid, const char comm[16])
{
    for (size_t i = 0; i < collection->count; i++) {
        const struct source_about *about = &collection->rows[i].about;
        if (about->pid == pid && strncmp(about->comm, comm, sizeof(about->comm)) == 0)
            return true;
    }
    return false;
}

static struct collected *add_row(struct collection *collection, pid_t pid, const char comm[16])
{
    struct collected *row = &collection->rows[collection->count++];

    memset(row, 0, sizeof(*row));
    row->about.pid = pid;
    memcpy(row->about.comm, comm, sizeof(row->about.comm));
    return row;
}

enum reading { READ_UP, READ_DOWN, READ_ENDED };

/* The newest snapshot, without a look at the history. */
static enum reading read_process(const struct target *target, struct snapshot *snapshot)
{
    struct failure failure;
    struct source *source;

    /* One that ended since the list was made is no longer there; anything else is a process that cannot be read. */
    if (source_open(&source, target, &failure) < 0)
        return access(target->path, F_OK) == 0 ? READ_DOWN : READ_ENDED;
    enum source_result result = source_read_latest(source, snapshot, &failure);
    uint64_t beat_ns = source_about(source)->header.heartbeat_ns;
    source_close(source);
    if (result != SOURCE_OK)
        return READ_DOWN;
    if (snapshot->head.state == AT_STATE_EXITED)
        return READ_ENDED;
    return session_silence(beat_ns, snapshot->agent.interval_ns, clock_ns(CLOCK_MONOTONIC)) ? READ_DOWN : READ_UP;
}

/* False: it has ended, and has no row. */
static bool add_process(struct collection *collection, const struct target *target)
{
    struct snapshot snapshot = {0};
    enum reading reading = read_process(target, &snapshot);

    if (reading == READ_ENDED) {
        snapshot_free(&snapshot);
        return false;
    }
    struct collected *row = add_row(collection, target->pid, target->comm);
    row->about.header = target->header;
    row->snapshot = snapshot;
    row->up = reading == READ_UP;
    return true;
}

/* A process that ended by its own will left no record that anybody need look at; nor did one that became another program,
 * which may be about to publish. */
static bool is_crash(const struct target *target)
{
    return target->kind == TARGET_RECORD && target->header.state != AT_STATE_EXITED && !target->runs;
}

/* When a record's process gave its last sign of life, by the clock on the wall: the same at every look. What would be still
 * to come is a lie, or of before the clock was set, and would hide what comes after it: 0. */
static uint64_t last_life_ns(const struct at_header *header, uint64_t now_ns)
{
    uint64_t began_ns = header->created_time_ns;
    uint64_t lived_ns =
        header->heartbeat_ns > header->created_mono_ns ? header->heartbeat_ns - header->created_mono_ns : 0;

    return began_ns <= now_ns && lived_ns <= now_ns - began_ns ? began_ns + lived_ns : 0;
}

static void add_record(struct metrics_service *service, const struct target *target)
{
    uint64_t life_ns = last_life_ns(&target->header, clock_ns(CLOCK_REALTIME));

    service->records++;
    service->newest_ns = life_ns > service->newest_ns ? life_ns : service->newest_ns;
}

static int compare_labels(const struct target *one, const struct target *other)
{
    if (one->pid != other->pid)
        return one->pid < other->pid ? -1 : 1;
    return strncmp(one->comm, other->comm, sizeof(one->comm));
}

/* Those with the same labels side by side, in the list's order. */
static int by_labels(const void *a, const void *b)
{
    const struct target *one = *(const struct target *const *)a, *other = *(const struct target *const *)b;
    int order = compare_labels(one, other);

    return order != 0 ? order : (one > other) - (one < other);
}

/* Two may have the same labels: processes whose pids cannot be seen from here. Anybody can lay in thousands of them. */
static void add_processes(struct collection *collection, const struct target **targets, size_t count)
{
    const struct target *last = NULL;

    qsort(targets, count, sizeof(*targets), by_labels);
    for (size_t i = 0; i < count; i++)
        if ((last == NULL || compare_labels(last, targets[i]) != 0) && add_process(collection, targets[i]))
            last = targets[i];
}

/* `processes` has room for all of the list. */
static void add_targets(struct collection *collection, const struct target_list *list, const struct target **processes)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        const struct target *target = &list->rows[i];
        if (!is_wanted(collection->wanted, target))
            continue;
        if (is_crash(target))
            add_record(&collection->service, target);
        if (target->kind == TARGET_PROCESS)
            processes[count++] = target;
    }
    add_processes(collection, processes, count);
}

static bool has_answer(const struct target_list *list, const char *word)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->rows[i].kind == TARGET_PROCESS && target_is(&list->rows[i], word))
            return true;
    return false;
}

/* The name of the last process with this pid that left a record behind: its series goes on under the labels that it had. */
static void name_of_record(const struct target_list *list, const char *pid, char comm[16])
{
    uint64_t now_ns = clock_ns(CLOCK_REALTIME), newest_ns = 0;

    for (size_t i = 0; i < list->count; i++) {
        const struct target *target = &list->rows[i];
        uint64_t life_ns = last_life_ns(&target->header, now_ns);
        if (!target_is(target, pid) || !is_crash(target) || life_ns < newest_ns)
            continue;
        newest_ns = life_ns;
        memcpy(comm, target->comm, sizeof(target->comm));
    }
}

static void add_missing(struct collection *collection, const struct target_list *list)
{
    for (int i = 0; i < collection->wanted->count; i++) {
        const char *word = collection->wanted->words[i];
        bool is_pid = word[strspn(word, "0123456789")] == '\0';
        pid_t pid = is_pid ? (pid_t)strtol(word, NULL, 10) : 0;
        char comm[16] = "";
        if (is_pid)
            name_of_record(list, word, comm);
        else
            memccpy(comm, word, '\0', sizeof(comm) - 1);
        if (!has_answer(list, word) && !is_collected(collection, pid, comm))
            add_row(collection, pid, comm);
    }
}

/* ---- all of them ---- */

static int collect(struct collection *collection, struct failure *failure)
{
    uint64_t started_ns = clock_ns(CLOCK_MONOTONIC);
    struct target_list list;

    if (target_list(&list, failure) < 0)
        return -1;
    collection->service.denied = list.denied;
    const struct target **processes = calloc(list.count + 1, sizeof(const struct target *));
    collection->rows = calloc(list.count + (size_t)collection->wanted->count + 1, sizeof(*collection->rows));
    bool has_room = processes != NULL && collection->rows != NULL;
    if (has_room) {
        add_targets(collection, &list, processes);
        add_missing(collection, &list);
    }
    free(processes);
    target_list_free(&list);
    if (!has_room)
        return fail_set_errno(failure, ENOMEM, "serve");
    collection->service.collect_ns = clock_ns(CLOCK_MONOTONIC) - started_ns;
    return 0;
}

static void release(struct collection *collection)
{
    for (size_t i = 0; i < collection->count; i++)
        snapshot_free(&collection->rows[i].snapshot);
    free(collection->rows);
}

static int write_text(const struct collection *collection, enum metrics_format format, struct serve_text *text)
{
    struct metrics_process *processes = calloc(collection->count + 1, sizeof(*processes));
    const struct metrics metrics = {
        .processes = processes, .count = collection->count, .service = &collection->service};
    FILE *to = processes != NULL ? open_memstream(&text->text, &text->bytes) : NULL;

    if (to == NULL) {
        free(processes);
        return -1;
    }
    for (size_t i = 0; i < collection->count; i++) {
        const struct collected *row = &collection->rows[i];
        processes[i] = (struct metrics_process){&row->about, &row->snapshot, row->up};
    }
    metrics_write(&metrics, format, to);
    free(processes);
    int failed = ferror(to);
    if (fclose(to) == 0 && !failed)
        return 0;
    free(text->text);
    return -1;
}

int serve_collect(const struct serve_wanted *wanted, enum metrics_format format, struct serve_text *text,
                  struct failure *failure)
{
    struct collection collection = {.wanted = wanted};

    memset(text, 0, sizeof(*text));
    int result = collect(&collection, failure);
    if (result == 0 && write_text(&collection, format, text) < 0)
        result = fail_set_errno(failure, ENOMEM, "serve");
    release(&collection);
    return result;
}
