/* hooks_seccomp.c: learns of the program's seccomp filters, of seccomp(2)'s and prctl(2)'s. Who makes the call by the
 * processor's own instruction is not seen. */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "confine.h"
#include "hooks.h"
#include "hooks_syscall.h"
#include "publisher.h"
#include "self.h"

static uint32_t forbidden_by(bool strict, const void *filter)
{
    return strict ? CONFINE_ALL : confine_forbidden(filter);
}

/* To be asked before: after, it may be too late. One that has shut itself in already is not asked: who is taken for the
 * process itself is only left alone where that would not be called for. */
static bool is_a_guest(void)
{
    return !self_is_shut_in() && self_borrows();
}

/* The filter of a child on our memory is not the process's. Where that may not ask any more whose memory it is on, it says so. */
static void note(bool guest, uint32_t forbidden)
{
    if (!guest)
        confine_forbid(forbidden);
    else if ((forbidden & (CONFINE_END | CONFINE_THREADS)) != 0)
        self_shut_in();
}

/* A filter that is in force can be read: the kernel has done so. Under it the thread may not be able to ask for its name. */
int hooks_prctl_seccomp(int option, const unsigned long argument[4])
{
    bool guest = is_a_guest();
    if (!guest)
        hooks_note_rename();
    int result = next.prctl(option, argument[0], argument[1], argument[2], argument[3]);
    if (result == 0)
        note(guest, forbidden_by(argument[0] == SECCOMP_MODE_STRICT, (const void *)argument[1]));
    return result;
}

/* ---- a filter for all threads is for the agent's own, too: where that could not live with it, it leaves before ---- */

/* The kernel reads a set of signals there before it finds that it is not told what to do with it. */
static bool can_read(const void *address)
{
    return next.syscall(SYS_rt_sigprocmask, -1L, (long)(uintptr_t)address, 0, 8, 0, 0) == 0 || errno != EFAULT;
}

/* What the kernel will not take anyway need not be looked at, and may lie nowhere. */
static bool is_sound(const struct sock_fprog *filter)
{
    const char *half = (const char *)filter + sizeof *filter / 2;
    if (!can_read(filter) || !can_read(half) || filter->len == 0 || filter->len > BPF_MAXINSNS)
        return false;
    for (unsigned i = 0; i < filter->len; i++)
        if (!can_read(&filter->filter[i]))
            return false;
    return true;
}

/* With it those before it, which may be the calling thread's alone, are for all threads, too. Where they forbid that the
 * agent's goes on, this one is not even looked at: they may forbid that as well. */
static bool leaves_for(const struct sock_fprog *filter)
{
    int saved = errno;
    bool forbids = confine_forbids(CONFINE_PUBLISHER) ||
                   (is_sound(filter) && (confine_forbidden(filter) & CONFINE_PUBLISHER) != 0);
    errno = saved;
    return forbids && agent.publishes && publisher_leave_off(AT_REASON_SECCOMP);
}

/* A positive result is a descriptor, or the thread that could not follow. */
static bool is_in_force(unsigned long flags, long result)
{
    bool names_thread = (flags & SECCOMP_FILTER_FLAG_TSYNC) != 0 && (flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH) == 0;
    return result == 0 || (result > 0 && !names_thread);
}

long hooks_seccomp(long operation, long flags, long filter)
{
    const void *program = (const void *)filter;
    bool strict = operation == SECCOMP_SET_MODE_STRICT, sets = strict || operation == SECCOMP_SET_MODE_FILTER;
    bool for_all = !strict && sets && ((unsigned long)flags & SECCOMP_FILTER_FLAG_TSYNC) != 0;
    bool guest = sets && is_a_guest(), leaves = for_all && !guest && leaves_for(program);
    if (sets && !guest)
        hooks_note_rename();
    long result = next.syscall(SYS_seccomp, operation, flags, filter, 0, 0, 0);
    int saved = errno;
    bool in_force = sets && is_in_force((unsigned long)flags, result);
    if (in_force)
        note(guest, forbidden_by(strict, program));
    else if (leaves)
        publisher_come_back();
    errno = saved;
    return result;
}
