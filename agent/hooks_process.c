/* hooks_process.c: interposes the ends of a process, and the calls that an extra thread would make fail. */
#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "classify.h"
#include "fork.h"
#include "hooks.h"
#include "publisher.h"

/* ---- ends that run no destructors; exit and quick_exit are caught by handlers, see agent.c ---- */

HOOK _Noreturn void _exit(int status)
{
    hooks_ready();
    if (agent.publishes)
        publisher_end(false);
    next._exit(status);
    __builtin_unreachable();
}

HOOK _Noreturn void _Exit(int status)
{
    hooks_ready();
    if (agent.publishes)
        publisher_end(false);
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

/* ---- namespaces: some of them only a process of one thread may leave or join ---- */

/* They say so with EINVAL, and have done nothing then; only in that case is our thread taken out of the way. */
static bool is_in_the_way(int result)
{
    return result != 0 && errno == EINVAL && agent.publishes && publisher_pause();
}

HOOK int unshare(int flags)
{
    hooks_ready();
    int saved = errno;
    int result = next.unshare(flags);
    if (!is_in_the_way(result))
        return result;
    errno = saved;
    result = next.unshare(flags);
    publisher_resume();
    return result;
}

HOOK int setns(int descriptor, int type)
{
    hooks_ready();
    int saved = errno;
    int result = next.setns(descriptor, type);
    if (!is_in_the_way(result))
        return result;
    errno = saved;
    result = next.setns(descriptor, type);
    publisher_resume();
    return result;
}

/* ---- rights that are a thread's own ---- */

HOOK int capset(void *header, const void *data);
HOOK int capset(void *header, const void *data)
{
    hooks_ready();
    int result = next.capset(header, data);
    if (result == 0)
        publisher_follow_rights();
    return result;
}

/* ---- an unloaded object's addresses may come to mean another's; what was learnt of it meanwhile goes, too ---- */

static void forget(void)
{
    classify_forget();
    next_forget();
}

HOOK int dlclose(void *handle)
{
    hooks_ready();
    forget();
    int failed = next.dlclose(handle);
    forget();
    return failed;
}
