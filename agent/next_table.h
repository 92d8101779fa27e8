/* next_table.h: the symbols that the agent interposes; one row each. X(result, name, (parameters)) */
#ifndef AGENT_NEXT_TABLE_H
#define AGENT_NEXT_TABLE_H

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define NEXT_THREAD_FUNCTIONS(X)                                                             \
    X(int, pthread_create, (pthread_t *, const pthread_attr_t *, void *(*)(void *), void *)) \
    X(int, thrd_create, (thrd_t *, thrd_start_t, void *))                                    \
    X(int, pthread_setname_np, (pthread_t, const char *))                                    \
    X(int, pthread_key_create, (pthread_key_t *, void (*)(void *)))                          \
    X(int, pthread_setspecific, (pthread_key_t, const void *))                               \
    X(int, tss_set, (tss_t, void *))                                                         \
    X(int, pthread_sigmask, (int, const sigset_t *, sigset_t *))                             \
    X(int, sigprocmask, (int, const sigset_t *, sigset_t *))                                 \
    X(int, timer_create, (clockid_t, struct sigevent *, timer_t *))                          \
    X(int, prctl, (int, ...))

#define NEXT_PROCESS_FUNCTIONS(X)                                                       \
    X(void, _exit, (int))                                                               \
    X(void, _Exit, (int))                                                               \
    X(int, unshare, (int))                                                              \
    X(int, setns, (int, int))                                                           \
    X(int, daemon, (int, int))                                                          \
    X(int, __register_atfork, (void (*)(void), void (*)(void), void (*)(void), void *)) \
    X(int, capset, (void *, const void *))                                              \
    X(long, syscall, (long, long, long, long, long, long, long))

#define NEXT_LOADER_FUNCTIONS(X)           \
    X(void *, dlopen, (const char *, int)) \
    X(int, dlclose, (void *))

/* What frees or resizes memory. The mangled names are operator delete and delete[] of the Itanium C++ ABI: plain, nothrow,
 * sized, aligned, and what can be combined of these. `char` stands for std::nothrow_t, passed by reference. */
#define NEXT_FREE_FUNCTIONS(X)                                                   \
    X(void, free, (void *))                                                      \
    X(void, cfree, (void *))                                                     \
    X(void, free_sized, (void *, size_t))                                        \
    X(void, free_aligned_sized, (void *, size_t, size_t))                        \
    X(void *, realloc, (void *, size_t))                                         \
    X(void *, reallocarray, (void *, size_t, size_t))                            \
    X(void, _ZdlPv, (void *))                                                    \
    X(void, _ZdaPv, (void *))                                                    \
    X(void, _ZdlPvRKSt9nothrow_t, (void *, const char *))                        \
    X(void, _ZdaPvRKSt9nothrow_t, (void *, const char *))                        \
    X(void, _ZdlPvm, (void *, size_t))                                           \
    X(void, _ZdaPvm, (void *, size_t))                                           \
    X(void, _ZdlPvSt11align_val_t, (void *, size_t))                             \
    X(void, _ZdaPvSt11align_val_t, (void *, size_t))                             \
    X(void, _ZdlPvSt11align_val_tRKSt9nothrow_t, (void *, size_t, const char *)) \
    X(void, _ZdaPvSt11align_val_tRKSt9nothrow_t, (void *, size_t, const char *)) \
    X(void, _ZdlPvmSt11align_val_t, (void *, size_t, size_t))                    \
    X(void, _ZdaPvmSt11align_val_t, (void *, size_t, size_t))                    \
    X(void, dallocx, (void *, int))                                              \
    X(void, sdallocx, (void *, size_t, int))                                     \
    X(void *, rallocx, (void *, size_t, int))                                    \
    X(size_t, xallocx, (void *, size_t, size_t, int))

/* Allocates, and is watched for how it clears memory only: hooks_calloc.c. */
#define NEXT_CALLOC_FUNCTIONS(X) X(void *, calloc, (size_t, size_t))

/* Where a program tells jemalloc whose memory it wants. */
#define NEXT_JEMALLOC_FUNCTIONS(X)                                    \
    X(void *, mallocx, (size_t, int))                                 \
    X(int, mallctl, (const char *, void *, size_t *, void *, size_t)) \
    X(int, mallctlbymib, (const size_t *, size_t, void *, size_t *, void *, size_t))

/* Calls in which threads wait for work: where a thread that was renamed by another notices.
 * X(result, name, (parameters), (arguments)) */
#define NEXT_WAITING_FUNCTIONS(X)                                                                                    \
    X(int, pthread_cond_wait, (pthread_cond_t * a, pthread_mutex_t * b), (a, b))                                     \
    X(int, pthread_cond_timedwait, (pthread_cond_t * a, pthread_mutex_t * b, const struct timespec *c), (a, b, c))   \
    X(int, pthread_cond_clockwait, (pthread_cond_t * a, pthread_mutex_t * b, clockid_t c, const struct timespec *d), \
      (a, b, c, d))                                                                                                  \
    X(int, sem_wait, (sem_t * a), (a))                                                                               \
    X(int, sem_timedwait, (sem_t * a, const struct timespec *b), (a, b))                                             \
    X(int, sem_clockwait, (sem_t * a, clockid_t b, const struct timespec *c), (a, b, c))                             \
    X(int, epoll_wait, (int a, struct epoll_event *b, int c, int d), (a, b, c, d))                                   \
    X(int, epoll_pwait, (int a, struct epoll_event *b, int c, int d, const sigset_t *e), (a, b, c, d, e))            \
    X(int, poll, (struct pollfd * a, nfds_t b, int c), (a, b, c))                                                    \
    X(int, ppoll, (struct pollfd * a, nfds_t b, const struct timespec *c, const sigset_t *d), (a, b, c, d))          \
    X(int, select, (int a, fd_set *b, fd_set *c, fd_set *d, struct timeval *e), (a, b, c, d, e))                     \
    X(int, pselect, (int a, fd_set *b, fd_set *c, fd_set *d, const struct timespec *e, const sigset_t *f),           \
      (a, b, c, d, e, f))                                                                                            \
    X(int, nanosleep, (const struct timespec *a, struct timespec *b), (a, b))                                        \
    X(int, clock_nanosleep, (clockid_t a, int b, const struct timespec *c, struct timespec *d), (a, b, c, d))        \
    X(int, usleep, (useconds_t a), (a))                                                                              \
    X(unsigned, sleep, (unsigned a), (a))

#endif
