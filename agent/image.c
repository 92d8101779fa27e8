/* image.c: maps ELF files, and finds sections in them. */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const Elf64_Ehdr *header_of(const struct image *image)
{
    return (const Elf64_Ehdr *)(const void *)image->bytes;
}

static bool inside(const struct image *image, uint64_t offset, uint64_t length)
{
    return offset <= image->size && length <= image->size - offset;
}

static bool is_elf(const struct image *image)
{
    const Elf64_Ehdr *header = header_of(image);
    return image->size >= sizeof *header && memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
           header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_shentsize == sizeof(Elf64_Shdr);
}

static void *map_file(const char *path, size_t *size)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return MAP_FAILED;
    void *bytes = MAP_FAILED;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        *size = (size_t)status.st_size;
        bytes = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    close(fd);
    return bytes;
}

bool image_open(struct image *image, const char *path)
{
    int saved = errno;
    size_t size = 0;
    void *bytes = map_file(path, &size);
    bool opened = bytes != MAP_FAILED;
    *image = (struct image){.bytes = opened ? bytes : NULL, .size = size};
    if (opened && !is_elf(image)) {
        image_close(image);
        opened = false;
    }
    errno = saved;
    return opened;
}

void image_close(struct image *image)
{
    int saved = errno;
    munmap((void *)(uintptr_t)image->bytes, image->size);
    errno = saved;
}

const Elf64_Shdr *image_section(const struct image *image, uint64_t index)
{
    uint64_t offset = header_of(image)->e_shoff + index * sizeof(Elf64_Shdr);
    if (index >= header_of(image)->e_shnum || offset % 8 != 0 || !inside(image, offset, sizeof(Elf64_Shdr)))
        return NULL;
    return (const Elf64_Shdr *)(const void *)(image->bytes + offset);
}

const void *image_content(const struct image *image, const Elf64_Shdr *section, bool text)
{
    if (section == NULL || section->sh_type == SHT_NOBITS || section->sh_size == 0 ||
        !inside(image, section->sh_offset, section->sh_size))
        return NULL;
    const unsigned char *content = image->bytes + section->sh_offset;
    bool sound = text ? content[section->sh_size - 1] == '\0' : section->sh_offset % 8 == 0;
    return sound ? content : NULL;
}

const Elf64_Shdr *image_section_named(const struct image *image, const char *name)
{
    const Elf64_Shdr *names = image_section(image, header_of(image)->e_shstrndx);
    const char *texts = image_content(image, names, true);
    for (uint64_t i = 1; texts != NULL && i < header_of(image)->e_shnum; i++) {
        const Elf64_Shdr *section = image_section(image, i);
        if (section != NULL && section->sh_name < names->sh_size && strcmp(texts + section->sh_name, name) == 0)
            return section;
    }
    return NULL;
}

const Elf64_Shdr *image_section_of_type(const struct image *image, uint32_t type)
{
    for (uint64_t i = 0; i < header_of(image)->e_shnum; i++) {
        const Elf64_Shdr *section = image_section(image, i);
        if (section != NULL && section->sh_type == type)
            return section;
    }
    return NULL;
}
