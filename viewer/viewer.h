/* viewer.h: everything that the screens show, in one struct; what a person does to it; how a frame of it comes about.
 *
 * The viewer knows no terminal: inputs go in, a canvas comes out. The live view, batch mode and the tests drive it. */
#ifndef VIEWER_VIEWER_H
#define VIEWER_VIEWER_H

#include "canvas.h"
#include "graph.h"
#include "looks.h"
#include "model.h"
#include "past.h"
#include "picker.h"
#include "prompt.h"
#include "session.h"
#include "settings.h"
#include "sizes.h"
#include "table.h"
#include "view.h"

#define VIEWER_DEPTH 8

/* Where a cursor is: on a thing, not on a row number. The row is where the thing was last, for when it is gone. */
struct viewer_cursor {
    char name[AT_CLASS_NAME_BYTES];
    uint64_t id;
    bool placed;     /* name or id say on what */
    size_t row, top; /* line of the cursor, and the first one that is shown */
    size_t across;   /* of a matrix: the first column that is shown */
};

struct viewer {
    struct session session;
    struct model model;
    struct past past;
    struct sizes sizes;
    struct picker picker;
    struct settings settings;
    struct canvas canvas;
    struct looks looks; /* of the moment that was painted last */
    struct prompt prompt;

    enum view_id stack[VIEWER_DEPTH]; /* how one came here; the last is shown */
    size_t depth;
    struct viewer_cursor cursors[VIEW_COUNT];
    int top, rows;      /* of the canvas, for the body of the screen that is shown */
    int heading;        /* rows of the body that do not scroll */
    size_t lines;       /* that the body has below them; the cursor moves over these */
    struct table table; /* of the list that is shown */

    char filter[PROMPT_BYTES], find[PROMPT_BYTES], pick_filter[PROMPT_BYTES];
    const char *pick_name;                /* several processes have this name; NULL: all are listed */
    char only_class[AT_CLASS_NAME_BYTES]; /* threads and arenas of this class alone; "": all */

    char opened_class[AT_CLASS_NAME_BYTES]; /* what the screens of one class and one arena are about */
    uint64_t opened_arena;
    bool sizes_of_arena;   /* the list of size classes is about it alone */
    const char *no_sizes;  /* why there are none at this moment; NULL: there are some, */
    uint64_t sizes_age_ns; /* read so long before it */
    struct model_row opened_row;
    bool opened_there; /* it is in this snapshot */

    struct model_flows flows;
    bool flows_total;  /* since the start instead of a second */
    bool flows_count;  /* blocks instead of bytes */
    bool graph_zoomed; /* the axis spans what occurs */

    uint64_t mono_ns, real_ns;    /* clocks at the last look */
    uint64_t looked_ns;           /* mono_ns when the model was last brought up to date, for settings.delay_ns */
    uint64_t newest_ns;           /* time_ns of the newest snapshot that was looked at, */
    uint64_t newest_mono_ns;      /* and its mono_ns */
    char notice[FAIL_TEXT_BYTES]; /* one line, shown until the next key */
    bool unfilled;                /* there is more of the past to read */
    bool batch;                   /* no cursor, no line of keys, and the canvas has as many rows as it takes */
    bool quit;
};

/* Starts with default settings, a zeroed session and the screen of classes. */
void viewer_init(struct viewer *viewer);
void viewer_free(struct viewer *viewer);

/* Attaches to a target and shows its classes; says so where that fails, and leaves everything as it was. */
void viewer_watch(struct viewer *viewer, const struct target *target);

/* Lets the user pick; `name` (kept, not copied): of the processes of that name; or NULL. */
void viewer_pick(struct viewer *viewer, const char *name);

/* Status and sample: what is new, by the clocks; brings the model up to date. Returns true when a frame would differ. */
bool viewer_look(struct viewer *viewer, uint64_t mono_ns, uint64_t real_ns);

/* Reads some more of the past that trends and graphs need; `unfilled` says whether that was all. Returns true when there
 * was some. */
bool viewer_fill(struct viewer *viewer);

/* Paints a frame of `rows` by `columns`. Returns 0 or -ENOMEM. */
int viewer_paint(struct viewer *viewer, int rows, int columns);

/* Whether there is a process to show, or one that is waited for; else the user has yet to pick one. */
bool viewer_watches(const struct viewer *viewer);

/* How long nothing new is to be expected. */
uint64_t viewer_due_ns(const struct viewer *viewer);

/* Takes an input (keys.h): into the prompt where one is open, else what the table of keys says. */
void viewer_input(struct viewer *viewer, uint32_t input);

/* Takes a click, or a turn of the wheel (lines, down is more). */
void viewer_click(struct viewer *viewer, int row, int column);
void viewer_wheel(struct viewer *viewer, int lines);

/* ---- for the screens and the keys ---- */

enum view_id viewer_view(const struct viewer *viewer);
struct viewer_cursor *viewer_cursor(struct viewer *viewer);

/* The kind of rows of the list that is shown, or lies next below the screen that is. */
enum model_kind viewer_list_kind(const struct viewer *viewer);

/* Whether the filter chooses what the screen shows. */
bool viewer_filters(const struct viewer *viewer);

/* Opens a screen over the one that is shown, or goes back to it where it lies below. */
void viewer_open(struct viewer *viewer, enum view_id view);

/* Back to the screen below; false when there is none. */
bool viewer_back(struct viewer *viewer);

/* Moves the cursor by so many lines, within what there is. */
void viewer_move(struct viewer *viewer, long lines);

/* Puts the cursor on the next row of the list whose name has `viewer->find`, from the cursor's row on (`from` 0) or from
 * the row after or before it (1, -1), and around the end. Says so when there is none. */
void viewer_find(struct viewer *viewer, int from);

/* Brings the model's size classes to this moment: of all classes, or with `arena` of the arena that is opened. Returns 0 or
 * -ENOMEM. */
int viewer_set_sizes(struct viewer *viewer, bool arena);

/* Says one line until the next key. */
void viewer_say(struct viewer *viewer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The style in which figures are shown at this moment. */
struct column_style viewer_figures(const struct viewer *viewer);

/* A class's live, as its column shows it: with a baseline the difference. */
char *viewer_live(const struct viewer *viewer, const struct model_row *class, char out[FORMAT_BYTES]);

/* Gives a graph without series yet its span, its zoom, and the words for its left end; then adds a class, in a look that no
 * class before it has: its own where it has one. */
#define GRAPH_SINCE_BYTES 64
void viewer_set_up_graph(const struct viewer *viewer, struct graph *graph, char since[GRAPH_SINCE_BYTES]);
void viewer_add_series(const struct viewer *viewer, struct graph *graph, const char *class_name);

#endif
