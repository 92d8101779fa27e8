/* program.c: which file a command is in the end, and whether an agent can be preloaded into it. */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* The kernel follows as many scripts, and reads as much of each. */
enum { SCRIPTS_MAX = 5, SHEBANG_BYTES = 256 };

/* ---- PATH ---- */

static int try_file(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return -EACCES;
    return access(path, X_OK) == 0 ? 0 : -errno;
}

static int join(char path[PATH_MAX], const char *folder, size_t folder_length, const char *name)
{
    /* An empty entry of PATH is the current folder. */
    int length = snprintf(path, PATH_MAX, "%.*s%s%s", (int)folder_length, folder, folder_length > 0 ? "/" : "./", name);

    return length > 0 && length < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* As execvp does it: the first that may be executed; if there is none, one that may not is worth telling. */
static int search_path(char path[PATH_MAX], const char *command)
{
    const char *folder = getenv("PATH");
    int worst = -ENOENT;

    if (folder == NULL)
        folder = _PATH_DEFPATH;
    if (command[0] == '\0')
        return -ENOENT;
    if (strchr(command, '/') != NULL)
        return snprintf(path, PATH_MAX, "%s", command) < PATH_MAX ? try_file(command) : -ENAMETOOLONG;
    for (;;) {
        size_t length = strcspn(folder, ":");
        int error = join(path, folder, length, command);
        if (error == 0)
            error = try_file(path);
        if (error == 0)
            return 0;
        if (error == -EACCES)
            worst = error;
        if (folder[length] == '\0')
            return worst;
        folder += length + 1;
    }
}

/* ---- scripts ---- */

/* Reads the first line of a script into `line`. Returns the interpreter in it and its one argument (may be NULL), or NULL
 * where it names none. */
static char *read_shebang(const char *path, char line[SHEBANG_BYTES], char **argument)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t got = file < 0 ? -1 : read(file, line, SHEBANG_BYTES - 1);

    if (file >= 0)
        close(file);
    if (got < 2 || line[0] != '#' || line[1] != '!')
        return NULL;
    line[got] = '\0';
    line[strcspn(line, "\n")] = '\0';
    char *interpreter = line + 2 + strspn(line + 2, " \t");
    size_t length = strcspn(interpreter, " \t");
    *argument = interpreter[length] != '\0' ? interpreter + length + 1 : NULL;
    interpreter[length] = '\0';
    return length > 0 ? interpreter : NULL;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* The command that env(1) will run, in its argument as it stands in a script: behind options and assignments. */
static const char *command_of_env(char *argument)
{
    char *rest = NULL;
    char *word = argument != NULL ? strtok_r(argument, " \t", &rest) : NULL;

    while (word != NULL && (word[0] == '-' || strchr(word, '=') != NULL))
        word = strtok_r(NULL, " \t", &rest);
    return word;
}

/* The file at `path` is no ELF file: takes its interpreter's place. What has none is the shell's, as execvp does it. */
static int follow_script(char path[PATH_MAX])
{
    char line[SHEBANG_BYTES];
    char *argument = NULL;
    const char *interpreter = read_shebang(path, line, &argument);

    if (interpreter == NULL)
        interpreter = _PATH_BSHELL;
    else if (strcmp(base_name(interpreter), "env") == 0) {
        const char *command = command_of_env(argument);
        interpreter = command != NULL ? command : interpreter;
    }
    return search_path(path, interpreter);
}

/* ---- verdicts ---- */

/* The loader ignores LD_PRELOAD in a program that gains privileges. None does on a file system without setuid; where new
 * privileges are forbidden, the kernel leaves the ids as they are, but the loader is told of capabilities all the same. */
static bool gains_privileges(const char *path)
{
    struct stat status;
    struct statvfs place;

    if (stat(path, &status) != 0 || (statvfs(path, &place) == 0 && (place.f_flag & ST_NOSUID) != 0))
        return false;
    bool sets_uid = (status.st_mode & S_ISUID) != 0 && status.st_uid != getuid();
    bool sets_gid = (status.st_mode & S_ISGID) != 0 && (status.st_mode & S_IXGRP) != 0 && status.st_gid != getgid();
    return ((sets_uid || sets_gid) && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) ||
           (getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0);
}

static int judge(const struct program *program, const char *command, struct failure *failure)
{
    const char *loader = base_name(program->elf.interpreter);

    if (program->elf.is_foreign)
        return fail_set(failure, EXIT_CANNOT_RUN,
                        "%s: made for another kind of machine than the agent, which cannot be loaded into it; run it "
                        "as it is, without arenatop run",
                        command);
    if (loader[0] == '\0')
        return fail_set(failure, EXIT_CANNOT_RUN,
                        "%s: linked statically, so no agent can be loaded into it; link it dynamically, with jemalloc",
                        command);
    if (strncmp(loader, "ld-musl", 7) == 0)
        return fail_set(failure, EXIT_CANNOT_RUN,
                        "%s: linked to musl, and the agent needs glibc; build it for glibc, or run it as it is",
                        command);
    if (gains_privileges(program->path))
        return fail_set(failure, EXIT_CANNOT_RUN,
                        "%s: setuid, setgid or with capabilities, so the loader ignores LD_PRELOAD; run it as the user "
                        "whose privileges it needs, from a copy without them",
                        command);
    return 0;
}

/* As env(1) tells them apart: by the error that execvp would have met, also for the interpreter of a script. */
static enum exit_code status_of(int error)
{
    return error == -ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

static int fail_file(int error, const char *what, struct failure *failure)
{
    return fail_set(failure, status_of(error), "%s: %s", what, strerror(-error));
}

int program_find(struct program *program, const char *command, struct failure *failure)
{
    char what[PATH_MAX];
    int error = search_path(program->path, command);

    if (error < 0)
        return fail_file(error, command, failure);
    for (int scripts = 0; scripts <= SCRIPTS_MAX; scripts++) {
        snprintf(what, sizeof(what), "%s", program->path);
        error = elf_read(&program->elf, program->path);
        /* What may be executed but not read starts all the same; what it links cannot be known. */
        if (error == -EACCES)
            return 0;
        if (error < 0)
            return fail_file(error, what, failure);
        if (program->elf.is_elf)
            return judge(program, command, failure);
        error = follow_script(program->path);
        if (error < 0)
            return fail_set(failure, status_of(error), "%s: its interpreter cannot be run: %s", what, strerror(-error));
    }
    return fail_file(-ELOOP, command, failure);
}
