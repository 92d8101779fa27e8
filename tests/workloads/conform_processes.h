/* conform_processes.h: ways to make a child, for the conform programs that do. */
#ifndef WORKLOAD_CONFORM_PROCESSES_H
#define WORKLOAD_CONFORM_PROCESSES_H

#include <sys/syscall.h>

#include "conform.h"

static inline pid_t by_fork(void)
{
    return fork();
}

static inline pid_t by_clone(void)
{
    return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

/* Past the handlers. */
static inline pid_t by__Fork(void)
{
    return _Fork();
}

static pid_t (*const makers[])(void) = {by_fork, by_clone, by__Fork};

#endif
