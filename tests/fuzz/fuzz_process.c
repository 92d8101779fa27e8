/* fuzz_process.c: what the kernel says of this process and its control groups, and the file of groups, of any bytes: the
 * agent's readers of them stay inside, come to an end, and find what a plainer reading finds.
 *
 * The input is several files, each ended by a form feed, in the order of `names`. Opening one of these opens its part of the
 * input; of another path there is no file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ancestry.h"
#include "fuzz.h"
#include "group.h"
#include "process.h"

enum { CGROUP, LIMIT, STATM, STAT, STATUS, GROUP, FILES };

/* A path belongs to the first whose beginning and end it has. */
static const struct {
    const char *begins, *ends;
} names[FILES] = {
    [CGROUP] = {"/proc/thread-self/cgroup", ""},
    [LIMIT] = {"/sys/fs/cgroup", "memory.max"},
    [STATM] = {"/proc/thread-self/statm", ""},
    [STAT] = {"/proc/self/stat", ""},
    [STATUS] = {"/proc/", "/status"},
    [GROUP] = {"/etc/group", ""},
};

static int files[FILES] = {-1};

static bool is_file(int file, const char *path)
{
    const char *begins = names[file].begins, *ends = names[file].ends;
    size_t length = strlen(path);

    return strncmp(path, begins, strlen(begins)) == 0 && length >= strlen(ends) &&
           strcmp(path + length - strlen(ends), ends) == 0;
}

/* In the place of the C library's. Each opening begins at the file's start. */
__attribute__((visibility("default"))) int open(const char *path, int flags, ...)
{
    char own[64];

    for (int file = 0; file < FILES; file++) {
        if (!is_file(file, path))
            continue;
        snprintf(own, sizeof(own), "/proc/self/fd/%d", files[file]);
        return (int)syscall(SYS_openat, AT_FDCWD, own, flags);
    }
    errno = ENOENT;
    return -1;
}

/* The input's parts go to their files; a part that is not there is empty. */
static void share_out(const uint8_t *data, size_t size)
{
    for (int file = 0; file < FILES; file++) {
        const uint8_t *end = size > 0 ? memchr(data, '\f', size) : NULL;
        size_t part = end != NULL ? (size_t)(end - data) : size;
        require(ftruncate(files[file], 0) == 0 && pwrite(files[file], data, part, 0) == (ssize_t)part);
        data += end != NULL ? part + 1 : part;
        size -= end != NULL ? part + 1 : part;
    }
}

static bool holds(int file, char wanted)
{
    char byte;

    for (off_t at = 0; pread(files[file], &byte, 1, at) == 1; at++)
        if (byte == wanted)
            return true;
    return false;
}

static void look(void)
{
    char first = '\0';
    gid_t gid = 4711, again = 4711;

    require(pread(files[LIMIT], &first, 1, 0) >= 0);
    uint64_t limit = process_limit();
    require(limit < UINT64_C(1) << 60);
    require(limit == 0 || (holds(CGROUP, ':') && first >= '0' && first <= '9'));
    require(process_rss() % (uint64_t)getpagesize() == 0);
    require(process_rss() == 0 || holds(STATM, ' '));
    uint32_t threads = process_threads();
    require(threads == 0 || holds(STAT, ')'));
    int status = process_leader_status();
    require(status >= 0 && status <= 255);
    bool found = group_find("fuzz", &gid);
    require(found ? holds(GROUP, ':') : gid == 4711);
    require(group_find("fuzz", &again) == found && again == gid);
    require(group_find("17", &gid) && gid == 17);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (files[0] < 0)
        for (int file = 0; file < FILES; file++) {
            files[file] = memfd_create("process", MFD_CLOEXEC);
            require(files[file] >= 0);
        }
    share_out(data, size);
    errno = ERANGE;
    look();
    ancestry_is_watched();
    require(errno == ERANGE);
    return 0;
}
