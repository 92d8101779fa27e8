/* lines.h: a text file, line by line, without allocating. */
#ifndef AGENT_LINES_H
#define AGENT_LINES_H

#include <stdbool.h>
#include <stddef.h>

#define LINES_BYTES 4096 /* of a line; the rest of a longer one is left out */

/* Called with each line, writable and without its end, and its number from 1. Returns false to stop. */
typedef bool lines_each(void *context, char *line, unsigned number);

/* Reads the file at `path`. Returns 0 or -errno. errno survives. */
int lines_of_file(const char *path, lines_each *each, void *context);

/* Reads at most `bytes` - 1 bytes of the file at `path` into `text` and terminates it. Returns the length or -errno;
 * errno survives. For the small files of /proc and /sys. */
long lines_read_whole(const char *path, char *text, size_t bytes);

#endif
