/* arenas.h: which arena belongs to which class, and which one a thread of a class is bound to.
 *
 * A class gets another arena when it gets another thread, up to its cap, and within a total of four times jemalloc's own
 * opt.narenas; each class may have one in any case. So binding costs no parallelism, and nobody pays for arenas that no
 * thread uses. Arenas are never destroyed: their memory outlives the threads that allocated it. */
#ifndef AGENT_ARENAS_H
#define AGENT_ARENAS_H

#include <stdbool.h>
#include <stdint.h>

#include "jemalloc.h"

#define ARENAS_MAX  4096 /* MALLOCX_ARENA_LIMIT is 4,095 */
#define ARENAS_NONE UINT32_MAX

void arenas_start(const struct jemalloc *jemalloc);

/* An arena for one more thread of class `id`: the one with the fewest threads, or a new one. Counts the thread.
 * Returns ARENAS_NONE when the class has none and jemalloc would not make one. May call into jemalloc. */
uint32_t arenas_take(unsigned id);

/* Counts one thread less, or one more, in an arena that was taken before. ARENAS_NONE is allowed. */
void arenas_release(uint32_t index);
void arenas_join(uint32_t index);

/* Arenas that were made for class `id`. */
uint32_t arenas_count(unsigned id);

/* The class that arena `index` was made for or is bound to by a rule; AT_CLASS_UNBOUND for any other. */
unsigned arenas_class(uint32_t index);

/* Threads that are bound to arena `index` by the agent. */
uint32_t arenas_threads(uint32_t index);

/* At the end of a thread that a handler may have ended amid any of these: lets go what it has of them. */
void arenas_abandon(void);

/* For fork, in the child: no thread is bound anywhere any more, until arenas_join() was called for it. */
void arenas_fork_child(void);

#endif
