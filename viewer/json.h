/* json.h: snapshots as the JSON of the contract, made from the tables of fields.
 *
 * Any bytes in a name become valid UTF-8: a byte that is none becomes U+FFFD. What steers a terminal is written as
 * an escape, so that a dump may be looked at. JSON here has signed 64-bit integers: a figure above 9223372036854775807 is written as that. */
#ifndef VIEWER_JSON_H
#define VIEWER_JSON_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "snapshot.h"
#include "source.h"

/* One snapshot as the object of the contract. The caller owns it (json_decref). NULL: no memory. */
json_t *json_of_snapshot(const struct source_about *about, const struct snapshot *snapshot);

/* A name or text of any bytes as a string, a figure as an integer, a time as "2026-11-22T19:32:00.123456789Z". */
json_t *json_of_text(const char *text);
json_t *json_of_figure(uint64_t figure);
json_t *json_of_time(uint64_t time_ns);

/* Writes one value on one line and gives it up (json_decref), NULL included. Returns 0, or -1: no memory, or the stream
 * has failed. */
int json_write_line(json_t *value, FILE *to);

#endif
