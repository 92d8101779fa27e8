/* fuzz_viewer.c: keys pressed at random over snapshots with bytes changed: whatever decodes can be looked at, on every
 * screen, at every size, and nothing but text ever comes out.
 *
 * The first byte of the input says how many changes there are, each of 16 bits of offset and 32 of value, to the newer of
 * two sound snapshots; what follows are inputs: keys, clicks, sizes. */
#include <locale.h>

#include "fuzz_press.h"
#include "synth.h"

enum { SOUND_BYTES = 1 << 16, CHANGE_BYTES = 6, PRESSES_MAX = 64 };

struct sound {
    _Alignas(8) uint8_t bytes[SOUND_BYTES];
    size_t length;
};

static void make_sound(struct sound *sound, uint64_t n)
{
    struct synth_options options;
    synth_defaults(&options);
    options.classes = 12;
    options.warnings = 2;
    options.names = SYNTH_NAMES_WEIRD;
    sound->length = synth_snapshot(&options, n, AT_STATE_LIVE, sound->bytes, SOUND_BYTES);
    require(sound->length > 0);
}

static void take(struct moment *moment, uint64_t place, const struct sound *sound, const uint8_t *changes, size_t count)
{
    struct sound changed = *sound;
    struct snapshot snapshot = {0};
    for (size_t i = 0; i < count; i++, changes += CHANGE_BYTES)
        memcpy(changed.bytes + (size_t)(changes[0] | changes[1] << 8) % (changed.length - 3), changes + 2, 4);
    if (snapshot_decode(&snapshot, changed.bytes, changed.length) == 0)
        require(model_set(moment, place, &snapshot) == 0);
    snapshot_free(&snapshot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sound before, now;
    struct viewer viewer;
    int rows = 24, columns = 80;
    if (before.length == 0) {
        require(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
        make_sound(&before, 41);
        make_sound(&now, 42);
    }
    if (size == 0)
        return 0;
    size_t changes = data[0] % 16u;
    changes = changes * CHANGE_BYTES < size ? changes : 0;
    viewer_init(&viewer);
    viewer.canvas.utf8 = viewer.canvas.pictures = (data[0] & 0x80) == 0;
    take(&viewer.model.before, 0, &before, NULL, 0);
    take(&viewer.model.now, 1, &now, data + 1, changes);
    if (viewer.model.now.there)
        require(history_put(&viewer.model.trend, 1, &viewer.model.now.snapshot) == 0);
    fuzz_paint(&viewer, rows, columns);
    for (size_t i = 1 + changes * CHANGE_BYTES, presses = 0; i < size && presses < PRESSES_MAX; i++, presses++)
        fuzz_press(&viewer, data[i], &rows, &columns);
    viewer_free(&viewer);
    return 0;
}
