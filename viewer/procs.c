/* procs.c: the processes in /proc. */
#include "procs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 64, STATUS_BYTES = 4096, MAPS_LINE_BYTES = 4600 };

/* What follows a key of /proc/PID/status. No name can forge a line there: the kernel escapes its newlines. */
static const char *status_value(const char *text, const char *key)
{
    const char *at = strstr(text, key);

    return at == NULL ? NULL : at + strlen(key);
}

int procs_parse_status(struct proc *proc, const char *text)
{
    const char *uids = status_value(text, "\nUid:");
    const char *pids = status_value(text, "\nNSpid:");

    for (unsigned i = 0; i < PROCS_UIDS; i++) {
        char *end;
        unsigned long uid = uids != NULL ? strtoul(uids, &end, 10) : 0;
        if (uids == NULL || end == uids || uid > UINT32_MAX)
            return -EBADMSG;
        proc->uids[i] = (uid_t)uid;
        uids = end;
    }
    const char *leader = status_value(text, "\nTgid:");
    proc->leader = leader != NULL ? (pid_t)strtol(leader, NULL, 10) : proc->pid;
    proc->uid = proc->uids[1];
    proc->inner_pid = (uint32_t)proc->pid;
    proc->nested = false;
    /* One pid for each namespace, the innermost last; a kernel without namespaces has no such line. */
    for (unsigned depth = 0; pids != NULL; depth++) {
        char *end;
        unsigned long pid = strtoul(pids, &end, 10);
        if (end == pids || pid == 0 || pid > INT32_MAX)
            return -EBADMSG;
        proc->inner_pid = (uint32_t)pid;
        proc->nested = depth > 0;
        pids = *end == '\t' || *end == ' ' ? end : NULL;
    }
    return 0;
}

/* What the kernel says of a process that ended between two reads. */
static int gone_or(int error)
{
    return error == -ENOENT ? -ESRCH : error;
}

int procs_read(struct proc *proc, pid_t pid)
{
    char text[STATUS_BYTES];
    ssize_t got;

    memset(proc, 0, sizeof(*proc));
    proc->pid = pid;
    int error = procfs_stat((uint32_t)pid, &proc->stat);
    if (error != 0)
        return gone_or(error);
    if ((got = procfs_read_of((uint32_t)pid, "comm", proc->comm, sizeof(proc->comm))) < 0)
        return gone_or((int)got);
    /* A full name of 15 bytes leaves no room for the newline that follows it. */
    if (got > 0 && proc->comm[got - 1] == '\n')
        proc->comm[got - 1] = '\0';
    if ((got = procfs_read_of((uint32_t)pid, "status", text, sizeof(text))) < 0)
        return gone_or((int)got);
    return procs_parse_status(proc, text);
}

bool procs_is_zombie(const struct proc *proc)
{
    return (proc->stat.state == 'Z' || proc->stat.state == 'X') && proc->stat.threads <= 1;
}

int procs_each(int (*each)(const struct proc *proc, void *context), void *context)
{
    DIR *directory = opendir("/proc");
    struct dirent *entry;
    int result = 0;

    if (directory == NULL)
        return -errno;
    while (result == 0 && (entry = readdir(directory)) != NULL) {
        struct proc proc;
        char *end;
        long pid = strtol(entry->d_name, &end, 10);
        if (*end == '\0' && pid > 0 && pid <= INT32_MAX && procs_read(&proc, (pid_t)pid) == 0)
            result = each(&proc, context);
    }
    closedir(directory);
    return result;
}

int procs_maps(pid_t pid, const char *name)
{
    char path[PATH_BYTES], line[MAPS_LINE_BYTES];
    int found = 0;

    snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(path, "re");
    if (maps == NULL)
        return -1;
    while (!found && fgets(line, sizeof(line), maps) != NULL) {
        const char *slash = strrchr(line, '/');
        found = slash != NULL && strncmp(slash + 1, name, strlen(name)) == 0;
    }
    if (ferror(maps))
        found = -1;
    fclose(maps);
    return found;
}
