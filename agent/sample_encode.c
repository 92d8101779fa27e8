/* sample_encode.c: writes a snapshot down, section by section. */
#include "sample_encode.h"

#include <string.h>

#include "alive.h"
#include "clock.h"
#include "largest.h"
#include "process.h"
#include "sample_live.h"
#include "say.h"
#include "snapshot.h"
#include "stats_sizes.h"

#define LIMIT_EVERY_NS UINT64_C(10000000000) /* a limit rarely changes, and reading it walks a path */

static uint32_t row_of(const struct sampler *sampler, unsigned id)
{
    return sampler->shown[id] != SAMPLER_NO_ROW ? sampler->shown[id] : AT_CLASS_UNBOUND;
}

/* ---- a section each ---- */

/* Threads beside those that were looked at, and those that are about to start: the kernel has them already. */
static uint32_t unseen(uint32_t looked_at, uint32_t own)
{
    uint32_t most = process_threads_most();
    if (most != 0 && most <= looked_at + own)
        return 0;
    uint32_t threads = process_threads(), alive = alive_count();
    uint32_t known = (alive > looked_at ? alive : looked_at) + own;
    return threads > known ? threads - known : 0;
}

static void put_agent(const struct sampler *sampler, struct snapshot_encoder *encoder, const struct sample_notes *notes)
{
    struct at_agent *row = snapshot_encode_section(encoder, AT_SECTION_AGENT, sizeof *row, 1);
    if (row == NULL)
        return;
    *row = (struct at_agent){.interval_ns = notes->interval_ns,
                             .peak_ns = notes->peak_ns,
                             .sample_ns = notes->sample_ns,
                             .look_ns = notes->look_ns,
                             .cpu_ns = notes->cpu_ns,
                             .samples = notes->samples,
                             .threads_unseen = unseen(sampler->after.threads, notes->own_threads)};
}

static uint64_t read_limit(struct sampler *sampler)
{
    uint64_t now = clock_mono_ns();
    if (sampler->limit_read_ns == 0 || now - sampler->limit_read_ns > LIMIT_EVERY_NS) {
        sampler->limit = process_limit();
        sampler->limit_read_ns = now;
    }
    return sampler->limit;
}

static void put_process(struct sampler *sampler, struct snapshot_encoder *encoder, uint64_t moved)
{
    const struct stats *stats = &sampler->stats;
    struct at_process *row = snapshot_encode_section(encoder, AT_SECTION_PROCESS, sizeof *row, 1);
    if (row == NULL)
        return;
    *row = (struct at_process){.allocated = stats->allocated,
                               .active = stats->active,
                               .metadata = stats->metadata,
                               .resident = stats->resident,
                               .mapped = stats->mapped,
                               .retained = stats->retained,
                               .tcached = stats->tcached,
                               .internal = stats->internal,
                               .stranded = sampler->stranded,
                               .unexplained = (uint64_t)sample_live_unexplained(sampler),
                               .rss = process_rss(),
                               .limit = read_limit(sampler),
                               .narenas = stats->narenas,
                               .moved = moved};
}

/* What was shown of the row may have been another class's. */
static void begin_class(struct sampler *sampler, unsigned id)
{
    if (sampler->shown_generation[id] != sampler->row[id].generation)
        sampler->total_shown[id] = sampler->released_shown[id] = 0;
    sampler->shown_generation[id] = sampler->row[id].generation;
}

static uint64_t total_of(struct sampler *sampler, unsigned id)
{
    const struct class_row *row = &sampler->row[id];
    if (row->threads_total > sampler->total_shown[id])
        sampler->total_shown[id] = row->threads_total;
    return sampler->total_shown[id];
}

static void fill_class(struct sampler *sampler, struct at_class *out, unsigned id)
{
    const struct stats_class *class = &sampler->stats.of_class[id];
    const struct class_row *row = &sampler->row[id];
    begin_class(sampler, id);
    memcpy(out->name, row->name, sizeof out->name);
    out->mode = sampler_is_exact(sampler, id) ? AT_MODE_EXACT : AT_MODE_FLOW;
    out->reason = agent.exact ? row->reason : (uint32_t)agent.reason;
    out->threads = row->threads;
    out->threads_total = total_of(sampler, id);
    out->arenas = class->arenas;
    out->live = sampler->live[id];
    out->cached = sample_live_cached(sampler, id);
    out->allocated = class->allocated;
    out->active = class->active;
    out->dirty = class->dirty;
    out->muzzy = class->muzzy;
    out->resident = class->resident;
    out->mapped = class->mapped;
    out->retained = class->retained;
    out->metadata = class->metadata;
    out->peak_live = sample_live_peak(sampler, id);
    out->alloc_bytes = sampler->after.allocated[id];
    out->free_bytes = sampler->after.deallocated[id];
    out->released_bytes = sample_live_released(sampler, id);
    out->nmalloc = class->nmalloc;
    out->ndalloc = class->ndalloc;
}

static void put_classes(struct sampler *sampler, struct snapshot_encoder *encoder)
{
    struct at_class *rows = snapshot_encode_section(encoder, AT_SECTION_CLASSES, sizeof *rows, sampler->nshown);
    if (rows == NULL)
        return;
    for (unsigned id = 0; id < sampler->after.classes; id++)
        if (sampler->shown[id] != SAMPLER_NO_ROW)
            fill_class(sampler, &rows[sampler->shown[id]], id);
}

static void put_flows(const struct sampler *sampler, struct snapshot_encoder *encoder)
{
    unsigned n = agent.exact ? sampler->after.classes : 0; /* nobody watches the frees otherwise */
    struct at_flow *rows = snapshot_encode_section(encoder, AT_SECTION_FLOWS, sizeof *rows, n * n);
    size_t used = 0;
    for (unsigned owner = 0; rows != NULL && owner < n; owner++) {
        for (unsigned by = 0; by < n; by++) {
            const struct books_cell *cell = &sampler->after.flow[owner][by];
            if (cell->bytes != 0 || cell->count != 0)
                rows[used++] = (struct at_flow){.owner = row_of(sampler, owner),
                                                .freed_by = row_of(sampler, by),
                                                .bytes = cell->bytes,
                                                .count = cell->count};
        }
    }
    if (rows != NULL)
        snapshot_encode_trim(encoder, used);
}

static void put_arenas(const struct sampler *sampler, struct snapshot_encoder *encoder)
{
    const struct stats *stats = &sampler->stats;
    struct at_arena *rows = snapshot_encode_section(encoder, AT_SECTION_ARENAS, sizeof *rows, stats->arenas);
    for (uint32_t i = 0; rows != NULL && i < stats->arenas; i++) {
        rows[i] = stats->arena[i];
        rows[i].class_row = row_of(sampler, stats->arena[i].class_row);
    }
}

static void put_warnings(struct snapshot_encoder *encoder)
{
    unsigned count = say_warning_count();
    char(*rows)[AT_WARNING_BYTES] = snapshot_encode_section(encoder, AT_SECTION_WARNINGS, AT_WARNING_BYTES, count);
    for (unsigned i = 0; rows != NULL && i < count; i++)
        say_warning_copy(i, rows[i]);
}

static uint32_t put_threads(const struct sampler *sampler, struct snapshot_encoder *encoder)
{
    uint32_t count =
        sampler->after.threads < sampler->threads_capacity ? sampler->after.threads : sampler->threads_capacity;
    size_t room = snapshot_encode_room(encoder, sizeof(struct at_thread));
    uint32_t kept = count < room ? count : (uint32_t)room;
    if (kept < count)
        largest_keep(sampler->threads, count, kept);
    struct at_thread *rows = snapshot_encode_section(encoder, AT_SECTION_THREADS, sizeof *rows, kept);
    for (uint32_t i = 0; rows != NULL && i < kept; i++) {
        const struct books_thread *thread = &sampler->threads[i];
        rows[i] = (struct at_thread){.tid = thread->tid,
                                     .class_row = row_of(sampler, thread->class_id),
                                     .alloc_bytes = thread->allocated,
                                     .free_bytes = thread->deallocated};
        memcpy(rows[i].name, thread->name, sizeof rows[i].name);
    }
    return sampler->after.threads - kept;
}

static struct at_agent *first_section(const struct sampler *sampler)
{
    struct at_snapshot *head = (struct at_snapshot *)(void *)sampler->buffer;
    struct at_section *section = (struct at_section *)(void *)(head + 1);
    return (struct at_agent *)(void *)(sampler->buffer + section->offset);
}

size_t sample_encode(struct sampler *sampler, const struct sample_notes *notes, uint64_t moved)
{
    struct snapshot_encoder encoder;
    const struct at_snapshot head = {.seq = notes->seq,
                                     .time_ns = clock_real_ns(),
                                     .mono_ns = clock_mono_ns(),
                                     .state = (uint32_t)notes->state,
                                     .mode = (uint32_t)agent.mode,
                                     .reason = (uint32_t)agent.reason};
    if (snapshot_encode_begin(&encoder, sampler->buffer, sampler->buffer_bytes, &head) != 0)
        return 0;
    put_agent(sampler, &encoder, notes);
    put_process(sampler, &encoder, moved);
    put_classes(sampler, &encoder);
    put_flows(sampler, &encoder);
    put_arenas(sampler, &encoder);
    put_warnings(&encoder);
    if (stats_sizes_due(notes->interval_ns, head.mono_ns) || notes->state == AT_STATE_EXITED)
        stats_sizes_put(&encoder, &agent.jemalloc, &sampler->stats, head.mono_ns);
    uint32_t left_out = put_threads(sampler, &encoder); /* last: it takes the room that is left */
    first_section(sampler)->threads_left_out = left_out;
    return snapshot_encode_end(&encoder);
}
