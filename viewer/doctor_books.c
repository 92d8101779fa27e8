/* doctor_books.c: how far the attribution can be trusted: mode, books, and memory or threads that are of no class. */
#include <inttypes.h>
#include <string.h>

#include "doctor_checks.h"
#include "format.h"

/* Books that are off by less are off by a handful of blocks, not by a class's. */
#define BOOKS_NOTE_BYTES (UINT64_C(64) << 10)
#define BOOKS_NOTE_PART  1000

/* Memory of no class: what is worth a word, in bytes and hundredths of all that is live. */
#define UNBOUND_NOTE_BYTES      (UINT64_C(1) << 20)
#define UNBOUND_NOTE_PERCENT    10
#define UNBOUND_PROBLEM_BYTES   (UINT64_C(16) << 20)
#define UNBOUND_PROBLEM_PERCENT 50

/* ---- modes ---- */

/* A later agent may have reasons that nobody here knows. */
#define ADVICE_UNKNOWN "use the arenatop that came with the agent, which may know why"

/* What a mode that is not exact is to whoever asks, and what can be done. */
static const struct {
    enum doctor_level level;
    const char *advice;
} reasons[AT_REASON_COUNT] = {
    [AT_REASON_NONE] = {DOCTOR_PROBLEM, ADVICE_UNKNOWN},
    [AT_REASON_ASKED] = {DOCTOR_NOTE, "for exact figures leave mode:flow out of ARENATOP_CONF, and mode=flow out of "
                                      "the rules"},
    [AT_REASON_NO_INTERPOSITION] = {DOCTOR_PROBLEM, "use a jemalloc without a prefix before its functions, as a shared "
                                                    "library"},
    [AT_REASON_PRELOAD_ORDER] = {DOCTOR_PROBLEM, "put libarenatop.so before every malloc library in LD_PRELOAD, or "
                                                 "start the program with: arenatop run -- COMMAND"},
    [AT_REASON_STATIC_JEMALLOC] = {DOCTOR_PROBLEM, "link jemalloc as a shared library: -ljemalloc, not libjemalloc.a"},
    [AT_REASON_NO_REGIONS] = {DOCTOR_PROBLEM, "run it where addresses have 47 bits or more and nothing else takes them "
                                              "(no sanitizer), with a limit to its stack (ulimit -s)"},
    [AT_REASON_REGION_FULL] = {DOCTOR_PROBLEM, "make several classes of it by a rule"},
    [AT_REASON_HOST_ARENA] = {DOCTOR_PROBLEM, "the program's own calls of mallocx() or thread.arena would have to go"},
    [AT_REASON_SHARED_ARENA] = {DOCTOR_NOTE, "leave arena= out of the class's rule"},
    [AT_REASON_NOT_JEMALLOC_FREE] = {DOCTOR_PROBLEM, "take the other malloc library out of the program, or out of "
                                                     "LD_PRELOAD"},
    [AT_REASON_HPA] = {DOCTOR_PROBLEM, "leave hpa:true out of MALLOC_CONF"},
    [AT_REASON_OTHER_NAMES] = {DOCTOR_PROBLEM,
                               "build it without a prefix before its functions, as a shared library that "
                               "serves malloc(); memory of malloc() is in no figure"},
    [AT_REASON_SECCOMP] = {DOCTOR_PROBLEM,
                           "let the filter pass what the agent calls, or install it for single threads"},
    [AT_REASON_GUARDS] = {DOCTOR_PROBLEM, "leave san_guard_small and san_guard_large out of MALLOC_CONF"},
    [AT_REASON_POOL] = {DOCTOR_NOTE, "make the other class exact, and this one is too"},
};

static enum doctor_level reason_level(uint32_t reason)
{
    return reason < AT_REASON_COUNT ? reasons[reason].level : DOCTOR_PROBLEM;
}

static const char *reason_advice(uint32_t reason)
{
    return reason < AT_REASON_COUNT ? reasons[reason].advice : ADVICE_UNKNOWN;
}

void doctor_judge_mode(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    enum at_mode mode = doctor_mode(facts);
    enum at_reason reason = doctor_reason(facts);

    if (mode == AT_MODE_EXACT) {
        doctor_find(finding, DOCTOR_OK, "exact: live is true to the byte at rest");
        return;
    }
    doctor_find(finding, reason_level(reason), "%s: figures are %s: %s", at_mode_word(mode),
                mode == AT_MODE_NONE ? "no longer taken" : "estimates",
                reason != AT_REASON_NONE ? at_reason_text(reason) : "no reason is given");
    doctor_advise(finding, "%s", reason_advice(reason));
}

/* Classes that are estimates in a process that is not; (unbound) takes its share of them and is none itself. */
void doctor_judge_classes(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    const struct snapshot *now = facts->now;
    size_t estimates = 0;

    if (doctor_mode(facts) != AT_MODE_EXACT) {
        doctor_find(finding, DOCTOR_OK, "%zu, all of them estimates, as the process", now->nclasses - 1);
        return;
    }
    doctor_find(finding, DOCTOR_OK, "%zu", now->nclasses - 1);
    for (size_t i = 1; i < now->nclasses; i++) {
        const struct at_class *class = &now->classes[i];
        if (class->mode == AT_MODE_EXACT)
            continue;
        enum doctor_level level = reason_level(class->reason);
        if (level > finding->level) {
            finding->level = level;
            doctor_advise(finding, "%s", reason_advice(class->reason));
        }
        if (estimates++ < DOCTOR_NAMES_SHOWN)
            doctor_add(finding, "%s %s is an estimate: %s", estimates == 1 ? ":" : ";", class->name,
                       at_reason_text(class->reason));
    }
    if (estimates == 0)
        doctor_add(finding, ", all of them exact");
    else if (estimates > DOCTOR_NAMES_SHOWN)
        doctor_add(finding, "; and %zu more", estimates - DOCTOR_NAMES_SHOWN);
}

/* ---- books ---- */

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

/* The snapshot whose books are closest to closing: one may have met a thread between two counts. NULL: there is none. */
static const struct doctor_books *best_books(const struct doctor_facts *facts, uint64_t *excess_bytes)
{
    const struct doctor_books *best = NULL;

    for (size_t i = 0; i < facts->nbooks; i++) {
        const struct doctor_books *books = &facts->books[i];
        uint64_t off = magnitude(books->unexplained_bytes);
        uint64_t excess = off > books->moved_bytes ? off - books->moved_bytes : 0;
        if (best == NULL || excess < *excess_bytes) {
            best = books;
            *excess_bytes = excess;
        }
    }
    return best;
}

/* jemalloc 5.2 looks for them in its caches where they are not. */
static bool omits_large_cached(const struct doctor_facts *facts)
{
    return strncmp(facts->header.jemalloc_version, "5.2.", 4) == 0;
}

static void explain_books(const struct doctor_facts *facts, struct doctor_finding *finding, bool negative,
                          uint64_t excess_bytes)
{
    uint64_t unseen = doctor_unseen(facts);

    if (doctor_malloc_option(facts, "prof")) {
        finding->level = DOCTOR_NOTE;
        doctor_add(finding, "; prof:true rounds sampled allocations up to pages, so that is expected");
        doctor_advise(finding, "leave prof:true out of MALLOC_CONF to have books that close");
    } else if (omits_large_cached(facts) && !negative) {
        finding->level = DOCTOR_NOTE;
        doctor_add(finding, "; jemalloc 5.2 does not count large blocks in thread caches as cached");
        doctor_advise(finding, "with jemalloc 5.3 the books close");
    } else if (unseen > 0) {
        doctor_add(finding, "; threads that no hook saw have their own share in it: %" PRIu64, unseen);
        doctor_advise(finding, "see threads, below");
    } else if (doctor_malloc_option(facts, "background_thread") && excess_bytes < BOOKS_NOTE_BYTES) {
        finding->level = DOCTOR_NOTE;
        doctor_add(finding, "; jemalloc's background threads hold that little for themselves");
    } else {
        doctor_advise(finding, "compare two dumps (arenatop diff): a difference that grows is worth a report");
    }
}

void doctor_judge_books(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    uint64_t excess_bytes = 0;
    const struct doctor_books *books = best_books(facts, &excess_bytes);
    char off[FORMAT_BYTES], moved[FORMAT_BYTES];

    if (doctor_mode(facts) != AT_MODE_EXACT) {
        doctor_find(finding, DOCTOR_SKIPPED, "close in exact mode only: estimates do not add up to the byte");
        return;
    }
    if (books == NULL) {
        doctor_find(finding, DOCTOR_SKIPPED, "needs a snapshot of the process, and there is none");
        return;
    }
    bool negative = books->unexplained_bytes < 0;
    format_bytes(off, magnitude(books->unexplained_bytes));
    format_sign(off, (struct figure){magnitude(books->unexplained_bytes), negative});
    format_bytes(moved, books->moved_bytes);
    if (excess_bytes == 0) {
        doctor_find(finding, DOCTOR_OK, "close: %s unexplained, %s moved while they were read", off, moved);
        return;
    }
    bool is_small = excess_bytes < BOOKS_NOTE_BYTES && excess_bytes < facts->now->process.allocated / BOOKS_NOTE_PART;
    doctor_find(finding, is_small ? DOCTOR_NOTE : DOCTOR_PROBLEM,
                "off by %s (%" PRId64 " bytes) in each of the newest %zu snapshots; %s moved while they were read", off,
                books->unexplained_bytes, facts->nbooks, moved);
    explain_books(facts, finding, negative, excess_bytes);
}

/* ---- of no class ---- */

void doctor_judge_unbound(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    const struct snapshot *now = facts->now;
    uint64_t unbound = now->classes[AT_CLASS_UNBOUND].live, all = 0;
    char share[FORMAT_BYTES], amount[FORMAT_BYTES];
    enum doctor_level level = DOCTOR_OK;

    for (size_t i = 0; i < now->nclasses; i++)
        all += now->classes[i].live;
    uint64_t percent = all >= 100 ? unbound / (all / 100) : 0;
    if (unbound >= UNBOUND_PROBLEM_BYTES && percent >= UNBOUND_PROBLEM_PERCENT)
        level = DOCTOR_PROBLEM;
    else if (unbound >= UNBOUND_NOTE_BYTES && percent >= UNBOUND_NOTE_PERCENT)
        level = DOCTOR_NOTE;
    doctor_find(finding, level, "%s of what is live is of no class (%s)", format_percent(share, unbound, all),
                format_bytes(amount, unbound));
    if (level != DOCTOR_OK)
        doctor_advise(finding, "see whether a rule of class - leaves threads unbound, whether threads were made before "
                               "the agent started, and whether the program chooses arenas itself");
}

/* The class that takes what comes after the 64th. */
void doctor_judge_overflow(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    const struct snapshot *now = facts->now;
    long row = snapshot_class(now, "(other)");
    char amount[FORMAT_BYTES];

    if (row < 0) {
        doctor_find(finding, DOCTOR_OK, "%zu of 64 classes are in use", now->nclasses - 1);
        return;
    }
    const struct at_class *other = &now->classes[row];
    doctor_find(finding, DOCTOR_PROBLEM,
                "more than 64 classes: (other) has %" PRIu64 " threads and holds %s, and nobody knows whose",
                other->threads, format_bytes(amount, other->live));
    doctor_advise(finding, "put threads together by rules, as in: ARENATOP_RULES='work name=work*'");
}

void doctor_judge_threads(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    const struct at_agent *agent = &facts->now->agent;
    uint64_t unseen = doctor_unseen(facts), seen = 0;

    for (size_t i = 0; i < facts->now->nclasses; i++)
        seen += facts->now->classes[i].threads;
    if (unseen == 0) {
        doctor_find(finding, DOCTOR_OK, "the agent has met all of them: %" PRIu64, seen);
    } else if (!facts->process.there) {
        doctor_find(finding, DOCTOR_NOTE,
                    "%" PRIu64 " that no hook of the agent had met; whether they were jemalloc's own needs the live "
                    "process",
                    unseen);
    } else {
        doctor_find(finding, DOCTOR_PROBLEM,
                    "%" PRIu64 " that no hook of the agent has met: what they allocate is of no class", unseen);
        doctor_advise(finding, "they were made by clone() behind pthread_create(), or before the agent started, and "
                               "have freed nothing of others yet; for exact figures make them with pthread_create()");
    }
    if (agent->threads_left_out > 0) {
        finding->level = finding->level < DOCTOR_NOTE ? DOCTOR_NOTE : finding->level;
        doctor_add(finding, "; the smallest %" PRIu64 " have no row, to keep snapshots small", agent->threads_left_out);
        if (finding->advice[0] == '\0')
            doctor_advise(finding, "a larger ring has room for them: ARENATOP_CONF=ring_bytes:67108864");
    }
}
