/* fork.c: phases of a fork. The child of a fork has one thread; it goes on with the books of all, and gets a segment and a
 * publisher of its own once it has lived for an interval: most children exec or exit before. */
#include "fork.h"

#include <errno.h>
#include <unistd.h>

#include "agent.h"
#include "arenas.h"
#include "bind.h"
#include "books.h"
#include "cache.h"
#include "classes.h"
#include "classify.h"
#include "publisher.h"
#include "sample.h"

#define CHILD_RING_BYTES (UINT64_C(1) << 20)

static bool folded;

/* jemalloc's child forgets the caches of the threads that it has not; to flush or destroy one there crashes. The forking
 * thread's own explicit cache goes before, and is made again when it is wanted. */
static void prepare(void)
{
    int saved = errno;
    if (thread_tls.record != NULL)
        cache_end(thread_tls.record);
    books_fork_prepare();
    classes_fork_prepare();
    arenas_fork_prepare();
    errno = saved;
}

static void parent(void)
{
    int saved = errno;
    arenas_fork_parent();
    classes_fork_parent();
    books_fork_parent();
    errno = saved;
}

static void fold(struct thread *thread)
{
    folded = true;
    bind_fold(thread);
}

static void child(void)
{
    int saved = errno;
    struct thread *self = thread_tls.record;
    if (self != NULL)
        self->tid = (uint32_t)gettid();
    arenas_fork_child();
    classes_fork_child();
    classify_fork_child();
    folded = false;
    books_fork_child(self, fold);
    publisher_forget();
    if (folded)
        sample_measure_stranded();
    if (agent.publishes && agent.conf.children)
        publisher_start(agent.conf.interval_ms * UINT64_C(1000000),
                        agent.conf.ring_bytes_set ? agent.conf.ring_bytes : CHILD_RING_BYTES);
    else
        agent.publishes = false;
    errno = saved;
}

void fork_start(void)
{
    pthread_atfork(prepare, parent, child);
}
