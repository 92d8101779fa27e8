/* process.c: figures from /proc and the control groups. What is the whole process's is read of the calling thread: of a main
 * thread that has left there is nothing to read. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lines.h"
#include "procfs.h"

#define PATH_BYTES 4096
#define UNLIMITED  (UINT64_C(1) << 60) /* version 1 says "none" with a huge number */

static uint64_t number_at(const char *text)
{
    uint64_t number = 0;
    for (text += strspn(text, " "); *text >= '0' && *text <= '9'; text++)
        number = number * 10 + (uint64_t)(*text - '0');
    return number;
}

static const char *skip_fields(const char *text, unsigned fields)
{
    for (; fields > 0 && text != NULL; fields--) {
        text = strchr(text, ' ');
        text = text != NULL ? text + 1 : NULL;
    }
    return text;
}

static struct {
    bool may; /* stay open */
    int statm;
} held = {.statm = -1};

void process_hold(bool may)
{
    held.may = may;
    held.statm = -1; /* that of a table that is gone */
}

/* To open a file of /proc takes ten times as long as to read it. */
static long read_statm(char *text, size_t bytes)
{
    if (!held.may)
        return lines_read_whole("/proc/thread-self/statm", text, bytes);
    if (held.statm < 0)
        held.statm = open("/proc/thread-self/statm", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    ssize_t length = held.statm >= 0 ? pread(held.statm, text, bytes - 1, 0) : 0;
    text[length > 0 ? length : 0] = '\0';
    return length;
}

uint64_t process_rss(void)
{
    char text[256];
    int saved = errno;
    long length = read_statm(text, sizeof text);
    errno = saved;
    if (length <= 0)
        return 0;
    const char *resident = skip_fields(text, 1);
    return resident != NULL ? number_at(resident) * (uint64_t)getpagesize() : 0;
}

uint32_t process_threads(void)
{
    struct procfs_stat stat;
    int saved = errno;
    bool known = procfs_stat(0, &stat) == 0;
    errno = saved;
    /* A main thread that called pthread_exit stays as a zombie, and is counted, until the last thread has ended. */
    return known ? (uint32_t)stat.threads - (stat.state == 'Z') : 0;
}

/* proc(5) does not say so, but since 2.6 the folder of a process's threads has a link for each, as a folder has for each
 * folder in it. Where it has not, the answer is 0. */
uint32_t process_threads_most(void)
{
    struct stat task;
    int saved = errno;
    bool known = stat("/proc/self/task", &task) == 0 && task.st_nlink > 2;
    errno = saved;
    return known ? (uint32_t)task.st_nlink - 2 : 0;
}

int process_leader_status(void)
{
    char text[1024];
    if (lines_read_whole("/proc/self/stat", text, sizeof text) <= 0)
        return 0;
    const char *last = strrchr(text, ' '); /* field 52, as wait(2) has it */
    return last != NULL ? (int)(number_at(last) >> 8 & 0xff) : 0;
}

static uint64_t limit_in(const char *folder, const char *file)
{
    char path[PATH_BYTES], text[64];
    if (snprintf(path, sizeof path, "%s/%s", folder, file) >= (int)sizeof path ||
        lines_read_whole(path, text, sizeof text) <= 0 || text[0] < '0' || text[0] > '9')
        return 0;
    uint64_t limit = number_at(text);
    return limit < UNLIMITED ? limit : 0;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    if (a == 0 || b == 0)
        return a + b;
    return a < b ? a : b;
}

/* The group's limit and those of the groups above it. */
static uint64_t limit_upward(const char *mount, const char *group, const char *file)
{
    char folder[PATH_BYTES];
    if (snprintf(folder, sizeof folder, "%s%s", mount, group) >= (int)sizeof folder)
        return 0;
    uint64_t limit = 0;
    size_t top = strlen(mount);
    for (;;) {
        limit = smaller(limit, limit_in(folder, file));
        char *slash = strrchr(folder, '/');
        if (slash == NULL || (size_t)(slash - folder) < top)
            return limit;
        *slash = '\0';
    }
}

/* A line is "number:controllers:path"; version 2 has "0::path". */
static bool read_group(void *context, char *line, unsigned number)
{
    uint64_t *limit = context;
    (void)number;
    char *controllers = strchr(line, ':');
    char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
    if (path == NULL)
        return true;
    *path++ = '\0';
    controllers++;
    if (controllers[0] == '\0')
        *limit = smaller(*limit, limit_upward("/sys/fs/cgroup", path, "memory.max"));
    else if (strstr(controllers, "memory") != NULL)
        *limit = smaller(*limit, limit_upward("/sys/fs/cgroup/memory", path, "memory.limit_in_bytes"));
    return true;
}

uint64_t process_limit(void)
{
    uint64_t limit = 0;
    lines_of_file("/proc/thread-self/cgroup", read_group, &limit);
    return limit;
}
