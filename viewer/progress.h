/* progress.h: one line on stderr that is written over: how far something has come. For where stderr is a terminal; a job in
 * the background shows nothing. */
#ifndef VIEWER_PROGRESS_H
#define VIEWER_PROGRESS_H

/* Shows a text in ASCII in place of the last one, cut to the terminal's width: of a line that goes on in the next row only
 * that row could be written over. */
void progress_show(const char *text);

/* Leaves the line blank, for other things to be said. */
void progress_clear(void);

#endif
