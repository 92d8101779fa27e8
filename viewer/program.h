/* program.h: the command that a person wants to run: which file it is in the end, and whether an agent can be preloaded
 * into it. */
#ifndef VIEWER_PROGRAM_H
#define VIEWER_PROGRAM_H

#include <limits.h>

#include "elf_file.h"
#include "fail.h"

struct program {
    char path[PATH_MAX]; /* the ELF file: of a script its interpreter's */
    struct elf elf;
};

/* Finds `command` as execvp(3) would and follows scripts to their interpreter, through env(1) as well. Returns 0, or -1
 * with *failure set: EXIT_NOT_FOUND, or EXIT_CANNOT_RUN for what cannot be executed or cannot have an agent: linked
 * statically, gaining privileges, made for another machine or another libc. */
int program_find(struct program *program, const char *command, struct failure *failure);

#endif
