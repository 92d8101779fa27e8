/* quote.h: words as a person can paste them into a shell. */
#ifndef VIEWER_QUOTE_H
#define VIEWER_QUOTE_H

#include <stdbool.h>
#include <stddef.h>

/* Writes `word` so that a shell reads it as one word with the same bytes: as it is, in quotes, or with what must not reach
 * a terminal spelled out ($'\033'). Returns its length, or 0 with an empty string when `size` is too small. */
size_t quote_word(char *to, size_t size, const char *word);

/* The words of a block of `bytes` bytes, each ended by a zero as in /proc/PID/cmdline, quoted, with blanks between. Whole
 * words only: returns false when not all of them fit, or the last one has no end. `size` is at least 1. */
bool quote_words(char *to, size_t size, const char *words, size_t bytes);

#endif
