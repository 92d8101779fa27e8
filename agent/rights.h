/* rights.h: what a thread may do is its own, to the kernel. What libc's setuid and its kin change they change for all threads,
 * and they end the process when one thread may do so and another may not. So the agent's thread is to have the rights that
 * the program's main thread has, and is not to keep any that this one has given up. */
#ifndef AGENT_RIGHTS_H
#define AGENT_RIGHTS_H

/* After the calling thread made this system call, which changed its own rights, with success: the agent's thread makes the
 * same. Where it cannot, it is made anew by the calling thread, and so with the same rights. Threads beside the main one have
 * rights of their own in some servers, for every request others: those are not followed. */
void rights_follow(long number, long a, long b, long c, long d, long e);

#endif
