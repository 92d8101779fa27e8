/* viewer.h: everything that the screens show, in one struct; what the keys do to it; how a frame of it comes about.
 *
 * The viewer knows no terminal: inputs go in, a canvas comes out. The live view, batch mode and the tests drive it. */
#ifndef VIEWER_VIEWER_H
#define VIEWER_VIEWER_H

#include "canvas.h"
#include "model.h"
#include "prompt.h"
#include "session.h"
#include "settings.h"
#include "table.h"
#include "view.h"

#define VIEWER_DEPTH 8

/* Where a cursor is: on a thing, not on a row number. The row is where the thing was last, for when it is gone. */
struct viewer_cursor {
    char name[AT_CLASS_NAME_BYTES];
    uint64_t id;
    bool placed;
    size_t row, top; /* row of the cursor, and the first one that is shown */
    size_t across;   /* of a matrix: the first column that is shown */
};

struct viewer {
    struct session session;
    struct model model;
    struct settings settings;
    struct canvas canvas;
    struct prompt prompt;

    enum view_id stack[VIEWER_DEPTH]; /* how one came here; the last is shown */
    size_t depth;
    struct viewer_cursor cursors[VIEW_COUNT];
    int top, rows;      /* of the canvas, for the body of the screen that is shown */
    size_t lines;       /* that the body would have; the cursor moves over them */
    struct table table; /* of the list that is shown */
    char filter[PROMPT_BYTES], find[PROMPT_BYTES];

    struct model_flows flows;
    bool flows_total; /* since the start instead of a second */
    bool flows_count; /* blocks instead of bytes */

    uint64_t mono_ns, real_ns;    /* clocks at the last look */
    uint64_t looked_ns;           /* mono_ns when the model was last brought up to date, for `settings.delay_ns` */
    uint64_t newest_ns;           /* time_ns of the newest snapshot that was looked at */
    char notice[FAIL_TEXT_BYTES]; /* one line, shown until the next key */
    bool batch;                   /* no cursor, no line of keys, and the canvas has as many rows as it takes */
    bool quit;
};

/* Starts with default settings, a zeroed session and the screen of classes. Returns 0 or -ENOMEM. */
int viewer_init(struct viewer *viewer);
void viewer_free(struct viewer *viewer);

/* Status and sample: what is new, by the clocks; brings the model up to date. Returns true when a frame would differ. */
bool viewer_look(struct viewer *viewer, uint64_t mono_ns, uint64_t real_ns);

/* Fills in some more of the past that trends need. Returns true when there was some. */
bool viewer_fill(struct viewer *viewer);

/* Paints a frame of `rows` by `columns`. Returns 0 or -ENOMEM. */
int viewer_paint(struct viewer *viewer, int rows, int columns);

/* How long nothing new is to be expected. */
uint64_t viewer_due_ns(const struct viewer *viewer);

/* Takes an input (keys.h): into the prompt where one is open, else what the table of keys says. */
void viewer_input(struct viewer *viewer, uint32_t input);

/* Takes a click or a turn of the wheel (lines, down is more) at a cell. */
void viewer_click(struct viewer *viewer, int row, int column);
void viewer_wheel(struct viewer *viewer, int lines);

/* ---- for the screens and the keys ---- */

enum view_id viewer_view(const struct viewer *viewer);
struct viewer_cursor *viewer_cursor(struct viewer *viewer);

/* Opens a screen over the one that is shown, or goes back to it where it lies below. */
void viewer_open(struct viewer *viewer, enum view_id view);

/* Back to the screen below; false when there is none. */
bool viewer_back(struct viewer *viewer);

/* Moves the cursor by so many lines, within what there is. */
void viewer_move(struct viewer *viewer, long lines);

/* Says one line until the next key. */
void viewer_say(struct viewer *viewer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The style in which figures are shown at this moment. */
struct column_style viewer_figures(const struct viewer *viewer);

#endif
