/* diff.c: what each class gained between two sides. */
#include "diff.h"

#include <stdlib.h>
#include <string.h>

/* The class of the other side that class `row` of a side is. Names that differ in broken bytes alone are the same here: of
 * those the first is the first, the second the second. */
static const struct side_class *same_class(const struct side *side, size_t row, const struct side *other)
{
    const char *name = side->classes[row].name;
    size_t earlier = 0;

    for (size_t i = 0; i < row; i++)
        earlier += strcmp(side->classes[i].name, name) == 0;
    for (size_t i = 0; i < other->nclasses; i++)
        if (strcmp(other->classes[i].name, name) == 0 && earlier-- == 0)
            return &other->classes[i];
    return NULL;
}

/* What a class holds that is not there. */
static const struct at_class nothing;

static void add_row(struct diff *diff, const char *name, enum diff_change change, const struct at_class *before,
                    const struct at_class *after)
{
    struct diff_row *row = &diff->rows[diff->count++];

    *row = (struct diff_row){.name = name, .before = *before, .after = *after, .change = change};
    row->is_estimate = before->mode == AT_MODE_FLOW || after->mode == AT_MODE_FLOW;
    row->growth = figure_difference(after->live, before->live);
}

static int most_grown_first(const void *a, const void *b)
{
    const struct diff_row *one = a, *other = b;
    int order = figure_compare(other->growth, one->growth);

    return order != 0 ? order : strcmp(one->name, other->name);
}

static uint64_t sum_of_live(const struct side *side)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < side->nclasses; i++)
        sum += side->classes[i].figures.live;
    return sum;
}

/* As far as is known: of a dump it is not when it began. */
static bool may_be_same_process(const struct side *one, const struct side *other)
{
    return one->pid == other->pid && strcmp(one->comm, other->comm) == 0 &&
           (one->began_ns == other->began_ns || one->began_ns == 0 || other->began_ns == 0);
}

/* The clock on the wall may have been set meanwhile. The other one is one clock only for one process: of a dump it is not
 * known whether the machine was started anew. */
static struct figure time_between(const struct side *before, const struct side *after)
{
    if (before->began_ns != 0 && before->began_ns == after->began_ns)
        return figure_difference(after->mono_ns, before->mono_ns);
    return figure_difference(after->time_ns, before->time_ns);
}

int diff_make(struct diff *diff, const struct side *before, const struct side *after)
{
    memset(diff, 0, sizeof(*diff));
    diff->rows = calloc(before->nclasses + after->nclasses + 1, sizeof(*diff->rows));
    if (diff->rows == NULL)
        return -1;
    for (size_t i = 0; i < after->nclasses; i++) {
        const struct side_class *earlier = same_class(after, i, before);
        add_row(diff, after->classes[i].name, earlier != NULL ? DIFF_STAYED : DIFF_NEW,
                earlier != NULL ? &earlier->figures : &nothing, &after->classes[i].figures);
    }
    for (size_t i = 0; i < before->nclasses; i++)
        if (same_class(before, i, after) == NULL)
            add_row(diff, before->classes[i].name, DIFF_GONE, &before->classes[i].figures, &nothing);
    qsort(diff->rows, diff->count, sizeof(*diff->rows), most_grown_first);
    diff->growth = figure_difference(sum_of_live(after), sum_of_live(before));
    if (may_be_same_process(before, after)) {
        struct figure between = time_between(before, after);
        diff->elapsed_ns = between.magnitude;
        diff->backwards = between.negative;
    }
    return 0;
}

void diff_free(struct diff *diff)
{
    free(diff->rows);
    memset(diff, 0, sizeof(*diff));
}
