/* session.c: the life of what is watched, and where in its time one looks. */
#include "session.h"

#include <stdio.h>
#include <string.h>

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

/* Reading every process of the machine is not for every frame. */
#define LOOK_AROUND_NS NS_PER_S
/* No sign of life for so long, or for three of its own intervals, is worth saying. */
#define SILENCE_NS (3 * NS_PER_S)

/* A snapshot that is not there when it is expected is looked for again after this part of the interval. */
#define RETRIES           32
#define INTERVAL_LEAST_NS (10 * NS_PER_MS)

/* Of the newest snapshot, before the first update has counted what there is. */
#define PLACE_UNKNOWN UINT64_MAX

const char *session_state_word(enum session_state state)
{
#define SESSION_WORD(name, word, glyph, style) word,
    static const char *const words[] = {SESSION_STATES(SESSION_WORD)};
    return (unsigned)state < SESSION_STATE_COUNT ? words[state] : "?";
}

/* ---- await, attached, lost, again ---- */

static int attach(struct session *session, const struct target *target, struct failure *failure)
{
    struct source *source;
    if (source_open(&source, target, failure) != 0)
        return -1;
    source_close(session->source);
    session->source = source;
    session->target = *target;
    session->state = source_about(source)->kind == SOURCE_SEGMENT ? SESSION_LIVE : SESSION_FILE;
    session->span = (struct source_span){0};
    session->updated = session->has_successor = false;
    session->follow = true;
    session->place = 0;
    return 0;
}

int session_open(struct session *session, const struct target *target, struct failure *failure)
{
    *session = (struct session){0};
    return attach(session, target, failure);
}

void session_await(struct session *session, const char *name)
{
    *session = (struct session){.state = SESSION_AWAIT, .awaited = name, .follow = true};
}

void session_close(struct session *session)
{
    source_close(session->source);
    snapshot_free(&session->scratch);
    *session = (struct session){0};
}

static bool is_same_process(const struct target *a, const struct target *b)
{
    return a->pid == b->pid && a->header.created_mono_ns == b->header.created_mono_ns;
}

/* A new process of that name; or what this one has become by exec, under the same pid. */
static bool find_successor(struct session *session)
{
    char pid[16];
    int found = target_successor(&session->successor, &session->target, &session->failure);
    if (found == 0 && session->target.pid > 0) {
        snprintf(pid, sizeof(pid), "%d", (int)session->target.pid);
        found = target_resolve(&session->successor, pid, &session->failure) == TARGET_FOUND &&
                session->successor.kind == TARGET_PROCESS && !is_same_process(&session->successor, &session->target);
    }
    return found == 1;
}

static bool find_awaited(struct session *session)
{
    struct target found;
    if (session->awaited == NULL)
        return false;
    enum target_result result = target_resolve(&found, session->awaited, &session->failure);
    bool is_there = result == TARGET_FOUND && found.kind == TARGET_PROCESS, was_refused = session->refused;
    session->several = result == TARGET_SEVERAL;
    session->refused = is_there && attach(session, &found, &session->failure) != 0;
    return session->several || is_there || was_refused;
}

/* Returns true when there is news. */
static bool look_around(struct session *session, uint64_t mono_ns)
{
    if (session->looked_around_ns != 0 && mono_ns - session->looked_around_ns < LOOK_AROUND_NS)
        return false;
    session->looked_around_ns = mono_ns;
    if (session->state == SESSION_AWAIT)
        return find_awaited(session);
    bool had_successor = session->has_successor;
    session->has_successor = find_successor(session);
    return session->has_successor != had_successor;
}

bool session_silence(uint64_t beat_ns, uint64_t interval_ns, uint64_t mono_ns)
{
    uint64_t patience_ns = interval_ns < UINT64_MAX / 3 ? 3 * interval_ns : UINT64_MAX;

    patience_ns = patience_ns > SILENCE_NS ? patience_ns : SILENCE_NS;
    return beat_ns != 0 && mono_ns > beat_ns && mono_ns - beat_ns > patience_ns;
}

static bool is_silent(const struct session *session, uint64_t mono_ns)
{
    return session_silence(session->span.beat_ns, session->interval_ns, mono_ns);
}

static enum session_state judge(const struct session *session, uint64_t mono_ns)
{
    if (source_about(session->source)->kind != SOURCE_SEGMENT)
        return SESSION_FILE;
    switch (session->span.state) {
    case SOURCE_STARTING:
        return SESSION_STARTING;
    case SOURCE_EXITED:
        return SESSION_EXITED;
    case SOURCE_GONE:
        return SESSION_GONE;
    case SOURCE_LIVE:
        break;
    }
    return is_silent(session, mono_ns) ? SESSION_SILENT : SESSION_LIVE;
}

/* Keeps the place inside what is there. */
static void keep_place(struct session *session)
{
    if (session->span.first == session->span.end)
        return;
    if (session->follow || session->place >= session->span.end)
        session->place = session->span.end - 1;
    if (session->place < session->span.first)
        session->place = session->span.first;
}

bool session_update(struct session *session, uint64_t mono_ns)
{
    if (session->state == SESSION_AWAIT) {
        bool has_news = look_around(session, mono_ns);
        if (session->source == NULL)
            return has_news;
    }
    enum session_state state_before = session->state;
    struct source_span span_before = session->span;
    if (session->state == SESSION_BROKEN)
        return false;
    if (source_update(session->source, &session->span, &session->failure) != 0)
        session->state = SESSION_BROKEN;
    else
        session->state = judge(session, mono_ns);
    session->updated = true;
    if (session->span.end != span_before.end)
        session->arrived_ns = mono_ns;
    keep_place(session);
    bool changed = state_before != session->state || span_before.end != session->span.end ||
                   span_before.first != session->span.first;
    if (session->state == SESSION_EXITED || session->state == SESSION_GONE || session->state == SESSION_SILENT)
        changed |= look_around(session, mono_ns);
    return changed;
}

/* ---- moments ---- */

/* The place whose snapshot the rates are to be taken against. */
static uint64_t place_before(const struct session *session, uint64_t interval_ns, uint64_t delay_ns)
{
    uint64_t steps = interval_ns > 0 ? (delay_ns + interval_ns / 2) / interval_ns : 1;
    uint64_t most = session->place - session->span.first;
    steps = steps > 0 ? steps : 1;
    return session->place - (steps < most ? steps : most);
}

/* Reads a place into a moment. What cannot be read leaves the moment empty. */
static void read_moment(struct session *session, uint64_t place, struct moment *moment)
{
    enum source_result result = source_read(session->source, place, &moment->snapshot, &session->failure);
    if (result != SOURCE_OK || model_take(moment, place) != 0)
        model_unset(moment);
    else
        session->interval_ns = moment->snapshot.agent.interval_ns;
    if (place != session->place)
        return;
    session->damaged = result == SOURCE_DAMAGED;
    session->unreadable = result == SOURCE_FAILED || result == SOURCE_DAMAGED;
}

/* The first frame: whatever is newest, without looking at anything else. */
static bool load_latest(struct session *session, struct model *model)
{
    enum source_result result = source_read_latest(session->source, &model->now.snapshot, &session->failure);
    model_unset(&model->before);
    session->damaged = false;
    session->unreadable = result == SOURCE_FAILED;
    return result == SOURCE_OK && model_take(&model->now, PLACE_UNKNOWN) == 0;
}

bool session_load(struct session *session, struct model *model, uint64_t delay_ns)
{
    if (session->source == NULL)
        return false;
    if (!session->updated)
        return load_latest(session, model);
    if (session->span.first == session->span.end)
        return false;
    bool had_place = model->now.there && model->now.place == session->place;
    if (!had_place) {
        if (model->now.there)
            model_swap(&model->now, &model->before);
        read_moment(session, session->place, &model->now);
    }
    if (!model->now.there)
        return true;
    uint64_t before = place_before(session, model->now.snapshot.agent.interval_ns, delay_ns);
    bool has_before = model->before.there && model->before.place == before;
    if (before == session->place)
        model_unset(&model->before);
    else if (!has_before)
        read_moment(session, before, &model->before);
    return !had_place || !has_before;
}

/* Puts the snapshot at a place, what the model has already or decoded for this. What is damaged will be no better later, and
 * what lies behind it is not to wait for it. */
static bool put_into_history(struct session *session, uint64_t place, const struct moment *known,
                             struct history *history, uint64_t wanted)
{
    if (known->there && known->place == place)
        return history_put(history, wanted, &known->snapshot) == 0;
    enum source_result result = source_read(session->source, place, &session->scratch, &session->failure);
    if (result == SOURCE_DAMAGED)
        return history_pass(history, wanted);
    return result == SOURCE_OK && history_put(history, wanted, &session->scratch) == 0;
}

unsigned session_fill(struct session *session, const struct model *model, struct history *history, uint64_t stride,
                      unsigned steps)
{
    unsigned done = 0;
    uint64_t wanted, oldest = (session->span.first + stride - 1) / stride;
    /* With a delay the newest is further on than what is shown, and has no trend yet. */
    bool is_behind = model->now.there && model->now.place < session->place;
    uint64_t place = is_behind ? model->now.place : session->place;
    if (!session->updated || session->source == NULL || session->span.first == session->span.end)
        return 0;
    while (done < steps && history_wanted(history, place / stride, oldest, &wanted) &&
           put_into_history(session, wanted * stride, &model->now, history, wanted))
        done++;
    return done;
}

/* ---- time ---- */

void session_step(struct session *session, int64_t steps)
{
    uint64_t behind = session->place - session->span.first;
    uint64_t ahead = session->span.end > session->place ? session->span.end - 1 - session->place : 0;
    if (!session->updated || session->span.first == session->span.end)
        return;
    /* Whoever presses on towards the newest does not mean to stand still there. */
    if (session->follow && steps > 0)
        return;
    session->follow = false;
    if (steps < 0)
        session->place -= (uint64_t)-steps < behind ? (uint64_t)-steps : behind;
    else
        session->place += (uint64_t)steps < ahead ? (uint64_t)steps : ahead;
}

void session_home(struct session *session)
{
    if (!session->updated)
        return;
    session->follow = false;
    session->place = session->span.first;
}

/* Goes where a search has led; where it led nowhere, `place` is nothing. */
static bool go_to(struct session *session, uint64_t place, enum source_result result)
{
    if (result != SOURCE_OK)
        return false;
    session->follow = false;
    session->place = place;
    return true;
}

bool session_seek_time(struct session *session, uint64_t time_ns)
{
    uint64_t place;
    if (!session->updated || session->span.first == session->span.end)
        return false;
    enum source_result result = source_find_time(session->source, time_ns, &place, &session->failure);
    return go_to(session, place, result);
}

bool session_begins_after(struct session *session, uint64_t time_ns)
{
    return session->updated && session->place == session->span.first &&
           source_read(session->source, session->place, &session->scratch, &session->failure) == SOURCE_OK &&
           session->scratch.head.time_ns > time_ns;
}

bool session_seek_seq(struct session *session, uint64_t seq)
{
    uint64_t place;
    if (!session->updated || session->span.first == session->span.end)
        return false;
    enum source_result result = source_find_seq(session->source, seq, &place, &session->failure);
    return go_to(session, place, result);
}

void session_end(struct session *session)
{
    session->follow = true;
    keep_place(session);
}

void session_pause(struct session *session)
{
    if (session->follow)
        session->follow = false;
    else
        session_end(session);
}

bool session_is_newest(const struct session *session)
{
    return !session->updated || session->place + 1 >= session->span.end;
}

/* When the next snapshot can be expected. One bears the time when it was begun, and is there once it was taken; where the
 * writer is later than that, it will be so again, and is looked for a little earlier than it came the last time. */
static uint64_t next_arrival_ns(const struct session *session, const struct model *model, uint64_t interval_ns)
{
    const struct at_agent *agent = &model->now.snapshot.agent;
    uint64_t slack_ns = agent->sample_ns < interval_ns / 4 ? agent->sample_ns + NS_PER_MS : interval_ns / 4;
    uint64_t by_stamp_ns = model->now.snapshot.head.mono_ns + interval_ns + slack_ns;
    uint64_t by_arrival_ns = session->arrived_ns + interval_ns - interval_ns / RETRIES;
    return by_stamp_ns > by_arrival_ns ? by_stamp_ns : by_arrival_ns;
}

uint64_t session_due_ns(const struct session *session, const struct model *model, uint64_t mono_ns)
{
    if (session->source != NULL && !session->updated)
        return 0;
    if (session->state != SESSION_LIVE || !model->now.there)
        return session->state == SESSION_STARTING ? 100 * NS_PER_MS : NS_PER_S;
    uint64_t interval_ns = model->now.snapshot.agent.interval_ns;
    interval_ns = interval_ns < INTERVAL_LEAST_NS ? INTERVAL_LEAST_NS : interval_ns;
    uint64_t due_ns = next_arrival_ns(session, model, interval_ns);
    /* Long overdue, or somewhere in the past: nobody waits for it. */
    if (!session->follow || due_ns > mono_ns + 2 * interval_ns || due_ns + interval_ns < mono_ns)
        return interval_ns < NS_PER_S ? interval_ns : NS_PER_S;
    uint64_t wait_ns = due_ns > mono_ns ? due_ns - mono_ns : interval_ns / RETRIES;
    return wait_ns < NS_PER_S ? wait_ns : NS_PER_S;
}
