/* doctor_agent.c: the agent and what it publishes: is it there, what does it cost, how far back can one look. */
#include <stdlib.h>
#include <string.h>

#include "doctor_checks.h"
#include "format.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

/* A sign of life comes with every look and snapshot. */
#define SILENCE_NS        (10 * NS_PER_S)
#define SILENCE_INTERVALS 5
/* The start costs more than what follows: too young a process is not judged by it. */
#define COST_AGE_NS (10 * NS_PER_S)
/* In thousandths of a core; the agent keeps itself to 1 % for snapshots and 0.1 % for looks. */
#define COST_NOTE    15
#define COST_PROBLEM 50
/* Less than that is hardly history. */
#define HISTORY_NS (60 * NS_PER_S)
/* As the agent itself calls it stretched. */
#define STRETCHED(is, wanted) ((is) > (wanted) + (wanted) / 4)

/* ---- is it there ---- */

static void judge_silence(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    char age[FORMAT_BYTES];

    format_age(age, facts->silent_ns);
    if (facts->process.state == 'T' || facts->process.state == 't') {
        doctor_find(finding, DOCTOR_NOTE, "the process is stopped; the newest figures are %s old", age);
        doctor_advise(finding, "let it go on: kill -CONT %d", (int)facts->pid);
    } else {
        doctor_find(finding, DOCTOR_PROBLEM, "no sign of life for %s, though the process runs", age);
        doctor_advise(finding, "what is shown is old: restart the process to have it watched again");
    }
}

static bool is_silent(const struct doctor_facts *facts)
{
    uint64_t interval_ns = facts->now != NULL ? facts->now->agent.interval_ns : 0;

    return facts->subject == DOCTOR_PROCESS && facts->silent_ns > SILENCE_NS &&
           facts->silent_ns / SILENCE_INTERVALS > interval_ns;
}

static void judge_version(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    const char *version = facts->header.agent_version;

    if (strcmp(version, facts->own_version) == 0) {
        doctor_find(finding, DOCTOR_OK, "version %s, the same as this program", version);
        return;
    }
    doctor_find(finding, DOCTOR_NOTE, "version %s, and this program is %s", version[0] != '\0' ? version : "unknown",
                facts->own_version);
    if (facts->subject == DOCTOR_PROCESS)
        doctor_advise(finding, "restart the process to have the agent that came with this program");
}

static bool died(const struct doctor_facts *facts)
{
    bool ended =
        facts->header.state == AT_STATE_EXITED || (facts->now != NULL && facts->now->head.state == AT_STATE_EXITED);

    return facts->subject == DOCTOR_RECORD && !ended;
}

void doctor_judge_agent(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    if (is_silent(facts)) {
        judge_silence(facts, finding);
        return;
    }
    judge_version(facts, finding);
    if (died(facts)) {
        finding->level = DOCTOR_NOTE;
        doctor_add(finding, "; the process died without a word (a crash, SIGKILL): this is the record it left");
        doctor_advise(finding, "copy its segment to keep it; 'arenatop gc' removes it");
    } else if (facts->subject == DOCTOR_RECORD) {
        doctor_add(finding, "; the process ended cleanly");
    }
    if (facts->now == NULL && facts->subject == DOCTOR_PROCESS) {
        finding->level = DOCTOR_NOTE;
        doctor_add(finding, "; it has not published yet");
        doctor_advise(finding, "ask again once its interval is over");
    }
}

/* ---- what it costs ---- */

void doctor_judge_cost(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    const struct at_agent *agent = &facts->now->agent;
    uint64_t mono_ns = facts->now->head.mono_ns, created_ns = facts->header.created_mono_ns;
    uint64_t age_ns = mono_ns > created_ns ? mono_ns - created_ns : 0;
    uint64_t share = age_ns >= 1000 ? agent->cpu_ns / (age_ns / 1000) : 0;
    char sample[FORMAT_BYTES], look[FORMAT_BYTES], percent[FORMAT_BYTES];
    enum doctor_level level = DOCTOR_OK;

    if (age_ns > COST_AGE_NS && share > COST_NOTE)
        level = share > COST_PROBLEM ? DOCTOR_PROBLEM : DOCTOR_NOTE;
    doctor_find(finding, level, "%s of a core since its start; a snapshot takes %s, a look %s",
                format_percent(percent, agent->cpu_ns, age_ns), format_ns(sample, agent->sample_ns),
                format_ns(look, agent->look_ns));
    if (level != DOCTOR_OK)
        doctor_advise(finding, "take snapshots and looks less often: ARENATOP_CONF=interval_ms:5000,peak_ms:500");
}

/* The setting, in nanoseconds; 0 when it cannot be known. */
static uint64_t wanted_ns(const struct doctor_facts *facts, const char *key, uint64_t otherwise_ms)
{
    char value[32];

    if (!facts->process.environment_known)
        return 0;
    if (!doctor_conf_value(facts->process.agent_conf, key, value, sizeof(value)))
        return otherwise_ms * NS_PER_MS;
    unsigned long long ms = strtoull(value, NULL, 10);
    return ms < UINT64_MAX / 2 / NS_PER_MS ? ms * NS_PER_MS : UINT64_MAX / 2;
}

/* The agent says itself that it stretched a tempo; whose process is gone has only that. */
static bool is_stretched(const struct doctor_facts *facts, uint64_t is_ns, uint64_t wanted, const char *warning)
{
    const struct snapshot *now = facts->now;

    for (size_t i = 0; i < now->nwarnings; i++)
        if (strncmp(now->warnings[i], warning, strlen(warning)) == 0)
            return wanted == 0 || STRETCHED(is_ns, wanted);
    return wanted != 0 && STRETCHED(is_ns, wanted);
}

void doctor_judge_interval(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    const struct at_agent *agent = &facts->now->agent;
    bool samples = is_stretched(facts, agent->interval_ns, wanted_ns(facts, "interval_ms", 1000), "snapshots cost");
    bool looks =
        agent->peak_ns != 0 && is_stretched(facts, agent->peak_ns, wanted_ns(facts, "peak_ms", 50), "looks cost");
    char interval[FORMAT_BYTES], peak[FORMAT_BYTES];

    doctor_find(finding, samples || looks ? DOCTOR_NOTE : DOCTOR_OK, "a snapshot every %s%s",
                format_ns(interval, agent->interval_ns), samples ? " (stretched)" : "");
    if (agent->peak_ns != 0)
        doctor_add(finding, ", a look for peaks every %s%s", format_ns(peak, agent->peak_ns),
                   looks ? " (stretched)" : "");
    else
        doctor_add(finding, ", looks for peaks are off");
    if (samples)
        doctor_advise(finding, "fewer arenas make snapshots cheaper (ARENATOP_CONF=arenas_per_class:N); or set "
                               "interval_ms to what it is now");
    else if (looks)
        doctor_advise(finding, "set peak_ms to what it is now");
}

/* ---- how far back ---- */

void doctor_judge_history(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    char span[FORMAT_BYTES], ring[FORMAT_BYTES];
    bool is_short = facts->overwritten && facts->history_ns < HISTORY_NS && !facts->is_recording;

    doctor_find(finding, is_short || facts->missing > 0 ? DOCTOR_NOTE : DOCTOR_OK, "%llu snapshots over %s in a %s%s",
                (unsigned long long)facts->snapshots, format_age(span, facts->history_ns),
                facts->is_recording ? "recording" : "ring of ",
                facts->is_recording ? "" : format_bytes(ring, facts->header.ring_bytes));
    if (facts->overwritten)
        doctor_add(finding, facts->is_recording ? "; it has none of the first" : "; older ones are overwritten");
    if (facts->missing > 0) {
        doctor_add(finding, "; %llu are missing in between", (unsigned long long)facts->missing);
        doctor_advise(finding, "whoever recorded it was too slow, away for a while, or wanted only what is around "
                               "moments (record --when)");
    }
    if (is_short)
        doctor_advise(finding, "a larger ring goes back further: ARENATOP_CONF=ring_bytes:%llu",
                      (unsigned long long)(facts->header.ring_bytes < AT_RING_BYTES_MAX / 4
                                               ? facts->header.ring_bytes * 4
                                               : AT_RING_BYTES_MAX));
}

void doctor_judge_warnings(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    const struct snapshot *now = facts->now;

    if (now->nwarnings == 0) {
        doctor_find(finding, DOCTOR_OK, "the agent has none");
        return;
    }
    doctor_find(finding, DOCTOR_NOTE, "%zu of the agent", now->nwarnings);
    for (size_t i = 0; i < now->nwarnings; i++)
        doctor_add(finding, "%s %s", i == 0 ? ":" : ";", now->warnings[i]);
    doctor_advise(finding, "each says itself what it is about; the settings are ARENATOP_CONF and ARENATOP_RULES");
}
