/* undisturbed.h: keeps signals away from the calling thread for a moment, where a handler that forks, or does not come back,
 * would leave a lock behind that others wait for. */
#ifndef AGENT_UNDISTURBED_H
#define AGENT_UNDISTURBED_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct undisturbed {
    sigset_t before;
    bool masked;
};

/* From now on no signal comes, but those that an instruction raises, which end the process where they are blocked: a sandbox
 * answers SIGSYS. Nothing happens where a filter forbids it. These nest. */
void undisturbed_begin(struct undisturbed *undisturbed);

/* The signals 1 to 64 that the thread had blocked before; false where that is not known. */
bool undisturbed_before(const struct undisturbed *undisturbed, uint64_t *blocked);

/* What came meanwhile comes now. */
void undisturbed_end(const struct undisturbed *undisturbed);

#endif
