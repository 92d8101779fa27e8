/* procs.h: the processes in /proc, as a list of what may be watched needs them. Names in it are any bytes; processes come
 * and go while it is read. The single facts come from procfs.h. */
#ifndef VIEWER_PROCS_H
#define VIEWER_PROCS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "procfs.h"

#define PROCS_COMM_BYTES 16
#define PROCS_UIDS       4

struct proc {
    pid_t pid;              /* in the viewer's pid namespace */
    pid_t leader;           /* of the thread that has this number: another one when that is no process */
    uint32_t inner_pid;     /* in the process's own, the innermost */
    bool nested;            /* the two namespaces are not the same */
    uid_t uid;              /* effective */
    uid_t uids[PROCS_UIDS]; /* real, effective, saved, of the file system */
    struct procfs_stat stat;
    char comm[PROCS_COMM_BYTES];
};

/* Reads one process. Returns 0; -ESRCH when there is none, also when it ended meanwhile; else -errno. */
int procs_read(struct proc *proc, pid_t pid);

/* The part of procs_read that judges text: takes leader, uids, inner_pid and nested from the content of /proc/PID/status;
 * `pid` is set already. Returns 0, or -EBADMSG. */
int procs_parse_status(struct proc *proc, const char *text);

/* Whether it has ended, all its threads too, and only waits for its parent. */
bool procs_is_zombie(const struct proc *proc);

/* Calls `each` for every process, in no order. Stops when it returns non-zero and returns that; -errno when /proc cannot
 * be read. */
int procs_each(int (*each)(const struct proc *proc, void *context), void *context);

/* Whether a file whose name begins with `name` is mapped: 1 yes, 0 no, -1 when it may not be known. */
int procs_maps(pid_t pid, const char *name);

#endif
