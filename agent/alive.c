/* alive.c: counts the threads that live. */
#include "alive.h"

#include <unistd.h>

#include "arenas.h"
#include "atomics.h"
#include "classes.h"

static uint32_t alive;

uint32_t alive_count(void)
{
    return load_acquire32(&alive);
}

void alive_expect(bool comes)
{
    add_seq_cst32(&alive, comes ? 1 : UINT32_MAX);
}

bool alive_end(void)
{
    return add_seq_cst32(&alive, UINT32_MAX) == 1;
}

/* ---- fork ---- */

/* Of the threads of this process: those that are counted in `alive`, each put back into its class and arena if `keep`. */
static uint32_t count_here(bool keep)
{
    uint32_t count = threads_count(), pid = threads_pid(), here = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct thread *thread = threads_at(i);
        uint32_t state = thread != NULL ? load_acquire32(&thread->state) : THREAD_FREE;
        if ((state != THREAD_STARTING && state != THREAD_ALIVE) || thread->pid != pid)
            continue;
        here++;
        if (!keep || state != THREAD_ALIVE)
            continue;
        classes_fork_keep(thread->class_id);
        arenas_join(thread->arena);
    }
    return here;
}

/* One that begins or ends meanwhile may be counted too much, never too little: the publisher asks the kernel, too, before it
 * takes a thread for the last. */
void alive_fork_child(struct thread *self)
{
    uint32_t before = load_acquire32(&alive);
    if (self != NULL)
        self->tid = (uint32_t)gettid();
    arenas_fork_child();
    classes_fork_child();
    count_here(true);
    while (!swap_if32(&alive, &before, count_here(false))) {
    }
}
