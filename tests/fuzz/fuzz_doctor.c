/* fuzz_doctor.c: what /proc, a header and two snapshots may claim of a process: each check comes to a verdict, in texts that
 * end.
 *
 * The input begins with two bytes of yes and no and one for the subject; then come nine lines for texts; the rest is changes,
 * each of 8 bits for what is changed, 16 of offset and 32 of value. */
#include "doctor.h"
#include "fuzz.h"
#include "synth.h"

enum { CHANGE_BYTES = 7, SOUND_BYTES = 1 << 14, ANSWERS_BYTES = 3 };

struct payload {
    _Alignas(8) uint8_t bytes[SOUND_BYTES];
    size_t size;
};

struct world {
    struct payload payload[2];
    struct snapshot snapshot[2];
    struct doctor_facts facts;
};

static void take_line(char *text, size_t room, const uint8_t **data, size_t *size)
{
    const uint8_t *end = *size > 0 ? memchr(*data, '\n', *size) : NULL;
    size_t length = end != NULL ? (size_t)(end - *data) : *size;
    size_t kept = length < room - 1 ? length : room - 1;

    if (kept > 0)
        memcpy(text, *data, kept);
    text[kept] = '\0';
    *data += length + (end != NULL);
    *size -= length + (end != NULL);
}

static void take_texts(struct doctor_facts *facts, const uint8_t **data, size_t *size)
{
    struct doctor_process *process = &facts->process;
    char name[256];

    take_line(facts->comm, sizeof(facts->comm), data, size);
    take_line(process->preload, sizeof(process->preload), data, size);
    take_line(process->malloc_conf, sizeof(process->malloc_conf), data, size);
    take_line(process->agent_conf, sizeof(process->agent_conf), data, size);
    take_line(process->jemalloc, sizeof(process->jemalloc), data, size);
    take_line(process->other_malloc, sizeof(process->other_malloc), data, size);
    take_line(name, sizeof(name), data, size);
    if (name[0] != '\0')
        snprintf(process->program_refusal, sizeof(process->program_refusal), "%s: cannot have one; do this", name);
    take_line(process->command, sizeof(process->command), data, size);
    take_line(facts->header.jemalloc_version, sizeof(facts->header.jemalloc_version), data, size);
}

static void take_answers(struct doctor_facts *facts, const uint8_t answers[ANSWERS_BYTES])
{
    struct doctor_process *process = &facts->process;
    bool *const words[] = {&process->there,
                           &process->nested,
                           &process->maps_known,
                           &process->agent_mapped,
                           &process->program_known,
                           &process->environment_known,
                           &process->jemalloc_in_program,
                           &facts->overwritten,
                           &facts->shm_known,
                           &facts->shm_read_only};

    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        *words[i] = (answers[i / 8] >> i % 8 & 1) != 0;
    facts->subject = answers[2] % 4;
    process->state = "RSDZTtX"[answers[2] / 4 % 7];
}

/* A word of the facts: what they count, and the header. */
static void change_facts(struct doctor_facts *facts, unsigned where, uint32_t value)
{
    uint64_t *const words[] = {&facts->silent_ns,
                               &facts->snapshots,
                               &facts->history_ns,
                               &facts->missing,
                               &facts->shm_free_bytes,
                               &facts->shm_size_bytes,
                               &facts->process.jemalloc_threads,
                               &facts->process.kernel_threads,
                               &facts->books[0].moved_bytes,
                               &facts->books[0].threads_unseen};
    const size_t header = offsetof(struct at_header, agent_version); /* its figures come before its texts */

    if (where % 16 < sizeof(words) / sizeof(words[0]))
        *words[where % 16] = (uint64_t)value << (where / 16 % 5 * 8);
    else if (where % 16 == 10)
        facts->books[0].unexplained_bytes = (int64_t)((uint64_t)value << (where / 16 % 5 * 8));
    else
        memcpy((char *)&facts->header + where / 16 % (header - 3), &value, 4);
}

static void change(struct world *world, const uint8_t *changes, size_t size)
{
    for (; size >= CHANGE_BYTES; size -= CHANGE_BYTES, changes += CHANGE_BYTES) {
        struct payload *payload = &world->payload[changes[0] % 2];
        unsigned where = changes[1] | (unsigned)changes[2] << 8;
        uint32_t value;
        memcpy(&value, changes + 3, 4);
        if (changes[0] % 4 < 2)
            memcpy(payload->bytes + where % (payload->size - 3), &value, 4);
        else
            change_facts(&world->facts, where, value);
    }
}

static void make_sound(struct payload payloads[2])
{
    struct synth_options options;

    synth_defaults(&options);
    options.warnings = 2;
    options.limit_bytes = 200 << 20;
    for (size_t n = 0; n < 2; n++) {
        payloads[n].size = synth_snapshot(&options, 20 * n + 1, AT_STATE_LIVE, payloads[n].bytes, SOUND_BYTES);
        require(payloads[n].size > 4);
    }
}

static void examine(const struct doctor_facts *facts)
{
    struct doctor_report report;
    size_t levels = 0;

    require(doctor_examine(&report, facts) == 0 && report.count > 0 && report.attribution != NULL);
    for (size_t i = 0; i < report.count; i++) {
        const struct doctor_finding *finding = &report.findings[i];
        require(finding->level < DOCTOR_LEVEL_COUNT && finding->text[0] != '\0');
        require(memchr(finding->text, '\0', sizeof(finding->text)) != NULL);
        require(memchr(finding->advice, '\0', sizeof(finding->advice)) != NULL);
        require(finding->level != DOCTOR_PROBLEM || finding->advice[0] != '\0');
    }
    for (unsigned i = 0; i < DOCTOR_LEVEL_COUNT; i++)
        levels += report.levels[i];
    require(levels == report.count);
    doctor_free(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct payload sound[2];
    static struct world world;

    if (size < ANSWERS_BYTES)
        return 0;
    if (sound[0].size == 0)
        make_sound(sound);
    memcpy(world.payload, sound, sizeof(sound));
    world.facts = (struct doctor_facts){.own_version = "1.2.3", .pid = 4711, .nbooks = 1, .snapshots = 21};
    take_answers(&world.facts, data);
    data += ANSWERS_BYTES, size -= ANSWERS_BYTES;
    take_texts(&world.facts, &data, &size);
    change(&world, data, size);
    if (snapshot_decode(&world.snapshot[1], world.payload[1].bytes, world.payload[1].size) == 0)
        world.facts.now = &world.snapshot[1];
    if (world.facts.now != NULL &&
        snapshot_decode(&world.snapshot[0], world.payload[0].bytes, world.payload[0].size) == 0)
        world.facts.before = &world.snapshot[0];
    examine(&world.facts);
    return 0;
}
