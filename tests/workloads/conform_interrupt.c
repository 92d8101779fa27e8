/* conform_interrupt.c: what a signal interrupts, and what goes on. See conform.h. */
#include "conform_waits.h"

static unsigned there, go;

static void quiet(int number)
{
    (void)number;
}

static void *wait_in_thread(void *argument)
{
    set_word(&there, 1);
    waits[*(unsigned *)argument].wait();
    set_word(&go, 1);
    return NULL;
}

/* Sent until it comes back: the first may come before it waits. How many were handled is a matter of chance. */
static void interrupted(unsigned row)
{
    prepare_waits();
    struct sigaction action = {.sa_handler = quiet};
    sigaction(SIGUSR1, &action, NULL);
    say("%s\n", waits[row].name);
    pthread_t thread = begin_thread(wait_in_thread, &row);
    await_word(&there, 1);
    while (__atomic_load_n(&go, __ATOMIC_ACQUIRE) == 0) {
        pthread_kill(thread, SIGUSR1);
        sched_yield();
    }
    join_and_say(thread);
}

/* With SA_RESTART some go on; these are ended by what they wait for. */
static const struct {
    const char *name;
    void (*wait)(void);
} restarted[] = {{"sem_wait", in_sem_wait}, {"read", in_read}};

static void *wait_restarted(void *argument)
{
    set_word(&there, 1);
    restarted[*(unsigned *)argument].wait();
    return NULL;
}

static void restarts(unsigned row)
{
    prepare_waits();
    struct sigaction action = {.sa_handler = quiet, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
    pthread_t thread = begin_thread(wait_restarted, &row);
    await_word(&there, 1);
    for (unsigned i = 0; i < 100; i++) {
        pthread_kill(thread, SIGUSR1);
        sched_yield();
    }
    sem_post(&semaphore);
    must(write(ends[1], "x", 1) == 1, "write");
    join_and_say(thread);
}

/* ---- a thread that handlers interrupt all the time goes on as it would ---- */

static void *work_on(void *argument)
{
    size_t sum = 0;
    set_word(&there, 1);
    for (unsigned i = 0; i < 20000; i++) {
        char *block = malloc(i % 500 + 1);
        block[0] = 1;
        block = realloc(block, i % 700 + 1);
        sum += (size_t)block[0];
        free(block);
    }
    say("sum %zu\n", sum);
    set_word(&go, 1);
    return argument;
}

static void under_fire(unsigned row)
{
    struct sigaction action = {.sa_handler = quiet, .sa_flags = SA_RESTART};
    (void)row;
    sigaction(SIGUSR1, &action, NULL);
    pthread_t thread = begin_thread(work_on, NULL);
    await_word(&there, 1);
    while (__atomic_load_n(&go, __ATOMIC_ACQUIRE) == 0)
        pthread_kill(thread, SIGUSR1);
    join_and_say(thread);
}

int main(int argc, char **argv)
{
    static const struct conform_group groups[] = {
        {"interrupted", interrupted, ROWS(waits)},
        {"restarted", restarts, ROWS(restarted)},
        {"under-fire", under_fire, 1},
    };
    return conform_main(argc, argv, groups, ROWS(groups));
}
