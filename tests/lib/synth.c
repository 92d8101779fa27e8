/* synth.c: synthetic snapshots: every figure is a function of the options and the number of the snapshot. */
#include "synth.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "snapshot.h"

#define KIB      UINT64_C(1024)
#define MIB      (KIB * 1024)
#define INTERNAL MIB
#define SIZES    ((size_t)3)

void synth_defaults(struct synth_options *options)
{
    *options = (struct synth_options){.classes = 3,
                                      .arenas = 2,
                                      .threads = 2,
                                      .flows = 4,
                                      .history = 60,
                                      .interval_ms = 1000,
                                      .ring_bytes = AT_RING_BYTES_MIN,
                                      .live_bytes = 16 * MIB,
                                      .traffic_bytes = 4 * MIB,
                                      .growth_bytes = {MIB, 0},
                                      .growths = 2,
                                      .mode = AT_MODE_EXACT,
                                      .time_ns = UINT64_C(1790000000000000000),
                                      .mono_ns = UINT64_C(1000000000000),
                                      .comm = "synthetic",
                                      .pid = 4711,
                                      .end = AT_STATE_LIVE};
}

/* ---- names ---- */

static const char *const plain_names[] = {"(unbound)", "main", "io_thd_*", "bio_lazy_free"};

/* Each one is some screen's, or some file format's, bad day. */
static const char *const weird_names[] = {
    "(unbound)",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07", /* commands to the terminal */
    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x82\xb9\xe3\x83\xac\xe3\x83\x83\xe3\x83\x89", /* two columns a character */
    "e\xcc\x81\xcc\x82\xcc\x83"
    "a\xcc\x88o\xcc\x8a", /* combining */
    "tab\there\nline\r\x08\x7f",
    "\xff\xfe\xc3(\xe2\x82",                    /* broken UTF-8 */
    "\xe2\x80\xae\xe2\x80\x8btfel\xef\xbb\xbf", /* right to left, no width */
    "quote\"back\\slash{curly}",
    "comma,semi;'=1+1",
    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa", /* joined and paired */
    "",
    " ",
    "%s%n<b>&amp;",
    "\xc2\x85\xc2\x9b"
    "31m\xe2\x80\xa8", /* controls above ASCII */
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void long_name(unsigned row, char *name, size_t capacity)
{
    for (size_t i = 0; i + 1 < capacity; i++)
        name[i] = (char)('a' + (i + row) % 26);
    name[capacity - 1] = '\0';
}

const char *synth_class_name(const struct synth_options *options, unsigned row, char name[AT_CLASS_NAME_BYTES])
{
    if (options->names == SYNTH_NAMES_WEIRD && row < COUNT_OF(weird_names))
        snprintf(name, AT_CLASS_NAME_BYTES, "%s", weird_names[row]);
    else if (options->names == SYNTH_NAMES_LONG && row > 0)
        long_name(row, name, AT_CLASS_NAME_BYTES);
    else if (row < COUNT_OF(plain_names))
        snprintf(name, AT_CLASS_NAME_BYTES, "%s", plain_names[row]);
    else
        snprintf(name, AT_CLASS_NAME_BYTES, "class-%u", row);
    return name;
}

/* A thread has its class's name, cut off, with a number in place of the asterisk. */
static void thread_name(const struct synth_options *options, unsigned row, unsigned number,
                        char name[AT_THREAD_NAME_BYTES])
{
    char class_name[AT_CLASS_NAME_BYTES];
    size_t length = strcspn(synth_class_name(options, row, class_name), "*");
    size_t kept = length < AT_THREAD_NAME_BYTES - 1 ? length : AT_THREAD_NAME_BYTES - 1;

    memcpy(name, class_name, kept);
    snprintf(name + kept, AT_THREAD_NAME_BYTES - kept, "%.*u", class_name[length] == '*' ? 1 : 0,
             class_name[length] == '*' ? number : 0);
}

/* ---- figures ---- */

/* Classes are large to small; (unbound) is small and does nothing. */
static uint64_t weight(const struct synth_options *options, unsigned row)
{
    return row == 0 ? 0 : options->classes - row + 1;
}

static uint64_t live_at_start(const struct synth_options *options, unsigned row)
{
    return row == 0 ? 4 * MIB : options->live_bytes * weight(options, row);
}

static int64_t growth(const struct synth_options *options, unsigned row)
{
    if (row == 0 || options->growths == 0)
        return 0;
    return options->growth_bytes[row <= options->growths ? row - 1 : options->growths - 1];
}

/* What growth and wave have brought, and taken, up to snapshot n. */
static uint64_t brought(const struct synth_options *options, unsigned row, uint64_t n)
{
    uint64_t in_cycle = n % 20 < 10 ? n % 20 : 10;
    uint64_t by_wave = row == 0 ? 0 : (n / 20 * 10 + in_cycle) * (options->wave_bytes / 10);

    return by_wave + (growth(options, row) > 0 ? n * (uint64_t)growth(options, row) : 0);
}

static uint64_t taken(const struct synth_options *options, unsigned row, uint64_t n)
{
    uint64_t in_cycle = n % 20 > 10 ? n % 20 - 10 : 0;
    uint64_t by_wave = row == 0 ? 0 : (n / 20 * 10 + in_cycle) * (options->wave_bytes / 10);
    uint64_t by_growth = growth(options, row) < 0 ? n * (uint64_t)-growth(options, row) : 0;
    uint64_t there = live_at_start(options, row);

    return by_wave + (by_growth < there ? by_growth : there);
}

uint64_t synth_live(const struct synth_options *options, unsigned row, uint64_t n)
{
    return live_at_start(options, row) + brought(options, row, n) - taken(options, row, n);
}

/* Cell j off the diagonal: every class gets its next neighbour first, then the one after that, (unbound) last. */
static unsigned foreign_cells(const struct synth_options *options, unsigned owner)
{
    if (owner == 0)
        return 0;
    return options->flows / options->classes + (owner - 1 < options->flows % options->classes);
}

static bool is_foreign_cell(const struct synth_options *options, unsigned owner, unsigned freed_by)
{
    unsigned distance = freed_by == 0 ? options->classes : (freed_by + options->classes - owner) % options->classes;

    return distance > 0 && distance <= foreign_cells(options, owner);
}

uint64_t synth_flow(const struct synth_options *options, unsigned owner, unsigned freed_by, uint64_t n)
{
    uint64_t traffic = options->traffic_bytes * weight(options, owner);
    unsigned foreign = foreign_cells(options, owner);
    uint64_t share = traffic / (foreign + 1);

    if (owner == 0)
        return 0;
    if (owner == freed_by)
        return n * (traffic - foreign * share) + taken(options, owner, n);
    return is_foreign_cell(options, owner, freed_by) ? n * share : 0;
}

static uint64_t released(const struct synth_options *options, unsigned owner, uint64_t n)
{
    return owner == 0 ? 0 : n * options->traffic_bytes * weight(options, owner) + taken(options, owner, n);
}

static uint64_t split(uint64_t whole, unsigned parts, unsigned index)
{
    return whole / parts + (index < whole % parts);
}

static uint64_t page_up(uint64_t bytes)
{
    return (bytes + 4095) & ~UINT64_C(4095);
}

static uint64_t cached(unsigned row, uint64_t n)
{
    return 16 * KIB * (row + 1) + n % 5 * 4 * KIB;
}

static unsigned arenas_of(const struct synth_options *options, unsigned row)
{
    return row == 0 ? 1 : options->arenas;
}

static void fill_arena(struct at_arena *arena, const struct synth_options *options, unsigned row, unsigned index,
                       uint64_t n)
{
    unsigned parts = arenas_of(options, row);
    uint64_t allocated = synth_live(options, row, n) + cached(row, n) + (row == 0 ? INTERNAL : 0);

    arena->index = row == 0 ? 0 : (row - 1) * options->arenas + 1 + index;
    arena->class_row = row;
    arena->threads = row == 0 ? 0 : split(options->threads, parts, index);
    arena->allocated = split(allocated, parts, index);
    arena->active = page_up(arena->allocated + arena->allocated / 32);
    arena->dirty = 64 * KIB * (row + 1) + n % 3 * 4 * KIB;
    arena->muzzy = 4 * KIB * row;
    arena->internal = row == 0 ? INTERNAL : 0;
    arena->metadata = 100 * KIB + arena->internal;
    arena->resident = arena->active + arena->dirty + arena->metadata;
    arena->mapped = arena->active + MIB;
    arena->retained = arena->mapped / 2;
    arena->tcache_bytes = split(cached(row, n), parts, index);
    arena->nmalloc = split((synth_live(options, row, n) + released(options, row, n)) / 64, parts, index);
    arena->ndalloc = split(released(options, row, n) / 64, parts, index);
}

static void fill_class(struct at_class *class, const struct synth_options *options, unsigned row, uint64_t n)
{
    uint64_t before = synth_live(options, row, n > 0 ? n - 1 : 0);

    synth_class_name(options, row, class->name);
    class->mode = row == options->flow_class && row > 0 ? AT_MODE_FLOW : options->mode;
    class->reason = row == options->flow_class && row > 0 ? AT_REASON_REGION_FULL : options->reason;
    class->threads = row == 0 ? 0 : options->threads;
    class->threads_total = class->threads + (row == 0 ? 0 : n / 10);
    class->arenas = arenas_of(options, row);
    class->live = synth_live(options, row, n);
    class->cached = cached(row, n);
    class->peak_live = (before > class->live ? before : class->live) + 4 * KIB * row;
    class->released_bytes = released(options, row, n);
    class->alloc_bytes = class->live + class->released_bytes;
    for (unsigned owner = 1; owner <= options->classes; owner++)
        class->free_bytes += synth_flow(options, owner, row, n);
    for (unsigned i = 0; i < arenas_of(options, row); i++) {
        struct at_arena arena;
        fill_arena(&arena, options, row, i, n);
        class->allocated += arena.allocated;
        class->active += arena.active;
        class->dirty += arena.dirty;
        class->muzzy += arena.muzzy;
        class->resident += arena.resident;
        class->mapped += arena.mapped;
        class->retained += arena.retained;
        class->metadata += arena.metadata;
        class->nmalloc += arena.nmalloc;
        class->ndalloc += arena.ndalloc;
    }
}

static void fill_process(struct at_process *process, const struct synth_options *options,
                         const struct at_class *classes)
{
    for (unsigned row = 0; row <= options->classes; row++) {
        process->allocated += classes[row].allocated;
        process->active += classes[row].active;
        process->metadata += classes[row].metadata;
        process->resident += classes[row].resident;
        process->mapped += classes[row].mapped;
        process->retained += classes[row].retained;
        process->tcached += classes[row].cached;
        process->narenas += classes[row].arenas;
    }
    process->internal = INTERNAL;
    process->stranded = options->stranded_bytes;
    process->unexplained = (uint64_t)options->unexplained_bytes;
    process->allocated += process->stranded + process->unexplained;
    process->rss = process->resident + 8 * MIB;
    process->limit = options->limit_bytes;
}

static void fill_agent(struct at_agent *agent, const struct synth_options *options, uint64_t n)
{
    agent->interval_ns = options->interval_ms * 1000000;
    agent->peak_ns = 50000000;
    agent->sample_ns = 210000;
    agent->look_ns = 900;
    agent->cpu_ns = n * 300000;
    agent->samples = n;
}

/* ---- encoding ---- */

static bool encode_flows(struct snapshot_encoder *encoder, const struct synth_options *options, uint64_t n)
{
    size_t most = (size_t)(options->classes + 1) * (options->classes + 1), used = 0;
    struct at_flow *flows = snapshot_encode_section(encoder, AT_SECTION_FLOWS, sizeof(*flows), most);

    if (flows == NULL)
        return false;
    for (unsigned owner = 0; owner <= options->classes; owner++)
        for (unsigned freed_by = 0; freed_by <= options->classes; freed_by++) {
            uint64_t bytes = synth_flow(options, owner, freed_by, n);
            if (bytes > 0)
                flows[used++] =
                    (struct at_flow){.owner = owner, .freed_by = freed_by, .bytes = bytes, .count = bytes / 64};
        }
    snapshot_encode_trim(encoder, used);
    return true;
}

static bool encode_arenas(struct snapshot_encoder *encoder, const struct synth_options *options, uint64_t n)
{
    size_t count = 1 + (size_t)options->classes * options->arenas, used = 0;
    struct at_arena *arenas = snapshot_encode_section(encoder, AT_SECTION_ARENAS, sizeof(*arenas), count);

    if (arenas == NULL)
        return false;
    for (unsigned row = 0; row <= options->classes; row++)
        for (unsigned i = 0; i < arenas_of(options, row); i++)
            fill_arena(&arenas[used++], options, row, i, n);
    return true;
}

/* What an arena has allocated lies in blocks of three sizes, as far as whole ones go; a quarter, a quarter and a half. */
static void fill_sizes(struct at_size *sizes, const struct at_arena *arena)
{
    static const struct {
        uint64_t size, slab, share;
    } classes[SIZES] = {{64, 4096, 4}, {4096, 4096, 4}, {64 * KIB, 64 * KIB, 2}};

    for (size_t i = 0; i < SIZES; i++) {
        uint64_t blocks = arena->allocated / classes[i].share / classes[i].size;
        uint64_t a_slab = classes[i].slab / classes[i].size;
        sizes[i] =
            (struct at_size){.arena = arena->index,
                             .kind = classes[i].size > 16 * KIB ? AT_SIZE_LARGE : AT_SIZE_BIN,
                             .size = classes[i].size,
                             .blocks = blocks,
                             .held = (blocks + a_slab - 1 + (i == 0 ? blocks / 8 : 0)) / a_slab * classes[i].slab,
                             .nmalloc = blocks + arena->ndalloc,
                             .ndalloc = arena->ndalloc};
    }
}

/* They are in one snapshot of ten. Where there is no room they are left out. */
static void encode_sizes(struct snapshot_encoder *encoder, const struct synth_options *options, uint64_t n)
{
    size_t count = SIZES * (1 + (size_t)options->classes * options->arenas);
    struct at_size *sizes = NULL;

    if (n % 10 == 0)
        sizes = snapshot_encode_section(encoder, AT_SECTION_SIZES, sizeof(*sizes), count);
    for (unsigned row = 0; sizes != NULL && row <= options->classes; row++)
        for (unsigned i = 0; i < arenas_of(options, row); i++) {
            struct at_arena arena = {0};
            fill_arena(&arena, options, row, i, n);
            fill_sizes(sizes, &arena);
            sizes += SIZES;
        }
}

/* Returns how many threads had no room. */
static size_t encode_threads(struct snapshot_encoder *encoder, const struct synth_options *options, uint64_t n)
{
    size_t count = (size_t)options->classes * options->threads;
    size_t room = snapshot_encode_room(encoder, sizeof(struct at_thread));
    size_t fits = count < room ? count : room;
    struct at_thread *threads = snapshot_encode_section(encoder, AT_SECTION_THREADS, sizeof(*threads), fits);

    for (size_t i = 0; threads != NULL && i < fits; i++) {
        unsigned row = 1 + (unsigned)(i / options->threads);
        threads[i].tid = options->pid + 1 + (uint32_t)i;
        threads[i].class_row = row;
        thread_name(options, row, (unsigned)(i % options->threads) + 1, threads[i].name);
        threads[i].alloc_bytes =
            (synth_live(options, row, n) + released(options, row, n)) / (options->threads + UINT64_C(1));
        threads[i].free_bytes = synth_flow(options, row, row, n) / (options->threads + UINT64_C(1));
    }
    return count - fits;
}

static bool encode_warnings(struct snapshot_encoder *encoder, const struct synth_options *options)
{
    char(*warnings)[AT_WARNING_BYTES] =
        snapshot_encode_section(encoder, AT_SECTION_WARNINGS, AT_WARNING_BYTES, options->warnings);

    for (unsigned i = 0; warnings != NULL && i < options->warnings; i++)
        snprintf(warnings[i], AT_WARNING_BYTES, "synthetic warning %u of %u", i + 1, options->warnings);
    return warnings != NULL;
}

size_t synth_snapshot(const struct synth_options *options, uint64_t n, enum at_state state, void *buffer,
                      size_t capacity)
{
    struct snapshot_encoder encoder;
    struct at_snapshot head = {.seq = n,
                               .time_ns = options->time_ns + n * options->interval_ms * 1000000,
                               .mono_ns = options->mono_ns + n * options->interval_ms * 1000000,
                               .state = state,
                               .mode = options->mode,
                               .reason = options->reason};

    if (options->classes < 1 || options->classes >= AT_CLASSES_MAX || options->arenas < 1 ||
        snapshot_encode_begin(&encoder, buffer, capacity, &head) != 0)
        return 0;
    if (options->still && n > options->history)
        n = options->history;
    struct at_agent *agent = snapshot_encode_section(&encoder, AT_SECTION_AGENT, sizeof(*agent), 1);
    struct at_process *process = snapshot_encode_section(&encoder, AT_SECTION_PROCESS, sizeof(*process), 1);
    struct at_class *classes =
        snapshot_encode_section(&encoder, AT_SECTION_CLASSES, sizeof(*classes), options->classes + 1);
    if (agent == NULL || process == NULL || classes == NULL)
        return 0;
    for (unsigned row = 0; row <= options->classes; row++)
        fill_class(&classes[row], options, row, n);
    fill_process(process, options, classes);
    fill_agent(agent, options, n);
    if (!encode_flows(&encoder, options, n) || !encode_arenas(&encoder, options, n) ||
        !encode_warnings(&encoder, options))
        return 0;
    encode_sizes(&encoder, options, n);
    agent->threads_left_out = encode_threads(&encoder, options, n);
    return snapshot_encode_end(&encoder);
}

int synth_publish(const struct synth_options *options, struct ring_writer *ring, enum at_state state, void *buffer)
{
    size_t bytes = synth_snapshot(options, ring_next_sequence(ring), state, buffer, ring_payload_max(ring->ring_bytes));

    return bytes == 0 ? -1 : ring_publish(ring, AT_RECORD_SNAPSHOT, buffer, bytes);
}
