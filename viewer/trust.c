/* trust.c: whose word a segment is. */
#include "trust.h"

#include <sys/stat.h>
#include <unistd.h>

static bool is_a_user_of(uid_t owner, const struct proc *proc)
{
    for (unsigned i = 0; i < PROCS_UIDS; i++)
        if (proc->uids[i] == owner)
            return true;
    return false;
}

bool trust_segment(const struct segment_view *view, const struct proc *proc, uid_t folder_owner)
{
    if ((view->mode & (S_IWGRP | S_IWOTH)) != 0)
        return false;
    if (view->owner == folder_owner || view->owner == geteuid())
        return true;
    return proc != NULL ? is_a_user_of(view->owner, proc) : view->owner == view->header.uid;
}
