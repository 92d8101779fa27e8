/* test_symtab.c: the symbol table of a file on disk, sound or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symtab.h"

/* A small ELF file: header, section headers, symbols, strings. */
struct file {
    Elf64_Ehdr header;
    Elf64_Shdr section[3];
    Elf64_Sym symbol[7];
    char strings[64];
};

static char path[] = "/tmp/test_symtab.XXXXXX";

static void put_symbol(struct file *file, unsigned i, uint32_t name, unsigned type, uint64_t value, uint64_t size)
{
    file->symbol[i] = (Elf64_Sym){.st_name = name,
                                  .st_info = (unsigned char)ELF64_ST_INFO(STB_LOCAL, type),
                                  .st_shndx = 1,
                                  .st_value = value,
                                  .st_size = size};
}

static struct file make_file(void)
{
    struct file file = {.strings = "\0work\0je_mallctl\0data\0mallctl\0_rjem_mallctl"};
    memcpy(file.header.e_ident, ELFMAG, SELFMAG);
    file.header.e_ident[EI_CLASS] = ELFCLASS64;
    file.header.e_shoff = offsetof(struct file, section);
    file.header.e_shentsize = sizeof(Elf64_Shdr);
    file.header.e_shnum = 3;
    file.section[1] = (Elf64_Shdr){
        .sh_type = SHT_SYMTAB, .sh_offset = offsetof(struct file, symbol), .sh_size = sizeof file.symbol, .sh_link = 2};
    file.section[2] = (Elf64_Shdr){
        .sh_type = SHT_STRTAB, .sh_offset = offsetof(struct file, strings), .sh_size = sizeof file.strings};
    put_symbol(&file, 1, 1, STT_FUNC, 0x100, 0x10);  /* work */
    put_symbol(&file, 2, 6, STT_FUNC, 0x200, 0);     /* je_mallctl */
    put_symbol(&file, 3, 17, STT_OBJECT, 0x300, 8);  /* data */
    put_symbol(&file, 4, 22, STT_FUNC, 0x400, 0x10); /* mallctl */
    put_symbol(&file, 5, 30, STT_FUNC, 0x500, 0x10); /* _rjem_mallctl */
    put_symbol(&file, 6, 1000, STT_FUNC, 0x600, 0x10);
    return file;
}

static void write_file(const void *bytes, size_t length)
{
    int fd = open(path, O_WRONLY | O_TRUNC);
    assert_int_equal(write(fd, bytes, length), (ssize_t)length);
    close(fd);
}

static void assert_name(uint64_t value, const char *expected)
{
    char symbol[64] = "left";
    assert_int_equal(symtab_name_at(path, value, symbol, sizeof symbol), expected[0] != '\0');
    assert_string_equal(symbol, expected);
}

static void test_names(void **state)
{
    struct file file = make_file();
    char cut[4];
    (void)state;

    write_file(&file, sizeof file);
    assert_name(0x100, "work");
    assert_name(0x10f, "work");
    assert_name(0x110, "");
    assert_name(0xff, "");
    assert_name(0x200, "je_mallctl"); /* without a size: its very start */
    assert_name(0x201, "");
    assert_name(0x300, ""); /* no function */
    assert_name(0x600, ""); /* its name lies outside the strings */
    assert_true(symtab_name_at(path, 0x100, cut, sizeof cut));
    assert_string_equal(cut, "wor");
}

static void test_functions(void **state)
{
    struct file file = make_file();
    struct symtab table;
    size_t at = 0;
    (void)state;

    write_file(&file, sizeof file);
    assert_true(symtab_open(&table, path));
    assert_int_equal(symtab_find(&table, "mallctl"), 0x400);
    assert_int_equal(symtab_find(&table, "je_mallctl"), 0x200);
    assert_int_equal(symtab_find(&table, "data"), 0); /* no function */
    assert_int_equal(symtab_find(&table, "mallocx"), 0);
    assert_string_equal(symtab_next_ending(&table, "mallctl", &at), "je_mallctl");
    assert_string_equal(symtab_next_ending(&table, "mallctl", &at), "mallctl");
    assert_string_equal(symtab_next_ending(&table, "mallctl", &at), "_rjem_mallctl");
    assert_null(symtab_next_ending(&table, "mallctl", &at));
    symtab_close(&table);
}

static void use_file(void)
{
    struct symtab table;
    char symbol[64];
    size_t at = 0;

    symtab_name_at(path, 0x100, symbol, sizeof symbol);
    if (!symtab_open(&table, path))
        return;
    symtab_find(&table, "mallctl");
    while (symtab_next_ending(&table, "mallctl", &at) != NULL)
        ;
    symtab_close(&table);
}

/* Whatever a file claims, nothing outside it is read: under the sanitizer a wrong step ends the test, without it often. */
static void test_broken_files(void **state)
{
    struct file whole = make_file(), file;
    (void)state;

    for (size_t length = 0; length < sizeof whole; length += 4) {
        write_file(&whole, length);
        assert_name(0x100, "");
    }
    srand(4711);
    for (unsigned i = 0; i < 1500; i++) {
        file = whole;
        for (unsigned flips = 1 + (unsigned)rand() % 4; flips > 0; flips--) {
            size_t at = (size_t)rand() % sizeof file;
            ((unsigned char *)&file)[at] = (unsigned char)(rand() % 3 == 0 ? 0xff : rand());
        }
        write_file(&file, sizeof file);
        use_file();
    }
}

static void assert_refused(const struct file *file)
{
    write_file(file, sizeof *file);
    assert_name(0x100, "");
}

static void test_fields_that_lie(void **state)
{
    static const uint64_t lies[] = {
        1, 4, sizeof(struct file) - 8, sizeof(struct file), UINT64_MAX, UINT64_MAX - 63, UINT64_C(1) << 63};
    struct file file;
    (void)state;

    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        file = make_file(), file.header.e_shoff = lies[i], assert_refused(&file);
        file = make_file(), file.section[1].sh_offset = lies[i], assert_refused(&file);
        file = make_file(), file.section[2].sh_offset = lies[i];
        if (lies[i] >= sizeof file)
            assert_refused(&file);
    }
    file = make_file(), file.section[1].sh_size = sizeof file, assert_refused(&file);
    file = make_file(), file.section[2].sh_size = UINT64_MAX, assert_refused(&file);
    file = make_file(), file.section[2].sh_size = 0, assert_refused(&file);
    file = make_file(), file.section[1].sh_link = 3, assert_refused(&file);
    file = make_file(), file.header.e_shentsize = 8, assert_refused(&file);
    file = make_file(), file.header.e_ident[EI_CLASS] = ELFCLASS32, assert_refused(&file);
    file = make_file(), file.header.e_ident[0] = 'X', assert_refused(&file);
    file = make_file(), memset(file.strings, 'x', sizeof file.strings), assert_refused(&file); /* no end */
}

/* Who replaces a program in place cuts its file off first. */
static void test_cut_off_while_open(void **state)
{
    struct file file = make_file();
    struct symtab table;
    char symbol[16];
    (void)state;

    write_file(&file, sizeof file);
    assert_true(symtab_open(&table, path));
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(symtab_find(&table, "mallctl"), 0x400);
    symtab_close(&table);
    assert_false(symtab_name_at(path, 0x400, symbol, sizeof symbol));
}

/* Symbols beyond what is read of a file: as if it were stripped, whichever of the two is that large. */
static void test_too_large(void **state)
{
    struct file file;
    const uint64_t most = IMAGE_READ_BYTES_MAX - 4096; /* less the headers and the other part */
    (void)state;

    for (unsigned part = 1; part <= 2; part++) {
        file = make_file();
        file.section[part].sh_size = most;
        write_file(&file, sizeof file);
        assert_int_equal(truncate(path, 2 * (off_t)IMAGE_READ_BYTES_MAX), 0);
        assert_name(0x100, "work");
        file.section[part].sh_size = IMAGE_READ_BYTES_MAX;
        write_file(&file, sizeof file);
        assert_int_equal(truncate(path, 2 * (off_t)IMAGE_READ_BYTES_MAX), 0);
        assert_name(0x100, "");
    }
    struct image image;
    assert_true(image_open(&image, path));
    assert_int_equal(image.symbols, 0);
    image_close(&image);
}

/* Of this process's mappings, the KiB that are its own and may be written to. */
static unsigned long writable_kib(void)
{
    char line[256];
    unsigned long kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    assert_non_null(status);
    while (kib == 0 && fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, "VmData:", 7) == 0)
            kib = strtoul(line + 7, NULL, 10);
    fclose(status);
    assert_true(kib > 0);
    return kib;
}

/* What nobody looks into is not read, and does not count as memory, however large the file is. */
static void test_reads_only_what_is_used(void **state)
{
    enum { DYNAMIC = 3, STRINGS, LARGE, SECTIONS };
    struct {
        struct file file;
        Elf64_Shdr section[SECTIONS];
        char text[SECTIONS][16];
    } with = {.file = make_file(), .text = {[DYNAMIC] = "symbols", [STRINGS] = "strings", [LARGE] = "code"}};
    static const uint32_t types[] = {[DYNAMIC] = SHT_DYNSYM, [STRINGS] = SHT_STRTAB, [LARGE] = SHT_PROGBITS};
    struct image image;
    (void)state;

    memcpy(with.section, with.file.section, sizeof with.file.section);
    with.file.header.e_shoff = sizeof with.file;
    with.file.header.e_shnum = SECTIONS;
    for (unsigned i = DYNAMIC; i < SECTIONS; i++)
        with.section[i] = (Elf64_Shdr){.sh_type = types[i],
                                       .sh_offset = (uint64_t)(with.text[i] - (char *)&with),
                                       .sh_size = sizeof with.text[i],
                                       .sh_link = STRINGS};
    write_file(&with, sizeof with);
    assert_int_equal(truncate(path, 1 << 30), 0);
    unsigned long before = writable_kib();
    assert_true(image_open(&image, path));
    assert_in_range(writable_kib() - before, 0, 64 * 1024);
    assert_int_equal(image.symbols, 1);
    const size_t used = offsetof(struct file, symbol);
    assert_memory_equal(image.bytes + used, (char *)&with + used, sizeof with - sizeof with.text - used);
    for (unsigned i = DYNAMIC; i < SECTIONS; i++)
        assert_string_equal((const char *)image.bytes + with.section[i].sh_offset, "");
    image_close(&image);
}

static void test_no_file(void **state)
{
    char fifo[sizeof path + 8], symbol[8];
    (void)state;

    snprintf(fifo, sizeof fifo, "%s.fifo", path);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    errno = 77;
    assert_false(symtab_name_at(fifo, 0, symbol, sizeof symbol)); /* and does not wait for a writer */
    assert_false(symtab_name_at("/no such file", 0, symbol, sizeof symbol));
    assert_false(symtab_name_at("/tmp", 0, symbol, sizeof symbol));
    assert_int_equal(errno, 77);
    unlink(fifo);
}

static int begin(void **state)
{
    int fd = mkstemp(path);
    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int end(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_broken_files),
        cmocka_unit_test(test_fields_that_lie),
        cmocka_unit_test(test_cut_off_while_open),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_reads_only_what_is_used),
        cmocka_unit_test(test_no_file),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
