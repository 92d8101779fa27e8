/* favour.h: something small that the agent's thread does for another, in between its own work. One favour at a time. */
#ifndef AGENT_FAVOUR_H
#define AGENT_FAVOUR_H

#include <stdbool.h>
#include <stdint.h>

/* Has `does` called by the thread that calls favour_run(), which `wake` wakes, and waits for that. False: it ended, as *ended
 * then says, and did nothing. Only one thread at a time may send. */
bool favour_send(void (*does)(void *with), void *with, void (*wake)(void), const uint32_t *ended);

/* Does what is wanted, if anything is. */
void favour_run(void);

/* In a fork child: whoever sent one is not there. */
void favour_forget(void);

#endif
