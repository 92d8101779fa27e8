/* fuzz_text.h: what a terminal may be given. */
#ifndef TESTS_FUZZ_TEXT_H
#define TESTS_FUZZ_TEXT_H

#include "fuzz.h"
#include "text.h"

/* All of it is UTF-8, and nothing in it steers a terminal but for what stands in `also`. Runs of ASCII are taken at once: to
 * decode them, traced, took most of a target's time. */
static inline void fuzz_require_visible(const char *text, const char *also)
{
    static const char ascii[] =
        " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";

    while (*(text += strspn(text, ascii)) != '\0') {
        uint32_t character;
        size_t taken = text_decode(text, strlen(text), &character);
        require(taken > 0 && (!text_is_control(character) || (taken == 1 && strchr(also, *text) != NULL)));
        text += taken;
    }
}

#endif
