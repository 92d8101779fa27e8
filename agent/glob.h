/* glob.h: shell patterns. Not fnmatch(3): that takes 14 KB of stack in a UTF-8 locale, more than a thread with a small stack
 * has, and means something else in every locale of the host's. */
#ifndef AGENT_GLOB_H
#define AGENT_GLOB_H

#include <stdbool.h>

/* Whether the whole of `text` is like `pattern`: '*' any characters, '?' one, [abc] [a-c] [[:digit:]] [!abc] one of these or
 * none of them, '\' takes the next for itself; a '[' without its ']' too. Characters are those of UTF-8; a byte that is
 * part of none is one by itself. Any thread; neither allocates nor recurses. */
bool glob_matches(const char *pattern, const char *text);

#endif
