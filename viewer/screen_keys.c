/* screen_keys.c: what terminals send for keys, and what inputs those are. */
#include "screen_keys.h"

#include <curses.h>
#include <stddef.h>

#include "keys.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* What terminals send for some keys whatever their TERM says, as PuTTY or tmux under TERM=xterm. Unknown it would be taken for
 * an Escape and letters. */
void screen_keys_define(void)
{
    static const struct {
        const char *bytes;
        int key;
    } others[] = {
        {"\033[1~", KEY_HOME},  {"\033[7~", KEY_HOME},  {"\033[H", KEY_HOME},
        {"\033[4~", KEY_END},   {"\033[8~", KEY_END},   {"\033[F", KEY_END},
        {"\033[11~", KEY_F(1)}, {"\033[12~", KEY_F(2)}, {"\033[14~", KEY_F(4)},
    };
    for (size_t i = 0; i < LENGTH(others); i++)
        if (key_defined(others[i].bytes) == 0)
            define_key(others[i].bytes, others[i].key);
}

/* Of a key that curses has a number for. */
static uint32_t input_of_code(uint32_t key)
{
    static const struct {
        uint32_t curses, input;
    } map[] = {
        {KEY_UP, INPUT_UP},
        {KEY_DOWN, INPUT_DOWN},
        {KEY_LEFT, INPUT_LEFT},
        {KEY_RIGHT, INPUT_RIGHT},
        {KEY_PPAGE, INPUT_PAGE_UP},
        {KEY_NPAGE, INPUT_PAGE_DOWN},
        {KEY_HOME, INPUT_HOME},
        {KEY_END, INPUT_END},
        {KEY_FIND, INPUT_HOME},
        {KEY_SELECT, INPUT_END},
        {KEY_BACKSPACE, INPUT_BACKSPACE},
        {KEY_ENTER, INPUT_ENTER},
    };
    if (key >= KEY_F(1) && key <= KEY_F(12))
        return INPUT_F1 + (uint32_t)(key - KEY_F(1));
    for (size_t i = 0; i < LENGTH(map); i++)
        if (map[i].curses == key)
            return map[i].input;
    return 0;
}

uint32_t screen_keys_input(bool is_code, uint32_t key)
{
    if (is_code)
        return input_of_code(key);
    return key == '\r' ? (uint32_t)INPUT_ENTER : key == '\b' ? (uint32_t)INPUT_BACKSPACE : key;
}
