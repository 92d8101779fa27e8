/* picker.c: the processes that can be watched, with what they hold. */
#include "picker.h"

#include <stdlib.h>
#include <string.h>

#include "source.h"

#define LOOK_NS UINT64_C(1000000000)

void picker_free(struct picker *picker)
{
    free(picker->rows);
    *picker = (struct picker){0};
}

static const struct picker_row *same_row(const struct picker *picker, const struct target *target)
{
    for (size_t i = 0; i < picker->count; i++)
        if (strcmp(picker->rows[i].target.path, target->path) == 0)
            return &picker->rows[i];
    return NULL;
}

static void read_snapshot(struct picker_row *row, struct snapshot *snapshot)
{
    struct failure failure = {.text = "nothing published yet"};
    struct source *source;
    if (source_open(&source, &row->target, &failure) == 0) {
        row->is_read = source_read_latest(source, snapshot, &failure) == SOURCE_OK;
        source_close(source);
    }
    if (!row->is_read) {
        memcpy(row->why, failure.text, sizeof(row->why));
        return;
    }
    for (size_t i = 0; i < snapshot->nclasses; i++)
        row->live += snapshot->classes[i].live;
    row->classes = snapshot->nclasses > 0 ? snapshot->nclasses - 1 : 0;
    row->mode = snapshot->head.mode;
    row->mono_ns = snapshot->head.mono_ns;
}

/* Between two looks without a snapshot in between the growth stays what it was. */
static void compare(struct picker_row *row, const struct picker_row *before)
{
    if (before == NULL || !before->is_read || !row->is_read)
        return;
    row->has_growth = row->mono_ns > before->mono_ns || before->has_growth;
    row->growth = before->growth;
    if (row->mono_ns > before->mono_ns)
        row->growth = figure_per_second(figure_difference(row->live, before->live), row->mono_ns - before->mono_ns);
}

static int compare_rows(const void *a, const void *b)
{
    const struct picker_row *left = a, *right = b;
    if (left->is_read != right->is_read)
        return right->is_read - left->is_read;
    if (left->live != right->live)
        return left->live < right->live ? 1 : -1;
    return (left->target.pid > right->target.pid) - (left->target.pid < right->target.pid);
}

static void replace_rows(struct picker *picker, const struct target_list *list, const char *name)
{
    struct picker_row *rows = calloc(list->count + 1, sizeof(*rows));
    struct snapshot snapshot = {0};
    size_t count = 0;
    if (rows == NULL)
        return;
    for (size_t i = 0; i < list->count; i++) {
        if (name != NULL && !target_is(&list->rows[i], name))
            continue;
        struct picker_row *row = &rows[count++];
        row->target = list->rows[i];
        read_snapshot(row, &snapshot);
        compare(row, same_row(picker, &row->target));
    }
    snapshot_free(&snapshot);
    qsort(rows, count, sizeof(*rows), compare_rows);
    free(picker->rows);
    picker->rows = rows;
    picker->count = count;
    picker->denied = list->denied;
}

bool picker_look(struct picker *picker, const char *name, uint64_t mono_ns)
{
    struct target_list list;
    struct failure ignored;
    if (picker->looked_ns != 0 && mono_ns - picker->looked_ns < LOOK_NS)
        return false;
    picker->looked_ns = mono_ns;
    if (target_list(&list, &ignored) != 0)
        return false;
    replace_rows(picker, &list, name);
    target_list_free(&list);
    return true;
}
