/* case_burst.c: bursts of memory that come and go:  case_burst HELD_MS PAUSE_MS
 *
 * A thread named burst allocates 64 MiB, holds them for HELD_MS and frees them, again and again, until it is killed. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned held_ms, pause_ms;

static void *burst(void *unused)
{
    (void)unused;
    pthread_setname_np(pthread_self(), "burst");
    for (;;) {
        char *volatile block = malloc((size_t)64 << 20);
        if (!block)
            abort();
        block[0] = 1;
        usleep(held_ms * 1000);
        free(block);
        usleep(pause_ms * 1000);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread;

    if (argc != 3) {
        fputs("usage: case_burst HELD_MS PAUSE_MS\n", stderr);
        return 2;
    }
    held_ms = (unsigned)strtoul(argv[1], NULL, 10);
    pause_ms = (unsigned)strtoul(argv[2], NULL, 10);
    if (pthread_create(&thread, NULL, burst, NULL) != 0)
        return 1;
    pause();
    return 0;
}
