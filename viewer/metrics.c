/* metrics.c: snapshots as metrics.
 *
 * A family is a row: where its figures are and what they are called. Families stand outside and processes inside, because
 * all samples of a family must stand together. */
#include "metrics.h"

#include <inttypes.h>
#include <string.h>

#include "fields.h"
#include "text.h"

/* A row's number as a suffix or a pid, and a class's name with such suffixes. */
enum { ROW_BYTES = 16, LABEL_BYTES = TEXT_NAME_BYTES + 4 * ROW_BYTES };

/* What there is a sample for: each process, or each row of its snapshot. */
enum subject { EACH_PROCESS, EACH_CLASS, EACH_FLOW };

struct family {
    const char *name; /* without _total */
    enum subject subject;
    enum field_table table;
    const char *key;  /* the field that gives figure, kind, unit and help; NULL: `figure` does */
    const char *help; /* instead of the field's */
    const char *unit;
    uint64_t (*figure)(const struct metrics_process *process); /* nanoseconds where the unit is seconds */
};

static uint64_t is_up(const struct metrics_process *process)
{
    return process->up;
}

static uint64_t start_time_ns(const struct metrics_process *process)
{
    return process->about->header.created_time_ns;
}

#define CLASS(name, key)                                      \
    {                                                         \
        name, EACH_CLASS, FIELDS_CLASS, key, NULL, NULL, NULL \
    }
#define FLOW(name, key)                                     \
    {                                                       \
        name, EACH_FLOW, FIELDS_FLOW, key, NULL, NULL, NULL \
    }
#define PROCESS(name, key)                                        \
    {                                                             \
        name, EACH_PROCESS, FIELDS_PROCESS, key, NULL, NULL, NULL \
    }
#define AGENT(name, key)                                        \
    {                                                           \
        name, EACH_PROCESS, FIELDS_AGENT, key, NULL, NULL, NULL \
    }

static const struct family families[] = {
    {"arenatop_up", EACH_PROCESS, FIELDS_PROCESS, NULL,
     "Whether the process runs and its agent publishes; figures of one that does not are left out", NULL, is_up},
    {"arenatop_process_start_time_seconds", EACH_PROCESS, FIELDS_PROCESS, NULL,
     "When the agent started in the process, since the epoch; what classes have counted started at 0 then, but in a "
     "forked "
     "child at what its parent had counted",
     "seconds", start_time_ns},
    PROCESS("arenatop_process_allocated_bytes", "allocated"),
    PROCESS("arenatop_process_jemalloc_resident_bytes", "resident"),
    PROCESS("arenatop_process_rss_bytes", "rss"),
    PROCESS("arenatop_process_limit_bytes", "limit"),
    PROCESS("arenatop_process_unexplained_bytes", "unexplained"),
    CLASS("arenatop_class_live_bytes", "live"),
    CLASS("arenatop_class_cached_bytes", "cached"),
    CLASS("arenatop_class_allocated_bytes", "allocated"),
    CLASS("arenatop_class_active_bytes", "active"),
    CLASS("arenatop_class_dirty_bytes", "dirty"),
    CLASS("arenatop_class_muzzy_bytes", "muzzy"),
    CLASS("arenatop_class_resident_bytes", "resident"),
    CLASS("arenatop_class_retained_bytes", "retained"),
    CLASS("arenatop_class_peak_live_bytes", "peak_live"),
    CLASS("arenatop_class_threads", "threads"),
    CLASS("arenatop_class_alloc_bytes", "alloc_bytes"),
    CLASS("arenatop_class_free_bytes", "free_bytes"),
    CLASS("arenatop_class_released_bytes", "released_bytes"),
    CLASS("arenatop_class_threads_created", "threads_total"),
    FLOW("arenatop_flow_bytes", "bytes"),
    FLOW("arenatop_flow_frees", "count"),
    AGENT("arenatop_agent_last_sample_duration_seconds", "sample_ns"),
    AGENT("arenatop_agent_cpu_seconds", "cpu_ns"),
};

/* Families of a server itself: one sample each, without labels. */
static const struct service_family {
    struct family family;
    size_t offset; /* of the figure in struct metrics_service */
} service_families[] = {
    {{"arenatop_serve_segments_denied", EACH_PROCESS, FIELDS_PROCESS, NULL,
      "Segments of processes that the server may not read; none of their figures is here", NULL, NULL},
     offsetof(struct metrics_service, denied)},
    {{"arenatop_serve_records", EACH_PROCESS, FIELDS_PROCESS, NULL,
      "Records that killed or crashed processes left: arenatop shows them, arenatop gc removes them", NULL, NULL},
     offsetof(struct metrics_service, records)},
    {{"arenatop_serve_newest_record_time_seconds", EACH_PROCESS, FIELDS_PROCESS, NULL,
      "When the process that died last gave its last sign of life, since the epoch, by these records; 0 when there are "
      "none. Old records go when new ones come: their number alone does not tell of a death",
      "seconds", NULL},
     offsetof(struct metrics_service, newest_ns)},
    {{"arenatop_serve_collect_duration_seconds", EACH_PROCESS, FIELDS_PROCESS, NULL,
      "Time that the server took to find and read all processes for this answer", "seconds", NULL},
     offsetof(struct metrics_service, collect_ns)},
};

/* A family with its field looked up, on its way to a stream. */
struct writing {
    const struct family *family;
    const struct field *field;
    bool counter, seconds;
    enum metrics_format format;
    FILE *to;
};

/* ---- pieces ---- */

static void write_escaped(const char *text, FILE *to)
{
    for (; *text != '\0'; text++) {
        if (*text == '\\' || *text == '"')
            fputc('\\', to);
        fputc(*text, to);
    }
}

static void write_label(const char *name, const char *visible, FILE *to)
{
    fprintf(to, ",%s=\"", name);
    write_escaped(visible, to);
    fputc('"', to);
}

/* The labels of a snapshot's classes. */
struct labels {
    char text[AT_CLASSES_MAX][LABEL_BYTES];
    size_t count;
};

static bool is_taken(const struct labels *labels, size_t row)
{
    for (size_t earlier = 0; earlier < row; earlier++)
        if (strcmp(labels->text[earlier], labels->text[row]) == 0)
            return true;
    return false;
}

/* Two names may look the same once they are made visible, and a snapshot may lie: the later one then bears its row. */
static void label_classes(struct labels *labels, const struct snapshot *snapshot)
{
    labels->count = snapshot->nclasses < AT_CLASSES_MAX ? snapshot->nclasses : AT_CLASSES_MAX;
    for (size_t row = 0; row < labels->count; row++) {
        char *label = labels->text[row];
        size_t used = text_visible(label, TEXT_NAME_BYTES, snapshot->classes[row].name);
        while (is_taken(labels, row) && used < LABEL_BYTES - ROW_BYTES)
            used += (size_t)snprintf(label + used, ROW_BYTES, "#%zu", row);
    }
}

static void write_figure(const struct writing *writing, uint64_t figure)
{
    if (writing->seconds)
        fprintf(writing->to, " %" PRIu64 ".%09" PRIu64 "\n", figure / 1000000000, figure % 1000000000);
    else if (writing->field != NULL && writing->field->kind == FIELD_BALANCE)
        fprintf(writing->to, " %" PRId64 "\n", (int64_t)figure);
    else
        fprintf(writing->to, " %" PRIu64 "\n", figure);
}

static void open_sample(const struct writing *writing, const struct metrics_process *process)
{
    char comm[TEXT_NAME_BYTES], pid[ROW_BYTES] = "";

    text_visible(comm, sizeof(comm), process->about->comm);
    if (process->about->pid != 0)
        snprintf(pid, sizeof(pid), "%d", (int)process->about->pid);
    fprintf(writing->to, "%s%s{pid=\"%s\"", writing->family->name, writing->counter ? "_total" : "", pid);
    write_label("comm", comm, writing->to);
}

static void close_sample(const struct writing *writing, uint64_t figure)
{
    fputc('}', writing->to);
    write_figure(writing, figure);
}

/* ---- samples ---- */

static const void *process_row(const struct writing *writing, const struct snapshot *snapshot)
{
    return writing->family->table == FIELDS_AGENT ? (const void *)&snapshot->agent : &snapshot->process;
}

static void write_process(const struct writing *writing, const struct metrics_process *process)
{
    open_sample(writing, process);
    if (writing->field != NULL)
        close_sample(writing, field_value(writing->field, process_row(writing, process->snapshot)));
    else
        close_sample(writing, writing->family->figure(process));
}

static void write_classes(const struct writing *writing, const struct metrics_process *process)
{
    struct labels labels;

    label_classes(&labels, process->snapshot);
    for (size_t row = 0; row < labels.count; row++) {
        open_sample(writing, process);
        write_label("class", labels.text[row], writing->to);
        close_sample(writing, field_value(writing->field, &process->snapshot->classes[row]));
    }
}

static void write_flows(const struct writing *writing, const struct metrics_process *process)
{
    const struct snapshot *snapshot = process->snapshot;
    bool written[AT_CLASSES_MAX][AT_CLASSES_MAX] = {{false}};
    struct labels labels;

    label_classes(&labels, snapshot);
    for (size_t row = 0; row < snapshot->nflows; row++) {
        const struct at_flow *flow = &snapshot->flows[row];
        if (flow->owner >= labels.count || flow->freed_by >= labels.count || written[flow->owner][flow->freed_by])
            continue;
        written[flow->owner][flow->freed_by] = true;
        open_sample(writing, process);
        write_label("owner", labels.text[flow->owner], writing->to);
        write_label("freed_by", labels.text[flow->freed_by], writing->to);
        close_sample(writing, field_value(writing->field, flow));
    }
}

static void write_samples(const struct writing *writing, const struct metrics_process *process)
{
    static void (*const writers[])(const struct writing *, const struct metrics_process *) = {
        [EACH_PROCESS] = write_process, [EACH_CLASS] = write_classes, [EACH_FLOW] = write_flows};
    bool silent = process->snapshot == NULL || !process->up;

    if (!silent || writing->family->figure == is_up)
        writers[writing->family->subject](writing, process);
}

/* ---- families ---- */

static const char *unit_of(const struct writing *writing)
{
    static const char *const units[] = {[FIELD_BYTES] = "bytes", [FIELD_COUNT] = NULL, [FIELD_NS] = "seconds"};

    return writing->field != NULL ? units[writing->field->unit] : writing->family->unit;
}

/* A family has a text of its own, or is its field's. */
static const char *help_of(const struct writing *writing)
{
    const char *own = writing->family->help;

    return own != NULL || writing->field == NULL ? own : writing->field->help;
}

/* In Prometheus' format a counter's family has the name of its sample. */
static void write_head(const struct writing *writing)
{
    const char *suffix = writing->counter && writing->format == METRICS_PROMETHEUS ? "_total" : "";
    const char *name = writing->family->name;
    const char *unit = unit_of(writing);

    fprintf(writing->to, "# HELP %s%s %s\n", name, suffix, help_of(writing));
    fprintf(writing->to, "# TYPE %s%s %s\n", name, suffix, writing->counter ? "counter" : "gauge");
    if (unit != NULL)
        fprintf(writing->to, "# UNIT %s%s %s\n", name, suffix, unit);
}

/* Looks a family's field up and writes its head. */
static struct writing open_family(const struct family *family, enum metrics_format format, FILE *to)
{
    struct writing writing = {.family = family, .format = format, .to = to};
    const char *unit;

    if (family->key != NULL)
        writing.field = fields_find(family->table, family->key);
    unit = unit_of(&writing);
    writing.counter = writing.field != NULL && writing.field->kind == FIELD_COUNTER;
    writing.seconds = unit != NULL && strcmp(unit, "seconds") == 0;
    write_head(&writing);
    return writing;
}

static void write_service(const struct metrics_service *service, enum metrics_format format, FILE *to)
{
    for (size_t i = 0; i < sizeof(service_families) / sizeof(service_families[0]); i++) {
        const struct writing writing = open_family(&service_families[i].family, format, to);
        uint64_t figure;
        memcpy(&figure, (const char *)service + service_families[i].offset, sizeof(figure));
        fputs(writing.family->name, to);
        write_figure(&writing, figure);
    }
}

void metrics_write(const struct metrics *metrics, enum metrics_format format, FILE *to)
{
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        const struct writing writing = open_family(&families[i], format, to);
        for (size_t p = 0; p < metrics->count; p++)
            write_samples(&writing, &metrics->processes[p]);
    }
    if (metrics->service != NULL)
        write_service(metrics->service, format, to);
    fputs("# EOF\n", to);
}
