/* guard.h: the one place where reading a mapped file may fail: a file that shrank under its mapping raises SIGBUS. */
#ifndef VIEWER_GUARD_H
#define VIEWER_GUARD_H

#include <stdbool.h>

/* Calls work(context). Returns true, or false when a SIGBUS cut it short: `work` must then have left nothing half-done
 * that matters, so it only copies out of the mapping into memory that its caller owns; no malloc, no locks, no stdio.
 * SIGBUS's former action is in force again afterwards. One thread of the process at a time; calls do not nest. */
bool guard_call(void (*work)(void *context), void *context);

#endif
