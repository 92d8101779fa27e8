/* case.h: a stage for single cases with known truth: named threads that do one thing after another, each when it is told.
 *
 * An actor is a thread that runs jobs and waits between them; actor_do() returns when the job is done. So nothing ever
 * happens at the same time, and one set of books, which the jobs write, is the truth. C or C++. */
#ifndef WORKLOAD_CASE_H
#define WORKLOAD_CASE_H

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "books.h"

/* What the books call the classes. MAIN is printed only when it is named in a case's list. */
enum case_class { CASE_A, CASE_B, CASE_C, CASE_UNBOUND, CASE_MAIN, CASE_OTHER, CASE_CLASSES };

struct actor {
    enum case_class of;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    void (*job)(struct actor *self); /* NULL: none to do */
    bool leaves;
};

static const char *case_names[CASE_CLASSES] = {"case-a", "case-b", "case-c", "(unbound)", "main", "case-other"};

static struct books case_books;
static char case_stdout[4096]; /* stdout's buffer: stdio shall allocate none */

static inline void case_fail(const char *what)
{
    fprintf(stderr, "case: %s\n", what);
    exit(1);
}

static inline void case_expect(bool holds, const char *what)
{
    if (!holds)
        case_fail(what);
}

/* ---- blocks, all through a volatile, so that no compiler leaves one out ---- */

static inline void *case_keep(struct actor *self, void *volatile block, size_t bytes)
{
    case_expect(block != NULL, "out of memory");
    memset(block, 0x5a, bytes < 4096 ? bytes : 4096);
    books_alloc(&case_books, self->of, block);
    return block;
}

static inline void *case_malloc(struct actor *self, size_t bytes)
{
    return case_keep(self, malloc(bytes), bytes);
}

static inline void case_free(struct actor *self, enum case_class owner, void *volatile block)
{
    books_free(&case_books, owner, self->of, block);
    free(block);
}

/* A realloc is a free and an allocation, in place or not. What was in the block must be in the new one. */
static inline void *case_realloc(struct actor *self, enum case_class owner, void *block, size_t bytes)
{
    size_t kept = malloc_usable_size(block) < bytes ? malloc_usable_size(block) : bytes;
    void *volatile moved;

    books_free(&case_books, owner, self->of, block);
    memset(block, 0x3c, kept);
    moved = realloc(block, bytes);
    case_expect(moved != NULL, "out of memory");
    for (size_t i = 0; i < kept; i++)
        case_expect(((volatile char *)moved)[i] == 0x3c, "realloc lost what was in the block");
    books_alloc(&case_books, self->of, moved);
    return moved;
}

/* ---- actors ---- */

static inline void *actor_run(void *argument)
{
    struct actor *self = (struct actor *)argument;

    if (self->of < CASE_UNBOUND)
        pthread_setname_np(pthread_self(), case_names[self->of]);
    pthread_mutex_lock(&self->mutex);
    while (!self->leaves) {
        if (self->job) {
            self->job(self);
            self->job = NULL;
            pthread_cond_broadcast(&self->changed);
        } else {
            pthread_cond_wait(&self->changed, &self->mutex);
        }
    }
    pthread_mutex_unlock(&self->mutex);
    return NULL;
}

static inline void actor_start(struct actor *actor, enum case_class of)
{
    memset(actor, 0, sizeof *actor);
    actor->of = of;
    pthread_mutex_init(&actor->mutex, NULL);
    pthread_cond_init(&actor->changed, NULL);
    case_expect(pthread_create(&actor->thread, NULL, actor_run, actor) == 0, "cannot start a thread");
}

static inline void actor_do(struct actor *actor, void (*job)(struct actor *self))
{
    pthread_mutex_lock(&actor->mutex);
    actor->job = job;
    pthread_cond_broadcast(&actor->changed);
    while (actor->job)
        pthread_cond_wait(&actor->changed, &actor->mutex);
    pthread_mutex_unlock(&actor->mutex);
}

/* Ends the actor's thread, destructors and all. */
static inline void actor_end(struct actor *actor)
{
    pthread_mutex_lock(&actor->mutex);
    actor->leaves = true;
    pthread_cond_broadcast(&actor->changed);
    pthread_mutex_unlock(&actor->mutex);
    pthread_join(actor->thread, NULL);
}

/* ---- a program of several cases ---- */

struct case_row {
    const char *name;
    void (*run)(void);
    unsigned classes; /* how many of case_names the books speak of */
};

/* Runs the case that argv[1] names, after a line on stdin; prints the books; rests until stdin ends. */
static inline int case_main(int argc, char **argv, const struct case_row *rows, unsigned nrows)
{
    char line;

    setvbuf(stdout, case_stdout, _IOFBF, sizeof case_stdout);
    for (unsigned i = 0; argc == 2 && i < nrows; i++) {
        if (strcmp(argv[1], rows[i].name) != 0)
            continue;
        if (read(STDIN_FILENO, &line, 1) != 1)
            return 1;
        rows[i].run();
        books_print(stdout, &case_books, rows[i].classes, case_names);
        while (read(STDIN_FILENO, &line, 1) == 1 && line != 'q')
            ;
        return 0;
    }
    fprintf(stderr, "usage: %s CASE, one of:", argv[0]);
    for (unsigned i = 0; i < nrows; i++)
        fprintf(stderr, " %s", rows[i].name);
    fputs("\n", stderr);
    return 2;
}

#endif
