/* guest.h: what a call inside somebody else's process must leave as it found it: errno, and the caller's cancellation. */
#ifndef AT_GUEST_H
#define AT_GUEST_H

#include <errno.h>
#include <pthread.h>

struct guest {
    int saved_errno;
    int cancel_state;
};

/* Between the two, calls like open() and read() are no cancellation points: a host that cancels its thread would leave
 * half an object and an open file behind. */
static inline struct guest guest_enter(void)
{
    struct guest guest = {.saved_errno = errno, .cancel_state = PTHREAD_CANCEL_ENABLE};

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &guest.cancel_state);
    return guest;
}

static inline void guest_leave(const struct guest *guest)
{
    pthread_setcancelstate(guest->cancel_state, NULL);
    errno = guest->saved_errno;
}

#endif
