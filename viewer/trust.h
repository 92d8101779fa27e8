/* trust.h: whose word a segment is. */
#ifndef VIEWER_TRUST_H
#define VIEWER_TRUST_H

#include <stdbool.h>

#include "procs.h"
#include "segment.h"

/* Whether a segment that lies in a folder of `folder_owner`'s may speak for the process that it names; `proc` is that, or
 * NULL when it is gone or cannot be seen. Anybody can make a file of any name and content in /dev/shm: believed is what
 * nobody but its owner may write, when that is a user of the process's, whoever owns the folder (root, in a container its
 * root: a process may have dropped its rights since), or the reader; of a process that is not there, who it says it is. */
bool trust_segment(const struct segment_view *view, const struct proc *proc, uid_t folder_owner);

#endif
