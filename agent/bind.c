/* bind.c: sorts threads as they begin and change their names, and closes their books as they end. */
#include "bind.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "agent.h"
#include "alive.h"
#include "arenas.h"
#include "atomics.h"
#include "books.h"
#include "classes.h"
#include "classify.h"
#include "clock.h"
#include "confine.h"
#include "next.h"
#include "place.h"
#include "publisher.h"
#include "say.h"
#include "self.h"
#include "unblocked.h"
#include "undisturbed.h"

#define MOVES_PER_SECOND 10

/* Rounds over a thread's keys; the last is the thread sanitizer's where there is one: what it follows has ended by then. */
#ifdef __SANITIZE_THREAD__
#define ROUNDS (PTHREAD_DESTRUCTOR_ITERATIONS - 1)
#else
#define ROUNDS PTHREAD_DESTRUCTOR_ITERATIONS
#endif

enum { KEY_NONE, KEY_MAKING, KEY_MADE, KEY_REFUSED };

static pthread_key_t key; /* its destructor ends a thread's books */
static uint32_t key_state;

/* ---- the calling thread's life ---- */

static void give_up(struct thread *thread)
{
    alive_expect(false);
    threads_free(thread);
}

/* Without a destructor its counters would be read after its end: such a thread is left alone, like one that has ended. */
static struct thread *refuse(struct thread *thread)
{
    say_warning("a thread cannot be watched, there is no memory for it: what it allocates is unexplained");
    thread_tls.closed = 1;
    give_up(thread);
    return NULL;
}

/* In one instruction: a signal comes before it or after it. */
static bool take_record(struct thread *thread, struct thread **met)
{
    *met = NULL;
    return __atomic_compare_exchange_n(&thread_tls.record, met, thread, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* `later`: it is placed when it needs to be. Returns the calling thread's record: another one where a signal's handler, in
 * which a hook met the thread, was quicker; NULL when it goes without. */
static struct thread *begin(struct thread *thread, bool later)
{
    struct thread *met = thread_tls.record;
    place_begin(thread, later);
    if (met == NULL && next.pthread_setspecific(key, thread) != 0)
        return refuse(thread);
    thread->tid = (uint32_t)gettid();
    if (!take_record(thread, &met)) {
        next.pthread_setspecific(key, met);
        give_up(thread);
        return met;
    }
    return thread;
}

static void sort_first(struct thread *thread, const void *argument, bool used)
{
    char name[AT_CLASS_NAME_BYTES];
    struct classes_wish wish;
    struct place_changing changing;
    place_begin_change(&changing);
    if (thread->placed)
        place_find_counters(thread);
    classify_meet(thread, argument);
    bool bound = classify(thread, &wish, name);
    place_first(thread, bound ? &wish : NULL, used);
    place_end_change(&changing);
}

static void read_name(struct thread *thread)
{
    char name[AT_THREAD_NAME_BYTES] = "";
    prctl_next(PR_GET_NAME, (unsigned long)(uintptr_t)name);
    books_name(thread, name);
}

/* Programs that rename their threads for every task must not pay for a change of class each time. */
static bool moves_too_often(struct thread *thread)
{
    uint32_t now = (uint32_t)(clock_mono_ns() / 1000000);
    if (now - thread->moved_since_ms > 1000) {
        thread->moved_since_ms = now;
        thread->moves = 0;
    }
    if (thread->moves >= MOVES_PER_SECOND)
        return true;
    thread->moves++;
    return false;
}

/* jemalloc's own threads allocate a little (the first of them makes the others), and are of no class. To ask one for its
 * counters would give it an arena and a cache, under locks that a program holds which ends these threads and waits for them:
 * mallctl("background_thread"). */
static bool is_jemallocs(const struct thread *thread)
{
    return strcmp(thread->name, JEMALLOCS_NAME) == 0;
}

static void say_it_stays(const struct thread *thread)
{
    char name[AT_CLASS_NAME_BYTES];
    classes_name(thread->class_id, name);
    say_warning("a thread of class %s changes class over %d times a second: it stays there", name, MOVES_PER_SECOND);
}

static void sort_again(struct thread *thread)
{
    char name[AT_CLASS_NAME_BYTES];
    struct classes_wish wish;
    bool bound = classify(thread, &wish, name) && !is_jemallocs(thread);
    if ((bound ? classes_find(name) : AT_CLASS_UNBOUND) == thread->class_id)
        return;
    if (!moves_too_often(thread))
        place_change(thread, bound ? &wish : NULL);
    else
        say_it_stays(thread);
}

/* What its creator knows of a thread. */
struct made {
    void *(*start)(void *);
    const void *argument;
    uint16_t from;
};

/* A handler of a signal that waited for the thread may run before its start routine: a hook in there has met the thread,
 * which then did not know what it was made for. */
static void sort_met(struct thread *thread, const struct made *made)
{
    struct place_changing changing;
    place_begin_change(&changing);
    thread->start = made->start;
    thread->from = made->from;
    thread->unseen = false;
    classify_meet(thread, made->argument);
    if (thread->state == THREAD_ALIVE)
        sort_again(thread);
    place_end_change(&changing);
}

/* Such a handler may also fork: the child, too, goes on as that thread. */
static void take_over(struct thread *thread)
{
    uint32_t process = self_number();
    if (thread->process == process)
        return;
    thread->process = process;
    alive_expect(true);
}

static inline __attribute__((always_inline)) void start(struct thread *thread, const struct made *made, bool later)
{
    struct thread *met = begin(thread, later);
    if (met != NULL && __atomic_exchange_n(&thread_tls.renamed, 0, __ATOMIC_ACQ_REL) != 0) {
        read_name(met); /* its creator was quicker */
        met->named = true;
    }
    if (met == thread)
        sort_first(thread, made->argument, !later && thread_tls.met);
    else if (met != NULL)
        sort_met(met, made);
}

/* Not one that jemalloc has met: another library's pthread_create(), which ours passes on to, may begin a thread with work of
 * its own. */
static inline bool may_be_late(void)
{
    return !thread_tls.met && place_may_be_late();
}

static __attribute__((noinline)) void start_undisturbed(struct thread *thread, const struct made *made)
{
    struct undisturbed undisturbed;
    undisturbed_begin(&undisturbed);
    start(thread, made, may_be_late());
    undisturbed_end(&undisturbed);
}

/* A handler may end the thread at any moment (pthread_exit), and jemalloc does not let go what the thread has of it then, nor
 * do most of our own locks. But most threads come by few of those, and need not pay for two system calls: see end(). */
void bind_start(struct thread *thread)
{
    const struct made made = {.start = thread->start, .argument = thread->argument, .from = thread->from};
    int saved = errno;
    thread_tls.unblocked = thread->unblocked;
    thread->routine = NULL;
    thread->last = NULL; /* before a signal's handler may free something */
    take_over(thread);
    if (may_be_late() && thread_tls.record == NULL && load_acquire32(&thread_tls.renamed) == 0)
        start(thread, &made, true);
    else
        start_undisturbed(thread, &made);
    errno = saved;
}

static void learn_unblocked(void)
{
    sigset_t blocked;
    if (!confine_forbids(CONFINE_MASK) && sigmask_next(SIG_BLOCK, NULL, &blocked) == 0)
        unblocked_learn(unblocked_bits(&blocked));
}

void bind_main(void)
{
    struct thread *thread = threads_new();
    if (thread == NULL)
        return;
    thread->is_main = true;
    alive_expect(true);
    if (begin(thread, false) != thread)
        return;
    learn_unblocked();
    read_name(thread);
    sort_first(thread, NULL, true);
}

static void sort_nowhere(struct thread *thread)
{
    if (is_jemallocs(thread))
        place_guess_counters(thread);
    else
        place_find_counters(thread);
    place_first(thread, NULL, true);
}

static struct thread *adopt(struct thread *thread, bool named)
{
    read_name(thread);
    thread->named = named;
    thread->unseen = true;
    alive_expect(true);
    struct thread *met = begin(thread, false);
    if (met == thread && named && !is_jemallocs(thread))
        sort_first(thread, NULL, true);
    else if (met == thread)
        sort_nowhere(thread);
    return met;
}

struct thread *bind_adopt(bool named)
{
    struct undisturbed undisturbed;
    int saved = errno;
    struct thread *thread = confine_forbids(CONFINE_THREADS) ? NULL : threads_new();
    if (thread == NULL)
        return NULL;
    undisturbed_begin(&undisturbed);
    struct thread *met = adopt(thread, named);
    undisturbed_end(&undisturbed);
    errno = saved;
    return met;
}

void bind_late(const void *start, unsigned from)
{
    int saved = errno;
    struct thread *thread = thread_tls.record != NULL ? thread_tls.record : bind_adopt(false);
    struct classes_wish wish;
    char name[AT_CLASS_NAME_BYTES];
    struct place_changing changing;
    if (thread == NULL || thread->state != THREAD_ALIVE)
        return;
    books_find(AT_CLASS_UNBOUND, *thread->deallocated);
    books_open(thread, AT_CLASS_UNBOUND, AT_CLASS_UNBOUND, AT_CLASS_UNBOUND); /* it only passes through there */
    memcpy(&thread->start, &start, sizeof thread->start);
    thread->from = (uint16_t)from;
    thread->unseen = false; /* till now */
    place_begin_change(&changing);
    if (classify(thread, &wish, name))
        place_change(thread, &wish);
    place_end_change(&changing);
    errno = saved;
}

/* Of the main thread a name says something only to a rule: without one it stays, also where it bound itself to. */
static void sort_by_name(struct thread *thread)
{
    read_name(thread);
    thread->named = true;
    if (thread->state == THREAD_ALIVE && (!thread->is_main || agent.rules.count > 0))
        sort_again(thread);
}

/* A filter may have come since the thread was given its name, which it may not ask for then. */
static void follow_name(struct thread *thread)
{
    struct place_changing changing;
    place_begin_change(&changing);
    store_seq_cst32(&thread_tls.renamed, 0);
    if (!confine_forbids(CONFINE_THREADS))
        sort_by_name(thread);
    if (thread->state == THREAD_ALIVE && thread->placed)
        place_take_region(thread->class_id);
    place_end_change(&changing);
}

/* It is sorted at its next free, or when it waits. */
static void follow_later(void)
{
    store_seq_cst32(&thread_tls.renamed, 1);
    threads_disarm(&thread_tls);
}

/* A signal's handler may have interrupted jemalloc, which cannot be told to change the thread's arena then. */
static bool may_be_in_handler(const struct undisturbed *undisturbed)
{
    uint64_t blocked;
    return undisturbed_before(undisturbed, &blocked) && unblocked_tells_handler(blocked);
}

/* Not to be disturbed: a handler may end the thread (pthread_exit), or leave by a jump. */
static void follow(struct thread *thread, bool frees)
{
    struct undisturbed undisturbed;
    int saved = errno;
    undisturbed_begin(&undisturbed);
    if (frees)
        thread_tls.unblocked = 0; /* what no handler may do: whatever it blocks now it blocks anyway */
    if (may_be_in_handler(&undisturbed))
        follow_later();
    else
        follow_name(thread);
    undisturbed_end(&undisturbed);
    errno = saved;
}

void bind_renamed(struct thread *thread)
{
    if (thread_tls.changing) /* in a signal's handler */
        follow_later();
    else
        follow(thread, false);
}

/* Whether the calling thread does in a handler, amid a change, what no handler may. A handler that leaves by a jump, or a vfork
 * child that is killed, leaves the mark of a change behind: it is taken away from who is known to be in no handler. */
static bool is_amid_change(const struct thread *thread)
{
    struct undisturbed undisturbed;
    if (!thread_tls.changing)
        return false;
    undisturbed_begin(&undisturbed);
    bool knows = undisturbed.masked && thread_tls.unblocked != 0 && thread->state == THREAD_ALIVE;
    if (knows && !may_be_in_handler(&undisturbed))
        threads_end_change(0);
    undisturbed_end(&undisturbed);
    return thread_tls.changing;
}

void bind_renamed_frees(struct thread *thread)
{
    if (!is_amid_change(thread))
        follow(thread, true);
}

static void meet_jemallocs(void)
{
    char name[AT_THREAD_NAME_BYTES] = "";
    store_seq_cst32(&thread_tls.renamed, 0);
    prctl_next(PR_GET_NAME, (unsigned long)(uintptr_t)name);
    if (strcmp(name, JEMALLOCS_NAME) == 0)
        bind_adopt(true);
}

void bind_noticed(void)
{
    if (thread_tls.record != NULL)
        bind_renamed(thread_tls.record);
    else if (agent.on && !thread_tls.closed && !confine_forbids(CONFINE_THREADS))
        meet_jemallocs();
}

/* ---- the end ----
 *
 * glibc runs C++ thread_local destructors first, then up to PTHREAD_DESTRUCTOR_ITERATIONS rounds over all pthread keys by
 * rising number. Ours is made before jemalloc's and any library's (hooks_thread.c), so in the first round we are called
 * right before jemalloc empties the thread's cache and leaves its arena: what other keys' destructors allocate comes from
 * arena 0 and is booked to (unbound). What they free is still freed by the class. In the last round the books are closed;
 * in the first, where the thread set no other key: a round takes libc 550 instructions.
 *
 * A thread that no hook saw may have been met in a destructor, and has fewer rounds left, nobody knows how many: its books
 * are closed in the first that we are called in. To be read when its TLS is gone would kill the program. */

static bool leave_alive(void)
{
    if (thread_tls.left)
        return false;
    thread_tls.left = 1;
    return alive_end();
}

static void end_first(struct thread *thread)
{
    place_leave(thread);
    bool last = leave_alive();
    store_release32(&thread->state, THREAD_ENDING); /* after the count: see alive_fork_child */
    if (last)
        publisher_wake(); /* it may be the last thread there is */
}

static void end_last(struct thread *thread)
{
    thread_tls.closed = 1;
    books_close(thread);
    next.pthread_setspecific(key, NULL);
    if (alive_count() == 0)
        publisher_leave();
}

static void end_round(struct thread *thread)
{
    if (thread->state != THREAD_ENDING)
        end_first(thread);
    bool comes = thread_tls.has_keys && !thread->unseen && ++thread->ending_round < ROUNDS;
    if (!comes)
        end_last(thread);
}

/* What a thread that was ended amid a change may have left behind. */
static void abandon(void)
{
    classes_abandon();
    classify_abandon();
    arenas_abandon();
    books_abandon();
}

/* A handler may have ended the thread amid a change, or in begin(). And it may end one that is at its end, here: libc then goes
 * over all keys anew, jemalloc's too, if one was set since it began to, and calls for those that have a value. So ours has its
 * value as long as this goes on. */
static void end(void *argument)
{
    struct thread *thread = argument;
    next.pthread_setspecific(key, thread_tls.closed && thread_tls.record == NULL ? NULL : thread);
    int saved = errno;
    uint8_t before = threads_begin_change();
    if (before != 0)
        abandon();
    if (!thread_tls.closed && thread_tls.record == NULL)
        thread_tls.record = thread;
    if (thread_tls.record == thread)
        end_round(thread);
    threads_end_change(before);
    errno = saved;
}

/* A signal's handler that interrupted a free of ours may have interrupted jemalloc, too: it is left alone. */
void bind_exit(void)
{
    struct thread *thread = thread_tls.record;
    if (thread == NULL || confine_forbids(CONFINE_THREADS) || confine_forbids(CONFINE_END))
        return;
    if (thread->tid != (uint32_t)gettid() || !self_is(thread->process) || is_amid_change(thread))
        return; /* a child that borrows its parent's TLS, or was made past fork's handlers; or a handler */
    uint8_t before = threads_begin_change();
    if (thread->state != THREAD_ENDING)
        end_first(thread);
    place_end_jemalloc(thread);
    end_last(thread);
    threads_end_change(before);
}

void bind_own(void)
{
    if (thread_tls.met && thread_tls.record == NULL)
        bind_adopt(false);
    bind_exit();
    thread_tls.closed = 1;
}

bool bind_make_key(void)
{
    uint32_t expected = KEY_NONE;
    if (swap_if32(&key_state, &expected, KEY_MAKING))
        store_release32(&key_state, next.pthread_key_create(&key, end) == 0 ? KEY_MADE : KEY_REFUSED);
    return load_acquire32(&key_state) == KEY_MADE;
}
