/* futex.c: futex(2) has no wrapper in libc. */
#include "futex.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void futex_wait(uint32_t *word, uint32_t expected, uint64_t until_ns)
{
    int saved = errno;
    struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000), .tv_nsec = (long)(until_ns % 1000000000)};
    /* FUTEX_WAIT_BITSET takes a point in time, FUTEX_WAIT a length. */
    syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected, until_ns != 0 ? &until : NULL, NULL,
            FUTEX_BITSET_MATCH_ANY);
    errno = saved;
}

static void wake(uint32_t *word, int most)
{
    int saved = errno;
    syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, most);
    errno = saved;
}

void futex_wake(uint32_t *word)
{
    wake(word, INT_MAX);
}

void futex_wake_one(uint32_t *word)
{
    wake(word, 1);
}
