/* fail.h: how the program fails: exit codes, and the one line on stderr that says what and why.
 *
 * Functions that can fail for a reason a person must know fill in a struct failure and return; the edge (a command, or
 * the screen) says it once. Text that comes from outside is made visible by fail_set itself, never by its callers. */
#ifndef VIEWER_FAIL_H
#define VIEWER_FAIL_H

enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_NO_TARGET = 3,    /* no such process, or not under the agent */
    EXIT_DENIED = 4,       /* not permitted */
    EXIT_FOUND = 5,        /* a check found something: doctor, diff --fail-over */
    EXIT_CANNOT_RUN = 126, /* run only, as env(1) */
    EXIT_NOT_FOUND = 127   /* run only, as env(1) */
};

#define FAIL_TEXT_BYTES 8192

struct failure {
    enum exit_code code;
    char text[FAIL_TEXT_BYTES]; /* "WHAT: WHY", one visible line of UTF-8, without the program's name and a newline */
};

/* Fills in *failure from printf's arguments; control characters and bytes that are no UTF-8 become visible escapes.
 * Returns -1, so that a function can `return fail_set(...)`. errno survives. */
int fail_set(struct failure *failure, enum exit_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a file or system call that failed with `error` (an errno value): "WHAT: strerror". EACCES and EPERM give
 * EXIT_DENIED, all others EXIT_FAILED. Returns -1. */
int fail_set_errno(struct failure *failure, int error, const char *what);

/* Sends off what was printed to stdout. stdio forgets why that failed: the first reason is kept, for fail_stdout_errno (0:
 * none was met). Returns 0 or EOF. */
int fail_flush(void);
int fail_stdout_errno(void);

/* Writes "arenatop: TEXT\n" to stderr, or nothing when the text is empty, and returns the failure's code. */
int fail_say(const struct failure *failure);

/* Both at once, for the edge: says "arenatop: ..." and returns `code`. */
int fail_with(enum exit_code code, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
