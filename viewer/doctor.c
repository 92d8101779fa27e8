/* doctor.c: the table of checks, and the sum of their findings. */
#include "doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_checks.h"

/* What a check looks at. */
enum need {
    WATCHED = 1 << 0,   /* left out for a process without the agent */
    UNWATCHED = 1 << 1, /* left out for all others */
    SNAPSHOT = 1 << 2,
    RUNNING = 1 << 3
};

struct check {
    const char *name;
    unsigned needs;
    doctor_judge *judge;
};

static const struct check checks[] = {
    {"agent", WATCHED, doctor_judge_agent},
    {"mode", WATCHED, doctor_judge_mode},
    {"classes", WATCHED | SNAPSHOT, doctor_judge_classes},
    {"jemalloc", WATCHED, doctor_judge_jemalloc},
    {"order", WATCHED, doctor_judge_order},
    {"books", WATCHED | SNAPSHOT, doctor_judge_books},
    {"unbound", WATCHED | SNAPSHOT, doctor_judge_unbound},
    {"overflow", WATCHED | SNAPSHOT, doctor_judge_overflow},
    {"threads", WATCHED | SNAPSHOT, doctor_judge_threads},
    {"idle", WATCHED | SNAPSHOT, doctor_judge_idle},
    {"arenas", WATCHED | SNAPSHOT, doctor_judge_arenas},
    {"cost", WATCHED | SNAPSHOT, doctor_judge_cost},
    {"interval", WATCHED | SNAPSHOT, doctor_judge_interval},
    {"history", WATCHED | SNAPSHOT, doctor_judge_history},
    {"warnings", WATCHED | SNAPSHOT, doctor_judge_warnings},
    {"memory", WATCHED | SNAPSHOT, doctor_judge_memory},
    {"agent", UNWATCHED, doctor_judge_unwatched},
    {"program", UNWATCHED, doctor_judge_program},
    {"malloc", UNWATCHED, doctor_judge_malloc},
    {"shm", RUNNING, doctor_judge_shm},
    {"access", RUNNING, doctor_judge_access},
};
enum { CHECKS = sizeof(checks) / sizeof(checks[0]) };

/* ---- words ---- */

const char *doctor_level_word(enum doctor_level level)
{
#define LEVEL_WORD(name, word) [DOCTOR_##name] = (word),
    static const char *const words[] = {DOCTOR_LEVELS(LEVEL_WORD)};

    return level < DOCTOR_LEVEL_COUNT ? words[level] : "?";
}

void doctor_find(struct doctor_finding *finding, enum doctor_level level, const char *format, ...)
{
    va_list arguments;

    finding->level = level;
    va_start(arguments, format);
    vsnprintf(finding->text, sizeof(finding->text), format, arguments);
    va_end(arguments);
}

void doctor_add(struct doctor_finding *finding, const char *format, ...)
{
    size_t used = strlen(finding->text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(finding->text + used, sizeof(finding->text) - used, format, arguments);
    va_end(arguments);
}

void doctor_advise(struct doctor_finding *finding, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(finding->advice, sizeof(finding->advice), format, arguments);
    va_end(arguments);
}

/* ---- texts that come with a process ---- */

bool doctor_conf_value(const char *conf, const char *key, char *value, size_t size)
{
    size_t length = strlen(key);
    bool found = false;

    while (*conf != '\0') {
        size_t pair = strcspn(conf, ",");
        if (pair > length && strncmp(conf, key, length) == 0 && conf[length] == ':') {
            size_t bytes = pair - length - 1;
            snprintf(value, size, "%.*s", bytes < size ? (int)bytes : (int)size - 1, conf + length + 1);
            found = true;
        }
        conf += pair + (conf[pair] != '\0');
    }
    return found;
}

int doctor_preload_place(const char *preload, const char *stem)
{
    for (int place = 0;; place++) {
        preload += strspn(preload, " :");
        size_t length = strcspn(preload, " :");
        size_t folder = length;
        if (length == 0)
            return -1;
        while (folder > 0 && preload[folder - 1] != '/')
            folder--;
        if (length - folder >= strlen(stem) && strncmp(preload + folder, stem, strlen(stem)) == 0)
            return place;
        preload += length;
    }
}

/* ---- what several checks ask ---- */

enum at_mode doctor_mode(const struct doctor_facts *facts)
{
    return facts->now != NULL ? facts->now->head.mode : facts->header.mode;
}

enum at_reason doctor_reason(const struct doctor_facts *facts)
{
    return facts->now != NULL ? facts->now->head.reason : facts->header.reason;
}

bool doctor_malloc_option(const struct doctor_facts *facts, const char *key)
{
    char value[16];

    return doctor_conf_value(facts->process.malloc_conf, key, value, sizeof(value)) && strcmp(value, "true") == 0;
}

/* Most of jemalloc's own threads pass by the agent as all others do; those that one of them makes do not. */
static uint64_t unseen_of_jemalloc(const struct doctor_facts *facts)
{
    uint64_t seen = 0;

    for (size_t i = 0; facts->now != NULL && i < facts->now->nthreads; i++)
        seen += strcmp(facts->now->threads[i].name, DOCTOR_JEMALLOC_THREAD) == 0;
    return facts->process.jemalloc_threads > seen ? facts->process.jemalloc_threads - seen : 0;
}

uint64_t doctor_unseen(const struct doctor_facts *facts)
{
    uint64_t others = unseen_of_jemalloc(facts) + facts->process.kernel_threads;
    uint64_t least = facts->now != NULL ? facts->now->agent.threads_unseen : 0;

    for (size_t i = 0; i < facts->nbooks; i++)
        if (facts->books[i].threads_unseen < least)
            least = facts->books[i].threads_unseen;
    return least > others ? least - others : 0;
}

/* ---- the whole ---- */

static bool applies(const struct check *check, const struct doctor_facts *facts)
{
    return (check->needs & (facts->subject == DOCTOR_UNWATCHED ? WATCHED : UNWATCHED)) == 0;
}

static const char *why_not_running(const struct doctor_facts *facts)
{
    if (facts->subject == DOCTOR_FILE)
        return "needs the live process, and this is a file";
    return facts->subject == DOCTOR_RECORD ? "needs the live process, which is gone"
                                           : "needs the live process, which cannot be seen in this pid namespace";
}

static void run_check(const struct check *check, const struct doctor_facts *facts, struct doctor_finding *finding)
{
    *finding = (struct doctor_finding){.name = check->name};
    if ((check->needs & RUNNING) != 0 && !facts->process.there)
        doctor_find(finding, DOCTOR_SKIPPED, "%s", why_not_running(facts));
    else if ((check->needs & SNAPSHOT) != 0 && facts->now == NULL)
        doctor_find(finding, DOCTOR_SKIPPED, "needs a snapshot, and there is none yet");
    else
        check->judge(facts, finding);
}

bool doctor_check(struct doctor_finding *finding, const char *name, const struct doctor_facts *facts)
{
    for (size_t i = 0; i < CHECKS; i++) {
        if (strcmp(checks[i].name, name) == 0 && applies(&checks[i], facts)) {
            run_check(&checks[i], facts, finding);
            return true;
        }
    }
    return false;
}

static const char *attribution_of(const struct doctor_facts *facts)
{
    if (facts->subject == DOCTOR_UNWATCHED || doctor_mode(facts) == AT_MODE_NONE)
        return "impossible";
    if (doctor_mode(facts) != AT_MODE_EXACT || (facts->process.there && doctor_unseen(facts) > 0))
        return "partial";
    for (size_t i = 0; facts->now != NULL && i < facts->now->nclasses; i++)
        if (facts->now->classes[i].mode != AT_MODE_EXACT && i != AT_CLASS_UNBOUND)
            return "partial";
    return "exact";
}

int doctor_examine(struct doctor_report *report, const struct doctor_facts *facts)
{
    *report = (struct doctor_report){.attribution = attribution_of(facts)};
    report->findings = calloc(CHECKS, sizeof(*report->findings));
    if (report->findings == NULL)
        return -1;
    for (size_t i = 0; i < CHECKS; i++) {
        if (!applies(&checks[i], facts))
            continue;
        struct doctor_finding *finding = &report->findings[report->count++];
        run_check(&checks[i], facts, finding);
        report->levels[finding->level]++;
    }
    return 0;
}

void doctor_free(struct doctor_report *report)
{
    free(report->findings);
    *report = (struct doctor_report){0};
}
