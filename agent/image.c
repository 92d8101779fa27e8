/* image.c: reads ELF files, and finds sections in them. A mapped file that is cut off would end the host by SIGBUS. */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMALL_BYTES 4096u

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

/* ---- reading: what is wanted of the file goes to its place in memory; the rest is never read, and never takes any ---- */

static void read_part(int fd, struct image *image, uint64_t offset, uint64_t length)
{
    if (!inside(image, offset, length))
        return;
    for (uint64_t end = offset + length; offset < end;) {
        ssize_t got = pread(fd, image->bytes + offset, end - offset, (off_t)offset);
        if (got <= 0 && (got == 0 || errno != EINTR))
            return; /* what is not there any more is zeros */
        offset += got > 0 ? (uint64_t)got : 0;
    }
}

/* Tables of symbols, their strings and notes, whatever their size; of the rest what is small, as a debug link is. */
static bool is_wanted(const Elf64_Shdr *section)
{
    return section->sh_type == SHT_SYMTAB || section->sh_type == SHT_STRTAB || section->sh_type == SHT_NOTE ||
           (section->sh_type == SHT_PROGBITS && section->sh_size <= SMALL_BYTES);
}

/* Sections that lie over each other, or over their own table, do not make it read more than there is in a file. */
static void read_sections(int fd, struct image *image, unsigned count)
{
    uint64_t left = image->size;
    for (unsigned i = 0; i < count; i++) {
        const Elf64_Shdr *row = image_section(image, i);
        const Elf64_Shdr section = row != NULL ? *row : (Elf64_Shdr){.sh_type = SHT_NULL};
        if (!is_wanted(&section) || section.sh_size > left)
            continue;
        read_part(fd, image, section.sh_offset, section.sh_size);
        left -= section.sh_size;
    }
}

static bool read_file(int fd, struct image *image)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= 0)
        return false;
    image->size = (size_t)status.st_size;
    void *room = mmap(NULL, image->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED)
        return false;
    image->bytes = room;
    read_part(fd, image, 0, image->size < sizeof(Elf64_Ehdr) ? image->size : sizeof(Elf64_Ehdr));
    if (is_elf(image)) {
        const Elf64_Ehdr header = *header_of(image);
        read_part(fd, image, header.e_shoff, header.e_shnum * sizeof(Elf64_Shdr));
        read_sections(fd, image, header.e_shnum);
        memcpy(image->bytes, &header, sizeof header); /* sections may claim to lie over it */
        return true;
    }
    image_close(image);
    return false;
}

bool image_open(struct image *image, const char *path)
{
    int saved = errno;
    *image = (struct image){.bytes = NULL};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    bool opened = fd >= 0 && read_file(fd, image);
    if (fd >= 0)
        close(fd);
    errno = saved;
    return opened;
}

void image_close(struct image *image)
{
    int saved = errno;
    munmap(image->bytes, image->size);
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
