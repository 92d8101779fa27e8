/* cmd_live.c: the live view: status, sample, draw, wait, key. */
#include <time.h>

#include "commands.h"
#include "keys.h"
#include "screen.h"
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
        struct screen_event event = screen_wait(screen, filled ? 0 : viewer_due_ns(viewer));
        there = take(viewer, screen, &event);
        stale = event.type != SCREEN_NOTHING;
    }
}

int cmd_live(const struct view_request *request)
{
    struct failure failure;
    struct target target;
    struct viewer viewer;
    struct screen *screen;
    int status = EXIT_DONE;

    if (viewer_init(&viewer) != 0)
        return fail_with(EXIT_FAILED, "memory: there is not enough");
    viewer.settings.delay_ns = request->delay_ns;
    if (target_resolve(&target, request->target, &failure) != TARGET_FOUND ||
        session_open(&viewer.session, &target, &failure) != 0 || screen_open(&screen, &failure) != 0) {
        status = fail_say(&failure);
        goto out;
    }
    watch(&viewer, screen);
    screen_close(screen);
    if (viewer.session.state == SESSION_BROKEN)
        status = fail_say(&viewer.session.failure);
out:
    viewer_free(&viewer);
    return status;
}
