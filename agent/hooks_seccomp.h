/* hooks_seccomp.h: prctl(PR_SET_SECCOMP), on its way. */
#ifndef AGENT_HOOKS_SECCOMP_H
#define AGENT_HOOKS_SECCOMP_H

/* Passes the call on, and when it succeeds knows what the filter leaves the agent. */
int seccomp_prctl(int option, const unsigned long argument[4]);

#endif
