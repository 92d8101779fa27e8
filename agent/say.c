/* say.c: what the agent tells people. */
#include "say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "atomics.h"

#define PREFIX     "arenatop: "
#define LINE_BYTES 512

static struct {
    bool quiet;
    uint32_t claimed; /* slots given out; may pass the maximum */
    struct {
        uint32_t ready;
        char text[AT_WARNING_BYTES];
    } warning[SAY_WARNINGS_MAX];
} state;

void say_quiet(bool quiet)
{
    state.quiet = quiet;
}

static void write_line(const char *text)
{
    char line[LINE_BYTES];
    if (state.quiet)
        return;
    int length = snprintf(line, sizeof line - 1, PREFIX "%s", text);
    if (length < 0)
        return;
    size_t end = (size_t)length < sizeof line - 2 ? (size_t)length : sizeof line - 2;
    line[end] = '\n';
    ssize_t written = write(STDERR_FILENO, line, end + 1);
    (void)written; /* a host without stderr loses the message, nothing else */
}

void say(const char *format, ...)
{
    char text[LINE_BYTES];
    int saved = errno;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    write_line(text);
    errno = saved;
}

static bool is_kept(const char *text)
{
    for (unsigned i = 0; i < SAY_WARNINGS_MAX; i++)
        if (load_acquire32(&state.warning[i].ready) && strcmp(state.warning[i].text, text) == 0)
            return true;
    return false;
}

void say_warning(const char *format, ...)
{
    char text[AT_WARNING_BYTES];
    int saved = errno;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (!is_kept(text)) {
        uint32_t slot = add_relaxed32(&state.claimed, 1);
        if (slot < SAY_WARNINGS_MAX) {
            memcpy(state.warning[slot].text, text, sizeof text);
            store_release32(&state.warning[slot].ready, 1);
        }
        write_line(text);
    }
    errno = saved;
}

unsigned say_warning_count(void)
{
    unsigned count = 0;
    while (count < SAY_WARNINGS_MAX && load_acquire32(&state.warning[count].ready))
        count++;
    return count;
}

void say_warning_copy(unsigned i, char text[AT_WARNING_BYTES])
{
    memcpy(text, state.warning[i].text, AT_WARNING_BYTES);
}
