/* symtab.c: reads .symtab with every offset checked against the file's size. */
#include "symtab.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct image {
    const unsigned char *bytes;
    size_t size;
    const Elf64_Sym *symbols;
    size_t count;
    const char *strings;
    size_t strings_bytes;
};

static bool inside(const struct image *image, uint64_t offset, uint64_t length)
{
    return offset <= image->size && length <= image->size - offset;
}

static const Elf64_Shdr *section(const struct image *image, const Elf64_Ehdr *header, uint64_t index)
{
    uint64_t offset = header->e_shoff + index * sizeof(Elf64_Shdr);
    if (index >= header->e_shnum || header->e_shentsize != sizeof(Elf64_Shdr) || offset % 8 != 0 ||
        !inside(image, offset, sizeof(Elf64_Shdr)))
        return NULL;
    return (const Elf64_Shdr *)(const void *)(image->bytes + offset);
}

static bool use_section(struct image *image, const Elf64_Ehdr *header, const Elf64_Shdr *symbols)
{
    const Elf64_Shdr *strings = section(image, header, symbols->sh_link);
    if (strings == NULL || symbols->sh_offset % 8 != 0 || !inside(image, symbols->sh_offset, symbols->sh_size) ||
        !inside(image, strings->sh_offset, strings->sh_size) || strings->sh_size == 0)
        return false;
    image->symbols = (const Elf64_Sym *)(const void *)(image->bytes + symbols->sh_offset);
    image->count = symbols->sh_size / sizeof(Elf64_Sym);
    image->strings = (const char *)image->bytes + strings->sh_offset;
    image->strings_bytes = strings->sh_size;
    return image->strings[image->strings_bytes - 1] == '\0';
}

static bool find_table(struct image *image)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)(const void *)image->bytes;
    if (image->size < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_ident[EI_CLASS] != ELFCLASS64)
        return false;
    for (uint64_t i = 0; i < header->e_shnum; i++) {
        const Elf64_Shdr *each = section(image, header, i);
        if (each == NULL)
            return false;
        if (each->sh_type == SHT_SYMTAB)
            return use_section(image, header, each);
    }
    return false;
}

static bool map_file(const char *path, struct image *image)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return false;
    void *bytes = MAP_FAILED;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
        bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED)
        return false;
    *image = (struct image){.bytes = bytes, .size = (size_t)status.st_size};
    return true;
}

static bool open_table(const char *path, struct image *image)
{
    if (!map_file(path, image))
        return false;
    if (find_table(image))
        return true;
    munmap((void *)(uintptr_t)image->bytes, image->size);
    return false;
}

static const char *function_name(const struct image *image, const Elf64_Sym *symbol)
{
    if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_shndx == SHN_UNDEF ||
        symbol->st_name >= image->strings_bytes)
        return NULL;
    return image->strings + symbol->st_name;
}

static bool name_at(const struct image *image, uint64_t value, char *symbol, size_t bytes)
{
    for (size_t i = 0; i < image->count; i++) {
        const Elf64_Sym *each = &image->symbols[i];
        const char *name = function_name(image, each);
        if (name == NULL || name[0] == '\0')
            continue;
        if (value - each->st_value < each->st_size || value == each->st_value) {
            snprintf(symbol, bytes, "%s", name);
            return true;
        }
    }
    return false;
}

bool symtab_name_at(const char *path, uint64_t value, char *symbol, size_t bytes)
{
    int saved = errno;
    struct image image;
    bool found = false;
    symbol[0] = '\0';
    if (open_table(path, &image)) {
        found = name_at(&image, value, symbol, bytes);
        munmap((void *)(uintptr_t)image.bytes, image.size);
    }
    errno = saved;
    return found;
}

static const Elf64_Sym *find_suffix(const struct image *image, const char *suffix)
{
    const Elf64_Sym *best = NULL;
    size_t suffix_length = strlen(suffix);
    for (size_t i = 0; i < image->count; i++) {
        const char *name = function_name(image, &image->symbols[i]);
        size_t length = name != NULL ? strlen(name) : 0;
        if (length < suffix_length || strcmp(name + length - suffix_length, suffix) != 0)
            continue;
        if (length == suffix_length)
            return &image->symbols[i];
        if (best == NULL)
            best = &image->symbols[i];
    }
    return best;
}

bool symtab_find_suffix(const char *path, const char *name, uint64_t *value, char *found, size_t bytes)
{
    int saved = errno;
    struct image image;
    const Elf64_Sym *symbol = NULL;
    if (open_table(path, &image)) {
        symbol = find_suffix(&image, name);
        if (symbol != NULL) {
            *value = symbol->st_value;
            snprintf(found, bytes, "%s", function_name(&image, symbol));
        }
        munmap((void *)(uintptr_t)image.bytes, image.size);
    }
    errno = saved;
    return symbol != NULL;
}
