/* behind.h: what stands behind a start routine that only passes on: every thread of C++'s std::thread begins in the same
 * routine of libstdc++, and what it will call lies in its argument. */
#ifndef AGENT_BEHIND_H
#define AGENT_BEHIND_H

#include <stdbool.h>
#include <stdint.h>

struct behind {
    bool passes_on;      /* the start routine is such a one; else the rest says nothing */
    const void *routine; /* the function that will be called, or NULL */
    const char *type; /* mangled name of the state's type, for demangle_state, or NULL; lies in its object's memory */
};

/* Looks at a start routine, and at the argument of one that passes on, which it must be about to be called with. The answer
 * holds while no object is unloaded: it may be kept under the `generation` that the caller gives and raises then. Has the
 * file of the object read the first time. Any thread; neither locks nor allocates; errno survives. */
void behind_look(const void *start, const void *argument, uint32_t generation, struct behind *behind);

/* Forgets what is remembered; to be called when the generation has risen. Any thread. */
void behind_forget(void);

#endif
