/* test_recorder.c: recordings, written and read: every snapshot comes back, from any place. */
#include "recordings.h"

#include <fcntl.h>

static _Alignas(8) unsigned char other[PAYLOAD_BYTES], packed[PAYLOAD_BYTES];

/* ---- packing ---- */

static void unpacks_as(const void *whole, size_t bytes, const void *before, size_t before_bytes)
{
    static _Alignas(8) unsigned char back[PAYLOAD_BYTES];

    assert_int_equal(recording_pack(packed, whole, bytes, before, before_bytes), 0);
    assert_int_equal(recording_unpack(back, packed, bytes, before, before_bytes), 0);
    assert_memory_equal(back, whole, bytes);
}

static void packing_is_undone_whatever_came_before(void **state)
{
    struct fixture *f = *state;
    unsigned seed = 1;

    for (unsigned round = 0; round < 200; round++) {
        f->options.classes = 1 + (unsigned)rand_r(&seed) % 12;
        f->options.threads = (unsigned)rand_r(&seed) % 6;
        f->options.warnings = (unsigned)rand_r(&seed) % 3;
        size_t bytes = synth_snapshot(&f->options, round, AT_STATE_LIVE, payload, sizeof(payload));
        unpacks_as(payload, bytes, NULL, 0);
        f->options.classes = 1 + (unsigned)rand_r(&seed) % 12;
        f->options.warnings = (unsigned)rand_r(&seed) % 3;
        size_t before_bytes = synth_snapshot(&f->options, round + 1, AT_STATE_LIVE, other, sizeof(other));
        unpacks_as(payload, bytes, other, before_bytes);
        unpacks_as(other, before_bytes, payload, bytes);
    }
}

static void any_bytes_are_packed_or_refused(void **state)
{
    (void)state;
    static _Alignas(8) unsigned char back[PAYLOAD_BYTES];
    unsigned seed = 2;

    for (unsigned round = 0; round < 2000; round++) {
        size_t bytes = (size_t)rand_r(&seed) % 512 * 8, before_bytes = (size_t)rand_r(&seed) % 512 * 8;
        for (size_t i = 0; i < 4096; i++) {
            payload[i] = (unsigned char)(rand_r(&seed) % 3 ? 0 : rand_r(&seed));
            other[i] = (unsigned char)(rand_r(&seed) % 3 ? 0 : rand_r(&seed));
        }
        payload[4] = (unsigned char)(rand_r(&seed) % 20);
        other[4] = (unsigned char)(rand_r(&seed) % 20);
        memset(payload + 5, 0, 3);
        memset(other + 5, 0, 3);
        if (recording_pack(packed, payload, bytes, other, before_bytes) == 0) {
            assert_int_equal(recording_unpack(back, packed, bytes, other, before_bytes), 0);
            assert_memory_equal(back, payload, bytes);
        }
        recording_unpack(back, payload, bytes, other, before_bytes);
    }
}

/* ---- there and back ---- */

static void every_snapshot_comes_back(void **state)
{
    struct fixture *f = *state;
    const uint64_t count = 1000;
    uint64_t place;

    record(f, 1, count);
    open_recording(f);
    assert_int_equal(f->span.first, 0);
    assert_int_equal(f->span.end, count);
    assert_int_equal(f->span.lost, 0);
    assert_false(f->span.cut_off);
    assert_int_equal(f->span.state, SOURCE_GONE);
    for (place = 0; place < count; place++)
        holds(f, place, place + 1);
    for (place = count; place-- > 0;)
        holds(f, place, place + 1);
    unsigned seed = 3;
    for (int i = 0; i < 300; i++) {
        place = (uint64_t)rand_r(&seed) % count;
        holds(f, place, place + 1);
    }
    assert_int_equal(source_read(f->source, count, &f->snapshot, &f->failure), SOURCE_OVERWRITTEN);
    for (uint64_t n = 1; n <= count; n += 37) {
        assert_int_equal(source_find_seq(f->source, n, &place, &f->failure), SOURCE_OK);
        assert_int_equal(place, n - 1);
        assert_int_equal(source_find_time(f->source, f->options.time_ns + n * 1000000000 + 1, &place, &f->failure),
                         SOURCE_OK);
        assert_int_equal(place, n - 1);
    }
    assert_int_equal(source_read_latest(f->source, &f->snapshot, &f->failure), SOURCE_OK);
    assert_int_equal(f->snapshot.head.seq, count);
}

static void it_says_whose_it_is(void **state)
{
    struct fixture *f = *state;

    f->options.end = AT_STATE_EXITED;
    open_recorder(f);
    append(f, 1, 0);
    size_t bytes = synth_snapshot(&f->options, 2, AT_STATE_EXITED, payload, sizeof(payload));
    assert_int_equal(recorder_append(&f->recorder, payload, bytes, 0, &f->failure), 0);
    assert_int_equal(recorder_close(&f->recorder, &f->failure), 0);
    open_recording(f);
    const struct source_about *about = source_about(f->source);
    assert_int_equal(about->kind, SOURCE_RECORDING);
    assert_int_equal(about->pid, 4711);
    assert_int_equal(about->header.pid, 1);
    assert_string_equal(about->comm, "recorded");
    assert_int_equal(f->span.state, SOURCE_EXITED);
}

/* By an hour, a short while ago: what the clock has shown since then is found all the same. */
static void a_time_is_found_after_the_clock_was_set_back(void **state)
{
    struct fixture *f = *state;
    uint64_t place, second = 1000000000;

    record(f, 1, 100);
    f->options.time_ns -= 3600 * second;
    record(f, 101, 110);
    open_recording(f);
    for (uint64_t n = 101; n <= 110; n++) {
        assert_int_equal(source_find_time(f->source, f->options.time_ns + n * second, &place, &f->failure), SOURCE_OK);
        assert_int_equal(place, n - 1);
    }
    assert_int_equal(source_find_time(f->source, f->options.time_ns, &place, &f->failure), SOURCE_OK);
    assert_int_equal(place, 0);
}

static void gaps_are_marked(void **state)
{
    struct fixture *f = *state;
    uint64_t place;

    open_recorder(f);
    append(f, 1, 0);
    append(f, 5, 3);
    append(f, 6, 0);
    append(f, 100, 93);
    assert_int_equal(recorder_last_seq(&f->recorder), 100);
    assert_int_equal(recorder_close(&f->recorder, &f->failure), 0);
    open_recording(f);
    assert_int_equal(f->span.end, 4);
    assert_int_equal(f->span.lost, 96);
    holds(f, 3, 100);
    assert_int_equal(source_find_seq(f->source, 50, &place, &f->failure), SOURCE_OVERWRITTEN);
}

static void shapes_may_change_on_the_way(void **state)
{
    struct fixture *f = *state;

    open_recorder(f);
    for (uint64_t n = 1; n <= 200; n++) {
        f->options.classes = 1 + (unsigned)(n / 7) % 10;
        append(f, n, 0);
    }
    assert_int_equal(recorder_close(&f->recorder, &f->failure), 0);
    open_recording(f);
    for (uint64_t n = 200; n >= 1; n -= 3) {
        f->options.classes = 1 + (unsigned)(n / 7) % 10;
        holds(f, n - 1, n);
        if (n < 4)
            break;
    }
}

/* ---- going on ---- */

static void a_recording_is_continued(void **state)
{
    struct fixture *f = *state;

    record(f, 1, 100);
    open_recorder(f);
    assert_int_equal(recorder_last_seq(&f->recorder), 100);
    for (uint64_t n = 101; n <= 300; n++)
        append(f, n, 0);
    assert_int_equal(recorder_close(&f->recorder, &f->failure), 0);
    open_recording(f);
    assert_int_equal(f->span.end, 300);
    for (uint64_t place = 0; place < 300; place += 11)
        holds(f, place, place + 1);
}

static void a_growing_recording_is_followed(void **state)
{
    struct fixture *f = *state;

    open_recorder(f);
    open_recording(f);
    assert_int_equal(f->span.end, 0);
    for (uint64_t n = 1; n <= 150; n++) {
        append(f, n, 0);
        assert_int_equal(source_update(f->source, &f->span, &f->failure), 0);
        assert_int_equal(f->span.end, n);
        holds(f, n - 1, n);
    }
    assert_int_equal(recorder_close(&f->recorder, &f->failure), 0);
}

static void refuses(struct fixture *f, const char *text)
{
    if (recorder_open(&f->recorder, f->target.path, &f->about, &f->failure) == 0)
        fail_msg("was opened");
    if (strstr(f->failure.text, text) == NULL)
        fail_msg("wanted '%s' in: %s", text, f->failure.text);
}

static void what_is_there_is_not_overwritten(void **state)
{
    struct fixture *f = *state;
    struct recorder first;

    record(f, 1, 10);
    f->about.header.created_time_ns++;
    refuses(f, "/recording: a recording of another process, 4711; give another file");
    f->about.header.created_time_ns--;
    assert_int_equal(recorder_open(&first, f->target.path, &f->about, &f->failure), 0);
    refuses(f, "/recording: another recorder writes it");
    assert_int_equal(recorder_close(&first, &f->failure), 0);
    open_recording(f);
    assert_int_equal(f->span.end, 10);
    assert_int_equal(truncate(f->target.path, 0), 0);
    FILE *file = fopen(f->target.path, "w");
    fputs("somebody's letters, many years of them, and nothing that could be a recording of anything", file);
    fclose(file);
    refuses(f, "/recording: is there and is no recording; it stays as it is");
}

/* ---- size ---- */

/* Everything moves in every snapshot, by amounts that nobody can foretell. */
static void make_noise(unsigned char *rows, size_t stride, size_t count, size_t skip, unsigned *seed)
{
    for (size_t row = 0; row < count; row++) {
        for (size_t at = skip; at < stride; at += 8) {
            uint64_t value;
            memcpy(&value, rows + row * stride + at, 8);
            value += (uint64_t)(rand_r(seed) % 65536) * 16;
            memcpy(rows + row * stride + at, &value, 8);
        }
    }
}

static const struct at_section *section_of(enum at_section_kind kind)
{
    const struct at_section *section = (const struct at_section *)(const void *)(payload + sizeof(struct at_snapshot));

    while (section->kind != (uint32_t)kind)
        section++;
    return section;
}

static void a_day_of_a_busy_process_is_small(void **state)
{
    struct fixture *f = *state;
    unsigned seed = 17;
    const uint64_t count = 640, day = 86400;

    /* 20 classes, 200 threads: half of them move in a second, and so do their classes; arenas in pages. */
    f->options.classes = 20;
    f->options.threads = 10;
    f->options.arenas = 2;
    f->options.flows = 40;
    size_t bytes = synth_snapshot(&f->options, 1, AT_STATE_LIVE, payload, sizeof(payload));
    const struct at_section *threads = section_of(AT_SECTION_THREADS), *classes = section_of(AT_SECTION_CLASSES);
    assert_int_equal(threads->count, 200);
    open_recorder(f);
    for (uint64_t n = 1; n <= count; n++) {
        make_noise(payload + threads->offset, threads->stride, threads->count / 2,
                   offsetof(struct at_thread, alloc_bytes), &seed);
        make_noise(payload + classes->offset, classes->stride, classes->count, offsetof(struct at_class, peak_live),
                   &seed);
        ((struct at_snapshot *)(void *)payload)->seq = n;
        ((struct at_snapshot *)(void *)payload)->time_ns += 1000000000 + (uint64_t)rand_r(&seed) % 100000;
        assert_int_equal(recorder_append(&f->recorder, payload, bytes, 0, &f->failure), 0);
    }
    assert_int_equal(recorder_close(&f->recorder, &f->failure), 0);
    uint64_t of_a_day = (uint64_t)size_of(f) * day / count;
    print_message("# %zu bytes a snapshot, %.0f recorded, %.1f MB a day\n", bytes, (double)size_of(f) / (double)count,
                  (double)of_a_day / 1e6);
    assert_true(of_a_day < 200000000);
}

/* In a folder where everybody may put files another's file would be theirs to read, and a link lead anywhere. */
static void what_lies_in_wait_is_left_alone(void **state)
{
    struct fixture *f = *state;
    const uid_t nobody = 65534;

    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(f->folder, 01777), 0);
    close(open(f->target.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0666));
    assert_int_equal(chown(f->target.path, nobody, nobody), 0);
    assert_int_equal(recorder_open(&f->recorder, f->target.path, &f->about, &f->failure), -1);
    assert_int_equal(f->failure.code, EXIT_DENIED);
    unlink(f->target.path);
    assert_int_equal(symlink("elsewhere", f->target.path), 0);
    assert_int_equal(lchown(f->target.path, nobody, nobody), 0);
    assert_int_equal(recorder_open(&f->recorder, f->target.path, &f->about, &f->failure), -1);
    unlink(f->target.path);
    assert_int_equal(rmdir(f->folder), 0); /* it is empty */
    assert_int_equal(mkdir(f->folder, 01777), 0);
    open_recorder(f);
    assert_int_equal(recorder_close(&f->recorder, &f->failure), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(packing_is_undone_whatever_came_before),
        TEST(any_bytes_are_packed_or_refused),
        TEST(every_snapshot_comes_back),
        TEST(it_says_whose_it_is),
        TEST(a_time_is_found_after_the_clock_was_set_back),
        TEST(gaps_are_marked),
        TEST(shapes_may_change_on_the_way),
        TEST(a_recording_is_continued),
        TEST(a_growing_recording_is_followed),
        TEST(what_is_there_is_not_overwritten),
        TEST(what_lies_in_wait_is_left_alone),
        TEST(a_day_of_a_busy_process_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
