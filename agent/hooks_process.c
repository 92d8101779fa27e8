/* hooks_process.c: interposes the ends of a process, and the calls that an extra thread would make fail. */
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fork.h"
#include "hooks.h"
#include "hooks_syscall.h"
#include "publisher.h"
#include "rights.h"
#include "self.h"

/* ---- ends that run no destructors; exit and quick_exit are caught by handlers, see agent.c ---- */

/* What shut itself in is a child on our memory, and may do nothing but end. */
void hooks_end_at_once(void)
{
    hooks_ready();
    if (self_is_shut_in())
        self_let_out();
    else if (agent.publishes)
        publisher_end(false);
}

HOOK _Noreturn void _exit(int status)
{
    hooks_end_at_once();
    next._exit(status);
    __builtin_unreachable();
}

HOOK _Noreturn void _Exit(int status)
{
    hooks_end_at_once();
    next._Exit(status);
    __builtin_unreachable();
}

HOOK int daemon(int keep_directory, int keep_descriptors)
{
    hooks_ready();
    fork_announce_end(true);
    int result = next.daemon(keep_directory, keep_descriptors);
    fork_announce_end(false);
    return result;
}

/* ---- handlers of fork: one of ours is to be the first of all. This is what pthread_atfork() is made of ---- */

HOOK int __register_atfork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void), void *object);
HOOK int __register_atfork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void), void *object)
{
    hooks_ready();
    fork_come_first();
    return next.__register_atfork(before, in_parent, in_child, object);
}

/* ---- namespaces: some of them only a process of one thread may leave or join ---- */

/* They say so with EINVAL, of clocks with EUSERS, and have done nothing then; only in that case is our thread taken out of
 * the way. */
static bool is_in_the_way(long result)
{
    return result != 0 && (errno == EINVAL || errno == EUSERS) && agent.publishes && publisher_pause();
}

typedef long attempt(long number, long a, long b);

static long attempt_twice(attempt *call, long number, long a, long b)
{
    hooks_ready();
    int saved = errno;
    long result = call(number, a, b);
    if (!is_in_the_way(result))
        return result;
    errno = saved;
    result = call(number, a, b);
    publisher_resume();
    return result;
}

static long by_name(long number, long a, long b)
{
    return number == SYS_setns ? next.setns((int)a, (int)b) : next.unshare((int)a);
}

static long by_number(long number, long a, long b)
{
    return next.syscall(number, a, b, 0, 0, 0, 0);
}

HOOK int unshare(int flags)
{
    return (int)attempt_twice(by_name, SYS_unshare, flags, 0);
}

HOOK int setns(int descriptor, int type)
{
    return (int)attempt_twice(by_name, SYS_setns, descriptor, type);
}

long hooks_change_namespace(long number, long a, long b)
{
    return attempt_twice(by_number, number, a, b);
}

/* ---- rights that are a thread's own ---- */

HOOK int capset(void *header, const void *data);
HOOK int capset(void *header, const void *data)
{
    hooks_ready();
    int result = next.capset(header, data);
    if (result == 0)
        rights_follow(SYS_capset, (long)(uintptr_t)header, (long)(uintptr_t)data, 0, 0, 0);
    return result;
}
