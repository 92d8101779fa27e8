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

static void child(void)
{
    int saved = errno;
    struct thread *self = thread_tls.record;
    if (confine_forbids(CONFINE_THREADS)) { /* it may not even ask who it is */
        books_fork_parent();
        publisher_forget();
        agent.publishes = false;
        return;
    }
    self_fork_child();
    if (self != NULL && thread_tls.changing)
        cache_abandon(self);
    unsigned folded = books_fork_child(self);
    alive_fork_child(self);
    classify_fork_child();
    publisher_forget();
    if (folded > 0)
        sample_measure_stranded();
    if (agent.publishes && agent.conf.children && !confine_forbids(CONFINE_PUBLISHER) &&
        !confine_forbids(CONFINE_BEGIN))
        publisher_start(agent.conf.interval_ms * UINT64_C(1000000),
                        agent.conf.ring_bytes_set ? agent.conf.ring_bytes : CHILD_RING_BYTES);
    else
        agent.publishes = false;
    errno = saved;
}

/* What pthread_atfork() is made of. The last argument is whose the handlers are: with NULL they stay when the process ends. To
 * have them taken away then, and jemalloc's with them, while another thread forks, is more than glibc's list of them can
 * bear: it aborts (2.36). */
int __register_atfork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void), void *object);

void fork_start(void)
{
    __register_atfork(prepare, parent, child, NULL);
}
