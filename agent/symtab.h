/* symtab.h: the full symbol table (.symtab) of an ELF file on disk, which is not loaded with the program. Of a stripped
 * file it is looked for in its separate debug file (debugfile.h).
 *
 * What was read of the file stays until it is closed; nothing in it is believed before it is checked. errno survives. */
#ifndef AGENT_SYMTAB_H
#define AGENT_SYMTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image.h"

struct symtab {
    struct image image;
    const Elf64_Sym *symbols;
    size_t count;
    const char *strings;
    size_t strings_bytes;
};

/* Opens the table of the file at `path`. False when there is none: then there is nothing to close. */
bool symtab_open(struct symtab *table, const char *path);
void symtab_close(struct symtab *table);

/* The value of function `name`, an address as the file has it; 0 when there is none. */
uint64_t symtab_find(const struct symtab *table, const char *name);

/* The name of the first function from row *at on that ends in `suffix`; *at becomes the row behind it. NULL when there is
 * none. The name lies in the table. */
const char *symtab_next_ending(const struct symtab *table, const char *suffix, size_t *at);

/* Opens the table at `path` and copies the name of the function whose code holds `value` into symbol[bytes]. False, and ""
 * in symbol, when there is none. */
bool symtab_name_at(const char *path, uint64_t value, char *symbol, size_t bytes);

#endif
