/* doctor_made.h: what the tests of doctor's checks have in common: the facts of a healthy process, to be made ill. */
#ifndef TESTS_DOCTOR_MADE_H
#define TESTS_DOCTOR_MADE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "doctor.h"

#define MIB UINT64_C(1048576)
#define S   UINT64_C(1000000000)

/* A healthy process: (unbound) and two classes, half a minute old. */
struct made {
    struct at_class rows[4], rows_before[4];
    struct snapshot now, before;
    char warnings[2][AT_WARNING_BYTES];
    struct doctor_facts facts;
};

static inline void name_row(struct at_class *row, const char *name, uint64_t live)
{
    snprintf(row->name, sizeof(row->name), "%s", name);
    row->mode = AT_MODE_EXACT;
    row->live = live;
    row->alloc_bytes = live;
    row->threads = 1;
    row->arenas = 1;
}

static inline void make(struct made *made)
{
    struct doctor_facts *facts = &made->facts;

    memset(made, 0, sizeof(*made));
    name_row(&made->rows[0], "(unbound)", 1000);
    name_row(&made->rows[1], "main", 60 * MIB);
    name_row(&made->rows[2], "work-*", 40 * MIB);
    memcpy(made->rows_before, made->rows, sizeof(made->rows));
    made->now = (struct snapshot){.head = {.seq = 30, .time_ns = 1000 * S, .mono_ns = 130 * S, .mode = AT_MODE_EXACT},
                                  .classes = made->rows,
                                  .nclasses = 3,
                                  .warnings = made->warnings};
    made->now.agent = (struct at_agent){
        .interval_ns = S, .peak_ns = S / 20, .sample_ns = 300000, .look_ns = 900, .cpu_ns = S / 10, .samples = 30};
    made->now.process =
        (struct at_process){.allocated = 101 * MIB, .resident = 120 * MIB, .rss = 130 * MIB, .narenas = 12};
    made->before = made->now;
    made->before.classes = made->rows_before;
    *facts = (struct doctor_facts){.subject = DOCTOR_PROCESS,
                                   .own_version = "1.2.3",
                                   .pid = 42,
                                   .comm = "app",
                                   .now = &made->now,
                                   .before = &made->before,
                                   .nbooks = 1,
                                   .snapshots = 30,
                                   .history_ns = 29 * S,
                                   .shm_known = true,
                                   .shm_free_bytes = 64 * MIB,
                                   .shm_size_bytes = 64 * MIB};
    facts->process = (struct doctor_process){.there = true,
                                             .state = 'S',
                                             .uid = 7,
                                             .maps_known = true,
                                             .agent_mapped = true,
                                             .jemalloc = "/lib/libjemalloc.so.2",
                                             .environment_known = true,
                                             .preload = "/lib/libarenatop.so:libjemalloc.so.2"};
    facts->header = (struct at_header){.ring_bytes = 16 * MIB,
                                       .created_mono_ns = 100 * S,
                                       .state = AT_STATE_LIVE,
                                       .mode = AT_MODE_EXACT,
                                       .agent_version = "1.2.3",
                                       .jemalloc_version = "5.3.0-0-g54eaed1"};
}

/* One check's verdict; text and advice must hold these parts ("" for an advice that must be empty). */
static inline void judged(const struct made *made, const char *name, enum doctor_level level, const char *text,
                          const char *advice)
{
    struct doctor_finding finding;

    assert_true(doctor_check(&finding, name, &made->facts));
    if (finding.level != level || strstr(finding.text, text) == NULL ||
        (advice[0] == '\0' ? finding.advice[0] != '\0' : strstr(finding.advice, advice) == NULL))
        fail_msg("%s: %s: '%s' -> '%s'; wanted %s: '%s' -> '%s'", name, doctor_level_word(finding.level), finding.text,
                 finding.advice, doctor_level_word(level), text, advice);
}

static inline void attributed(const struct made *made, const char *word, size_t problems)
{
    struct doctor_report report;

    assert_int_equal(doctor_examine(&report, &made->facts), 0);
    assert_string_equal(report.attribution, word);
    assert_int_equal(report.levels[DOCTOR_PROBLEM], problems);
    doctor_free(&report);
}

#endif
