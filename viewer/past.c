/* past.c: the longer history behind graphs. */
#include "past.h"

/* In snapshots; at one a second: a minute, five, ten, an hour, six hours, a day. */
static const uint64_t spans[] = {60, 300, 600, 3600, 21600, 86400};
#define SPANS (sizeof(spans) / sizeof(spans[0]))

uint64_t past_span(const struct past *past)
{
    return spans[past->span];
}

uint64_t past_stride(const struct past *past)
{
    return spans[past->span] > PAST_PLACES ? spans[past->span] / PAST_PLACES : 1;
}

void past_zoom(struct past *past, int direction)
{
    uint64_t stride = past_stride(past);
    if (direction > 0 && past->span + 1 < SPANS)
        past->span++;
    if (direction < 0 && past->span > 0)
        past->span--;
    if (past_stride(past) != stride)
        past_reset(past);
}

unsigned past_fill(struct past *past, struct session *session, const struct model *model, unsigned steps)
{
    if (!past->made)
        history_init(&past->history, PAST_PLACES);
    past->made = true;
    return session_fill(session, model, &past->history, past_stride(past), steps);
}

void past_reset(struct past *past)
{
    if (past->made)
        history_reset(&past->history);
}

void past_free(struct past *past)
{
    history_free(&past->history);
    past->made = false;
}

/* Places of the history that the span covers. */
static size_t span_places(const struct past *past)
{
    return (size_t)(past_span(past) / past_stride(past));
}

uint64_t past_duration_ns(const struct past *past, uint64_t place, uint64_t interval_ns)
{
    uint64_t stride = past_stride(past);
    if (!past->made)
        return past_span(past) * interval_ns;
    return history_duration_ns(&past->history, place / stride, span_places(past), stride * interval_ns);
}

size_t past_series(const struct past *past, const char *class_name, uint64_t place, size_t cells, uint64_t *out)
{
    if (!past->made)
        return 0;
    long row = class_name != NULL ? history_class(&past->history, class_name, 0) : HISTORY_PROCESS;
    return history_series(&past->history, row, HISTORY_LIVE, place / past_stride(past), span_places(past), cells, out);
}
