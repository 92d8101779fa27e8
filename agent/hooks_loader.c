/* hooks_loader.c: interposes how objects come into a process and go. */
#include <dlfcn.h>

#include "classify.h"
#include "hooks.h"
#include "start.h"

/* An object that is opened with RTLD_DEEPBIND finds libc's malloc() before any that is preloaded, and the program has
 * jemalloc's: the one would free what the other gave. Where jemalloc was brought for the agent, the flag is left out; a
 * program that comes with its own knows what it asks for. */
static SLOW int less_deepbind(int flags)
{
    start_once();
    return agent.brings_jemalloc ? flags & ~RTLD_DEEPBIND : flags;
}

/* Ends in a jump: libc looks at its caller's address for the object whose RUNPATH and namespace are meant. */
HOOK void *dlopen(const char *file, int flags)
{
    hooks_ready();
    if (unlikely((flags & RTLD_DEEPBIND) != 0))
        flags = less_deepbind(flags);
    return next.dlopen(file, flags);
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
