/* header.c: the lines above every screen. */
#include "header.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bar.h"
#include "pieces.h"

#define SHORT_ROWS  16 /* of a terminal that has no room for the bar */
#define NARROW      80
#define LIMIT_CELLS 10
#define TREND_CELLS 12
#define NS_PER_S    UINT64_C(1000000000)

/* ---- the first line: who, and how it is ---- */

static void add_name(const struct viewer *viewer, struct pieces *pieces)
{
    struct piece *piece = pieces_add(pieces, 0, STYLE_STRONG, NULL);
    const struct session *session = &viewer->session;
    char name[TEXT_NAME_BYTES];
    if (session->source == NULL) {
        text_clean(piece->value, sizeof(piece->value), session->awaited != NULL ? session->awaited : "",
                   viewer->canvas.utf8);
        return;
    }
    const struct source_about *about = source_about(session->source);
    text_clean(name, sizeof(name), about->comm, viewer->canvas.utf8);
    snprintf(piece->value, sizeof(piece->value), "%.200s %d", name, (int)about->pid);
}

static void add_state(const struct viewer *viewer, struct pieces *pieces)
{
#define STATE_LOOK(name, word, glyph, style) {GLYPH_##glyph, STYLE_##style},
    static const struct {
        enum glyph glyph;
        enum style style;
    } looks[] = {SESSION_STATES(STATE_LOOK)};
    const struct session *session = &viewer->session;
    struct piece *piece = pieces_add(pieces, 1, looks[session->state].style, NULL);
    snprintf(piece->value, sizeof(piece->value), "%s %s", canvas_glyph(&viewer->canvas, looks[session->state].glyph),
             session_state_word(session->state));
    if (session->span.cut_off)
        snprintf(pieces_add(pieces, 4, STYLE_WARN, NULL)->value, TEXT_NAME_BYTES, "tail cut off");
}

/* How long ago the snapshot was taken, where that is not now. */
static void add_age(const struct viewer *viewer, struct pieces *pieces)
{
    const struct session *session = &viewer->session;
    const struct at_snapshot *head = &viewer->model.now.snapshot.head;
    char age[FORMAT_BYTES];
    bool is_over =
        session->state == SESSION_SILENT || session->state == SESSION_EXITED || session->state == SESSION_GONE;
    bool is_end = session->state == SESSION_FILE && session_is_newest(session);
    if (!viewer->model.now.there || viewer->batch || is_end || (session->follow && !is_over))
        return;
    struct piece *piece = pieces_add(pieces, 1, STYLE_WARN, NULL);
    /* By the clock that nobody sets. */
    uint64_t newest_ns = session->state == SESSION_FILE ? viewer->newest_mono_ns : viewer->mono_ns;
    format_age(age, newest_ns > head->mono_ns ? newest_ns - head->mono_ns : 0);
    const char *glyph = canvas_glyph(&viewer->canvas, session->follow              ? GLYPH_DOT
                                                      : session_is_newest(session) ? GLYPH_PAUSED
                                                                                   : GLYPH_BACK);
    snprintf(piece->value, sizeof(piece->value), "%s %s ago", glyph, age);
}

/* The moment by the clock on the wall, to be found again in somebody's log; in batch mode, of every frame. */
static void add_wall_clock(const struct viewer *viewer, struct pieces *pieces)
{
    time_t seconds = (time_t)(viewer->model.now.snapshot.head.time_ns / NS_PER_S);
    struct tm local;
    if (!viewer->model.now.there || localtime_r(&seconds, &local) == NULL)
        return;
    if (viewer->batch)
        strftime(pieces_add(pieces, 2, STYLE_PLAIN, NULL)->value, TEXT_NAME_BYTES, "%Y-%m-%d %H:%M:%S", &local);
    else if (!viewer->session.follow)
        strftime(pieces_add(pieces, 4, STYLE_QUIET, NULL)->value, TEXT_NAME_BYTES, "%H:%M:%S", &local);
}

static void add_mode(const struct viewer *viewer, struct pieces *pieces)
{
    uint32_t mode = viewer->model.now.snapshot.head.mode;
    if (!viewer->model.now.there)
        return;
    struct piece *piece = pieces_add(pieces, 3, mode == AT_MODE_EXACT ? STYLE_GOOD : STYLE_WARN, NULL);
    snprintf(piece->value, sizeof(piece->value), "%s", at_mode_word(mode));
}

static void add_tempo(const struct viewer *viewer, struct pieces *pieces)
{
    char interval[FORMAT_BYTES];
    if (!viewer->model.now.there)
        return;
    struct piece *piece = pieces_add(pieces, 9, STYLE_QUIET, NULL);
    snprintf(piece->value, sizeof(piece->value), "%s",
             format_ns(interval, viewer->model.now.snapshot.agent.interval_ns));
    piece = pieces_add(pieces, 10, STYLE_QUIET, NULL);
    snprintf(piece->value, sizeof(piece->value), "#%llu", (unsigned long long)viewer->model.now.snapshot.head.seq);
}

/* A delay is remembered from one run to the next: who finds figures that stand still is told why. */
static void add_delay(const struct viewer *viewer, struct pieces *pieces)
{
    char seconds[FORMAT_BYTES];
    if (viewer->settings.delay_ns < NS_PER_S / 1000 || viewer->batch)
        return;
    struct piece *piece = pieces_add(pieces, 5, STYLE_PLAIN, "every");
    snprintf(piece->value, sizeof(piece->value), "%ss", settings_delay(&viewer->settings, seconds));
}

/* So is this: who misses a row is told why. */
static void add_idle(const struct viewer *viewer, struct pieces *pieces)
{
    if (viewer->settings.hide_idle && viewer_filters(viewer) && !viewer->batch)
        strcpy(pieces_add(pieces, 5, STYLE_PLAIN, NULL)->value, "idle hidden");
}

static void add_uptime(const struct viewer *viewer, struct pieces *pieces)
{
    char age[FORMAT_BYTES];
    if (viewer->session.source == NULL || !viewer->model.now.there)
        return;
    uint64_t created_ns = source_about(viewer->session.source)->header.created_mono_ns;
    uint64_t now_ns = viewer->model.now.snapshot.head.mono_ns;
    struct piece *piece = pieces_add(pieces, 6, STYLE_PLAIN, "up");
    snprintf(piece->value, sizeof(piece->value), "%s", format_age(age, now_ns > created_ns ? now_ns - created_ns : 0));
}

/* Resident memory against the limit: warm from four fifths of it, alarming from nineteen twentieths. */
static enum style pressure(uint64_t rss, uint64_t limit)
{
    double share = limit > 0 ? (double)rss / (double)limit : 0;
    return share >= 0.95 ? STYLE_BAD : share >= 0.8 ? STYLE_WARN : STYLE_STRONG;
}

/* The colours of the pressure, but none in reverse: a bar in reverse is a hole. */
static void paint_limit(const struct viewer *viewer, struct canvas *canvas, int row, int column)
{
    const struct at_process *process = &viewer->model.now.snapshot.process;
    enum style style = pressure(process->rss, process->limit);
    style = style == STYLE_STRONG ? STYLE_TREND : style == STYLE_BAD ? STYLE_SERIES_6 : style;
    canvas_bar(canvas, row, column, LIMIT_CELLS, style, process->rss, process->limit);
}

static enum style change_style(struct figure change)
{
    return change.magnitude == 0 ? STYLE_QUIET : change.negative ? STYLE_SHRINK : STYLE_GROW;
}

/* With a baseline: what an amount of the process has become more or less since then, beside the amount. */
static void add_change(struct pieces *pieces, uint8_t importance, uint64_t now, uint64_t then)
{
    struct figure change = figure_difference(now, then);
    struct piece *piece = pieces_add(pieces, importance, change_style(change), NULL);
    piece->gap = 1;
    format_sign(format_bytes(piece->value, change.magnitude), change);
    if (change.magnitude == 0)
        strcpy(piece->value, "+0");
}

static void add_rss(const struct viewer *viewer, struct pieces *pieces)
{
    const struct at_process *process = &viewer->model.now.snapshot.process;
    const struct moment *baseline = &viewer->model.baseline;
    char rss[FORMAT_BYTES], limit[FORMAT_BYTES], share[FORMAT_BYTES];
    if (!viewer->model.now.there)
        return;
    struct piece *piece = pieces_add(pieces, 2, pressure(process->rss, process->limit), "RSS");
    format_bytes(rss, process->rss);
    snprintf(piece->value, sizeof(piece->value), "%s%s%s", rss,
             process->limit == 0               ? ""
             : viewer->canvas.columns < NARROW ? "/"
                                               : " of ",
             process->limit == 0 ? "" : format_bytes(limit, process->limit));
    if (baseline->there)
        add_change(pieces, 3, process->rss, baseline->snapshot.process.rss);
    if (process->limit == 0)
        return;
    piece = pieces_add(pieces, 7, pressure(process->rss, process->limit), NULL);
    piece->picture = paint_limit;
    piece->picture_cells = LIMIT_CELLS;
    piece->gap = 0;
    piece = pieces_add(pieces, 4, pressure(process->rss, process->limit), NULL);
    piece->gap = 1;
    snprintf(piece->value, sizeof(piece->value), "%s", format_percent(share, process->rss, process->limit));
}

/* Whether the two sets of books agree. */
static void add_books(const struct viewer *viewer, struct pieces *pieces)
{
    const struct snapshot *now = &viewer->model.now.snapshot;
    const struct moment *before = &viewer->model.before;
    uint64_t off = model_books_off(&now->process, before->there ? &before->snapshot.process : NULL);
    char amount[FORMAT_BYTES];
    if (!viewer->model.now.there)
        return;
    if (now->head.mode != AT_MODE_EXACT) {
        snprintf(pieces_add(pieces, 5, STYLE_WARN, NULL)->value, TEXT_NAME_BYTES, "estimate");
    } else if (off == 0) {
        snprintf(pieces_add(pieces, 5, STYLE_GOOD, "books")->value, TEXT_NAME_BYTES, "%s",
                 canvas_glyph(&viewer->canvas, GLYPH_OK));
    } else {
        format_sign(format_bytes(amount, off), (struct figure){off, (int64_t)now->process.unexplained < 0});
        snprintf(pieces_add(pieces, 5, STYLE_WARN, "books off")->value, TEXT_NAME_BYTES, "%s", amount);
    }
}

static void paint_who(struct viewer *viewer, bool is_narrow)
{
    struct pieces pieces = {0};
    snprintf(pieces_add(&pieces, 8, STYLE_TITLE, NULL)->value, TEXT_NAME_BYTES, "arenatop");
    add_name(viewer, &pieces);
    add_uptime(viewer, &pieces);
    add_state(viewer, &pieces);
    add_age(viewer, &pieces);
    add_wall_clock(viewer, &pieces);
    add_mode(viewer, &pieces);
    add_tempo(viewer, &pieces);
    add_delay(viewer, &pieces);
    add_idle(viewer, &pieces);
    size_t left = pieces.count;
    if (!is_narrow)
        add_rss(viewer, &pieces);
    add_books(viewer, &pieces);
    if (left < pieces.count)
        pieces.rows[left].right = true;
    pieces_paint(&pieces, viewer, 0);
}

/* ---- the second line: the whole process ----
 *
 * Where there is little room, fragmentation goes before the trend or the warnings do: the bar shows the allocator's, too. */

static void paint_live_trend(const struct viewer *viewer, struct canvas *canvas, int row, int column)
{
    uint64_t values[TREND_CELLS];
    size_t count = history_series(&viewer->model.trend, HISTORY_PROCESS, HISTORY_LIVE, viewer->model.now.place,
                                  MODEL_TREND_SPAN, TREND_CELLS, values);
    canvas_trend(canvas, row, column, TREND_CELLS, STYLE_TREND, values, count);
}

static void add_live(const struct viewer *viewer, struct pieces *pieces)
{
    const struct model *model = &viewer->model;
    bool is_exact = model->now.snapshot.head.mode == AT_MODE_EXACT;
    char amount[FORMAT_BYTES];
    struct piece *piece = pieces_add(pieces, 0, STYLE_STRONG, "live");
    snprintf(piece->value, sizeof(piece->value), "%s%s", is_exact ? "" : "~", format_bytes(amount, model->now.live));
    piece = pieces_add(pieces, 5, STYLE_TREND, NULL);
    piece->picture = paint_live_trend;
    piece->picture_cells = TREND_CELLS;
    piece->gap = 0;
    if (model->baseline.there) {
        add_change(pieces, 2, model->now.live, model->baseline.live);
        return;
    }
    if (!model->before.there)
        return;
    uint64_t elapsed_ns = model_elapsed_ns(model);
    struct figure change = figure_per_second(figure_difference(model->now.live, model->before.live), elapsed_ns);
    piece = pieces_add(pieces, 2, change_style(change), NULL);
    piece->gap = 1;
    format_sign(format_bytes(amount, change.magnitude), change);
    snprintf(piece->value, sizeof(piece->value), change.magnitude == 0 ? "steady" : "%s/s", amount);
}

/* An amount of the process; with a baseline its difference. */
static void add_bytes(const struct viewer *viewer, struct pieces *pieces, uint8_t importance, const char *label,
                      uint64_t now, uint64_t then)
{
    bool is_change = viewer->model.baseline.there;
    struct figure figure = is_change ? figure_difference(now, then) : (struct figure){now, false};
    struct piece *piece = pieces_add(pieces, importance, STYLE_PLAIN, label);
    piece->style = figure.magnitude == 0 ? STYLE_QUIET : is_change ? change_style(figure) : STYLE_PLAIN;
    format_bytes(piece->value, figure.magnitude);
    if (figure.magnitude == 0)
        strcpy(piece->value, "0");
    if (is_change)
        format_sign(piece->value, figure);
}

/* The share of the pages in use that holds nothing. */
static double fragmentation(const struct at_process *process)
{
    uint64_t unused = process->active > process->allocated ? process->active - process->allocated : 0;
    return process->active > 0 ? (double)unused / (double)process->active : 0;
}

static void add_fragmentation(const struct viewer *viewer, struct pieces *pieces)
{
    const uint64_t whole = 10000; /* to a hundredth of a percent, as it is shown */
    const struct moment *baseline = &viewer->model.baseline;
    double share = fragmentation(&viewer->model.now.snapshot.process);
    struct piece *piece = pieces_add(pieces, 7, STYLE_PLAIN, "fragm.");
    if (baseline->there)
        share -= fragmentation(&baseline->snapshot.process);
    struct figure figure = {(uint64_t)((share < 0 ? -share : share) * (double)whole + 0.5), share < 0};
    format_percent(piece->value, figure.magnitude, whole);
    if (baseline->there) {
        piece->style = change_style(figure);
        format_sign(piece->value, figure);
    }
}

/* Of a core, since the snapshot before or since the baseline. */
static void add_cost(const struct viewer *viewer, struct pieces *pieces)
{
    const struct model *model = &viewer->model;
    const struct moment *since = model->baseline.there ? &model->baseline : &model->before;
    uint64_t elapsed_ns = model->baseline.there ? model_baseline_age_ns(model) : model_elapsed_ns(model);
    uint64_t now_ns = model->now.snapshot.agent.cpu_ns, then_ns = since->snapshot.agent.cpu_ns;
    char share[FORMAT_BYTES];
    if (!since->there || elapsed_ns == 0 || now_ns < then_ns)
        return;
    struct piece *piece = pieces_add(pieces, 8, STYLE_QUIET, "agent");
    snprintf(piece->value, sizeof(piece->value), "%s cpu", format_percent(share, now_ns - then_ns, elapsed_ns));
}

/* Nobody looks for warnings that nobody mentions. */
static void add_warnings(const struct viewer *viewer, struct pieces *pieces)
{
    size_t count = viewer->model.now.snapshot.nwarnings;
    if (count == 0)
        return;
    struct piece *piece = pieces_add(pieces, 6, STYLE_WARN, NULL);
    snprintf(piece->value, sizeof(piece->value), "%zu warning%s%s", count, count == 1 ? "" : "s",
             viewer->batch ? "" : ": w");
}

static void paint_totals(struct viewer *viewer, bool is_narrow)
{
    const struct moment *now = &viewer->model.now, *then = &viewer->model.baseline;
    struct pieces pieces = {0};
    if (!now->there)
        return;
    if (is_narrow)
        add_rss(viewer, &pieces);
    add_live(viewer, &pieces);
    add_bytes(viewer, &pieces, 3, "cached", now->cached, then->cached);
    add_bytes(viewer, &pieces, 4, "dirty", now->dirty, then->dirty);
    add_fragmentation(viewer, &pieces);
    add_bytes(viewer, &pieces, 9, "retained", now->snapshot.process.retained, then->snapshot.process.retained);
    add_cost(viewer, &pieces);
    add_warnings(viewer, &pieces);
    pieces_paint(&pieces, viewer, 1);
}

/* ---- what has to be said ---- */

static void paint_remark(struct viewer *viewer, int row, enum style style, const char *text)
{
    canvas_field(&viewer->canvas, row, 0, viewer->canvas.columns, ALIGN_LEFT, style, text);
}

/* What a state means, for those that ask for a word. */
static const char *state_remark(enum session_state state)
{
    static const char *const remarks[SESSION_STATE_COUNT] = {
        [SESSION_AWAIT] = "Not there yet: the view begins when a process of that name runs under the agent.",
        [SESSION_STARTING] = "It is there, and has published nothing yet.",
        [SESSION_SILENT] = "It gives no sign of life: stopped, or starved. These are its last figures.",
        [SESSION_EXITED] = "It has exited. These are its last figures.",
        [SESSION_GONE] = "It was killed, crashed or became another program. These are its last figures.",
    };
    return remarks[state];
}

/* The moment that is shown may be before the baseline as well. */
static void paint_baseline_remark(struct viewer *viewer, int row)
{
    uint64_t ahead_ns = model_baseline_ahead_ns(&viewer->model);
    bool is_narrow = viewer->canvas.columns < NARROW;
    char text[96], age[FORMAT_BYTES];
    if (ahead_ns > 0)
        snprintf(text, sizeof(text),
                 is_narrow ? "Baseline %s later; b ends it."
                           : "Differences from the baseline %s later; b shows amounts again.",
                 format_age(age, ahead_ns));
    else
        snprintf(text, sizeof(text),
                 is_narrow ? "Since the baseline %s ago; b ends it."
                           : "Differences since the baseline %s ago; b shows amounts again.",
                 format_age(age, model_baseline_age_ns(&viewer->model)));
    paint_remark(viewer, row, STYLE_WARN, text);
}

/* One of that name; or, after an exec, what has the pid now. The key stands at the end: it must not be cut off. */
static void write_successor(const struct viewer *viewer, char *text, size_t size)
{
    const struct target *old = &viewer->session.target, *new = &viewer->session.successor;
    bool is_narrow = viewer->canvas.columns < NARROW;
    char clean[TEXT_NAME_BYTES];
    if (strcmp(new->comm, old->comm) == 0)
        snprintf(text, size,
                 is_narrow ? "New process, pid %d: r follows it."
                           : "A new process of that name is there, pid %d: r follows it.",
                 (int)new->pid);
    else if (is_narrow)
        snprintf(text, size, "It is %s now: r follows it.",
                 text_clean(clean, sizeof(clean), new->comm, viewer->canvas.utf8));
    else
        snprintf(text, size, "Its pid, %d, is now %s's: r follows it.", (int)new->pid,
                 text_clean(clean, sizeof(clean), new->comm, viewer->canvas.utf8));
}

/* What has happened to the process, or to what can be read of it. */
static bool event_remark(struct viewer *viewer, int row)
{
    const struct session *session = &viewer->session;
    const struct moment *now = &viewer->model.now;
    char text[FAIL_TEXT_BYTES + 64];
    /* An agent that left off has said why. */
    bool left_off = session->state == SESSION_SILENT && now->there && now->snapshot.head.mode == AT_MODE_NONE;
    if (session->has_successor) {
        write_successor(viewer, text, sizeof(text));
        paint_remark(viewer, row, STYLE_WARN, text);
    } else if (session->state == SESSION_BROKEN || session->unreadable || session->refused) {
        paint_remark(viewer, row, STYLE_BAD, session->failure.text);
    } else if (state_remark(session->state) != NULL && !left_off) {
        paint_remark(viewer, row, STYLE_WARN, state_remark(session->state));
    } else {
        return false;
    }
    return true;
}

static bool mode_remark(struct viewer *viewer, int row)
{
    const struct at_snapshot *head = &viewer->model.now.snapshot.head;
    const char *what = head->mode == AT_MODE_FLOW   ? "Flow mode, live is an estimate"
                       : head->mode == AT_MODE_NONE ? "These are its last figures"
                                                    : NULL;
    char text[FAIL_TEXT_BYTES + 64];
    if (!viewer->model.now.there || what == NULL || head->reason == AT_REASON_NONE)
        return false;
    snprintf(text, sizeof(text), "%s: %s.", what, at_reason_text(head->reason));
    paint_remark(viewer, row, STYLE_WARN, text);
    return true;
}

/* Of these lines the first that is true; but that the figures are differences is said whatever else has happened: "its last
 * figures" they are not. Returns how many lines there were. */
static int paint_remarks(struct viewer *viewer, int row)
{
    int lines = event_remark(viewer, row);
    if (viewer->model.baseline.there)
        paint_baseline_remark(viewer, row + lines++);
    else if (lines == 0)
        lines = mode_remark(viewer, row);
    return lines;
}

int header_paint(struct viewer *viewer)
{
    bool is_narrow = viewer->canvas.columns < NARROW;
    int row = 2;
    paint_who(viewer, is_narrow);
    paint_totals(viewer, is_narrow);
    if ((viewer->canvas.rows >= SHORT_ROWS || viewer->batch) && viewer->model.now.there)
        bar_paint(viewer, row++);
    return row + paint_remarks(viewer, row);
}
