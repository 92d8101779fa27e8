/* image.h: an ELF file of 64 bits on disk: its headers, symbols, strings, notes and small sections, read into memory.
 *
 * Nothing in it is believed before it is checked against the file's size. errno survives every call. */
#ifndef AGENT_IMAGE_H
#define AGENT_IMAGE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image {
    unsigned char *bytes; /* as in the file; zeros where nothing was read */
    size_t size;
};

/* Reads the regular file at `path`, which may change and be cut off meanwhile. Returns false when it cannot be read or is no
 * such ELF file: then there is nothing to close. */
bool image_open(struct image *image, const char *path);
void image_close(struct image *image);

/* Section `index`, or the first of that name or type; NULL when there is none. Its content may still lie outside the file:
 * see image_content. */
const Elf64_Shdr *image_section(const struct image *image, uint64_t index);
const Elf64_Shdr *image_section_named(const struct image *image, const char *name);
const Elf64_Shdr *image_section_of_type(const struct image *image, uint32_t type);

/* A section's content, aligned to 8 bytes or (`text`) ended by a NUL; NULL when it is not, is empty or not in the file. */
const void *image_content(const struct image *image, const Elf64_Shdr *section, bool text);

#endif
