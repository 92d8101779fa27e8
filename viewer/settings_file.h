/* settings_file.h: the settings as a file in the user's XDG config directory: lines of key=value. */
#ifndef VIEWER_SETTINGS_FILE_H
#define VIEWER_SETTINGS_FILE_H

#include <limits.h>

#include "fail.h"
#include "settings.h"

/* Writes the file's path: $XDG_CONFIG_HOME/arenatop/settings, or below ~/.config. Returns 0, or -1 without either. */
int settings_path(char path[PATH_MAX]);

/* Reads the file over *settings. Returns 0, also when there is none; -1 with *failure set when it is damaged or cannot be
 * read: then *settings is as it was. */
int settings_load(struct settings *settings, const char *path, struct failure *failure);

/* Writes the file, and the directories to it. Returns 0, or -1 with *failure set. */
int settings_save(const struct settings *settings, const char *path, struct failure *failure);

#endif
