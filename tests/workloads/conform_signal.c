/* conform_signal.c: signals: whom they reach, what a handler finds and leaves, and timers. See conform.h. */
#include <semaphore.h>
#include <sys/signalfd.h>

#include "conform.h"

static unsigned there, go, handled;
static sem_t semaphore;
static pthread_t main_thread;

static sigset_t only(int number)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    return set;
}

static void handle(int number)
{
    int saved = errno;
    say("handler of %d, in the %s thread\n", number, pthread_equal(pthread_self(), main_thread) ? "main" : "other");
    __atomic_fetch_add(&handled, 1, __ATOMIC_RELEASE);
    errno = saved;
}

static void catch_signal(int number, int flags)
{
    struct sigaction action = {.sa_handler = handle, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    must(sigaction(number, &action, NULL) == 0, "sigaction");
}

static void prepare(void)
{
    main_thread = pthread_self();
    sem_init(&semaphore, 0, 0);
}

/* ---- to whom ---- */

static void *wait_for_go(void *argument)
{
    set_word(&there, 1);
    await_word(&go, 1);
    return argument;
}

/* -2 stands for SIGRTMAX, which is no constant. */
static const int sent[] = {0, SIGUSR1, SIGTERM, -2, 65, -1, SIGURG, SIGCHLD};

static void to_a_thread(unsigned row)
{
    int number = sent[row] == -2 ? SIGRTMAX : sent[row];
    prepare();
    if (number > 0 && number <= SIGRTMAX)
        catch_signal(number, 0);
    pthread_t thread = begin_thread(wait_for_go, NULL);
    await_word(&there, 1);
    int error = pthread_kill(thread, number);
    if (error == 0 && number != 0)
        await_word(&handled, 1);
    say("pthread_kill of %s: %s\n", sent[row] == -2 ? "SIGRTMAX" : row == 0 ? "0" : "a number", error_name(error));
    set_word(&go, 1);
    join_and_say(thread);
}

/* To the process while the main thread blocks it: the one thread that does not gets it. */
static void *with_signal_open(void *argument)
{
    const sigset_t set = only(SIGUSR1);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    return wait_for_go(argument);
}

static void to_the_process(unsigned row)
{
    const sigset_t set = only(SIGUSR1);
    prepare();
    catch_signal(SIGUSR1, 0);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_t thread = begin_thread(with_signal_open, NULL);
    await_word(&there, 1);
    if (row == 0)
        kill(getpid(), SIGUSR1);
    else
        sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 5});
    await_word(&handled, 1);
    set_word(&go, 1);
    join_and_say(thread);
}

/* All block it: it waits, for the process or for the thread, and is there once it is let through. */
static void pending(unsigned row)
{
    const sigset_t set = only(SIGUSR1);
    sigset_t waiting;
    prepare();
    catch_signal(SIGUSR1, 0);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_t thread = begin_thread(wait_for_go, NULL);
    await_word(&there, 1);
    if (row == 0)
        kill(getpid(), SIGUSR1);
    else
        pthread_kill(row == 1 ? main_thread : thread, SIGUSR1);
    sigpending(&waiting);
    say("pending: %d, handled %u\n", sigismember(&waiting, SIGUSR1), handled);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    say("handled %u\n", handled);
    set_word(&go, 1);
    join_and_say(thread);
}

/* A signal that every thread of the program's blocks, and whose action is to end it, ends nothing. */
static void blocked_deadly(unsigned row)
{
    static const int deadly[] = {SIGTERM, SIGINT, SIGHUP, SIGALRM, SIGUSR2, SIGPIPE, SIGVTALRM, SIGPROF};
    sigset_t all, waiting;
    int received = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    kill(getpid(), deadly[row]);
    sigpending(&waiting);
    say("pending: %d\n", sigismember(&waiting, deadly[row]));
    say_error(sigwait(&all, &received));
    say("%s\n", received == deadly[row] ? "received" : "received another");
    const struct timespec none = {0};
    say_result(sigtimedwait(&all, NULL, &none));
}

/* ---- waiting for signals ---- */

static void *wait_for_signal(void *argument)
{
    sigset_t set = only(SIGUSR1);
    siginfo_t info = {0};
    set_word(&there, 1);
    say_result(sigwaitinfo(&set, &info));
    say("code %d, value %d, from %s\n", info.si_code, info.si_value.sival_int,
        info.si_pid == getpid() ? "itself" : "another");
    return argument;
}

static void waited_for(unsigned row)
{
    const sigset_t set = only(SIGUSR1);
    const union sigval value = {.sival_int = 42};
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_t thread = begin_thread(wait_for_signal, NULL);
    await_word(&there, 1);
    int error = row == 0   ? pthread_sigqueue(thread, SIGUSR1, value)
                : row == 1 ? sigqueue(getpid(), SIGUSR1, value)
                : row == 2 ? kill(getpid(), SIGUSR1)
                           : pthread_kill(thread, SIGUSR1);
    join_and_say(thread);
    say("sent: %d\n", error);
}

static void by_descriptor(unsigned row)
{
    const sigset_t set = only(row == 0 ? SIGTERM : SIGRTMIN);
    struct signalfd_siginfo info;
    sigprocmask(SIG_BLOCK, &set, NULL);
    int descriptor = signalfd(-1, &set, SFD_CLOEXEC);
    say("descriptor %d\n", descriptor);
    raise(row == 0 ? SIGTERM : SIGRTMIN);
    say_result(read(descriptor, &info, sizeof info));
}

/* Real-time signals queue, in order of their numbers. */
static void queued(unsigned row)
{
    sigset_t set;
    siginfo_t info;
    const struct timespec none = {0};
    sigfillset(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    for (int i = 0; i < 6; i++)
        sigqueue(getpid(), row == 0 ? SIGRTMIN + i % 3 : SIGUSR1, (union sigval){.sival_int = i});
    while (sigtimedwait(&set, &info, &none) > 0)
        say("%d: %d\n", info.si_signo - (row == 0 ? SIGRTMIN : SIGUSR1), info.si_value.sival_int);
}

/* ---- in a handler ---- */

static char *alternate;
enum { ALTERNATE_BYTES = 65536 };

static void say_stack(int number)
{
    char here;
    say("handler of %d, %s\n", number,
        &here >= alternate && &here < alternate + ALTERNATE_BYTES ? "on the alternate stack" : "elsewhere");
}

static void *use_alternate(void *argument)
{
    stack_t now = {0}, wanted = {.ss_sp = alternate, .ss_size = ALTERNATE_BYTES};
    sigaltstack(NULL, &now);
    say("begins with %s\n", now.ss_flags == SS_DISABLE ? "none" : "one");
    say_result(sigaltstack(&wanted, NULL));
    raise(SIGUSR1);
    return argument;
}

static void alternate_stacks(unsigned row)
{
    struct sigaction action = {.sa_handler = say_stack, .sa_flags = row % 2 ? SA_ONSTACK : 0};
    alternate = mmap(NULL, ALTERNATE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaction(SIGUSR1, &action, NULL);
    if (row < 2)
        use_alternate(NULL);
    else
        join_and_say(begin_thread(use_alternate, NULL));
}

static void leave_by_fault(int number)
{
    say("fault %d\n", number);
    _exit(9);
}

static void overflow(unsigned row);
static void (*volatile go_deeper)(unsigned) = overflow;

static void overflow(unsigned row)
{
    volatile char frame[4096];
    frame[0] = (char)row;
    go_deeper(row + (unsigned)frame[0]);
    frame[1] = frame[0];
}

static void *overflow_in_thread(void *argument)
{
    stack_t wanted = {.ss_sp = alternate, .ss_size = ALTERNATE_BYTES};
    sigaltstack(&wanted, NULL);
    overflow(1);
    return argument;
}

/* The guard page is where it is without us. */
static void overflows(unsigned row)
{
    struct sigaction action = {.sa_handler = leave_by_fault, .sa_flags = SA_ONSTACK};
    pthread_attr_t attributes;
    pthread_t thread;
    alternate = mmap(NULL, ALTERNATE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaction(SIGSEGV, &action, NULL);
    pthread_attr_init(&attributes);
    if (row == 1)
        pthread_attr_setstacksize(&attributes, 16384);
    must(pthread_create(&thread, &attributes, overflow_in_thread, NULL) == 0, "pthread_create");
    pthread_join(thread, NULL);
}

static void say_mask_inside(int number)
{
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    say("handler of %d blocks:", number);
    for (int i = 1; i < 32; i++)
        if (sigismember(&mask, i) == 1)
            say(" %d", i);
    say("\n");
}

static void masks_inside(unsigned row)
{
    struct sigaction action = {.sa_handler = say_mask_inside, .sa_flags = row % 2 ? SA_NODEFER : 0};
    sigemptyset(&action.sa_mask);
    if (row >= 2)
        sigaddset(&action.sa_mask, SIGTERM);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    say_mask_inside(0);
}

static void reset_after(unsigned row)
{
    struct sigaction action;
    (void)row;
    catch_signal(SIGUSR1, (int)SA_RESETHAND);
    raise(SIGUSR1);
    sigaction(SIGUSR1, NULL, &action);
    say("then %s\n", action.sa_handler == SIG_DFL ? "the default" : "another");
}

/* ---- timers ---- */

static void notice(union sigval value)
{
    char name[32] = "";
    say("notified: %d, in the %s thread\n", value.sival_int,
        pthread_equal(pthread_self(), main_thread) ? "main" : "other");
    pthread_getname_np(pthread_self(), name, sizeof name);
    say("named \"%s\", errno %s\n", name, error_name(errno));
    free(malloc(100));
    sem_post(&semaphore);
}

static void notice_and_exit(union sigval value)
{
    notice(value);
    pthread_exit(NULL);
}

static void arm(timer_t timer)
{
    const struct itimerspec soon = {.it_value = {.tv_nsec = 1}};
    must(timer_settime(timer, 0, &soon, NULL) == 0, "timer_settime");
}

static void timers_with_threads(unsigned row)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD,
                             .sigev_notify_function = row == 1 ? notice_and_exit : notice};
    timer_t timer;
    pthread_attr_t attributes;
    prepare();
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 65536);
    event.sigev_value.sival_int = 17;
    event.sigev_notify_attributes = row == 2 ? &attributes : NULL;
    say_result(timer_create(row == 3 ? CLOCK_MONOTONIC : CLOCK_REALTIME, &event, &timer));
    for (unsigned i = 0; i < 3; i++) {
        arm(timer);
        while (sem_wait(&semaphore) != 0)
            ;
    }
    say_result(timer_delete(timer));
    say("the event is %s\n", event.sigev_value.sival_int == 17 ? "as it was" : "another");
}

static void timers_with_signals(unsigned row)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = row == 0 ? SIGUSR1 : SIGALRM};
    timer_t timer;
    prepare();
    catch_signal(row == 0 ? SIGUSR1 : SIGALRM, 0);
    if (row == 1)
        say_result(timer_create(CLOCK_MONOTONIC, NULL, &timer));
    else
        say_result(timer_create(CLOCK_MONOTONIC, &event, &timer));
    arm(timer);
    await_word(&handled, 1);
    say_result(timer_delete(timer));
}

static void no_timers(unsigned row)
{
    static const struct {
        clockid_t clock;
        int notify;
        int number;
    } wrong[] = {{77, SIGEV_SIGNAL, SIGUSR1}, {CLOCK_MONOTONIC, 99, SIGUSR1},   {CLOCK_MONOTONIC, SIGEV_SIGNAL, 99},
                 {77, SIGEV_THREAD, 0},       {CLOCK_MONOTONIC, SIGEV_NONE, 0}, {-1, SIGEV_THREAD, 0}};
    struct sigevent event = {.sigev_notify = wrong[row].notify, .sigev_signo = wrong[row].number};
    timer_t timer;
    if (wrong[row].notify == SIGEV_THREAD)
        event.sigev_notify_function = notice;
    say_result(timer_create(wrong[row].clock, &event, &timer));
}

int main(int argc, char **argv)
{
    static const struct conform_group groups[] = {
        {"to-a-thread", to_a_thread, ROWS(sent)},
        {"to-the-process", to_the_process, 2},
        {"pending", pending, 3},
        {"blocked-deadly", blocked_deadly, 8},
        {"waited-for", waited_for, 4},
        {"by-descriptor", by_descriptor, 2},
        {"queued", queued, 2},
        {"alternate-stack", alternate_stacks, 4},
        {"overflow", overflows, 2},
        {"mask-inside", masks_inside, 4},
        {"reset-after", reset_after, 1},
        {"timer-with-thread", timers_with_threads, 4},
        {"timer-with-signal", timers_with_signals, 2},
        {"no-timer", no_timers, 6},
    };
    return conform_main(argc, argv, groups, ROWS(groups));
}
