/* model.h: snapshots into what is shown: the newest beside the one before it and the baseline, rows, their order.
 *
 * Pure: no input, no output, no clock. The session feeds it snapshots; columns read figures out of its rows. */
#ifndef VIEWER_MODEL_H
#define VIEWER_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format.h"
#include "history.h"
#include "snapshot.h"

/* Snapshots that a trend covers, and for which a class's highest live is remembered. */
#define MODEL_TREND_SPAN 60

/* A class with the figures that follow from the matrix of flows. All but `peak` are counters. */
struct class_figures {
    struct at_class raw;
    uint64_t given_bytes, given_count; /* allocated by this class, freed by another */
    uint64_t taken_bytes, taken_count; /* freed by this class, allocated by another */
    uint64_t peak;                     /* highest live over MODEL_TREND_SPAN snapshots */
};

/* What a class, or one arena, holds of a size class. */
struct size_figures {
    struct at_size raw;
    uint64_t bytes;  /* of the blocks in use */
    uint64_t unused; /* bytes of their slabs that no block is in */
    char class_name[AT_CLASS_NAME_BYTES];
};

/* A snapshot and what follows from it alone. */
struct moment {
    bool there;
    uint64_t place; /* in the source (source.h) */
    struct snapshot snapshot;
    struct class_figures *classes; /* snapshot.nclasses rows */
    size_t classes_capacity;
    uint64_t live, cached, dirty, muzzy; /* sums over the classes */
    struct size_figures *sizes;          /* nsizes rows, from the last model_set_sizes */
    size_t nsizes, sizes_capacity;
};

/* What a list of rows is about. Each row's `now` points to the struct that is named here. */
enum model_kind {
    MODEL_CLASSES, /* struct class_figures */
    MODEL_THREADS, /* struct at_thread */
    MODEL_ARENAS,  /* struct at_arena */
    MODEL_SIZES,   /* struct size_figures */
    MODEL_KINDS
};

struct model_row {
    const void *now, *before, *baseline; /* before, baseline: NULL where the thing was not there then */
    const char *name;                    /* of the class or the thread; of arenas and sizes their class; not cleaned */
    const char *class_name;
    const char *sort; /* of a size: "bin" or "large"; of all else "" */
    uint64_t id;      /* tid, index of an arena, bytes of a size class; of a class its row in the snapshot */
    uint32_t row;     /* in its section of the newest snapshot */
};

struct model {
    struct moment now, before, baseline;
    struct history trend;
    enum model_kind kind; /* of `rows` */
    struct model_row *rows;
    size_t nrows, rows_capacity;
};

/* Allocates nothing yet. `model` need not be zeroed. */
void model_init(struct model *model);
void model_free(struct model *model);

/* Forgets all moments, the baseline and the trend: another process is watched. */
void model_reset(struct model *model);

/* Makes `moment` (a moment of a model) out of the snapshot that the caller has decoded into moment->snapshot. Returns 0 or
 * -ENOMEM. */
int model_take(struct moment *moment, uint64_t place);

/* The same with a snapshot that is copied deeply. */
int model_set(struct moment *moment, uint64_t place, const struct snapshot *snapshot);
void model_unset(struct moment *moment);

/* Makes the moment's rows of MODEL_SIZES: those of a snapshot that was taken then or a little before; NULL: none. They are
 * summed over the arenas of each class, or with `arena` of that arena alone. Returns 0 or -ENOMEM, then without rows. */
int model_set_sizes(struct moment *moment, const struct snapshot *from, const uint32_t *arena);

/* Exchanges two moments without copying. */
void model_swap(struct moment *a, struct moment *b);

/* Makes the newest moment the baseline. Returns 0 or -ENOMEM. */
int model_set_baseline(struct model *model);

/* Puts each class's highest live into the newest moment, from the trend as far as it is filled. */
void model_set_peaks(struct model *model);

/* Which rows are wanted, and in which order. */
struct model_filter {
    const char *text;       /* part of the name or class name in any case; "" or NULL: all */
    const char *class_name; /* only of this class; NULL: all */
    const char *sort;       /* only of this sort; NULL: all */
    bool hide_idle;         /* leave out what holds and moves nothing */
};

/* A comparison of two rows; `context` is the caller's. As for qsort. */
typedef int (*model_compare)(const struct model *model, const struct model_row *a, const struct model_row *b,
                             const void *context);

/* Makes model->rows. Rows that compare equal stay in the order of the snapshot, (unbound) last. Returns 0 or -ENOMEM. */
int model_make_rows(struct model *model, enum model_kind kind, const struct model_filter *filter, model_compare compare,
                    const void *context);

/* Bytes that the two sets of books differ by, more than what moved while they were read; 0 where they agree. In one snapshot
 * they may not: a thread stood in one of them and not yet in the other. So they are off where the snapshot before says so, too;
 * `before` NULL: there is none. */
uint64_t model_books_off(const struct at_process *now, const struct at_process *before);

/* Time from the moment before to the newest, from the baseline to the newest, and from the newest to a baseline that is
 * later; 0 where it would be less, or one of the two is not there. */
uint64_t model_elapsed_ns(const struct model *model);
uint64_t model_baseline_age_ns(const struct model *model);
uint64_t model_baseline_ahead_ns(const struct model *model);

/* The matrix of flows, dense: bytes (or blocks) of row `owner` freed by row `freed_by`, rows as in the newest snapshot. */
struct model_flows {
    size_t n;
    struct figure *cells; /* n * n */
    size_t capacity;
};

enum model_flow_amount { MODEL_FLOW_RATE, MODEL_FLOW_TOTAL };

/* Fills in the matrix: amounts a second, or since the start of the process; with a baseline since then, both. `count`:
 * blocks instead of bytes. `flows` is zeroed before the first use; free(flows->cells) afterwards. Returns 0 or -ENOMEM. */
int model_make_flows(const struct model *model, enum model_flow_amount amount, bool count, struct model_flows *flows);

#endif
