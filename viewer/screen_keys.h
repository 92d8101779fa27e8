/* screen_keys.h: what terminals send for keys, and what inputs those are. A part of screen.c, with curses open. */
#ifndef VIEWER_SCREEN_KEYS_H
#define VIEWER_SCREEN_KEYS_H

#include <stdbool.h>
#include <stdint.h>

/* Teaches curses what its description of the terminal does not tell. */
void screen_keys_define(void);

/* The input (keys.h) of what get_wch() gave: the code of a key, or else a character. 0: none. */
uint32_t screen_keys_input(bool is_code, uint32_t key);

#endif
