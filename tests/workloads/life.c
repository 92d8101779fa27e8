/* life.c: threads that come and go in every way that there is, many of them: `life WAY`. For each line on stdin, a number,
 * so many of them do their work and end; then it says "done", and what became of them, and rests. A thread's work is to
 * free blocks of the main thread's and to leave it blocks of its own. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

enum { BLOCKS = 20, STACK_BYTES = 64 << 10, AT_ONCE_MOST = 20000, TICK_NS = 200000 };

static void *of_main[BLOCKS], *of_thread[BLOCKS];
static unsigned ended; /* destructors of `key` that ran */
static pthread_key_t key;
static pthread_attr_t detached, small;

/* ---- work ---- */

static void give(void)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        of_main[i] = malloc(200);
}

static void take_back(void)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        free(of_thread[i]);
        of_thread[i] = NULL;
    }
}

static void work(void)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        free(of_main[i]);
        of_main[i] = NULL;
        of_thread[i] = malloc(300);
    }
    pthread_setspecific(key, malloc(50));
}

static void end(void *block)
{
    free(block);
    __atomic_fetch_add(&ended, 1, __ATOMIC_RELEASE);
}

static void await_ends(unsigned wanted)
{
    while (__atomic_load_n(&ended, __ATOMIC_ACQUIRE) != wanted)
        sched_yield();
}

static void expect(bool holds, const char *what)
{
    if (holds)
        return;
    printf("%s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- ways to live ---- */

static void *live_and_return(void *argument)
{
    work();
    return argument;
}

static void join(pthread_t thread, const void *wanted)
{
    void *result;
    errno = pthread_join(thread, &result);
    expect(errno == 0 && result == wanted, "pthread_join");
}

static void returned(void)
{
    pthread_t thread;
    give();
    errno = pthread_create(&thread, NULL, live_and_return, &key);
    expect(errno == 0, "pthread_create");
    join(thread, &key);
    take_back();
}

static void leave_from(unsigned depth);
static void (*volatile go_deeper)(unsigned depth) = leave_from; /* a call that no compiler leaves out */

static void leave_from(unsigned depth)
{
    if (depth == 0)
        pthread_exit(&key);
    go_deeper(depth - 1);
}

static void *live_and_leave(void *argument)
{
    work();
    leave_from(100);
    return argument;
}

static void left(void)
{
    pthread_t thread;
    give();
    errno = pthread_create(&thread, NULL, live_and_leave, NULL);
    expect(errno == 0, "pthread_create");
    join(thread, &key);
    take_back();
}

static void *live_and_wait(void *argument)
{
    work();
    for (;;)
        pause();
    return argument;
}

static void *live_and_spin(void *argument)
{
    work();
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    for (;;)
        __asm__ volatile("" ::: "memory");
    return argument;
}

static void cancel(void *(*start)(void *))
{
    pthread_t thread;
    give();
    errno = pthread_create(&thread, NULL, start, NULL);
    expect(errno == 0, "pthread_create");
    while (__atomic_load_n(&of_thread[BLOCKS - 1], __ATOMIC_ACQUIRE) == NULL)
        sched_yield();
    pthread_cancel(thread);
    join(thread, PTHREAD_CANCELED);
    take_back();
}

static void cancelled(void)
{
    cancel(live_and_wait);
}

static void cancelled_anywhere(void)
{
    cancel(live_and_spin);
}

/* Cancelled before it has begun: it does its work up to the first point where it may end. */
static void *be_too_late(void *argument)
{
    work();
    pthread_testcancel();
    return argument;
}

static void cancelled_early(void)
{
    pthread_t thread;
    give();
    errno = pthread_create(&thread, NULL, be_too_late, NULL);
    expect(errno == 0, "pthread_create");
    pthread_cancel(thread);
    void *result;
    pthread_join(thread, &result);
    expect(result == PTHREAD_CANCELED || result == NULL, "pthread_join");
    take_back();
}

static void let_go(void)
{
    static unsigned gone;
    pthread_t thread;
    give();
    errno = pthread_create(&thread, &detached, live_and_return, NULL);
    expect(errno == 0, "pthread_create");
    await_ends(++gone);
    take_back();
}

static int live_c11(void *argument)
{
    (void)argument;
    work();
    return 42;
}

static void c11(void)
{
    thrd_t thread;
    int result = 0;
    give();
    expect(thrd_create(&thread, live_c11, NULL) == thrd_success, "thrd_create");
    expect(thrd_join(thread, &result) == thrd_success && result == 42, "thrd_join");
    take_back();
}

/* No thread has room for such a stack. */
static void refused(void)
{
    pthread_attr_t vast;
    pthread_t thread;
    pthread_attr_init(&vast);
    pthread_attr_setstacksize(&vast, (size_t)1 << 46);
    errno = pthread_create(&thread, &vast, live_and_return, NULL);
    expect(errno == EAGAIN, "pthread_create of too large a stack");
    pthread_attr_destroy(&vast);
}

/* ---- threads that libc makes ---- */

static sem_t ticked;

static void tick(union sigval value)
{
    if (value.sival_ptr == &ticked && __atomic_load_n(&of_main[0], __ATOMIC_ACQUIRE) != NULL)
        work();
    sem_post(&ticked);
}

static void timer(void)
{
    struct sigevent event = {
        .sigev_notify = SIGEV_THREAD, .sigev_notify_function = tick, .sigev_value = {.sival_ptr = &ticked}};
    const struct itimerspec once = {.it_value = {.tv_nsec = TICK_NS}};
    static unsigned gone;
    timer_t id;
    give();
    expect(timer_create(CLOCK_MONOTONIC, &event, &id) == 0, "timer_create");
    expect(timer_settime(id, 0, &once, NULL) == 0, "timer_settime");
    while (sem_wait(&ticked) != 0)
        ;
    await_ends(++gone);
    expect(timer_delete(id) == 0, "timer_delete");
    take_back();
}

/* ---- threads that the kernel alone knows of: they have no TLS, and must not call libc ---- */

static int live_raw(void *argument)
{
    __atomic_store_n((unsigned *)argument, 1, __ATOMIC_RELEASE);
    return 0;
}

static void raw(void)
{
    static const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                             CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
    static unsigned char *stack;
    static pid_t tid;
    unsigned ran = 0;
    if (stack == NULL)
        stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(stack != MAP_FAILED, "mmap");
    expect(clone(live_raw, stack + STACK_BYTES, flags, &ran, &tid, NULL, &tid) > 0, "clone");
    while (__atomic_load_n(&tid, __ATOMIC_ACQUIRE) != 0)
        sched_yield();
    expect(ran == 1, "a thread of clone");
}

/* ---- many at once ---- */

static pthread_barrier_t all_there, all_done;

static void *meet(void *argument)
{
    void *block = malloc(300);
    pthread_barrier_wait(&all_there);
    free(*(void **)argument);
    *(void **)argument = block;
    pthread_barrier_wait(&all_done);
    return NULL;
}

static void all_at_once(unsigned count)
{
    static pthread_t thread[AT_ONCE_MOST];
    static void *block[AT_ONCE_MOST];
    expect(count <= AT_ONCE_MOST, "at-once");
    pthread_barrier_init(&all_there, NULL, count);
    pthread_barrier_init(&all_done, NULL, count);
    for (unsigned i = 0; i < count; i++) {
        block[i] = malloc(200);
        errno = pthread_create(&thread[i], &small, meet, &block[i]);
        expect(errno == 0, "pthread_create");
    }
    for (unsigned i = 0; i < count; i++) {
        join(thread[i], NULL);
        free(block[i]);
    }
}

/* ---- which ---- */

static const struct {
    const char *name;
    void (*one)(void);
    void (*all)(unsigned count);
} ways[] = {
    {"returned", returned, NULL},
    {"left", left, NULL},
    {"cancelled", cancelled, NULL},
    {"cancelled-anywhere", cancelled_anywhere, NULL},
    {"let-go", let_go, NULL},
    {"cancelled-early", cancelled_early, NULL},
    {"c11", c11, NULL},
    {"refused", refused, NULL},
    {"timer", timer, NULL},
    {"raw", raw, NULL},
    {"at-once", NULL, all_at_once},
};

static void prepare(void)
{
    static char buffer[4096];
    setvbuf(stdout, buffer, _IOLBF, sizeof buffer);
    pthread_key_create(&key, end);
    sem_init(&ticked, 0, 0);
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK_BYTES);
}

/* A line with a number, from stdin without stdio; 0 at its end. */
static unsigned next_count(void)
{
    unsigned count = 0;
    char digit;
    while (read(STDIN_FILENO, &digit, 1) == 1 && digit != '\n')
        count = count * 10 + (unsigned)(digit - '0');
    return count;
}

int main(int argc, char **argv)
{
    prepare();
    for (unsigned i = 0; argc == 2 && i < sizeof ways / sizeof ways[0]; i++) {
        if (strcmp(argv[1], ways[i].name) != 0)
            continue;
        for (unsigned count; (count = next_count()) != 0;) {
            if (ways[i].all != NULL)
                ways[i].all(count);
            for (unsigned j = 0; ways[i].all == NULL && j < count; j++)
                ways[i].one();
            printf("done %u, %u destructors\n", count, ended);
        }
        return 0;
    }
    fprintf(stderr, "life: which way?\n");
    return 2;
}
