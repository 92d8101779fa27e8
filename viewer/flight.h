/* flight.h: a flight recorder: of the snapshots that come only those around the moments at which a condition is met go
 * into the recording. Until then as many as the window before such a moment needs are kept in memory. */
#ifndef VIEWER_FLIGHT_H
#define VIEWER_FLIGHT_H

#include "recorder.h"
#include "watch.h"
#include "window.h"

struct flight {
    struct recorder *recorder;
    struct watch watch; /* its moments are those of the last snapshot */
    struct window before;
    uint64_t after_ns;
    uint64_t met_ns;  /* CLOCK_MONOTONIC of the last moment */
    bool is_open;     /* what comes now is recorded */
    uint64_t moments; /* so far */
    uint64_t written; /* snapshots */
};

/* Begins. The conditions (at least one) and the recorder must live until flight_free. Returns 0, or -1: no memory.
 * `flight` need not be zeroed. */
int flight_init(struct flight *flight, struct recorder *recorder, const struct when *conditions, size_t count,
                uint64_t before_ns, uint64_t after_ns);
void flight_free(struct flight *flight);

/* Takes the next snapshot, decoded and as it was published. One that the recording has already is judged, and the window
 * after it goes on, but its moments were told by who recorded them. Returns the number of conditions that are met now, which
 * then are in the recording with what came before, and in flight->watch.moments; or -1 with *failure set. */
int flight_take(struct flight *flight, const struct snapshot *snapshot, const void *payload, size_t bytes,
                struct failure *failure);

#endif
