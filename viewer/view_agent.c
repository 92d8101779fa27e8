/* view_agent.c: the agent: who it is, what it costs, what it warns of. */
#include <stdio.h>
#include <string.h>

#include "fields.h"
#include "scroll.h"
#include "viewer.h"

#define NAME_CELLS 9
#define MODE_CELLS 20

static void entry_name(struct scroll *scroll, const char *title, const char *name)
{
    char clean[4 * TEXT_NAME_BYTES];
    scroll_entry(scroll, NAME_CELLS, STYLE_QUIET, title,
                 text_clean(clean, sizeof(clean), name, scroll->viewer->canvas.utf8));
}

/* The first thing to read: warnings, or that there are none. */
static void paint_warnings(struct scroll *scroll)
{
    const struct snapshot *now = &scroll->viewer->model.now.snapshot;
    char clean[2 * AT_WARNING_BYTES];
    scroll_heading(scroll, "WARNINGS");
    if (now->nwarnings == 0)
        scroll_text(scroll, STYLE_GOOD, "None.");
    for (size_t i = 0; i < now->nwarnings; i++)
        scroll_text(scroll, STYLE_WARN,
                    text_clean(clean, sizeof(clean), now->warnings[i], scroll->viewer->canvas.utf8));
}

static void paint_mode(struct scroll *scroll, const char *name, uint32_t mode, uint32_t reason)
{
    char clean[TEXT_NAME_BYTES], text[256];
    const char *why = at_reason_text(reason);
    text_clean(clean, sizeof(clean), name, scroll->viewer->canvas.utf8);
    snprintf(text, sizeof(text), "%s%s%s", at_mode_word(mode), why[0] != '\0' ? ": " : "", why);
    scroll_entry(scroll, MODE_CELLS, STYLE_PLAIN, clean, text);
}

/* The process's, and that of every class whose mode is another. */
static void paint_modes(struct scroll *scroll)
{
    const struct moment *now = &scroll->viewer->model.now;
    const struct at_snapshot *head = &now->snapshot.head;
    scroll_heading(scroll, "MODE");
    paint_mode(scroll, "the process", head->mode, head->reason);
    for (size_t i = 0; i < now->snapshot.nclasses; i++) {
        const struct at_class *class = &now->classes[i].raw;
        if (class->mode != head->mode || (class->reason != AT_REASON_NONE && class->reason != head->reason))
            paint_mode(scroll, class->name, class->mode, class->reason);
    }
}

static void paint_cost(struct scroll *scroll)
{
    const struct model *model = &scroll->viewer->model;
    size_t count;
    const struct field *fields = fields_of(FIELDS_AGENT, &count);
    scroll_heading(scroll, "COST");
    for (size_t i = 0; i < count; i++) {
        char text[FORMAT_BYTES];
        struct figure figure = {field_value(&fields[i], &model->now.snapshot.agent), false};
        if (model->baseline.there)
            figure = figure_difference(figure.magnitude, field_value(&fields[i], &model->baseline.snapshot.agent));
        if (figure.magnitude != 0 && fields[i].unit == FIELD_NS)
            format_ns(text, figure.magnitude);
        else
            format_count(text, figure.magnitude);
        if (model->baseline.there)
            format_sign(text, figure);
        scroll_figure(scroll, fields[i].heading, figure.magnitude == 0 ? STYLE_QUIET : STYLE_STRONG, text,
                      fields[i].help);
    }
}

static void paint_who(struct scroll *scroll)
{
    const struct viewer *viewer = scroll->viewer;
    const struct source_about *about = source_about(viewer->session.source);
    const struct source_span *span = &viewer->session.span;
    char text[128];
    scroll_heading(scroll, "WHO");
    entry_name(scroll, "command", about->header.command);
    entry_name(scroll, "agent", about->header.agent_version);
    entry_name(scroll, "jemalloc", about->header.jemalloc_version);
    entry_name(scroll, "segment", about->path);
    /* Of a recording it is not known why: who wrote it may not have wanted them. */
    snprintf(text, sizeof(text), "%llu snapshots, %llu %s", (unsigned long long)(span->end - span->first),
             (unsigned long long)span->lost,
             about->kind == SOURCE_RECORDING ? "missing in between" : "overwritten before they were seen");
    scroll_entry(scroll, NAME_CELLS, STYLE_QUIET, "history", text);
}

static void paint(struct scroll *scroll)
{
    if (scroll->viewer->session.source == NULL || !scroll->viewer->model.now.there) {
        scroll_text(scroll, STYLE_QUIET, "No snapshot yet.");
        return;
    }
    paint_warnings(scroll);
    paint_modes(scroll);
    paint_cost(scroll);
    paint_who(scroll);
}

int view_agent_prepare(struct viewer *viewer)
{
    viewer->lines = scroll_count(viewer, paint);
    return 0;
}

void view_agent_paint(struct viewer *viewer)
{
    scroll_paint(viewer, paint);
}
