/* start_line.c: the command that a running process was started with. */
#include "start_line.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "procfs.h"
#include "quote.h"

#define BLOCK_BYTES (128 * 1024)

/* What is known of a process's program. */
struct original {
    pid_t pid;
    bool known;          /* false: not permitted, or the file is gone; then the rest is empty */
    struct stat file;    /* of the program */
    char path[PATH_MAX]; /* as the process sees it */
};

static void find_original(struct original *original, pid_t pid)
{
    static const char gone[] = " (deleted)";
    char link[64];

    *original = (struct original){.pid = pid};
    snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
    ssize_t length = readlink(link, original->path, sizeof(original->path) - 1);
    if (length <= 0 || stat(link, &original->file) != 0)
        return;
    original->path[length] = '\0';
    size_t bytes = (size_t)length, tail = sizeof(gone) - 1;
    original->known = bytes < tail || strcmp(original->path + bytes - tail, gone) != 0;
}

static bool is_program(const struct original *original, const char *path)
{
    struct stat file;

    return stat(path, &file) == 0 && file.st_dev == original->file.st_dev && file.st_ino == original->file.st_ino;
}

/* As the shell would look for a word without a slash. */
static bool is_in_path(const struct original *original, const char *word)
{
    const char *folders = getenv("PATH");
    char path[PATH_MAX];

    while (folders != NULL && *folders != '\0') {
        size_t length = strcspn(folders, ":");
        snprintf(path, sizeof(path), "%.*s/%s", length < PATH_MAX ? (int)length : 0, folders, word);
        if (access(path, X_OK) == 0)
            return is_program(original, path);
        folders += length + (folders[length] == ':');
    }
    return false;
}

/* Whether a word leads to the program, typed where we are. */
static bool leads_there(const struct original *original, const char *word)
{
    return strchr(word, '/') != NULL ? is_program(original, word) : is_in_path(original, word);
}

/* The same word where the process stands. False: too long, or it may not be known where that is. */
static bool from_its_folder(const struct original *original, const char *word, char path[2 * PATH_MAX])
{
    char link[64], folder[PATH_MAX];

    snprintf(link, sizeof(link), "/proc/%d/cwd", (int)original->pid);
    ssize_t length = readlink(link, folder, sizeof(folder));
    if (length <= 0 || length == sizeof(folder) || strlen(word) >= PATH_MAX)
        return false;
    snprintf(path, 2 * PATH_MAX, "%.*s/%s", (int)length, folder, word);
    return true;
}

/* A title, as "redis-server *:6379" or "nginx: master process /usr/sbin/nginx": no file has that name. */
static bool is_title(const struct original *original, const char *word)
{
    char path[2 * PATH_MAX];
    struct stat file;

    if (word[strcspn(word, " ")] == '\0' || leads_there(original, word))
        return false;
    if (word[0] == '/')
        return stat(word, &file) != 0;
    return !from_its_folder(original, word, path) || stat(path, &file) != 0;
}

/* A word that leads to the program. One program may be many commands, by the name that it is called by: so that name comes
 * before the name of the file. */
static size_t write_program(char *line, size_t size, const struct original *original, const char *word)
{
    char path[2 * PATH_MAX];

    if (!original->known || leads_there(original, word))
        return quote_word(line, size, word);
    if (strchr(word, '/') != NULL && word[0] != '/' && from_its_folder(original, word, path) &&
        is_program(original, path))
        return quote_word(line, size, path);
    return quote_word(line, size, original->path);
}

static const char *write_title(char *line, size_t size, const struct original *original, const char *word)
{
    char name[PATH_MAX];

    snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, " :"), word);
    size_t used = write_program(line, size, original, name);
    snprintf(line + used, size - used, " ARGUMENT...");
    return " (it has written over its command line: give it the arguments that it had)";
}

const char *start_line(char *line, size_t size, pid_t pid)
{
    char *block = malloc(BLOCK_BYTES);
    ssize_t got = block != NULL ? procfs_read_of((uint32_t)pid, "cmdline", block, BLOCK_BYTES) : 0;
    struct original original;
    const char *remark = "";

    snprintf(line, size, "COMMAND");
    if (got <= 0)
        goto out;
    find_original(&original, pid);
    if (is_title(&original, block)) {
        remark = write_title(line, size, &original, block);
        goto out;
    }
    size_t first = strnlen(block, (size_t)got) + 1;
    size_t used = write_program(line, size, &original, block);
    bool more = used > 0 && used + 1 < size && (size_t)got > first;
    if (more)
        line[used++] = ' ';
    if (used == 0 || (more && !quote_words(line + used, size - used, block + first, (size_t)got - first)))
        remark = " ... (its command line is longer than what is shown)";
out:
    free(block);
    return remark;
}
