/* seed.c: twenty threads of a program that knows nothing of arenas; each asks which arena it is on.
 * This is what the project grew out of. Runs without jemalloc too, and says so. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 20 };

/* Weak, an extension that this program is about: there may be no jemalloc. */
extern int mallctl(const char *name, void *old, size_t *old_bytes, void *new, size_t new_bytes) __attribute__((weak));

void *start_routine(void *argument);

void *start_routine(void *argument)
{
    unsigned arena = 0;
    size_t bytes = sizeof arena;
    void *volatile block = malloc(1000);

    if (!mallctl)
        puts("no jemalloc");
    else if (mallctl("thread.arena", &arena, &bytes, NULL, 0) != 0)
        puts("mallctl refused");
    else
        printf("thread %d: arena %u\n", *(int *)argument, arena);
    free(block);
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    int numbers[THREADS];

    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        if (pthread_create(&threads[i], NULL, start_routine, &numbers[i]) != 0)
            return 1;
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
