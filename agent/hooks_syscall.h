/* hooks_syscall.h: what hooks_syscall.c hands on to, of what is called by its number. Each makes the call, unless said. */
#ifndef AGENT_HOOKS_SYSCALL_H
#define AGENT_HOOKS_SYSCALL_H

/* prctl(2): follows names, rights and filters. */
int hooks_prctl(int option, const unsigned long argument[4]);

/* Of it PR_SET_SECCOMP: when it succeeds it is known what the filter leaves the agent. */
int hooks_prctl_seccomp(int option, const unsigned long argument[4]);
long hooks_seccomp(long operation, long flags, long filter);

/* exit_group(2), but for the call itself, which is left to the caller. */
void hooks_end_at_once(void);

/* unshare(2) and setns(2). */
long hooks_change_namespace(long number, long a, long b);

#endif
