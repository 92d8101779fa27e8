/* test_doctor_process.c: what /proc says of this very process, and environments of any bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "doctor_process.h"

static void the_environment_is_taken_apart(void **state)
{
    (void)state;
    static const char block[] = "A=1\0LD_PRELOAD=/x/libarenatop.so:libjemalloc.so.2\0NOT_MALLOC_CONF=prof:true\0"
                                "MALLOC_CONF=background_thread:true\0LD_PRELOAD_NOT=x\0ARENATOP_CONF=mode:fl";
    struct doctor_process process = {0};

    doctor_process_parse_environment(&process, block, sizeof(block) - 1);
    assert_string_equal(process.preload, "/x/libarenatop.so:libjemalloc.so.2");
    assert_string_equal(process.malloc_conf, "background_thread:true");
    /* The last one was cut. */
    assert_string_equal(process.agent_conf, "mode:fl");
}

static void long_values_are_cut(void **state)
{
    (void)state;
    char block[3 * DOCTOR_CONF_BYTES];
    struct doctor_process process = {0};

    memset(block, 'x', sizeof(block));
    memcpy(block, "MALLOC_CONF=", 12);
    doctor_process_parse_environment(&process, block, sizeof(block));
    assert_int_equal(strlen(process.malloc_conf), DOCTOR_CONF_BYTES - 1);
    assert_string_equal(process.agent_conf, "");
}

static void this_process_is_read(void **state)
{
    (void)state;
    struct proc proc;
    struct doctor_process process;

    assert_int_equal(procs_read(&proc, getpid()), 0);
    doctor_process_read(&process, &proc);
    doctor_process_read_program(&process, &proc);
    assert_true(process.there && process.maps_known && process.environment_known && process.program_known);
    assert_false(process.agent_mapped || process.jemalloc_in_program);
    assert_string_equal(process.jemalloc, "");
    assert_string_equal(process.program_refusal, "");
    assert_non_null(strstr(process.command, "test_doctor_process"));
    assert_string_equal(process.command_remark, "");
}

struct pretender {
    const char *name;
    pthread_barrier_t *released;
};

static void *pretend(void *argument)
{
    const struct pretender *self = argument;

    prctl(PR_SET_NAME, self->name);
    pthread_barrier_wait(self->released);
    pthread_barrier_wait(self->released);
    return NULL;
}

static void threads_of_jemalloc_and_the_kernel_are_counted(void **state)
{
    (void)state;
    struct proc proc;
    struct doctor_process process;
    pthread_t threads[3];
    pthread_barrier_t released;
    struct pretender pretenders[] = {
        {"jemalloc_bg_thd", &released}, {"iou-wrk-32177", &released}, {"iou-sqp-32177", &released}};

    assert_int_equal(procs_read(&proc, getpid()), 0);
    doctor_process_read(&process, &proc);
    assert_int_equal(process.jemalloc_threads, 0);
    assert_int_equal(process.kernel_threads, 0);
    pthread_barrier_init(&released, NULL, 4);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, pretend, &pretenders[i]), 0);
    pthread_barrier_wait(&released);
    doctor_process_read(&process, &proc);
    pthread_barrier_wait(&released);
    for (size_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&released);
    assert_int_equal(process.jemalloc_threads, 1);
    assert_int_equal(process.kernel_threads, 2);
}

static void a_process_that_is_gone_is_unknown(void **state)
{
    (void)state;
    const struct proc proc = {.pid = INT32_MAX};
    struct doctor_process process;

    doctor_process_read(&process, &proc);
    doctor_process_read_program(&process, &proc);
    assert_false(process.maps_known || process.environment_known || process.program_known);
    assert_string_equal(process.command, "COMMAND");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environment_is_taken_apart),
        cmocka_unit_test(long_values_are_cut),
        cmocka_unit_test(this_process_is_read),
        cmocka_unit_test(threads_of_jemalloc_and_the_kernel_are_counted),
        cmocka_unit_test(a_process_that_is_gone_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
