/* conform_calls.c: what single calls return, and what they do to errno, when they succeed and when they cannot: waiting,
 * joining, naming, namespaces, objects. See conform.h. */
#include <dlfcn.h>
#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <threads.h>

#include "conform_calls.h"

/* ---- waiting, in vain or not at all ---- */

static const struct timespec none, wrong = {.tv_nsec = 1000000000}, negative = {.tv_sec = -1};
static sem_t semaphore;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

static void w_nanosleep(void)
{
    say_result(nanosleep(&none, NULL));
}

static void w_nanosleep_wrong(void)
{
    say_result(nanosleep(&wrong, NULL));
}

static void w_nanosleep_negative(void)
{
    say_result(nanosleep(&negative, NULL));
}

static void w_clock(void)
{
    say_error(clock_nanosleep(CLOCK_MONOTONIC, 0, &none, NULL));
}

static void w_clock_past(void)
{
    say_error(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &none, NULL));
}

static void w_clock_wrong(void)
{
    say_error(clock_nanosleep(CLOCK_MONOTONIC, 0, &wrong, NULL));
}

static void w_clock_none(void)
{
    say_error(clock_nanosleep(77, 0, &none, NULL));
}

static void w_clock_cpu(void)
{
    say_error(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &none, NULL));
}

static void w_usleep(void)
{
    say_result(usleep(0));
}

static void w_sleep(void)
{
    say_result(sleep(0));
}

static void w_poll(void)
{
    say_result(poll(NULL, 0, 0));
}

static void w_ppoll(void)
{
    say_result(ppoll(NULL, 0, &none, NULL));
}

static void w_ppoll_wrong(void)
{
    say_result(ppoll(NULL, 0, &wrong, NULL));
}

static void w_select(void)
{
    say_result(select(0, NULL, NULL, NULL, &(struct timeval){0}));
}

static void w_select_negative(void)
{
    say_result(select(-1, NULL, NULL, NULL, &(struct timeval){0}));
}

static void w_pselect(void)
{
    say_result(pselect(0, NULL, NULL, NULL, &none, NULL));
}

static void w_pselect_wrong(void)
{
    say_result(pselect(0, NULL, NULL, NULL, &wrong, NULL));
}

static void w_select_closed(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(200, &set);
    say_result(select(201, &set, NULL, NULL, &(struct timeval){0}));
}

static void w_poll_closed(void)
{
    struct pollfd closed = {.fd = 200, .events = POLLIN};
    say_result(poll(&closed, 1, 0));
    say("revents %d\n", closed.revents);
}

static void w_poll_ready(void)
{
    int ends[2];
    must(pipe(ends) == 0 && write(ends[1], "x", 1) == 1, "pipe");
    struct pollfd end = {.fd = ends[0], .events = POLLIN};
    say_result(poll(&end, 1, -1));
    say("revents %d\n", end.revents);
}

static void w_epoll(void)
{
    struct epoll_event event;
    say_result(epoll_wait(-1, &event, 1, 0));
    say_result(epoll_wait(0, &event, 1, 0));
    int epoll = epoll_create1(0);
    say_result(epoll_wait(epoll, &event, 0, 0));
    say_result(epoll_wait(epoll, &event, 1, 0));
    say_result(epoll_pwait(epoll, &event, 1, 0, NULL));
}

static void w_sem(void)
{
    sem_init(&semaphore, 0, 1);
    say_result(sem_wait(&semaphore));
    say_result(sem_trywait(&semaphore));
    say_result(sem_timedwait(&semaphore, &none));
    say_result(sem_timedwait(&semaphore, &wrong));
    say_result(sem_clockwait(&semaphore, CLOCK_MONOTONIC, &none));
    say_result(sem_clockwait(&semaphore, 77, &none));
    sem_post(&semaphore);
    say_result(sem_timedwait(&semaphore, &wrong));
}

static void w_cond(void)
{
    pthread_mutex_lock(&mutex);
    say_error(pthread_cond_timedwait(&condition, &mutex, &none));
    say_error(pthread_cond_timedwait(&condition, &mutex, &wrong));
    say_error(pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &none));
    say_error(pthread_cond_clockwait(&condition, &mutex, 77, &none));
    say_error(pthread_mutex_unlock(&mutex));
}

static void w_cond_unowned(void)
{
    pthread_mutexattr_t checked;
    pthread_mutex_t own;
    pthread_mutexattr_init(&checked);
    pthread_mutexattr_settype(&checked, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&own, &checked);
    say_error(pthread_cond_timedwait(&condition, &own, &none));
    say_error(pthread_mutex_unlock(&own));
}

/* ---- joining and letting go ---- */

static unsigned there, go;

static void *wait_for_go(void *argument)
{
    set_word(&there, 1);
    await_word(&go, 1);
    return argument;
}

static void j_self(void)
{
    say_error(pthread_join(pthread_self(), NULL));
}

static void j_try(void)
{
    pthread_t thread = begin_thread(wait_for_go, &go);
    void *result = NULL;
    say_error(pthread_tryjoin_np(thread, NULL));
    say_error(pthread_timedjoin_np(thread, NULL, &none));
    say_error(pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &none));
    set_word(&go, 1);
    say_error(pthread_join(thread, &result));
    say("%s\n", result == &go ? "its value" : "another value");
}

static void j_detached(void)
{
    pthread_t thread = begin_thread(wait_for_go, NULL);
    say_error(pthread_detach(thread));
    say_error(pthread_detach(thread));
    say_error(pthread_join(thread, NULL));
    say_error(pthread_tryjoin_np(thread, NULL));
    set_word(&go, 1);
}

static void j_equal(void)
{
    pthread_t thread = begin_thread(wait_for_go, NULL);
    say("%d %d\n", pthread_equal(thread, thread) != 0, pthread_equal(thread, pthread_self()) != 0);
    set_word(&go, 1);
    join_and_say(thread);
}

static void j_clock(void)
{
    clockid_t clock;
    struct timespec time;
    pthread_t thread = begin_thread(wait_for_go, NULL);
    say_error(pthread_getcpuclockid(thread, &clock));
    say_result(clock_gettime(clock, &time));
    say_error(pthread_getcpuclockid(pthread_self(), &clock));
    say_result(clock_gettime(clock, &time));
    set_word(&go, 1);
    join_and_say(thread);
}

static int c11_result(void *argument)
{
    return *(int *)argument;
}

static void j_c11(void)
{
    int values[] = {0, -1, 77, 1 << 30};
    for (unsigned i = 0; i < 4; i++) {
        thrd_t thread;
        int result = 99;
        errno = MARK;
        int made = thrd_create(&thread, c11_result, &values[i]);
        int after = errno;
        int joined = thrd_join(thread, &result);
        say("create %d, errno %s, join %d, result %d\n", made, error_name(after), joined, result);
    }
}

static int c11_exits(void *argument)
{
    thrd_exit(*(int *)argument);
}

static void j_c11_exit(void)
{
    int value = 55, result = 0;
    thrd_t thread;
    thrd_create(&thread, c11_exits, &value);
    int joined = thrd_join(thread, &result);
    say("join %d, result %d, equal %d\n", joined, result, thrd_equal(thrd_current(), thrd_current()) != 0);
    thrd_create(&thread, c11_result, &value);
    say("detach %d\n", thrd_detach(thread));
}

/* ---- other calls that are watched ---- */

static void o_prctl(void)
{
    char name[32] = "";
    say_result(prctl(PR_SET_NAME, "a name of too many letters"));
    say_result(prctl(PR_GET_NAME, name));
    say("\"%s\"\n", name);
    say_result(prctl(PR_SET_NAME, NULL));
    say_result(prctl(99999));
    say_result(prctl(PR_GET_DUMPABLE));
    say_result(prctl(PR_SET_DUMPABLE, 7));
    say_result(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    say_result(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    say_result(prctl(PR_SET_PDEATHSIG, SIGTERM));
    say_result(prctl(PR_CAPBSET_READ, 0));
    say_result(prctl(PR_GET_TIMERSLACK));
}

static void o_setname(void)
{
    pthread_t thread = begin_thread(wait_for_go, NULL);
    say_error(pthread_setname_np(thread, "a name of too many letters"));
    say_error(pthread_setname_np(thread, "fits"));
    say_error(pthread_setname_np(pthread_self(), "a name of too many letters"));
    set_word(&go, 1);
    join_and_say(thread);
}

static void o_namespaces(void)
{
    say_result(unshare(0));
    say_result(unshare(0x1));
    say_result(setns(-1, 0));
    say_result(setns(0, CLONE_NEWNS));
}

static void o_objects(void)
{
    void *object = dlopen("libm.so.6", RTLD_NOW);
    double (*cosine)(double) = NULL;
    void *symbol = dlsym(object, "cos");
    memcpy(&cosine, &symbol, sizeof cosine);
    say("cos 0 = %.1f\n", cosine(0));
    say_result(dlclose(object));
    say("%s\n", dlopen("no-such-object.so", RTLD_NOW) == NULL ? "no object" : "an object");
    say("an error text: %s\n", dlerror() != NULL ? "yes" : "no");
}

/* The next definition of what is interposed is found, as by any other such library. */
static void o_next(void)
{
    static const char *const names[] = {"malloc", "free", "pthread_create", "nanosleep", "timer_create", "_exit"};
    for (unsigned i = 0; i < ROWS(names); i++)
        say("%s: %s\n", names[i], dlsym(RTLD_DEFAULT, names[i]) != NULL ? "there" : "not there");
}

static void o_concurrency(void)
{
    say_error(pthread_setconcurrency(3));
    say("%d\n", pthread_getconcurrency());
    say_error(pthread_setconcurrency(-1));
}

static void o_default_attributes(void)
{
    pthread_attr_t attributes;
    size_t stack = 0;
    say_error(pthread_getattr_default_np(&attributes));
    pthread_attr_setstacksize(&attributes, 300000);
    say_error(pthread_setattr_default_np(&attributes));
    pthread_t thread = begin_thread(wait_for_go, NULL);
    say_error(pthread_getattr_np(thread, &attributes));
    pthread_attr_getstacksize(&attributes, &stack);
    say("stack %zu\n", stack);
    set_word(&go, 1);
    join_and_say(thread);
}

/* Past the arguments that it is given, syscall(2) reads at most one word of its caller's stack, and never writes there:
 * here lies what cannot be written to. */
static void o_syscall_stack(void)
{
    long result = getpid();
#ifdef __x86_64__
    enum { HALF = 65536 };
    char *stack = mmap(NULL, 2 * HALF, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(stack != MAP_FAILED && mprotect(stack + HALF, HALF, PROT_READ) == 0, "mmap");
    result = 0;
    __asm__ volatile("mov %%rsp, %%rbx\n\t"
                     "mov %[edge], %%rsp\n\t"
                     "call *%[function]\n\t"
                     "mov %%rbx, %%rsp"
                     : "+a"(result)
                     : [edge] "r"(stack + HALF), [function] "r"(syscall), "D"((long)SYS_getpid)
                     : "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
#endif
    say("%s\n", result == getpid() ? "its own number" : "another number");
}

static const struct conform_call calls[] = {CASE(w_nanosleep),
                                            CASE(w_nanosleep_wrong),
                                            CASE(w_nanosleep_negative),
                                            CASE(w_clock),
                                            CASE(w_clock_past),
                                            CASE(w_clock_wrong),
                                            CASE(w_clock_none),
                                            CASE(w_clock_cpu),
                                            CASE(w_usleep),
                                            CASE(w_sleep),
                                            CASE(w_poll),
                                            CASE(w_ppoll),
                                            CASE(w_ppoll_wrong),
                                            CASE(w_select),
                                            CASE(w_select_negative),
                                            CASE(w_pselect),
                                            CASE(w_pselect_wrong),
                                            CASE(w_select_closed),
                                            CASE(w_poll_closed),
                                            CASE(w_poll_ready),
                                            CASE(w_epoll),
                                            CASE(w_sem),
                                            CASE(w_cond),
                                            CASE(w_cond_unowned),
                                            CASE(j_self),
                                            CASE(j_try),
                                            CASE(j_detached),
                                            CASE(j_equal),
                                            CASE(j_clock),
                                            CASE(j_c11),
                                            CASE(j_c11_exit),
                                            CASE(o_prctl),
                                            CASE(o_setname),
                                            CASE(o_namespaces),
                                            CASE(o_objects),
                                            CASE(o_next),
                                            CASE(o_concurrency),
                                            CASE(o_syscall_stack),
                                            CASE(o_default_attributes)};

CONFORM_CALLS(calls)
