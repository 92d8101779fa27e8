/* cmd_live.c: the live view: status, sample, draw, wait, key. */
#include <signal.h>
#include <time.h>

#include "commands.h"
#include "keys.h"
#include "screen.h"
#include "settings_file.h"
#include "viewer.h"

static uint64_t clock_ns(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static void draw(struct viewer *viewer, struct screen *screen)
{
    int rows, columns;
    screen_size(screen, &rows, &columns);
    screen_prepare(screen, &viewer->canvas);
    if (viewer_paint(viewer, rows, columns) == 0)
        screen_show(screen, &viewer->canvas);
}

/* What a person did. Returns false when there is nobody there any more. */
static bool take(struct viewer *viewer, struct screen *screen, const struct screen_event *event)
{
    enum palette palette = viewer->settings.palette;
    switch (event->type) {
    case SCREEN_NOTHING:
    case SCREEN_RESIZE:
        break;
    case SCREEN_INPUT:
        if (event->input == INPUT_CONTROL('L'))
            screen_redraw(screen);
        viewer_input(viewer, event->input);
        break;
    case SCREEN_CLICK:
        viewer_click(viewer, event->row, event->column);
        break;
    case SCREEN_WHEEL:
        viewer_wheel(viewer, event->lines);
        break;
    case SCREEN_LOST:
        return false;
    }
    if (viewer->settings.palette == palette)
        return true;
    const char *why_none = screen_set_palette(screen, viewer->settings.palette);
    if (why_none != NULL)
        viewer_say(viewer, "Colours: %s, but none are shown: %s.", settings_palette_word(viewer->settings.palette),
                   why_none);
    return true;
}

static void watch(struct viewer *viewer, struct screen *screen)
{
    bool there = true, stale = true;
    while (there && !viewer->quit) {
        bool changed = viewer_look(viewer, clock_ns(CLOCK_MONOTONIC), clock_ns(CLOCK_REALTIME));
        bool filled = viewer_fill(viewer);
        if (changed || filled || stale)
            draw(viewer, screen);
        struct screen_event event = screen_wait(screen, viewer->unfilled ? 0 : viewer_due_ns(viewer));
        there = take(viewer, screen, &event);
        stale = event.type != SCREEN_NOTHING;
    }
}

/* Attaches to what was asked for, or makes ready to wait for it or to let the user pick. */
static int attach(struct viewer *viewer, const struct view_request *request, struct failure *failure)
{
    struct target target;
    enum target_result result = TARGET_FAILED;
    if (request->target == NULL) {
        viewer_pick(viewer, NULL);
        return 0;
    }
    result = target_await(&target, request->target, failure);
    bool is_wanted = result == TARGET_FOUND && (!request->wait || target.kind == TARGET_PROCESS);
    if (is_wanted && session_open(&viewer->session, &target, failure) == 0)
        return 0;
    if (request->wait) {
        session_await(&viewer->session, request->target);
        return 0;
    }
    if (result == TARGET_SEVERAL)
        viewer_pick(viewer, request->target);
    return result == TARGET_SEVERAL ? 0 : -1;
}

/* A damaged file is said once, and its settings are not used; it is not written over unless the user changes something. */
static void load_settings(struct viewer *viewer, const char *path)
{
    struct failure failure;
    if (settings_load(&viewer->settings, path, &failure) != 0)
        viewer_say(viewer, "%s", failure.text);
}

/* Where they cannot be kept, as of a user without a home, that is said; the view was shown all the same, and that is what
 * was asked for. */
static void save_settings(const struct settings *now, const struct settings *before, const char *path)
{
    struct failure failure;
    if (path[0] != '\0' && !settings_same(now, before) && settings_save(now, path, &failure) != 0)
        fail_with(failure.code, "%s; what was chosen is not kept", failure.text);
}

/* Shows the viewer until its user or a signal ends it. */
static int show(struct viewer *viewer, const struct view_request *request, struct failure *failure)
{
    struct screen *screen;
    struct settings before;
    char path[PATH_MAX] = "";
    if (screen_open(&screen, failure) != 0)
        return fail_say(failure);
    if (settings_path(path) == 0)
        load_settings(viewer, path);
    before = viewer->settings;
    if (request->delay_ns > 0)
        viewer->settings.delay_ns = request->delay_ns;
    screen_set_palette(screen, viewer->settings.palette);
    watch(viewer, screen);
    int ending_signal = screen_close(screen);
    /* An option is for once. */
    if (request->delay_ns > 0 && viewer->settings.delay_ns == request->delay_ns)
        viewer->settings.delay_ns = before.delay_ns;
    save_settings(&viewer->settings, &before, path);
    if (ending_signal != 0)
        raise(ending_signal);
    return EXIT_DONE;
}

int cmd_live(const struct view_request *request)
{
    struct failure failure;
    struct viewer viewer;
    int status;

    viewer_init(&viewer);
    if (attach(&viewer, request, &failure) != 0)
        status = fail_say(&failure);
    else
        status = show(&viewer, request, &failure);
    viewer_free(&viewer);
    return status;
}
