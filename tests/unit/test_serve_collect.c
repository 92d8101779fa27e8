/* test_serve_collect.c: whom metrics speak of: who runs, who is silent, who was asked for and is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "serve_collect.h"
#include "synth.h"

#define HOUR_NS UINT64_C(3600000000000)
#define COMM    "serve-unit-test"

static char *collect(char **words, int count)
{
    const struct serve_wanted wanted = {words, count};
    struct failure failure;
    struct serve_text text;

    assert_int_equal(serve_collect(&wanted, METRICS_OPENMETRICS, &text, &failure), 0);
    assert_int_equal(strlen(text.text), text.bytes);
    assert_string_equal(text.text + text.bytes - 6, "# EOF\n");
    return text.text;
}

/* Whether there is a line that begins so: FAMILY, this process's labels, REST. */
static bool has(const char *text, const char *family, const char *rest)
{
    char wanted[300];

    snprintf(wanted, sizeof(wanted), "\n%s{pid=\"%d\",comm=\"" COMM "\"%s", family, (int)getpid(), rest);
    return strstr(text, wanted) != NULL;
}

/* This process's segment, as if the agent were here. Where it is not to be late its next heartbeat is there already: who
 * collects may be kept from it for longer than an agent may be silent. */
static struct segment open_segment(unsigned history, uint64_t late_ns)
{
    struct synth_options options;
    struct segment segment;
    struct timespec now;

    synth_defaults(&options);
    options.history = history;
    clock_gettime(CLOCK_MONOTONIC, &now);
    options.mono_ns = (uint64_t)now.tv_sec * UINT64_C(1000000000);
    assert_int_equal(synth_segment(&options, &segment), 0);
    segment_beat(&segment, late_ns == 0 ? options.mono_ns + HOUR_NS : options.mono_ns - late_ns);
    return segment;
}

static void close_segment(struct segment *segment)
{
    segment_disown(segment);
    segment_close(segment, true);
}

static void a_process_that_publishes_is_up_with_its_figures(void **state)
{
    (void)state;
    char name[] = COMM, pid[16];
    char *words[2][1] = {{name}, {pid}};
    struct segment segment = open_segment(3, 0);

    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    for (size_t i = 0; i < 2; i++) {
        char *text = collect(words[i], 1);
        assert_true(has(text, "arenatop_up", "} 1\n"));
        assert_true(has(text, "arenatop_class_live_bytes", ",class=\"main\"} "));
        assert_null(strstr(strstr(text, "\narenatop_up{") + 1, "\narenatop_up{"));
        free(text);
    }
    char *text = collect(NULL, 0);
    assert_true(has(text, "arenatop_up", "} 1\n"));
    free(text);
    close_segment(&segment);
}

static void one_that_has_published_nothing_is_down(void **state)
{
    (void)state;
    struct segment segment = open_segment(0, 0);

    char *text = collect(NULL, 0);
    assert_true(has(text, "arenatop_up", "} 0\n"));
    assert_false(has(text, "arenatop_class_live_bytes", ""));
    free(text);
    close_segment(&segment);
}

static void one_whose_agent_is_silent_is_down(void **state)
{
    (void)state;
    struct segment segment = open_segment(3, UINT64_C(60000000000));

    char *text = collect(NULL, 0);
    assert_true(has(text, "arenatop_up", "} 0\n"));
    assert_false(has(text, "arenatop_class_live_bytes", ""));
    free(text);
    close_segment(&segment);
}

static void one_that_ended_is_not_there(void **state)
{
    (void)state;
    struct segment segment = open_segment(3, 0);

    segment_set_state(&segment, AT_STATE_EXITED);
    char *text = collect(NULL, 0);
    assert_false(has(text, "arenatop_up", ""));
    free(text);
    close_segment(&segment);
}

static void others_were_not_asked_for(void **state)
{
    (void)state;
    char name[] = "serve-unit-tes", number[] = "2147483647";
    char *words[] = {name, number, name};
    struct segment segment = open_segment(3, 0);

    char *text = collect(words, 3);
    assert_false(has(text, "arenatop_up", ""));
    assert_non_null(strstr(text, "\narenatop_up{pid=\"\",comm=\"serve-unit-tes\"} 0\n"
                                 "arenatop_up{pid=\"2147483647\",comm=\"\"} 0\n#"));
    free(text);
    close_segment(&segment);
}

/* Lays the segment's bytes in once more, as those of a process of a namespace that cannot be seen from here. */
static void lay_in(const struct segment *segment, const char *name, const char *comm)
{
    struct at_header header = *segment->header;
    char path[64];

    header.pidns++;
    snprintf(header.comm, sizeof(header.comm), "%s", comm);
    snprintf(path, sizeof(path), "/dev/shm/%s", name);
    FILE *file = fopen(path, "wx");
    assert_non_null(file);
    assert_int_equal(fchmod(fileno(file), 0600), 0);
    assert_int_equal(fwrite(&header, sizeof(header), 1, file), 1);
    assert_int_equal(
        fwrite((const char *)segment->header + sizeof(header), segment->map_bytes - sizeof(header), 1, file), 1);
    assert_int_equal(fclose(file), 0);
}

/* Metrics must not say the same of two, whatever else stands between them in the list: processes whose pids mean nothing here
 * are told apart by their names alone. */
static void of_two_with_the_same_labels_one_is_there(void **state)
{
    (void)state;
    static const char *const names[] = {"arenatop.1.0000000000000001", "arenatop.1.0000000000000002",
                                        "arenatop.1.0000000000000003", "arenatop.1.0000000000000004"};
    static const char *const comms[] = {"unseen-b", "unseen-a", "unseen-b", "unseen-a"};
    struct segment segment = open_segment(3, 0);

    for (size_t i = 0; i < 4; i++)
        lay_in(&segment, names[i], comms[i]);
    char *text = collect(NULL, 0);
    for (size_t i = 0; i < 4; i++) {
        char line[64], path[64];
        snprintf(line, sizeof(line), "\narenatop_up{pid=\"\",comm=\"%s\"} 1\n", comms[i]);
        const char *found = strstr(text, line);
        assert_non_null(found);
        assert_null(strstr(found + 1, line));
        snprintf(path, sizeof(path), "/dev/shm/%s", names[i]);
        assert_int_equal(unlink(path), 0);
    }
    assert_true(has(text, "arenatop_up", "} 1\n"));
    free(text);
    close_segment(&segment);
}

/* Of a process that runs on when its segment has lost its owner: an exec makes it another program. Who has the pid later is not
 * it. */
static void what_a_process_was_before_an_exec_is_no_crash(void **state)
{
    (void)state;
    char name[] = COMM, *words[] = {name};
    struct segment segment = open_segment(3, 0);
    uint32_t owner = segment.header->owner_word;

    segment.header->owner_word |= AT_OWNER_DIED;
    for (uint64_t records = 0; records < 2; records++) {
        char line[64];
        segment.header->start_ticks += records;
        char *text = collect(words, 1);
        snprintf(line, sizeof(line), "\narenatop_serve_records %d\n", (int)records);
        assert_non_null(strstr(text, line));
        free(text);
    }
    segment.header->start_ticks--;
    segment.header->owner_word = owner;
    close_segment(&segment);
}

/* Who asked for it by pid sees its series fall to 0, not end while another without a name begins. */
static void a_pid_that_crashed_keeps_its_name(void **state)
{
    (void)state;
    char pid[16], *words[] = {pid};
    struct segment segment = open_segment(3, 0);
    uint32_t owner = segment.header->owner_word;

    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    segment.header->owner_word |= AT_OWNER_DIED;
    segment.header->start_ticks++;
    char *text = collect(words, 1);
    assert_true(has(text, "arenatop_up", "} 0\n"));
    free(text);
    segment.header->start_ticks--;
    segment.header->owner_word = owner;
    close_segment(&segment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_that_publishes_is_up_with_its_figures),
        cmocka_unit_test(one_that_has_published_nothing_is_down),
        cmocka_unit_test(one_whose_agent_is_silent_is_down),
        cmocka_unit_test(one_that_ended_is_not_there),
        cmocka_unit_test(others_were_not_asked_for),
        cmocka_unit_test(of_two_with_the_same_labels_one_is_there),
        cmocka_unit_test(what_a_process_was_before_an_exec_is_no_crash),
        cmocka_unit_test(a_pid_that_crashed_keeps_its_name),
    };

    prctl(PR_SET_NAME, COMM);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
