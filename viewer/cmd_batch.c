/* cmd_batch.c: batch mode: frames of the classes screen as plain text. */
#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "viewer.h"

#define COLUMNS_DEFAULT 120
#define COLUMNS_MAX     1000
#define HEADER_ROWS     8 /* and the headings: more than there can be */

static uint64_t clock_ns(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static void wait_ns(uint64_t ns)
{
    struct timespec left = {(time_t)(ns / UINT64_C(1000000000)), (long)(ns % UINT64_C(1000000000))};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

/* As other tools have it: COLUMNS says how wide a line may be. */
static int columns_wanted(void)
{
    const char *text = getenv("COLUMNS");
    long columns = text != NULL ? strtol(text, NULL, 10) : 0;
    if (columns <= 0)
        return COLUMNS_DEFAULT;
    return columns < COLUMNS_MAX ? (int)columns : COLUMNS_MAX;
}

/* Writes the frame down to its last line that is not blank. Returns false when nobody takes it. */
static bool write_frame(const struct canvas *canvas, uint64_t number)
{
    size_t size = canvas_line_bytes(canvas);
    char *line = malloc(size);
    int blank = 0;
    if (line == NULL)
        return false;
    if (number > 0)
        putchar('\n');
    for (int row = 0; row < canvas->rows; row++) {
        if (canvas_line(canvas, row, line, size) == 0) {
            blank++;
            continue;
        }
        for (; blank > 0; blank--)
            putchar('\n');
        puts(line);
    }
    free(line);
    return fail_flush() == 0;
}

static bool print_frame(struct viewer *viewer, uint64_t number)
{
    size_t rows = HEADER_ROWS + viewer->model.now.snapshot.nclasses;
    viewer->canvas.utf8 = viewer->canvas.pictures = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    while (viewer_fill(viewer)) {
    }
    return viewer_paint(viewer, (int)rows, columns_wanted()) == 0 && write_frame(&viewer->canvas, number);
}

static void look(struct viewer *viewer)
{
    viewer_look(viewer, clock_ns(CLOCK_MONOTONIC), clock_ns(CLOCK_REALTIME));
}

/* A file is told from its beginning, or the last so many frames of it. Returns how many were damaged and left out; when no
 * other was there, 0: then the failure says it. */
static uint64_t print_history(struct viewer *viewer, uint64_t frames)
{
    uint64_t printed = 0, damaged = 0;
    const struct source_span *span = &viewer->session.span;
    uint64_t there = span->end - span->first;
    frames = frames == 0 || frames > there ? there : frames;
    session_step(&viewer->session, -(int64_t)(frames - (frames > 0)));
    for (uint64_t i = 0; i < frames; i++) {
        look(viewer);
        damaged += viewer->session.damaged;
        if (viewer->model.now.there && !print_frame(viewer, printed++))
            break;
        session_step(&viewer->session, 1);
    }
    return printed > 0 ? damaged : 0;
}

static bool is_over(const struct viewer *viewer)
{
    enum session_state state = viewer->session.state;
    return viewer->session.several || state == SESSION_EXITED || state == SESSION_GONE || state == SESSION_BROKEN;
}

/* It has made its segment, and given no sign of life since. */
static bool never_began(const struct viewer *viewer)
{
    const struct session *session = &viewer->session;
    return session->state == SESSION_STARTING && session_silence(session->span.beat_ns, 0, viewer->mono_ns);
}

/* Something that the last frame, of snapshot `seq` in a state, does not tell: a snapshot, that time goes by in silence, or
 * the end: a killed process has no last snapshot, and the frame before would say for ever that it lives. */
static bool has_news(const struct viewer *viewer, uint64_t seq, enum session_state shown)
{
    enum session_state state = viewer->session.state;
    bool has_ended = state == SESSION_EXITED || state == SESSION_GONE;
    return viewer->model.now.snapshot.head.seq != seq || state == SESSION_SILENT || (has_ended && state != shown);
}

/* A frame for each news. */
static void follow(struct viewer *viewer, uint64_t frames)
{
    uint64_t printed = 0, seq = 0;
    enum session_state shown = SESSION_STARTING;
    while (frames == 0 || printed < frames) {
        look(viewer);
        if (never_began(viewer))
            return;
        if (viewer->model.now.there && has_news(viewer, seq, shown)) {
            seq = viewer->model.now.snapshot.head.seq;
            shown = viewer->session.state;
            if (!print_frame(viewer, printed++))
                return;
        } else if (is_over(viewer)) {
            return;
        }
        if (frames == 0 || printed < frames)
            wait_ns(viewer_due_ns(viewer));
    }
}

static int attach(struct viewer *viewer, const struct view_request *request, struct failure *failure)
{
    struct target target;
    if (target_await(&target, request->target, failure) == TARGET_FOUND)
        return session_open(&viewer->session, &target, failure);
    if (!request->wait)
        return -1;
    session_await(&viewer->session, request->target);
    return 0;
}

/* Nothing is in it, and nothing will come. */
static bool is_empty(const struct session *session)
{
    bool is_over = session->state == SESSION_FILE || session->state == SESSION_EXITED || session->state == SESSION_GONE;

    return is_over && session->span.first == session->span.end;
}

int cmd_batch(const struct view_request *request)
{
    struct failure failure;
    struct viewer viewer;
    uint64_t damaged = 0;
    int status = EXIT_DONE;

    viewer_init(&viewer);
    viewer.batch = true;
    viewer.settings.delay_ns = request->delay_ns;
    if (attach(&viewer, request, &failure) != 0) {
        status = fail_say(&failure);
        goto out;
    }
    look(&viewer);
    look(&viewer);
    if (viewer.session.state == SESSION_FILE)
        damaged = print_history(&viewer, request->frames);
    else
        follow(&viewer, request->frames);
    if (is_empty(&viewer.session)) {
        source_fail_empty(viewer.session.source, &failure);
        status = fail_say(&failure);
    }
    if (never_began(&viewer))
        status = fail_with(EXIT_FAILED,
                           "process %d: no snapshot, and no sign of life of its agent; see `arenatop doctor %d`",
                           (int)viewer.session.target.pid, (int)viewer.session.target.pid);
    bool is_passed_over = viewer.session.damaged && damaged > 0;
    if (viewer.session.state == SESSION_BROKEN || (viewer.session.unreadable && !is_passed_over) ||
        viewer.session.several)
        status = fail_say(&viewer.session.failure);
    else if (viewer.session.span.cut_off)
        source_tell_cut_off(viewer.session.source);
    if (status == EXIT_DONE && damaged > 0)
        source_tell_damaged(viewer.session.source, damaged);
out:
    viewer_free(&viewer);
    return status;
}
