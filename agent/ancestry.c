/* ancestry.c: looks for the agent in this process's ancestors. What of them another user may not see is not asked for. */
#include "ancestry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lines.h"
#include "publisher.h"
#include "segment.h"

#define ANCESTORS_MAX 16
#define ENTRIES_BYTES 512 /* the first threads will do: the agent's is made before main */

static int is_of_pid(const char *path, void *context)
{
    uint32_t pid;
    const char *name = strrchr(path, '/');
    return name != NULL && segment_parse_name(name + 1, &pid) && pid == *(uint32_t *)context;
}

static bool is_agents(uint32_t pid, const char *tid)
{
    char path[64], name[32];
    if (strtoul(tid, NULL, 10) == pid)
        return false;
    snprintf(path, sizeof path, "/proc/%u/task/%.20s/comm", (unsigned)pid, tid);
    return lines_read_whole(path, name, sizeof name) > 0 && strcmp(name, PUBLISHER_NAME "\n") == 0;
}

/* There from the beginning, unlike the segment, which waits until the process has lived a little. */
static bool has_agents_thread(uint32_t pid)
{
    _Alignas(struct dirent64) char entries[ENTRIES_BYTES];
    char path[64];
    bool found = false;
    snprintf(path, sizeof path, "/proc/%u/task", (unsigned)pid);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ssize_t bytes = fd >= 0 ? getdents64(fd, entries, sizeof entries) : 0;
    for (ssize_t at = 0; at < bytes && !found;) {
        const struct dirent64 *entry = (const struct dirent64 *)(const void *)(entries + at);
        found = is_agents(pid, entry->d_name);
        at += entry->d_reclen;
    }
    if (fd >= 0)
        close(fd);
    return found;
}

static bool read_parent(void *context, char *line, unsigned number)
{
    (void)number;
    if (strncmp(line, "PPid:", 5) != 0)
        return true;
    *(uint32_t *)context = (uint32_t)strtoul(line + 5, NULL, 10);
    return false;
}

static uint32_t parent_of(uint32_t pid)
{
    char path[64];
    uint32_t parent = 0;
    snprintf(path, sizeof path, "/proc/%u/status", (unsigned)pid);
    lines_of_file(path, read_parent, &parent);
    return parent;
}

bool ancestry_is_watched(void)
{
    uint32_t pid = (uint32_t)getppid();
    int saved = errno;
    bool watched = false;
    for (unsigned depth = 0; pid != 0 && depth < ANCESTORS_MAX && !watched; depth++) {
        watched = segment_list("/dev/shm", is_of_pid, &pid) > 0 || has_agents_thread(pid);
        pid = parent_of(pid);
    }
    errno = saved;
    return watched;
}
