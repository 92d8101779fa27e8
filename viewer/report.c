/* report.c: what a report says of a span of snapshots. */
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int report_init(struct report *report, uint64_t places)
{
    memset(report, 0, sizeof(*report));
    model_init(&report->model);
    return series_init(&report->series, places);
}

void report_free(struct report *report)
{
    free(report->classes);
    free(report->flows.cells);
    snapshot_free(&report->previous);
    series_free(&report->series);
    model_free(&report->model);
}

/* ---- one after the other ---- */

static void note_gap(struct report *report, const struct at_snapshot *from, const struct at_snapshot *to)
{
    if (to->seq <= from->seq || to->seq - from->seq == 1)
        return;
    report->lost += to->seq - from->seq - 1;
    if (report->ngaps == REPORT_GAPS) {
        report->gaps_left_out++;
        return;
    }
    report->gaps[report->ngaps++] =
        (struct report_gap){from->time_ns, to->time_ns, from->mono_ns, to->mono_ns, to->seq - from->seq - 1};
}

static void raise_high(struct report_high *high, uint64_t bytes, uint64_t time_ns)
{
    if (high->time_ns == 0 || bytes > high->bytes)
        *high = (struct report_high){bytes, time_ns};
}

/* `beside`: the snapshot before, of the first the one after it; NULL: it is the only one. */
static void note_books(struct report *report, const struct snapshot *snapshot, const struct snapshot *beside)
{
    uint64_t off = model_books_off(&snapshot->process, beside != NULL ? &beside->process : NULL);

    if (snapshot->head.mode != AT_MODE_EXACT) {
        report->estimates++;
    } else if (off > 0) {
        report->books_off++;
        report->worst_off = off > report->worst_off ? off : report->worst_off;
    }
}

static void note_warning(struct report *report, const char *warning)
{
    for (size_t i = 0; i < report->nwarnings; i++)
        if (strcmp(report->warnings[i], warning) == 0)
            return;
    if (report->nwarnings == REPORT_WARNINGS)
        report->warnings_left_out++;
    else
        memcpy(report->warnings[report->nwarnings++], warning, AT_WARNING_BYTES);
}

int report_add(struct report *report, uint64_t place, struct snapshot *snapshot)
{
    const struct snapshot newest = *snapshot;

    if (report->count == 0 && model_set(&report->model.baseline, place, snapshot) != 0)
        return -ENOMEM;
    if (report->count > 0)
        note_gap(report, &report->previous.head, &newest.head);
    series_add(&report->series, place, &newest);
    raise_high(&report->live, report->series.last.live, newest.head.time_ns);
    raise_high(&report->rss, newest.process.rss, newest.head.time_ns);
    if (report->count == 1)
        note_books(report, &report->previous, &newest);
    if (report->count > 0)
        note_books(report, &newest, &report->previous);
    for (size_t i = 0; i < newest.nwarnings; i++)
        note_warning(report, newest.warnings[i]);
    *snapshot = report->previous;
    report->previous = newest;
    report->count++;
    return 0;
}

/* ---- what came of it ---- */

static uint64_t gain(uint64_t before, uint64_t after)
{
    return after > before ? after - before : 0;
}

static const struct at_class *class_then(const struct model_row *row)
{
    static const struct at_class nothing;
    const struct class_figures *then = row->baseline;

    return then != NULL ? &then->raw : &nothing;
}

static struct figure class_growth(const struct model_row *row)
{
    const struct class_figures *now = row->now;

    return figure_difference(now->raw.live, class_then(row)->live);
}

static int most_grown_first(const struct model *model, const struct model_row *a, const struct model_row *b,
                            const void *context)
{
    const struct class_figures *one = a->now, *other = b->now;
    int order = figure_compare(class_growth(b), class_growth(a));

    (void)model;
    (void)context;
    return order != 0 ? order : (one->raw.live < other->raw.live) - (one->raw.live > other->raw.live);
}

uint64_t report_thread_allocated(const struct model_row *thread)
{
    const struct at_thread *now = thread->now, *then = thread->baseline;

    return gain(then != NULL ? then->alloc_bytes : 0, now->alloc_bytes);
}

uint64_t report_thread_freed(const struct model_row *thread)
{
    const struct at_thread *now = thread->now, *then = thread->baseline;

    return gain(then != NULL ? then->free_bytes : 0, now->free_bytes);
}

static int most_allocated_first(const struct model *model, const struct model_row *a, const struct model_row *b,
                                const void *context)
{
    uint64_t one = report_thread_allocated(a), other = report_thread_allocated(b);

    (void)model;
    (void)context;
    return (one < other) - (one > other);
}

static int make_classes(struct report *report)
{
    const struct model_filter all = {0};
    struct model *model = &report->model;

    if (model_make_rows(model, MODEL_CLASSES, &all, most_grown_first, NULL) != 0)
        return -ENOMEM;
    report->classes = calloc(model->nrows + 1, sizeof(*report->classes));
    if (report->classes == NULL)
        return -ENOMEM;
    memcpy(report->classes, model->rows, model->nrows * sizeof(*report->classes));
    report->nclasses = model->nrows;
    return 0;
}

static int make_threads(struct report *report)
{
    const struct model_filter all = {0};
    struct model *model = &report->model;

    if (model_make_rows(model, MODEL_THREADS, &all, most_allocated_first, NULL) != 0)
        return -ENOMEM;
    while (report->nthreads < model->nrows && report->nthreads < REPORT_THREADS) {
        report->threads[report->nthreads] = model->rows[report->nthreads];
        report->nthreads++;
    }
    return 0;
}

int report_end(struct report *report)
{
    struct model *model = &report->model;

    if (model_set(&model->now, report->count, &report->previous) != 0)
        return -ENOMEM;
    /* Of one snapshot there is no difference, only what it says. */
    if (report->count == 1) {
        model_unset(&model->baseline);
        note_books(report, &report->previous, NULL);
    }
    report->elapsed_ns = model_baseline_age_ns(model);
    if (make_classes(report) != 0 || make_threads(report) != 0)
        return -ENOMEM;
    return model_make_flows(model, MODEL_FLOW_TOTAL, false, &report->flows);
}

struct report_class report_class(const struct report *report, size_t i)
{
    const struct model_row *row = &report->classes[i];
    const struct class_figures *now = row->now;
    struct report_class class = {.name = row->name, .first = class_then(row), .last = &now->raw};

    class.is_new = row->baseline == NULL && report->model.baseline.there;
    class.growth = class_growth(row);
    class.row = series_class(&report->series, row->name, row->row);
    class.peak = class.row >= 0 ? report->series.peaks[class.row] : now->raw.live;
    class.allocated = gain(class.first->alloc_bytes, class.last->alloc_bytes);
    return class;
}

static void add_class(struct at_class *sum, const struct at_class *class)
{
    sum->threads += class->threads;
    sum->live += class->live;
    sum->cached += class->cached;
    sum->dirty += class->dirty;
    sum->resident += class->resident;
}

struct report_class report_all(const struct report *report, struct at_class *first, struct at_class *last)
{
    struct report_class all = {.name = "all", .first = first, .last = last, .row = -1, .peak = report->live.bytes};

    *first = *last = (struct at_class){.mode = AT_MODE_EXACT};
    for (size_t i = 0; i < report->nclasses; i++) {
        struct report_class class = report_class(report, i);
        add_class(first, class.first);
        add_class(last, class.last);
        all.allocated += class.allocated;
    }
    all.growth = figure_difference(last->live, first->live);
    return all;
}

uint64_t report_first_live(const struct report *report)
{
    return report->model.baseline.there ? report->model.baseline.live : 0;
}

uint64_t report_last_live(const struct report *report)
{
    return report->model.now.live;
}

/* The first moment of the second half; NULL: there are too few. */
static const struct series_moment *middle_moment(const struct series *series)
{
    const struct series_moment *moments[SERIES_MOMENTS];
    size_t count = series_moments(series, moments), at = 0;
    uint64_t middle_ns = series->first.mono_ns + (series->last.mono_ns - series->first.mono_ns) / 2;

    while (at < count && moments[at]->mono_ns < middle_ns)
        at++;
    return count - at >= 2 && at >= 2 ? moments[at] : NULL;
}

struct report_late report_late(const struct report *report)
{
    const struct series *series = &report->series;
    const struct series_moment *middle = middle_moment(series);
    struct report_late late = {0};

    if (middle == NULL)
        return late;
    late.elapsed_ns = series->last.mono_ns - middle->mono_ns;
    for (size_t row = 0; row < series->nclasses; row++) {
        struct figure growth = figure_difference(series->last.of_class[row], middle->of_class[row]);
        if (figure_compare(growth, late.growth) <= 0)
            continue;
        late.name = series->names[row];
        late.growth = growth;
    }
    return late;
}
