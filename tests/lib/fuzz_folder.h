/* fuzz_folder.h: a folder for a fuzz target's files, that is gone after any end of it: a killed run's at the next start. */
#ifndef TESTS_FUZZ_FOLDER_H
#define TESTS_FUZZ_FOLDER_H

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "fuzz.h"

#define FUZZ_FOLDER_BYTES 64

static char fuzz_folder[FUZZ_FOLDER_BYTES];

/* Removes a folder with the files in it; `fd` is the folder, and is closed. */
static inline void fuzz_remove(const char *path, int fd)
{
    DIR *entries = fdopendir(fd);
    const struct dirent *entry;

    require(entries != NULL);
    while ((entry = readdir(entries)) != NULL)
        if (entry->d_name[0] != '.')
            unlinkat(fd, entry->d_name, 0);
    rmdir(path);
    closedir(entries);
}

static inline void fuzz_remove_own(void)
{
    fuzz_remove(fuzz_folder, open(fuzz_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/* Who lives holds the lock of its folder. */
static inline void fuzz_remove_left(const char *name)
{
    char pattern[FUZZ_FOLDER_BYTES];
    glob_t left = {0};

    snprintf(pattern, sizeof(pattern), "/dev/shm/fuzz_%s.*", name);
    glob(pattern, GLOB_NOSORT, NULL, &left);
    for (size_t i = 0; i < left.gl_pathc; i++) {
        int fd = open(left.gl_pathv[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
            fuzz_remove(left.gl_pathv[i], fd);
        else if (fd >= 0)
            close(fd);
    }
    globfree(&left);
}

/* Makes the folder of the target `name`, fuzz_folder. One that is taken away before it is locked is made again. */
static inline void fuzz_make_folder(const char *name)
{
    fuzz_remove_left(name);
    do {
        snprintf(fuzz_folder, sizeof(fuzz_folder), "/dev/shm/fuzz_%s.XXXXXX", name);
        require(mkdtemp(fuzz_folder) != NULL);
        int fd = open(fuzz_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0)
            require(flock(fd, LOCK_EX) == 0); /* held to the end */
    } while (access(fuzz_folder, F_OK) != 0);
    require(atexit(fuzz_remove_own) == 0);
}

#endif
