/* test_doctor.c: what each check makes of facts, without a process. */
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

static void name_row(struct at_class *row, const char *name, uint64_t live)
{
    snprintf(row->name, sizeof(row->name), "%s", name);
    row->mode = AT_MODE_EXACT;
    row->live = live;
    row->alloc_bytes = live;
    row->threads = 1;
    row->arenas = 1;
}

static void make(struct made *made)
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
static void judged(const struct made *made, const char *name, enum doctor_level level, const char *text,
                   const char *advice)
{
    struct doctor_finding finding;

    assert_true(doctor_check(&finding, name, &made->facts));
    if (finding.level != level || strstr(finding.text, text) == NULL ||
        (advice[0] == '\0' ? finding.advice[0] != '\0' : strstr(finding.advice, advice) == NULL))
        fail_msg("%s: %s: '%s' -> '%s'; wanted %s: '%s' -> '%s'", name, doctor_level_word(finding.level), finding.text,
                 finding.advice, doctor_level_word(level), text, advice);
}

static void attributed(const struct made *made, const char *word, size_t problems)
{
    struct doctor_report report;

    assert_int_equal(doctor_examine(&report, &made->facts), 0);
    assert_string_equal(report.attribution, word);
    assert_int_equal(report.levels[DOCTOR_PROBLEM], problems);
    doctor_free(&report);
}

/* ---- all in all ---- */

static void the_healthy_have_nothing(void **state)
{
    (void)state;
    struct made made;
    struct doctor_report report;

    make(&made);
    assert_int_equal(doctor_examine(&report, &made.facts), 0);
    assert_string_equal(report.attribution, "exact");
    assert_int_equal(report.count, 18);
    for (size_t i = 0; i < report.count; i++) {
        if (report.findings[i].level != DOCTOR_OK || report.findings[i].advice[0] != '\0')
            fail_msg("%s: %s -> %s", report.findings[i].name, report.findings[i].text, report.findings[i].advice);
        assert_true(report.findings[i].text[0] != '\0');
    }
    assert_int_equal(report.levels[DOCTOR_OK], report.count);
    doctor_free(&report);
    struct doctor_finding finding;
    assert_false(doctor_check(&finding, "program", &made.facts));
    assert_false(doctor_check(&finding, "nothing", &made.facts));
}

/* Of an agent that is newer than this program. */
static void unknown_reasons_have_an_advice(void **state)
{
    (void)state;
    struct made made;

    make(&made);
    made.now.head.mode = AT_MODE_FLOW;
    made.now.head.reason = AT_REASON_NONE;
    judged(&made, "mode", DOCTOR_PROBLEM, "no reason is given", "the arenatop that came with the agent");
    made.now.head.reason = AT_REASON_COUNT + 7;
    judged(&made, "mode", DOCTOR_PROBLEM, "estimates", "the arenatop that came with the agent");
    make(&made);
    made.rows[1].mode = AT_MODE_FLOW;
    made.rows[1].reason = AT_REASON_COUNT + 7;
    judged(&made, "classes", DOCTOR_PROBLEM, "main is an estimate", "the arenatop that came with the agent");
}

static void what_needs_more_says_so(void **state)
{
    (void)state;
    struct made made;

    make(&made);
    made.facts.subject = DOCTOR_RECORD;
    made.facts.process = (struct doctor_process){0};
    judged(&made, "shm", DOCTOR_SKIPPED, "needs the live process, which is gone", "");
    judged(&made, "access", DOCTOR_SKIPPED, "which is gone", "");
    judged(&made, "jemalloc", DOCTOR_OK, "how it is linked needs the live process", "");
    made.facts.subject = DOCTOR_FILE;
    judged(&made, "shm", DOCTOR_SKIPPED, "this is a file", "");
    made.facts.subject = DOCTOR_PROCESS;
    judged(&made, "shm", DOCTOR_SKIPPED, "pid namespace", "");
    made.facts.now = NULL;
    judged(&made, "books", DOCTOR_SKIPPED, "needs a snapshot", "");
    judged(&made, "mode", DOCTOR_OK, "exact", "");
    attributed(&made, "exact", 0);
}

/* ---- the agent ---- */

static void the_agent_is_looked_at(void **state)
{
    (void)state;
    struct made made;

    make(&made);
    snprintf(made.facts.header.agent_version, sizeof(made.facts.header.agent_version), "1.0.0");
    judged(&made, "agent", DOCTOR_NOTE, "version 1.0.0, and this program is 1.2.3", "restart");
    make(&made);
    made.facts.silent_ns = 11 * S;
    judged(&made, "agent", DOCTOR_PROBLEM, "no sign of life for 00:11", "restart");
    made.facts.process.state = 'T';
    judged(&made, "agent", DOCTOR_NOTE, "stopped", "kill -CONT 42");
    made.now.agent.interval_ns = 60 * S;
    judged(&made, "agent", DOCTOR_OK, "the same as this program", "");
    make(&made);
    made.facts.now = NULL;
    judged(&made, "agent", DOCTOR_NOTE, "has not published yet", "ask again");
    make(&made);
    made.facts.subject = DOCTOR_RECORD;
    judged(&made, "agent", DOCTOR_NOTE, "died without a word", "arenatop gc");
    made.facts.header.state = AT_STATE_EXITED;
    judged(&made, "agent", DOCTOR_OK, "ended cleanly", "");
}

static void the_agent_costs(void **state)
{
    (void)state;
    struct made made;

    make(&made);
    made.now.agent.cpu_ns = 30 * S * 2 / 100; /* of 30 s */
    judged(&made, "cost", DOCTOR_NOTE, "2.0% of a core", "interval_ms");
    made.now.agent.cpu_ns = 30 * S / 10;
    judged(&made, "cost", DOCTOR_PROBLEM, "10.0% of a core", "interval_ms");
    made.facts.header.created_mono_ns = 125 * S; /* too young to be judged by its start */
    judged(&made, "cost", DOCTOR_OK, "a snapshot takes 300.0us", "");
    made.facts.header.created_mono_ns = 200 * S; /* a lie */
    judged(&made, "cost", DOCTOR_OK, "", "");
}

static void a_stretched_interval_is_told(void **state)
{
    (void)state;
    struct made made;

    make(&made);
    made.now.agent.interval_ns = 2 * S;
    judged(&made, "interval", DOCTOR_NOTE, "a snapshot every 2.00s (stretched)", "arenas_per_class");
    snprintf(made.facts.process.agent_conf, DOCTOR_CONF_BYTES, "quiet:true,interval_ms:2000");
    judged(&made, "interval", DOCTOR_OK, "a snapshot every 2.00s,", "");
    snprintf(made.facts.process.agent_conf, DOCTOR_CONF_BYTES, "interval_ms:18446744073710");
    judged(&made, "interval", DOCTOR_OK, "a snapshot every 2.00s,", "");
    snprintf(made.facts.process.agent_conf, DOCTOR_CONF_BYTES, "interval_ms:2000");
    made.now.agent.peak_ns = S;
    judged(&made, "interval", DOCTOR_NOTE, "a look for peaks every 1.00s (stretched)", "peak_ms");
    made.now.agent.peak_ns = 0;
    judged(&made, "interval", DOCTOR_OK, "looks for peaks are off", "");
    /* Without the environment there is the agent's word alone. */
    made.facts.process.environment_known = false;
    made.facts.process.agent_conf[0] = '\0';
    judged(&made, "interval", DOCTOR_OK, "2.00s", "");
    made.now.nwarnings = 1;
    snprintf(made.warnings[0], AT_WARNING_BYTES, "snapshots cost over 1 %% of a core");
    judged(&made, "interval", DOCTOR_NOTE, "(stretched)", "arenas_per_class");
}

static void history_and_warnings(void **state)
{
    (void)state;
    struct made made;

    make(&made);
    made.facts.overwritten = true;
    judged(&made, "history", DOCTOR_NOTE, "30 snapshots over 00:29 in a ring of 16.0M; older", "ring_bytes:67108864");
    /* A recording's header may say anything. */
    made.facts.header.ring_bytes = UINT64_C(1) << 62;
    judged(&made, "history", DOCTOR_NOTE, "older", "ring_bytes:1073741824");
    made.facts.header.ring_bytes = 16 * MIB;
    made.facts.history_ns = 100 * S;
    judged(&made, "history", DOCTOR_OK, "overwritten", "");
    made.facts.missing = 3;
    judged(&made, "history", DOCTOR_NOTE, "3 are missing", "too slow");
    made.now.nwarnings = 2;
    snprintf(made.warnings[0], AT_WARNING_BYTES, "first");
    snprintf(made.warnings[1], AT_WARNING_BYTES, "second");
    judged(&made, "warnings", DOCTOR_NOTE, "2 of the agent: first; second", "ARENATOP_CONF");
}

/* ---- attribution ---- */

static void modes_have_reasons(void **state)
{
    (void)state;
    static const struct {
        enum at_reason reason;
        enum doctor_level level;
        const char *advice;
    } rows[] = {
        {AT_REASON_ASKED, DOCTOR_NOTE, "mode:flow"},
        {AT_REASON_NO_INTERPOSITION, DOCTOR_PROBLEM, "prefix"},
        {AT_REASON_PRELOAD_ORDER, DOCTOR_PROBLEM, "LD_PRELOAD"},
        {AT_REASON_STATIC_JEMALLOC, DOCTOR_PROBLEM, "-ljemalloc"},
        {AT_REASON_NO_REGIONS, DOCTOR_PROBLEM, "47 bits"},
        {AT_REASON_NOT_JEMALLOC_FREE, DOCTOR_PROBLEM, "other malloc library"},
        {AT_REASON_OTHER_NAMES, DOCTOR_PROBLEM, "without a prefix"},
        {AT_REASON_SECCOMP, DOCTOR_PROBLEM, "let the filter pass"},
        {AT_REASON_HPA, DOCTOR_PROBLEM, "hpa:true"},
    };
    struct made made;

    make(&made);
    made.now.head.mode = AT_MODE_FLOW;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        made.now.head.reason = rows[i].reason;
        judged(&made, "mode", rows[i].level, at_reason_text(rows[i].reason), rows[i].advice);
    }
    judged(&made, "books", DOCTOR_SKIPPED, "exact mode only", "");
    judged(&made, "classes", DOCTOR_OK, "all of them estimates", "");
    attributed(&made, "partial", 1);
    made.now.head.reason = 4711; /* of a newer agent */
    judged(&made, "mode", DOCTOR_PROBLEM, "estimates", "the arenatop that came with the agent");
    made.now.head.mode = AT_MODE_NONE;
    attributed(&made, "impossible", 1);
}

static void single_classes_may_be_estimates(void **state)
{
    (void)state;
    struct made made;

    make(&made);
    made.rows[1].mode = AT_MODE_FLOW;
    made.rows[1].reason = AT_REASON_SHARED_ARENA;
    judged(&made, "classes", DOCTOR_NOTE, "2: main is an estimate: a rule binds", "leave arena= out");
    attributed(&made, "partial", 0);
    made.rows[2].mode = AT_MODE_FLOW;
    made.rows[2].reason = AT_REASON_REGION_FULL;
    judged(&made, "classes", DOCTOR_PROBLEM, "; work-* is an estimate: the class's address region", "several classes");
    made.now.head.mode = AT_MODE_FLOW;
    judged(&made, "classes", DOCTOR_OK, "as the process", "");
    /* What (unbound) shares with an estimate is no class's fault. */
    make(&made);
    made.rows[0].mode = AT_MODE_FLOW;
    judged(&made, "classes", DOCTOR_OK, "2, all of them exact", "");
    attributed(&made, "exact", 0);
}

static void books_close_or_do_not(void **state)
{
    (void)state;
    struct made made;

    make(&made);
    made.facts.nbooks = 2;
    made.facts.books[0] = (struct doctor_books){.unexplained_bytes = -(int64_t)MIB, .moved_bytes = 10};
    made.facts.books[1] = (struct doctor_books){.unexplained_bytes = -(int64_t)MIB, .moved_bytes = MIB - 1};
    judged(&made, "books", DOCTOR_NOTE, "off by -1.00M (-1048576 bytes) in each of the newest 2", "arenatop diff");
    made.facts.books[1].moved_bytes = MIB;
    judged(&made, "books", DOCTOR_OK, "close", "");
    made.facts.books[1].moved_bytes = 0;
    judged(&made, "books", DOCTOR_PROBLEM, "off by", "arenatop diff");
    snprintf(made.facts.process.malloc_conf, DOCTOR_CONF_BYTES, "prof:true,background_thread:true");
    judged(&made, "books", DOCTOR_NOTE, "prof:true rounds", "prof:true");
    snprintf(made.facts.process.malloc_conf, DOCTOR_CONF_BYTES, "prof:true,prof:false");
    judged(&made, "books", DOCTOR_PROBLEM, "off by", "arenatop diff");
    made.facts.books[0].threads_unseen = made.facts.books[1].threads_unseen = made.now.agent.threads_unseen = 2;
    judged(&made, "books", DOCTOR_PROBLEM, "no hook saw", "threads");
    make(&made);
    made.facts.books[0].unexplained_bytes = 4096;
    snprintf(made.facts.process.malloc_conf, DOCTOR_CONF_BYTES, "background_thread:true");
    judged(&made, "books", DOCTOR_NOTE, "background threads", "");
    made.facts.books[0].unexplained_bytes = INT64_MIN;
    judged(&made, "books", DOCTOR_PROBLEM, "-9223372036854775808", "arenatop diff");
    made.facts.nbooks = 0;
    judged(&made, "books", DOCTOR_SKIPPED, "needs a snapshot", "");
}

static void memory_of_no_class_is_weighed(void **state)
{
    (void)state;
    struct made made;

    make(&made);
    made.rows[0].live = 20 * MIB;
    judged(&made, "unbound", DOCTOR_NOTE, "16.7% of what is live is of no class (20.0M)", "rule");
    made.rows[0].live = 101 * MIB;
    judged(&made, "unbound", DOCTOR_PROBLEM, "50.2%", "rule");
    made.rows[1].live = made.rows[2].live = 0;
    made.rows[0].live = MIB - 1; /* all of it, but it is nothing */
    judged(&made, "unbound", DOCTOR_OK, "100%", "");
    made.rows[0].live = 0;
    judged(&made, "unbound", DOCTOR_OK, "- of what is live", "");
}

static void classes_and_threads_out_of_reach(void **state)
{
    (void)state;
    struct made made;

    make(&made);
    name_row(&made.rows[3], "(other)", 3 * MIB);
    made.rows[3].threads = 9;
    made.now.nclasses = 4;
    judged(&made, "overflow", DOCTOR_PROBLEM, "(other) has 9 threads and holds 3.00M", "ARENATOP_RULES");
    make(&made);
    made.now.agent.threads_unseen = 2;
    made.facts.books[0].threads_unseen = 2;
    judged(&made, "threads", DOCTOR_PROBLEM, "2 that no hook", "pthread_create");
    attributed(&made, "partial", 1);
    made.facts.process.jemalloc_threads = 1;
    judged(&made, "threads", DOCTOR_PROBLEM, "1 that no hook", "pthread_create");
    made.facts.process.kernel_threads = 1;
    judged(&made, "threads", DOCTOR_OK, "met all of them", "");
    made.facts.process.kernel_threads = 0;
    made.facts.process.jemalloc_threads = 3;
    judged(&made, "threads", DOCTOR_OK, "met all of them", "");
    attributed(&made, "exact", 0);
    /* Two of the three are among those that the agent has met. */
    struct at_thread threads[] = {
        {.name = "jemalloc_bg_thd"}, {.name = "work-1"}, {.name = "jemalloc_bg_thd"}, {.name = "main"}};
    made.now.threads = threads;
    made.now.nthreads = 4;
    judged(&made, "threads", DOCTOR_PROBLEM, "1 that no hook", "pthread_create");
    made.now.nthreads = 0;
    /* Whether they were jemalloc's own the record does not say. */
    made.facts.process = (struct doctor_process){0};
    made.facts.subject = DOCTOR_RECORD;
    judged(&made, "threads", DOCTOR_NOTE, "2 that no hook", "");
    attributed(&made, "exact", 0);
    /* One snapshot met a thread that was just being made. */
    made.facts.books[1].threads_unseen = 0;
    made.facts.nbooks = 2;
    judged(&made, "threads", DOCTOR_OK, "met all of them: 3", "");
    made.now.agent.threads_left_out = 5;
    judged(&made, "threads", DOCTOR_NOTE, "the smallest 5 have no row", "ring_bytes");
}

/* ---- the heap ---- */

static void order_is_named(void **state)
{
    (void)state;
    struct made made;

    make(&made);
    judged(&made, "order", DOCTOR_OK, "(LD_PRELOAD=/lib/libarenatop.so:libjemalloc.so.2)", "");
    made.now.head.mode = AT_MODE_FLOW;
    made.now.head.reason = AT_REASON_PRELOAD_ORDER;
    judged(&made, "order", DOCTOR_PROBLEM, "the agent is first in LD_PRELOAD", "in this order");
    snprintf(made.facts.process.preload, DOCTOR_CONF_BYTES, "libjemalloc.so.2 /lib/libarenatop.so");
    judged(&made, "order", DOCTOR_PROBLEM, "jemalloc before the agent: libjemalloc.so.2 /lib", "in this order");
    snprintf(made.facts.process.preload, DOCTOR_CONF_BYTES, "libfoo.so:/lib/libarenatop.so");
    judged(&made, "order", DOCTOR_PROBLEM, "something stands before the agent", "in this order");
    made.facts.process.preload[0] = '\0';
    judged(&made, "order", DOCTOR_PROBLEM, "another allocator", "in this order");
    made.now.head.reason = AT_REASON_STATIC_JEMALLOC;
    judged(&made, "order", DOCTOR_NOTE, "linked into the executable", "mode");
    made.now.head.reason = AT_REASON_ASKED;
    judged(&made, "order", DOCTOR_OK, "not what keeps", "");
}

static void jemalloc_is_named(void **state)
{
    (void)state;
    struct made made;

    make(&made);
    judged(&made, "jemalloc", DOCTOR_OK, "5.3.0-0-g54eaed1, a shared library: /lib/libjemalloc.so.2", "");
    made.facts.process.jemalloc_in_program = true;
    judged(&made, "jemalloc", DOCTOR_OK, ", linked into the program", "");
    snprintf(made.facts.process.other_malloc, sizeof(made.facts.process.other_malloc), "libtcmalloc.so.4");
    judged(&made, "jemalloc", DOCTOR_NOTE, "libtcmalloc.so.4 is loaded too", "leave the other");
    made.facts.process.maps_known = false;
    judged(&made, "jemalloc", DOCTOR_NOTE, "may not be known by this user", "leave");
}

static void idle_pages_are_found(void **state)
{
    (void)state;
    struct made made;

    make(&made);
    made.rows[1].dirty = 9 * MIB;
    made.rows_before[1].dirty = 8 * MIB;
    judged(&made, "idle", DOCTOR_NOTE, "8.00M in unused pages of classes that fell silent: main 8.00M",
           "background_thread:true");
    made.rows[1].dirty = made.rows_before[1].dirty = 80 * MIB;
    judged(&made, "idle", DOCTOR_PROBLEM, "80.0M", "background_thread:true gives");
    made.now.process.rss = 10000 * MIB;
    judged(&made, "idle", DOCTOR_NOTE, "80.0M", "background_thread:true gives");
    snprintf(made.facts.process.malloc_conf, DOCTOR_CONF_BYTES, "background_thread:true");
    judged(&made, "idle", DOCTOR_NOTE, "80.0M", "dirty_decay_ms");
    /* Any sign of life, and jemalloc gives them back by itself. */
    uint64_t *const signs[] = {&made.rows[1].alloc_bytes, &made.rows[1].released_bytes, &made.rows[1].nmalloc,
                               &made.rows[1].ndalloc};
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        ++*signs[i];
        judged(&made, "idle", DOCTOR_OK, "no class", "");
        --*signs[i];
    }
    snprintf(made.rows_before[1].name, AT_CLASS_NAME_BYTES, "another");
    judged(&made, "idle", DOCTOR_OK, "no class", "");
    made.facts.before = NULL;
    judged(&made, "idle", DOCTOR_SKIPPED, "10 s of history", "");
}

static void arenas_are_counted(void **state)
{
    (void)state;
    struct made made;

    make(&made);
    made.now.process.narenas = 600;
    judged(&made, "arenas", DOCTOR_NOTE, "600, 2 of them the classes'", "the program's own");
    made.rows[1].arenas = 500;
    judged(&made, "arenas", DOCTOR_NOTE, "600, 501 of them", "arenas_per_class");
    made.now.process.narenas = 4095;
    judged(&made, "arenas", DOCTOR_PROBLEM, "4095", "the program's own");
    made.now.process.narenas = 10;
    made.now.process.metadata = 70 * MIB;
    judged(&made, "arenas", DOCTOR_NOTE, "take 70.0M (58.3% of resident)", "arenas_per_class");
    made.now.process.resident = 7000 * MIB;
    judged(&made, "arenas", DOCTOR_OK, "70.0M", "");
}

/* ---- around it ---- */

static void the_machine_has_limits(void **state)
{
    (void)state;
    struct made made;

    make(&made);
    judged(&made, "memory", DOCTOR_OK, "no limit", "");
    made.now.process.limit = 200 * MIB;
    judged(&made, "memory", DOCTOR_OK, "65.0%", "");
    made.now.process.limit = 150 * MIB;
    judged(&made, "memory", DOCTOR_NOTE, "86.7% of the control group's 150.0M", "limit");
    made.now.process.limit = 131 * MIB;
    judged(&made, "memory", DOCTOR_PROBLEM, "99.2%", "limit");
    made.facts.shm_free_bytes = 34 * MIB;
    judged(&made, "shm", DOCTOR_OK, "34.0M of 64.0M are free", "");
    made.facts.shm_free_bytes = 33 * MIB;
    judged(&made, "shm", DOCTOR_NOTE, "33.0M of 64.0M are free", "half of it stays free");
    made.facts.shm_free_bytes = 15 * MIB;
    judged(&made, "shm", DOCTOR_NOTE, "15.0M of 64.0M are free", "arenatop gc");
    made.facts.shm_free_bytes = MIB - 1;
    judged(&made, "shm", DOCTOR_PROBLEM, "are free", "arenatop gc");
    made.facts.shm_free_bytes = made.facts.shm_size_bytes = 0;
    judged(&made, "shm", DOCTOR_OK, "no limit", "");
    made.facts.shm_read_only = true;
    judged(&made, "shm", DOCTOR_PROBLEM, "mounted read-only", "for writing");
    made.facts.shm_known = false;
    judged(&made, "shm", DOCTOR_NOTE, "cannot be looked at", "root");
}

static void what_may_not_be_seen_is_told(void **state)
{
    (void)state;
    struct made made;

    make(&made);
    made.facts.process.environment_known = false;
    judged(&made, "access", DOCTOR_NOTE, "may not see the process's environment", "user 7");
    made.facts.process.maps_known = false;
    judged(&made, "access", DOCTOR_NOTE, "mappings and environment", "user 7");
    make(&made);
    made.facts.process.nested = true;
    made.facts.process.inner_pid = 1;
    judged(&made, "access", DOCTOR_OK, "it is pid 1 in a pid namespace of its own", "");
}

/* ---- without the agent ---- */

static void make_unwatched(struct made *made)
{
    make(made);
    made->facts.subject = DOCTOR_UNWATCHED;
    made->facts.now = made->facts.before = NULL;
    made->facts.nbooks = 0;
    memset(&made->facts.header, 0, sizeof(made->facts.header));
    made->facts.process = (struct doctor_process){
        .there = true, .maps_known = true, .environment_known = true, .program_known = true, .command = "sleep 'a b'"};
}

static void a_process_without_the_agent_is_told_how(void **state)
{
    (void)state;
    struct made made;

    make_unwatched(&made);
    judged(&made, "agent", DOCTOR_PROBLEM, "not in this process", "start it with: arenatop run -- sleep 'a b'");
    judged(&made, "program", DOCTOR_OK, "dynamically", "");
    judged(&made, "malloc", DOCTOR_OK, "libc's", "");
    judged(&made, "shm", DOCTOR_OK, "a segment takes 16.0M", "");
    attributed(&made, "impossible", 1);
    made.facts.process.command_remark = " (something to know)";
    judged(&made, "agent", DOCTOR_PROBLEM, "", "sleep 'a b' (something to know)");
    snprintf(made.facts.process.other_malloc, sizeof(made.facts.process.other_malloc), "libtcmalloc.so.4");
    judged(&made, "malloc", DOCTOR_NOTE, "libtcmalloc.so.4", "leave it out");
    snprintf(made.facts.process.jemalloc, PATH_MAX, "/lib/libjemalloc.so.2");
    judged(&made, "malloc", DOCTOR_OK, "a shared library: /lib/libjemalloc.so.2", "");
    made.facts.process.jemalloc_in_program = true;
    judged(&made, "malloc", DOCTOR_NOTE, "estimates", "shared library");
}

static void a_program_that_cannot_have_it_says_why(void **state)
{
    (void)state;
    struct made made;

    make_unwatched(&made);
    snprintf(made.facts.process.program_refusal, sizeof(made.facts.process.program_refusal),
             "linked statically, so no agent; link it dynamically");
    judged(&made, "agent", DOCTOR_PROBLEM, "not in this process", "see program");
    judged(&made, "program", DOCTOR_PROBLEM, "linked statically, so no agent", "link it dynamically");
    judged(&made, "malloc", DOCTOR_SKIPPED, "does not matter", "");
    attributed(&made, "impossible", 2);
    snprintf(made.facts.process.program_refusal, sizeof(made.facts.process.program_refusal), "a thread of the kernel");
    judged(&made, "program", DOCTOR_PROBLEM, "a thread of the kernel", "");
}

static void an_agent_that_is_silent_is_asked_why(void **state)
{
    (void)state;
    struct made made;

    make_unwatched(&made);
    made.facts.process.agent_mapped = true;
    judged(&made, "agent", DOCTOR_PROBLEM, "no jemalloc serves malloc", "arenatop run -- sleep");
    snprintf(made.facts.process.jemalloc, PATH_MAX, "/lib/libjemalloc.so.2");
    judged(&made, "agent", DOCTOR_PROBLEM, "publishes nothing", "stderr");
    snprintf(made.facts.process.agent_conf, DOCTOR_CONF_BYTES, "enabled:false");
    judged(&made, "agent", DOCTOR_PROBLEM, "enabled:false", "leave");
}

/* ---- texts ---- */

static void settings_are_found(void **state)
{
    (void)state;
    char value[8] = "";

    assert_true(doctor_conf_value("a:1,bb:2,a:3", "a", value, sizeof(value)));
    assert_string_equal(value, "3");
    assert_true(doctor_conf_value("a:1,bb:22:3", "bb", value, sizeof(value)));
    assert_string_equal(value, "22:3");
    assert_true(doctor_conf_value("a:123456789", "a", value, sizeof(value)));
    assert_string_equal(value, "1234567");
    assert_false(doctor_conf_value("bb:2", "b", value, sizeof(value)));
    assert_false(doctor_conf_value("xb:2,b", "b", value, sizeof(value)));
    assert_false(doctor_conf_value("", "b", value, sizeof(value)));
    assert_int_equal(doctor_preload_place("/a/libx.so:liby.so  /b/libz.so.2", "libz"), 2);
    assert_int_equal(doctor_preload_place(" libz.so", "libz.so"), 0);
    assert_int_equal(doctor_preload_place("/libz/liby.so", "libz"), -1);
    assert_int_equal(doctor_preload_place("", "libz"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_healthy_have_nothing),
        cmocka_unit_test(unknown_reasons_have_an_advice),
        cmocka_unit_test(what_needs_more_says_so),
        cmocka_unit_test(the_agent_is_looked_at),
        cmocka_unit_test(the_agent_costs),
        cmocka_unit_test(a_stretched_interval_is_told),
        cmocka_unit_test(history_and_warnings),
        cmocka_unit_test(modes_have_reasons),
        cmocka_unit_test(single_classes_may_be_estimates),
        cmocka_unit_test(books_close_or_do_not),
        cmocka_unit_test(memory_of_no_class_is_weighed),
        cmocka_unit_test(classes_and_threads_out_of_reach),
        cmocka_unit_test(order_is_named),
        cmocka_unit_test(jemalloc_is_named),
        cmocka_unit_test(idle_pages_are_found),
        cmocka_unit_test(arenas_are_counted),
        cmocka_unit_test(the_machine_has_limits),
        cmocka_unit_test(what_may_not_be_seen_is_told),
        cmocka_unit_test(a_process_without_the_agent_is_told_how),
        cmocka_unit_test(a_program_that_cannot_have_it_says_why),
        cmocka_unit_test(an_agent_that_is_silent_is_asked_why),
        cmocka_unit_test(settings_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
