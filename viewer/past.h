/* past.h: the longer history behind graphs: how far it reaches back, and its series. */
#ifndef VIEWER_PAST_H
#define VIEWER_PAST_H

#include "history.h"
#include "session.h"

#define PAST_PLACES 600

struct past {
    struct history history; /* made when the first graph is shown */
    bool made;
    unsigned span; /* row of the table of spans */
};

/* Snapshots that the chosen span covers, and how many of them one place of the history stands for. */
uint64_t past_span(const struct past *past);
uint64_t past_stride(const struct past *past);

/* The next longer span, or with -1 the next shorter. */
void past_zoom(struct past *past, int direction);

/* Reads up to `steps` of what is missing. Returns how many; 0: nothing is missing. */
unsigned past_fill(struct past *past, struct session *session, const struct model *model, unsigned steps);

/* Forgets everything: another process is watched. */
void past_reset(struct past *past);
void past_free(struct past *past);

/* The time that the span up to a place of the source covers, where snapshots come every interval_ns in general. */
uint64_t past_duration_ns(const struct past *past, uint64_t place, uint64_t interval_ns);

/* Up to `cells` values of a class's live, or with NULL of the process's, up to a place of the source. As history_series. */
size_t past_series(const struct past *past, const char *class_name, uint64_t place, size_t cells, uint64_t *out);

#endif
