/* text.c: text from outside, made fit to be shown, and measured in cells of a terminal. */
#include "text.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#define REPLACEMENT UINT32_C(0xFFFD)
#define PIECE_BYTES 16

/* Length that a first byte announces, the bits of the character in it, and the smallest character of that length. */
static size_t announced(unsigned char first, uint32_t *bits, uint32_t *smallest)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = 0;

    if (first < 0x80)
        length = 1;
    else if (first >= 0xC2 && first < 0xE0)
        length = 2;
    else if (first >= 0xE0 && first < 0xF0)
        length = 3;
    else if (first >= 0xF0 && first < 0xF5)
        length = 4;
    *bits = length < 2 ? first : first & (0x7Fu >> length);
    *smallest = least[length];
    return length;
}

size_t text_decode(const char *text, size_t bytes, uint32_t *character)
{
    uint32_t bits, smallest;
    size_t length = announced((unsigned char)text[0], &bits, &smallest);

    *character = REPLACEMENT;
    if (length == 0 || length > bytes)
        return 0;
    for (size_t i = 1; i < length; i++) {
        unsigned char next = (unsigned char)text[i];
        if ((next & 0xC0) != 0x80)
            return 0;
        bits = bits << 6 | (next & 0x3F);
    }
    if (bits < smallest || bits > 0x10FFFF || (bits >= 0xD800 && bits <= 0xDFFF))
        return 0;
    *character = bits;
    return length;
}

size_t text_encode(char to[4], uint32_t character)
{
    static const unsigned char leads[] = {0, 0xC0, 0xE0, 0xF0};
    size_t tail = character < 0x80 ? 0 : character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;

    for (size_t i = tail; i > 0; i--) {
        to[i] = (char)(0x80 | (character & 0x3F));
        character >>= 6;
    }
    to[0] = (char)(leads[tail] | character);
    return tail + 1;
}

bool text_is_control(uint32_t character)
{
    static const struct {
        uint32_t from, to;
    } ranges[] = {
        /* in their order: most characters are before the third */
        {0, 0x1F},        {0x7F, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},      {0x115F, 0x1160}, {0x180E, 0x180E},
        {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F}, {0x3164, 0x3164},    {0xFDD0, 0xFDEF}, {0xFE00, 0xFE0F},
        {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF9, 0xFFFB}, {0xE0000, 0x10FFFF},
    };

    /* The last two of each plane are no characters, and never will be: no XML may hold them. */
    if ((character & 0xFFFE) == 0xFFFE)
        return true;

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]) && character >= ranges[i].from; i++)
        if (character <= ranges[i].to)
            return true;
    return false;
}

static int escape(char *to, uint32_t character)
{
    if (character == '\n')
        return snprintf(to, PIECE_BYTES, "\\n");
    if (character == '\t')
        return snprintf(to, PIECE_BYTES, "\\t");
    if (character < 0x80)
        return snprintf(to, PIECE_BYTES, "\\x%02x", (unsigned)character);
    return snprintf(to, PIECE_BYTES, "\\u{%x}", (unsigned)character);
}

/* What may stand as it is: decided one character at a time, knowing whether the one before could carry a mark. */
typedef bool (*stands)(uint32_t character, bool has_base);

static bool stands_visibly(uint32_t character, bool has_base)
{
    (void)has_base;
    return !text_is_control(character);
}

static bool stands_in_ascii(uint32_t character, bool has_base)
{
    (void)has_base;
    return character >= 0x20 && character < 0x7F;
}

static bool stands_in_cells(uint32_t character, bool has_base)
{
    if (stands_in_ascii(character, has_base))
        return true;
    return !text_is_control(character) && wcwidth((wchar_t)character) >= (has_base ? 0 : 1);
}

/* A text of nothing but blanks would show nothing, so they are spelled out. */
static size_t spell(char *to, size_t size, const char *text, stands as_it_is)
{
    size_t used = 0, left = strlen(text);
    bool has_base = false, is_blank = text[strspn(text, " ")] == '\0';

    while (left > 0) {
        char piece[PIECE_BYTES];
        uint32_t character;
        size_t taken = text_decode(text, left, &character);
        size_t length = taken;

        has_base = taken > 0 && !is_blank && as_it_is(character, has_base);
        if (has_base)
            memcpy(piece, text, taken);
        else if (taken > 0)
            length = (size_t)escape(piece, character);
        else
            length = (size_t)snprintf(piece, sizeof(piece), "\\x%02x", (unsigned char)text[0]);
        if (length >= size - used)
            break;
        memcpy(to + used, piece, length);
        used += length;
        taken += taken == 0;
        text += taken;
        left -= taken;
    }
    to[used] = '\0';
    return used;
}

size_t text_visible(char *to, size_t size, const char *text)
{
    return spell(to, size, text, stands_visibly);
}

char *text_clean(char *to, size_t size, const char *name, bool utf8)
{
    spell(to, size, name, utf8 ? stands_in_cells : stands_in_ascii);
    return to;
}

size_t text_utf8(char *to, size_t size, const char *text)
{
    size_t used = 0, left = strlen(text);

    while (left > 0) {
        uint32_t character;
        size_t taken = text_decode(text, left, &character);
        const char *piece = taken > 0 ? text : "\xEF\xBF\xBD";
        size_t length = taken > 0 ? taken : 3;

        if (length >= size - used)
            break;
        memcpy(to + used, piece, length);
        used += length;
        taken += taken == 0;
        text += taken;
        left -= taken;
    }
    to[used] = '\0';
    return used;
}

/* Cells of a character: 0 for a mark, 1 or 2; -1 for what must not be shown. */
static int character_cells(uint32_t character)
{
    if (character >= 0x20 && character < 0x7F)
        return 1;
    return text_is_control(character) ? -1 : wcwidth((wchar_t)character);
}

bool text_next(const char **text, struct text_glyph *glyph)
{
    const char *at = *text;
    uint32_t character;

    if (*at == '\0')
        return false;
    /* Most text is ASCII, without marks. */
    if (at[0] >= ' ' && at[0] <= '~' && (unsigned char)at[1] < 0x80) {
        *glyph = (struct text_glyph){(uint32_t)at[0], {0}, 1};
        *text = at + 1;
        return true;
    }
    /* The terminating zero is no continuation byte: decoding stops there by itself. */
    size_t taken = text_decode(at, 4, &character);
    int cells = taken > 0 ? character_cells(character) : -1;
    *glyph = cells > 0 ? (struct text_glyph){character, {0}, cells} : (struct text_glyph){'?', {0}, 1};
    at += taken + (taken == 0);
    for (size_t marks = 0; *at != '\0' && (unsigned char)*at >= 0x80; marks++) {
        taken = text_decode(at, 4, &character);
        if (taken == 0 || character_cells(character) != 0)
            break;
        if (marks < TEXT_MARKS)
            glyph->marks[marks] = character;
        at += taken;
    }
    *text = at;
    return true;
}

int text_cells(const char *text)
{
    int cells = 0;

    for (struct text_glyph glyph; text_next(&text, &glyph);)
        cells += glyph.cells;
    return cells;
}

bool text_contains(const char *text, const char *part)
{
    return strcasestr(text, part) != NULL;
}
