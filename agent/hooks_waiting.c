/* hooks_waiting.c: interposes the calls in which threads wait for work. A thread that was named by another notices on its
 * way out, before it allocates anything for the work it waited for. */
/* libc's checked poll() is an inline function of that name, which clang would take for a declaration of ours. */
#undef _FORTIFY_SOURCE
#include "hooks.h"

#define WAITING(result, name, parameters, passed) \
    HOOK result name parameters                   \
    {                                             \
        hooks_ready();                            \
        result value = next.name passed;          \
        hooks_note_rename();                      \
        return value;                             \
    }

NEXT_WAITING_FUNCTIONS(WAITING)
