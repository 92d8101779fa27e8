/* flight.c: a flight recorder: snapshots around the moments at which a condition is met. */
#include "flight.h"

#include <stdlib.h>
#include <string.h>

int flight_init(struct flight *flight, struct recorder *recorder, const struct when *conditions, size_t count,
                uint64_t before_ns, uint64_t after_ns)
{
    *flight = (struct flight){.recorder = recorder, .before.span_ns = before_ns, .after_ns = after_ns};
    return watch_init(&flight->watch, conditions, count);
}

void flight_free(struct flight *flight)
{
    watch_free(&flight->watch);
    window_free(&flight->before);
}

/* What lies between this snapshot and the one before it in the file is missing there, whatever the reason. */
static int append(struct flight *flight, const void *payload, size_t bytes, struct failure *failure)
{
    uint64_t last = recorder_last_seq(flight->recorder);
    struct at_snapshot head;

    memcpy(&head, payload, sizeof(head));
    if (head.seq <= last)
        return 0;
    if (recorder_append(flight->recorder, payload, bytes, last == 0 ? 0 : head.seq - last - 1, failure) < 0)
        return -1;
    flight->written++;
    return 0;
}

/* The window before a snapshot of mono_ns. */
static int append_window(struct flight *flight, uint64_t mono_ns, struct failure *failure)
{
    struct window_item *item;
    int result = 0;

    window_expire(&flight->before, mono_ns);
    while (result == 0 && (item = window_take(&flight->before)) != NULL) {
        result = append(flight, item->payload, item->bytes, failure);
        free(item);
    }
    return result;
}

int flight_take(struct flight *flight, const struct snapshot *snapshot, const void *payload, size_t bytes,
                struct failure *failure)
{
    uint64_t mono_ns = snapshot->head.mono_ns;
    size_t met = watch_judge(&flight->watch, snapshot);

    if (met > 0) {
        flight->is_open = true;
        flight->met_ns = mono_ns;
    } else if (flight->is_open)
        flight->is_open = mono_ns <= flight->met_ns || mono_ns - flight->met_ns <= flight->after_ns;
    /* Whoever recorded it may have been killed in the middle of the window after it: that goes on. */
    if (snapshot->head.seq <= recorder_last_seq(flight->recorder))
        return 0;
    flight->moments += met;
    if (!flight->is_open) {
        window_push(&flight->before, payload, bytes, mono_ns);
        return 0;
    }
    if (append_window(flight, mono_ns, failure) < 0 || append(flight, payload, bytes, failure) < 0)
        return -1;
    return (int)met;
}
