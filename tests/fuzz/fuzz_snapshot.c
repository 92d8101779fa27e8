/* fuzz_snapshot.c: payloads of snapshot records, made of nothing or of a sound one with bytes changed: what decodes must
 * keep every promise of snapshot.h.
 *
 * The first byte of the input chooses: even, the rest is the payload; odd, the rest is changes to a sound payload, each
 * of 16 bits of offset and 32 of value. */
#include "fuzz.h"
#include "snapshot.h"
#include "synth.h"

enum { SOUND_BYTES = 1 << 16, CHANGE_BYTES = 6 };

static size_t sound_payload(void *buffer)
{
    struct synth_options options;

    synth_defaults(&options);
    options.warnings = 2;
    return synth_snapshot(&options, 7, AT_STATE_LIVE, buffer, SOUND_BYTES);
}

/* Returns a payload in memory of exactly its size, to be freed. */
static uint8_t *changed_payload(const uint8_t *changes, size_t size, size_t *bytes)
{
    static _Alignas(8) uint8_t sound[SOUND_BYTES];
    static size_t sound_bytes;

    if (sound_bytes == 0)
        sound_bytes = sound_payload(sound);
    *bytes = sound_bytes;
    uint8_t *payload = malloc(sound_bytes);
    require(payload != NULL);
    memcpy(payload, sound, sound_bytes);
    for (; size >= CHANGE_BYTES; size -= CHANGE_BYTES, changes += CHANGE_BYTES) {
        size_t at = (size_t)(changes[0] | changes[1] << 8) % (sound_bytes - 3);
        memcpy(payload + at, changes + 2, 4);
    }
    return payload;
}

static void check_promises(const struct snapshot *snapshot, size_t bytes)
{
    require(snapshot->nclasses >= 1 && snapshot->nclasses <= AT_CLASSES_MAX);
    require(snapshot->block_bytes <= 4 * bytes);
    for (size_t i = 0; i < snapshot->nclasses; i++) {
        require(memchr(snapshot->classes[i].name, 0, AT_CLASS_NAME_BYTES) != NULL);
        require(snapshot_class(snapshot, snapshot->classes[i].name) <= (long)i);
        require(at_mode_word(snapshot->classes[i].mode)[0] != '\0');
        require(at_reason_text(snapshot->classes[i].reason) != NULL);
    }
    for (size_t i = 0; i < snapshot->nflows; i++)
        require(snapshot->flows[i].owner < snapshot->nclasses && snapshot->flows[i].freed_by < snapshot->nclasses);
    for (size_t i = 0; i < snapshot->narenas; i++)
        require(snapshot->arenas[i].class_row < snapshot->nclasses);
    for (size_t i = 0; i < snapshot->nthreads; i++)
        require(snapshot->threads[i].class_row < snapshot->nclasses &&
                memchr(snapshot->threads[i].name, 0, AT_THREAD_NAME_BYTES) != NULL);
    for (size_t i = 0; i < snapshot->nwarnings; i++)
        require(memchr(snapshot->warnings[i], 0, AT_WARNING_BYTES) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct snapshot snapshot = {0}, copy = {0};
    uint8_t *changed = NULL;
    size_t bytes;

    if (size == 0)
        return 0;
    if (data[0] % 2 != 0)
        changed = changed_payload(data + 1, size - 1, &bytes);
    else
        bytes = size - 1;
    if (snapshot_decode(&snapshot, changed != NULL ? changed : data + 1, bytes) == 0)
        check_promises(&snapshot, bytes);
    else
        require(snapshot.nclasses + snapshot.nflows + snapshot.narenas + snapshot.nthreads + snapshot.nwarnings +
                    snapshot.nsizes ==
                0);
    require(snapshot_copy(&copy, &snapshot) == 0);
    require(copy.nclasses == snapshot.nclasses && copy.nwarnings == snapshot.nwarnings &&
            copy.nsizes == snapshot.nsizes);
    snapshot_free(&copy);
    snapshot_free(&snapshot);
    free(changed);
    return 0;
}
