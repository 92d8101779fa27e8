/* conform_waits.h: calls in which a thread waits for what does not come, for the conform programs that end such waits. */
#ifndef WORKLOAD_CONFORM_WAITS_H
#define WORKLOAD_CONFORM_WAITS_H

#include <poll.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <threads.h>

#include "conform.h"

static int ends[2]; /* of a pipe that nobody writes to */
static sem_t semaphore;

static inline void prepare_waits(void)
{
    must(pipe(ends) == 0, "pipe");
    sem_init(&semaphore, 0, 0);
}

static const struct timespec long_time = {.tv_sec = 1000};

static inline struct timespec far_off(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    now.tv_sec += 1000;
    return now;
}

static inline void in_pause(void)
{
    say_result(pause());
}

static inline void in_nanosleep(void)
{
    say_result(nanosleep(&long_time, NULL));
}

static inline void in_clock_nanosleep(void)
{
    say_error(clock_nanosleep(CLOCK_MONOTONIC, 0, &long_time, NULL));
}

static inline void in_usleep(void)
{
    say_result(usleep(999999999));
}

static inline void in_sleep(void)
{
    say("sleep left %s\n", sleep(1000) > 900 ? "most" : "little");
}

static inline void in_thrd_sleep(void)
{
    say("thrd_sleep: %d\n", thrd_sleep(&long_time, NULL));
}

static inline void in_sem_wait(void)
{
    say_result(sem_wait(&semaphore));
}

static inline void in_sem_timedwait(void)
{
    const struct timespec until = far_off(CLOCK_REALTIME);
    say_result(sem_timedwait(&semaphore, &until));
}

static inline void in_sem_clockwait(void)
{
    const struct timespec until = far_off(CLOCK_MONOTONIC);
    say_result(sem_clockwait(&semaphore, CLOCK_MONOTONIC, &until));
}

static inline void in_poll(void)
{
    struct pollfd end = {.fd = ends[0], .events = POLLIN};
    say_result(poll(&end, 1, -1));
}

static inline void in_ppoll(void)
{
    struct pollfd end = {.fd = ends[0], .events = POLLIN};
    say_result(ppoll(&end, 1, NULL, NULL));
}

static inline void in_select(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    say_result(select(ends[0] + 1, &set, NULL, NULL, NULL));
}

static inline void in_pselect(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    say_result(pselect(ends[0] + 1, &set, NULL, NULL, NULL, NULL));
}

static inline int epoll_of_pipe(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int epoll = epoll_create1(0);
    must(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0, "epoll");
    return epoll;
}

static inline void in_epoll_wait(void)
{
    struct epoll_event event;
    int epoll = epoll_of_pipe();
    say_result(epoll_wait(epoll, &event, 1, -1));
}

static inline void in_epoll_pwait(void)
{
    struct epoll_event event;
    int epoll = epoll_of_pipe();
    say_result(epoll_pwait(epoll, &event, 1, -1, NULL));
}

static inline void in_read(void)
{
    char byte;
    say_result(read(ends[0], &byte, 1));
}

static inline void in_sigtimedwait(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    say_result(sigtimedwait(&set, NULL, &long_time));
}

static inline void in_sigsuspend(void)
{
    sigset_t none;
    sigemptyset(&none);
    say_result(sigsuspend(&none));
}

static const struct {
    const char *name;
    void (*wait)(void);
} waits[] = {
    {"pause", in_pause},
    {"nanosleep", in_nanosleep},
    {"clock_nanosleep", in_clock_nanosleep},
    {"usleep", in_usleep},
    {"sleep", in_sleep},
    {"thrd_sleep", in_thrd_sleep},
    {"sem_wait", in_sem_wait},
    {"sem_timedwait", in_sem_timedwait},
    {"sem_clockwait", in_sem_clockwait},
    {"poll", in_poll},
    {"ppoll", in_ppoll},
    {"select", in_select},
    {"pselect", in_pselect},
    {"epoll_wait", in_epoll_wait},
    {"epoll_pwait", in_epoll_pwait},
    {"read", in_read},
    {"sigtimedwait", in_sigtimedwait},
    {"sigsuspend", in_sigsuspend},
};

#endif
