/* progress.c: one line on stderr that is written over: how far something has come. */
#include "progress.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CLEAR_LINE "\r\033[K"

/* From the background it would be written over what is being typed. */
static bool is_in_foreground(void)
{
    pid_t group = tcgetpgrp(STDERR_FILENO);

    return group < 0 || group == getpgrp();
}

void progress_show(const char *text)
{
    struct winsize size;
    /* Some terminals go on to the next row when the last column is written, not behind it. */
    bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;

    if (is_in_foreground())
        fprintf(stderr, CLEAR_LINE "%.*s", is_known ? size.ws_col - 1 : INT_MAX, text);
}

void progress_clear(void)
{
    if (is_in_foreground())
        fputs(CLEAR_LINE, stderr);
}
