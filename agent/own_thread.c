/* own_thread.c: makes the agent's own thread. */
#include "own_thread.h"

#include <signal.h>
#include <string.h>

#include "next.h"
#include "objects.h"

#define STACK_BYTES (size_t)(192 << 10)

/* What is left of a stack for use is STACK_BYTES: libc takes the program's static TLS out of it, which may be large. */
static size_t stack_bytes(const pthread_attr_t *attributes)
{
    size_t (*least)(const pthread_attr_t *) = NULL;
    void *address = objects_find_from(objects_first(), "__pthread_get_minstack", NULL);
    memcpy(&least, &address, sizeof least);
    return STACK_BYTES + (least != NULL ? least(attributes) : 0);
}

bool own_thread_make(pthread_t *thread, void *(*start)(void *), void *argument)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    pthread_attr_setstacksize(&attributes, stack_bytes(&attributes));
    sigfillset(&all);
    sigmask_next(SIG_SETMASK, &all, &before); /* it starts with every signal blocked */
    int failed = next.pthread_create(thread, &attributes, start, argument);
    sigmask_next(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return failed == 0;
}
