/* elf_file.c: what an executable file says of itself. Read with pread(): a file that shrinks meanwhile is a short one. */
#include "elf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ordinary.h"

struct file {
    int fd;
    uint64_t bytes;
    ElfW(Ehdr) head;
};

static bool in_file(const struct file *file, uint64_t offset, uint64_t bytes)
{
    return offset <= file->bytes && bytes <= file->bytes - offset;
}

/* Reads exactly `bytes` bytes. Returns 0, -ENOEXEC when the file is too short for that, or -errno. */
static int read_at(const struct file *file, void *to, uint64_t offset, uint64_t bytes)
{
    uint64_t done = 0;

    if (!in_file(file, offset, bytes))
        return -ENOEXEC;
    while (done < bytes) {
        ssize_t got = pread(file->fd, (char *)to + done, bytes - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -errno : -ENOEXEC;
        done += (uint64_t)got;
    }
    return 0;
}

/* A table of the file in memory; the caller frees it. NULL with *error set. */
static void *load(const struct file *file, uint64_t offset, uint64_t bytes, int *error)
{
    void *table = in_file(file, offset, bytes) ? calloc(1, bytes > 0 ? bytes : 1) : NULL;

    *error = table == NULL ? (in_file(file, offset, bytes) ? -ENOMEM : -ENOEXEC) : read_at(file, table, offset, bytes);
    if (*error == 0)
        return table;
    free(table);
    return NULL;
}

/* Returns 1 for an ELF file, with its header read; 0 for anything else; -errno. */
static int open_elf(struct file *file, const char *path)
{
    struct stat status;
    int result;

    *file = (struct file){.fd = ordinary_open(path, 0)};
    if (file->fd < 0)
        return errno == ENXIO ? -EACCES : -errno;
    if (fstat(file->fd, &status) != 0)
        result = -errno;
    else {
        file->bytes = (uint64_t)status.st_size;
        result = read_at(file, &file->head, 0, sizeof(file->head));
        /* Shorter than a header: a script, perhaps. */
        result = result == -ENOEXEC ? 0 : result < 0 ? result : memcmp(file->head.e_ident, ELFMAG, SELFMAG) == 0;
    }
    if (result < 1)
        close(file->fd);
    return result;
}

/* What this program itself is made for. */
static bool is_foreign(const struct file *file)
{
    struct file own = {.fd = -1};

    if (open_elf(&own, "/proc/self/exe") != 1)
        return false;
    close(own.fd);
    return file->head.e_ident[EI_CLASS] != own.head.e_ident[EI_CLASS] ||
           file->head.e_ident[EI_DATA] != own.head.e_ident[EI_DATA] || file->head.e_machine != own.head.e_machine;
}

static int read_interpreter(const struct file *file, char interpreter[PATH_MAX])
{
    interpreter[0] = '\0';
    for (unsigned i = 0; i < file->head.e_phnum; i++) {
        ElfW(Phdr) segment = {0};
        int error = read_at(file, &segment, file->head.e_phoff + (uint64_t)i * sizeof(segment), sizeof(segment));
        if (error < 0)
            return error;
        if (segment.p_type != PT_INTERP)
            continue;
        if (segment.p_filesz == 0 || segment.p_filesz > PATH_MAX)
            return -ENOEXEC;
        error = read_at(file, interpreter, segment.p_offset, segment.p_filesz);
        interpreter[segment.p_filesz - 1] = '\0';
        return error;
    }
    return 0;
}

int elf_read(struct elf *elf, const char *path)
{
    struct file file;
    int result = open_elf(&file, path);

    memset(elf, 0, sizeof(*elf));
    if (result < 1)
        return result;
    elf->is_elf = true;
    elf->is_foreign = is_foreign(&file);
    result = elf->is_foreign ? 0 : read_interpreter(&file, elf->interpreter);
    close(file.fd);
    return result;
}

/* ---- symbols ---- */

static bool ends_in(const char *name, size_t length, const char *suffix)
{
    size_t wanted = strlen(suffix);

    return length >= wanted && memcmp(name + length - wanted, suffix, wanted) == 0;
}

static int search_symbols(const ElfW(Sym) * symbols, uint64_t count, const char *names, uint64_t names_bytes,
                          const char *suffix)
{
    for (uint64_t i = 0; i < count; i++) {
        const ElfW(Sym) *symbol = &symbols[i];
        if (symbol->st_shndx == SHN_UNDEF || (symbol->st_info & 0xf) != STT_FUNC || symbol->st_name >= names_bytes)
            continue;
        const char *name = names + symbol->st_name;
        if (ends_in(name, strnlen(name, names_bytes - symbol->st_name), suffix))
            return 1;
    }
    return 0;
}

static int search_table(const struct file *file, const ElfW(Shdr) * table, const ElfW(Shdr) * strings,
                        const char *suffix)
{
    int error;
    char *names = NULL;
    ElfW(Sym) *symbols = load(file, table->sh_offset, table->sh_size, &error);

    if (symbols != NULL)
        names = load(file, strings->sh_offset, strings->sh_size, &error);
    int found = symbols == NULL || names == NULL
                    ? error
                    : search_symbols(symbols, table->sh_size / sizeof(*symbols), names, strings->sh_size, suffix);
    free(symbols);
    free(names);
    return found;
}

/* A file has one table of each kind; one that has thousands would be read as often. */
static int search_sections(const struct file *file, const char *suffix)
{
    bool searched[SHT_DYNSYM + 1] = {false};
    int found;
    uint64_t count = file->head.e_shnum;
    ElfW(Shdr) *sections = load(file, file->head.e_shoff, count * sizeof(*sections), &found);

    for (uint64_t i = 0; sections != NULL && found == 0 && i < count; i++) {
        const ElfW(Shdr) *section = &sections[i];
        if ((section->sh_type != SHT_DYNSYM && section->sh_type != SHT_SYMTAB) || section->sh_link >= count ||
            searched[section->sh_type])
            continue;
        searched[section->sh_type] = true;
        found = search_table(file, section, &sections[section->sh_link], suffix);
    }
    free(sections);
    return found;
}

int elf_defines(const char *path, const char *suffix)
{
    struct file file;
    int result = open_elf(&file, path);

    if (result < 1)
        return result;
    result = is_foreign(&file) ? 0 : search_sections(&file, suffix);
    close(file.fd);
    return result;
}
