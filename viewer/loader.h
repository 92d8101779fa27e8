/* loader.h: which objects the dynamic loader would load for a program: asked of the loader itself, which alone knows all
 * the rules (RPATH, LD_LIBRARY_PATH, its cache, LD_PRELOAD). It lists them and runs nothing of the program. */
#ifndef VIEWER_LOADER_H
#define VIEWER_LOADER_H

#include <stdbool.h>

/* Calls `each` with the path of every object that `interpreter` would load for the program at `path` under the current
 * environment, with LD_PRELOAD set to `preload` (NULL: not set). Stops when it returns true. Returns 1 when it did, 0 at
 * the end, -1 when the loader cannot tell. */
int loader_list(const char *interpreter, const char *path, const char *preload,
                bool (*each)(const char *object, void *context), void *context);

#endif
