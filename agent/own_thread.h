/* own_thread.h: how the agent's own thread is made and set apart, so that the program does not notice. */
#ifndef AGENT_OWN_THREAD_H
#define AGENT_OWN_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Makes a thread with a small stack and every signal blocked, past our own hooks. False when it could not be made. */
bool own_thread_make(pthread_t *thread, void *(*start)(void *), void *argument);

/* For that thread alone, at its start; both leave errno as it is. */

/* Leaves a real-time priority that it was made with: a program of real-time threads does not mean this one. */
void own_thread_take_turns(void);

/* Takes a descriptor table of its own, empty: its files never take a number that the program expects for its own, and nothing
 * that the program closes stays open with us. False where the kernel or a filter does not let it: then it shares the program's. */
bool own_thread_take_descriptors(void);

#endif
