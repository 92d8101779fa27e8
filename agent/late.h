/* late.h: classes that are called by an address until the name of their start routine is found: the agent's own thread, which
 * reads it, was not there yet, or held up. */
#ifndef AGENT_LATE_H
#define AGENT_LATE_H

/* Notes that the class is called so for want of the name of `start`, the calling thread's start routine. May be lost where
 * many come at once. Any thread; allocates nothing. */
void late_note(const void *start, const char *class_name);

/* Reads the names that are still wanted, and calls the classes by them. For the agent's own thread. */
void late_settle(void);

/* For fork, in the child. What its threads have noted already stays. */
void late_fork_child(void);

#endif
