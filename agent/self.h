/* self.h: which process the caller is of. Its pid does not say: a child in a pid namespace of its own may have its parent's.
 * Two kinds of children are not told to anybody: one that has a copy of our memory (the kernel's own clone), and one that
 * runs on our memory itself until it calls exec (vfork, posix_spawn). */
#ifndef AGENT_SELF_H
#define AGENT_SELF_H

#include <stdbool.h>
#include <stdint.h>

#include "atomics.h"

/* What a process knows of itself. */
struct self {
    uint32_t number; /* 0: nobody has asked yet */
    uint32_t pid;
    uint64_t namespace; /* of its pid; 0: not known */
};

/* For self_number() alone. NULL: there is none yet, or none to be had. */
extern struct self *self_page;
uint32_t self_ask(void);

/* The number of the process whose memory the caller runs on, never 0: none that this memory is a copy of had the same.
 * Where the kernel cannot tell copies from what they are of, it is the pid. Asks the kernel once in a process. Any thread. */
static inline uint32_t self_number(void)
{
    const struct self *page = __atomic_load_n(&self_page, __ATOMIC_ACQUIRE);
    uint32_t number = page != NULL ? load_acquire32(&page->number) : 0;
    return number != 0 ? number : self_ask();
}

/* Whether the caller runs on the memory of another process, which goes on with it. False where that cannot be known, or may
 * not be asked. Asks the kernel each time. */
bool self_borrows(void);

/* Whether the caller is of the process that has this number. Asks the kernel each time. */
bool self_is(uint32_t number);

/* Such a caller has set a filter that lets it ask no more: what its thread's words in TLS say of it until it ends. It may
 * also call exec, and its parent, when it goes on, finds them still. */
void self_shut_in(void);
bool self_is_shut_in(void);
void self_let_out(void);

/* To be called by the agent's thread, which is surely of the process: what more there is to tell it by. */
void self_look(void);

/* For fork: in the parent before, in the child before anybody else of the agent asks. */
void self_fork_prepare(void);
void self_fork_child(void);

#endif
