/* test_doctor_heap.c: the checks of jemalloc's heap and of the machine, without a process. */
#include "doctor_made.h"

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
    made.now.process.metadata = 74 * MIB;
    judged(&made, "arenas", DOCTOR_NOTE, "take 70.0M (60.3% of resident) and 4.00M for tables", "arenas_per_class");
    /* Fewer arenas would not make these smaller. */
    made.now.process.metadata = 66 * MIB;
    judged(&made, "arenas", DOCTOR_OK, "take 62.0M", "");
    made.now.process.metadata = 74 * MIB;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_named),         cmocka_unit_test(jemalloc_is_named),
        cmocka_unit_test(idle_pages_are_found),   cmocka_unit_test(arenas_are_counted),
        cmocka_unit_test(the_machine_has_limits), cmocka_unit_test(what_may_not_be_seen_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
