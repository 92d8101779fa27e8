/* fail.c: the one line that says what went wrong. */
#include "fail.h"

#include <errno.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

static void set_visible(struct failure *failure, enum exit_code code, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

static void set_visible(struct failure *failure, enum exit_code code, const char *format, va_list arguments)
{
    char raw[FAIL_TEXT_BYTES];
    int error = errno;
    bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;

    /* A name may be longer than the room for it: the line is then cut, and stays one line. */
    if (vsnprintf(raw, sizeof(raw), format, arguments) < 0)
        raw[0] = '\0';
    failure->code = code;
    text_clean(failure->text, sizeof(failure->text), raw, utf8);
    errno = error;
}

int fail_set(struct failure *failure, enum exit_code code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    set_visible(failure, code, format, arguments);
    va_end(arguments);
    return -1;
}

int fail_set_errno(struct failure *failure, int error, const char *what)
{
    enum exit_code code = error == EACCES || error == EPERM ? EXIT_DENIED : EXIT_FAILED;

    return fail_set(failure, code, "%s: %s", what, strerror(error));
}

static int stdout_errno;

int fail_flush(void)
{
    int result = fflush(stdout);

    if (result != 0 && stdout_errno == 0)
        stdout_errno = errno;
    return result;
}

int fail_stdout_errno(void)
{
    return stdout_errno;
}

int fail_say(const struct failure *failure)
{
    /* What was written so far belongs before the complaint when both go to one terminal. */
    fail_flush();
    if (failure->text[0] != '\0')
        dprintf(STDERR_FILENO, "arenatop: %s\n", failure->text);
    return (int)failure->code;
}

int fail_with(enum exit_code code, const char *format, ...)
{
    struct failure failure;
    va_list arguments;

    va_start(arguments, format);
    set_visible(&failure, code, format, arguments);
    va_end(arguments);
    return fail_say(&failure);
}
