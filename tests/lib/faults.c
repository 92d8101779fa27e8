/* faults.c: a library to be preloaded that makes calls of the C library fail, one kind at a time.
 *
 *   FAULT_CALL   which: a name of the table below; without it nothing fails, and every call is logged
 *   FAULT_AT     N: the Nth call alone; N+: that one and all that follow (1+)
 *   FAULT_ERRNO  what it fails with, a number (5, EIO)
 *   FAULT_IN     calls of this object alone: the end of its file's name; of every object when it is not set
 *   FAULT_LOG    a file to which a line "NAME" is appended for each call that fails, or would
 *   FAULT_STILL  set: nothing fails. Of the agent's own thread's calls, of all kinds together, each is logged, and before the
 *                one that FAULT_AT says the thread stands still for ever
 *
 * A call counts as an object's by the address it returns to. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* ---- what is to fail ---- */

static bool is_callers(const void *caller)
{
    const char *wanted = getenv("FAULT_IN");
    struct dl_find_object found;

    if (_dl_find_object((void *)(unsigned long)caller, &found) != 0)
        return false;
    const char *name = found.dlfo_link_map->l_name;
    name = name[0] != '\0' ? name : program_invocation_name;
    size_t length = strlen(name), end = wanted != NULL ? strlen(wanted) : 0;
    return wanted == NULL || (length >= end && strcmp(name + length - end, wanted) == 0);
}

static void log_call(const char *name)
{
    char line[64];
    const char *path = getenv("FAULT_LOG");

    if (path == NULL)
        return;
    int length = snprintf(line, sizeof(line), "%s\n", name);
    long fd = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    syscall(SYS_write, fd, line, length);
    syscall(SYS_close, fd);
}

/* A thread that starts with every signal blocked is the agent's own: all others are made for the program. */
static bool is_agents_own(void)
{
    sigset_t blocked;

    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    return sigismember(&blocked, SIGTERM) == 1 && sigismember(&blocked, SIGSEGV) == 1;
}

/* As a thread that does not get to run: no signal wakes it. */
static void stand_still_at(const char *name, const char *at)
{
    static unsigned calls;

    if (!is_agents_own() || gettid() == getpid()) /* the program's is just making it */
        return;
    log_call(name);
    if (++calls == strtoul(at, NULL, 10))
        for (;;)
            pause();
}

/* Whether this call fails; then errno says with what. */
static bool fails(const char *name, const void *caller)
{
    static unsigned calls;
    const char *call = getenv("FAULT_CALL"), *at = getenv("FAULT_AT"), *error = getenv("FAULT_ERRNO");
    int saved = errno;
    char *rest = NULL;

    if ((call != NULL && strcmp(call, name) != 0) || !is_callers(caller))
        return false;
    if (getenv("FAULT_STILL") != NULL) {
        stand_still_at(name, at != NULL ? at : "0");
        errno = saved;
        return false;
    }
    unsigned count = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    unsigned long from = at != NULL ? strtoul(at, &rest, 10) : 1;
    bool struck = call == NULL || count == from || (count > from && (rest == NULL || *rest == '+'));
    if (struck)
        log_call(name);
    errno = saved;
    if (!struck || call == NULL)
        return false;
    errno = error != NULL ? atoi(error) : EIO;
    return true;
}

/* The C library's own, looked up once a call site; mmap may be what a lookup needs. */
static void *real_of(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

/* ---- the calls ---- */

/* X(result, name, (parameters), (arguments), what it returns when it fails) */
#define FAULTS(X)                                                                            \
    X(ssize_t, read, (int a, void *b, size_t c), (a, b, c), -1)                              \
    X(ssize_t, pread, (int a, void *b, size_t c, off_t d), (a, b, c, d), -1)                 \
    X(ssize_t, write, (int a, const void *b, size_t c), (a, b, c), -1)                       \
    X(ssize_t, pwrite, (int a, const void *b, size_t c, off_t d), (a, b, c, d), -1)          \
    X(int, fsync, (int a), (a), -1)                                                          \
    X(int, fdatasync, (int a), (a), -1)                                                      \
    X(int, ftruncate, (int a, off_t b), (a, b), -1)                                          \
    X(int, rename, (const char *a, const char *b), (a, b), -1)                               \
    X(int, linkat, (int a, const char *b, int c, const char *d, int e), (a, b, c, d, e), -1) \
    X(int, unlink, (const char *a), (a), -1)                                                 \
    X(int, unlinkat, (int a, const char *b, int c), (a, b, c), -1)                           \
    X(int, mkostemp, (char *a, int b), (a, b), -1)                                           \
    X(int, fchmod, (int a, mode_t b), (a, b), -1)                                            \
    X(int, fchown, (int a, uid_t b, gid_t c), (a, b, c), -1)                                 \
    X(int, flock, (int a, int b), (a, b), -1)                                                \
    X(int, fstat, (int a, struct stat *b), (a, b), -1)                                       \
    X(int, lstat, (const char *a, struct stat *b), (a, b), -1)                               \
    X(int, stat, (const char *a, struct stat *b), (a, b), -1)                                \
    X(int, fstatat, (int a, const char *b, struct stat *c, int d), (a, b, c, d), -1)         \
    X(int, statvfs, (const char *a, struct statvfs *b), (a, b), -1)                          \
    X(int, getrlimit, (__rlimit_resource_t a, struct rlimit * b), (a, b), -1)                \
    X(ssize_t, readlink, (const char *a, char *b, size_t c), (a, b, c), -1)                  \
    X(ssize_t, getdents64, (int a, void *b, size_t c), (a, b, c), -1)                        \
    X(int, madvise, (void *a, size_t b, int c), (a, b, c), -1)                               \
    X(int, munmap, (void *a, size_t b), (a, b), -1)                                          \
    X(int, posix_fallocate, (int a, off_t b, off_t c), (a, b, c), errno)                     \
    X(int, pthread_attr_init, (pthread_attr_t * a), (a), errno)                              \
    X(int, pthread_attr_setstacksize, (pthread_attr_t * a, size_t b), (a, b), errno)         \
    X(int, pthread_mutexattr_init, (pthread_mutexattr_t * a), (a), errno)                    \
    X(int, pthread_mutex_trylock, (pthread_mutex_t * a), (a), errno)

#define FAULT(result, name, parameters, arguments, failed) \
    EXPORT result name parameters                          \
    {                                                      \
        static result(*real) parameters;                   \
        if (real == NULL)                                  \
            *(void **)&real = real_of(#name);              \
        if (fails(#name, __builtin_return_address(0)))     \
            return failed;                                 \
        return real arguments;                             \
    }
FAULTS(FAULT)

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

    if (real == NULL)
        *(void **)&real = real_of("pthread_create");
    if (is_agents_own() && fails("pthread_create", __builtin_return_address(0)))
        return errno;
    return real(thread, attributes, start, argument);
}

/* A key is its own by the destructor; what the program's keys are told passes by the agent, too. */
static pthread_key_t own_key;
static bool has_own_key;

EXPORT int pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
    static int (*real)(pthread_key_t *, void (*)(void *));
    const void *place = NULL;

    if (real == NULL)
        *(void **)&real = real_of("pthread_key_create");
    memcpy(&place, &destructor, sizeof(place));
    bool own = place != NULL && is_callers(place);
    if (own && fails("pthread_key_create", __builtin_return_address(0)))
        return errno;
    int failed = real(key, destructor);
    if (own && failed == 0) {
        own_key = *key;
        has_own_key = true;
    }
    return failed;
}

EXPORT int pthread_setspecific(pthread_key_t key, const void *value)
{
    static int (*real)(pthread_key_t, const void *);

    if (real == NULL)
        *(void **)&real = real_of("pthread_setspecific");
    if (has_own_key && key == own_key && fails("pthread_setspecific", __builtin_return_address(0)))
        return errno;
    return real(key, value);
}

static int open_at(int folder, const char *path, int flags, va_list rest)
{
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
    static int (*real)(int, const char *, int, ...);

    if (real == NULL)
        *(void **)&real = real_of("openat");
    return real(folder, path, flags, mode);
}

EXPORT int open(const char *path, int flags, ...)
{
    va_list rest;

    if (fails("open", __builtin_return_address(0)))
        return -1;
    va_start(rest, flags);
    int fd = open_at(AT_FDCWD, path, flags, rest);
    va_end(rest);
    return fd;
}

EXPORT int openat(int folder, const char *path, int flags, ...)
{
    va_list rest;

    if (fails("openat", __builtin_return_address(0)))
        return -1;
    va_start(rest, flags);
    int fd = open_at(folder, path, flags, rest);
    va_end(rest);
    return fd;
}

/* By the kernel's own name: the allocator needs it before anything can be looked up. */
EXPORT void *mmap(void *address, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    if (fails("mmap", __builtin_return_address(0)))
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, address, bytes, protection, flags, fd, offset);
}
