/* versions.c: a jemalloc of another version: stands before the control functions of one whose own are called real_*, and
 * lacks the names that came later (-DOLD: as 5.2), or has those that came after it (as 5.3.1: arena.<i>.name). */
#include <errno.h>
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

/* Says the names that arenas are given, as `name INDEX NAME`. */
int mallctlbymib(const size_t *mib, size_t depth, void *old, size_t *old_bytes, void *new, size_t new_bytes)
{
    if (depth != 3 || mib[0] != NAMING)
        return real_mallctlbymib(mib, depth, old, old_bytes, new, new_bytes);
    if (new == NULL || new_bytes != sizeof(char *))
        return EINVAL;
    printf("name %zu %s\n", mib[1], *(char **)new);
    return 0;
}
