/* hooks_process.c: interposes the ends of a process, and the calls that an extra thread would make fail. */
#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "classify.h"
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

/* ---- namespaces: some of them only a process of one thread may leave or join ---- */

HOOK int unshare(int flags)
{
    hooks_ready();
    bool paused = agent.publishes && (flags & ~CLONE_FILES) != 0 && publisher_pause();
    int result = next.unshare(flags);
    if (paused)
        publisher_resume();
    return result;
}

HOOK int setns(int descriptor, int type)
{
    hooks_ready();
    bool paused = agent.publishes && publisher_pause();
    int result = next.setns(descriptor, type);
    if (paused)
        publisher_resume();
    return result;
}

/* ---- an unloaded object's addresses may come to mean another's ---- */

HOOK int dlclose(void *handle)
{
    hooks_ready();
    classify_forget();
    return next.dlclose(handle);
}
