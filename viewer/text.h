/* text.h: text from outside, made fit to be shown: UTF-8 checked, control characters visible. */
#ifndef VIEWER_TEXT_H
#define VIEWER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes one character of UTF-8 at `text` (`bytes` left, at least 1): returns its length and stores it in *character.
 * Where the bytes are no character (overlong, surrogate, above U+10FFFF, cut off) returns 0 and stores U+FFFD. */
size_t text_decode(const char *text, size_t bytes, uint32_t *character);

/* Whether a character would move the cursor, hide or reorder text: C0, DEL, C1, line and paragraph separators, marks and
 * overrides of direction, and the byte order mark. */
bool text_is_control(uint32_t character);

/* Copies `text` into `to` (`size` bytes, at least 1) with every control character and every byte that is no UTF-8 as an
 * escape: \n, \t, \xHH, \u{HHHH}. Cuts where the room ends, never inside a character or an escape. Returns strlen(to). */
size_t text_visible(char *to, size_t size, const char *text);

/* Copies `text` into `to` with each byte that is no UTF-8 replaced by U+FFFD; control characters stay. Cuts as
 * text_visible does: 3 * strlen(text) + 1 bytes hold any result whole. Returns strlen(to). */
size_t text_utf8(char *to, size_t size, const char *text);

#endif
