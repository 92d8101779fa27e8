/* early.c: a library that allocates and frees before anybody's constructor but its own, and while the loader binds a call
 * of it: the resolver of an IFUNC. After the last destructor, too. Says how often. Linked with -z lazy. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned freed;

static void free_some(void)
{
    for (size_t i = 1; i < 500; i++) {
        void *volatile block = malloc(i);
        if (!block)
            abort();
        memset(block, 1, i);
        block = realloc(block, 2 * i);
        free(block);
        freed++;
    }
}

static int answer(void)
{
    return 42;
}

static int (*resolve(void))(void)
{
    free_some();
    return answer;
}

__attribute__((ifunc("resolve"))) int early(void);

__attribute__((constructor(101))) static void begin(void)
{
    free_some();
    if (early() != 42)
        abort();
}

__attribute__((destructor(101))) static void end(void)
{
    free_some();
    printf("freed %u\n", freed);
}
