/* screen.c: the terminal. */
#include "screen.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <term.h>
/* term.h turns plain words into its own. */
#undef columns
#undef lines
#include <time.h>
#include <unistd.h>

#include "palette.h"
#include "screen_keys.h"

#define NS_PER_S       UINT64_C(1000000000)
#define ESCAPE_WAIT_MS 25 /* after which an Escape is one, and not the start of a key's sequence */
#define WHEEL_LINES    3
#define RESTORE_BYTES  256

struct screen {
    SCREEN *curses;
    struct canvas shown; /* what the terminal shows */
    bool caret;          /* and whether it shows a cursor */
    int frame;           /* a file in memory that a frame goes through; -1: there is none */
    enum palette palette;
    bool has_colours, utf8, pictures;
    struct sigaction old_actions[NSIG];
    sigset_t while_waiting; /* the mask in which signals may come */
    sigset_t before;
};

/* ---- the ways out ---- */

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU};
static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* A signal handler has no other place to look: which signal came, and what puts the terminal right after a crash. */
static volatile sig_atomic_t ending_signal;
static struct {
    struct termios modes;
    bool has_modes;
    int terminal; /* behind stdout, also while a frame is caught */
    char text[RESTORE_BYTES];
    size_t length;
} restore = {.terminal = STDOUT_FILENO};

static void note_signal(int number)
{
    ending_signal = number;
}

/* Only what POSIX lets a handler do: the terminal's own strings, its modes, and the signal again. */
static void crash(int number)
{
    ssize_t written = write(restore.terminal, restore.text, restore.length);
    (void)written;
    if (restore.has_modes)
        tcsetattr(STDIN_FILENO, TCSANOW, &restore.modes);
    signal(number, SIG_DFL);
    raise(number);
}

static int keep_character(int character)
{
    if (restore.length < sizeof(restore.text))
        restore.text[restore.length++] = (char)character;
    return character;
}

/* Writes down, while curses is well, what it would send to leave. */
static void prepare_restore(void)
{
    static const char *const names[] = {"sgr0", "op", "rmcup", "cnorm", "rmkx"};
    static const char mouse_off[] = "\033[?1000l\033[?1006l";
    restore.length = 0;
    for (size_t i = 0; i < LENGTH(names); i++) {
        const char *string = tigetstr(names[i]);
        if (string != NULL && string != (const char *)-1)
            tputs(string, 1, keep_character);
    }
    if (tigetstr("kmous") != NULL && tigetstr("kmous") != (char *)-1)
        for (const char *c = mouse_off; *c != '\0'; c++)
            keep_character(*c);
}

static void take_signals(struct screen *screen)
{
    struct sigaction note = {.sa_handler = note_signal};
    struct sigaction on_crash = {.sa_handler = crash, .sa_flags = (int)SA_RESETHAND};
    sigset_t blocked;
    sigemptyset(&blocked);
    for (size_t i = 0; i < LENGTH(ending_signals); i++) {
        sigaction(ending_signals[i], &note, &screen->old_actions[ending_signals[i]]);
        sigaddset(&blocked, ending_signals[i]);
    }
    for (size_t i = 0; i < LENGTH(crash_signals); i++)
        sigaction(crash_signals[i], &on_crash, &screen->old_actions[crash_signals[i]]);
    sigaddset(&blocked, SIGTSTP); /* curses handles it; but not in the middle of a frame */
    sigprocmask(SIG_BLOCK, &blocked, &screen->before);
    screen->while_waiting = screen->before;
    for (size_t i = 0; i < LENGTH(ending_signals); i++)
        sigdelset(&screen->while_waiting, ending_signals[i]);
}

static void give_signals_back(const struct screen *screen)
{
    for (size_t i = 0; i < LENGTH(ending_signals); i++)
        sigaction(ending_signals[i], &screen->old_actions[ending_signals[i]], NULL);
    for (size_t i = 0; i < LENGTH(crash_signals); i++)
        sigaction(crash_signals[i], &screen->old_actions[crash_signals[i]], NULL);
    sigprocmask(SIG_SETMASK, &screen->before, NULL);
}

/* ---- opening and closing ---- */

static int refuse(struct failure *failure, const char *what, const char *why)
{
    return fail_set(failure, EXIT_FAILED, "%s: %s; use -b for plain text", what, why);
}

/* curses would believe LINES and COLUMNS rather than the terminal, and never see it resized. Whoever exported them, as for
 * batch mode, did not mean that; they are for where the kernel knows no size. */
static void forget_other_sizes(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
        return;
    unsetenv("LINES");
    unsetenv("COLUMNS");
}

/* Asks terminfo before curses does: curses would end the program. */
static int check_terminal(struct failure *failure)
{
    const char *name = getenv("TERM");
    int result;
    if (!isatty(STDIN_FILENO))
        return refuse(failure, "standard input", "not a terminal");
    if (!isatty(STDOUT_FILENO))
        return refuse(failure, "standard output", "not a terminal");
    if (name == NULL || name[0] == '\0')
        return refuse(failure, "TERM", "not set");
    forget_other_sizes();
    if (setupterm(NULL, STDOUT_FILENO, &result) != OK)
        return fail_set(failure, EXIT_FAILED, "TERM=%s: unknown to terminfo; use -b for plain text", name);
    const char *place_cursor = tigetstr("cup");
    if (place_cursor == NULL || place_cursor == (char *)-1)
        return fail_set(failure, EXIT_FAILED, "TERM=%s: cannot place a cursor; use -b for plain text", name);
    return 0;
}

/* The console of Linux has UTF-8, but its fonts lack the pictures. */
static bool draws_pictures(void)
{
    const char *name = getenv("TERM");
    return name == NULL || strncmp(name, "linux", 5) != 0;
}

static short pair_of(enum style style, bool selected)
{
    return (short)(1 + (int)style * 2 + (selected ? 1 : 0));
}

static int16_t foreground(const struct look *look)
{
    return COLORS >= 256 ? look->of_256 : COLORS >= 16 ? look->of_16 : look->of_8;
}

const char *screen_set_palette(struct screen *screen, enum palette palette)
{
    const char *no_colour = getenv("NO_COLOR");
    bool has_some = has_colors() && COLORS >= 8 && COLOR_PAIRS > pair_of(STYLE_COUNT, true);
    bool is_allowed = no_colour == NULL || no_colour[0] == '\0';
    screen->palette = palette;
    screen->has_colours = palette != PALETTE_MONO && has_some && is_allowed;
    for (int style = 0; screen->has_colours && style < STYLE_COUNT; style++) {
        short colour = foreground(palette_look(palette, (enum style)style));
        short background = COLORS >= 256 ? palette_cursor_background(palette) : -1;
        init_pair(pair_of((enum style)style, false), colour, -1);
        init_pair(pair_of((enum style)style, true), colour, background);
    }
    screen_redraw(screen);
    if (palette == PALETTE_MONO || screen->has_colours)
        return NULL;
    return has_some ? "NO_COLOR is set" : "this terminal has too few";
}

static void set_up_curses(void)
{
    cbreak();
    noecho();
    nonl();
    intrflush(stdscr, FALSE);
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    typeahead(-1); /* a frame is written whole, not in pieces between looks at the keyboard */
    screen_keys_define();
    set_escdelay(ESCAPE_WAIT_MS);
    curs_set(0);
    if (has_colors()) {
        start_color();
        use_default_colors();
    }
    mouseinterval(0);
    mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
}

static void close_files(struct screen *screen)
{
    if (screen->frame >= 0)
        close(screen->frame);
    if (restore.terminal > STDERR_FILENO)
        close(restore.terminal);
    restore.terminal = STDOUT_FILENO;
}

int screen_open(struct screen **opened, struct failure *failure)
{
    struct screen *screen = calloc(1, sizeof(*screen));
    if (screen == NULL)
        return fail_set_errno(failure, ENOMEM, "screen");
    screen->frame = -1;
    if (check_terminal(failure) != 0)
        goto failed;
    restore.has_modes = tcgetattr(STDIN_FILENO, &restore.modes) == 0;
    restore.terminal = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    screen->frame = restore.terminal >= 0 ? memfd_create("arenatop frame", MFD_CLOEXEC) : -1;
    take_signals(screen);
    screen->curses = newterm(NULL, stdout, stdin);
    if (screen->curses == NULL) {
        give_signals_back(screen);
        refuse(failure, "terminal", "curses cannot use it");
        goto failed;
    }
    set_up_curses();
    prepare_restore();
    screen->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    screen->pictures = screen->utf8 && draws_pictures();
    screen_set_palette(screen, PALETTE_DARK);
    *opened = screen;
    return 0;
failed:
    close_files(screen);
    free(screen);
    return -1;
}

int screen_close(struct screen *screen)
{
    endwin();
    give_signals_back(screen);
    delscreen(screen->curses);
    close_files(screen);
    canvas_free(&screen->shown);
    free(screen);
    return ending_signal;
}

/* ---- showing ---- */

void screen_size(const struct screen *screen, int *rows, int *columns)
{
    (void)screen;
    getmaxyx(stdscr, *rows, *columns);
}

void screen_prepare(const struct screen *screen, struct canvas *canvas)
{
    canvas->utf8 = screen->utf8;
    canvas->pictures = screen->pictures;
}

void screen_redraw(struct screen *screen)
{
    screen->shown.rows = screen->shown.columns = 0;
    clearok(stdscr, TRUE);
}

static attr_t attributes_of(const struct screen *screen, enum style style, bool selected)
{
    const struct look *look = palette_look(screen->palette, style);
    unsigned wanted = screen->has_colours ? look->attributes : look->attributes_mono;
    attr_t attributes = A_NORMAL;
    attributes |= (wanted & LOOK_BOLD) != 0 ? A_BOLD : A_NORMAL;
    attributes |= (wanted & LOOK_DIM) != 0 ? A_DIM : A_NORMAL;
    attributes |= (wanted & LOOK_UNDERLINE) != 0 ? A_UNDERLINE : A_NORMAL;
    attributes |= (wanted & LOOK_REVERSE) != 0 ? A_REVERSE : A_NORMAL;
    /* A trend in reverse would be another one. */
    if (selected && style != STYLE_TREND && (!screen->has_colours || COLORS < 256))
        attributes ^= A_REVERSE;
    return attributes;
}

static void put_cell(const struct screen *screen, int row, int column, const struct canvas_cell *cell)
{
    wchar_t text[2 + TEXT_MARKS] = {(wchar_t)cell->character};
    cchar_t character;
    for (int i = 0; i < TEXT_MARKS; i++)
        text[1 + i] = (wchar_t)cell->marks[i];
    short pair = screen->has_colours ? pair_of((enum style)cell->style, cell->selected) : 0;
    if (setcchar(&character, text, attributes_of(screen, (enum style)cell->style, cell->selected), pair, NULL) == OK)
        mvadd_wch(row, column, &character);
}

static bool same_cells(const struct canvas_cell *a, const struct canvas_cell *b, size_t count)
{
    return memcmp(a, b, count * sizeof(*a)) == 0;
}

/* Puts what differs from what is shown; a wide character whole, from its first half, when either of them changed. */
static void put_row(struct screen *screen, const struct canvas *canvas, int row, bool afresh)
{
    int width = canvas->columns;
    const struct canvas_cell *cells = &canvas->cells[(size_t)row * (size_t)width];
    struct canvas_cell *shown = &screen->shown.cells[(size_t)row * (size_t)width];
    if (!afresh && same_cells(cells, shown, (size_t)width))
        return;
    for (int i = 0; i < width; i++) {
        size_t halves = i + 1 < width && cells[i + 1].character == 0 ? 2 : 1;
        if (cells[i].character != 0 && (afresh || !same_cells(cells + i, shown + i, halves)))
            put_cell(screen, row, i, &cells[i]);
    }
    memcpy(shown, cells, (size_t)width * sizeof(*cells));
}

/* Writes all bytes, whatever it takes; what a terminal that is gone does not take is lost with it. */
static void write_all(const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, length);
        if (written < 0 && errno != EINTR && errno != EAGAIN)
            return;
        bytes += written > 0 ? written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
}

/* Writes what was caught in the frame's file to the terminal. The file keeps its memory: the next frame goes over it. */
static void release_frame(const struct screen *screen)
{
    char bytes[4096];
    off_t end = lseek(screen->frame, 0, SEEK_CUR);
    for (off_t at = 0; at < end;) {
        size_t wanted = end - at < (off_t)sizeof(bytes) ? (size_t)(end - at) : sizeof(bytes);
        ssize_t length = pread(screen->frame, bytes, wanted, at);
        if (length <= 0)
            break;
        write_all(bytes, (size_t)length);
        at += length;
    }
    lseek(screen->frame, 0, SEEK_SET);
}

/* curses writes at every movement of the cursor; each would wake whoever stands behind the terminal. So its writes are
 * caught in a file in memory, and the terminal gets the frame in one piece. */
static void refresh_at_once(struct screen *screen)
{
    if (screen->frame < 0 || dup2(screen->frame, STDOUT_FILENO) < 0) {
        refresh();
        return;
    }
    refresh();
    dup2(restore.terminal, STDOUT_FILENO);
    release_frame(screen);
}

void screen_show(struct screen *screen, const struct canvas *canvas)
{
    bool caret = canvas->caret_row >= 0;
    bool afresh = screen->shown.rows != canvas->rows || screen->shown.columns != canvas->columns;
    if (afresh && canvas_reset(&screen->shown, canvas->rows, canvas->columns) != 0)
        return;
    if (afresh)
        erase();
    for (int row = 0; row < canvas->rows; row++)
        put_row(screen, canvas, row, afresh);
    if (caret != screen->caret)
        curs_set(caret);
    screen->caret = caret;
    if (caret)
        move(canvas->caret_row, canvas->caret_column);
    refresh_at_once(screen);
}

/* ---- waiting ---- */

static struct screen_event mouse_event(void)
{
    MEVENT mouse;
    struct screen_event event = {.type = SCREEN_NOTHING};
    if (getmouse(&mouse) != OK)
        return event;
    event.row = mouse.y;
    event.column = mouse.x;
    if ((mouse.bstate & BUTTON4_PRESSED) != 0)
        event.type = SCREEN_WHEEL, event.lines = -WHEEL_LINES;
    else if ((mouse.bstate & BUTTON5_PRESSED) != 0)
        event.type = SCREEN_WHEEL, event.lines = WHEEL_LINES;
    else if ((mouse.bstate & BUTTON1_PRESSED) != 0)
        event.type = SCREEN_CLICK;
    return event;
}

/* What curses has at hand. False when there is nothing. */
static bool next_event(struct screen *screen, struct screen_event *event)
{
    wint_t key;
    int kind = get_wch(&key);
    *event = (struct screen_event){.type = SCREEN_NOTHING};
    if (kind == ERR)
        return false;
    if (kind == KEY_CODE_YES && key == KEY_RESIZE) {
        screen->shown.rows = 0;
        event->type = SCREEN_RESIZE;
    } else if (kind == KEY_CODE_YES && key == KEY_MOUSE) {
        *event = mouse_event();
    } else {
        event->type = SCREEN_INPUT;
        event->input = screen_keys_input(kind == KEY_CODE_YES, key);
    }
    return true;
}

/* Whether what was ready to be read was the end: the terminal has hung up, or is no longer ours to read. Else it was what is
 * no character in this locale, which curses has thrown away. */
static bool is_gone(const struct pollfd *terminal)
{
    return (terminal->revents & ~POLLIN) != 0 || tcgetpgrp(STDIN_FILENO) != getpgrp();
}

struct screen_event screen_wait(struct screen *screen, uint64_t timeout_ns)
{
    struct screen_event event;
    struct pollfd terminal = {.fd = STDIN_FILENO, .events = POLLIN};
    struct timespec timeout = {(time_t)(timeout_ns / NS_PER_S), (long)(timeout_ns % NS_PER_S)};

    if (next_event(screen, &event))
        return event;
    int ready = ppoll(&terminal, 1, &timeout, &screen->while_waiting);
    if (ready != 0 && !next_event(screen, &event) && ready > 0 && is_gone(&terminal))
        event.type = SCREEN_LOST;
    if (ending_signal != 0)
        event.type = SCREEN_LOST;
    return event;
}
