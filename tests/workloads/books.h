/* books.h: the books that a workload with known truth keeps of itself, in C or C++.
 *
 * Each thread has its own books and writes down what malloc_usable_size says of each block that it takes and gives back;
 * the sum over the threads is the truth. The books are static memory: keeping them allocates nothing. */
#ifndef WORKLOAD_BOOKS_H
#define WORKLOAD_BOOKS_H

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

enum { BOOKS_CLASSES = 16 };

struct books {
    uint64_t alloc_bytes[BOOKS_CLASSES]; /* by the class of the thread that allocated */
    uint64_t alloc_count[BOOKS_CLASSES];
    uint64_t freed_bytes[BOOKS_CLASSES][BOOKS_CLASSES]; /* [owner][freed by] */
    uint64_t freed_count[BOOKS_CLASSES][BOOKS_CLASSES];
};

/* Writes down that a thread of class `by` has allocated `block`. */
static inline void books_alloc(struct books *books, unsigned by, void *block)
{
    books->alloc_bytes[by] += malloc_usable_size(block);
    books->alloc_count[by]++;
}

/* Writes down, before it happens, that a thread of class `by` frees `block`, which one of class `owner` allocated. */
static inline void books_free(struct books *books, unsigned owner, unsigned by, void *block)
{
    books->freed_bytes[owner][by] += malloc_usable_size(block);
    books->freed_count[owner][by]++;
}

/* Adds one thread's books to `sum`. */
static inline void books_add(struct books *sum, const struct books *books)
{
    for (unsigned owner = 0; owner < BOOKS_CLASSES; owner++) {
        sum->alloc_bytes[owner] += books->alloc_bytes[owner];
        sum->alloc_count[owner] += books->alloc_count[owner];
        for (unsigned by = 0; by < BOOKS_CLASSES; by++) {
            sum->freed_bytes[owner][by] += books->freed_bytes[owner][by];
            sum->freed_count[owner][by] += books->freed_count[owner][by];
        }
    }
}

/* One class as JSON. `name` holds nothing that JSON escapes. */
static inline void books_print_class(FILE *to, const struct books *books, unsigned owner, const char *name)
{
    uint64_t released = 0;

    for (unsigned by = 0; by < BOOKS_CLASSES; by++)
        released += books->freed_bytes[owner][by];
    fprintf(to, "{\"name\":\"%s\",\"live\":%ju,\"alloc_bytes\":%ju,\"alloc_count\":%ju,\"released_bytes\":%ju}", name,
            (uintmax_t)(books->alloc_bytes[owner] - released), (uintmax_t)books->alloc_bytes[owner],
            (uintmax_t)books->alloc_count[owner], (uintmax_t)released);
}

/* Prints {"pid":,"classes":[...],"flows":[...]} on one line, keys as in a snapshot; cells of the matrix that are zero are
 * left out. `names` are those of classes 0 to `classes` - 1. */
static inline void books_print(FILE *to, const struct books *books, unsigned classes, const char *const *names)
{
    const char *comma = "";

    fprintf(to, "{\"pid\":%jd,\"classes\":[", (intmax_t)getpid());
    for (unsigned owner = 0; owner < classes; owner++) {
        fputs(owner ? "," : "", to);
        books_print_class(to, books, owner, names[owner]);
    }
    fputs("],\"flows\":[", to);
    for (unsigned owner = 0; owner < classes; owner++) {
        for (unsigned by = 0; by < classes; by++) {
            if (books->freed_count[owner][by] == 0)
                continue;
            fprintf(to, "%s{\"owner\":\"%s\",\"freed_by\":\"%s\",\"bytes\":%ju,\"count\":%ju}", comma, names[owner],
                    names[by], (uintmax_t)books->freed_bytes[owner][by], (uintmax_t)books->freed_count[owner][by]);
            comma = ",";
        }
    }
    fputs("]}\n", to);
    fflush(to);
}

#endif
