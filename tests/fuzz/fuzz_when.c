/* fuzz_when.c: any text as a condition, judged over snapshots with words changed: what is refused points into the text, what
 * is read means the same when it is written again, and judging ends and stays inside.
 *
 * The input is the text, a zero, and changes of 10 bytes to the snapshots: 16 bits of offset, 64 of value. */
#include <locale.h>
#include <stdio.h>

#include "fuzz.h"
#include "synth.h"
#include "text.h"
#include "watch.h"

enum { TEXT_BYTES = 512, PAYLOAD_BYTES = 1 << 16, CHANGE_BYTES = 10, STEPS = 24, STARS_MAX = 6 };

/* It quotes the text, and names a column of it. */
static void check_refusal(const char *text, const struct failure *failure)
{
    char raw[TEXT_BYTES + 32], said[FAIL_TEXT_BYTES];

    snprintf(raw, sizeof(raw), "'%s': column ", text);
    size_t length = strlen(text_clean(said, sizeof(said), raw, true));
    require(failure->code == EXIT_USAGE && strncmp(failure->text, said, length) == 0);
    unsigned long column = strtoul(failure->text + length, NULL, 10);
    require(column >= 1 && column <= strlen(text) + 1);
}

/* From its parts, as the grammar has it. */
static void check_again(const struct when *when)
{
#define WORD(name, word) word,
    static const char *const words[] = {WHEN_TESTS(WORD)};
    char text[TEXT_BYTES + 128];
    struct when again;
    struct failure failure;

    snprintf(text, sizeof(text), "%s.%s %s %s%llu%s", when->glob, when->field->key, words[when->test],
             when->amount.negative ? "-" : "", (unsigned long long)when->amount.magnitude,
             when->unit_ns == 0                             ? ""
             : when->unit_ns == UINT64_C(1000000000)        ? "/s"
             : when->unit_ns == 60 * UINT64_C(1000000000)   ? "/min"
             : when->unit_ns == 3600 * UINT64_C(1000000000) ? "/h"
                                                            : "/d");
    require(when_parse(&again, text, &failure) == 0);
    require(strcmp(again.glob, when->glob) == 0 && again.field == when->field && again.test == when->test &&
            again.of_process == when->of_process && again.unit_ns == when->unit_ns &&
            figure_compare(again.amount, when->amount) == 0);
}

static void judge(const struct when *when, const uint8_t *changes, size_t size)
{
    static _Alignas(8) unsigned char payload[PAYLOAD_BYTES];
    struct synth_options options;
    struct snapshot snapshot = {0};
    struct watch watch;

    synth_defaults(&options);
    options.names = SYNTH_NAMES_WEIRD;
    options.classes = 12;
    require(watch_init(&watch, when, 1) == 0);
    for (uint64_t n = 1; n <= STEPS; n++) {
        size_t bytes = synth_snapshot(&options, n, AT_STATE_LIVE, payload, sizeof(payload));
        if (size >= CHANGE_BYTES) {
            size_t at = (size_t)(changes[0] | changes[1] << 8) % (bytes - 8);
            memcpy(payload + at, changes + 2, 8);
            changes += CHANGE_BYTES;
            size -= CHANGE_BYTES;
        }
        if (snapshot_decode(&snapshot, payload, bytes) != 0)
            continue;
        size_t met = watch_judge(&watch, &snapshot);
        require(met <= snapshot.nclasses);
        for (size_t i = 0; i < met; i++)
            require(watch.moments[i].row == NULL ? when->of_process : when_concerns(when, watch.moments[i].row->name));
    }
    watch_free(&watch);
    snapshot_free(&snapshot);
}

/* How long a glob takes is the C library's affair, and many stars take it long. */
static bool has_few_stars(const char *glob)
{
    int stars = 0;

    for (; *glob != '\0'; glob++)
        stars += strchr("*?[(", *glob) != NULL;
    return stars <= STARS_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct when when;
    struct failure failure;
    size_t length = strnlen((const char *)data, size < TEXT_BYTES ? size : TEXT_BYTES - 1);
    char *text = strndup((const char *)data, length); /* no byte more than it has: what reads on is caught */

    setlocale(LC_CTYPE, "C.UTF-8");
    require(text != NULL);
    if (when_parse(&when, text, &failure) != 0) {
        check_refusal(text, &failure);
    } else {
        check_again(&when);
        if (has_few_stars(when.glob))
            judge(&when, data + length, size - length);
    }
    free(text);
    return 0;
}
