/* procfs.c: small facts from /proc, read without malloc. */
#include "procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 64 };

static int path_of(uint32_t pid, const char *file, char path[PATH_BYTES])
{
    int length = pid == 0 ? snprintf(path, PATH_BYTES, "/proc/self/%s", file)
                          : snprintf(path, PATH_BYTES, "/proc/%u/%s", (unsigned)pid, file);
    return length > 0 && length < PATH_BYTES ? 0 : -ENAMETOOLONG;
}

ssize_t procfs_read(const char *path, char *buffer, size_t capacity)
{
    size_t used = 0;
    ssize_t got = 0;

    buffer[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    while (used < capacity - 1) {
        got = read(fd, buffer + used, capacity - 1 - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        used += (size_t)got;
    }
    int error = got < 0 ? -errno : 0;
    close(fd);
    buffer[error == 0 ? used : 0] = '\0';
    return error == 0 ? (ssize_t)used : error;
}

ssize_t procfs_read_of(uint32_t pid, const char *file, char *buffer, size_t capacity)
{
    char path[PATH_BYTES];
    int error = path_of(pid, file, path);

    return error == 0 ? procfs_read(path, buffer, capacity) : error;
}

/* Fields of /proc/<pid>/stat by their numbers in proc(5); the third is the first after the command. */
enum { FIELD_STATE = 3, FIELD_THREADS = 20, FIELD_START = 22 };

int procfs_parse_stat(const char *text, struct procfs_stat *stat)
{
    const char *at = strrchr(text, ')');

    *stat = (struct procfs_stat){0};
    if (at == NULL)
        return -EBADMSG;
    at++;
    for (int field = FIELD_STATE; field <= FIELD_START; field++) {
        char *end;
        at += strspn(at, " ");
        if (*at == '\0' || *at == '\n')
            return -EBADMSG;
        if (field == FIELD_STATE)
            stat->state = *at;
        if (field == FIELD_THREADS || field == FIELD_START) {
            uint64_t value = strtoull(at, &end, 10);
            if (end == at || (*end != ' ' && *end != '\n' && *end != '\0'))
                return -EBADMSG;
            *(field == FIELD_THREADS ? &stat->threads : &stat->start_ticks) = value;
        }
        at += strcspn(at, " ");
    }
    return 0;
}

int procfs_stat(uint32_t pid, struct procfs_stat *stat)
{
    char text[1024];
    ssize_t got = procfs_read_of(pid, "stat", text, sizeof(text));

    *stat = (struct procfs_stat){0};
    return got < 0 ? (int)got : procfs_parse_stat(text, stat);
}

int procfs_pidns(uint32_t pid, uint64_t *inode)
{
    char path[PATH_BYTES];
    struct stat status;

    *inode = 0;
    int error = path_of(pid, "ns/pid", path);
    if (error != 0)
        return error;
    if (stat(path, &status) != 0)
        return -errno;
    *inode = status.st_ino;
    return 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int procfs_boot_id(uint8_t id[16])
{
    char text[64];
    size_t digits = 0;
    ssize_t got = procfs_read("/proc/sys/kernel/random/boot_id", text, sizeof(text));

    memset(id, 0, 16);
    if (got < 0)
        return (int)got;
    for (const char *c = text; *c != '\0' && digits < 32; c++) {
        int digit = hex_digit(*c);
        if (digit < 0)
            continue;
        id[digits / 2] = (uint8_t)(id[digits / 2] << 4 | digit);
        digits++;
    }
    if (digits == 32)
        return 0;
    memset(id, 0, 16);
    return -EBADMSG;
}

bool procfs_is_ours(void)
{
    char target[16];
    ssize_t length = readlink("/proc/self", target, sizeof(target) - 1);

    if (length <= 0)
        return false;
    target[length] = '\0';
    return strtoul(target, NULL, 10) == (unsigned long)getpid();
}
