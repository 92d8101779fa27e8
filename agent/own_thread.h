/* own_thread.h: how the agent's own thread is made, so that the program does not notice. */
#ifndef AGENT_OWN_THREAD_H
#define AGENT_OWN_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Makes a thread with a small stack and every signal blocked, past our own hooks. False when it could not be made. */
bool own_thread_make(pthread_t *thread, void *(*start)(void *), void *argument);

#endif
