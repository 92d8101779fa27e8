/* image.h: an ELF file of 64 bits on disk: its headers, its symbol table and what tells of a debug file, read into memory.
 *
 * Nothing in it is believed before it is checked against the file's size. errno survives every call. */
#ifndef AGENT_IMAGE_H
#define AGENT_IMAGE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The sections that are read besides the symbols (.symtab with its strings). */
#define IMAGE_BUILD_ID   ".note.gnu.build-id"
#define IMAGE_DEBUG_LINK ".gnu_debuglink"

/* What is read is the program's memory until the image is closed, and nothing can be got back of it meanwhile. Large C++
 * programs have some 10 MiB of symbols; who has more than fits is taken for stripped, and not pushed over its limit. */
#define IMAGE_READ_BYTES_MAX (UINT64_C(64) << 20)

struct image {
    unsigned char *bytes; /* as in the file; zeros where nothing was read */
    size_t size;
    uint64_t symbols; /* the section with the symbol table; 0: it has none, or more than IMAGE_READ_BYTES_MAX */
};

/* Reads the regular file at `path`, which may change and be cut off meanwhile. Returns false when it cannot be read or is no
 * such ELF file: then there is nothing to close. */
bool image_open(struct image *image, const char *path);
void image_close(struct image *image);

/* Section `index`, or the first of that name; NULL when there is none. Its content may still lie outside the file:
 * see image_content. */
const Elf64_Shdr *image_section(const struct image *image, uint64_t index);
const Elf64_Shdr *image_section_named(const struct image *image, const char *name);

/* A section's content, aligned to 8 bytes or (`text`) ended by a NUL; NULL when it is not, is empty or not in the file. */
const void *image_content(const struct image *image, const Elf64_Shdr *section, bool text);

#endif
