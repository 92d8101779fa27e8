/* holder.c: a thread named "holder" that holds 8 MiB and rests. With -DNAMED=x it takes them by x_malloc(), by names that
 * are no libc's. It says whether realloc() to nothing ends alike for its own memory and main's. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef NAMED
#define PASTE(prefix, name)  prefix##name
#define BEHIND(prefix, name) PASTE(prefix, name)
void *BEHIND(NAMED, malloc)(size_t bytes);
void *BEHIND(NAMED, realloc)(void *block, size_t bytes);
void BEHIND(NAMED, free)(void *block);
#define malloc  BEHIND(NAMED, malloc)
#define realloc BEHIND(NAMED, realloc)
#define free    BEHIND(NAMED, free)
#endif

enum { BLOCKS = 2048, BYTES = 4096 };

static void *volatile held[BLOCKS];
static void *volatile of_main;
static volatile size_t nothing;

static void *hold(void *unused)
{
    (void)unused;
    pthread_setname_np(pthread_self(), "holder");
    for (unsigned i = 0; i < BLOCKS; i++)
        held[i] = malloc(BYTES);
    void *own = realloc(malloc(BYTES), nothing);
    void *mains = realloc(of_main, nothing);
    printf("%s\n", (own == NULL) == (mains == NULL) ? "held" : "realloc is not what it was");
    free(own);
    free(mains);
    fflush(stdout);
    for (;;)
        pause();
}

int main(void)
{
    pthread_t thread;
    setvbuf(stdout, NULL, _IONBF, 0);
    of_main = malloc(BYTES);
    pthread_create(&thread, NULL, hold, NULL);
    pthread_join(thread, NULL);
}
