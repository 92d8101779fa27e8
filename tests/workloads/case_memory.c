/* case_memory.c: single cases of who frees and resizes whose memory. See case.h. */
#include <stdint.h>
#include <sys/resource.h>

#include "case.h"

enum { BLOCKS = 1000 };
#define MIB ((size_t)1 << 20)

static struct actor a, b;
static void *held[BLOCKS];

static void start_both(void)
{
    actor_start(&a, CASE_A);
    actor_start(&b, CASE_B);
}

/* ---- more than a class has addresses for, one after the other (MALLOC_CONF=retain:false has the kernel take them back) ---- */

static void around_take(struct actor *self)
{
    held[0] = case_malloc(self, 64 * MIB);
    for (unsigned i = 0; i < 1100; i++)
        case_free(self, CASE_A, case_malloc(self, 1024 * MIB));
    held[1] = case_malloc(self, 64 * MIB);
}

static void around_return(struct actor *self)
{
    case_free(self, CASE_A, held[1]);
}

static void around(void)
{
    start_both();
    actor_do(&a, around_take);
    actor_do(&b, around_return);
}

/* ---- more than a class has addresses for at once, in vain ---- */

static void vain_take(struct actor *self)
{
    volatile size_t too_much = (size_t)1 << 48;
    for (unsigned i = 0; i < 64; i++) {
        case_expect(malloc(too_much) == NULL, "got 256 TiB");
        held[i] = case_malloc(self, 4 * MIB);
    }
}

static void vain(void)
{
    start_both();
    actor_do(&a, vain_take);
    actor_do(&b, around_return);
}

/* ---- blocks larger than jemalloc's threshold for a huge arena ---- */

static void large_take(struct actor *self)
{
    for (unsigned i = 0; i < 4; i++)
        held[i] = case_malloc(self, 64 * MIB);
}

static void large_swap(struct actor *self)
{
    case_free(self, CASE_A, held[0]);
    case_free(self, CASE_A, held[1]);
    held[0] = case_malloc(self, 64 * MIB + 1);
}

static void large_return(struct actor *self)
{
    case_free(self, CASE_A, held[2]);
    case_free(self, CASE_B, held[0]);
}

static void large(void)
{
    start_both();
    actor_do(&a, large_take);
    actor_do(&b, large_swap);
    actor_do(&a, large_return);
    actor_do(&a, large_take); /* from what was freed */
}

/* ---- realloc across classes: grown, shrunk, the same size, in place, and once more by its new owner ---- */

static const size_t to_bytes[] = {300, 16, 250, 256, 257, 5000, 100000, 3 * MIB};
enum { RESIZES = sizeof to_bytes / sizeof to_bytes[0] };

static void resize_take(struct actor *self)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        held[i] = case_malloc(self, i % 4 != 0 ? 256 : 8000);
}

static void resize_foreign(struct actor *self)
{
    for (unsigned i = 0; i < BLOCKS / 2; i++)
        held[i] = case_realloc(self, CASE_A, held[i], to_bytes[i % RESIZES]);
}

static void resize_own(struct actor *self)
{
    for (unsigned i = 0; i < BLOCKS / 4; i++)
        held[i] = case_realloc(self, CASE_B, held[i], to_bytes[(i * 5 + 1) % RESIZES]);
}

static void resize_back(struct actor *self)
{
    for (unsigned i = BLOCKS / 8; i < BLOCKS / 4; i++)
        held[i] = case_realloc(self, CASE_B, held[i], 256);
    for (unsigned i = BLOCKS / 2; i < BLOCKS; i++)
        held[i] = case_realloc(self, CASE_A, held[i], to_bytes[i % RESIZES]);
}

static void resize(void)
{
    start_both();
    actor_do(&a, resize_take);
    actor_do(&b, resize_foreign);
    actor_do(&b, resize_own);
    actor_do(&a, resize_back);
}

/* A foreign block that cannot grow stays where it is, and its owner's. */
static void resize_too_far(struct actor *self)
{
    (void)self;
    for (unsigned i = 0; i < BLOCKS; i++) {
        volatile size_t too_many = SIZE_MAX / 2;
        case_expect(realloc(held[i], too_many) == NULL, "realloc gave more than there is");
        errno = 0;
        case_expect(reallocarray(held[i], too_many, 3) == NULL && errno == ENOMEM, "reallocarray did not see overflow");
        case_expect(*(char *)held[i] == 0x5a, "a block that could not grow was lost");
    }
}

static void resize_refused(void)
{
    start_both();
    actor_do(&a, resize_take);
    actor_do(&b, resize_too_far);
    actor_do(&a, resize_too_far);
}

/* realloc(block, 0) of foreign and own memory: what it does is opt.zero_realloc's matter. */
static void resize_to_nothing(struct actor *self)
{
    for (unsigned i = self->of; i < BLOCKS; i += 2) {
        volatile size_t nothing = 0;
        books_free(&case_books, CASE_A, self->of, held[i]);
        held[i] = realloc(held[i], nothing);
        if (held[i])
            books_alloc(&case_books, self->of, held[i]);
    }
}

static void resize_zero(void)
{
    start_both();
    actor_do(&a, resize_take);
    actor_do(&b, resize_to_nothing);
    actor_do(&a, resize_to_nothing);
}

/* ---- blocks of more classes than there is memory to count them by ---- */

static void crowded_take(struct actor *self)
{
    const unsigned from = self->of == CASE_A ? 0 : BLOCKS / 2;

    for (unsigned i = from; i < from + BLOCKS / 2; i++)
        held[i] = case_malloc(self, 500);
}

static void crowded_free(struct actor *self, unsigned from)
{
    for (unsigned i = from; i < BLOCKS; i += 2)
        case_free(self, i < BLOCKS / 2 ? CASE_A : CASE_C, held[i]);
}

/* Half of the blocks while the kernel maps nothing more for the process. */
static void crowded_return(struct actor *self)
{
    struct rlimit before, none;

    case_free(self, CASE_B, case_malloc(self, 40000));
    case_malloc(self, 200000);
    case_expect(getrlimit(RLIMIT_AS, &before) == 0, "no limit");
    none = (struct rlimit){.rlim_cur = 4096, .rlim_max = before.rlim_max};
    case_expect(setrlimit(RLIMIT_AS, &none) == 0, "cannot set a limit");
    crowded_free(self, 0);
    case_expect(setrlimit(RLIMIT_AS, &before) == 0, "cannot take a limit back");
    crowded_free(self, 1);
}

static void crowded(void)
{
    static struct actor c;

    start_both();
    actor_start(&c, CASE_C);
    actor_do(&a, crowded_take);
    actor_do(&c, crowded_take);
    actor_do(&b, crowded_return);
}

/* ---- memory that outlives its class's threads ---- */

static void gone_free(struct actor *self)
{
    for (unsigned i = 0; i < BLOCKS; i += 2)
        case_free(self, CASE_A, held[i]);
}

static void gone_take(struct actor *self)
{
    for (unsigned i = 0; i < BLOCKS; i += 4)
        held[i] = case_malloc(self, 700);
}

static void gone(void)
{
    start_both();
    actor_do(&a, resize_take);
    actor_end(&a);
    actor_do(&b, gone_free);
    actor_end(&b);
    actor_start(&a, CASE_A);
    actor_do(&a, gone_take);
    actor_end(&a);
}

/* ---- many threads that live a moment, each handing something on to the next ---- */

static void moment(struct actor *self)
{
    void *fleeting = case_malloc(self, 40000);

    if (held[0])
        case_free(self, self->of == CASE_A ? CASE_B : CASE_A, held[0]);
    held[0] = case_malloc(self, 3000);
    held[1] = case_malloc(self, 48); /* nobody's any more */
    case_free(self, self->of, fleeting);
}

static void many(void)
{
    for (unsigned i = 0; i < 2000; i++) {
        actor_start(&a, i % 2 ? CASE_B : CASE_A);
        actor_do(&a, moment);
        actor_end(&a);
    }
}

/* ---- what a library allocated in one class's thread, freed by another ---- */

static FILE *lines;
static char *from_strdup, *from_getline;

static void library_take(struct actor *self)
{
    size_t bytes = 0;

    from_strdup = (char *)strdup(case_names[self->of]);
    case_expect(getline(&from_getline, &bytes, lines) > 0, "getline");
    books_alloc(&case_books, self->of, from_strdup);
    books_alloc(&case_books, self->of, from_getline);
}

static void library_free(struct actor *self)
{
    case_free(self, CASE_A, from_strdup);
    case_free(self, CASE_A, from_getline);
    from_strdup = from_getline = NULL;
}

static void library(void)
{
    static char buffer[4096];

    lines = fopen("/proc/self/comm", "r");
    case_expect(lines && setvbuf(lines, buffer, _IOFBF, sizeof buffer) == 0, "cannot read /proc/self/comm");
    start_both();
    actor_do(&a, library_take);
    actor_do(&b, library_free);
}

/* ---- nothing, in every way there is; and errno, which every free leaves alone ---- */

static void free_nothing(struct actor *self)
{
    void *volatile nothing = NULL;

    for (unsigned i = 0; i < BLOCKS; i++)
        free(nothing);
    held[self->of] = case_keep(self, realloc(nothing, 100), 100);
}

static void nothing(void)
{
    start_both();
    actor_do(&a, free_nothing);
    actor_do(&b, free_nothing);
}

static void free_with_errno(struct actor *self)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        errno = 4711;
        case_free(self, CASE_A, held[i]);
        case_expect(errno == 4711, "free changed errno");
    }
    for (unsigned i = 0; i < BLOCKS; i++)
        held[i] = case_malloc(self, 64);
}

static void resize_with_errno(struct actor *self)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        errno = 4711;
        held[i] = case_realloc(self, CASE_B, held[i], 640);
        case_expect(errno == 4711, "realloc changed errno");
    }
}

static void errno_kept(void)
{
    start_both();
    actor_do(&a, resize_take);
    actor_do(&b, free_with_errno);
    actor_do(&a, resize_with_errno);
}

int main(int argc, char **argv)
{
    static const struct case_row rows[] = {
        {"large", large, 2},
        {"around", around, 2},
        {"vain", vain, 2},
        {"resize", resize, 2},
        {"resize-refused", resize_refused, 2},
        {"resize-zero", resize_zero, 2},
        {"crowded", crowded, 3},
        {"gone", gone, 2},
        {"many", many, 2},
        {"library", library, 2},
        {"nothing", nothing, 2},
        {"errno", errno_kept, 2},
    };

    return case_main(argc, argv, rows, sizeof rows / sizeof rows[0]);
}
