/* viewer.c: what is watched and what is new: the half of the viewer that looks. */
#include "viewer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many snapshots are decoded at once for trends and graphs, between two looks at the keyboard. */
#define FILL_STEPS 32
#define NS_PER_S   UINT64_C(1000000000)

void viewer_init(struct viewer *viewer)
{
    *viewer = (struct viewer){.depth = 1, .stack = {VIEW_CLASSES}};
    settings_default(&viewer->settings);
    model_init(&viewer->model);
}

void viewer_free(struct viewer *viewer)
{
    session_close(&viewer->session);
    model_free(&viewer->model);
    past_free(&viewer->past);
    sizes_free(&viewer->sizes);
    picker_free(&viewer->picker);
    canvas_free(&viewer->canvas);
    free(viewer->flows.cells);
    *viewer = (struct viewer){0};
}

/* Another process: nothing of what was seen holds, but what the user chose does. */
static void start_afresh(struct viewer *viewer)
{
    model_reset(&viewer->model);
    past_reset(&viewer->past);
    sizes_reset(&viewer->sizes);
    memset(viewer->cursors, 0, sizeof(viewer->cursors));
    viewer->looks = (struct looks){0};
    viewer->filter[0] = viewer->only_class[0] = '\0';
    viewer->newest_ns = viewer->newest_mono_ns = 0;
    viewer->stack[0] = VIEW_CLASSES;
    viewer->depth = 1;
}

void viewer_watch(struct viewer *viewer, const struct target *target)
{
    struct session session;
    struct failure failure;
    if (session_open(&session, target, &failure) != 0) {
        viewer_say(viewer, "%s", failure.text);
        return;
    }
    session_close(&viewer->session);
    viewer->session = session;
    start_afresh(viewer);
}

void viewer_pick(struct viewer *viewer, const char *name)
{
    viewer->pick_name = name;
    viewer->pick_filter[0] = '\0';
    viewer->picker.looked_ns = 0;
    if (viewer->session.source == NULL) {
        viewer->stack[0] = VIEW_PICK;
        viewer->depth = 1;
    } else {
        viewer_open(viewer, VIEW_PICK);
    }
}

bool viewer_watches(const struct viewer *viewer)
{
    const struct session *session = &viewer->session;
    return session->source != NULL || (session->awaited != NULL && !session->several);
}

/* ---- status, sample ---- */

/* With a delay, what comes in between is not looked at; a step through time is not made to wait. */
static bool is_early(const struct viewer *viewer)
{
    return viewer->model.before.there && viewer->session.follow && viewer->settings.delay_ns > 0 &&
           viewer->mono_ns - viewer->looked_ns < viewer->settings.delay_ns;
}

/* Where an age is shown, it grows. */
static bool ages(const struct viewer *viewer)
{
    enum session_state state = viewer->session.state;
    return state == SESSION_SILENT || state == SESSION_EXITED || state == SESSION_GONE || state == SESSION_AWAIT ||
           (state == SESSION_LIVE && !viewer->session.follow);
}

static bool sample(struct viewer *viewer)
{
    if (is_early(viewer) || !session_load(&viewer->session, &viewer->model, viewer->settings.delay_ns))
        return false;
    viewer->looked_ns = viewer->mono_ns;
    uint64_t time_ns = viewer->model.now.there ? viewer->model.now.snapshot.head.time_ns : 0;
    if (time_ns > viewer->newest_ns)
        viewer->newest_ns = time_ns;
    uint64_t mono_ns = viewer->model.now.there ? viewer->model.now.snapshot.head.mono_ns : 0;
    if (mono_ns > viewer->newest_mono_ns)
        viewer->newest_mono_ns = mono_ns;
    model_set_peaks(&viewer->model);
    return true;
}

/* A name that had nobody has several now: the user decides, unless the others go before that. */
static void pick_awaited(struct viewer *viewer)
{
    bool picks = viewer->stack[0] == VIEW_PICK;
    if (viewer->session.state == SESSION_AWAIT && viewer->session.several && !picks)
        viewer_pick(viewer, viewer->session.awaited);
    else if (viewer->session.source != NULL && picks)
        viewer->stack[0] = VIEW_CLASSES;
}

bool viewer_look(struct viewer *viewer, uint64_t mono_ns, uint64_t real_ns)
{
    bool is_first = viewer->mono_ns == 0;
    bool changed = ages(viewer) && real_ns / NS_PER_S != viewer->real_ns / NS_PER_S;
    viewer->mono_ns = mono_ns;
    viewer->real_ns = real_ns;
    if (!is_first)
        changed |= session_update(&viewer->session, mono_ns);
    pick_awaited(viewer);
    if (viewer_view(viewer) == VIEW_PICK)
        changed |= picker_look(&viewer->picker, viewer->pick_name, mono_ns);
    return sample(viewer) || changed;
}

static bool shows_graph(const struct viewer *viewer)
{
    return viewer_view(viewer) == VIEW_GRAPH || viewer_view(viewer) == VIEW_CLASS;
}

bool viewer_fill(struct viewer *viewer)
{
    unsigned trend = session_fill(&viewer->session, &viewer->model, &viewer->model.trend, 1, FILL_STEPS);
    unsigned past = shows_graph(viewer) ? past_fill(&viewer->past, &viewer->session, &viewer->model, FILL_STEPS) : 0;
    if (trend > 0)
        model_set_peaks(&viewer->model);
    viewer->unfilled = trend == FILL_STEPS || past == FILL_STEPS;
    return trend > 0 || past > 0;
}

uint64_t viewer_due_ns(const struct viewer *viewer)
{
    uint64_t due_ns = session_due_ns(&viewer->session, &viewer->model, viewer->mono_ns);
    uint64_t since_ns = viewer->mono_ns - viewer->looked_ns;
    if (viewer->settings.delay_ns > since_ns && viewer->settings.delay_ns - since_ns > due_ns)
        due_ns = viewer->settings.delay_ns - since_ns;
    if (ages(viewer) && due_ns > NS_PER_S)
        due_ns = NS_PER_S;
    return due_ns;
}

/* ---- for the screens and the keys ---- */

void viewer_say(struct viewer *viewer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(viewer->notice, sizeof(viewer->notice), format, arguments) < 0)
        viewer->notice[0] = '\0';
    va_end(arguments);
}

int viewer_set_sizes(struct viewer *viewer, bool arena)
{
    struct model *model = &viewer->model;
    uint32_t index = (uint32_t)viewer->opened_arena;
    const struct snapshot *found = sizes_at(&viewer->sizes, &viewer->session, SIZES_NOW, &model->now);
    const struct snapshot *then = sizes_at(&viewer->sizes, &viewer->session, SIZES_BASELINE, &model->baseline);
    uint64_t now_ns = model->now.snapshot.head.mono_ns, found_ns = found != NULL ? found->head.mono_ns : 0;
    viewer->no_sizes = found == NULL ? "No size classes in this snapshot, nor shortly before it." : NULL;
    /* Compared with nothing, all that there is would have come since. */
    if (found != NULL && then == NULL && model->baseline.there) {
        viewer->no_sizes = "No size classes at the baseline, nor shortly before it.";
        found = NULL;
    }
    viewer->sizes_age_ns = now_ns > found_ns ? now_ns - found_ns : 0;
    int result = model_set_sizes(&model->now, found, arena ? &index : NULL);
    if (result == 0)
        result = model_set_sizes(&model->baseline, then, arena ? &index : NULL);
    return result;
}

struct column_style viewer_figures(const struct viewer *viewer)
{
    const struct moment *now = &viewer->model.now;
    return (struct column_style){viewer->settings.unit, now->there ? now->snapshot.process.allocated : 0};
}

char *viewer_live(const struct viewer *viewer, const struct model_row *class, char out[FORMAT_BYTES])
{
    const struct column *live = columns_find(MODEL_CLASSES, "live");
    struct column_style style = viewer_figures(viewer);
    struct figure figure = {0, false};
    column_figure(live, &viewer->model, class, &figure);
    return column_format(out, live, figure, viewer->model.baseline.there, &style);
}
