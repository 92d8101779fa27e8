/* test_doctor_start.c: what is said of a process without the agent. */
#include "doctor_made.h"

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
        cmocka_unit_test(a_process_without_the_agent_is_told_how),
        cmocka_unit_test(a_program_that_cannot_have_it_says_why),
        cmocka_unit_test(an_agent_that_is_silent_is_asked_why),
        cmocka_unit_test(settings_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
