/* test_doctor.c: what the checks make of facts, without a process: the agent, and what it attributes. */
#include "doctor_made.h"

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
    /* It has no ring that could be larger, and nobody overwrites what is not in it. */
    made.facts.is_recording = true;
    made.facts.history_ns = 29 * S;
    judged(&made, "history", DOCTOR_NOTE, "in a recording; it has none of the first; 3 are missing", "record --when");
    made.facts.missing = 0;
    judged(&made, "history", DOCTOR_OK, "30 snapshots over 00:29 in a recording", "");
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
        {AT_REASON_GUARDS, DOCTOR_PROBLEM, "san_guard_small"},
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
    made.facts.books[0].unexplained_bytes = 409600;
    snprintf(made.facts.header.jemalloc_version, sizeof(made.facts.header.jemalloc_version), "5.2.1-0-g0");
    judged(&made, "books", DOCTOR_NOTE, "jemalloc 5.2 does not count large blocks", "5.3");
    made.facts.books[0].unexplained_bytes = -409600;
    judged(&made, "books", DOCTOR_PROBLEM, "off by -400.0K", "arenatop diff");
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
