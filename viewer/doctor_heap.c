/* doctor_heap.c: jemalloc itself: which, how it comes into the process, and what it holds that nobody uses. */
#include <inttypes.h>
#include <string.h>

#include "doctor_checks.h"
#include "format.h"

/* Dirty pages of idle classes: worth a word, and worth doing something about. */
#define IDLE_NOTE_BYTES    (UINT64_C(1) << 20)
#define IDLE_PROBLEM_BYTES (UINT64_C(64) << 20)
#define IDLE_PROBLEM_PART  10

/* jemalloc can have 4,095; what they cost is mostly the snapshots. */
#define ARENAS_NOTE    512
#define ARENAS_PROBLEM 4000
#define METADATA_PART  10
#define METADATA_BYTES (UINT64_C(64) << 20)

/* jemalloc's table of what lies at a class's addresses: counted as a whole, hardly touched. */
#define TABLE_BYTES (UINT64_C(2) << 20)

void doctor_judge_jemalloc(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    const struct doctor_process *process = &facts->process;
    const char *version = facts->header.jemalloc_version;

    doctor_find(finding, DOCTOR_OK, "%s", version[0] != '\0' ? version : "of unknown version");
    if (!process->there)
        doctor_add(finding, " (how it is linked needs the live process)");
    else if (!process->maps_known)
        doctor_add(finding, " (how it is linked may not be known by this user)");
    else if (process->jemalloc_in_program)
        doctor_add(finding, ", linked into the program");
    else if (process->jemalloc[0] != '\0')
        doctor_add(finding, ", a shared library: %s", process->jemalloc);
    else
        doctor_add(finding, ", in no file that could be read");
    if (process->other_malloc[0] != '\0') {
        finding->level = DOCTOR_NOTE;
        doctor_add(finding, "; %s is loaded too", process->other_malloc);
        doctor_advise(finding, "memory that does not come from jemalloc is in no figure: leave the other one out");
    }
}

/* ---- who is asked first ---- */

static void judge_wrong_order(const struct doctor_process *process, struct doctor_finding *finding)
{
    int agent = doctor_preload_place(process->preload, "libarenatop.so");
    int jemalloc = doctor_preload_place(process->preload, "libjemalloc");

    if (agent >= 0 && jemalloc >= 0 && jemalloc < agent)
        doctor_find(finding, DOCTOR_PROBLEM, "LD_PRELOAD has jemalloc before the agent: %s", process->preload);
    else if (agent == 0)
        doctor_find(finding, DOCTOR_PROBLEM,
                    "another allocator stands before the agent, though the agent is first in LD_PRELOAD: the program "
                    "itself has one, or /etc/ld.so.preload");
    else if (agent > 0)
        doctor_find(finding, DOCTOR_PROBLEM, "something stands before the agent in LD_PRELOAD: %s", process->preload);
    else
        doctor_find(finding, DOCTOR_PROBLEM, "another allocator stands before the agent");
    doctor_advise(finding,
                  "LD_PRELOAD=\"libarenatop.so libjemalloc.so.2\", in this order, or: arenatop run -- COMMAND");
}

/* Its own word for it is the agent's proof: it looked up at the start whose free() is called. */
void doctor_judge_order(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    const struct doctor_process *process = &facts->process;
    enum at_reason reason = doctor_reason(facts);

    if (reason == AT_REASON_PRELOAD_ORDER) {
        judge_wrong_order(process, finding);
        return;
    }
    if (reason == AT_REASON_NO_INTERPOSITION || reason == AT_REASON_STATIC_JEMALLOC ||
        reason == AT_REASON_NOT_JEMALLOC_FREE || reason == AT_REASON_OTHER_NAMES) {
        doctor_find(finding, DOCTOR_NOTE, "the agent does not see every free(): %s", at_reason_text(reason));
        doctor_advise(finding, "see mode, above");
        return;
    }
    if (doctor_mode(facts) == AT_MODE_EXACT)
        doctor_find(finding, DOCTOR_OK, "every free() passes by the agent, and on to jemalloc");
    else
        doctor_find(finding, DOCTOR_OK, "not what keeps figures from being exact");
    if (process->preload[0] != '\0')
        doctor_add(finding, " (LD_PRELOAD=%s)", process->preload);
}

/* ---- what lies idle ---- */

static bool is_idle(const struct at_class *before, const struct at_class *now)
{
    return before->alloc_bytes == now->alloc_bytes && before->released_bytes == now->released_bytes &&
           before->nmalloc == now->nmalloc && before->ndalloc == now->ndalloc;
}

/* Dirty bytes that an idle class had all the time. */
static uint64_t idle_dirty(const struct doctor_facts *facts, const struct at_class *now)
{
    long row = snapshot_class(facts->before, now->name);
    const struct at_class *before = row < 0 ? NULL : &facts->before->classes[row];

    if (before == NULL || !is_idle(before, now))
        return 0;
    return before->dirty < now->dirty ? before->dirty : now->dirty;
}

static void list_idle(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    size_t listed = 0;

    for (size_t i = 0; i < facts->now->nclasses; i++) {
        const struct at_class *class = &facts->now->classes[i];
        char amount[FORMAT_BYTES];
        uint64_t dirty = idle_dirty(facts, class);
        if (dirty >= IDLE_NOTE_BYTES && listed++ < DOCTOR_NAMES_SHOWN)
            doctor_add(finding, "%s %s %s", listed == 1 ? ":" : ",", class->name, format_bytes(amount, dirty));
    }
    if (listed > DOCTOR_NAMES_SHOWN)
        doctor_add(finding, ", and %zu more", listed - DOCTOR_NAMES_SHOWN);
}

void doctor_judge_idle(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    uint64_t dirty = 0;
    char amount[FORMAT_BYTES];

    if (facts->before == NULL) {
        doctor_find(finding, DOCTOR_SKIPPED, "needs 10 s of history");
        return;
    }
    for (size_t i = 0; i < facts->now->nclasses; i++) {
        uint64_t idle = idle_dirty(facts, &facts->now->classes[i]);
        dirty += idle >= IDLE_NOTE_BYTES ? idle : 0;
    }
    if (dirty == 0) {
        doctor_find(finding, DOCTOR_OK, "no class that fell silent keeps dirty pages");
        return;
    }
    bool is_much = dirty >= IDLE_PROBLEM_BYTES && dirty >= facts->now->process.rss / IDLE_PROBLEM_PART;
    doctor_find(finding, is_much ? DOCTOR_PROBLEM : DOCTOR_NOTE, "%s in unused pages of classes that fell silent",
                format_bytes(amount, dirty));
    list_idle(facts, finding);
    if (doctor_malloc_option(facts, "background_thread"))
        doctor_advise(finding, "background_thread:true is set: a smaller dirty_decay_ms in MALLOC_CONF gives them back "
                               "sooner");
    else
        doctor_advise(finding, "MALLOC_CONF=background_thread:true gives them back without an allocation to remind "
                               "jemalloc of them");
}

/* ---- arenas ---- */

static uint64_t table_bytes(const struct snapshot *now)
{
    uint64_t bytes = 0, metadata = now->process.metadata;

    for (size_t i = 1; i < now->nclasses; i++)
        bytes += now->classes[i].arenas > 0 && now->classes[i].mode == AT_MODE_EXACT ? TABLE_BYTES : 0;
    return bytes < metadata ? bytes : metadata;
}

void doctor_judge_arenas(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    const struct at_process *process = &facts->now->process;
    uint64_t of_classes = 0, tables = table_bytes(facts->now), books = process->metadata - tables;
    uint64_t resident = process->resident > tables ? process->resident - tables : 0;
    char metadata[FORMAT_BYTES], share[FORMAT_BYTES], sample[FORMAT_BYTES], reserved[FORMAT_BYTES];
    enum doctor_level level = DOCTOR_OK;

    for (size_t i = 1; i < facts->now->nclasses; i++)
        of_classes += facts->now->classes[i].arenas;
    if (process->narenas >= ARENAS_PROBLEM)
        level = DOCTOR_PROBLEM;
    else if (process->narenas >= ARENAS_NOTE || (books >= METADATA_BYTES && books > resident / METADATA_PART))
        level = DOCTOR_NOTE;
    doctor_find(finding, level,
                "%" PRIu64 ", %" PRIu64 " of them the classes'; jemalloc's own books take %s (%s of "
                "resident) and %s for tables of addresses, hardly touched; a snapshot of all takes %s",
                process->narenas, of_classes, format_bytes(metadata, books), format_percent(share, books, resident),
                format_bytes(reserved, tables), format_ns(sample, facts->now->agent.sample_ns));
    if (level == DOCTOR_OK)
        return;
    if (of_classes > process->narenas / 2)
        doctor_advise(finding, "fewer for a class: ARENATOP_CONF=arenas_per_class:2, or arenas=N in its rule");
    else
        doctor_advise(finding, "they are the program's own: MALLOC_CONF=narenas:N, or fewer arenas.create");
}
