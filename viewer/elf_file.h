/* elf_file.h: what an executable file says of itself, as far as `run` must know before it starts it. Nothing in the file is
 * believed before it is checked; only files of this machine's kind are taken apart further. */
#ifndef VIEWER_ELF_FILE_H
#define VIEWER_ELF_FILE_H

#include <limits.h>
#include <stdbool.h>

struct elf {
    bool is_elf;
    bool is_foreign;            /* of another word size, byte order or machine than this program */
    char interpreter[PATH_MAX]; /* the dynamic loader it asks for; empty: it is linked statically */
};

/* Looks into the file at `path`. Returns 0, also when it is no ELF file, or -errno; -ENOEXEC when it is a damaged one. */
int elf_read(struct elf *elf, const char *path);

/* Whether a function whose name ends in `suffix` is defined in the file, in its dynamic or its full symbol table: 1 yes,
 * 0 no, also for what is no ELF file; -errno. */
int elf_defines(const char *path, const char *suffix);

#endif
