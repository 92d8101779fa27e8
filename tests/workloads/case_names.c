/* case_names.c: single cases of threads that are named, by themselves and by others. See case.h.
 *
 * An unnamed thread is of the class of its start routine, which the books call case-other: names_worker(). */
#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>

#include <jemalloc/jemalloc.h>

#include "case.h"

#pragma weak mallctl /* jemalloc comes by LD_PRELOAD */
#pragma weak mallocx

enum { BLOCKS = 1000 };

static struct actor worker = {.of = CASE_OTHER};
static void *held[BLOCKS], *kept[BLOCKS], *elsewhere;
static uint32_t taken, named;
static void (*await_name)(void);
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static sem_t semaphore;
static int ends[2];

static void running(void);
static void running_and_binds(void);

/* Takes blocks under the class it begins with, gets a name in the meantime, and takes and frees more. Where it waits for
 * the name it takes first, so that it must have noticed while it waited; where it runs, its first free must notice. */
__attribute__((noinline)) void *names_worker(void *unused);
__attribute__((noinline)) void *names_worker(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < BLOCKS; i++)
        held[i] = case_malloc(&worker, 300);
    __atomic_store_n(&taken, 1, __ATOMIC_RELEASE);
    await_name();
    worker.of = await_name == running_and_binds ? CASE_UNBOUND : CASE_A;
    if (await_name == running)
        case_free(&worker, CASE_OTHER, held[BLOCKS - 1]);
    for (unsigned i = 0; i < BLOCKS / 4; i++)
        kept[i] = case_malloc(&worker, 500);
    for (unsigned i = 0; i < BLOCKS / 2; i++)
        case_free(&worker, CASE_OTHER, held[i]);
    for (unsigned i = 0; i < BLOCKS / 8; i++)
        case_free(&worker, worker.of, kept[i]);
    __atomic_store_n(&taken, 2, __ATOMIC_RELEASE);
    pause();
    return NULL;
}

static void await(const uint32_t *word, uint32_t value)
{
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value)
        sched_yield();
}

static void in_condition(void)
{
    pthread_mutex_lock(&mutex);
    while (!named)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
}

static void in_semaphore(void)
{
    while (sem_wait(&semaphore) != 0)
        ;
}

static void in_poll(void)
{
    struct pollfd end = {.fd = ends[0], .events = POLLIN};

    while (poll(&end, 1, -1) != 1)
        ;
}

static void in_epoll(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    const int epoll = epoll_create1(EPOLL_CLOEXEC);

    case_expect(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0, "no epoll");
    while (epoll_wait(epoll, &event, 1, -1) != 1)
        ;
}

static void in_sleep(void)
{
    while (!__atomic_load_n(&named, __ATOMIC_ACQUIRE))
        usleep(1000);
    usleep(1000); /* this one began after it was named */
}

/* No call in which it could notice: its next free must. */
static void running(void)
{
    await(&named, 1);
}

/* Nor here: it binds itself to an arena that is no class's, which counts for more than its name. */
static void running_and_binds(void)
{
    unsigned arena = 0;

    await(&named, 1);
    case_expect(mallctl("thread.arena", NULL, NULL, &arena, sizeof arena) == 0, "cannot choose an arena");
}

/* It may have noticed by the time that it takes a block that is no class's. */
static void running_and_takes(void)
{
    struct actor nobody = {.of = CASE_UNBOUND};

    await(&named, 1);
    elsewhere = case_keep(&nobody, mallocx(4000, (int)MALLOCX_ARENA(0) | MALLOCX_TCACHE_NONE), 4000);
}

static void by_parent(void (*how)(void))
{
    pthread_t thread;

    await_name = how;
    case_expect(pipe(ends) == 0 && sem_init(&semaphore, 0, 0) == 0, "no pipe or semaphore");
    case_expect(pthread_create(&thread, NULL, names_worker, NULL) == 0, "cannot start a thread");
    await(&taken, 1);
    case_expect(pthread_setname_np(thread, case_names[CASE_A]) == 0, "cannot name a thread");
    pthread_mutex_lock(&mutex);
    __atomic_store_n(&named, 1, __ATOMIC_RELEASE);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
    case_expect(write(ends[1], "x", 1) == 1 && sem_post(&semaphore) == 0, "no pipe or semaphore");
    await(&taken, 2);
}

static void parent_condition(void)
{
    by_parent(in_condition);
}

static void parent_semaphore(void)
{
    by_parent(in_semaphore);
}

static void parent_poll(void)
{
    by_parent(in_poll);
}

static void parent_epoll(void)
{
    by_parent(in_epoll);
}

static void parent_sleep(void)
{
    by_parent(in_sleep);
}

static void parent_binds(void)
{
    by_parent(running_and_binds);
}

static void parent_takes(void)
{
    by_parent(running_and_takes);
}

static void parent_running(void)
{
    by_parent(running);
}

/* ---- a thread that names itself, once, while others free its memory ---- */

static struct actor a, b;

static void take_under_two_names(struct actor *self)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (i == BLOCKS / 2) {
            self->of = CASE_C;
            prctl(PR_SET_NAME, case_names[CASE_C]);
        }
        held[i] = case_malloc(self, 200);
        if (i % 3 == 0)
            case_free(self, self->of, case_malloc(self, 5000));
        if (i >= BLOCKS / 2 && i % 5 == 4) { /* of its old name's */
            case_free(self, CASE_A, held[i - BLOCKS / 2]);
            held[i - BLOCKS / 2] = NULL;
        }
    }
}

static void free_of_both(struct actor *self)
{
    for (unsigned i = 0; i < BLOCKS; i += 2)
        if (held[i])
            case_free(self, i < BLOCKS / 2 ? CASE_A : CASE_C, held[i]);
}

static void self_named(void)
{
    actor_start(&a, CASE_A);
    actor_start(&b, CASE_B);
    actor_do(&a, take_under_two_names);
    actor_do(&b, free_of_both);
}

/* ---- a thread that names itself while it blocks signals that it did not block before, as one in a handler does ---- */

static void take_with_signals_blocked(struct actor *self)
{
    sigset_t all, before;

    sigfillset(&all);
    case_expect(pthread_sigmask(SIG_BLOCK, &all, &before) == 0, "cannot block signals");
    self->of = CASE_C;
    prctl(PR_SET_NAME, case_names[CASE_C]);
    for (unsigned i = 0; i < BLOCKS; i++)
        held[i] = case_malloc(self, 400);
    case_expect(sigprocmask(SIG_SETMASK, &before, NULL) == 0, "cannot let signals through");
    case_expect(sigprocmask(SIG_BLOCK, &all, &before) == 0, "cannot block signals");
    self->of = CASE_B;
    prctl(PR_SET_NAME, case_names[CASE_B]);
    for (unsigned i = 0; i < BLOCKS / 2; i++)
        kept[i] = case_malloc(self, 600);
    case_expect(sigprocmask(SIG_SETMASK, &before, NULL) == 0, "cannot let signals through");
    for (unsigned i = 0; i < BLOCKS; i += 3)
        case_free(self, CASE_C, held[i]);
}

static void masked(void)
{
    actor_start(&a, CASE_A);
    actor_do(&a, take_with_signals_blocked);
}

/* ---- a thread that has a new name for every task ---- */

static void rename_and_take(struct actor *self)
{
    for (unsigned i = 0; i < 20000; i++) {
        prctl(PR_SET_NAME, i % 2 ? "task-odd" : "task-even");
        case_free(self, self->of, case_malloc(self, 100));
    }
}

static void renamer(void)
{
    actor_start(&a, CASE_A);
    actor_do(&a, rename_and_take);
}

int main(int argc, char **argv)
{
    static const struct case_row rows[] = {
        {"parent-condition", parent_condition, CASE_CLASSES},
        {"parent-semaphore", parent_semaphore, CASE_CLASSES},
        {"parent-poll", parent_poll, CASE_CLASSES},
        {"parent-epoll", parent_epoll, CASE_CLASSES},
        {"parent-sleep", parent_sleep, CASE_CLASSES},
        {"parent-running", parent_running, CASE_CLASSES},
        {"parent-binds", parent_binds, CASE_CLASSES},
        {"parent-takes", parent_takes, CASE_CLASSES},
        {"self", self_named, 3},
        {"masked", masked, 3},
        {"renamer", renamer, 1},
    };

    case_names[CASE_OTHER] = "names_worker()";
    case_names[CASE_MAIN] = "nobody";
    if (argc < 2 || (strcmp(argv[1], "parent-binds") != 0 && strcmp(argv[1], "parent-takes") != 0))
        case_names[CASE_UNBOUND] = "no one";
    return case_main(argc, argv, rows, sizeof rows / sizeof rows[0]);
}
