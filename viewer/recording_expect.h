/* recording_expect.h: what the payload before, and the rest of this one, promise of a payload: for packing (recording.h).
 *
 * Works on payloads of any content; `bytes` is their size. Writer and reader have to come to the very same: what is taken
 * from a payload here is what the reader has restored by then. */
#ifndef VIEWER_RECORDING_EXPECT_H
#define VIEWER_RECORDING_EXPECT_H

#include "recording.h"

/* at_snapshot and its table: its size with so many sections; how many sections a payload claims, -1 when there cannot be as
 * many; one of them; and the size of a section's rows, 0 when they do not lie in the payload. */
size_t recording_head_bytes(uint32_t sections);
int recording_sections(const void *payload, size_t bytes);
struct at_section recording_section(const void *payload, int i);
size_t recording_rows(const struct at_section *section, size_t bytes);

/* The words of the head stand where they stood, as far as there were any. */
void recording_expect_head(uint64_t *expected, size_t bytes, const void *before, size_t before_bytes);

/* Rows stand where they stood in the section of their kind. `head` holds the head of the payload that is expected. */
void recording_expect_rows(uint64_t *expected, const void *head, size_t bytes, const void *before, size_t before_bytes);

/* The section of which the others tell something: that of the classes; -1 when there is none that stands by itself. */
int recording_derived(const void *payload, size_t bytes);

/* Adds to what is expected of that section what the other sections of the payload, restored already, promise. */
void recording_expect_derived(uint64_t *expected, const void *payload, size_t bytes, const void *before,
                              size_t before_bytes);

#endif
