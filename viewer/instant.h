/* instant.h: a moment that a person types, as in TARGET@19:32 or at the view's prompt. */
#ifndef VIEWER_INSTANT_H
#define VIEWER_INSTANT_H

#include <stdint.h>

/* Reads the whole of `text` as a time, in the local time zone unless it ends in Z, and stores CLOCK_REALTIME in
 * nanoseconds. Forms: 2026-11-22T19:32[:00[.5]] with a T or a blank, and 19:32[:00[.5]], which is the last such moment
 * not after `reference_ns`. Returns 0, or -1 when it is no time. */
int instant_parse(const char *text, uint64_t reference_ns, uint64_t *time_ns);

#endif
