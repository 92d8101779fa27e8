/* versions.c: a jemalloc of another version: stands before the control functions of one whose own are called real_*, and
 * lacks the names that came later (-DOLD: as 5.2), or has those that came after it (as 5.3.1: arena.<i>.name). As in 5.3.1
 * large blocks take less than their size class says. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int real_mallctl(const char *name, void *old, size_t *old_bytes, void *new, size_t new_bytes);
int real_mallctlnametomib(const char *name, size_t *mib, size_t *depth);
int real_mallctlbymib(const size_t *mib, size_t depth, void *old, size_t *old_bytes, void *new, size_t new_bytes);

#define NAMING 4711u /* the first number of our own mib */

static int is_unknown(const char *name)
{
#ifdef OLD
    static const char *const later[] = {
        "tcache_stashed_bytes", "zero_realloc", "experimental.", "opt.hpa",   "oversize_threshold",
        "opt.cache_oblivious",  "thread.idle",  "tcache.max",    "prof_stats"};
    for (unsigned i = 0; i < sizeof later / sizeof later[0]; i++)
        if (strstr(name, later[i]) != NULL)
            return 1;
#endif
    return strncmp(name, "arena.", 6) == 0 && strstr(name, ".name") != NULL;
}

int mallctl(const char *name, void *old, size_t *old_bytes, void *new, size_t new_bytes)
{
    return is_unknown(name) ? ENOENT : real_mallctl(name, old, old_bytes, new, new_bytes);
}

int mallctlnametomib(const char *name, size_t *mib, size_t *depth)
{
    if (!is_unknown(name))
        return real_mallctlnametomib(name, mib, depth);
#ifndef OLD
    if (*depth >= 3) {
        mib[0] = NAMING;
        mib[1] = strtoul(name + 6, NULL, 10);
        mib[2] = NAMING;
        *depth = 3;
        return 0;
    }
#endif
    return ENOENT;
}

static int is_large_allocated(const size_t *mib, size_t depth)
{
    size_t its[5], its_depth = 5;
#ifdef OLD
    return 0;
#endif
    return depth == 5 && real_mallctlnametomib("stats.arenas.0.large.allocated", its, &its_depth) == 0 &&
           mib[0] == its[0] && mib[1] == its[1] && mib[3] == its[3] && mib[4] == its[4];
}

/* 5.2 does as it is told without opt.prof, too, and crashes when the thread ends. */
static void profile(const size_t *mib, size_t depth)
{
    size_t its[3], its_depth = 3, bytes = sizeof(bool);
    bool prof = false;
#ifndef OLD
    return;
#endif
    if (depth == 3 && real_mallctlnametomib("thread.prof.active", its, &its_depth) == 0 &&
        memcmp(mib, its, sizeof its) == 0 && real_mallctl("opt.prof", &prof, &bytes, NULL, 0) == 0 && !prof)
        abort();
}

/* Says the names that arenas are given, as `name INDEX NAME`. */
int mallctlbymib(const size_t *mib, size_t depth, void *old, size_t *old_bytes, void *new, size_t new_bytes)
{
    if (depth != 3 || mib[0] != NAMING) {
        profile(mib, depth);
        int failed = real_mallctlbymib(mib, depth, old, old_bytes, new, new_bytes);
        if (failed == 0 && old != NULL && is_large_allocated(mib, depth))
            *(size_t *)old = *(size_t *)old / 8 * 7;
        return failed;
    }
    if (new == NULL || new_bytes != sizeof(char *))
        return EINVAL;
    printf("name %zu %s\n", mib[1], *(char **)new);
    return 0;
}
