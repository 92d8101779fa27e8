/* quote.c: words as a person can paste them into a shell. */
#include "quote.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

static bool is_plain(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";

    return word[0] != '\0' && word[strspn(word, plain)] == '\0';
}

/* Whether it can be shown on a terminal as it is. */
static bool is_visible(const char *word)
{
    while (*word != '\0') {
        uint32_t character;
        size_t bytes = text_decode(word, strlen(word), &character);
        if (bytes == 0 || text_is_control(character))
            return false;
        word += bytes;
    }
    return true;
}

/* Puts one byte of a word into quotes. `spell`: the quotes are $'...', where a backslash means something. Returns its
 * length in `piece`. */
static size_t quote_byte(char piece[8], unsigned char byte, bool spell)
{
    if (byte == '\'')
        return (size_t)snprintf(piece, 8, "%s", spell ? "\\'" : "'\\''");
    if (spell && byte == '\\')
        return (size_t)snprintf(piece, 8, "\\\\");
    /* Three octal digits: what follows cannot be taken for a part of it. */
    if (spell && (byte < ' ' || byte >= 127))
        return (size_t)snprintf(piece, 8, "\\%03o", byte);
    return (size_t)snprintf(piece, 8, "%c", byte);
}

size_t quote_word(char *to, size_t size, const char *word)
{
    bool plain = is_plain(word), spell = !is_visible(word);
    size_t used = 0;

    if (plain)
        used = (size_t)snprintf(to, size, "%s", word);
    else
        used = (size_t)snprintf(to, size, "%s", spell ? "$'" : "'");
    for (const char *byte = word; !plain && *byte != '\0' && used < size; byte++) {
        char piece[8];
        quote_byte(piece, (unsigned char)*byte, spell);
        used += (size_t)snprintf(to + used, size - used, "%s", piece);
    }
    if (!plain && used < size)
        used += (size_t)snprintf(to + used, size - used, "'");
    if (used < size)
        return used;
    if (size > 0)
        to[0] = '\0';
    return 0;
}

bool quote_words(char *to, size_t size, const char *words, size_t bytes)
{
    size_t used = 0;

    to[0] = '\0';
    for (size_t at = 0; at < bytes;) {
        size_t length = strnlen(words + at, bytes - at);
        size_t blank = used > 0;
        if (at + length == bytes || used + blank >= size)
            return false;
        size_t quoted = quote_word(to + used + blank, size - used - blank, words + at);
        if (quoted == 0) {
            to[used] = '\0';
            return false;
        }
        if (blank)
            to[used] = ' ';
        used += blank + quoted;
        at += length + 1;
    }
    return true;
}
