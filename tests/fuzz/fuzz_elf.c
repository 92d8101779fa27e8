/* fuzz_elf.c: executable files with words changed in their headers and tables, as viewer and agent look into them: both
 * stay inside and come to an end, and what they find is a string of the file's.
 *
 * The input is a list of changes of 12 bytes to a small sound file: where, how, and the value; what is left over cuts the
 * file off, and says where a symbol is looked for. */
#include <elf.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "elf_file.h"
#include "fuzz.h"
#include "symtab.h"

enum { SECTIONS = 8, SYMBOLS = 12, STRINGS = 128, CHANGE_BYTES = 12, CHANGES_MAX = 16 };

struct sample {
    Elf64_Ehdr head;
    Elf64_Phdr segments[2];
    Elf64_Shdr sections[SECTIONS];
    Elf64_Sym symbols[2][SYMBOLS]; /* dynamic and full */
    char strings[STRINGS];
    char section_names[STRINGS];
    struct {
        Elf64_Nhdr head;
        char name[4];
        unsigned char id[20];
    } note;
    struct {
        char name[12];
        uint32_t checksum;
    } link;
    char interpreter[32];
};

static const char names[] = "\0main\0je_mallctl\0worker_main\0mallctl\0_rjem_mallctlbymib\0free";
static char path[64];
static int fd = -1;

static void fill_symbols(Elf64_Sym symbols[SYMBOLS], unsigned first)
{
    static const unsigned starts[] = {1, 6, 17, 29, 37, 57};

    for (unsigned i = first; i < SYMBOLS; i++)
        symbols[i] = (Elf64_Sym){.st_name = starts[i % 6],
                                 .st_info = ELF64_ST_INFO(STB_GLOBAL, i % 4 == 3 ? STT_OBJECT : STT_FUNC),
                                 .st_shndx = i % 5 == 4 ? SHN_UNDEF : 1,
                                 .st_value = 0x1000 + i * 64,
                                 .st_size = i % 2 == 0 ? 64 : 0};
}

/* What a stripped file says of its other half. */
static void fill_link(struct sample *sample)
{
    static const char section_names[] = "\0.symtab\0.note.gnu.build-id\0.gnu_debuglink\0.shstrtab";

    memcpy(sample->section_names, section_names, sizeof(section_names));
    sample->sections[2].sh_name = 1;
    sample->sections[5].sh_name = 9;
    sample->sections[6].sh_name = 28;
    sample->sections[4].sh_name = 43;
    sample->head.e_shstrndx = 4;
    sample->note.head = (Elf64_Nhdr){.n_namesz = 4, .n_descsz = sizeof(sample->note.id), .n_type = NT_GNU_BUILD_ID};
    memcpy(sample->note.name, "GNU", 4);
    memset(sample->note.id, 0xa7, sizeof(sample->note.id));
    strcpy(sample->link.name, "fuzz.debug");
}

static Elf64_Shdr section_of(uint32_t type, size_t offset, size_t bytes, uint32_t link)
{
    return (Elf64_Shdr){.sh_type = type, .sh_offset = offset, .sh_size = bytes, .sh_link = link};
}

/* A file of this machine's kind: its head is that of the running program. */
static void fill(struct sample *sample)
{
    FILE *self = fopen("/proc/self/exe", "re");

    memset(sample, 0, sizeof(*sample));
    require(self != NULL && fread(&sample->head, sizeof(sample->head), 1, self) == 1);
    fclose(self);
    sample->head.e_phoff = offsetof(struct sample, segments);
    sample->head.e_phnum = 2;
    sample->head.e_shoff = offsetof(struct sample, sections);
    sample->head.e_shnum = SECTIONS;
    sample->segments[1] = (Elf64_Phdr){
        .p_type = PT_INTERP, .p_offset = offsetof(struct sample, interpreter), .p_filesz = sizeof(sample->interpreter)};
    sample->sections[1] = section_of(SHT_DYNSYM, offsetof(struct sample, symbols[0]), sizeof(sample->symbols[0]), 3);
    sample->sections[2] = section_of(SHT_SYMTAB, offsetof(struct sample, symbols[1]), sizeof(sample->symbols[1]), 3);
    sample->sections[3] = section_of(SHT_STRTAB, offsetof(struct sample, strings), sizeof(sample->strings), 0);
    sample->sections[4] = section_of(SHT_STRTAB, offsetof(struct sample, section_names), STRINGS, 0);
    sample->sections[5] = section_of(SHT_NOTE, offsetof(struct sample, note), sizeof(sample->note), 0);
    sample->sections[6] = section_of(SHT_PROGBITS, offsetof(struct sample, link), sizeof(sample->link), 0);
    fill_link(sample);
    fill_symbols(sample->symbols[0], 6);
    fill_symbols(sample->symbols[1], 0);
    memcpy(sample->strings, names, sizeof(names));
    strcpy(sample->interpreter, "/lib64/ld-linux-x86-64.so.2");
}

static void change(struct sample *sample, const uint8_t *what)
{
    uint64_t value, word;
    size_t at = (size_t)(what[0] | what[1] << 8) % (sizeof(*sample) - sizeof(word));

    memcpy(&value, what + 4, sizeof(value));
    memcpy(&word, (char *)sample + at, sizeof(word));
    /* Small steps find what large ones jump over. */
    word = what[2] % 2 == 0 ? value : word + (uint64_t)(int8_t)what[3];
    memcpy((char *)sample + at, &word, what[2] % 8 < 4 ? sizeof(word) : 2);
}

static void look_into_table(void)
{
    struct symtab table;
    size_t at = 0, found = 0;
    const char *name;

    if (!symtab_open(&table, path))
        return;
    symtab_find(&table, "main");
    while ((name = symtab_next_ending(&table, "mallctl", &at)) != NULL && at <= table.count)
        found += strcmp(name + strlen(name) - strlen("mallctl"), "mallctl") == 0;
    require(found <= table.count);
    symtab_close(&table);
}

/* `at` is where to look for a symbol: it costs a file each time, which is why there are no more. */
static void look(uint64_t at)
{
    const uint64_t values[] = {0xfff, 0x1000 + at % 0x400, 0x1400};
    struct elf elf;
    char symbol[40];

    if (elf_read(&elf, path) == 0)
        require(memchr(elf.interpreter, '\0', sizeof(elf.interpreter)) != NULL);
    require(elf_defines(path, "mallctl") <= 1);
    for (int i = 0; i < 3; i++) {
        bool found = symtab_name_at(path, values[i], symbol, sizeof(symbol));
        require(memchr(symbol, '\0', sizeof(symbol)) != NULL && found == (symbol[0] != '\0'));
    }
    look_into_table();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sample sample;
    uint32_t cut = 0, at = 0;

    if (fd < 0) {
        fd = memfd_create("elf", MFD_CLOEXEC);
        require(fd >= 0);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    }
    fill(&sample);
    for (int i = 0; i < CHANGES_MAX && size >= CHANGE_BYTES; i++, data += CHANGE_BYTES, size -= CHANGE_BYTES)
        change(&sample, data);
    if (size >= 2)
        cut = data[0] | (uint32_t)data[1] << 8;
    if (size >= 4)
        at = data[2] | (uint32_t)data[3] << 8;
    require(ftruncate(fd, 0) == 0);
    require(pwrite(fd, &sample, sizeof(sample) - cut % sizeof(sample), 0) > 0);
    look(at);
    return 0;
}
