/* hooks_timer.c: interposes timer_create. libc calls the function of a SIGEV_THREAD timer in a thread that it makes by
 * itself, where no hook sees it: ours is called in its place, and calls it. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "hooks.h"
#include "start.h"

/* What a timer of the program's calls. Such calls may come long after the timer was deleted, so a notice, once made, stays
 * as it is for good; timers that are alike share one, and most programs have few kinds. */
struct notice {
    void (*function)(union sigval value);
    union sigval value;
    uint32_t from; /* row of the class whose thread made the timer */
    uint32_t state;
};

enum { NOTICE_NONE, NOTICE_MAKING, NOTICE_MADE };

#define NOTICES     65536u
#define NOTICES_TRY 64u /* further on is as good as nowhere: such a timer goes without us */

static struct notice *notices; /* a hash table, made when the first timer is */

static struct notice *notice_table(void)
{
    struct notice *table = __atomic_load_n(&notices, __ATOMIC_ACQUIRE);
    if (table != NULL)
        return table;
    size_t bytes = NOTICES * sizeof *table;
    int saved = errno;
    struct notice *fresh =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    errno = saved;
    if (fresh == MAP_FAILED)
        return NULL;
    if (__atomic_compare_exchange_n(&notices, &table, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return fresh;
    munmap(fresh, bytes);
    return table;
}

static bool is_alike(const struct notice *a, const struct notice *b)
{
    return a->function == b->function && a->value.sival_ptr == b->value.sival_ptr && a->from == b->from;
}

/* Makes `notice` of what is wanted, or finds that it is so already. Of two that make the same at once each makes one. */
static bool take_notice(struct notice *notice, const struct notice *wanted)
{
    uint32_t state = NOTICE_NONE;
    if (!swap_if32(&notice->state, &state, NOTICE_MAKING))
        return state == NOTICE_MADE && is_alike(notice, wanted);
    notice->function = wanted->function;
    notice->value = wanted->value;
    notice->from = wanted->from;
    store_release32(&notice->state, NOTICE_MADE);
    return true;
}

static struct notice *find_notice(const struct notice *wanted)
{
    struct notice *table = notice_table();
    uint64_t hash = (uint64_t)(uintptr_t)wanted->value.sival_ptr * UINT64_C(0x9e3779b97f4a7c15);
    uint64_t function;
    memcpy(&function, &wanted->function, sizeof function);
    hash = (hash ^ function) * UINT64_C(0x9e3779b97f4a7c15) >> 32;
    for (unsigned i = 0; table != NULL && i < NOTICES_TRY; i++)
        if (take_notice(&table[(hash + i) % NOTICES], wanted))
            return &table[(hash + i) % NOTICES];
    return NULL;
}

static void run_notice(union sigval value)
{
    const struct notice *notice = value.sival_ptr;
    const void *start;
    memcpy(&start, &notice->function, sizeof start);
    if (agent.on)
        bind_late(start, notice->from);
    notice->function(notice->value);
}

HOOK int timer_create(clockid_t clock, struct sigevent *restrict event, timer_t *restrict timer)
{
    start_once();
    if (!agent.on || event == NULL || event->sigev_notify != SIGEV_THREAD)
        return next.timer_create(clock, event, timer);
    hooks_note_rename();
    const struct thread *creator = thread_tls.record;
    const struct notice wanted = {.function = event->sigev_notify_function,
                                  .value = event->sigev_value,
                                  .from = creator != NULL ? creator->class_id : AT_CLASS_UNBOUND};
    struct notice *notice = find_notice(&wanted);
    struct sigevent ours = *event;
    if (notice != NULL) {
        ours.sigev_notify_function = run_notice;
        ours.sigev_value.sival_ptr = notice;
    }
    return next.timer_create(clock, &ours, timer);
}
