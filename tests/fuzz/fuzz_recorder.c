/* fuzz_recorder.c: a sound recording with words changed in its entries and frames: opening, seeking and reading it must
 * end and stay inside, and give only what decodes or is refused.
 *
 * The input is a list of changes of 12 bytes: which entry, which word of it or of the frame behind it, and the value.
 * A changed entry gets a check that fits: what a recorder would never write is what readers must survive. What is left
 * over of the input chooses where the file is cut off. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "recorder.h"
#include "synth.h"

enum { ENTRIES = 140, CHANGE_BYTES = 12, CHANGES_MAX = 16, PAYLOAD_BYTES = 1 << 16, ENTRY_WORDS = 13 };

struct sample {
    int fd;
    struct target target;
    unsigned char *sound; /* the recording as it was written */
    size_t bytes;
    uint64_t offsets[ENTRIES];
};

static struct sample sample;
static _Alignas(8) unsigned char payload[PAYLOAD_BYTES];

/* Through a file with a name: a recorder locks what it writes. */
static void make_sample(void)
{
    static const struct source_about about = {.pid = 1, .comm = "fuzz"};
    char path[] = "/tmp/fuzz_recorder.XXXXXX";
    struct synth_options options;
    struct recorder recorder;
    struct failure failure;

    int fd = mkstemp(path);
    require(fd >= 0);
    synth_defaults(&options);
    require(recorder_open(&recorder, path, &about, &failure) == 0);
    for (uint64_t n = 0; n < ENTRIES; n++) {
        options.classes = n % 50 < 40 ? 1 : 2; /* shapes change now and then */
        size_t bytes = synth_snapshot(&options, n + 1, AT_STATE_LIVE, payload, sizeof(payload));
        sample.offsets[n] = recorder.file.end;
        require(recorder_append(&recorder, payload, bytes, 0, &failure) == 0);
    }
    sample.bytes = recorder.file.end;
    require(recorder_close(&recorder, &failure) == 0);
    sample.sound = malloc(sample.bytes);
    require(sample.sound != NULL && pread(fd, sample.sound, sample.bytes, 0) == (ssize_t)sample.bytes);
    close(fd);
    unlink(path);
    sample.fd = memfd_create("recording", MFD_CLOEXEC);
    require(sample.fd >= 0);
    sample.target.kind = TARGET_FILE;
    snprintf(sample.target.path, sizeof(sample.target.path), "/proc/self/fd/%d", sample.fd);
}

static void write_sound(void)
{
    require(ftruncate(sample.fd, (off_t)sample.bytes) == 0);
    require(pwrite(sample.fd, sample.sound, sample.bytes, 0) == (ssize_t)sample.bytes);
}

static void change(const uint8_t *what)
{
    struct recording_entry entry;
    uint64_t words[ENTRY_WORDS], value;
    uint64_t offset = sample.offsets[what[0] % ENTRIES];

    memcpy(&value, what + 4, sizeof(value));
    if (what[1] % 4 == 0) {
        uint64_t at = offset + sizeof(entry) + (what[2] | (uint64_t)what[3] << 8) % 512;
        if (at + sizeof(value) <= sample.bytes)
            require(pwrite(sample.fd, &value, sizeof(value), (off_t)at) == sizeof(value));
        return;
    }
    require(pread(sample.fd, &entry, sizeof(entry), (off_t)offset) == sizeof(entry));
    memcpy(words, &entry, sizeof(words));
    /* Small steps find what large ones jump over. */
    words[what[2] % ENTRY_WORDS] = what[1] % 4 == 1 ? value : words[what[2] % ENTRY_WORDS] + (uint64_t)(int8_t)what[3];
    memcpy(&entry, words, sizeof(entry));
    entry.check = recording_check_entry(&entry);
    require(pwrite(sample.fd, &entry, sizeof(entry), (off_t)offset) == sizeof(entry));
}

static void read_it(void)
{
    struct source *source;
    struct source_span span;
    struct snapshot snapshot = {0};
    struct failure failure;
    uint64_t place;

    if (source_open(&source, &sample.target, &failure) < 0)
        return;
    if (source_update(source, &span, &failure) == 0) {
        uint64_t end = span.end < 2 * ENTRIES ? span.end : 2 * ENTRIES;
        for (place = 0; place < end; place++)
            source_read(source, place, &snapshot, &failure);
        for (place = end; place > 0; place -= place < 23 ? place : 23)
            source_read(source, place - 1, &snapshot, &failure);
        source_find_seq(source, ENTRIES / 2, &place, &failure);
        source_find_time(source, UINT64_C(1790000000000000000), &place, &failure);
        source_read_latest(source, &snapshot, &failure);
    }
    snapshot_free(&snapshot);
    source_close(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (sample.sound == NULL)
        make_sample();
    write_sound();
    for (int i = 0; i < CHANGES_MAX && size >= CHANGE_BYTES; i++, data += CHANGE_BYTES, size -= CHANGE_BYTES)
        change(data);
    if (size >= 4) {
        uint32_t cut;
        memcpy(&cut, data, sizeof(cut));
        require(ftruncate(sample.fd, (off_t)(cut % (sample.bytes + 1))) == 0);
    }
    read_it();
    return 0;
}
