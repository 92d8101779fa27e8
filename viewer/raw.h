/* raw.h: snapshots as a segment's bytes: a file that opens like a copy of /dev/shm/arenatop.*, without what is torn. */
#ifndef VIEWER_RAW_H
#define VIEWER_RAW_H

#include <stdint.h>
#include <stdio.h>

#include "fail.h"
#include "source.h"

/* Writes the snapshots from place `first` up to `end` of a source's last span; those that are overwritten meanwhile are
 * left out. Keeps them all in memory while it does; more than a ring can hold (1 GiB) is an error. Returns 0, or -1 with
 * *failure set; a failed stream is not looked at. */
int raw_write(struct source *source, uint64_t first, uint64_t end, FILE *to, uint64_t *damaged,
              struct failure *failure);

#endif
