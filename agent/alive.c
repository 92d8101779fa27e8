/* alive.c: counts the threads that live. */
#include "alive.h"

#include <unistd.h>

#include "arenas.h"
#include "atomics.h"
#include "classes.h"
#include "self.h"

/* The count; the upper half goes on by one with each change, so that a count that has come back is told from one that stayed. */
static uint64_t alive;

#define ONE_MORE (UINT64_C(1) << 32 | 1)
#define ONE_LESS UINT64_C(0xffffffff) /* with a carry */

uint32_t alive_count(void)
{
    return (uint32_t)load_acquire64(&alive);
}

void alive_expect(bool comes)
{
    add_seq_cst64(&alive, comes ? ONE_MORE : ONE_LESS);
}

bool alive_end(void)
{
    return (uint32_t)add_seq_cst64(&alive, ONE_LESS) == 1;
}

/* ---- fork ---- */

/* Of the threads of this process: those that are counted in `alive`, each put back into its class and arena if `keep`. */
static uint32_t count_here(bool keep)
{
    uint32_t count = threads_count(), process = self_number(), here = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct thread *thread = threads_at(i);
        uint32_t state = thread != NULL ? load_acquire32(&thread->state) : THREAD_FREE;
        if ((state != THREAD_STARTING && state != THREAD_ALIVE) || thread->process != process)
            continue;
        here++;
        if (!keep || state != THREAD_ALIVE)
            continue;
        classes_fork_keep(thread->class_id);
        arenas_join(thread->arena);
    }
    return here;
}

/* Who is in `alive` before the threads are looked at and has not left it when they have been is counted once. One that is on
 * its way in or out meanwhile may be counted too much, never too little: the publisher asks the kernel, too, before it takes a
 * thread for the last. */
static void count_anew(void)
{
    uint64_t before = load_acquire64(&alive), after;
    do
        after = (before & ~(uint64_t)UINT32_MAX) | count_here(false);
    while (!swap_if64(&alive, &before, after));
}

void alive_fork_child(struct thread *self)
{
    if (self != NULL)
        self->tid = (uint32_t)gettid();
    arenas_fork_child();
    classes_fork_child();
    count_here(true);
    count_anew();
}
