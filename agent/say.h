/* say.h: one-line messages of the agent on the host's stderr, and the warnings that go with every snapshot.
 *
 * Nothing here allocates; errno and cancellation of the calling thread stay as they were. Any thread may call it. */
#ifndef AGENT_SAY_H
#define AGENT_SAY_H

#include <stdbool.h>
#include <stddef.h>

#include "arenatop.h"

#define SAY_WARNINGS_MAX 16

/* Remembers what stderr is, before the program can have put something else in its place. */
void say_start(void);

/* Turns the messages on stderr off (`quiet:true`); warnings are kept all the same. */
void say_quiet(bool quiet);

/* The calling thread has a descriptor table of its own: from now on its messages go to the stderr of the process's main
 * thread, looked for each time: the program may close it, and expects whoever reads it to see its end then. */
void say_through_leader(void);

/* Writes "arenatop: <text>\n" to stderr with one write(2), if that can be done at once, and if stderr is what it was at the
 * start, or a regular file that is appended to. printf's format; longer lines are cut at 511 bytes. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, and keeps the text as a warning for the snapshots. A text that is kept already is neither said nor kept
 * again; of more than SAY_WARNINGS_MAX texts the later ones are only said. */
void say_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How many warnings are kept; copies warning `i` (smaller than that number) into `text`. */
unsigned say_warning_count(void);
void say_warning_copy(unsigned i, char text[AT_WARNING_BYTES]);

#endif
