/* sample.c: reads both sets of books, and looks for peaks. */
#include "sample.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "region.h"
#include "sample_encode.h"
#include "sample_live.h"
#include "sampler.h"
#include "stats_sizes.h"

#define LOOK_PATIENCE_NS UINT64_C(20000000)

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
        sampler.shown[id] = passed_through || row->name[0] == '\0' ? SAMPLER_NO_ROW : sampler.nshown++;
        if (row->region && region_spilled(id))
            classes_downgrade(id, AT_REASON_REGION_FULL);
    }
}

/* Arenas of a class that is not shown count for (unbound), so that the classes add up to the process. */
static void fold_hidden(void)
{
    for (unsigned id = 1; id < sampler.after.classes; id++)
        if (sampler.shown[id] == SAMPLER_NO_ROW)
            stats_fold(&sampler.stats, id, AT_CLASS_UNBOUND);
}

/* A class that is not exact shares the address space of (unbound), which then is an estimate too. */
static void infect_unbound(void)
{
    for (unsigned id = 1; id < sampler.after.classes; id++)
        if (agent.exact && sampler.shown[id] != SAMPLER_NO_ROW && !sampler_is_exact(&sampler, id))
            sampler.row[AT_CLASS_UNBOUND].reason = AT_REASON_POOL;
}

/* ---- all of it ---- */

size_t sample_take(const struct sample_notes *notes, const void **payload)
{
    if (!read_both_books())
        return 0;
    uint64_t moved = moved_between();
    read_rows();
    fold_hidden();
    infect_unbound();
    sample_live_find(&sampler);
    sample_live_find_stranded(&sampler, moved);
    *payload = sampler.buffer;
    size_t bytes = sample_encode(&sampler, notes, moved);
    memset(sampler.peak, 0, sizeof sampler.peak);
    return bytes;
}
