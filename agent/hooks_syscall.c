/* hooks_syscall.c: interposes syscall(2), for what has no function of its own or is called past it. */
#include "hooks_syscall.h"

#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

#include "bind.h"
#include "hooks.h"
#include "rights.h"
#include "self.h"

/* A number and as many arguments as there may be; not variadic, so that whatever is not for us is passed on with a jump. On
 * x86-64 the last one lies on the stack, where it stays: of a caller that has fewer it is a variable, to which another
 * thread may write meanwhile. */
#ifdef __x86_64__
#define PARAMETERS long number, long a, long b, long c, long d, long e
#define ARGUMENTS  number, a, b, c, d, e
#else
#define PARAMETERS long number, long a, long b, long c, long d, long e, long f
#define ARGUMENTS  number, a, b, c, d, e, f
#endif

HOOK long hook_syscall(PARAMETERS) __asm__("syscall");

/* Who and what the calling thread is, to the kernel. */
static SLOW long change_rights(long number, long a, long b, long c)
{
    long result = next.syscall(number, a, b, c, 0, 0, 0);
    if (result == 0)
        rights_follow(number, a, b, c, 0, 0);
    return result;
}

static SLOW long call_prctl(long option, long a, long b, long c, long d)
{
    const unsigned long argument[] = {(unsigned long)a, (unsigned long)b, (unsigned long)c, (unsigned long)d};
    return hooks_prctl((int)option, argument);
}

static SLOW void before_exit(long number)
{
    if (number == SYS_exit && !self_is_shut_in())
        bind_exit();
    else
        hooks_end_at_once();
}

#ifdef __clang__ /* has no such switch, and always makes them when it optimizes */
#define SIBLING_CALLS
#else
#define SIBLING_CALLS __attribute__((optimize("optimize-sibling-calls")))
#endif

SIBLING_CALLS long hook_syscall(PARAMETERS)
{
    long (*passed_on)(PARAMETERS);
    hooks_ready();
    switch (number) {
    case SYS_seccomp:
        return hooks_seccomp(a, b, c);
    case SYS_prctl:
        return call_prctl(a, b, c, d, e);
    case SYS_capset:
    case SYS_setuid:
    case SYS_setgid:
    case SYS_setreuid:
    case SYS_setregid:
    case SYS_setresuid:
    case SYS_setresgid:
    case SYS_setgroups:
        return change_rights(number, a, b, c);
    case SYS_unshare:
    case SYS_setns:
        return hooks_change_namespace(number, a, b);
    case SYS_exit:
    case SYS_exit_group:
        before_exit(number);
    }
    memcpy(&passed_on, &next.syscall, sizeof passed_on);
    return passed_on(ARGUMENTS);
}
