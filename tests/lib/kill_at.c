/* kill_at.c: runs a program and kills it at its Nth stop: before or after a system call.
 *
 *   kill_at N LOG COMMAND [ARGUMENT...]
 *
 * Ends as the command does, when it ends before; else with 137. LOG becomes "STOPS WRITES": how many stops there were, and how
 * many calls of pwrite(2) had returned by then. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KILLED = 137, CANNOT = 125 };

static void be_traced(char **command)
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
        execvp(command[0], command);
    _exit(CANNOT);
}

/* Whether the stop is behind a pwrite. The kernel tells which call it is only when it begins. */
static int is_behind_pwrite(pid_t pid)
{
    static __uint64_t began;
    struct __ptrace_syscall_info info;

    if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info) <= 0)
        return 0;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
        began = info.entry.nr;
    return info.op == PTRACE_SYSCALL_INFO_EXIT && began == SYS_pwrite64 && info.exit.rval > 0;
}

static int follow(pid_t pid, long last, FILE *log)
{
    long stops = 0, writes = 0;
    int status, signal_number = 0;

    while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
        if (stops == 0)
            ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
        stops++;
        signal_number = WSTOPSIG(status) == (SIGTRAP | 0x80) || WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
        writes += WSTOPSIG(status) == (SIGTRAP | 0x80) && is_behind_pwrite(pid);
        if (stops == last)
            kill(pid, SIGKILL);
        else
            ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signal_number);
    }
    fprintf(log, "%ld %ld\n", stops, writes);
    return WIFEXITED(status) ? WEXITSTATUS(status) : KILLED;
}

int main(int count, char **arguments)
{
    FILE *log = count > 3 ? fopen(arguments[2], "we") : NULL;

    if (log == NULL)
        return CANNOT;
    pid_t pid = fork();
    if (pid == 0)
        be_traced(arguments + 3);
    return pid > 0 ? follow(pid, strtol(arguments[1], NULL, 10), log) : CANNOT;
}
