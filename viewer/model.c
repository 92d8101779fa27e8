/* model.c: snapshots into what is shown. */
#include "model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- moments ---- */

void model_init(struct model *model)
{
    *model = (struct model){0};
    history_init(&model->trend, MODEL_TREND_SPAN + 4);
}

static void free_moment(struct moment *moment)
{
    snapshot_free(&moment->snapshot);
    free(moment->classes);
    free(moment->sizes);
    *moment = (struct moment){0};
}

void model_free(struct model *model)
{
    free_moment(&model->now);
    free_moment(&model->before);
    free_moment(&model->baseline);
    history_free(&model->trend);
    free(model->rows);
    *model = (struct model){0};
}

void model_reset(struct model *model)
{
    model->now.there = model->before.there = model->baseline.there = false;
    model->nrows = 0;
    history_reset(&model->trend);
}

/* What each class gave away and took, out of the matrix; its own frees of its own are neither. */
static void add_flows(struct moment *moment)
{
    for (size_t i = 0; i < moment->snapshot.nflows; i++) {
        const struct at_flow *flow = &moment->snapshot.flows[i];
        if (flow->owner == flow->freed_by)
            continue;
        moment->classes[flow->owner].given_bytes += flow->bytes;
        moment->classes[flow->owner].given_count += flow->count;
        moment->classes[flow->freed_by].taken_bytes += flow->bytes;
        moment->classes[flow->freed_by].taken_count += flow->count;
    }
}

static int derive(struct moment *moment)
{
    size_t count = moment->snapshot.nclasses;
    if (count > moment->classes_capacity) {
        struct class_figures *classes = realloc(moment->classes, count * sizeof(*classes));
        if (classes == NULL)
            return -ENOMEM;
        moment->classes = classes;
        moment->classes_capacity = count;
    }
    moment->live = moment->cached = moment->dirty = moment->muzzy = 0;
    for (size_t i = 0; i < count; i++) {
        const struct at_class *raw = &moment->snapshot.classes[i];
        moment->classes[i] = (struct class_figures){.raw = *raw, .peak = raw->peak_live};
        moment->live += raw->live;
        moment->cached += raw->cached;
        moment->dirty += raw->dirty;
        moment->muzzy += raw->muzzy;
    }
    add_flows(moment);
    return 0;
}

int model_take(struct moment *moment, uint64_t place)
{
    moment->there = derive(moment) == 0;
    moment->place = place;
    return moment->there ? 0 : -ENOMEM;
}

int model_set(struct moment *moment, uint64_t place, const struct snapshot *snapshot)
{
    moment->there = false;
    return snapshot_copy(&moment->snapshot, snapshot) == 0 ? model_take(moment, place) : -ENOMEM;
}

void model_unset(struct moment *moment)
{
    moment->there = false;
}

void model_swap(struct moment *a, struct moment *b)
{
    struct moment c = *a;
    *a = *b;
    *b = c;
}

int model_set_baseline(struct model *model)
{
    if (!model->now.there)
        return 0;
    if (model_set(&model->baseline, model->now.place, &model->now.snapshot) != 0)
        return -ENOMEM;
    memcpy(model->baseline.classes, model->now.classes, model->now.snapshot.nclasses * sizeof(*model->now.classes));
    return 0;
}

void model_set_peaks(struct model *model)
{
    struct moment *now = &model->now;
    for (size_t i = 0; now->there && i < now->snapshot.nclasses; i++) {
        struct class_figures *class = &now->classes[i];
        long row = history_class(&model->trend, class->raw.name, i);
        uint64_t peak = history_highest(&model->trend, row, HISTORY_PEAK, now->place, MODEL_TREND_SPAN);
        class->peak = peak > class->raw.peak_live ? peak : class->raw.peak_live;
    }
}

static uint64_t between_ns(const struct moment *from, const struct moment *to)
{
    if (!from->there || !to->there || to->snapshot.head.mono_ns <= from->snapshot.head.mono_ns)
        return 0;
    return to->snapshot.head.mono_ns - from->snapshot.head.mono_ns;
}

uint64_t model_elapsed_ns(const struct model *model)
{
    return between_ns(&model->before, &model->now);
}

static uint64_t excess(const struct at_process *process)
{
    uint64_t off = (int64_t)process->unexplained < 0 ? 0 - process->unexplained : process->unexplained;

    return off > process->moved ? off : 0;
}

uint64_t model_books_off(const struct at_process *now, const struct at_process *before)
{
    return before == NULL || excess(before) > 0 ? excess(now) : 0;
}

uint64_t model_baseline_age_ns(const struct model *model)
{
    return between_ns(&model->baseline, &model->now);
}

uint64_t model_baseline_ahead_ns(const struct model *model)
{
    return between_ns(&model->now, &model->baseline);
}

/* ---- rows: how each kind of thing lies in a moment ---- */

static size_t count_classes(const struct moment *moment)
{
    return moment->snapshot.nclasses;
}

static size_t count_threads(const struct moment *moment)
{
    return moment->snapshot.nthreads;
}

static size_t count_arenas(const struct moment *moment)
{
    return moment->snapshot.narenas;
}

static size_t count_sizes(const struct moment *moment)
{
    return moment->nsizes;
}

static struct model_row describe_class(const struct moment *moment, size_t i)
{
    const char *name = moment->classes[i].raw.name;
    return (struct model_row){.now = &moment->classes[i], .name = name, .class_name = name, .sort = "", .id = i};
}

static struct model_row describe_thread(const struct moment *moment, size_t i)
{
    const struct at_thread *thread = &moment->snapshot.threads[i];
    const char *class_name = moment->classes[thread->class_row].raw.name;
    return (struct model_row){
        .now = thread, .name = thread->name, .class_name = class_name, .sort = "", .id = thread->tid};
}

static struct model_row describe_arena(const struct moment *moment, size_t i)
{
    const struct at_arena *arena = &moment->snapshot.arenas[i];
    const char *class_name = moment->classes[arena->class_row].raw.name;
    return (struct model_row){
        .now = arena, .name = class_name, .class_name = class_name, .sort = "", .id = arena->index};
}

static struct model_row describe_size(const struct moment *moment, size_t i)
{
    const struct size_figures *size = &moment->sizes[i];
    return (struct model_row){.now = size,
                              .name = size->class_name,
                              .class_name = size->class_name,
                              .sort = size->raw.kind == AT_SIZE_BIN ? "bin" : "large",
                              .id = size->raw.size};
}

static bool same_class(const struct model_row *a, const struct model_row *b)
{
    return strcmp(a->name, b->name) == 0;
}

/* A tid may come back as another thread; a counter that fell tells them apart. `a` is the later one. */
static bool same_thread(const struct model_row *a, const struct model_row *b)
{
    const struct at_thread *later = a->now, *earlier = b->now;
    return later->tid == earlier->tid && later->alloc_bytes >= earlier->alloc_bytes &&
           later->free_bytes >= earlier->free_bytes;
}

static bool same_arena(const struct model_row *a, const struct model_row *b)
{
    return a->id == b->id;
}

static bool same_size(const struct model_row *a, const struct model_row *b)
{
    return a->id == b->id && strcmp(a->name, b->name) == 0;
}

/* That a class has threads, or an arena, is no sign of life: they may sleep for ever. */
static bool class_is_idle(const struct model_row *row)
{
    const struct class_figures *now = row->now, *before = row->before;
    bool moves = before != NULL &&
                 (now->raw.alloc_bytes != before->raw.alloc_bytes || now->raw.free_bytes != before->raw.free_bytes);
    return now->raw.live == 0 && !moves;
}

static bool thread_is_idle(const struct model_row *row)
{
    const struct at_thread *now = row->now, *before = row->before;
    return before != NULL && now->alloc_bytes == before->alloc_bytes && now->free_bytes == before->free_bytes;
}

static bool arena_is_idle(const struct model_row *row)
{
    const struct at_arena *now = row->now;
    return now->allocated == 0;
}

static bool size_is_idle(const struct model_row *row)
{
    const struct size_figures *now = row->now;
    return now->raw.blocks == 0;
}

static const struct {
    size_t (*count)(const struct moment *moment);
    struct model_row (*describe)(const struct moment *moment, size_t i);
    bool (*same)(const struct model_row *later, const struct model_row *earlier);
    bool (*is_idle)(const struct model_row *row);
} kinds[MODEL_KINDS] = {
    [MODEL_CLASSES] = {count_classes, describe_class, same_class, class_is_idle},
    [MODEL_THREADS] = {count_threads, describe_thread, same_thread, thread_is_idle},
    [MODEL_ARENAS] = {count_arenas, describe_arena, same_arena, arena_is_idle},
    [MODEL_SIZES] = {count_sizes, describe_size, same_size, size_is_idle},
};

/* ---- the same thing at another moment ---- */

/* Rows of another moment, found by a hash of what tells them apart; chains are kept in two arrays of indices. */
#define CHAIN_STEPS 64 /* a file that repeats one tid a hundred thousand times is lying anyway */

struct finder {
    const struct moment *moment;
    bool is_later; /* than the newest moment: a baseline may be */
    enum model_kind kind;
    uint32_t *heads, *next; /* index + 1; 0: end of the chain */
    size_t buckets;         /* a power of two */
};

static uint64_t identity_hash(enum model_kind kind, const struct model_row *row)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    if (kind != MODEL_CLASSES)
        return row->id * UINT64_C(0x9e3779b97f4a7c15) >> 20;
    for (const char *c = row->name; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
    return hash;
}

/* Returns 0 or -ENOMEM. A moment that is not there has no rows to find. */
static int finder_init(struct finder *finder, enum model_kind kind, const struct moment *moment)
{
    size_t count = moment->there ? kinds[kind].count(moment) : 0;
    *finder = (struct finder){.moment = moment, .kind = kind, .buckets = 16};
    if (count == 0)
        return 0;
    while (finder->buckets < count)
        finder->buckets *= 2;
    finder->heads = calloc(finder->buckets + count, sizeof(*finder->heads));
    if (finder->heads == NULL)
        return -ENOMEM;
    finder->next = finder->heads + finder->buckets;
    for (size_t i = count; i-- > 0;) {
        struct model_row row = kinds[kind].describe(moment, i);
        size_t bucket = identity_hash(kind, &row) & (finder->buckets - 1);
        finder->next[i] = finder->heads[bucket];
        finder->heads[bucket] = (uint32_t)(i + 1);
    }
    return 0;
}

static const void *find_same(const struct finder *finder, const struct model_row *row)
{
    if (finder->heads == NULL)
        return NULL;
    size_t bucket = identity_hash(finder->kind, row) & (finder->buckets - 1);
    unsigned steps = 0;
    for (uint32_t at = finder->heads[bucket]; at != 0 && steps < CHAIN_STEPS; at = finder->next[at - 1], steps++) {
        struct model_row other = kinds[finder->kind].describe(finder->moment, at - 1);
        if (finder->is_later ? kinds[finder->kind].same(&other, row) : kinds[finder->kind].same(row, &other))
            return other.now;
    }
    return NULL;
}

/* ---- rows: made, chosen, ordered ---- */

static bool is_wanted(const struct model_filter *filter, enum model_kind kind, const struct model_row *row)
{
    if (filter->class_name != NULL && strcmp(filter->class_name, row->class_name) != 0)
        return false;
    if (filter->sort != NULL && strcmp(filter->sort, row->sort) != 0)
        return false;
    if (filter->hide_idle && kinds[kind].is_idle(row))
        return false;
    return filter->text == NULL || strcasestr(row->name, filter->text) != NULL ||
           strcasestr(row->class_name, filter->text) != NULL || strcasestr(row->sort, filter->text) != NULL;
}

static int reserve_rows(struct model *model, size_t count)
{
    if (count <= model->rows_capacity)
        return 0;
    struct model_row *rows = realloc(model->rows, count * sizeof(*rows));
    if (rows == NULL)
        return -ENOMEM;
    model->rows = rows;
    model->rows_capacity = count;
    return 0;
}

struct sorting {
    const struct model *model;
    model_compare compare;
    const void *context;
};

static int compare_rows(const void *a, const void *b, void *context)
{
    const struct sorting *sorting = context;
    const struct model_row *left = a, *right = b;
    int verdict = sorting->compare(sorting->model, left, right, sorting->context);
    if (verdict != 0)
        return verdict;
    /* Memory of no class is the snapshot's first row; among equals it stands last. */
    uint32_t first = sorting->model->kind == MODEL_CLASSES;
    return (left->row - first > right->row - first) - (left->row - first < right->row - first);
}

static void collect(struct model *model, const struct model_filter *filter, const struct finder *before,
                    const struct finder *baseline)
{
    enum model_kind kind = model->kind;
    size_t count = kinds[kind].count(&model->now);
    for (size_t i = 0; i < count; i++) {
        struct model_row row = kinds[kind].describe(&model->now, i);
        row.row = (uint32_t)i;
        row.before = find_same(before, &row);
        if (is_wanted(filter, kind, &row)) {
            row.baseline = find_same(baseline, &row);
            model->rows[model->nrows++] = row;
        }
    }
}

int model_make_rows(struct model *model, enum model_kind kind, const struct model_filter *filter, model_compare compare,
                    const void *context)
{
    struct finder before = {0}, baseline = {0};
    int result = -ENOMEM;

    model->kind = kind;
    model->nrows = 0;
    if (!model->now.there)
        return 0;
    if (reserve_rows(model, kinds[kind].count(&model->now)) != 0 || finder_init(&before, kind, &model->before) != 0 ||
        finder_init(&baseline, kind, &model->baseline) != 0)
        goto out;
    baseline.is_later = model_baseline_ahead_ns(model) > 0;
    collect(model, filter, &before, &baseline);
    struct sorting sorting = {model, compare, context};
    if (compare != NULL && model->nrows > 1)
        qsort_r(model->rows, model->nrows, sizeof(*model->rows), compare_rows, &sorting);
    result = 0;
out:
    free(before.heads);
    free(baseline.heads);
    return result;
}
