/* fork.c: phases of a fork. The child of a fork has one thread; it goes on with the books of all, and gets a segment and a
 * publisher of its own once it has lived for an interval: most children exec or exit before. */
#include "fork.h"

#include <errno.h>
#include <unistd.h>

#include "agent.h"
#include "alive.h"
#include "books.h"
#include "cache.h"
#include "classify.h"
#include "confine.h"
#include "next.h"
#include "place.h"
#include "publisher.h"
#include "sample.h"
#include "self.h"

#define CHILD_RING_BYTES (UINT64_C(1) << 20)

/* jemalloc's child forgets the caches of the threads that it has not; to flush or destroy one there crashes. The forking
 * thread's own explicit cache goes before, and is made again when it is wanted. No mutex is held across the fork: other
 * libraries' handlers run in between, and may wait for a thread that waits for us. What another thread may have been
 * changing is put right in the child.
 *
 * jemalloc's handler is the next, and would be the first that a thread without an arena meets of it, while the books wait
 * for the fork. */
static void prepare(void)
{
    int saved = errno;
    struct thread *self = thread_tls.record;
    self_fork_prepare();
    if (self != NULL && !self->placed)
        place_now(self);
    if (self != NULL && !thread_tls.changing)
        cache_end(self);
    books_fork_prepare();
    errno = saved;
}

/* Of daemon(), which forks in the thread that calls it: another thread's fork meanwhile has a child that goes on. */
static __thread bool parent_ends __attribute__((tls_model("initial-exec")));

void fork_announce_end(bool ends)
{
    parent_ends = ends;
}

static void parent(void)
{
    int saved = errno;
    books_fork_parent();
    if (parent_ends && agent.publishes)
        publisher_end(false);
    errno = saved;
}

/* The first of all handlers in the child. Another library's, older than the agent, may make a thread, which gets the stack of
 * one that the child has not, counters and all, or have libc unmap such stacks; and the thread may want what another held when
 * it vanished. jemalloc's locks are still taken. */
static void child_first(void)
{
    int saved = errno;
    struct thread *self = thread_tls.record;
    if (!agent.on)
        return;
    if (confine_forbids(CONFINE_THREADS)) { /* it may not even ask who it is */
        books_fork_parent();
        return;
    }
    self_fork_child();
    if (self != NULL && thread_tls.changing)
        cache_abandon(self);
    if (books_fork_child(self) > 0)
        sample_measure_stranded();
    alive_fork_child(self);
    classify_fork_child();
    errno = saved;
}

static void child(void)
{
    int saved = errno;
    publisher_forget();
    if (agent.publishes && agent.conf.children && !confine_forbids(CONFINE_THREADS) &&
        !confine_forbids(CONFINE_PUBLISHER) && !confine_forbids(CONFINE_BEGIN))
        publisher_start(agent.conf.interval_ms * UINT64_C(1000000),
                        agent.conf.ring_bytes_set ? agent.conf.ring_bytes : CHILD_RING_BYTES);
    else
        agent.publishes = false;
    errno = saved;
}

/* The last argument is whose the handlers are: with NULL they stay when the process ends. To have them taken away then, and
 * jemalloc's with them, while another thread forks, is more than glibc's list of them can bear: it aborts (2.36). */
void fork_come_first(void)
{
    static uint32_t came;
    if (__atomic_exchange_n(&came, 1, __ATOMIC_ACQ_REL) == 0)
        next.__register_atfork(NULL, NULL, child_first, NULL);
}

void fork_start(void)
{
    fork_come_first();
    next.__register_atfork(prepare, parent, child, NULL);
}
