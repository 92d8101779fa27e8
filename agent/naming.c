/* naming.c: class names from thread names and start routines. */
#include "naming.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
}

/* Whether the digits in name[from, to) count as a number that tells threads of one class apart. */
static bool is_number(const char *name, size_t from, size_t to)
{
    if (name[to] == '\0')
        return true;
    return from > 0 && !is_letter(name[from - 1]) && !is_letter(name[to]);
}

void naming_from_name(char class_name[AT_CLASS_NAME_BYTES], const char *name)
{
    size_t used = 0;
    for (size_t i = 0; name[i] != '\0' && used < AT_CLASS_NAME_BYTES - 1;) {
        size_t end = i;
        while (is_digit(name[end]))
            end++;
        if (end > i && is_number(name, i, end)) {
            class_name[used++] = '*';
            i = end;
        } else {
            end = end > i ? end : i + 1;
            while (i < end && used < AT_CLASS_NAME_BYTES - 1)
                class_name[used++] = name[i++];
        }
    }
    class_name[used] = '\0';
}

/* FNV-1a, Fowler, Noll and Vo; 32 bits. */
static uint32_t hash_text(const char *text)
{
    uint32_t hash = UINT32_C(2166136261);
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT32_C(16777619);
    return hash;
}

/* Of a name of so many bytes, of which the first are there. */
static void mark_cut(char class_name[AT_CLASS_NAME_BYTES], int length, uint32_t hash)
{
    if (length >= (int)AT_CLASS_NAME_BYTES)
        snprintf(class_name + AT_CLASS_NAME_BYTES - 10, 10, "~%08x", (unsigned)hash);
}

void naming_tell_apart(char class_name[AT_CLASS_NAME_BYTES], const char *whole)
{
    mark_cut(class_name, AT_CLASS_NAME_BYTES, hash_text(whole));
}

void naming_from_creator(char class_name[AT_CLASS_NAME_BYTES], const char *name)
{
    mark_cut(class_name, snprintf(class_name, AT_CLASS_NAME_BYTES, "%s", name), hash_text(name));
}

void naming_from_start(char class_name[AT_CLASS_NAME_BYTES], const char *symbol, const char *object, uint64_t offset)
{
    int length;
    uint32_t hash;
    if (symbol[0] != '\0') {
        hash = hash_text(symbol);
        length = snprintf(class_name, AT_CLASS_NAME_BYTES, "%s()", symbol);
    } else {
        hash = hash_text(object) ^ (uint32_t)offset;
        length = snprintf(class_name, AT_CLASS_NAME_BYTES, "[%s+0x%llx]", object, (unsigned long long)offset);
    }
    mark_cut(class_name, length, hash);
}
