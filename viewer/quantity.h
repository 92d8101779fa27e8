/* quantity.h: amounts that a person types: counts, seconds, bytes. */
#ifndef VIEWER_QUANTITY_H
#define VIEWER_QUANTITY_H

#include <stddef.h>
#include <stdint.h>

/* Each reads the whole of `text` and stores the amount. Returns 0, or -1 when it is none or does not fit in 64 bits.
 * A decimal point is a point in every locale. */

int quantity_count(const char *text, uint64_t *count); /* "12" */
int quantity_seconds(const char *text, uint64_t *ns);  /* "1.5", "90s", "5min", "2h", "1d": in nanoseconds */
int quantity_bytes(const char *text, uint64_t *bytes); /* "4096", "1.5G": K, M, G, T are powers of 1,024 */

/* Nanoseconds of the unit of time that the first `length` bytes of `word` are: s, min, h or d; 0 when they are none. */
uint64_t quantity_unit_ns(const char *word, size_t length);

#endif
