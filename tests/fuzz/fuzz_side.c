/* fuzz_side.c: what people type: TARGET@SEQ and TARGET@TIME, times, amounts, addresses, and JSON dumps that somebody else
 * wrote. Each is understood or refused in one visible line.
 *
 * The first byte chooses what the rest is: a word to load, a moment, or a dump. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz_folder.h"
#include "fuzz_text.h"
#include "instant.h"
#include "quantity.h"
#include "side.h"
#include "synth.h"

static char dump[64];
static int dump_fd = -1;

/* A folder with a segment "s" in it, and nothing else that a word could name. */
static void make_files(void)
{
    struct synth_options options;

    fuzz_make_folder("side");
    require(setenv("TZ", "Europe/Berlin", 1) == 0 && chdir(fuzz_folder) == 0);
    synth_defaults(&options);
    require(synth_file(&options, "s") == 0);
    dump_fd = memfd_create("dump", MFD_CLOEXEC);
    require(dump_fd >= 0);
    snprintf(dump, sizeof(dump), "/proc/self/fd/%d", dump_fd);
}

static void load(const char *word)
{
    struct side side = {0};
    struct failure failure = {0};

    if (side_load(&side, word, &failure) == 0) {
        require(side.nclasses == 0 || side.classes != NULL);
        for (size_t i = 0; i < side.nclasses; i++)
            require(memchr(side.classes[i].name, '\0', sizeof(side.classes[i].name)) != NULL);
    } else {
        require(failure.text[0] != '\0');
        fuzz_require_visible(failure.text, "");
    }
    side_free(&side);
}

static void load_moment(const char *moment)
{
    char word[300];

    snprintf(word, sizeof(word), "s@%s", moment);
    load(word);
}

static void check_amounts(const char *text)
{
    const uint64_t now = UINT64_C(1790000000123456789);
    uint64_t time_ns = 0, amount;

    if (instant_parse(text, now, &time_ns) == 0)
        require(strchr(text, '-') != NULL || time_ns <= now);
    quantity_seconds(text, &amount);
    quantity_bytes(text, &amount);
    if (quantity_count(text, &amount) == 0)
        require(text[strspn(text, "0123456789")] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (dump_fd < 0)
        make_files();
    if (size == 0)
        return 0;
    char *text = fuzz_text(data + 1, size - 1);
    switch (data[0] % 4) {
    case 0:
        if (strchr(text, '/') == NULL)
            load(text);
        break;
    case 1:
        if (strchr(text, '/') == NULL)
            load_moment(text);
        break;
    case 2:
        check_amounts(text);
        break;
    default:
        require(ftruncate(dump_fd, 0) == 0 && pwrite(dump_fd, data + 1, size - 1, 0) == (ssize_t)size - 1);
        load(dump);
    }
    free(text);
    return 0;
}
