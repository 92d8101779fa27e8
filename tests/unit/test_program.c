/* test_program.c: which file a command is in the end, and what cannot have an agent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf_file.h"
#include "loader.h"
#include "program.h"

static char folder[] = "/tmp/test_program.XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int leave_folder(void **state)
{
    (void)state;
    return system("rm -f ./*") != 0 || chdir("/") != 0 || rmdir(folder) != 0;
}

static void put(const char *name, const void *bytes, size_t count, mode_t mode)
{
    int file = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0700);

    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, count), count);
    assert_int_equal(fchmod(file, mode), 0);
    close(file);
}

static void script(const char *name, const char *text)
{
    put(name, text, strlen(text), 0700);
}

/* The first bytes of /bin/sh, from which other executables are made. */
static unsigned char shell[1 << 20];
static size_t shell_bytes;

static void load_shell(void)
{
    int file = open("/bin/sh", O_RDONLY);

    shell_bytes = (size_t)read(file, shell, sizeof(shell));
    assert_true(shell_bytes > sizeof(ElfW(Ehdr)));
    close(file);
}

static void leads_to_shell(const char *command)
{
    struct program program;
    struct failure failure;
    struct stat wanted, got;

    if (program_find(&program, command, &failure) < 0)
        fail_msg("%s", failure.text);
    assert_int_equal(stat("/bin/sh", &wanted), 0);
    assert_int_equal(stat(program.path, &got), 0);
    assert_int_equal(got.st_ino, wanted.st_ino);
    assert_true(program.elf.is_elf);
    assert_non_null(strstr(program.elf.interpreter, "/ld-linux"));
}

static void refuses(const char *command, int code, const char *text)
{
    struct program program;
    struct failure failure;

    if (program_find(&program, command, &failure) == 0)
        fail_msg("%s was taken for %s", command, program.path);
    if ((int)failure.code != code || strstr(failure.text, text) == NULL)
        fail_msg("wanted %d with '%s', got %d: %s", code, text, (int)failure.code, failure.text);
}

static void commands_are_found_as_exec_does(void **state)
{
    (void)state;

    leads_to_shell("sh");
    leads_to_shell("/bin/sh");
    script("atgt-plain", "echo no shebang\n");
    leads_to_shell("./atgt-plain");
    setenv("PATH", "/nowhere::/bin", 1);
    leads_to_shell("atgt-plain");
    refuses("atgt-none", EXIT_NOT_FOUND, "atgt-none: No such file or directory");
    refuses("./atgt-none", EXIT_NOT_FOUND, "No such file or directory");
    refuses("", EXIT_NOT_FOUND, "No such file");
    refuses("/tmp", EXIT_CANNOT_RUN, "/tmp: Permission denied");
    put("atgt-data", "x", 1, 0600);
    refuses("./atgt-data", EXIT_CANNOT_RUN, "Permission denied");
    refuses("atgt-data", EXIT_CANNOT_RUN, "Permission denied");
    setenv("PATH", "/usr/bin:/bin", 1);
}

static void scripts_lead_to_their_interpreters(void **state)
{
    (void)state;

    script("atgt-direct", "#! /bin/sh -e\n");
    leads_to_shell("./atgt-direct");
    script("atgt-env", "#!/usr/bin/env sh\n");
    leads_to_shell("./atgt-env");
    script("atgt-env-s", "#!/usr/bin/env -S VAR=1 sh -e\n");
    leads_to_shell("./atgt-env-s");
    script("atgt-chain", "#!./atgt-direct\n");
    leads_to_shell("./atgt-chain");
    script("atgt-loop", "#!./atgt-loop\n");
    refuses("./atgt-loop", EXIT_CANNOT_RUN, "Too many levels");
    script("atgt-lost", "#!/nowhere/interpreter\n");
    refuses("./atgt-lost", EXIT_NOT_FOUND, "atgt-lost: its interpreter cannot be run: No such file or directory");
    script("atgt-short", "#!");
    leads_to_shell("./atgt-short");
    refuses("./atgt-short/x", EXIT_CANNOT_RUN, "./atgt-short/x: Not a directory");
}

/* Changes a copy of the shell's program headers: takes the interpreter away, or gives it another name. */
static void put_shell_with(const char *name, const char *interpreter)
{
    static unsigned char copy[sizeof(shell)];
    ElfW(Ehdr) head;

    memcpy(copy, shell, shell_bytes);
    memcpy(&head, copy, sizeof(head));
    for (unsigned i = 0; i < head.e_phnum; i++) {
        ElfW(Phdr) segment;
        unsigned char *at = copy + head.e_phoff + i * sizeof(segment);
        memcpy(&segment, at, sizeof(segment));
        if (segment.p_type != PT_INTERP)
            continue;
        if (interpreter == NULL)
            segment.p_type = PT_NULL;
        else
            memcpy(copy + segment.p_offset, interpreter, strlen(interpreter) + 1);
        memcpy(at, &segment, sizeof(segment));
    }
    put(name, copy, shell_bytes, 0700);
}

static void what_no_agent_fits_is_refused_with_advice(void **state)
{
    (void)state;
    unsigned char copy[4096];

    load_shell();
    put_shell_with("atgt-static", NULL);
    refuses("./atgt-static", EXIT_CANNOT_RUN, "atgt-static: linked statically, so no agent can be loaded into it; ");
    put_shell_with("atgt-musl", "/lib/ld-musl-x.so.1");
    refuses("./atgt-musl", EXIT_CANNOT_RUN, "linked to musl, and the agent needs glibc; ");
    memcpy(copy, shell, sizeof(copy));
    copy[EI_CLASS] = copy[EI_CLASS] == ELFCLASS64 ? ELFCLASS32 : ELFCLASS64;
    put("atgt-narrow", copy, sizeof(copy), 0700);
    refuses("./atgt-narrow", EXIT_CANNOT_RUN, "made for another kind of machine");
    if (geteuid() != 0)
        return;
    put("atgt-setuid", shell, shell_bytes, 0700);
    assert_int_equal(chown("atgt-setuid", 65534, 65534), 0);
    assert_int_equal(chmod("atgt-setuid", 04755), 0);
    refuses("./atgt-setuid", EXIT_CANNOT_RUN, "setuid, setgid or with capabilities");
    /* To whom it gives nothing it is a program like any other. */
    assert_int_equal(chown("atgt-setuid", 0, 0), 0);
    assert_int_equal(chmod("atgt-setuid", 04755), 0);
    struct program program;
    struct failure failure;
    assert_int_equal(program_find(&program, "./atgt-setuid", &failure), 0);
}

static void a_damaged_file_is_an_error_not_a_crash(void **state)
{
    (void)state;
    struct elf elf;
    unsigned seed = 17;
    static unsigned char copy[sizeof(shell)];

    load_shell();
    for (size_t length = 0; length < 2000; length += 7) {
        put("atgt-cut", shell, length, 0700);
        elf_read(&elf, "atgt-cut");
        elf_defines("atgt-cut", "mallctl");
    }
    for (int round = 0; round < 500; round++) {
        memcpy(copy, shell, shell_bytes);
        for (int i = 0; i < 8; i++)
            copy[(size_t)rand_r(&seed) % (round % 2 ? 1024 : shell_bytes)] = (unsigned char)rand_r(&seed);
        put("atgt-mad", copy, shell_bytes, 0700);
        elf_read(&elf, "atgt-mad");
        elf_defines("atgt-mad", "mallctl");
    }
    put("atgt-cut", shell, sizeof(ElfW(Ehdr)), 0700);
    assert_int_equal(elf_read(&elf, "atgt-cut"), -ENOEXEC);
    refuses("./atgt-cut", EXIT_CANNOT_RUN, "Exec format error");
}

static bool stop_at_jemalloc(const char *object, void *context)
{
    (void)context;
    return elf_defines(object, "mallctl") == 1;
}

static bool stop_at_libc(const char *object, void *context)
{
    (void)context;
    return strstr(object, "/libc.so.6") != NULL;
}

static void the_loader_says_what_it_would_load(void **state)
{
    (void)state;
    struct program program;
    struct failure failure;

    assert_int_equal(program_find(&program, "sh", &failure), 0);
    const char *loader = program.elf.interpreter;
    assert_int_equal(loader_list(loader, program.path, NULL, stop_at_libc, NULL), 1);
    assert_int_equal(loader_list(loader, program.path, NULL, stop_at_jemalloc, NULL), 0);
    assert_int_equal(loader_list(loader, program.path, "libjemalloc.so.2", stop_at_jemalloc, NULL), 1);
    assert_int_equal(loader_list(loader, program.path, "libatgt-none.so", stop_at_jemalloc, NULL), 0);
    assert_int_equal(loader_list("/nowhere/ld.so", program.path, NULL, stop_at_libc, NULL), -1);
    assert_int_equal(loader_list(loader, "/nowhere/program", NULL, stop_at_libc, NULL), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_found_as_exec_does),
        cmocka_unit_test(scripts_lead_to_their_interpreters),
        cmocka_unit_test(what_no_agent_fits_is_refused_with_advice),
        cmocka_unit_test(a_damaged_file_is_an_error_not_a_crash),
        cmocka_unit_test(the_loader_says_what_it_would_load),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
