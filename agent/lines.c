/* lines.c: lines of a file. */
#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

struct splitter {
    char line[LINES_BYTES];
    size_t length;
    unsigned number;
    lines_each *each;
    void *context;
};

static bool end_line(struct splitter *splitter)
{
    splitter->line[splitter->length] = '\0';
    splitter->length = 0;
    splitter->number++;
    return splitter->each(splitter->context, splitter->line, splitter->number);
}

static bool take(struct splitter *splitter, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == '\n') {
            if (!end_line(splitter))
                return false;
        } else if (splitter->length < sizeof splitter->line - 1) {
            splitter->line[splitter->length++] = text[i];
        }
    }
    return true;
}

static ssize_t read_again(int fd, char *buffer, size_t bytes)
{
    ssize_t got;
    do
        got = read(fd, buffer, bytes);
    while (got < 0 && errno == EINTR);
    return got;
}

int lines_of_file(const char *path, lines_each *each, void *context)
{
    struct splitter splitter = {.each = each, .context = context};
    char buffer[LINES_BYTES];
    int saved = errno, result = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    bool more = fd >= 0;
    while (more) {
        ssize_t got = read_again(fd, buffer, sizeof buffer);
        if (got <= 0) {
            result = got < 0 ? -errno : 0;
            break;
        }
        more = take(&splitter, buffer, (size_t)got);
    }
    if (fd < 0)
        result = -errno;
    else if (more && result == 0 && splitter.length > 0)
        end_line(&splitter);
    if (fd >= 0)
        close(fd);
    errno = saved;
    return result;
}

long lines_read_whole(const char *path, char *text, size_t bytes)
{
    int saved = errno;
    long length = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        length = -errno;
    while (length >= 0 && (size_t)length < bytes - 1) {
        ssize_t got = read_again(fd, text + length, bytes - 1 - (size_t)length);
        if (got == 0)
            break;
        length = got < 0 ? -errno : length + got;
    }
    text[length > 0 ? length : 0] = '\0';
    if (fd >= 0)
        close(fd);
    errno = saved;
    return length;
}
