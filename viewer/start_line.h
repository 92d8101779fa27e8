/* start_line.h: the command that a running process was started with, as a person can paste it behind `arenatop run --`. */
#ifndef VIEWER_START_LINE_H
#define VIEWER_START_LINE_H

#include <stddef.h>
#include <sys/types.h>

/* Writes the words of /proc/PID/cmdline, quoted for the shell, into `line` (`size` at least 1). The first of them is only a
 * name that the process was given: where it does not lead to the program from here, the program's path stands for it. A
 * process that has written over its command line, as servers do to say what they are at, has lost its arguments: then the
 * program alone is there. "COMMAND" where nothing is known. Returns "", or a remark to be put behind the line. */
const char *start_line(char *line, size_t size, pid_t pid);

#endif
