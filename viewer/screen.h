/* screen.h: the terminal. The only file that knows curses; whatever way the program ends, the terminal is left clean.
 *
 * One screen at a time, one thread. Between screen_open and screen_close nothing else may write to the terminal. */
#ifndef VIEWER_SCREEN_H
#define VIEWER_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "canvas.h"
#include "fail.h"
#include "settings.h"

struct screen;

enum screen_event_type {
    SCREEN_NOTHING, /* the time was over */
    SCREEN_INPUT,   /* `input`: a character, or an enum input (keys.h) */
    SCREEN_CLICK,   /* at `row`, `column` */
    SCREEN_WHEEL,   /* `lines` down; negative: up */
    SCREEN_RESIZE,  /* ask screen_size again */
    SCREEN_LOST     /* the terminal is gone, or a signal asks to end */
};

struct screen_event {
    enum screen_event_type type;
    uint32_t input;
    int row, column, lines;
};

/* Takes the terminal of stdin and stdout. Returns 0 and *screen, or -1 with *failure set: it is none, its TERM is not
 * known, or it cannot place a cursor. Signals that end the program are taken over until screen_close. */
int screen_open(struct screen **screen, struct failure *failure);

/* Gives the terminal back as it was. Returns the signal that asked to end, or 0: what else there is to do comes first,
 * then the program should end by it. */
int screen_close(struct screen *screen);

/* Returns why there are no colours all the same, or NULL. */
const char *screen_set_palette(struct screen *screen, enum palette palette);

/* The terminal's size, and what its canvas may hold. */
void screen_size(const struct screen *screen, int *rows, int *columns);
void screen_prepare(const struct screen *screen, struct canvas *canvas);

/* Brings the terminal to what the canvas shows; writes only what changed. */
void screen_show(struct screen *screen, const struct canvas *canvas);

/* Writes everything anew, whatever was shown. */
void screen_redraw(struct screen *screen);

/* Waits for the next event, at most `timeout_ns`. */
struct screen_event screen_wait(struct screen *screen, uint64_t timeout_ns);

#endif
