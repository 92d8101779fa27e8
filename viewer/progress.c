/* progress.c: one line on stderr that is written over: how far something has come. */
#include "progress.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CLEAR_LINE "\r\033[K"

void progress_show(const char *text)
{
    struct winsize size;
    /* Some terminals go on to the next row when the last column is written, not behind it. */
    bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;

    fprintf(stderr, CLEAR_LINE "%.*s", is_known ? size.ws_col - 1 : INT_MAX, text);
}

void progress_clear(void)
{
    fputs(CLEAR_LINE, stderr);
}
