/* own_thread.c: makes the agent's own thread, and sets it apart. */
#include "own_thread.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent.h"
#include "confine.h"
#include "next.h"
#include "objects.h"
#include "say.h"

#define STACK_BYTES (size_t)(192 << 10)

/* What is left of a stack for use is STACK_BYTES: libc takes the program's static TLS out of it, which may be large. */
static size_t stack_bytes(const pthread_attr_t *attributes)
{
    size_t (*least)(const pthread_attr_t *) = NULL;
    void *address = objects_find_from(objects_first(), "__pthread_get_minstack", NULL);
    memcpy(&least, &address, sizeof least);
    return STACK_BYTES + (least != NULL ? least(attributes) : 0);
}

/* What libc allocates for the thread is not the program's, and is there at its end: jemalloc's heap profiler would find a leak,
 * and end the program with status 1 under opt.prof_leak_error. Returns what was before. Where it does not profile it is not
 * asked: before 5.3 it would begin to for this thread, and crash when that ends. */
static bool sample_heap(bool now)
{
    bool before = false;
    size_t bytes = sizeof before;
    if (!agent.jemalloc.prof)
        return false;
    jemalloc_call(&agent.jemalloc, JEMALLOC_THREAD_PROF_ACTIVE, &before, &bytes, &now, sizeof now);
    return before;
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
    bool sampled = sample_heap(false);
    int failed = next.pthread_create(thread, &attributes, start, argument);
    if (sampled)
        sample_heap(true);
    sigmask_next(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return failed == 0;
}

/* What is allowed to everybody is enough for that. */
void own_thread_take_turns(void)
{
    const struct sched_param none = {.sched_priority = 0};
    if (confine_forbids(CONFINE_TURNS))
        return;
    int saved = errno, policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
    if (policy == SCHED_FIFO || policy == SCHED_RR)
        sched_setscheduler(0, SCHED_OTHER, &none);
    errno = saved;
}

bool own_thread_take_descriptors(void)
{
    int saved = errno;
    say_through_leader();
    bool taken = syscall(SYS_close_range, 0U, ~0U, 1U << 1 /* CLOSE_RANGE_UNSHARE */) == 0;
    errno = saved;
    return taken;
}
