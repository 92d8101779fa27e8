/* watch.c: conditions judged against one snapshot after the other. */
#include "watch.h"

#include <stdlib.h>
#include <string.h>

/* Of a figure's past as many points as a rate needs: a minute at one a second, a day at one in six minutes. */
enum { POINTS_A_UNIT = 240, POINTS = POINTS_A_UNIT + 2 };

/* Those of the snapshot before and, if it has other classes, those of this one. */
enum { SERIES = 2 * AT_CLASSES_MAX };

struct point {
    uint64_t mono_ns;
    struct figure value;
};

/* One figure of one class, or of the process. */
struct series {
    char name[AT_CLASS_NAME_BYTES];
    uint64_t seen; /* number of the last snapshot that had it; 0: this series is nobody's */
    bool holds;
    struct point *points; /* of rates only; the first is what the newest is compared with */
    size_t npoints;
};

struct watch_condition {
    const struct when *when;
    struct series series[SERIES]; /* of a condition of the process the first alone */
};

int watch_init(struct watch *watch, const struct when *conditions, size_t count)
{
    *watch = (struct watch){.count = count};
    watch->conditions = calloc(count, sizeof(*watch->conditions));
    watch->moments = calloc(count * AT_CLASSES_MAX, sizeof(*watch->moments));
    if (watch->conditions == NULL || watch->moments == NULL) {
        watch_free(watch);
        return -1;
    }
    for (size_t i = 0; i < count; i++)
        watch->conditions[i].when = &conditions[i];
    return 0;
}

void watch_free(struct watch *watch)
{
    for (size_t i = 0; i < watch->count && watch->conditions != NULL; i++)
        for (size_t j = 0; j < SERIES; j++)
            free(watch->conditions[i].series[j].points);
    free(watch->conditions);
    free(watch->moments);
    *watch = (struct watch){0};
}

/* ---- series ---- */

static void add_point(struct series *series, uint64_t mono_ns, struct figure value)
{
    if (series->points == NULL)
        series->points = calloc(POINTS, sizeof(*series->points));
    if (series->points != NULL && series->npoints < POINTS)
        series->points[series->npoints++] = (struct point){mono_ns, value};
}

/* Makes a series that of a class that was not there before. */
static void begin_series(const struct watch *watch, struct series *series, const char *name)
{
    struct point *points = series->points;

    *series = (struct series){.points = points};
    strcpy(series->name, name);
    if (watch->seen > 1)
        add_point(series, watch->mono_ns, (struct figure){0, false});
}

/* Rows keep their places in general: the one at `row` comes first. A series that the snapshot before did not have is
 * nobody's, so there is always one to spare. */
static struct series *find_series(const struct watch *watch, struct watch_condition *condition, const char *name,
                                  size_t row)
{
    struct series *spare = NULL;

    for (size_t i = 0; i < SERIES; i++) {
        struct series *series = &condition->series[(row + i) % SERIES];
        bool is_spare = series->seen == 0 || series->seen + 1 < watch->seen;
        if (!is_spare && strcmp(series->name, name) == 0)
            return series;
        if (spare == NULL && is_spare)
            spare = series;
    }
    if (spare != NULL)
        begin_series(watch, spare, name);
    return spare;
}

/* ---- rates ---- */

/* Keeps as the first point the newest that is a unit old, if one is. */
static void drop_old(struct series *series, uint64_t unit_ns, uint64_t mono_ns)
{
    size_t old = 0;

    while (old + 1 < series->npoints && mono_ns - series->points[old + 1].mono_ns >= unit_ns)
        old++;
    memmove(series->points, series->points + old, (series->npoints - old) * sizeof(*series->points));
    series->npoints -= old;
}

/* What the figure gained in the last `unit_ns`. */
static struct figure gain(struct series *series, uint64_t unit_ns, uint64_t mono_ns, struct figure value)
{
    /* Time that goes back is another machine's or a lie: begin anew. */
    if (series->npoints > 0 && series->points[series->npoints - 1].mono_ns > mono_ns)
        series->npoints = 0;
    if (series->npoints > 0)
        drop_old(series, unit_ns, mono_ns);
    if (series->npoints == 0 || mono_ns - series->points[series->npoints - 1].mono_ns >= unit_ns / POINTS_A_UNIT)
        add_point(series, mono_ns, value);
    if (series->npoints == 0)
        return (struct figure){0, false};
    struct figure gained = figure_subtract(value, series->points[0].value);
    uint64_t elapsed_ns = mono_ns - series->points[0].mono_ns;
    if (elapsed_ns > unit_ns)
        gained.magnitude = (uint64_t)((double)gained.magnitude * ((double)unit_ns / (double)elapsed_ns));
    return gained;
}

/* ---- judging ---- */

static void judge(struct watch *watch, struct watch_condition *condition, struct series *series,
                  const struct at_class *row, const struct snapshot *snapshot)
{
    const struct when *when = condition->when;
    struct figure value = field_figure(when->field, row != NULL ? (const void *)row : &snapshot->process);
    struct figure judged = when->unit_ns == 0 ? value : gain(series, when->unit_ns, snapshot->head.mono_ns, value);
    bool held = series->holds;

    series->seen = watch->seen;
    series->holds = when_holds(when, judged);
    if (series->holds && !held)
        watch->moments[watch->nmoments++] = (struct watch_moment){when, row, value};
}

static void judge_classes(struct watch *watch, struct watch_condition *condition, const struct snapshot *snapshot)
{
    for (size_t row = 0; row < snapshot->nclasses; row++) {
        const struct at_class *class_row = &snapshot->classes[row];
        if (!when_concerns(condition->when, class_row->name))
            continue;
        struct series *series = find_series(watch, condition, class_row->name, row);
        if (series != NULL)
            judge(watch, condition, series, class_row, snapshot);
    }
}

size_t watch_judge(struct watch *watch, const struct snapshot *snapshot)
{
    watch->seen++;
    watch->nmoments = 0;
    for (size_t i = 0; i < watch->count; i++) {
        struct watch_condition *condition = &watch->conditions[i];
        if (condition->when->of_process)
            judge(watch, condition, &condition->series[0], NULL, snapshot);
        else
            judge_classes(watch, condition, snapshot);
    }
    watch->mono_ns = snapshot->head.mono_ns;
    return watch->nmoments;
}
