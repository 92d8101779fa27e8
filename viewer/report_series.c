/* report_series.c: the classes over time, thinned while the snapshots pass by. */
#include "report_series.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int series_init(struct series *series, uint64_t places)
{
    memset(series, 0, sizeof(*series));
    series->places = places;
    series->thinned = places > 2 * SERIES_SHARES;
    series->nshares = series->thinned ? SERIES_SHARES : (size_t)places;
    series->shares = calloc(series->nshares + 1, sizeof(*series->shares));
    return series->shares != NULL ? 0 : -ENOMEM;
}

void series_free(struct series *series)
{
    free(series->shares);
    memset(series, 0, sizeof(*series));
}

long series_class(const struct series *series, const char *name, size_t hint)
{
    if (hint < series->nclasses && strcmp(series->names[hint], name) == 0)
        return (long)hint;
    for (size_t i = 0; i < series->nclasses; i++)
        if (strcmp(series->names[i], name) == 0)
            return (long)i;
    return -1;
}

/* The row of a class, seen before or new; -1: no room. */
static long row_of(struct series *series, const char *name, size_t hint)
{
    long row = series_class(series, name, hint);

    if (row >= 0 || series->nclasses == SERIES_CLASSES)
        return row;
    strcpy(series->names[series->nclasses], name);
    return (long)series->nclasses++;
}

/* Figures are anybody's: sums stay at the top instead of beginning anew. */
static uint64_t add(uint64_t a, uint64_t b)
{
    return a + b < a ? UINT64_MAX : a + b;
}

static void widen(struct series_band *band, bool is_first, uint64_t least, uint64_t most)
{
    if (is_first || least < band->least)
        band->least = least;
    if (is_first || most > band->most)
        band->most = most;
}

/* Reads a snapshot into a moment, and its classes into the bands of a share. */
static void take_classes(struct series *series, struct series_share *share, const struct snapshot *snapshot,
                         struct series_moment *moment)
{
    for (size_t i = 0; i < snapshot->nclasses; i++) {
        const struct at_class *class = &snapshot->classes[i];
        long row = row_of(series, class->name, i);
        moment->live = add(moment->live, class->live);
        if (row < 0)
            continue;
        uint64_t most = class->peak_live > class->live ? class->peak_live : class->live;
        moment->of_class[row] = class->live;
        widen(&share->of_class[row], share->count == 0, class->live, most);
        if (most > series->peaks[row])
            series->peaks[row] = most;
    }
}

/* Where a place belongs. */
static struct series_share *share_of(struct series *series, uint64_t place)
{
    size_t at = series->thinned ? (size_t)((double)place / (double)series->places * SERIES_SHARES) : (size_t)place;

    return &series->shares[at < series->nshares ? at : series->nshares - (series->nshares > 0)];
}

void series_add(struct series *series, uint64_t place, const struct snapshot *snapshot)
{
    struct series_moment moment = {.mono_ns = snapshot->head.mono_ns};
    struct series_share *share = share_of(series, place);

    if (series->begun && moment.mono_ns < series->last.mono_ns)
        moment.mono_ns = series->last.mono_ns;
    take_classes(series, share, snapshot, &moment);
    if (share->count == 0 || moment.live < share->low.live)
        share->low = moment;
    if (share->count == 0 || moment.live > share->high.live)
        share->high = moment;
    if (snapshot->process.rss > share->rss)
        share->rss = snapshot->process.rss;
    share->count++;
    if (!series->begun)
        series->first = moment;
    series->last = moment;
    series->begun = true;
}

/* Adds a moment unless it is the one that stands there already. */
static size_t append(const struct series_moment **moments, size_t count, const struct series_moment *moment)
{
    if (count > 0 && moments[count - 1]->mono_ns == moment->mono_ns)
        return count;
    moments[count] = moment;
    return count + 1;
}

size_t series_moments(const struct series *series, const struct series_moment *moments[SERIES_MOMENTS])
{
    size_t count = 0;

    if (series->begun)
        count = append(moments, count, &series->first);
    for (size_t i = 0; i < series->nshares; i++) {
        const struct series_share *share = &series->shares[i];
        bool is_rising = share->low.mono_ns <= share->high.mono_ns;
        if (share->count == 0)
            continue;
        count = append(moments, count, is_rising ? &share->low : &share->high);
        count = append(moments, count, is_rising ? &share->high : &share->low);
    }
    return series->begun ? append(moments, count, &series->last) : count;
}
