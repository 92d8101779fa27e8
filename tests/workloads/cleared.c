/* cleared.c: calloc() gives cleared memory, of whatever it is made, and does not touch all of a large block for that.
 * Prints how many KiB became resident with sparse tables. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TABLES = 8, TABLE_BYTES = 8 << 20 };

static const size_t sizes[] = {1,     100,   4096,   14336,  16384,   32768,   40000,   65535,        65536,
                               65537, 65600, 131072, 200001, 1 << 20, 3000001, 5000000, (8 << 20) + 1};

static void fail(const char *what, size_t bytes)
{
    fprintf(stderr, "cleared: %s, %zu bytes\n", what, bytes);
    exit(1);
}

static void is_cleared(const unsigned char *block, size_t bytes)
{
    for (size_t i = 0; block != NULL && i < bytes; i++)
        if (block[i] != 0)
            fail("not cleared", bytes);
}

/* As one, as many small ones, and as few large ones. */
static void check_size(size_t bytes)
{
    const size_t counts[] = {1, bytes, 7};
    for (size_t i = 0; i < 3; i++) {
        size_t each = bytes / counts[i];
        for (unsigned again = 0; again < 3; again++) {
            unsigned char *volatile dirty = malloc(counts[i] * each);
            memset(dirty, 0xff, counts[i] * each);
            free(dirty);
            unsigned char *volatile block = calloc(counts[i], each);
            if (block == NULL)
                fail("no memory", bytes);
            is_cleared(block, counts[i] * each);
            memset(block, 0xff, counts[i] * each);
            free(block);
        }
    }
}

static void check_overflow(void)
{
    volatile size_t half = SIZE_MAX / 2 + 2;
    errno = 0;
    void *volatile block = calloc(half, 2);
    if (block != NULL || errno != ENOMEM)
        fail("a product that overflows", half);
}

static long resident_kib(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL || fscanf(file, "%ld %ld", &pages, &resident) != 2)
        fail("/proc/self/statm", 0);
    fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void *check_all(void *argument)
{
    static unsigned char *table[TABLES];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        check_size(sizes[i]);
    check_overflow();
    long before = resident_kib();
    for (unsigned round = 0; round < 4; round++)
        for (unsigned i = 0; i < TABLES; i++) {
            free(table[i]);
            table[i] = calloc(TABLE_BYTES, 1);
            if (table[i] != NULL)
                table[i][TABLE_BYTES / 2] = 1;
        }
    printf("%ld\n", resident_kib() - before);
    return argument;
}

int main(void)
{
    pthread_t thread;
    check_all(NULL);
    if (pthread_create(&thread, NULL, check_all, NULL) != 0)
        fail("no thread", 0);
    pthread_join(thread, NULL);
    return 0;
}
