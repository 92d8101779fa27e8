/* work.c: a program that allocates in two threads, frees crosswise, and lets a plugin, if argv[1] names one, or what it is
 * linked with do the same with new and delete. Prints what it did, ends with status 0 when all is well, and waits for the
 * end of stdin. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#pragma weak work_new
#pragma weak own_new_out
extern long work_new(void);
extern long own_new_out;

enum { BLOCKS = 1000 };
static void *volatile blocks[2][BLOCKS];
static pthread_barrier_t all;

static void *work(void *argument)
{
    const unsigned self = argument != NULL;

    pthread_setname_np(pthread_self(), self ? "work-a" : "work-b");
    for (unsigned i = 0; i < BLOCKS; i++)
        blocks[self][i] = i % 2 ? malloc(100) : calloc(10, 10);
    pthread_barrier_wait(&all);
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (i % 4 == 0)
            blocks[!self][i] = realloc(blocks[!self][i], 300);
        else
            free(blocks[!self][i]);
    }
    return NULL;
}

static void say(const char *whose, long kept, const long *out)
{
    if (out)
        printf("%s kept %ld, its allocator says %ld\n", whose, kept, *out);
    else
        printf("%s kept %ld\n", whose, kept);
}

static void plugin(const char *path)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *address = handle ? dlsym(handle, "work_new") : NULL;
    long (*plugged)(void) = NULL;

    if (!address) {
        fprintf(stderr, "work: %s\n", dlerror());
        exit(1);
    }
    memcpy(&plugged, &address, sizeof plugged);
    say("the plugin", plugged(), (const long *)dlsym(handle, "own_new_out"));
}

int main(int argc, char **argv)
{
    pthread_t a, b;
    char line;

    pthread_barrier_init(&all, NULL, 2);
    if (pthread_create(&a, NULL, work, &all) != 0 || pthread_create(&b, NULL, work, NULL) != 0)
        return 1;
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    if (argc > 1)
        plugin(argv[1]);
    else if (work_new)
        say("it", work_new(), &own_new_out);
    puts("done");
    fflush(stdout);
    while (read(STDIN_FILENO, &line, 1) == 1)
        ;
    return 0;
}
