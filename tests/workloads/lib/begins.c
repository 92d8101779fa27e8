/* begins.c: a library that begins every thread itself, as profilers do: it takes notes in memory of its own before it calls
 * the program's start routine. With -DFREES it frees there, too. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct task {
    void *(*start)(void *argument);
    void *argument;
};

static void *begin(void *argument)
{
    const struct task task = *(struct task *)argument;
    char *volatile notes = malloc(50000);

    if (!notes)
        abort();
    memset(notes, 1, 50000);
#ifdef FREES
    free(argument);
#endif
    return task.start(task.argument);
}

int pthread_create(pthread_t *id, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    struct task *volatile task = malloc(sizeof *task);

    *(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
    if (!task)
        return 11;
    *task = (struct task){.start = start, .argument = argument};
    return next(id, attributes, begin, task);
}
