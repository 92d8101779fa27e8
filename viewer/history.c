/* history.c: what trends and graphs need of the past. */
#include "history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define UNSEEN (-2L)

/* A recording may name other classes at every place; what a trend can show is worth remembering, no more. */
#define CLASSES_REMEMBERED ((size_t)4 * AT_CLASSES_MAX)

void history_init(struct history *history, size_t capacity)
{
    *history = (struct history){.capacity = capacity};
}

void history_free(struct history *history)
{
    free(history->stamps);
    free(history->values);
    free(history->names);
    memset(history, 0, sizeof(*history));
}

void history_reset(struct history *history)
{
    history->count = 0;
    history->nclasses = 0;
}

bool history_wanted(struct history *history, uint64_t place, uint64_t oldest, uint64_t *wanted)
{
    uint64_t end = history->first + history->count;
    bool joins = history->count > 0 && place + 1 >= history->first && place < end + history->capacity &&
                 (place < end || end >= oldest);

    if (!joins)
        history_reset(history);
    if (history->count == 0)
        *wanted = place;
    else if (place >= end)
        *wanted = end;
    else if (history->first > oldest && history->first + history->capacity > place + 1)
        *wanted = history->first - 1;
    else
        return false;
    return true;
}

static uint64_t *series(const struct history *history, long row, enum history_figure figure)
{
    return history->values + ((size_t)(row + 1) * HISTORY_FIGURES + figure) * history->capacity;
}

/* Makes room for `rows` rows, process included. */
static int grow(struct history *history, size_t rows)
{
    if (rows <= history->row_capacity)
        return 0;
    if (history->stamps == NULL)
        history->stamps = calloc(history->capacity, sizeof(*history->stamps));
    if (history->stamps == NULL)
        return -ENOMEM;
    size_t row_bytes = HISTORY_FIGURES * history->capacity * sizeof(*history->values);
    uint64_t *values = realloc(history->values, rows * row_bytes);
    if (values == NULL)
        return -ENOMEM;
    history->values = values;
    char(*names)[AT_CLASS_NAME_BYTES] = realloc(history->names, rows * sizeof(*names));
    if (names == NULL)
        return -ENOMEM;
    history->names = names;
    history->row_capacity = rows;
    return 0;
}

/* The row of a class, made if need be: what it had before it was first seen is zero. */
static long class_row(struct history *history, const char *name, size_t hint)
{
    long row = history_class(history, name, hint);
    if (row != UNSEEN)
        return row;
    if (history->nclasses == CLASSES_REMEMBERED || grow(history, history->nclasses + 2) != 0)
        return UNSEEN;
    row = (long)history->nclasses++;
    memcpy(history->names[row], name, AT_CLASS_NAME_BYTES);
    memset(series(history, row, 0), 0, HISTORY_FIGURES * history->capacity * sizeof(uint64_t));
    return row;
}

/* Extends the window by `place`, at whichever end it joins, and drops what no longer fits at the other. */
static void extend(struct history *history, uint64_t place)
{
    bool full = history->count == history->capacity;
    if (history->count == 0 || place < history->first)
        history->first = place;
    else if (full)
        history->first++;
    history->count += full ? 0 : 1;
}

int history_put(struct history *history, uint64_t place, const struct snapshot *snapshot)
{
    size_t slot = place % history->capacity;
    size_t nclasses = snapshot->nclasses < AT_CLASSES_MAX ? snapshot->nclasses : AT_CLASSES_MAX;

    if (grow(history, nclasses + 1) != 0)
        return -ENOMEM;
    extend(history, place);
    history->stamps[slot] = snapshot->head.mono_ns;
    for (long row = HISTORY_PROCESS; row < (long)history->nclasses; row++)
        for (unsigned figure = 0; figure < HISTORY_FIGURES; figure++)
            series(history, row, figure)[slot] = 0;
    uint64_t live = 0;
    for (size_t i = 0; i < nclasses; i++) {
        const struct at_class *class = &snapshot->classes[i];
        long row = class_row(history, class->name, i);
        live += class->live;
        if (row == UNSEEN)
            continue;
        series(history, row, HISTORY_LIVE)[slot] = class->live;
        series(history, row, HISTORY_PEAK)[slot] = class->peak_live;
    }
    series(history, HISTORY_PROCESS, HISTORY_LIVE)[slot] = live;
    series(history, HISTORY_PROCESS, HISTORY_PEAK)[slot] = live;
    return 0;
}

bool history_pass(struct history *history, uint64_t place)
{
    uint64_t beside = place < history->first ? history->first : history->first + history->count - 1;
    size_t slot = place % history->capacity, from = beside % history->capacity;

    if (history->count == 0)
        return false;
    extend(history, place);
    history->stamps[slot] = history->stamps[from];
    for (long row = HISTORY_PROCESS; row < (long)history->nclasses; row++)
        for (unsigned figure = 0; figure < HISTORY_FIGURES; figure++)
            series(history, row, figure)[slot] = series(history, row, figure)[from];
    return true;
}

long history_class(const struct history *history, const char *name, size_t hint)
{
    if (hint < history->nclasses && strcmp(history->names[hint], name) == 0)
        return (long)hint;
    for (size_t i = 0; i < history->nclasses; i++)
        if (strcmp(history->names[i], name) == 0)
            return (long)i;
    return UNSEEN;
}

/* The held part of the `span` places that end at `place`: [*from, *to). False when there is none. */
static bool held(const struct history *history, uint64_t place, size_t span, uint64_t *from, uint64_t *to)
{
    uint64_t end = history->first + history->count;
    *from = place >= span ? place - span + 1 : 0;
    *from = *from > history->first ? *from : history->first;
    *to = place < end ? place + 1 : end;
    return span > 0 && history->count > 0 && *from < *to;
}

/* The slot behind one: a division for each value of each class would be most of what a frame costs. */
static size_t next_slot(const struct history *history, size_t slot)
{
    return slot + 1 < history->capacity ? slot + 1 : 0;
}

size_t history_series(const struct history *history, long row, enum history_figure figure, uint64_t place, size_t span,
                      size_t cells, uint64_t *out)
{
    uint64_t from, to;
    if (row == UNSEEN || cells == 0 || span == 0)
        return 0;
    size_t share = (span + cells - 1) / cells;
    uint64_t newest_share = place / share;
    uint64_t oldest_share = newest_share >= cells ? newest_share - cells + 1 : 0;
    if (!held(history, place, (size_t)(place - oldest_share * share) + 1, &from, &to))
        return 0;
    const uint64_t *values = series(history, row, figure);
    size_t count = 0, slot = from % history->capacity, in_share = from % share;
    for (uint64_t at = from; at < to; at++, slot = next_slot(history, slot), in_share++) {
        uint64_t value = values[slot];
        in_share = in_share < share ? in_share : 0;
        if (count == 0 || in_share == 0)
            out[count++] = value;
        else if (value > out[count - 1])
            out[count - 1] = value;
    }
    return count;
}

uint64_t history_duration_ns(const struct history *history, uint64_t place, size_t span, uint64_t step_ns)
{
    uint64_t from, to, nominal_ns = span * step_ns;
    if (!held(history, place, span, &from, &to))
        return nominal_ns;
    uint64_t first_ns = history->stamps[from % history->capacity],
             last_ns = history->stamps[(to - 1) % history->capacity];
    if (last_ns < first_ns)
        return nominal_ns;
    /* The oldest stands for the time before it, too. */
    uint64_t duration_ns = last_ns - first_ns + (span - (to - 1 - from)) * step_ns;
    uint64_t off_ns = duration_ns > nominal_ns ? duration_ns - nominal_ns : nominal_ns - duration_ns;
    return off_ns <= nominal_ns / 20 ? nominal_ns : duration_ns;
}

uint64_t history_highest(const struct history *history, long row, enum history_figure figure, uint64_t place,
                         size_t span)
{
    uint64_t from, to, most = 0;
    if (row == UNSEEN || !held(history, place, span, &from, &to))
        return 0;
    const uint64_t *values = series(history, row, figure);
    size_t slot = from % history->capacity;
    for (uint64_t at = from; at < to; at++, slot = next_slot(history, slot))
        most = values[slot] > most ? values[slot] : most;
    return most;
}
