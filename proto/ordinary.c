/* ordinary.c: opens what is an ordinary file, and does not touch what is not. */
#include "ordinary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the descriptor stands for is opened, and not its path again: without /proc there is only that. */
static int open_anew(int place, const char *path, int flags)
{
    const int reading = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
    char self[40];

    snprintf(self, sizeof(self), "/proc/self/fd/%d", place);
    int fd = open(self, reading);
    return fd >= 0 || errno != ENOENT ? fd : open(path, reading | flags);
}

int ordinary_open(const char *path, int flags)
{
    struct stat status;
    int fd = -1, place = open(path, O_PATH | O_CLOEXEC | flags);

    if (place < 0)
        return -1;
    if (fstat(place, &status) != 0 || !S_ISREG(status.st_mode))
        errno = ENXIO;
    else
        fd = open_anew(place, path, flags);
    int error = errno;
    close(place);
    errno = error;
    return fd;
}
