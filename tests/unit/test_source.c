/* test_source.c: segments as sources: places, loss, states, and files that lie, shrink or were copied while written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "atomics.h"
#include "source.h"
#include "synth.h"

/* A source, what it was opened from, and what there is to read. */
struct fixture {
    char folder[64];
    struct target file; /* "segment" in the folder */
    struct synth_options options;
    struct source *source;
    struct source_span span;
    struct snapshot snapshot;
    struct failure failure;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    strcpy(f->folder, "/tmp/test_source.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->file.kind = TARGET_FILE;
    snprintf(f->file.path, sizeof(f->file.path), "%s/segment", f->folder);
    synth_defaults(&f->options);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    source_close(f->source);
    snapshot_free(&f->snapshot);
    unlink(f->file.path);
    rmdir(f->folder);
    free(f);
    return 0;
}

static void open_file(struct fixture *f)
{
    assert_int_equal(synth_file(&f->options, f->file.path), 0);
    assert_int_equal(source_open(&f->source, &f->file, &f->failure), 0);
}

static void update(struct fixture *f)
{
    if (source_update(f->source, &f->span, &f->failure) < 0)
        fail_msg("%s", f->failure.text);
}

static uint64_t seq_at(struct fixture *f, uint64_t place)
{
    assert_int_equal(source_read(f->source, place, &f->snapshot, &f->failure), SOURCE_OK);
    return f->snapshot.head.seq;
}

/* ---- files ---- */

static void a_copy_gives_every_snapshot_by_place(void **state)
{
    struct fixture *f = *state;

    open_file(f);
    update(f);
    assert_int_equal(f->span.first, 0);
    assert_int_equal(f->span.end, 60);
    assert_int_equal(f->span.lost, 0);
    assert_int_equal(f->span.state, SOURCE_GONE);
    assert_int_equal(f->span.beat_ns, 0);
    for (uint64_t place = 0; place < 60; place++) {
        assert_int_equal(seq_at(f, place), place + 1);
        assert_int_equal(f->snapshot.classes[1].live, synth_live(&f->options, 1, place + 1));
    }
    /* Backwards as well as forwards, and nothing outside. */
    assert_int_equal(seq_at(f, 3), 4);
    assert_int_equal(source_read(f->source, 60, &f->snapshot, &f->failure), SOURCE_OVERWRITTEN);
    assert_int_equal(source_read(f->source, UINT64_MAX, &f->snapshot, &f->failure), SOURCE_OVERWRITTEN);
    /* A file does not change: the next look finds the same. */
    update(f);
    assert_int_equal(f->span.end, 60);
}

/* ---- a writer that never rests ---- */

struct runner {
    struct ring_writer ring;
    uint64_t stop;
};

static void *publish_for_ever(void *argument)
{
    struct runner *runner = argument;
    static _Alignas(8) const unsigned char something[256];

    while (load_acquire64(&runner->stop) == 0)
        ring_publish(&runner->ring, AT_RECORD_SNAPSHOT, something, sizeof(something));
    return NULL;
}

/* As fast as it is read, or faster: a look comes to an end all the same, with what was there when it began. */
static void a_writer_that_never_rests_does_not_hold_a_look_up(void **state)
{
    struct fixture *f = *state;
    struct runner runner = {.stop = 0};
    pthread_t thread;

    f->options.history = 0;
    open_file(f);
    int fd = open(f->file.path, O_RDWR);
    struct at_header *header =
        mmap(NULL, AT_HEADER_BYTES + AT_RING_BYTES_MIN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(header, MAP_FAILED);
    ring_writer_init(&runner.ring, &header->ring, (unsigned char *)header + AT_HEADER_BYTES, AT_RING_BYTES_MIN);
    assert_int_equal(pthread_create(&thread, NULL, publish_for_ever, &runner), 0);
    while (load_acquire64(&header->ring.tail) < 4 * AT_RING_BYTES_MIN)
        sched_yield();
    for (int looks = 0; looks < 200; looks++)
        update(f);
    store_release64(&runner.stop, 1);
    pthread_join(thread, NULL);
    update(f);
    update(f);
    assert_true(f->span.end > f->span.first);
    munmap(header, AT_HEADER_BYTES + AT_RING_BYTES_MIN);
    close(fd);
}

static void a_copy_says_what_it_is(void **state)
{
    struct fixture *f = *state;

    f->options.end = AT_STATE_EXITED;
    open_file(f);
    update(f);
    const struct source_about *about = source_about(f->source);
    assert_int_equal(about->kind, SOURCE_COPY);
    assert_int_equal(about->pid, 4711);
    assert_string_equal(about->comm, "synthetic");
    assert_string_equal(about->path, f->file.path);
    assert_int_equal(f->span.state, SOURCE_EXITED);
}

static void the_newest_needs_no_history(void **state)
{
    struct fixture *f = *state;

    open_file(f);
    assert_int_equal(source_read_latest(f->source, &f->snapshot, &f->failure), SOURCE_OK);
    assert_int_equal(f->snapshot.head.seq, 60);
}

static void places_are_found_by_number_and_time(void **state)
{
    struct fixture *f = *state;
    const uint64_t second = 1000000000;
    uint64_t place = 99;

    open_file(f);
    update(f);
    for (uint64_t seq = 1; seq <= 60; seq++) {
        assert_int_equal(source_find_seq(f->source, seq, &place, &f->failure), SOURCE_OK);
        assert_int_equal(place, seq - 1);
        uint64_t time_ns = f->options.time_ns + seq * second;
        assert_int_equal(source_find_time(f->source, time_ns, &place, &f->failure), SOURCE_OK);
        assert_int_equal(place, seq - 1);
        assert_int_equal(source_find_time(f->source, time_ns + second / 2, &place, &f->failure), SOURCE_OK);
        assert_int_equal(place, seq - 1);
    }
    assert_int_equal(source_find_seq(f->source, 0, &place, &f->failure), SOURCE_OVERWRITTEN);
    assert_int_equal(source_find_seq(f->source, 61, &place, &f->failure), SOURCE_OVERWRITTEN);
    assert_int_equal(source_find_time(f->source, 0, &place, &f->failure), SOURCE_OK);
    assert_int_equal(place, 0);
    assert_int_equal(source_find_time(f->source, UINT64_MAX, &place, &f->failure), SOURCE_OK);
    assert_int_equal(place, 59);
}

static void an_empty_history_is_no_error(void **state)
{
    struct fixture *f = *state;
    uint64_t place;

    f->options.history = 0;
    open_file(f);
    update(f);
    assert_int_equal(f->span.first, f->span.end);
    assert_int_equal(source_read_latest(f->source, &f->snapshot, &f->failure), SOURCE_OVERWRITTEN);
    assert_int_equal(source_find_seq(f->source, 1, &place, &f->failure), SOURCE_OVERWRITTEN);
    assert_int_equal(source_find_time(f->source, 1, &place, &f->failure), SOURCE_OVERWRITTEN);
}

/* ---- files that are none, or lie ---- */

static void fails_to_open(struct fixture *f, enum exit_code code, const char *text)
{
    assert_int_equal(source_open(&f->source, &f->file, &f->failure), -1);
    assert_null(f->source);
    assert_int_equal(f->failure.code, code);
    if (strstr(f->failure.text, text) == NULL)
        fail_msg("wanted '%s' in: %s", text, f->failure.text);
}

static void write_file(const struct fixture *f, const char *text)
{
    FILE *file = fopen(f->file.path, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void what_is_no_segment_is_refused(void **state)
{
    struct fixture *f = *state;
    struct target folder = {.kind = TARGET_FILE};

    fails_to_open(f, EXIT_FAILED, "/segment: No such file or directory");
    write_file(f, "");
    fails_to_open(f, EXIT_FAILED, "/segment: empty");
    write_file(f, "ARENA");
    fails_to_open(f, EXIT_FAILED, "/segment: neither a segment nor a recording");
    unlink(f->file.path);
    assert_int_equal(mkfifo(f->file.path, 0600), 0);
    fails_to_open(f, EXIT_FAILED, "/segment: not an ordinary file");
    snprintf(folder.path, sizeof(folder.path), "%s", f->folder);
    assert_int_equal(source_open(&f->source, &folder, &f->failure), -1);
    assert_non_null(strstr(f->failure.text, "Is a directory"));
}

static void a_file_cut_anywhere_is_refused(void **state)
{
    struct fixture *f = *state;
    static const off_t lengths[] = {8, 500, 1023, 1024, 4095, 4096, 4097, 65536, 4096 + 1048575};

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        assert_int_equal(synth_file(&f->options, f->file.path), 0);
        assert_int_equal(truncate(f->file.path, lengths[i]), 0);
        fails_to_open(f, EXIT_FAILED, lengths[i] < 1024 ? "/segment: " : "/segment: a segment that is damaged or cut");
    }
}

static void a_newer_format_is_named(void **state)
{
    struct fixture *f = *state;

    f->options.lie = SYNTH_LIE_VERSION;
    assert_int_equal(synth_file(&f->options, f->file.path), 0);
    fails_to_open(f, EXIT_FAILED, "/segment: written by another version, format ");
}

static void what_stands_before_a_lie_is_read(void **state)
{
    struct fixture *f = *state;

    f->options.lie = SYNTH_LIE_RECORD;
    open_file(f);
    assert_int_equal(source_update(f->source, &f->span, &f->failure), -1);
    assert_non_null(strstr(f->failure.text, "damaged"));
    assert_int_equal(f->span.end - f->span.first, 59);
    assert_int_equal(seq_at(f, 58), 59);
    /* The next look says the same, and does not find new places. */
    assert_int_equal(source_update(f->source, &f->span, &f->failure), -1);
    assert_int_equal(f->span.end, 59);
}

static void a_snapshot_that_lies_is_refused(void **state)
{
    struct fixture *f = *state;

    f->options.lie = SYNTH_LIE_SNAPSHOT;
    open_file(f);
    update(f);
    assert_int_equal(source_read(f->source, 59, &f->snapshot, &f->failure), SOURCE_DAMAGED);
    assert_non_null(strstr(f->failure.text, "breaks the rules"));
    assert_int_equal(source_read_latest(f->source, &f->snapshot, &f->failure), SOURCE_FAILED);
    assert_int_equal(seq_at(f, 58), 59);
}

static void words_that_lie_are_refused(void **state)
{
    struct fixture *f = *state;

    f->options.lie = SYNTH_LIE_WORDS;
    open_file(f);
    assert_int_equal(source_update(f->source, &f->span, &f->failure), -1);
    assert_int_equal(source_read_latest(f->source, &f->snapshot, &f->failure), SOURCE_FAILED);
}

static void a_file_that_shrinks_is_an_error(void **state)
{
    struct fixture *f = *state;

    open_file(f);
    update(f);
    assert_int_equal(truncate(f->file.path, 4096), 0);
    assert_int_equal(source_read(f->source, 30, &f->snapshot, &f->failure), SOURCE_FAILED);
    assert_non_null(strstr(f->failure.text, "shrank"));
    assert_int_equal(truncate(f->file.path, 0), 0);
    assert_int_equal(source_update(f->source, &f->span, &f->failure), -1);
    assert_non_null(strstr(f->failure.text, "shrank"));
    assert_int_equal(source_read_latest(f->source, &f->snapshot, &f->failure), SOURCE_FAILED);
}

static volatile sig_atomic_t bus_errors;

static void count_bus_error(int signal_number)
{
    (void)signal_number;
    bus_errors++;
}

static void others_keep_their_sigbus(void **state)
{
    struct fixture *f = *state;
    struct sigaction ours = {.sa_handler = count_bus_error}, before;

    sigemptyset(&ours.sa_mask);
    sigaction(SIGBUS, &ours, &before);
    a_file_that_shrinks_is_an_error(state);
    assert_int_equal(bus_errors, 0);
    raise(SIGBUS);
    assert_int_equal(bus_errors, 1);
    sigaction(SIGBUS, &before, NULL);
    assert_non_null(f->source);
}

/* Every byte of the file may be anything: no crash, no endless loop, and what is read is whole. */
static void random_damage_never_kills(void **state)
{
    struct fixture *f = *state;
    unsigned seed = 4711;

    for (int round = 0; round < 300; round++) {
        assert_int_equal(synth_file(&f->options, f->file.path), 0);
        int file = open(f->file.path, O_RDWR);
        for (int i = 0; i < 1 + round % 40; i++) {
            uint32_t word = (uint32_t)rand_r(&seed);
            /* The words of the ring, the first records, anywhere in the records. */
            static const int ranges[] = {1024, 4096 + 2048, 4096 + 400000};
            off_t at = rand_r(&seed) % ranges[round % 3];
            assert_int_equal(pwrite(file, &word, 1 + (size_t)round % 4, at), 1 + round % 4);
        }
        close(file);
        if (source_open(&f->source, &f->file, &f->failure) < 0)
            continue;
        source_update(f->source, &f->span, &f->failure);
        for (uint64_t place = f->span.first; place < f->span.end; place++)
            source_read(f->source, place, &f->snapshot, &f->failure);
        source_read_latest(f->source, &f->snapshot, &f->failure);
        source_close(f->source);
        f->source = NULL;
    }
}

/* ---- a segment that is written ---- */

/* The segment of this very process. */
struct writer {
    struct segment segment;
    void *buffer;
    struct target target;
};

static void start_writer(struct fixture *f, struct writer *writer)
{
    assert_int_equal(synth_segment(&f->options, &writer->segment), 0);
    writer->buffer = malloc(ring_payload_max(f->options.ring_bytes));
    assert_non_null(writer->buffer);
    writer->target = (struct target){.kind = TARGET_PROCESS, .pid = getpid(), .owner = geteuid()};
    snprintf(writer->target.path, sizeof(writer->target.path), "/dev/shm%s", writer->segment.name);
    memcpy(writer->target.comm, "test_source", 12);
    assert_int_equal(source_open(&f->source, &writer->target, &f->failure), 0);
}

static void publish(struct fixture *f, struct writer *writer, unsigned count)
{
    while (count-- > 0)
        assert_int_equal(synth_publish(&f->options, &writer->segment.ring, AT_STATE_LIVE, writer->buffer), 0);
}

static void end_writer(struct writer *writer)
{
    segment_disown(&writer->segment);
    segment_close(&writer->segment, true);
    free(writer->buffer);
}

static void new_snapshots_come_at_the_end(void **state)
{
    struct fixture *f = *state;
    struct writer writer;

    start_writer(f, &writer);
    update(f);
    assert_int_equal(f->span.state, SOURCE_LIVE);
    assert_int_equal(f->span.end, 60);
    publish(f, &writer, 3);
    assert_int_equal(source_read_latest(f->source, &f->snapshot, &f->failure), SOURCE_OK);
    assert_int_equal(f->snapshot.head.seq, 63);
    assert_int_equal(source_read(f->source, 60, &f->snapshot, &f->failure), SOURCE_OVERWRITTEN);
    update(f);
    assert_int_equal(f->span.end, 63);
    assert_int_equal(seq_at(f, 62), 63);
    assert_int_equal(source_about(f->source)->kind, SOURCE_SEGMENT);
    assert_int_equal(source_about(f->source)->pid, getpid());
    segment_set_state(&writer.segment, AT_STATE_EXITED);
    update(f);
    assert_int_equal(f->span.state, SOURCE_EXITED);
    end_writer(&writer);
}

static void what_is_overwritten_is_gone_and_what_was_missed_is_counted(void **state)
{
    struct fixture *f = *state;
    struct writer writer;

    start_writer(f, &writer);
    update(f);
    uint64_t first_seen = f->span.end;
    /* Some laps, unseen. */
    publish(f, &writer, 2000);
    assert_int_equal(source_read(f->source, 0, &f->snapshot, &f->failure), SOURCE_OVERWRITTEN);
    update(f);
    assert_true(f->span.lost > 0);
    assert_int_equal(f->span.lost + (f->span.end - first_seen), 2000);
    assert_true(f->span.first >= first_seen);
    assert_int_equal(seq_at(f, f->span.end - 1), 2060);
    uint64_t oldest = seq_at(f, f->span.first);
    /* Places keep their snapshots while others go. */
    publish(f, &writer, 20);
    uint64_t kept = f->span.end - 1;
    update(f);
    assert_int_equal(seq_at(f, kept), 2060);
    assert_true(seq_at(f, f->span.first) > oldest);
    uint64_t place;
    assert_int_equal(source_find_seq(f->source, 2075, &place, &f->failure), SOURCE_OK);
    assert_int_equal(seq_at(f, place), 2075);
    assert_int_equal(source_find_seq(f->source, oldest, &place, &f->failure), SOURCE_OVERWRITTEN);
    end_writer(&writer);
}

static void the_first_snapshot_ends_the_start(void **state)
{
    struct fixture *f = *state;
    struct writer writer;

    f->options.history = 0;
    start_writer(f, &writer);
    update(f);
    assert_int_equal(f->span.state, SOURCE_STARTING);
    assert_int_equal(source_read_latest(f->source, &f->snapshot, &f->failure), SOURCE_OVERWRITTEN);
    segment_set_state(&writer.segment, AT_STATE_LIVE);
    segment_beat(&writer.segment, 4711);
    publish(f, &writer, 1);
    update(f);
    assert_int_equal(f->span.state, SOURCE_LIVE);
    assert_int_equal(f->span.beat_ns, 4711);
    assert_int_equal(f->span.end, 1);
    end_writer(&writer);
}

static void a_killed_process_is_gone_and_readable(void **state)
{
    struct fixture *f = *state;
    struct target target = {.kind = TARGET_PROCESS, .owner = geteuid()};
    int ready[2];
    char name[SEGMENT_NAME_BYTES];

    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct segment segment;
        if (synth_segment(&f->options, &segment) != 0 || write(ready[1], segment.name, SEGMENT_NAME_BYTES) < 0)
            _exit(1);
        pause();
        _exit(0);
    }
    assert_int_equal(read(ready[0], name, sizeof(name)), sizeof(name));
    close(ready[0]);
    close(ready[1]);
    target.pid = child;
    snprintf(target.path, sizeof(target.path), "/dev/shm%s", name);
    assert_int_equal(source_open(&f->source, &target, &f->failure), 0);
    update(f);
    assert_int_equal(f->span.state, SOURCE_LIVE);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    update(f);
    assert_int_equal(f->span.state, SOURCE_GONE);
    assert_int_equal(seq_at(f, 59), 60);
    unlink(target.path);
    /* What is open stays readable; the name is gone for the next. */
    assert_int_equal(seq_at(f, 0), 1);
    source_close(f->source);
    assert_int_equal(source_open(&f->source, &target, &f->failure), -1);
    assert_int_equal(f->failure.code, EXIT_NO_TARGET);
}

/* cp copies the header first and the data later: here the writer goes round by `count` snapshots in between. */
static void copy_while_written(struct fixture *f, struct writer *writer, unsigned count)
{
    size_t bytes = AT_HEADER_BYTES + f->options.ring_bytes;
    char *copy = malloc(bytes);

    assert_non_null(copy);
    memcpy(copy, writer->segment.header, AT_HEADER_BYTES);
    publish(f, writer, count);
    memcpy(copy + AT_HEADER_BYTES, (char *)writer->segment.header + AT_HEADER_BYTES, f->options.ring_bytes);
    FILE *file = fopen(f->file.path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(copy, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
    free(copy);
}

static void a_copy_made_while_written_loses_only_what_was_torn(void **state)
{
    struct fixture *f = *state;
    struct writer writer;

    start_writer(f, &writer);
    publish(f, &writer, 1000);
    for (unsigned torn = 0; torn < 8; torn++) {
        uint64_t newest = ring_next_sequence(&writer.segment.ring) - 1;
        update(f);
        uint64_t whole = f->span.end - f->span.first;
        source_close(f->source);
        copy_while_written(f, &writer, torn);
        assert_int_equal(source_open(&f->source, &f->file, &f->failure), 0);
        update(f);
        assert_int_equal(seq_at(f, f->span.end - 1), newest);
        assert_true(f->span.end - f->span.first + torn + 2 >= whole);
        for (uint64_t place = f->span.first; place < f->span.end; place++)
            assert_int_equal(seq_at(f, place), newest - (f->span.end - 1 - place));
        assert_int_equal(source_read_latest(f->source, &f->snapshot, &f->failure), SOURCE_OK);
        assert_int_equal(f->snapshot.head.seq, newest);
        source_close(f->source);
        assert_int_equal(source_open(&f->source, &writer.target, &f->failure), 0);
    }
    end_writer(&writer);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_copy_gives_every_snapshot_by_place),
        TEST(a_copy_says_what_it_is),
        TEST(the_newest_needs_no_history),
        TEST(places_are_found_by_number_and_time),
        TEST(an_empty_history_is_no_error),
        TEST(what_is_no_segment_is_refused),
        TEST(a_file_cut_anywhere_is_refused),
        TEST(a_newer_format_is_named),
        TEST(what_stands_before_a_lie_is_read),
        TEST(a_snapshot_that_lies_is_refused),
        TEST(words_that_lie_are_refused),
        TEST(a_file_that_shrinks_is_an_error),
        TEST(others_keep_their_sigbus),
        TEST(random_damage_never_kills),
        TEST(new_snapshots_come_at_the_end),
        TEST(what_is_overwritten_is_gone_and_what_was_missed_is_counted),
        TEST(the_first_snapshot_ends_the_start),
        TEST(a_killed_process_is_gone_and_readable),
        TEST(a_writer_that_never_rests_does_not_hold_a_look_up),
        TEST(a_copy_made_while_written_loses_only_what_was_torn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
