/* group.c: reads /etc/group with a buffer on the stack. */
#include "group.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"

struct search {
    const char *name;
    gid_t gid;
    bool found;
};

/* A line is "name:password:gid:members". */
static bool match_line(void *context, char *line, unsigned number)
{
    struct search *search = context;
    (void)number;
    char *password = strchr(line, ':');
    char *gid = password != NULL ? strchr(password + 1, ':') : NULL;
    if (gid == NULL)
        return true;
    *password = '\0';
    if (strcmp(line, search->name) != 0)
        return true;
    search->gid = (gid_t)strtoul(gid + 1, NULL, 10);
    search->found = true;
    return false;
}

bool group_find(const char *name, gid_t *gid)
{
    char *end;
    int saved = errno;
    unsigned long number = strtoul(name, &end, 10);
    errno = saved;
    if (*name >= '0' && *name <= '9' && *end == '\0' && number < UINT32_MAX) {
        *gid = (gid_t)number;
        return true;
    }
    struct search search = {.name = name};
    lines_of_file("/etc/group", match_line, &search);
    if (search.found)
        *gid = search.gid;
    return search.found;
}
