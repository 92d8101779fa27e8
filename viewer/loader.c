/* loader.c: asks the dynamic loader, with --list, what it would load. */
#include "loader.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char variable[] = "LD_PRELOAD=";

/* The environment with another LD_PRELOAD. The array is the caller's, its strings are not, but for the last. */
static char **environment(const char *preload)
{
    size_t count = 0, kept = 0;

    while (environ[count] != NULL)
        count++;
    char **copy = calloc(count + 2, sizeof(*copy));
    for (size_t i = 0; copy != NULL && i < count; i++)
        if (strncmp(environ[i], variable, sizeof(variable) - 1) != 0)
            copy[kept++] = environ[i];
    if (copy != NULL && preload != NULL && asprintf(&copy[kept], "%s%s", variable, preload) < 0) {
        free(copy);
        return NULL;
    }
    return copy;
}

static void free_environment(char **copy, const char *preload)
{
    size_t last = 0;

    while (preload != NULL && copy != NULL && copy[last] != NULL && copy[last + 1] != NULL)
        last++;
    if (preload != NULL && copy != NULL)
        free(copy[last]);
    free(copy);
}

/* Starts the loader; *from is what it writes. Returns its pid, or -1. */
static pid_t start(const char *interpreter, const char *path, const char *preload, FILE **from)
{
    char *argv[] = {(char *)(uintptr_t)interpreter, (char *)(uintptr_t) "--list", (char *)(uintptr_t)path, NULL};
    char **envp = environment(preload);
    posix_spawn_file_actions_t actions;
    int ends[2];
    pid_t pid = -1;

    if (envp == NULL)
        return -1;
    if (pipe2(ends, O_CLOEXEC) == 0) {
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        if (posix_spawn(&pid, interpreter, &actions, NULL, argv, envp) != 0)
            pid = -1;
        posix_spawn_file_actions_destroy(&actions);
        close(ends[1]);
        *from = fdopen(ends[0], "r");
    }
    free_environment(envp, preload);
    return pid;
}

/* A line is "\tNAME => PATH (0xADDRESS)" or "\tPATH (0xADDRESS)"; other lines name what has no file. */
static char *object_of(char *line)
{
    char *arrow = strstr(line, " => ");
    char *path = arrow != NULL ? arrow + 4 : line + strspn(line, "\t ");
    char *address = strrchr(path, '(');

    if (path[0] != '/' || address == NULL || address == path)
        return NULL;
    address[-1] = '\0';
    return path;
}

static int list(const char *interpreter, const char *path, const char *preload,
                bool (*each)(const char *object, void *context), void *context)
{
    FILE *from = NULL;
    char line[PATH_MAX + 256];
    int status = 0;
    bool stopped = false;
    pid_t pid = start(interpreter, path, preload, &from);

    /* Read to the end also after the answer is known: the loader shall not die of a closed pipe. */
    while (from != NULL && fgets(line, sizeof(line), from) != NULL) {
        const char *object = object_of(line);
        stopped = stopped || (object != NULL && each(object, context));
    }
    if (from != NULL)
        fclose(from);
    if (pid < 0)
        return -1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (stopped)
        return 1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

int loader_list(const char *interpreter, const char *path, const char *preload,
                bool (*each)(const char *object, void *context), void *context)
{
    struct sigaction before, usual = {.sa_handler = SIG_DFL};

    /* Where it is ignored children leave no status. What is run after this is handed on what was found. */
    sigaction(SIGCHLD, &usual, &before);
    int result = list(interpreter, path, preload, each, context);
    sigaction(SIGCHLD, &before, NULL);
    return result;
}
