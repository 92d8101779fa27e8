/* lookup.h: names that only the full symbol table has, which lies in a file. A file that a thread of the program's opened
 * would take a number that the program may close, or reckon with, or hand to a child of a fork that comes just then. So the
 * agent's own thread, which has a descriptor table of its own, reads for all of them. */
#ifndef AGENT_LOOKUP_H
#define AGENT_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lookup {
    LOOKUP_FOUND,
    LOOKUP_NONE, /* there is none, or nobody who reads */
    LOOKUP_LATE  /* no answer came in time; one may come to who asks again later */
};

/* Copies the name of the function of the file at `path` whose code holds `value` into symbol[bytes], "" unless it is found.
 * Waits for the reader, a few seconds at most and only until one has waited in vain; meanwhile the calling thread takes no
 * signal. Any thread, not to be cancelled. Nothing that is held by the caller is ever needed by the reader, which takes no
 * lock but jemalloc's and the kernel's. errno survives. */
enum lookup lookup_name(const char *path, uint64_t value, char *symbol, size_t bytes);

/* An object was unloaded: what was read last may be of another file by now. Any thread. */
void lookup_forget(void);

/* ---- the reader's side ---- */

/* From now on there is a reader, or will be in a moment. `ring` wakes it. */
void lookup_open(void (*ring)(void));

/* Reads for who waits, if anybody does. */
void lookup_serve(void);

/* From now on there is none; who waits learns of it. */
void lookup_close(void);

/* In a fork child: whoever waited or read is not there. */
void lookup_fork_child(void);

#endif
