/* fuzz_session.c: keys pressed at random in a view over a file that lies: all the past that is looked at, in lists, graphs and
 * by size, at every size of the screen. Nothing but text ever comes out.
 *
 * The first byte of the input says how many changes there are (fuzz_lies.h); what follows are inputs: keys, clicks, sizes.
 * Between two of them time passes, and what trends and graphs need is read. */
#include <locale.h>

#include "fuzz_lies.h"
#include "fuzz_press.h"

enum { HISTORY = 90, PRESSES_MAX = 48, FILLS_MAX = 8 };

#define STEP_NS UINT64_C(300000000)
#define REAL_NS UINT64_C(1790000000000000000)

struct clock {
    uint64_t mono_ns, real_ns;
};

static void let_time_pass(struct viewer *viewer, struct clock *clock)
{
    clock->mono_ns += STEP_NS;
    clock->real_ns += STEP_NS;
    viewer_look(viewer, clock->mono_ns, clock->real_ns);
    for (int fills = 0; fills < FILLS_MAX && viewer_fill(viewer); fills++)
        ;
    viewer_due_ns(viewer);
}

static void use(struct viewer *viewer, const uint8_t *presses, size_t count)
{
    struct clock clock = {.mono_ns = STEP_NS, .real_ns = REAL_NS};
    int rows = 24, columns = 80;

    let_time_pass(viewer, &clock);
    fuzz_paint(viewer, rows, columns);
    for (size_t i = 0; i < count && i < PRESSES_MAX; i++) {
        fuzz_press(viewer, presses[i], &rows, &columns);
        let_time_pass(viewer, &clock);
    }
    fuzz_paint(viewer, rows, columns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct target target = {.kind = TARGET_FILE};
    struct viewer viewer;

    if (lies.map == NULL) {
        require(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
        lies_make("session", HISTORY);
    }
    if (size == 0)
        return 0;
    size_t changed = (size_t)(data[0] % 16u) * LIES_CHANGE_BYTES;
    changed = changed < size ? changed : 0;
    lies_tell(data + 1, changed);
    snprintf(target.path, sizeof(target.path), "%s", lies.path);
    viewer_init(&viewer);
    viewer.canvas.utf8 = viewer.canvas.pictures = (data[0] & 0x80) == 0;
    viewer_watch(&viewer, &target);
    use(&viewer, data + 1 + changed, size - 1 - changed);
    viewer_free(&viewer);
    lies_take_back();
    return 0;
}
