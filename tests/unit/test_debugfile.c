/* test_debugfile.c: the debug file of a stripped one, by its link; sound or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "debugfile.h"

enum { SECTIONS = 4, ID_BYTES = 20 };

/* Header, section headers, names, a build id and a link to ./debug. */
struct file {
    Elf64_Ehdr header;
    Elf64_Shdr section[SECTIONS];
    char names[48];
    struct {
        Elf64_Nhdr head;
        char name[4];
        unsigned char id[ID_BYTES];
    } note;
    struct {
        char name[8];
        uint32_t checksum;
    } link;
};

static char folder[] = "/tmp/test_debugfile.XXXXXX";
static char stripped[64], debug[64];

static struct file make_file(void)
{
    struct file file = {
        .names = "\0.note.gnu.build-id\0.gnu_debuglink",
        .note = {.head = {.n_namesz = 4, .n_descsz = ID_BYTES, .n_type = NT_GNU_BUILD_ID}, .name = "GNU"},
        .link = {.name = "debug"}};
    memset(file.note.id, 0x5a, sizeof file.note.id);
    memcpy(file.header.e_ident, ELFMAG, SELFMAG);
    file.header.e_ident[EI_CLASS] = ELFCLASS64;
    file.header.e_shoff = offsetof(struct file, section);
    file.header.e_shentsize = sizeof(Elf64_Shdr);
    file.header.e_shnum = SECTIONS;
    file.header.e_shstrndx = 1;
    file.section[1] =
        (Elf64_Shdr){.sh_type = SHT_STRTAB, .sh_offset = offsetof(struct file, names), .sh_size = sizeof file.names};
    file.section[2] = (Elf64_Shdr){
        .sh_name = 1, .sh_type = SHT_NOTE, .sh_offset = offsetof(struct file, note), .sh_size = sizeof file.note};
    file.section[3] = (Elf64_Shdr){
        .sh_name = 20, .sh_type = SHT_PROGBITS, .sh_offset = offsetof(struct file, link), .sh_size = sizeof file.link};
    return file;
}

static struct file without_id(void)
{
    struct file file = make_file();
    file.section[2].sh_name = 0;
    return file;
}

static void write_file(const char *path, const struct file *file, size_t bytes)
{
    FILE *to = fopen(path, "w");
    assert_non_null(to);
    assert_int_equal(fwrite(file, 1, bytes, to), bytes);
    assert_int_equal(fclose(to), 0);
}

static bool finds(const struct file *file)
{
    struct image image, found;
    write_file(stripped, file, sizeof *file);
    if (!image_open(&image, stripped))
        return false;
    errno = 77;
    bool is_found = debugfile_open(&found, &image, stripped);
    assert_int_equal(errno, 77);
    if (is_found)
        image_close(&found);
    image_close(&image);
    return is_found;
}

static void test_build_id(void **state)
{
    struct file one = make_file(), other = make_file();
    (void)state;

    write_file(debug, &other, sizeof other);
    assert_true(finds(&one));
    other.note.id[ID_BYTES - 1]++;
    write_file(debug, &other, sizeof other);
    assert_false(finds(&one));
    other = make_file(), other.note.head.n_descsz--;
    write_file(debug, &other, sizeof other);
    assert_false(finds(&one));
    unlink(debug);
    assert_false(finds(&one));
}

/* Of the file at `debug`, as gzip sums it up. */
static uint32_t checksum(void)
{
    char command[128], sum[16] = "";
    snprintf(command, sizeof command, "gzip -c %s | tail -c 8 | od -An -tx4 -N4", debug);
    FILE *said = popen(command, "r");
    assert_non_null(said);
    assert_int_equal(fscanf(said, "%15s", sum), 1);
    assert_int_equal(pclose(said), 0);
    return (uint32_t)strtoul(sum, NULL, 16);
}

static void test_checksum(void **state)
{
    struct file one = without_id(), other = without_id();
    (void)state;

    write_file(debug, &other, sizeof other);
    assert_false(finds(&one));
    one.link.checksum = checksum();
    assert_true(finds(&one));
    one.link.checksum++;
    assert_false(finds(&one));
}

/* What happens right before the debug file is opened again. */
static struct {
    void (*swap)(void);
    unsigned opened;
} swapping;

int open(const char *path, int flags, ...);

/* Instead of libc's: the debug file is opened to be looked into, and again for its checksum; in between it is swapped. */
int open(const char *path, int flags, ...)
{
    va_list arguments;
    if (swapping.swap != NULL && strcmp(path, debug) == 0 && ++swapping.opened == 2)
        swapping.swap();
    va_start(arguments, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0; /* what counts lines writes its counts, too */
    va_end(arguments);
    return openat(AT_FDCWD, path, flags, mode);
}

static bool finds_swapped(const struct file *file, void (*swap)(void))
{
    swapping.swap = swap;
    swapping.opened = 0;
    alarm(60); /* for who reads on and on */
    bool found = finds(file);
    alarm(0);
    swapping.swap = NULL;
    assert_int_equal(swapping.opened, 2);
    return found;
}

static void swap_for_zeros(void)
{
    unlink(debug);
    assert_int_equal(symlink("/dev/zero", debug), 0);
}

static void append_to_debug(void)
{
    assert_int_equal(truncate(debug, sizeof(struct file) + 1), 0);
}

/* What is there when the checksum is made need not be what was opened before. */
static void test_swapped(void **state)
{
    static const struct file zeros;
    struct file one = without_id(), other = without_id();
    (void)state;

    write_file(debug, &zeros, sizeof zeros);
    one.link.checksum = checksum();
    write_file(debug, &other, sizeof other);
    assert_false(finds_swapped(&one, swap_for_zeros)); /* no file, though its first bytes would do */
    unlink(debug);
    write_file(debug, &other, sizeof other);
    one.link.checksum = checksum();
    assert_true(finds_swapped(&one, append_to_debug)); /* not read beyond what was opened */
}

/* Whatever a file claims, nothing outside it is read: under the sanitizer a wrong step ends the test. */
static void test_broken_files(void **state)
{
    struct file whole = make_file(), file;
    (void)state;

    write_file(debug, &whole, sizeof whole);
    srand(4711);
    for (unsigned i = 0; i < 3000; i++) {
        file = whole;
        for (unsigned flips = 1 + (unsigned)rand() % 4; flips > 0; flips--)
            ((unsigned char *)&file)[(size_t)rand() % sizeof file] = (unsigned char)(rand() % 3 == 0 ? 0xff : rand());
        finds(&file);
    }
    file = whole, file.section[3].sh_offset = UINT64_MAX;
    assert_false(finds(&file));
    file = whole, memset(file.link.name, 'x', sizeof file.link.name);
    assert_false(finds(&file));
    file = whole, memcpy(file.link.name, "a/b", 4);
    assert_false(finds(&file));
}

static int begin(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(stripped, sizeof stripped, "%s/stripped", folder);
    snprintf(debug, sizeof debug, "%s/debug", folder);
    return 0;
}

static int end(void **state)
{
    (void)state;
    unlink(stripped);
    unlink(debug);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_build_id),
        cmocka_unit_test(test_checksum),
        cmocka_unit_test(test_swapped),
        cmocka_unit_test(test_broken_files),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
