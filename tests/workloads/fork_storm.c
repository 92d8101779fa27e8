/* fork_storm.c: forks at any moment of a busy program: `fork_storm FORKERS`. For each line on stdin, "FORKS SECONDS", threads
 * hand each other memory, come, go in several ways and are renamed, while others fork, so often or for so long; every child
 * goes on with what it has of its parent, makes a thread, and ends. A child that does not end in time has hung. Then it
 * says how many children ended as they should, and how many hung or failed, and rests. */
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
static pthread_key_t key;
static long left;
static time_t until;
static struct count {
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

static pthread_t begin(void *(*start)(void *), unsigned seed)
{
    pthread_t thread;

    expect(pthread_create(&thread, NULL, start, (void *)(size_t)seed) == 0, "pthread_create");
    return thread;
}

/* ---- load ---- */

/* Puts a block of its own where another's was, or that one made larger or smaller, and frees what it has left. */
static void exchange(unsigned *seed)
{
    void **place = &slot[next_number(seed) % SLOTS];
    size_t bytes = next_number(seed) % 64 == 0 ? next_number(seed) % 100000 : next_number(seed) % 2000;
    void *block = next_number(seed) % 4 == 0 ? realloc(__atomic_exchange_n(place, NULL, __ATOMIC_ACQ_REL), bytes + 1)
                                             : malloc(bytes);

    free(__atomic_exchange_n(place, block, __ATOMIC_ACQ_REL));
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
    unsigned way = (unsigned)(size_t)argument, seed = way;

    if (way % 3 != 0)
        name_thread(pthread_self(), kinds[way % 4], way);
    exchange_many(&seed, 10);
    pthread_setspecific(key, malloc(way % 500));
    if (way % 5 == 0)
        pthread_exit(NULL);
    if (way % 7 == 0)
        pause(); /* until it is cancelled */
    return NULL;
}

static void *make_threads(void *argument)
{
    unsigned seed = (unsigned)(size_t)argument;

    while (!is_over()) {
        unsigned number = next_number(&seed);
        pthread_t thread = begin(live_shortly, number);
        exchange_many(&seed, 5);
        if (number % 4 == 0 || number % 7 == 0)
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
    unsigned number = next_number(seed);
    pthread_t thread = begin(live_shortly, number);

    if (number % 7 == 0)
        pthread_cancel(thread);
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

    while (__atomic_sub_fetch(&left, 1, __ATOMIC_RELAXED) >= 0 && time(NULL) < until) {
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

static void end_all(pthread_t *threads, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

static void free_all(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        free(slot[i]);
        slot[i] = NULL;
    }
}

static void storm(unsigned forkers)
{
    pthread_t other[MAKERS + 1], forker[FORKERS_MOST];

    __atomic_store_n(&at_rest, false, __ATOMIC_RELEASE);
    for (unsigned i = 0; i < HANDLERS; i++)
        handler[i] = begin(hand_over, i + 1);
    for (unsigned i = 0; i < MAKERS; i++)
        other[i] = begin(make_threads, i + 10);
    other[MAKERS] = begin(rename_threads, 20);
    for (unsigned i = 0; i < forkers; i++)
        forker[i] = begin(fork_often, i + 30);
    end_all(forker, forkers);
    __atomic_store_n(&at_rest, true, __ATOMIC_RELEASE);
    end_all(other, MAKERS + 1); /* before those whom they name */
    end_all(handler, HANDLERS);
    free_all();
}

int main(int argc, char **argv)
{
    unsigned forkers = argc == 2 ? (unsigned)atoi(argv[1]) : 0;
    char line[64];
    long seconds;

    if (forkers < 1 || forkers > FORKERS_MOST || pthread_key_create(&key, free) != 0)
        return 2;
    setvbuf(stdin, NULL, _IONBF, 0); /* else a child's exit() puts back what was read ahead */
    while (fgets(line, sizeof(line), stdin) != NULL && sscanf(line, "%ld %ld", &left, &seconds) == 2) {
        count = (struct count){0};
        until = time(NULL) + seconds;
        storm(forkers);
        printf("%u ended, %u hung, %u failed\n", count.ended, count.hung, count.failed);
        fflush(stdout);
    }
    return 0;
}
