/* conform_points.c: where threads are cancelled and where not: every cancellation point, waiting and with the request
 * pending, and what is none. See conform.h. */
#include <aio.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "conform_waits.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static unsigned there, go;

static void say_handler(void *text)
{
    say("undone: %s\n", (const char *)text);
}

/* ---- cancellation points ---- */

static void *sleeper(void *argument)
{
    for (;;)
        pause();
    return argument;
}

static void in_testcancel(void)
{
    for (;;)
        pthread_testcancel();
}

static void in_readv(void)
{
    char byte;
    const struct iovec vector = {.iov_base = &byte, .iov_len = 1};
    if (readv(ends[0], &vector, 1) == 1)
        say("read something\n");
}

/* The mutex is held again when the handlers run. */
static void unlock_and_say(void *unused)
{
    (void)unused;
    say("unlock: %s\n", error_name(pthread_mutex_unlock(&mutex)));
}

static void in_cond_wait(void)
{
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(unlock_and_say, NULL);
    for (;;)
        pthread_cond_wait(&condition, &mutex);
    pthread_cleanup_pop(1);
}

static void in_cond_timedwait(void)
{
    const struct timespec until = far_off(CLOCK_REALTIME);
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(unlock_and_say, NULL);
    for (;;)
        pthread_cond_timedwait(&condition, &mutex, &until);
    pthread_cleanup_pop(1);
}

static void in_cond_clockwait(void)
{
    const struct timespec until = far_off(CLOCK_MONOTONIC);
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(unlock_and_say, NULL);
    for (;;)
        pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &until);
    pthread_cleanup_pop(1);
}

static void in_cnd_wait(void)
{
    mtx_t lock;
    cnd_t changed;
    mtx_init(&lock, mtx_plain);
    cnd_init(&changed);
    mtx_lock(&lock);
    for (;;)
        cnd_wait(&changed, &lock);
}

static void in_join(void)
{
    pthread_join(begin_thread(sleeper, NULL), NULL);
}

static void in_timedjoin(void)
{
    const struct timespec until = far_off(CLOCK_REALTIME);
    pthread_timedjoin_np(begin_thread(sleeper, NULL), NULL, &until);
}

static void in_sigwait(void)
{
    sigset_t set;
    int number;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigwait(&set, &number);
}

static void in_sigwaitinfo(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigwaitinfo(&set, NULL);
}

static void in_accept(void)
{
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    must(listener >= 0 && bind(listener, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t)) == 0 &&
             listen(listener, 1) == 0,
         "a listening socket");
    accept(listener, NULL, NULL);
}

static void in_recv(void)
{
    int pair[2];
    char byte;
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
    recv(pair[0], &byte, 1, 0);
}

static void in_write(void)
{
    static char page[4096];
    int full[2];
    must(pipe(full) == 0, "pipe");
    while (write(full[1], page, sizeof page) > 0)
        ;
}

/* The child has the request pending, too, and must come to no such point. It ends when its parent does. */
static void in_waitpid(void)
{
    pid_t child = fork();
    char byte;
    if (child == 0) {
        syscall(SYS_close, ends[1]);
        syscall(SYS_read, ends[0], &byte, (size_t)1);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void in_suspended_aio(void)
{
    static char byte;
    static struct aiocb control;
    const struct aiocb *const list[] = {&control};
    control = (struct aiocb){.aio_fildes = ends[0], .aio_buf = &byte, .aio_nbytes = 1};
    must(aio_read(&control) == 0, "aio_read");
    aio_suspend(list, 1, NULL);
}

static const struct {
    const char *name;
    void (*wait)(void);
} more_waits[] = {
    {"pthread_testcancel", in_testcancel},
    {"readv", in_readv},
    {"write", in_write},
    {"pthread_cond_wait", in_cond_wait},
    {"pthread_cond_timedwait", in_cond_timedwait},
    {"pthread_cond_clockwait", in_cond_clockwait},
    {"cnd_wait", in_cnd_wait},
    {"pthread_join", in_join},
    {"pthread_timedjoin_np", in_timedjoin},
    {"sigwait", in_sigwait},
    {"sigwaitinfo", in_sigwaitinfo},
    {"accept", in_accept},
    {"recv", in_recv},
    {"waitpid", in_waitpid},
    {"aio_suspend", in_suspended_aio},
};

static pthread_key_t key;

static void key_ends(void *text)
{
    say("key: %s\n", (const char *)text);
}

static void *wait_at_point(void *argument)
{
    static char first[] = "first", second[] = "second", value[] = "value";
    unsigned row = *(unsigned *)argument;
    void (*wait)(void) = row < ROWS(waits) ? waits[row].wait : more_waits[row - ROWS(waits)].wait;
    pthread_setspecific(key, value);
    pthread_cleanup_push(say_handler, first);
    pthread_cleanup_push(say_handler, second);
    set_word(&there, 1);
    wait();
    say("came back\n");
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return NULL;
}

static void prepare(void)
{
    prepare_waits();
    pthread_key_create(&key, key_ends);
}

/* Whether it waits already, or comes to the point with the request pending, the outcome is the same. */
static void cancel_waiting(unsigned row)
{
    prepare();
    say("%s\n", row < ROWS(waits) ? waits[row].name : more_waits[row - ROWS(waits)].name);
    pthread_t thread = begin_thread(wait_at_point, &row);
    await_word(&there, 1);
    for (unsigned i = 0; i < 50; i++)
        sched_yield();
    cancel_and_say(thread);
}

static void *wait_with_pending(void *argument)
{
    await_word(&go, 1);
    return wait_at_point(argument);
}

static void cancel_pending(unsigned row)
{
    prepare();
    say("%s\n", row < ROWS(waits) ? waits[row].name : more_waits[row - ROWS(waits)].name);
    pthread_t thread = begin_thread(wait_with_pending, &row);
    int error = pthread_cancel(thread);
    set_word(&go, 1);
    join_and_say(thread);
    say("cancel: %s\n", error_name(error));
}

/* ---- no cancellation points, and cancelling disabled ---- */

static void no_free(void)
{
    free(malloc(100));
}

static void no_realloc(void)
{
    free(realloc(malloc(100), 100000));
}

static void no_setname(void)
{
    pthread_setname_np(pthread_self(), "named");
}

static void no_create(void)
{
    pthread_t other;
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    must(pthread_create(&other, &detached, sleeper, NULL) == 0, "pthread_create");
    pthread_attr_destroy(&detached);
}

static void no_mutex(void)
{
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
}

static void no_post(void)
{
    sem_post(&semaphore);
}

static void no_key(void)
{
    pthread_key_t another;
    pthread_key_create(&another, NULL);
    pthread_setspecific(another, &another);
}

static void no_signal(void)
{
    pthread_cond_signal(&condition);
    pthread_cond_broadcast(&condition);
}

static const struct {
    const char *name;
    void (*call)(void);
} harmless[] = {
    {"free", no_free},
    {"realloc", no_realloc},
    {"pthread_setname_np", no_setname},
    {"pthread_create", no_create},
    {"a mutex", no_mutex},
    {"sem_post", no_post},
    {"a key", no_key},
    {"signalling a condition", no_signal},
};

static void *call_with_pending(void *argument)
{
    await_word(&go, 1);
    harmless[*(unsigned *)argument].call();
    say("came back\n");
    pthread_testcancel();
    say("was not cancelled\n");
    return NULL;
}

static void no_point(unsigned row)
{
    prepare();
    say("%s\n", harmless[row].name);
    pthread_t thread = begin_thread(call_with_pending, &row);
    pthread_cancel(thread);
    set_word(&go, 1);
    join_and_say(thread);
}

/* What waits for a moment only, with cancelling disabled and a request pending. */
static void brief_nanosleep(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1}, NULL);
}

static void brief_usleep(void)
{
    usleep(1);
}

static void brief_sleep(void)
{
    sleep(0);
}

static void brief_poll(void)
{
    poll(NULL, 0, 1);
}

static void brief_select(void)
{
    select(0, NULL, NULL, NULL, &(struct timeval){.tv_usec = 1});
}

static void brief_epoll(void)
{
    struct epoll_event event;
    epoll_wait(epoll_of_pipe(), &event, 1, 1);
}

static void brief_sem(void)
{
    sem_post(&semaphore);
    sem_wait(&semaphore);
}

static void brief_cond(void)
{
    const struct timespec past = {0};
    pthread_mutex_lock(&mutex);
    say("timedwait: %s\n", error_name(pthread_cond_timedwait(&condition, &mutex, &past)));
    pthread_mutex_unlock(&mutex);
}

static const struct {
    const char *name;
    void (*call)(void);
} brief[] = {
    {"nanosleep", brief_nanosleep}, {"usleep", brief_usleep},
    {"sleep", brief_sleep},         {"poll", brief_poll},
    {"select", brief_select},       {"epoll_wait", brief_epoll},
    {"sem_wait", brief_sem},        {"pthread_cond_timedwait", brief_cond},
};

static void *call_disabled(void *argument)
{
    int before = -1, after = -1;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    set_word(&there, 1);
    await_word(&go, 1);
    brief[*(unsigned *)argument].call();
    say("came back\n");
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &after);
    say("was %d, then %d\n", before, after);
    pthread_testcancel();
    say("was not cancelled\n");
    return NULL;
}

static void disabled(unsigned row)
{
    prepare();
    say("%s\n", brief[row].name);
    pthread_t thread = begin_thread(call_disabled, &row);
    await_word(&there, 1);
    pthread_cancel(thread);
    set_word(&go, 1);
    join_and_say(thread);
}

int main(int argc, char **argv)
{
    static const struct conform_group groups[] = {
        {"cancel-waiting", cancel_waiting, ROWS(waits) + ROWS(more_waits)},
        {"cancel-pending", cancel_pending, ROWS(waits) + ROWS(more_waits)},
        {"no-cancellation-point", no_point, ROWS(harmless)},
        {"cancel-disabled", disabled, ROWS(brief)},
    };
    return conform_main(argc, argv, groups, ROWS(groups));
}
