/* stack.c: how much stack a thread's doings take, in bytes below the frame that does them: one line each. A thread paints
 * its stack, does one thing, and looks how far down the paint is gone; its beginning and its end are painted by main. Each
 * thing is done twice, by two threads: the first time may have to find something out. */
#include <locale.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { STACK_BYTES = 128 << 10, RED_ZONE = 256, BLOCKS = 64, PAINT = 0xa5 };

static unsigned char *stack;
static void *blocks[BLOCKS]; /* main's */
static pthread_key_t key;
static size_t done_bytes, started_bytes;

/* ---- what a thread does ---- */

static void nothing(void)
{
}

static void takes(void)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        void *volatile block = malloc(16 << i % 12);
        free(block);
    }
}

static void frees_others(void)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        free(blocks[i]);
}

static void resizes_others(void)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        blocks[i] = realloc(blocks[i], 1000);
}

static void names_itself(void)
{
    pthread_setname_np(pthread_self(), "another");
    takes();
}

static void keeps_a_key(void)
{
    pthread_setspecific(key, malloc(100));
}

static void *end_at_once(void *argument)
{
    return argument;
}

static void makes_another(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, end_at_once, NULL) == 0)
        pthread_join(thread, NULL);
}

/* ---- painting and looking ---- */

static size_t unpainted_below(const unsigned char *frame)
{
    const unsigned char *lowest = stack;
    while (lowest < frame && *lowest == PAINT)
        lowest++;
    return (size_t)(frame - lowest);
}

/* Not inlined: what is below its frame is nobody's. */
__attribute__((noinline)) static void paint_and_do(void (*what)(void))
{
    unsigned char *frame = __builtin_frame_address(0);
    for (volatile unsigned char *at = stack; at < frame - RED_ZONE; at++)
        *at = PAINT;
    what();
    done_bytes = unpainted_below(frame);
}

static void *run(void *argument)
{
    void (*what)(void);
    memcpy(&what, argument, sizeof what);
    started_bytes = unpainted_below(__builtin_frame_address(0));
    paint_and_do(what);
    return NULL;
}

static void do_in_thread(const char *name, void (*what)(void))
{
    pthread_attr_t attributes;
    pthread_t thread;
    for (unsigned i = 0; i < BLOCKS; i++)
        blocks[i] = malloc(100);
    memset(stack, PAINT, STACK_BYTES);
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack, STACK_BYTES);
    if (pthread_create(&thread, &attributes, run, &what) != 0)
        exit(1);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    printf("%s %zu\nbefore %s %zu\n", name, done_bytes, name, started_bytes);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*what)(void);
    } things[] = {{"nothing", nothing},
                  {"takes", takes},
                  {"frees-others", frees_others},
                  {"resizes-others", resizes_others},
                  {"names-itself", names_itself},
                  {"keeps-a-key", keeps_a_key},
                  {"makes-another", makes_another}};
    setlocale(LC_ALL, ""); /* patterns are matched by its characters */
    pthread_key_create(&key, free);
    stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED)
        return 1;
    for (unsigned i = 0; i < 2 * sizeof things / sizeof things[0]; i++)
        do_in_thread(things[i / 2].name, things[i / 2].what);
    return 0;
}
