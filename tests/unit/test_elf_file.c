/* test_elf_file.c: which symbols a file defines, and files that make much work of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf_file.h"

int defined_here(void);
int defined_here(void)
{
    return 1;
}

static void symbols_are_found_by_their_end(void **state)
{
    (void)state;
    assert_int_equal(elf_defines("/proc/self/exe", "defined_here"), 1);
    assert_int_equal(elf_defines("/proc/self/exe", "ned_here"), 1);
    assert_int_equal(elf_defines("/proc/self/exe", "defined_her"), 0);
    assert_int_equal(elf_defines("/proc/self/exe", "abort"), 0);
    assert_int_equal(elf_defines("/proc/self/stat", "abort"), 0);
    assert_int_equal(elf_defines("/nowhere", "abort"), -ENOENT);
}

/* Every section a table of symbols, each as large as the file. */
static void tables_without_number_are_not_all_read(void **state)
{
    enum { SECTIONS = 60000 };
    char path[] = "/tmp/test_elf_file.XXXXXX";
    ElfW(Ehdr) head;
    ElfW(Shdr) *sections = calloc(SECTIONS, sizeof(*sections));
    int own = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), fd = mkstemp(path);

    (void)state;
    assert_true(own >= 0 && fd >= 0 && sections != NULL);
    assert_int_equal(read(own, &head, sizeof(head)), sizeof(head));
    head.e_shoff = sizeof(head);
    head.e_shnum = SECTIONS;
    for (size_t i = 0; i < SECTIONS; i++) {
        sections[i].sh_type = SHT_SYMTAB;
        sections[i].sh_offset = sizeof(head);
        sections[i].sh_size = SECTIONS * sizeof(*sections);
    }
    assert_int_equal(write(fd, &head, sizeof(head)), sizeof(head));
    assert_int_equal(write(fd, sections, SECTIONS * sizeof(*sections)), SECTIONS * sizeof(*sections));
    alarm(60); /* it is a moment's work, or hours' */
    assert_int_equal(elf_defines(path, "defined_here"), 0);
    alarm(0);
    close(fd);
    close(own);
    free(sections);
    unlink(path);
}

/* A process that is looked into may have put anything in the place of a library that it has mapped. */
static void what_is_no_file_is_not_touched(void **state)
{
    char path[] = "/tmp/test_elf_file.XXXXXX", event[sizeof(struct inotify_event) + NAME_MAX + 1];
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    (void)state;
    close(mkstemp(path));
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_true(inotify_add_watch(watch, path, IN_OPEN) >= 0);
    assert_int_equal(elf_defines(path, "mallctl"), -EACCES);
    assert_int_equal(read(watch, event, sizeof(event)), -1);
    assert_int_equal(errno, EAGAIN);
    close(watch);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symbols_are_found_by_their_end),
        cmocka_unit_test(tables_without_number_are_not_all_read),
        cmocka_unit_test(what_is_no_file_is_not_touched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
