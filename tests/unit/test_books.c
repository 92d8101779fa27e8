/* test_books.c: settling and looking, with counters that the test turns itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "atomics.h"
#include "books.h"
#include "classes.h"
#include "self.h"

#define PATIENCE_NS UINT64_C(1000000000)
#define WORKERS     3

/* A thread with counters of its own, as jemalloc's and the hooks' would be. */
struct worker {
    struct thread *thread;
    uint64_t allocated;
    uint64_t deallocated;
    struct thread_tls tls;
};

static struct books books, earlier;
static unsigned classes_made;

static unsigned new_class(void)
{
    char name[16];
    const struct classes_wish wish = {.name = name, .arena = CLASSES_NO_ARENA};
    snprintf(name, sizeof name, "class %u", ++classes_made);
    return classes_enter(&wish, NULL);
}

static void begin(struct worker *worker)
{
    *worker = (struct worker){.thread = threads_new()};
    worker->thread->allocated = &worker->allocated;
    worker->thread->deallocated = &worker->deallocated;
    worker->thread->tls = &worker->tls;
}

static void allocate(struct worker *worker, uint64_t bytes)
{
    store_relaxed64(&worker->allocated, worker->allocated + bytes);
}

static void free_own(struct worker *worker, uint64_t bytes)
{
    store_relaxed64(&worker->tls.own_frees, worker->tls.own_frees + 1);
    store_relaxed64(&worker->deallocated, worker->deallocated + bytes);
}

static void free_foreign(struct worker *worker, unsigned owner, uint64_t bytes)
{
    struct thread_cell *cell = threads_cell(worker->thread, owner);
    store_relaxed64(&cell->owner_count, cell->owner_count + 1);
    store_relaxed64(&cell->bytes, cell->bytes + bytes);
    store_relaxed64(&worker->deallocated, worker->deallocated + bytes);
}

static void look(void)
{
    struct books_sums sums;
    assert_true(books_peek(&sums, PATIENCE_NS));
    assert_true(books_look(&books, PATIENCE_NS, NULL, 0));
    uint64_t moved = 0;
    assert_int_equal(sums.classes, books.classes);
    for (unsigned id = 0; id < books.classes; id++) {
        assert_int_equal(sums.live[id], (int64_t)(books.allocated[id] - books_released(&books, id)));
        moved += books.allocated[id] + books.deallocated[id];
    }
    assert_int_equal(sums.moved, moved);
}

static void assert_flow(unsigned owner, unsigned by, uint64_t bytes, uint64_t count)
{
    assert_int_equal(books.flow[owner][by].bytes, bytes);
    assert_int_equal(books.flow[owner][by].count, count);
}

static void test_one_thread(void **state)
{
    unsigned a = new_class(), b = new_class();
    struct worker worker;
    (void)state;

    begin(&worker);
    allocate(&worker, 1000);
    free_own(&worker, 100); /* before it had a class */
    look();
    uint64_t unbound = books.allocated[AT_CLASS_UNBOUND], freed = books.flow[AT_CLASS_UNBOUND][AT_CLASS_UNBOUND].bytes;
    books_open(worker.thread, a, a, a);
    assert_int_equal(worker.thread->state, THREAD_ALIVE);
    assert_false(books_touched(worker.thread));
    allocate(&worker, 500);
    free_own(&worker, 40);
    free_foreign(&worker, b, 7);
    free_foreign(&worker, b, 8);
    assert_true(books_touched(worker.thread));
    look();
    assert_int_equal(books.allocated[AT_CLASS_UNBOUND], unbound + 1000);
    assert_int_equal(books.flow[AT_CLASS_UNBOUND][AT_CLASS_UNBOUND].bytes, freed + 100);
    assert_int_equal(books.allocated[a], 500);
    assert_int_equal(books.deallocated[a], 55);
    assert_flow(a, a, 40, 1);
    assert_flow(b, a, 15, 2);
    assert_int_equal(books_live(&books, a), 460);
    assert_int_equal(books_released(&books, b), 15);
    assert_int_equal(books_live(&books, b), 0); /* never below */

    books_close(worker.thread);
    memset(&worker, 0x5a, sizeof worker); /* its TLS is gone */
    look();
    assert_int_equal(books.allocated[a], 500);
    assert_flow(a, a, 40, 1);
    assert_flow(b, a, 15, 2);
}

/* What was counted in a class stays with it when the thread moves on. */
static void test_a_change_of_class(void **state)
{
    unsigned a = new_class(), b = new_class();
    struct worker worker;
    (void)state;

    begin(&worker);
    books_open(worker.thread, a, a, a);
    allocate(&worker, 100);
    free_own(&worker, 10);
    free_foreign(&worker, b, 1);
    books_open(worker.thread, b, b, b);
    assert_false(books_touched(worker.thread));
    allocate(&worker, 30);
    free_own(&worker, 3);
    free_foreign(&worker, a, 20);
    look();
    assert_int_equal(books.allocated[a], 100);
    assert_int_equal(books.allocated[b], 30);
    assert_flow(a, a, 10, 1);
    assert_flow(a, b, 20, 1);
    assert_flow(b, a, 1, 1);
    assert_flow(b, b, 3, 1);
    assert_int_equal(books_live(&books, a), 70);
    books_open(worker.thread, b, AT_CLASS_UNBOUND, AT_CLASS_UNBOUND); /* as at the thread's end */
    free_own(&worker, 5);
    look();
    assert_int_equal(books.flow[AT_CLASS_UNBOUND][b].bytes, 5);
    assert_int_equal(books.deallocated[b], 28);
    books_close(worker.thread);
}

static void test_strays_and_moves(void **state)
{
    unsigned a = new_class(), b = new_class();
    (void)state;

    books_count_stray(a, b, 11);
    books_count_stray(a, b, 22);
    books_move(a, b, 100);
    look();
    assert_flow(a, b, 33, 2);
    assert_int_equal(books.deallocated[b], 33);
    assert_int_equal(books.allocated[b], 100);
    assert_int_equal((int64_t)books.allocated[a], -100);
    assert_int_equal(books_live(&books, a), 0);
    books_move(b, a, 100);
}

/* A look that comes between the two counts of a foreign block, or while own frees go from the slot to their sum. */
static void test_no_counter_goes_down(void **state)
{
    unsigned a = new_class(), b = new_class();
    struct worker worker;
    (void)state;

    begin(&worker);
    books_open(worker.thread, a, a, a);
    allocate(&worker, 500);
    free_own(&worker, 40);
    free_own(&worker, 40);
    look();
    assert_flow(a, a, 80, 2);
    struct thread_cell *cell = threads_cell(worker.thread, b);
    store_relaxed64(&cell->owner_count, cell->owner_count + 1);
    store_relaxed64(&cell->bytes, 16);
    store_relaxed64(&worker.tls.own_frees, 0);
    assert_true(books_look(&books, PATIENCE_NS, NULL, 0));
    assert_flow(a, a, 80, 2);
    assert_flow(b, a, 16, 1);
    store_relaxed64(&worker.deallocated, worker.deallocated + 16);
    store_relaxed64(&worker.tls.own_frees, 3);
    look();
    assert_flow(a, a, 80, 3);
    books_close(worker.thread);
    look();
    assert_flow(a, a, 80, 3);
}

static void test_threads_in_a_look(void **state)
{
    struct books_thread list[8];
    struct worker worker;
    unsigned a = new_class();
    (void)state;

    begin(&worker);
    worker.thread->tid = 4711;
    strcpy(worker.thread->name, "somebody");
    look();
    assert_int_equal(books.threads, 0); /* it has not begun */
    books_open(worker.thread, a, a, a);
    allocate(&worker, 9);
    assert_true(books_look(&books, PATIENCE_NS, list, 8));
    assert_int_equal(books.threads, 1);
    assert_int_equal(list[0].tid, 4711);
    assert_int_equal(list[0].class_id, a);
    assert_int_equal(list[0].allocated, 9);
    assert_string_equal(list[0].name, "somebody");
    assert_true(books_look(&books, PATIENCE_NS, list, 0));
    assert_int_equal(books.threads, 1);
    books_close(worker.thread);
    look();
    assert_int_equal(books.threads, 0);
}

/* Threads allocate, free their own and the other class's, change class, end and begin while somebody looks: no look may
 * see a byte freed that it does not see allocated, nor a sum go down. */
struct busy {
    unsigned a;
    unsigned b;
    uint32_t stop;
};

static void *work(void *argument)
{
    struct busy *busy = argument;
    for (unsigned round = 0; !load_relaxed32(&busy->stop); round++) {
        struct worker worker;
        begin(&worker);
        books_open(worker.thread, busy->a, busy->a, busy->a);
        for (unsigned i = 0; i < 50; i++) {
            unsigned id = i % 2 == 0 ? busy->a : busy->b;
            allocate(&worker, 64);
            free_own(&worker, 8);
            free_foreign(&worker, id, 8);
            books_open(worker.thread, id, id, id);
        }
        books_close(worker.thread);
    }
    return NULL;
}

static void check_look(const struct busy *busy)
{
    uint64_t allocated = books.allocated[busy->a] + books.allocated[busy->b], freed = 0, before = 0;
    for (unsigned owner = 0; owner < books.classes; owner++) {
        for (unsigned by = 0; by < books.classes; by++) {
            assert_true(books.flow[owner][by].bytes >= earlier.flow[owner][by].bytes);
            assert_true(books.flow[owner][by].count >= earlier.flow[owner][by].count);
        }
    }
    freed = books_released(&books, busy->a) + books_released(&books, busy->b);
    before = earlier.allocated[busy->a] + earlier.allocated[busy->b];
    assert_true(allocated >= before);
    assert_true(allocated >= 4 * freed); /* 16 freed for every 64, and the frees are read first */
}

static void test_looks_at_busy_threads(void **state)
{
    struct busy busy = {.a = new_class(), .b = new_class()};
    pthread_t threads[WORKERS];
    unsigned looks = 0;
    (void)state;

    look();
    earlier = books;
    for (unsigned i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &busy), 0);
    while (looks < 3000) {
        if (!books_look(&books, PATIENCE_NS, NULL, 0))
            continue; /* a machine so busy that a settling thread was preempted for a second */
        check_look(&busy);
        earlier = books;
        looks++;
    }
    store_relaxed32(&busy.stop, 1);
    for (unsigned i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    look();
    uint64_t allocated = books.allocated[busy.a] + books.allocated[busy.b];
    assert_int_equal(allocated, 4 * (books_released(&books, busy.a) + books_released(&books, busy.b)));
    assert_int_equal(books.threads, 0);
}

/* As in the child: threads of the parent are gone, what they did is not; one that the child made already stays. */
static void test_fork(void **state)
{
    unsigned a = new_class();
    struct worker self, other, starting, fresh;
    (void)state;

    begin(&self);
    begin(&other);
    begin(&starting);
    books_open(self.thread, a, a, a);
    books_open(other.thread, a, a, a);
    allocate(&self, 100);
    allocate(&other, 50);
    books_fork_prepare();
    books_fork_parent();
    look();
    assert_int_equal(books.allocated[a], 150);
    assert_int_equal(books.threads, 2);

    books_fork_prepare();
    self.thread->process = other.thread->process = starting.thread->process = self_number() + 1;
    begin(&fresh);
    assert_int_equal(books_fork_child(self.thread), 1);
    assert_int_equal(self.thread->process, self_number());
    assert_int_equal(other.thread->state, THREAD_FREE);
    assert_int_equal(starting.thread->state, THREAD_FREE);
    assert_int_equal(fresh.thread->state, THREAD_STARTING);
    memset(&other, 0x5a, sizeof other);
    look();
    assert_int_equal(books.threads, 1);
    assert_int_equal(books.allocated[a], 150);
    books_close(self.thread);
    threads_free(fresh.thread);
}

/* Another thread may fork meanwhile, and be done sooner or later: neither looks nor settlements wait for ever. */
static void test_forks_at_once(void **state)
{
    unsigned a = new_class();
    struct worker worker;
    (void)state;

    begin(&worker);
    books_fork_prepare();
    books_fork_prepare();
    books_fork_parent();
    books_open(worker.thread, a, a, a); /* waits a moment */
    look();
    books_fork_parent();
    books_open(worker.thread, a, a, a);
    look();
    assert_int_equal(books.threads, 1);
    books_close(worker.thread);
}

/* ---- a thread that another library's fork handler made in the child may be anywhere when ours comes ---- */

#define FORKS 50

static struct worker caught;
static volatile sig_atomic_t forks;

static void fork_meanwhile(int signal)
{
    (void)signal;
    books_fork_child(caught.thread);
    forks++;
}

/* Comes somewhere in settlement after settlement. */
static void fork_once(unsigned class_id)
{
    const struct itimerval soon = {.it_value.tv_usec = 300};
    sig_atomic_t before = forks;
    assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
    while (forks == before)
        books_open(caught.thread, class_id, class_id, class_id);
}

/* A settlement that was forgotten takes none away from those that begin later, when it ends. */
static void test_forks_during_settlements(void **state)
{
    const struct sigaction meanwhile = {.sa_handler = fork_meanwhile};
    struct sigaction before;
    unsigned a = new_class();
    (void)state;

    begin(&caught);
    assert_int_equal(sigaction(SIGALRM, &meanwhile, &before), 0);
    for (unsigned i = 0; i < FORKS; i++) {
        fork_once(a);
        look();
        assert_int_equal(books.threads, 1);
    }
    sigaction(SIGALRM, &before, NULL);
    books_close(caught.thread);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_thread),
        cmocka_unit_test(test_a_change_of_class),
        cmocka_unit_test(test_strays_and_moves),
        cmocka_unit_test(test_no_counter_goes_down),
        cmocka_unit_test(test_threads_in_a_look),
        cmocka_unit_test(test_looks_at_busy_threads),
        cmocka_unit_test(test_fork),
        cmocka_unit_test(test_forks_at_once),
        cmocka_unit_test(test_forks_during_settlements),
    };
    classes_start(true, 4);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
