/* test_recording_file.c: recordings that are cut, torn, damaged, shrunk or written to a full disk. */
#include "recordings.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

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

/* Spoils the head of the entry at a place. */
static void damage_entry(const struct fixture *f, uint64_t place)
{
    static char bytes[1 << 22];
    int file = open(f->target.path, O_RDWR);
    ssize_t size = pread(file, bytes, sizeof(bytes), 0);
    const char *at = bytes;

    for (uint64_t n = 0; n <= place; n++)
        assert_non_null(at = memmem(at + 1, (size_t)(bytes + size - at - 1), RECORDING_ENTRY_MAGIC, 8));
    assert_int_equal(pwrite(file, "x", 1, at - bytes), 1);
    close(file);
}

/* Where the search begins, too. */
static void what_is_damaged_hides_no_other(void **state)
{
    struct fixture *f = *state;
    const uint64_t behind = 2 * RECORDING_GROUP + 1;
    uint64_t place;

    record(f, 1, 200);
    damage_entry(f, 100);
    open_recording(f);
    for (uint64_t n = 1; n <= 200; n++) {
        bool is_whole = n <= 100 || n >= behind;
        assert_int_equal(source_find_seq(f->source, n, &place, &f->failure) == SOURCE_OK, is_whole);
        assert_true(!is_whole || place == n - 1);
        assert_int_equal(source_find_time(f->source, f->options.time_ns + n * 1000000000, &place, &f->failure),
                         SOURCE_OK);
        assert_int_equal(place, is_whole ? n - 1 : 99);
    }
}

/* Of the groups before and behind one whose key is damaged, also the last one's, nothing is lost. */
static void a_damaged_key_takes_its_group_alone(void **state)
{
    struct fixture *f = *state;

    for (uint64_t key = 0; key < 400; key += RECORDING_GROUP) {
        unlink(f->target.path);
        record(f, 1, 400);
        damage_entry(f, key);
        open_recording(f);
        assert_int_equal(f->span.end, 400);
        for (uint64_t place = 400; place-- > 0;)
            if (place < key || place >= key + RECORDING_GROUP)
                holds(f, place, place + 1);
            else
                assert_int_equal(source_read(f->source, place, &f->snapshot, &f->failure), SOURCE_DAMAGED);
    }
}

/* As the kernel counts them; a few are those that tell it. */
static uint64_t bytes_read(void)
{
    FILE *counts = fopen("/proc/self/io", "r");
    uint64_t bytes = 0;

    if (counts == NULL || fscanf(counts, "rchar: %" SCNu64, &bytes) != 1)
        skip();
    fclose(counts);
    return bytes;
}

/* Each place that is looked for may lead by it; in a file that lies there is no end to what would be searched. */
static void a_damaged_key_is_looked_for_once(void **state)
{
    struct fixture *f = *state;
    uint64_t place, took[2];

    record(f, 1, 400);
    for (unsigned damaged = 0; damaged < 2; damaged++) {
        if (damaged)
            damage_entry(f, 384);
        open_recording(f);
        uint64_t before = bytes_read();
        assert_int_equal(source_find_seq(f->source, 200, &place, &f->failure), SOURCE_OK);
        took[damaged] = bytes_read() - before;
    }
    assert_in_range(took[1], 0, took[0] + (uint64_t)size_of(f));
}

/* Keys whose jumps lead past what is wanted, so that the way back goes from each to the one before. */
static void a_long_way_back_is_not_gone(void **state)
{
    struct fixture *f = *state;
    const uint64_t first = sizeof(struct recording_head);

    record(f, 1, 2);
    uint64_t previous = first, offset = (uint64_t)size_of(f);
    FILE *file = fopen(f->target.path, "a");
    assert_non_null(file);
    for (uint64_t place = 2; place < 3000; place++, previous = offset, offset += sizeof(struct recording_entry)) {
        struct recording_entry entry = {.frame = RECORDING_ENTRY_FRAME,
                                        .frame_bytes = sizeof(entry) - 8,
                                        .offset = offset,
                                        .place = place,
                                        .key = offset,
                                        .previous = previous,
                                        .jump = first};
        memcpy(entry.magic, RECORDING_ENTRY_MAGIC, sizeof(entry.magic));
        entry.check = recording_check_entry(&entry);
        assert_int_equal(fwrite(&entry, sizeof(entry), 1, file), 1);
    }
    fclose(file);
    open_recording(f);
    assert_int_equal(f->span.end, 3000);
    assert_int_equal(source_read(f->source, 0, &f->snapshot, &f->failure), SOURCE_DAMAGED);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_recording_may_be_cut_anywhere),
        TEST(bytes_that_never_came_to_the_disk_are_left_out),
        TEST(no_more_snapshots_are_promised_than_have_room),
        TEST(a_hole_is_given_up),
        TEST(a_tail_of_nonsense_is_passed_over),
        TEST(a_torn_tail_is_told),
        TEST(a_head_that_is_cut_is_refused),
        TEST(a_newer_format_is_named),
        TEST(random_damage_never_kills),
        TEST(what_is_damaged_hides_no_other),
        TEST(a_damaged_key_takes_its_group_alone),
        TEST(a_damaged_key_is_looked_for_once),
        TEST(a_long_way_back_is_not_gone),
        TEST(a_file_that_shrinks_is_an_error),
        TEST(a_killed_recorder_leaves_a_recording),
        TEST(a_full_disk_keeps_what_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
