/* sample_encode.h: the payload of a snapshot, from what the sampler has. */
#ifndef AGENT_SAMPLE_ENCODE_H
#define AGENT_SAMPLE_ENCODE_H

#include "sample.h"
#include "sampler.h"

/* Writes the snapshot into the sampler's buffer, and reads what the kernel says of the process on the way. Where there is no
 * room for all threads, the largest are written, and the others counted; their list is in another order then. Returns the
 * size; 0 when the buffer is too small for any. The publisher's thread alone. */
size_t sample_encode(struct sampler *sampler, const struct sample_notes *notes, uint64_t moved);

#endif
