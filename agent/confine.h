/* confine.h: what the program's seccomp filters leave the agent. A filter kills whoever makes a call that it does not know,
 * and no filter of the program's knows the agent's. So each one is asked about them before it is in force: its own code is
 * run over them here, and what it would answer with anything but a yes is never called again. */
#ifndef AGENT_CONFINE_H
#define AGENT_CONFINE_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

/* What the agent does, by who does it: each needs some system calls. */
enum confine {
    CONFINE_PUBLISHER = 1 << 0, /* all that the agent's own thread does */
    CONFINE_BEGIN = 1 << 1,     /* that thread's own beginning */
    CONFINE_END = 1 << 2,       /* the program's thread, at a clean end: waits for the publisher's */
    CONFINE_THREADS = 1 << 3,   /* one that begins: tells who it is */
    CONFINE_ASK = 1 << 4,       /* one that begins: asks the publisher for its start routine's name */
    CONFINE_REGIONS = 1 << 5,   /* maps memory where its class's region is */
    CONFINE_LABELS = 1 << 6,    /* names it for /proc/<pid>/maps, and has it made of small pages */
    CONFINE_SAY = 1 << 7,       /* writes a line to stderr */
    CONFINE_BORROW = 1 << 8,    /* the publisher: to the program's stderr */
    CONFINE_OWNER = 1 << 9,  /* removes the segment's name as the user that it belongs to, when it is another by then */
    CONFINE_TURNS = 1 << 10, /* the publisher: leaves the real-time priority that it was made with */
    CONFINE_MASK = 1 << 11,  /* lets no signal come while it makes an arena, or follows its name */
    CONFINE_GONE = 1 << 12,  /* one that has stopped the publisher: asks the kernel whether it is gone */
    CONFINE_CLEAR = 1 << 13, /* has the kernel clear what is allocated */
    CONFINE_LAST = CONFINE_CLEAR
};
#define CONFINE_ALL UINT32_MAX

/* What of them a filter forbids. The program's bytes are checked as they are read. */
uint32_t confine_forbidden(const struct sock_fprog *filter);

/* They are forbidden from now on, to every thread. */
void confine_forbid(uint32_t what);

bool confine_forbids(enum confine what);

/* At the start: a filter may be in force that was never seen; nobody can read it. What is least common is not tried then. */
void confine_start(void);

#endif
