/* debugfile.h: the file with the symbols of one that was stripped, where the distribution or its builder put it. */
#ifndef AGENT_DEBUGFILE_H
#define AGENT_DEBUGFILE_H

#include "image.h"

/* Opens the debug file that belongs to `image`, the file at `path`: by build id in /usr/lib/debug/.build-id, by its
 * .gnu_debuglink beside it, in .debug there, and in /usr/lib/debug. That it belongs to it is proven by the build id, or
 * where either has none by the link's checksum: a wrong one would lead to wrong addresses. False when there is none. */
bool debugfile_open(struct image *debug, const struct image *image, const char *path);

#endif
