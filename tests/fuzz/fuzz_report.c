/* fuzz_report.c: pages about a few snapshots that lie: whatever they hold, the page is whole, and no markup is theirs.
 *
 * The input is changes to sound snapshots, each of 8 bits for which of them, 16 of offset and 32 of value. */
#include "fuzz.h"
#include "report.h"
#include "report_page.h"
#include "synth.h"

enum { SNAPSHOTS = 4, SOUND_BYTES = 1 << 14, CHANGE_BYTES = 7 };

struct payload {
    _Alignas(8) uint8_t bytes[SOUND_BYTES];
    size_t size;
};

static void make_sound(struct payload payloads[SNAPSHOTS])
{
    struct synth_options options;

    synth_defaults(&options);
    options.warnings = 2;
    options.limit_bytes = 200 << 20;
    for (size_t n = 0; n < SNAPSHOTS; n++) {
        payloads[n].size = synth_snapshot(&options, n + 1, AT_STATE_LIVE, payloads[n].bytes, SOUND_BYTES);
        require(payloads[n].size > 4);
    }
}

static void make_payloads(struct payload payloads[SNAPSHOTS], const uint8_t *changes, size_t size)
{
    static struct payload sound[SNAPSHOTS];

    if (sound[0].size == 0)
        make_sound(sound);
    memcpy(payloads, sound, sizeof(sound));
    for (; size >= CHANGE_BYTES; size -= CHANGE_BYTES, changes += CHANGE_BYTES) {
        struct payload *payload = &payloads[changes[0] % SNAPSHOTS];
        memcpy(payload->bytes + (size_t)(changes[1] | changes[2] << 8) % (payload->size - 3), changes + 3, 4);
    }
}

/* What opens closes, and nothing that must not be shown is in it. */
static void check_page(const char *page, size_t length)
{
    size_t opened = 0, closed = 0;

    require(length > 0 && strlen(page) == length);
    for (const char *c = strstr(page, "</style>"); *c != '\0'; c++) {
        opened += *c == '<';
        closed += *c == '>';
        require((unsigned char)*c >= ' ' || *c == '\n');
    }
    require(opened == closed);
    require(strcmp(page + length - strlen("</html>\n"), "</html>\n") == 0);
    /* Names cannot hold this: their quotes are no quotes any more. */
    for (const char *path = page; (path = strstr(path, " d=\"")) != NULL; path++)
        require(path[4 + strspn(path + 4, "MHz0123456789., ")] == '"');
}

static void write_page(const struct report *report)
{
    const struct source_about about = {.path = "fuzz", .pid = 7, .comm = "<fuzz>"};
    const struct source_span span = {.end = SNAPSHOTS, .state = SOURCE_GONE};
    char *page = NULL;
    size_t length = 0;
    FILE *to = open_memstream(&page, &length);

    require(to != NULL);
    report_page_write(to, &about, &span, report);
    require(fclose(to) == 0);
    check_page(page, length);
    free(page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct payload payloads[SNAPSHOTS];
    struct report report;
    struct snapshot snapshot = {0};

    make_payloads(payloads, data, size);
    require(report_init(&report, SNAPSHOTS) == 0);
    for (size_t n = 0; n < SNAPSHOTS; n++)
        if (snapshot_decode(&snapshot, payloads[n].bytes, payloads[n].size) == 0)
            require(report_add(&report, n, &snapshot) == 0);
    if (report.count > 0) {
        require(report_end(&report) == 0);
        write_page(&report);
    }
    report_free(&report);
    snapshot_free(&snapshot);
    return 0;
}
