/* next_table.h: the symbols that the agent interposes; one row each. X(result, name, (parameters)) */
#ifndef AGENT_NEXT_TABLE_H
#define AGENT_NEXT_TABLE_H

#include <pthread.h>
#include <threads.h>

#define NEXT_THREAD_FUNCTIONS(X)                                                             \
    X(int, pthread_create, (pthread_t *, const pthread_attr_t *, void *(*)(void *), void *)) \
    X(int, thrd_create, (thrd_t *, thrd_start_t, void *))                                    \
    X(int, pthread_setname_np, (pthread_t, const char *))                                    \
    X(int, prctl, (int, ...))

#define NEXT_PROCESS_FUNCTIONS(X) \
    X(void, _exit, (int))         \
    X(void, _Exit, (int))         \
    X(int, unshare, (int))        \
    X(int, setns, (int, int))     \
    X(int, dlclose, (void *))

#define NEXT_FUNCTIONS(X)    \
    NEXT_THREAD_FUNCTIONS(X) \
    NEXT_PROCESS_FUNCTIONS(X)

#endif
