/* own_malloc.c: an allocator of somebody's own, whole, as a library or linked into a program. It ends the program when it
 * is given a block that is not its own. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MARK UINT64_C(0x6f776e2d6d616c6c)

struct head {
    uint64_t mark;
    size_t bytes;
};

static _Alignas(16) unsigned char pool[64 << 20]; /* nothing is ever given out twice */
static size_t used;

void *malloc(size_t bytes)
{
    const size_t whole = (sizeof(struct head) + bytes + 15) & ~(size_t)15;
    const size_t at = __atomic_fetch_add(&used, whole, __ATOMIC_RELAXED);
    struct head *head = (struct head *)(void *)(pool + at);

    if (bytes > sizeof pool || at + whole > sizeof pool)
        return NULL;
    head->mark = MARK;
    head->bytes = bytes;
    return head + 1;
}

static struct head *head_of(void *block)
{
    static const char said[] = "own_malloc: a block of somebody else's\n";
    struct head *head = (struct head *)block - 1;

    if ((unsigned char *)block >= pool && (unsigned char *)block < pool + sizeof pool && head->mark == MARK)
        return head;
    if (write(STDERR_FILENO, said, sizeof said - 1) < 0)
        _exit(2);
    abort();
}

void free(void *block)
{
    if (block)
        head_of(block)->mark = 0;
}

void *calloc(size_t count, size_t bytes)
{
    size_t product;

    return __builtin_mul_overflow(count, bytes, &product) ? NULL : malloc(product); /* the pool is zero */
}

void *realloc(void *block, size_t bytes)
{
    void *moved = malloc(bytes);

    if (block && moved) {
        const size_t old = head_of(block)->bytes;
        memcpy(moved, block, old < bytes ? old : bytes);
        free(block);
    }
    return moved;
}
