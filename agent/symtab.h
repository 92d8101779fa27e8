/* symtab.h: the full symbol table (.symtab) of an ELF file on disk, which is not loaded with the program.
 *
 * The file is mapped for the length of the call; nothing in it is believed before it is checked. errno survives. */
#ifndef AGENT_SYMTAB_H
#define AGENT_SYMTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies the name of the function whose code holds `value` (an address as the file has it) into symbol[bytes].
 * False, and "" in symbol, when there is none. */
bool symtab_name_at(const char *path, uint64_t value, char *symbol, size_t bytes);

/* The value of function `name`, in *value. Of names ending in `name` (with any prefix) an exact one is preferred, else
 * the first; that finds je_mallctl, _rjem_mallctl and their like. False when there is none. *found (size bytes) gets the
 * full name. */
bool symtab_find_suffix(const char *path, const char *name, uint64_t *value, char *found, size_t bytes);

#endif
