/* output.h: a file that appears whole or not at all, or standard output.
 *
 * Bytes go to a temporary file in the same folder, which takes its place only once everything is on the disk. It is
 * removed on every way out, also by SIGINT, SIGTERM and SIGHUP. What is no ordinary file (a device, a FIFO) is written to
 * as it is. One output at a time in a process. */
#ifndef VIEWER_OUTPUT_H
#define VIEWER_OUTPUT_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#include "fail.h"

struct output {
    FILE *stream;        /* what the caller writes to */
    const char *name;    /* for messages: the path, or "standard output" */
    int file;            /* behind the stream */
    int error;           /* errno of the first write that failed */
    int folder;          /* that it will be in; -1: none */
    char path[PATH_MAX]; /* where it will be, from `folder` on: links are followed */
    bool is_temporary;   /* there is a temporary file that must become `path` or go */
};

/* Opens `path`, or with NULL or "-" standard output. Both structs stay where they are until the end, and so does `path`.
 * Returns 0, or -1 with *failure set. Nobody else may write to stdout until then. */
int output_open(struct output *output, const char *path, struct failure *failure);

/* Ends it: flushes, syncs, renames, syncs the folder. Returns 0, or -1 with *failure set; then the temporary file is
 * removed and what was at `path` before is still there. A reader that closed its pipe is no message to anybody: it fails with an empty text. */
int output_commit(struct output *output, struct failure *failure);

/* Gives it up: closes and removes the temporary file. Does nothing after output_commit. */
void output_discard(struct output *output);

/* Whether what is at `path`, a file or a link, is somebody else's, in a folder where everybody may put theirs: it lies in wait
 * for what is written there, which would be theirs to read. output_open refuses it. */
bool output_lies_in_wait(const char *path);

/* Waits until the name of the file at `path` is on the disk: until its folder is. Returns 0, or -1 with errno. For files
 * that are not made by an output. */
int output_sync_folder(const char *path);

#endif
