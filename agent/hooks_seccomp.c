/* hooks_seccomp.c: syscall(2), for what has no function of its own or is called past it. Learns of the program's seccomp filters before they are in force: of prctl(2), see
 * hooks_thread.c, and seccomp(2). Who makes the call by the processor's own instruction is not
 * seen. */
#include "hooks_seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "confine.h"
#include "hooks.h"
#include "publisher.h"

/* A number and as many arguments as there may be. Not variadic: so whatever is not for us is passed on with a jump. */
HOOK long hook_syscall(long number, long a, long b, long c, long d, long e, long f) __asm__("syscall");

static uint32_t forbidden_by(bool strict, const void *filter)
{
    if (strict)
        return CONFINE_ALL;
    return filter != NULL ? confine_forbidden(filter) : 0;
}

int seccomp_prctl(int option, const unsigned long argument[4])
{
    uint32_t what = forbidden_by(argument[0] == SECCOMP_MODE_STRICT, (const void *)argument[1]);
    int result = next.prctl(option, argument[0], argument[1], argument[2], argument[3]);
    if (result == 0)
        confine_forbid(what);
    return result;
}

/* A filter for all threads is for the agent's own, too: where that could not live with it, it leaves before. */
static __attribute__((noinline)) long seccomp(long operation, long flags, long filter)
{
    uint32_t what = 0;
    bool for_all = ((unsigned long)flags & SECCOMP_FILTER_FLAG_TSYNC) != 0;
    if (operation == SECCOMP_SET_MODE_STRICT || operation == SECCOMP_SET_MODE_FILTER)
        what = forbidden_by(operation == SECCOMP_SET_MODE_STRICT, (const void *)filter);
    bool leaves = (what & CONFINE_PUBLISHER) != 0 && operation == SECCOMP_SET_MODE_FILTER && for_all &&
                  agent.publishes && publisher_leave_off(AT_REASON_SECCOMP);
    long result = next.syscall(SYS_seccomp, operation, flags, filter, 0, 0, 0);
    int saved = errno;
    if (result >= 0 && (!for_all || result == 0))
        confine_forbid(what);
    else if (leaves)
        publisher_come_back();
    errno = saved;
    return result;
}

static __attribute__((noinline)) long set_capabilities(long header, long data)
{
    long result = next.syscall(SYS_capset, header, data, 0, 0, 0, 0);
    if (result == 0)
        publisher_follow_rights();
    return result;
}

long hook_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    hooks_ready();
    if (unlikely(number == SYS_seccomp))
        return seccomp(a, b, c);
    if (unlikely(number == SYS_capset))
        return set_capabilities(a, b);
    return next.syscall(number, a, b, c, d, e, f);
}
