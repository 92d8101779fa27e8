/* sample.c: takes snapshots. */
#include "sample.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "agent.h"
#include "arenas.h"
#include "books.h"
#include "classes.h"
#include "clock.h"
#include "jemalloc.h"
#include "process.h"
#include "region.h"
#include "say.h"
#include "snapshot.h"
#include "stats.h"
#include "stats_sizes.h"

#define LOOK_PATIENCE_NS UINT64_C(20000000)
#define LIMIT_EVERY_NS   UINT64_C(10000000000) /* a limit rarely changes, and reading it walks a path */
#define NO_ROW           UINT32_MAX

struct sampler {
    struct books_sums before; /* jemalloc's books are read between these two looks */
    struct books after;
    struct stats stats;
    uint64_t peak[AT_CLASSES_MAX];
    uint64_t live[AT_CLASSES_MAX];
    struct class_row row[AT_CLASSES_MAX];
    uint32_t shown[AT_CLASSES_MAX]; /* row of the snapshot that a class has, or NO_ROW */
    uint32_t nshown;
    uint64_t
        total_shown[AT_CLASSES_MAX]; /* a thread that only passes through is counted and uncounted; a counter stays */
    uint32_t total_generation[AT_CLASSES_MAX];
    struct books_thread *threads; /* as many as the process ever had at a time; grown between samples */
    uint32_t threads_capacity;
    uint64_t limit;
    uint64_t limit_read_ns;
    bool stranded_open;  /* to be measured at rest */
    bool stranded_quiet; /* nothing moved while it was measured last */
    uint64_t stranded;
    size_t buffer_bytes;
    unsigned char *buffer;
};

static struct sampler sampler;

/* The agent's memory is nothing that a fork child needs. */
static void *map_private(size_t bytes)
{
    int saved = errno;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory != MAP_FAILED)
        madvise(memory, bytes, MADV_DONTFORK);
    errno = saved;
    return memory != MAP_FAILED ? memory : NULL;
}

bool sample_start(size_t most_bytes)
{
    sampler.buffer = map_private(most_bytes);
    sampler.buffer_bytes = most_bytes;
    return sampler.buffer != NULL;
}

/* Only the pointers: all else is overwritten before it is used, and a fork child should not copy the pages for nothing.
 * What was stranded before is so still, with what this fork stranded. */
void sample_forget(void)
{
    sampler.buffer = NULL;
    sampler.threads = NULL;
    sampler.threads_capacity = 0;
    sampler.limit_read_ns = 0;
    stats_sizes_forget();
    sampler.stranded_quiet = false;
    memset(sampler.peak, 0, sizeof sampler.peak);
    sampler.stranded_open |= sampler.stranded != 0;
}

void sample_measure_stranded(void)
{
    sampler.stranded_open = true;
}

/* ---- peaks ---- */

static void keep_peaks_of_sums(const struct books_sums *sums)
{
    for (unsigned id = 0; id < sums->classes; id++)
        if (sums->live[id] > (int64_t)sampler.peak[id])
            sampler.peak[id] = (uint64_t)sums->live[id];
}

static void keep_peaks(const struct books *books)
{
    for (unsigned id = 0; id < books->classes; id++) {
        uint64_t live = books_live(books, id);
        if (live > sampler.peak[id])
            sampler.peak[id] = live;
    }
}

bool sample_look(void)
{
    if (!books_peek(&sampler.before, LOOK_PATIENCE_NS))
        return false;
    keep_peaks_of_sums(&sampler.before);
    return true;
}

/* ---- reading ---- */

static void grow_threads(void)
{
    uint32_t wanted = threads_count() + 64;
    if (wanted <= sampler.threads_capacity)
        return;
    wanted *= 2;
    void *memory = map_private(wanted * sizeof *sampler.threads);
    if (memory == NULL)
        return;
    if (sampler.threads != NULL)
        munmap(sampler.threads, sampler.threads_capacity * sizeof *sampler.threads);
    sampler.threads = memory;
    sampler.threads_capacity = wanted;
}

static bool read_both_books(void)
{
    grow_threads();
    if (!books_peek(&sampler.before, LOOK_PATIENCE_NS))
        return false;
    stats_read(&sampler.stats, &agent.jemalloc);
    if (!books_look(&sampler.after, LOOK_PATIENCE_NS, sampler.threads, sampler.threads_capacity))
        return false;
    keep_peaks(&sampler.after);
    return true;
}

static uint64_t moved_between(void)
{
    uint64_t moved = 0;
    for (unsigned id = 0; id < sampler.after.classes; id++)
        moved += sampler.after.allocated[id] + sampler.after.deallocated[id];
    return moved - sampler.before.moved;
}

static void read_rows(void)
{
    sampler.nshown = 0;
    for (unsigned id = 0; id < sampler.after.classes; id++) {
        struct class_row *row = &sampler.row[id];
        classes_copy(id, row);
        bool passed_through = row->threads_total == 0 && !row->touched && id != AT_CLASS_UNBOUND;
        sampler.shown[id] = passed_through || row->name[0] == '\0' ? NO_ROW : sampler.nshown++;
        if (row->region && region_spilled(id))
            classes_downgrade(id, AT_REASON_REGION_FULL);
    }
}

/* Arenas of a class that is not shown count for (unbound), so that the classes add up to the process. */
static void fold_hidden(void)
{
    for (unsigned id = 1; id < sampler.after.classes; id++)
        if (sampler.shown[id] == NO_ROW)
            stats_fold(&sampler.stats, id, AT_CLASS_UNBOUND);
}

static uint32_t row_of(unsigned id)
{
    return sampler.shown[id] != NO_ROW ? sampler.shown[id] : AT_CLASS_UNBOUND;
}

static bool is_exact(unsigned id)
{
    return agent.exact && sampler.row[id].reason == AT_REASON_NONE;
}

/* A class that is not exact shares the address space of (unbound), which then is an estimate too. */
static void infect_unbound(void)
{
    for (unsigned id = 1; id < sampler.after.classes; id++)
        if (agent.exact && sampler.shown[id] != NO_ROW && !is_exact(id))
            sampler.row[AT_CLASS_UNBOUND].reason = AT_REASON_POOL;
}

/* ---- live: from the counters where they are right, else jemalloc's estimate ---- */

static uint64_t above(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static uint64_t estimate(unsigned id)
{
    const struct stats_class *class = &sampler.stats.of_class[id];
    return above(class->allocated, class->tcache_bytes + class->internal);
}

/* Classes that are not exact in an exact process share the address space of (unbound): their sum is exact. What is estimated of
 * them is taken from it, as far as it goes, and the rest is (unbound)'s. */
static void share_pool(uint64_t pool)
{
    for (unsigned id = 1; id < sampler.after.classes; id++) {
        if (is_exact(id))
            continue;
        if (sampler.live[id] > pool)
            sampler.live[id] = pool;
        pool -= sampler.live[id];
    }
    sampler.live[AT_CLASS_UNBOUND] = pool;
}

static void find_live(void)
{
    uint64_t pool = 0;
    for (unsigned id = 0; id < sampler.after.classes; id++) {
        bool own = is_exact(id) && id != AT_CLASS_UNBOUND;
        sampler.live[id] = own ? books_live(&sampler.after, id) : estimate(id);
        if (!own)
            pool += sampler.after.allocated[id] - books_released(&sampler.after, id);
    }
    if (agent.exact)
        share_pool((int64_t)pool > 0 ? pool : 0);
}

static uint64_t sum_live(void)
{
    uint64_t sum = 0;
    for (unsigned id = 0; id < sampler.after.classes; id++)
        sum += sampler.live[id];
    return sum;
}

static int64_t unexplained(void)
{
    const struct stats *stats = &sampler.stats;
    return (int64_t)(stats->allocated - sum_live() - stats->internal - stats->tcached - sampler.stranded);
}

/* What jemalloc counts and nobody can have is stranded. It stays the same for good, so it is measured until two snapshots
 * in which nothing moved agree: a single one may have met a thread between jemalloc's two books, in one but not yet in the
 * other. Until then it is an estimate. */
static void find_stranded(uint64_t moved)
{
    uint64_t before = sampler.stranded;
    /* A thread may stand still between the two books for longer than two snapshots: then it was too much. */
    if (moved == 0 && before > 0 && unexplained() < 0)
        sampler.stranded_open = true;
    if (!sampler.stranded_open || !agent.exact)
        return;
    sampler.stranded = 0;
    int64_t rest = unexplained();
    sampler.stranded = rest > 0 ? (uint64_t)rest : 0;
    bool quiet = moved == 0;
    sampler.stranded_open = !(quiet && sampler.stranded_quiet && sampler.stranded == before);
    sampler.stranded_quiet = quiet;
}

/* ---- encoding: a section each ---- */

/* Threads beside those known. */
static uint32_t unseen(uint32_t known)
{
    uint32_t most = process_threads_most();
    if (most != 0 && most <= known)
        return 0;
    uint32_t threads = process_threads();
    return threads > known ? threads - known : 0;
}

static void put_agent(struct snapshot_encoder *encoder, const struct sample_notes *notes)
{
    struct at_agent *row = snapshot_encode_section(encoder, AT_SECTION_AGENT, sizeof *row, 1);
    if (row == NULL)
        return;
    uint32_t known = sampler.after.threads + notes->own_threads;
    *row = (struct at_agent){.interval_ns = notes->interval_ns,
                             .peak_ns = notes->peak_ns,
                             .sample_ns = notes->sample_ns,
                             .look_ns = notes->look_ns,
                             .cpu_ns = notes->cpu_ns,
                             .samples = notes->samples,
                             .threads_unseen = unseen(known)};
}

static uint64_t read_limit(void)
{
    uint64_t now = clock_mono_ns();
    if (sampler.limit_read_ns == 0 || now - sampler.limit_read_ns > LIMIT_EVERY_NS) {
        sampler.limit = process_limit();
        sampler.limit_read_ns = now;
    }
    return sampler.limit;
}

static void put_process(struct snapshot_encoder *encoder, uint64_t moved)
{
    const struct stats *stats = &sampler.stats;
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
                               .stranded = sampler.stranded,
                               .unexplained = (uint64_t)unexplained(),
                               .rss = process_rss(),
                               .limit = read_limit(),
                               .narenas = stats->narenas,
                               .moved = moved};
}

static uint64_t cached_of(unsigned id)
{
    const struct stats_class *class = &sampler.stats.of_class[id];
    if (!is_exact(id))
        return class->tcache_bytes;
    return above(class->allocated, sampler.live[id] + class->internal);
}

static uint64_t total_of(unsigned id)
{
    const struct class_row *row = &sampler.row[id];
    if (sampler.total_generation[id] != row->generation)
        sampler.total_shown[id] = 0;
    sampler.total_generation[id] = row->generation;
    if (row->threads_total > sampler.total_shown[id])
        sampler.total_shown[id] = row->threads_total;
    return sampler.total_shown[id];
}

static void fill_class(struct at_class *out, unsigned id)
{
    const struct stats_class *class = &sampler.stats.of_class[id];
    const struct class_row *row = &sampler.row[id];
    memcpy(out->name, row->name, sizeof out->name);
    out->mode = is_exact(id) ? AT_MODE_EXACT : AT_MODE_FLOW;
    out->reason = agent.exact ? row->reason : (uint32_t)agent.reason;
    out->threads = row->threads;
    out->threads_total = total_of(id);
    out->arenas = class->arenas;
    out->live = sampler.live[id];
    out->cached = cached_of(id);
    out->allocated = class->allocated;
    out->active = class->active;
    out->dirty = class->dirty;
    out->muzzy = class->muzzy;
    out->resident = class->resident;
    out->mapped = class->mapped;
    out->retained = class->retained;
    out->metadata = class->metadata;
    out->peak_live = sampler.peak[id] > sampler.live[id] && is_exact(id) ? sampler.peak[id] : sampler.live[id];
    out->alloc_bytes = sampler.after.allocated[id];
    out->free_bytes = sampler.after.deallocated[id];
    out->released_bytes = is_exact(id) ? books_released(&sampler.after, id) : above(out->alloc_bytes, out->live);
    out->nmalloc = class->nmalloc;
    out->ndalloc = class->ndalloc;
}

static void put_classes(struct snapshot_encoder *encoder)
{
    struct at_class *rows = snapshot_encode_section(encoder, AT_SECTION_CLASSES, sizeof *rows, sampler.nshown);
    if (rows == NULL)
        return;
    for (unsigned id = 0; id < sampler.after.classes; id++)
        if (sampler.shown[id] != NO_ROW)
            fill_class(&rows[sampler.shown[id]], id);
}

static void put_flows(struct snapshot_encoder *encoder)
{
    unsigned n = agent.exact ? sampler.after.classes : 0; /* nobody watches the frees otherwise */
    struct at_flow *rows = snapshot_encode_section(encoder, AT_SECTION_FLOWS, sizeof *rows, n * n);
    size_t used = 0;
    for (unsigned owner = 0; rows != NULL && owner < n; owner++) {
        for (unsigned by = 0; by < n; by++) {
            const struct books_cell *cell = &sampler.after.flow[owner][by];
            if (cell->bytes != 0 || cell->count != 0)
                rows[used++] = (struct at_flow){
                    .owner = row_of(owner), .freed_by = row_of(by), .bytes = cell->bytes, .count = cell->count};
        }
    }
    if (rows != NULL)
        snapshot_encode_trim(encoder, used);
}

static void put_arenas(struct snapshot_encoder *encoder)
{
    const struct stats *stats = &sampler.stats;
    struct at_arena *rows = snapshot_encode_section(encoder, AT_SECTION_ARENAS, sizeof *rows, stats->arenas);
    for (uint32_t i = 0; rows != NULL && i < stats->arenas; i++) {
        rows[i] = stats->arena[i];
        rows[i].class_row = row_of(stats->arena[i].class_row);
    }
}

static void put_warnings(struct snapshot_encoder *encoder)
{
    unsigned count = say_warning_count();
    char(*rows)[AT_WARNING_BYTES] = snapshot_encode_section(encoder, AT_SECTION_WARNINGS, AT_WARNING_BYTES, count);
    for (unsigned i = 0; rows != NULL && i < count; i++)
        say_warning_copy(i, rows[i]);
}

static bool smaller_thread(const struct books_thread *a, const struct books_thread *b)
{
    return a->allocated < b->allocated;
}

/* Heap sift-down: the root of threads[0, count) is the smallest. */
static void sift(struct books_thread *threads, uint32_t root, uint32_t count)
{
    for (uint32_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && smaller_thread(&threads[child + 1], &threads[child]))
            child++;
        if (!smaller_thread(&threads[child], &threads[root]))
            return;
        struct books_thread swapped = threads[root];
        threads[root] = threads[child];
        threads[child] = swapped;
    }
}

/* Brings the `keep` threads that allocated most to the front: a heap of the largest seen so far. */
static void keep_largest(struct books_thread *threads, uint32_t count, uint32_t keep)
{
    if (keep == 0)
        return;
    for (uint32_t root = keep / 2; root-- > 0;)
        sift(threads, root, keep);
    for (uint32_t i = keep; i < count; i++) {
        if (!smaller_thread(&threads[0], &threads[i]))
            continue;
        threads[0] = threads[i];
        sift(threads, 0, keep);
    }
}

static uint32_t put_threads(struct snapshot_encoder *encoder)
{
    uint32_t count =
        sampler.after.threads < sampler.threads_capacity ? sampler.after.threads : sampler.threads_capacity;
    size_t room = snapshot_encode_room(encoder, sizeof(struct at_thread));
    uint32_t kept = count < room ? count : (uint32_t)room;
    if (kept < count)
        keep_largest(sampler.threads, count, kept);
    struct at_thread *rows = snapshot_encode_section(encoder, AT_SECTION_THREADS, sizeof *rows, kept);
    for (uint32_t i = 0; rows != NULL && i < kept; i++) {
        const struct books_thread *thread = &sampler.threads[i];
        rows[i] = (struct at_thread){.tid = thread->tid,
                                     .class_row = row_of(thread->class_id),
                                     .alloc_bytes = thread->allocated,
                                     .free_bytes = thread->deallocated};
        memcpy(rows[i].name, thread->name, sizeof rows[i].name);
    }
    return sampler.after.threads - kept;
}

static struct at_agent *first_section(void)
{
    struct at_snapshot *head = (struct at_snapshot *)(void *)sampler.buffer;
    struct at_section *section = (struct at_section *)(void *)(head + 1);
    return (struct at_agent *)(void *)(sampler.buffer + section->offset);
}

static size_t encode(const struct sample_notes *notes, uint64_t moved)
{
    struct snapshot_encoder encoder;
    const struct at_snapshot head = {.seq = notes->seq,
                                     .time_ns = clock_real_ns(),
                                     .mono_ns = clock_mono_ns(),
                                     .state = (uint32_t)notes->state,
                                     .mode = (uint32_t)agent.mode,
                                     .reason = (uint32_t)agent.reason};
    if (snapshot_encode_begin(&encoder, sampler.buffer, sampler.buffer_bytes, &head) != 0)
        return 0;
    put_agent(&encoder, notes);
    put_process(&encoder, moved);
    put_classes(&encoder);
    put_flows(&encoder);
    put_arenas(&encoder);
    put_warnings(&encoder);
    if (stats_sizes_due(notes->interval_ns, head.mono_ns) || notes->state == AT_STATE_EXITED)
        stats_sizes_put(&encoder, &agent.jemalloc, &sampler.stats, head.mono_ns);
    uint32_t left_out = put_threads(&encoder); /* last: it takes the room that is left */
    first_section()->threads_left_out = left_out;
    return snapshot_encode_end(&encoder);
}

size_t sample_take(const struct sample_notes *notes, const void **payload)
{
    if (!read_both_books())
        return 0;
    uint64_t moved = moved_between();
    read_rows();
    fold_hidden();
    infect_unbound();
    find_live();
    find_stranded(moved);
    *payload = sampler.buffer;
    size_t bytes = encode(notes, moved);
    memset(sampler.peak, 0, sizeof sampler.peak);
    return bytes;
}
