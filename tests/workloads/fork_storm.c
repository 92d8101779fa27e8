/* fork_storm.c: forks at any moment of a busy program: `fork_storm FORKS FORKERS`. Threads hand each other memory, come, go
 * and are renamed, while others fork; every child goes on with what it has of its parent, makes a thread, and ends. A child
 * that does not end in time has hung. Says how many children ended as they should, and how many hung or failed. */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 512, HANDLERS = 3, MAKERS = 2, FORKERS_MOST = 8, CHILD_BLOCKS = 40, DEADLINE_S = 60 };

static void *slot[SLOTS]; /* what is in one belongs to whoever takes it out */
static bool at_rest;
static pthread_t handler[HANDLERS];
static long left;
static struct {
    unsigned ended;
    unsigned hung;
    unsigned failed;
} count;

static void expect(bool holds, const char *what)
{
    if (holds)
        return;
    perror(what);
    _exit(1);
}

static unsigned next_number(unsigned *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* ---- load ---- */

/* Puts a block of its own where another's was, and frees that. */
static void exchange(unsigned *seed)
{
    void **place = &slot[next_number(seed) % SLOTS];
    size_t bytes = next_number(seed) % 64 == 0 ? next_number(seed) % 100000 : next_number(seed) % 2000;

    free(__atomic_exchange_n(place, malloc(bytes), __ATOMIC_ACQ_REL));
}

static void exchange_many(unsigned *seed, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        exchange(seed);
}

static bool is_over(void)
{
    return __atomic_load_n(&at_rest, __ATOMIC_ACQUIRE);
}

static void name_thread(pthread_t thread, const char *kind, unsigned number)
{
    char name[16];

    snprintf(name, sizeof(name), "%s-%u", kind, number % 100);
    pthread_setname_np(thread, name);
}

static void *hand_over(void *argument)
{
    unsigned seed = (unsigned)(size_t)argument;

    name_thread(pthread_self(), "hand", seed);
    while (!is_over()) {
        exchange_many(&seed, 100);
        usleep(50);
    }
    return NULL;
}

static void *live_shortly(void *argument)
{
    static const char *const kinds[] = {"brief", "short", "quick", "fleet"};
    unsigned seed = (unsigned)(size_t)argument;

    if (seed % 3 != 0)
        name_thread(pthread_self(), kinds[seed % 4], seed);
    exchange_many(&seed, 10);
    return NULL;
}

static void *make_threads(void *argument)
{
    unsigned seed = (unsigned)(size_t)argument;

    while (!is_over()) {
        pthread_t thread;
        expect(pthread_create(&thread, NULL, live_shortly, (void *)(size_t)next_number(&seed)) == 0, "pthread_create");
        if (next_number(&seed) % 4 == 0)
            pthread_cancel(thread);
        pthread_join(thread, NULL);
    }
    return NULL;
}

/* Names the others, and itself, in turn. */
static void *rename_threads(void *argument)
{
    static const char *const kinds[] = {"red", "green", "blue"};
    unsigned seed = (unsigned)(size_t)argument;

    while (!is_over()) {
        unsigned number = next_number(&seed);
        name_thread(number % 2 ? handler[number / 2 % HANDLERS] : pthread_self(), kinds[number % 3], number);
        exchange_many(&seed, 5);
        usleep(200);
    }
    return NULL;
}

/* ---- children ---- */

/* Memory of every thread that the parent has and the child has not. */
static void use_memory(unsigned *seed)
{
    for (unsigned i = 0; i < CHILD_BLOCKS; i++) {
        exchange(seed);
        slot[i] = realloc(slot[i], next_number(seed) % 3000 + 1);
    }
}

static void use_thread(unsigned *seed)
{
    pthread_t thread;

    expect(pthread_create(&thread, NULL, live_shortly, (void *)(size_t)next_number(seed)) == 0, "pthread_create");
    expect(pthread_join(thread, NULL) == 0, "pthread_join");
    if (next_number(seed) % 2)
        name_thread(pthread_self(), "child", *seed);
}

static void be_child(unsigned seed, bool may_fork);

static void have_child(unsigned *seed)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        be_child(next_number(seed), false);
    expect(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0, "a child's child");
}

static _Noreturn void end_child(unsigned way)
{
    if (way % 4 == 0)
        execl("/bin/true", "true", (char *)NULL);
    if (way % 4 == 1)
        exit(0);
    _exit(0);
}

static void be_child(unsigned seed, bool may_fork)
{
    alarm(DEADLINE_S);
    use_memory(&seed);
    use_thread(&seed);
    if (may_fork && next_number(&seed) % 16 == 0)
        have_child(&seed);
    if (next_number(&seed) % 32 == 0)
        usleep(30000); /* some live long enough to be more than a child */
    use_memory(&seed);
    end_child(next_number(&seed));
}

static void judge(int status)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        __atomic_fetch_add(&count.hung, 1, __ATOMIC_RELAXED);
    else if (status != 0)
        __atomic_fetch_add(&count.failed, 1, __ATOMIC_RELAXED);
    else
        __atomic_fetch_add(&count.ended, 1, __ATOMIC_RELAXED);
}

static void *fork_often(void *argument)
{
    unsigned seed = (unsigned)(size_t)argument;

    while (__atomic_sub_fetch(&left, 1, __ATOMIC_RELAXED) >= 0) {
        int status;
        pid_t pid = fork();
        if (pid == 0)
            be_child(next_number(&seed), true);
        expect(pid > 0 && waitpid(pid, &status, 0) == pid, "fork");
        judge(status);
        exchange_many(&seed, 20);
    }
    return NULL;
}

/* ---- all of it ---- */

static pthread_t begin(void *(*start)(void *), unsigned seed)
{
    pthread_t thread;

    expect(pthread_create(&thread, NULL, start, (void *)(size_t)seed) == 0, "pthread_create");
    return thread;
}

static void end_all(pthread_t *threads, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
    pthread_t other[MAKERS + 1], forker[FORKERS_MOST];
    unsigned forkers = argc > 2 ? (unsigned)atoi(argv[2]) : 1;

    if (argc != 3 || forkers < 1 || forkers > FORKERS_MOST)
        return 2;
    left = atol(argv[1]);
    for (unsigned i = 0; i < HANDLERS; i++)
        handler[i] = begin(hand_over, i + 1);
    for (unsigned i = 0; i < MAKERS; i++)
        other[i] = begin(make_threads, i + 10);
    other[MAKERS] = begin(rename_threads, 20);
    for (unsigned i = 0; i < forkers; i++)
        forker[i] = begin(fork_often, i + 30);
    end_all(forker, forkers);
    __atomic_store_n(&at_rest, true, __ATOMIC_RELEASE);
    end_all(handler, HANDLERS);
    end_all(other, MAKERS + 1);
    for (unsigned i = 0; i < SLOTS; i++)
        free(slot[i]);
    printf("%u ended, %u hung, %u failed\n", count.ended, count.hung, count.failed);
    fflush(stdout);
    char line;
    if (read(STDIN_FILENO, &line, 1) < 0) /* it rests, with its books, until it is told to end */
        return 1;
    return count.hung + count.failed > 0;
}
