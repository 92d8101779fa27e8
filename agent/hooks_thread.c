/* hooks_thread.c: interposes what makes and names threads. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "alive.h"
#include "atomics.h"
#include "bind.h"
#include "confine.h"
#include "hooks.h"
#include "hooks_syscall.h"
#include "rights.h"
#include "self.h"
#include "start.h"
#include "unblocked.h"

/* ---- creation ---- */

static void *run_pthread(void *argument)
{
    struct thread *thread = argument;
    void *(*start)(void *) = thread->start;
    void *start_argument = thread->argument;
    bind_start(thread);
    return start(start_argument);
}

/* A C11 start routine; its record keeps it in the place of a POSIX one. */
static int run_c11(void *argument)
{
    struct thread *thread = argument;
    thrd_start_t start;
    memcpy(&start, &thread->start, sizeof start);
    void *start_argument = thread->argument;
    bind_start(thread);
    return start(start_argument);
}

/* The creator may have a name by now that it has not followed. jemalloc makes its threads with its locks held, and with all
 * signals blocked: whoever blocks them all follows later. */
static void note_creators_name(void)
{
    if (unlikely(load_acquire32(&thread_tls.renamed) != 0) && (thread_tls.unblocked & ~UNBLOCKED_ALWAYS) != 0)
        bind_noticed();
}

/* The record of a thread to be; it knows its creator. NULL: the thread goes without, and is met at its first free. */
static struct thread *prepare(const void *start, void *argument)
{
    note_creators_name();
    const struct thread *creator = thread_tls.record;
    struct thread *thread = agent.on && !confine_forbids(CONFINE_THREADS) ? threads_new() : NULL;
    if (thread == NULL)
        return NULL;
    alive_expect(true);
    memcpy(&thread->start, &start, sizeof thread->start);
    thread->argument = argument;
    thread->unblocked = thread_tls.unblocked; /* a thread inherits its creator's mask */
    if (creator != NULL) {
        thread->from = creator->class_id;
        memcpy(thread->name, creator->name, sizeof thread->name);
    } else {
        prctl_next(PR_GET_NAME, (unsigned long)(uintptr_t)thread->name);
    }
    return thread;
}

static SLOW void read_mask(struct thread *thread, const pthread_attr_t *attributes)
{
    sigset_t blocked;
    if (pthread_attr_getsigmask_np(attributes, &blocked) == 0)
        thread->unblocked = unblocked_but(unblocked_bits(&blocked));
}

static void give_up(struct thread *thread)
{
    alive_expect(false);
    threads_free(thread);
}

HOOK int pthread_create(pthread_t *restrict id, const pthread_attr_t *restrict attributes, void *(*start)(void *),
                        void *restrict argument)
{
    start_once();
    const void *address;
    memcpy(&address, &start, sizeof address);
    struct thread *thread = prepare(address, argument);
    if (thread == NULL)
        return next.pthread_create(id, attributes, start, argument);
    if (attributes != NULL)
        read_mask(thread, attributes);
    int failed = next.pthread_create(id, attributes, run_pthread, thread);
    if (failed != 0)
        give_up(thread);
    return failed;
}

HOOK int thrd_create(thrd_t *id, thrd_start_t start, void *argument)
{
    start_once();
    const void *address;
    memcpy(&address, &start, sizeof address);
    struct thread *thread = prepare(address, argument);
    if (thread == NULL)
        return next.thrd_create(id, start, argument);
    int result = next.thrd_create(id, run_c11, thread);
    if (result != thrd_success)
        give_up(thread);
    return result;
}

/* ---- keys: ours is to be the first of all ---- */

HOOK int pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
    hooks_ready();
    bind_make_key();
    int failed = next.pthread_key_create(key, destructor);
    if (failed == 0)
        place_note_key(*key, destructor, __builtin_return_address(0));
    return failed;
}

/* jemalloc sets its key when it meets a thread, before it chooses an arena and a cache for it. */
HOOK int pthread_setspecific(pthread_key_t key, const void *value)
{
    hooks_ready();
    int failed = next.pthread_setspecific(key, value);
    if (value != NULL && key != place_jemallocs_key)
        thread_tls.has_keys = 1;
    else if (value != NULL)
        place_meet();
    return failed;
}

HOOK int tss_set(tss_t key, void *value)
{
    hooks_ready();
    if (value != NULL)
        thread_tls.has_keys = 1;
    return next.tss_set(key, value);
}

/* ---- names ---- */

/* A vfork child borrows its parent's TLS. What such a child has may be the number of the main thread of process 1. */
static bool is_callers(const struct thread *thread)
{
    return thread->tid == (uint32_t)gettid() && (!thread->is_main || self_is(thread->process));
}

static void renamed_self(void)
{
    struct thread *thread = thread_tls.record;
    if (!agent.on)
        store_seq_cst32(&thread_tls.renamed, 1); /* see bind_noticed() */
    if (!agent.on || thread_tls.closed || self_is_shut_in() || confine_forbids(CONFINE_THREADS))
        return;
    if (thread != NULL && !is_callers(thread))
        return;
    if (thread != NULL)
        bind_renamed(thread);
    else
        bind_adopt(true);
}

/* The other thread sorts itself, at the next hook it comes by: its fast path is turned off until then. */
static void renamed_other(pthread_t id)
{
    if (!agent.on)
        return;
    struct thread_tls *other = threads_local_of(id);
    store_seq_cst32(&other->renamed, 1);
    threads_disarm(other);
}

HOOK int pthread_setname_np(pthread_t id, const char *name)
{
    hooks_ready();
    int failed = next.pthread_setname_np(id, name);
    if (failed != 0)
        return failed;
    if (pthread_equal(id, pthread_self()))
        renamed_self();
    else
        renamed_other(id);
    return 0;
}

static bool changes_rights(int option)
{
    return option == PR_SET_KEEPCAPS || option == PR_SET_SECUREBITS || option == PR_CAPBSET_DROP ||
           option == PR_CAP_AMBIENT;
}

int hooks_prctl(int option, const unsigned long argument[4])
{
    if (option == PR_SET_SECCOMP)
        return hooks_prctl_seccomp(option, argument);
    int result = next.prctl(option, argument[0], argument[1], argument[2], argument[3]);
    if (option == PR_SET_NAME && result == 0)
        renamed_self();
    if (changes_rights(option) && result == 0)
        rights_follow(SYS_prctl, option, (long)argument[0], (long)argument[1], (long)argument[2], (long)argument[3]);
    return result;
}

HOOK int prctl(int option, ...)
{
    unsigned long argument[4];
    va_list arguments;
    va_start(arguments, option);
    for (unsigned i = 0; i < 4; i++)
        argument[i] = va_arg(arguments, unsigned long);
    va_end(arguments);
    hooks_ready();
    return hooks_prctl(option, argument);
}
