/* faulty_mallctl.c: a jemalloc whose control calls fail when told to: linked with jemalloc's own objects, in which mallctl
 * and its two sisters were renamed real_mallctl and so on, to one library.
 *
 *   FAULT_MALLCTL  which name, as "thread.arena", "arena.0.initialized"; without it nothing fails, and every call is logged
 *   FAULT_STAGE    "call" (mallctl and mallctlbymib) or "nametomib"
 *   FAULT_AT       N: the Nth call alone; N+: that one and all that follow (1+)
 *   FAULT_ERRNO    what it fails with, a number (EAGAIN)
 *   FAULT_LOG      a file to which a line "STAGE NAME" is appended for each call that fails, or would
 *
 * A mib is known again by its numbers; where the name has a "0", an index, any number will do. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <jemalloc/jemalloc.h>

#define EXPORT __attribute__((visibility("default")))

int real_mallctl(const char *name, void *old, size_t *old_bytes, void *new, size_t new_bytes);
int real_mallctlnametomib(const char *name, size_t *mib, size_t *depth);
int real_mallctlbymib(const size_t *mib, size_t depth, void *old, size_t *old_bytes, void *new, size_t new_bytes);

enum { NAMES_MAX = 256, NAME_BYTES = 64, DEPTH_MAX = 8 };

/* What nametomib was asked for. */
static struct known {
    char name[NAME_BYTES];
    size_t mib[DEPTH_MAX];
    size_t depth;
} known[NAMES_MAX];
static unsigned nknown;

static void log_call(const char *stage, const char *name)
{
    char line[128];
    const char *path = getenv("FAULT_LOG");

    if (path == NULL)
        return;
    int length = snprintf(line, sizeof(line), "%s %s\n", stage, name);
    long fd = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    syscall(SYS_write, fd, line, length);
    syscall(SYS_close, fd);
}

/* The error that this call is to fail with, or 0. */
static int fault(const char *stage, const char *name)
{
    static unsigned calls;
    const char *wanted = getenv("FAULT_MALLCTL"), *at = getenv("FAULT_AT"), *error = getenv("FAULT_ERRNO");
    const char *which = getenv("FAULT_STAGE");
    int saved = errno;
    char *rest = NULL;

    if (wanted != NULL && (strcmp(wanted, name) != 0 || (which != NULL && strcmp(which, stage) != 0)))
        return 0;
    unsigned count = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    unsigned long from = at != NULL ? strtoul(at, &rest, 10) : 1;
    bool struck = wanted == NULL || count == from || (count > from && (rest == NULL || *rest == '+'));
    if (struck)
        log_call(stage, name);
    errno = saved;
    if (!struck || wanted == NULL)
        return 0;
    return error != NULL ? atoi(error) : EAGAIN;
}

static bool is_index(const char *name, size_t part)
{
    for (; part > 0 && name != NULL; part--) {
        name = strchr(name, '.');
        name = name != NULL ? name + 1 : NULL;
    }
    return name != NULL && name[0] == '0' && (name[1] == '.' || name[1] == '\0');
}

static bool is_known(const struct known *row, const size_t *mib, size_t depth)
{
    if (row->depth != depth)
        return false;
    for (size_t i = 0; i < depth; i++)
        if (row->mib[i] != mib[i] && !is_index(row->name, i))
            return false;
    return true;
}

EXPORT int mallctlnametomib(const char *name, size_t *mib, size_t *depth)
{
    int error = fault("nametomib", name);

    error = error != 0 ? error : real_mallctlnametomib(name, mib, depth);
    if (error == 0 && nknown < NAMES_MAX && *depth <= DEPTH_MAX) {
        struct known *row = &known[nknown++]; /* names are looked up before there are threads */
        snprintf(row->name, sizeof(row->name), "%s", name);
        memcpy(row->mib, mib, *depth * sizeof(*mib));
        row->depth = *depth;
    }
    return error;
}

EXPORT int mallctlbymib(const size_t *mib, size_t depth, void *old, size_t *old_bytes, void *new, size_t new_bytes)
{
    int error = 0;

    for (unsigned i = 0; i < nknown && error == 0; i++) {
        if (!is_known(&known[i], mib, depth))
            continue;
        error = fault("call", known[i].name);
        break;
    }
    return error != 0 ? error : real_mallctlbymib(mib, depth, old, old_bytes, new, new_bytes);
}

EXPORT int mallctl(const char *name, void *old, size_t *old_bytes, void *new, size_t new_bytes)
{
    int error = fault("call", name);

    return error != 0 ? error : real_mallctl(name, old, old_bytes, new, new_bytes);
}
