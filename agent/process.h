/* process.h: what the kernel says of this process. Reads /proc and /sys without allocating; errno survives.
 * Opens files: only the publisher, which has a descriptor table of its own, calls these while the host runs. */
#ifndef AGENT_PROCESS_H
#define AGENT_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the calling thread has a descriptor table of its own, new and empty: then the file that is read most often stays
 * open in it. */
void process_hold(bool may);

/* Resident bytes; 0 when unknown. */
uint64_t process_rss(void);

/* Threads of the process that run, the calling one included; 0 when unknown. The kernel adds up the CPU time of all of
 * them meanwhile: whoever asks often asks process_threads_most() first. */
uint32_t process_threads(void);

/* The same, quickly; one too many where the main thread has left and others go on; 0 when unknown. */
uint32_t process_threads_most(void);

/* The status that the main thread ended with, when it ended by the kernel's own exit(2) and others went on; 0 when unknown. */
int process_leader_status(void);

/* The smallest memory limit of its control groups, version 1 and 2, in bytes; 0 when there is none. */
uint64_t process_limit(void);

#endif
