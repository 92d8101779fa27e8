/* ordinary.h: opens what is an ordinary file, and does not touch what is not.
 *
 * To open a device can be to do something (a watchdog begins to count, a tape goes back), to open a FIFO lets somebody
 * go on who waits for that. Names are others' to choose, and what is behind them may change between a look and the opening. */
#ifndef AT_ORDINARY_H
#define AT_ORDINARY_H

/* Opens `path` to read, close-on-exec; `flags` may add O_NOFOLLOW, by which a link is not an ordinary file. Returns the
 * descriptor, or -1 with errno, which is ENXIO when it is there and is no ordinary file. */
int ordinary_open(const char *path, int flags);

#endif
