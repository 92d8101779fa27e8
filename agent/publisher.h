/* publisher.h: the agent's own thread: looks, takes snapshots, publishes them, and ends with the process. */
#ifndef AGENT_PUBLISHER_H
#define AGENT_PUBLISHER_H

#include <stdbool.h>
#include <stdint.h>

#include "arenatop.h"

#define PUBLISHER_NAME "arenatop" /* the thread's */

/* Starts the thread. `delay_ns`: how long the process must have lived before it gets a segment; a process that is gone by
 * then never pays for one. `ring_bytes`: of its segment. Returns false when the thread could not be made; the host runs on
 * all the same. */
bool publisher_start(uint64_t delay_ns, uint64_t ring_bytes);

/* Makes it look at once whether it is the last thread left. Any thread; cheap. */
void publisher_wake(void);

/* Stops the thread and waits until the kernel has forgotten it; its segment stays. For calls that fail in a process of
 * several threads. Returns false when there was none to stop. publisher_resume starts it again. */
bool publisher_pause(void);
void publisher_resume(void);

/* Has the thread call `does`, in between what else it does, and waits for that. Any thread. Returns false when there is none. */
bool publisher_send(void (*does)(void *with), void *with);

/* Before the thread would be killed for what it does: makes the segment if there is none yet, publishes a last snapshot of
 * mode none, with the reason, and stops the thread for good. Returns false when there was none to stop.
 * publisher_come_back takes that back. */
bool publisher_leave_off(enum at_reason reason);
void publisher_come_back(void);

/* A clean end: the last snapshot is published (`last_snapshot`, when it is not forbidden to wait a moment here), the
 * segment marked exited and unlinked. Any thread; the first call counts. Does nothing in any process but the one that
 * made the segment. */
void publisher_end(bool last_snapshot);

/* To be called by the program's last thread at its end, when the main thread has left before: a clean end, after which the
 * publisher's thread is gone. libc then ends the process in the calling thread, whose descriptors are the program's: what
 * stdio still holds could not be written from the publisher. */
void publisher_leave(void);

/* In a fork child: nothing of the parent's publisher is ours. */
void publisher_forget(void);

/* Names the child's or the paused thread's tid, 0 when there is none; for whoever counts threads. */
uint32_t publisher_tid(void);

#endif
