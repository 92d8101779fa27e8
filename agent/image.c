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

/* ---- reading: what is wanted of the file goes to its place in memory. The rest takes none: it is never read, and as nobody
 * may write to its room, the kernel does not count it as promised (vm.overcommit_memory=2). ---- */

struct reading {
    int fd;
    struct image *image;
    uint64_t left; /* bytes that may still be read */
};

static bool make_writable(struct image *image, uint64_t offset, uint64_t length)
{
    uint64_t before = offset % (uint64_t)getpagesize();
    return mprotect(image->bytes + offset - before, before + length, PROT_READ | PROT_WRITE) == 0;
}

static bool read_part(struct reading *reading, uint64_t offset, uint64_t length)
{
    struct image *image = reading->image;
    if (!inside(image, offset, length) || length > reading->left || !make_writable(image, offset, length))
        return false;
    reading->left -= length;
    for (uint64_t end = offset + length; offset < end;) {
        ssize_t got = pread(reading->fd, image->bytes + offset, end - offset, (off_t)offset);
        if (got <= 0 && (got == 0 || errno != EINTR))
            break; /* what is not there any more is zeros */
        offset += got > 0 ? (uint64_t)got : 0;
    }
    return true;
}

static void read_small(struct reading *reading, const char *name)
{
    const Elf64_Shdr *section = image_section_named(reading->image, name);
    if (section != NULL && section->sh_size <= SMALL_BYTES)
        read_part(reading, section->sh_offset, section->sh_size);
}

static uint64_t first_of_type(const struct image *image, uint32_t type)
{
    for (uint64_t i = 1; i < header_of(image)->e_shnum; i++) {
        const Elf64_Shdr *section = image_section(image, i);
        if (section != NULL && section->sh_type == type)
            return i;
    }
    return 0;
}

/* The table and its strings, or none of both. They are copied first: sections may claim to lie over each other's headers. */
static void read_symbols(struct reading *reading)
{
    struct image *image = reading->image;
    uint64_t index = first_of_type(image, SHT_SYMTAB);
    const Elf64_Shdr *row = index != 0 ? image_section(image, index) : NULL;
    const Elf64_Shdr *linked = row != NULL ? image_section(image, row->sh_link) : NULL;
    if (linked == NULL)
        return;
    const Elf64_Shdr symbols = *row, strings = *linked;
    if (symbols.sh_size > reading->left || strings.sh_size > reading->left - symbols.sh_size)
        return;
    if (read_part(reading, symbols.sh_offset, symbols.sh_size) &&
        read_part(reading, strings.sh_offset, strings.sh_size))
        image->symbols = index;
}

static bool read_elf(struct reading *reading)
{
    struct image *image = reading->image;
    read_part(reading, 0, image->size < sizeof(Elf64_Ehdr) ? image->size : sizeof(Elf64_Ehdr));
    if (!is_elf(image))
        return false;
    const Elf64_Ehdr header = *header_of(image);
    read_part(reading, header.e_shoff, header.e_shnum * sizeof(Elf64_Shdr));
    const Elf64_Shdr *names = image_section(image, header.e_shstrndx);
    if (names != NULL)
        read_part(reading, names->sh_offset, names->sh_size);
    read_small(reading, IMAGE_BUILD_ID);
    read_small(reading, IMAGE_DEBUG_LINK);
    read_symbols(reading);
    memcpy(image->bytes, &header, sizeof header); /* sections may claim to lie over it */
    return true;
}

static bool read_file(int fd, struct image *image)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= 0)
        return false;
    image->size = (size_t)status.st_size;
    void *room = mmap(NULL, image->size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED)
        return false;
    image->bytes = room;
    if (read_elf(&(struct reading){.fd = fd, .image = image, .left = IMAGE_READ_BYTES_MAX}))
        return true;
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
