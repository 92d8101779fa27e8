/* test_recorder.c: recordings, written and read: every snapshot comes back, from any place, out of any ruin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recorder.h"
#include "synth.h"

#define PAYLOAD_BYTES (1 << 18)

struct fixture {
    char folder[64];
    struct target target; /* "recording" in the folder */
    struct synth_options options;
    struct source_about about;
    struct recorder recorder;
    struct source *source;
    struct source_span span;
    struct snapshot snapshot;
    struct failure failure;
};

static _Alignas(8) unsigned char payload[PAYLOAD_BYTES], other[PAYLOAD_BYTES], packed[PAYLOAD_BYTES];

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    strcpy(f->folder, "/tmp/test_recorder.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->target.kind = TARGET_FILE;
    snprintf(f->target.path, sizeof(f->target.path), "%s/recording", f->folder);
    synth_defaults(&f->options);
    f->about.pid = 4711;
    f->about.path = "test";
    strcpy(f->about.comm, "recorded");
    f->about.header.pid = 1;
    f->about.header.start_ticks = 99;
    f->about.header.created_time_ns = 12345;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    source_close(f->source);
    snapshot_free(&f->snapshot);
    unlink(f->target.path);
    rmdir(f->folder);
    free(f);
    return 0;
}

static void open_recorder(struct fixture *f)
{
    if (recorder_open(&f->recorder, f->target.path, &f->about, &f->failure) < 0)
        fail_msg("%s", f->failure.text);
}

static void append(struct fixture *f, uint64_t n, uint64_t lost)
{
    size_t bytes = synth_snapshot(&f->options, n, AT_STATE_LIVE, payload, sizeof(payload));

    assert_true(bytes > 0);
    if (recorder_append(&f->recorder, payload, bytes, lost, &f->failure) < 0)
        fail_msg("%s", f->failure.text);
}

/* Records snapshots first to last. */
static void record(struct fixture *f, uint64_t first, uint64_t last)
{
    open_recorder(f);
    for (uint64_t n = first; n <= last; n++)
        append(f, n, 0);
    assert_int_equal(recorder_close(&f->recorder, &f->failure), 0);
}

static void open_recording(struct fixture *f)
{
    source_close(f->source);
    if (source_open(&f->source, &f->target, &f->failure) < 0)
        fail_msg("%s", f->failure.text);
    if (source_update(f->source, &f->span, &f->failure) < 0)
        fail_msg("%s", f->failure.text);
}

/* The payload at a place is that of snapshot n, to the byte. */
static void holds(struct fixture *f, uint64_t place, uint64_t n)
{
    const void *got;
    size_t bytes;
    size_t wanted = synth_snapshot(&f->options, n, AT_STATE_LIVE, payload, sizeof(payload));

    if (source_read_payload(f->source, place, &got, &bytes, &f->failure) != SOURCE_OK)
        fail_msg("place %llu: %s", (unsigned long long)place, f->failure.text);
    assert_int_equal(bytes, wanted);
    assert_memory_equal(got, payload, bytes);
}

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

/* ---- ruin ---- */

static off_t size_of(const struct fixture *f)
{
    struct stat status;

    assert_int_equal(stat(f->target.path, &status), 0);
    return status.st_size;
}

/* Cut off at any byte: what is whole before that opens, and can be continued. */
static void a_recording_may_be_cut_anywhere(void **state)
{
    struct fixture *f = *state;

    record(f, 1, 70);
    off_t whole = size_of(f);
    uint64_t before = 70;
    for (off_t length = whole; length >= (off_t)sizeof(struct recording_head); length -= 1 + length % 13) {
        assert_int_equal(truncate(f->target.path, length), 0);
        open_recording(f);
        assert_true(f->span.end <= before);
        before = f->span.end;
        if (before > 0)
            holds(f, before - 1, before);
        if (length % 29 != 0)
            continue;
        record(f, before + 1, before + 2);
        open_recording(f);
        assert_int_equal(f->span.end, before + 2);
        holds(f, before + 1, before + 2);
        before += 2;
    }
}

/* Writes zeros from `from` to the end of the file, which keeps its size. */
static void lose_tail(const struct fixture *f, off_t from)
{
    static const char zeros[1 << 16];
    off_t size = size_of(f);
    int fd = open(f->target.path, O_WRONLY);

    assert_true(size - from <= (off_t)sizeof(zeros));
    assert_int_equal(pwrite(fd, zeros, (size_t)(size - from), from), size - from);
    close(fd);
}

/* Power failed: the size came to the disk and the bytes did not, from anywhere in the last two entries on. */
static void bytes_that_never_came_to_the_disk_are_left_out(void **state)
{
    struct fixture *f = *state;
    off_t ends[3];

    for (off_t back = 1;; back += 7) {
        unlink(f->target.path);
        record(f, 1, 8);
        for (uint64_t n = 0; n < 3; n++) {
            ends[n] = size_of(f);
            if (n < 2)
                record(f, 9 + n, 9 + n);
        }
        off_t from = ends[2] - back;
        if (from < ends[0])
            break;
        lose_tail(f, from);
        uint64_t left = from < ends[1] ? 8 : 9;
        open_recording(f);
        assert_int_equal(f->span.end, left);
        assert_true(f->span.cut_off);
        holds(f, left - 1, left);
        record(f, left + 1, left + 1);
        open_recording(f);
        assert_int_equal(f->span.end, left + 1);
        holds(f, left, left + 1);
    }
}

/* As if it were sound, but for the place of the last entry. */
static void claim_place(const struct fixture *f, uint64_t place)
{
    struct recording_file file;
    int fd = open(f->target.path, O_RDWR);

    assert_true(fd >= 0);
    assert_int_equal(recording_open(&file, fd), RECORDING_OK);
    file.last.place = place;
    file.last.check = recording_check_entry(&file.last);
    assert_int_equal(pwrite(fd, &file.last, sizeof(file.last), (off_t)file.last.offset), sizeof(file.last));
    close(fd);
}

/* Whoever looks at one place after the other would not come to an end. */
static void no_more_snapshots_are_promised_than_have_room(void **state)
{
    struct fixture *f = *state;
    static const uint64_t places[] = {UINT64_MAX, UINT64_MAX - 1, UINT64_C(1) << 40, 10000};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        record(f, 1, 9);
        claim_place(f, places[i]);
        open_recording(f);
        assert_int_equal(f->span.end, 8);
        assert_true(f->span.cut_off);
        holds(f, 7, 8);
        source_close(f->source);
        f->source = NULL;
        unlink(f->target.path);
    }
}

/* The last entry once more, behind a hole: as if there were as many places before it as would fit. */
static void claim_a_hole(const struct fixture *f, uint64_t offset)
{
    struct recording_file file;
    int fd = open(f->target.path, O_RDWR);

    assert_true(fd >= 0);
    assert_int_equal(recording_open(&file, fd), RECORDING_OK);
    struct recording_entry entry = file.last;
    assert_int_equal(pread(fd, payload, entry.packed_bytes, (off_t)(entry.offset + sizeof(entry))), entry.packed_bytes);
    entry.offset = offset;
    entry.place = offset / sizeof(entry);
    entry.check = recording_check_entry(&entry);
    assert_int_equal(pwrite(fd, &entry, sizeof(entry), (off_t)offset), sizeof(entry));
    assert_int_equal(pwrite(fd, payload, entry.packed_bytes, (off_t)(offset + sizeof(entry))), entry.packed_bytes);
    close(fd);
}

static void a_hole_is_given_up(void **state)
{
    struct fixture *f = *state;
    const void *got;
    size_t bytes;
    uint64_t place = 0;
    enum source_result result;

    record(f, 1, 9);
    claim_a_hole(f, UINT64_C(1) << 30);
    open_recording(f);
    assert_true(f->span.end > 1 << 20);
    holds(f, 8, 9);
    do
        result = source_read_payload(f->source, place++, &got, &bytes, &f->failure);
    while (result != SOURCE_FAILED && place < 1 << 17);
    assert_int_equal(result, SOURCE_FAILED);
    assert_non_null(strstr(f->failure.text, "damaged"));
}

/* How often this process has read anything; -1: the kernel does not count. */
static long reads_so_far(void)
{
    char line[64];
    long count = -1;
    FILE *file = fopen("/proc/self/io", "re");

    while (file != NULL && count < 0 && fgets(line, sizeof(line), file) != NULL)
        sscanf(line, "syscr: %ld", &count);
    if (file != NULL)
        fclose(file);
    return count;
}

/* A tail of first bytes of entries, of which none is one, costs no more reading than any other. */
static void a_tail_of_nonsense_is_passed_over(void **state)
{
    struct fixture *f = *state;
    static char nonsense[1 << 20];

    record(f, 1, 9);
    off_t size = size_of(f);
    int fd = open(f->target.path, O_WRONLY);
    memset(nonsense, RECORDING_ENTRY_FRAME & 0xff, sizeof(nonsense));
    assert_int_equal(pwrite(fd, nonsense, sizeof(nonsense), size), sizeof(nonsense));
    close(fd);
    long before = reads_so_far();
    open_recording(f);
    assert_int_equal(f->span.end, 9);
    assert_true(f->span.cut_off);
    if (before >= 0)
        assert_in_range(reads_so_far() - before, 0, 5000);
}

static void a_torn_tail_is_told(void **state)
{
    struct fixture *f = *state;

    record(f, 1, 20);
    open_recording(f);
    assert_false(f->span.cut_off);
    assert_int_equal(truncate(f->target.path, size_of(f) - 1), 0);
    open_recording(f);
    assert_true(f->span.cut_off);
    assert_int_equal(f->span.end, 19);
}

static void a_head_that_is_cut_is_refused(void **state)
{
    struct fixture *f = *state;

    for (off_t length = 0; length < (off_t)sizeof(struct recording_head); length += 31) {
        record(f, 1, 1);
        assert_int_equal(truncate(f->target.path, length), 0);
        assert_int_equal(source_open(&f->source, &f->target, &f->failure), -1);
        unlink(f->target.path);
    }
}

static void a_newer_format_is_named(void **state)
{
    struct fixture *f = *state;
    uint32_t version = RECORDING_VERSION + 1;

    record(f, 1, 1);
    int file = open(f->target.path, O_WRONLY);
    assert_int_equal(pwrite(file, &version, 4, offsetof(struct recording_head, version)), 4);
    close(file);
    assert_int_equal(source_open(&f->source, &f->target, &f->failure), -1);
    assert_non_null(strstr(f->failure.text, "written by another version, format 3; this arenatop reads format 2"));
}

/* Any bytes anywhere: no crash, no endless loop; what is read is whole. */
static void random_damage_never_kills(void **state)
{
    struct fixture *f = *state;
    unsigned seed = 4711;

    for (int round = 0; round < 150; round++) {
        unlink(f->target.path);
        record(f, 1, 130);
        int file = open(f->target.path, O_RDWR);
        for (int i = 0; i < 1 + round % 30; i++) {
            uint32_t word = (uint32_t)rand_r(&seed);
            off_t at = rand_r(&seed) % (round % 3 == 0 ? 3000 : (int)size_of(f));
            assert_int_equal(pwrite(file, &word, 1 + (size_t)round % 4, at), 1 + round % 4);
        }
        close(file);
        source_close(f->source);
        f->source = NULL;
        if (source_open(&f->source, &f->target, &f->failure) < 0)
            continue;
        source_update(f->source, &f->span, &f->failure);
        for (uint64_t place = f->span.first; place < f->span.end; place++)
            source_read(f->source, place, &f->snapshot, &f->failure);
        uint64_t place;
        source_find_seq(f->source, 50, &place, &f->failure);
        source_find_time(f->source, f->options.time_ns, &place, &f->failure);
        source_read_latest(f->source, &f->snapshot, &f->failure);
    }
}

static void a_file_that_shrinks_is_an_error(void **state)
{
    struct fixture *f = *state;

    record(f, 1, 200);
    open_recording(f);
    assert_int_equal(truncate(f->target.path, 5000), 0);
    assert_int_equal(source_read(f->source, 150, &f->snapshot, &f->failure), SOURCE_FAILED);
    assert_int_equal(source_update(f->source, &f->span, &f->failure), -1);
}

/* What a child does until its end comes; its exit status says how it went. */
static pid_t in_child(void (*work)(struct fixture *f), struct fixture *f)
{
    pid_t child = fork();

    if (child == 0) {
        work(f);
        _exit(0);
    }
    return child;
}

static void record_for_ever(struct fixture *f)
{
    if (recorder_open(&f->recorder, f->target.path, &f->about, &f->failure) < 0)
        _exit(2);
    for (uint64_t n = 1;; n++) {
        size_t bytes = synth_snapshot(&f->options, n, AT_STATE_LIVE, payload, sizeof(payload));
        if (recorder_append(&f->recorder, payload, bytes, 0, &f->failure) < 0)
            _exit(3);
    }
}

static void a_killed_recorder_leaves_a_recording(void **state)
{
    struct fixture *f = *state;

    for (off_t enough = 5000; enough < 500000; enough = enough * 3 + 7) {
        unlink(f->target.path);
        pid_t child = in_child(record_for_ever, f);
        struct stat status;
        while (stat(f->target.path, &status) != 0 || status.st_size < enough)
            usleep(200);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
        open_recording(f);
        assert_true(f->span.end > 0);
        for (uint64_t place = 0; place < f->span.end; place++)
            holds(f, place, place + 1);
    }
}

static void fill_the_disk(struct fixture *f)
{
    struct rlimit limit = {100000, 100000};

    setrlimit(RLIMIT_FSIZE, &limit);
    if (recorder_open(&f->recorder, f->target.path, &f->about, &f->failure) < 0)
        _exit(2);
    for (uint64_t n = 1; n < 100000; n++) {
        size_t bytes = synth_snapshot(&f->options, n, AT_STATE_LIVE, payload, sizeof(payload));
        if (recorder_append(&f->recorder, payload, bytes, 0, &f->failure) < 0)
            _exit(strstr(f->failure.text, "/recording: File too large") != NULL ? 0 : 4);
    }
    _exit(5);
}

static void a_full_disk_keeps_what_was_written(void **state)
{
    struct fixture *f = *state;
    int status;
    pid_t child = in_child(fill_the_disk, f);

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    open_recording(f);
    assert_true(f->span.end > 50);
    assert_false(f->span.cut_off);
    for (uint64_t place = 0; place < f->span.end; place++)
        holds(f, place, place + 1);
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

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

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
        TEST(gaps_are_marked),
        TEST(shapes_may_change_on_the_way),
        TEST(a_recording_is_continued),
        TEST(a_growing_recording_is_followed),
        TEST(what_is_there_is_not_overwritten),
        TEST(what_lies_in_wait_is_left_alone),
        TEST(a_recording_may_be_cut_anywhere),
        TEST(bytes_that_never_came_to_the_disk_are_left_out),
        TEST(no_more_snapshots_are_promised_than_have_room),
        TEST(a_hole_is_given_up),
        TEST(a_tail_of_nonsense_is_passed_over),
        TEST(a_torn_tail_is_told),
        TEST(a_head_that_is_cut_is_refused),
        TEST(a_newer_format_is_named),
        TEST(random_damage_never_kills),
        TEST(a_file_that_shrinks_is_an_error),
        TEST(a_killed_recorder_leaves_a_recording),
        TEST(a_full_disk_keeps_what_was_written),
        TEST(a_day_of_a_busy_process_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
