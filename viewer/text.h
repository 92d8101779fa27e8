/* text.h: text from outside, made fit to be shown, and measured in cells of a terminal.
 *
 * Names of threads and processes are any bytes. What reaches a terminal has gone through text_visible or text_clean:
 * control characters, bytes that are no UTF-8, and characters that steer a terminal or turn the direction of writing are
 * spelled out (\x1b \n \u{202e}), never sent; so are blanks where there is nothing else (\x20). Nothing here allocates. */
#ifndef VIEWER_TEXT_H
#define VIEWER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Enough for the longest class name with every byte spelled out. */
#define TEXT_NAME_BYTES 320

/* Reads one character of UTF-8 from `text` (`bytes` > 0). Returns how many bytes it took and sets *character; 0, and
 * U+FFFD, when they are not UTF-8 (overlong forms, surrogates and values over 10FFFF are not). */
size_t text_decode(const char *text, size_t bytes, uint32_t *character);

/* Writes a character as UTF-8. Returns how many bytes (1 to 4) that took; adds no terminating zero. */
size_t text_encode(char to[4], uint32_t character);

/* Whether a character steers instead of showing: controls, what joins, hides or turns the direction of writing, and what
 * is no character at all. */
bool text_is_control(uint32_t character);

/* Copies `text` into `to` (`size` > 0, always terminated) as visible UTF-8. What does not fit is left out, whole
 * characters at a time. Returns the length of the result. */
size_t text_visible(char *to, size_t size, const char *text);

/* The same with U+FFFD for what is no UTF-8 and everything else as it is: for formats that escape by themselves. */
size_t text_utf8(char *to, size_t size, const char *text);

/* The same as text_visible for cells of a terminal: without `utf8` everything but ASCII is spelled out, with it what the
 * locale's wcwidth() does not know, and marks that have nothing to stand on. Returns `to`. */
char *text_clean(char *to, size_t size, const char *name, bool utf8);

/* A character with the marks that combine with it: what stands in one place of the screen. */
#define TEXT_MARKS 2
struct text_glyph {
    uint32_t character;
    uint32_t marks[TEXT_MARKS]; /* 0 where there is none; more marks than fit are left out */
    int cells;                  /* 1 or 2 */
};

/* Takes the next glyph of a string and moves *text behind it. Returns false at the end. What must not be shown comes out
 * as '?', so that a string that nobody cleaned does no harm. */
bool text_next(const char **text, struct text_glyph *glyph);

/* Cells that a string takes. */
int text_cells(const char *text);

/* Whether `part` occurs in `text`, without regard to the case of ASCII letters. An empty part occurs everywhere. */
bool text_contains(const char *text, const char *part);

#endif
