/* hooks_jemalloc.c: interposes jemalloc's own names: its ways to free and resize, and those by which a program chooses
 * arenas and caches itself. There the address says more than the thread's class does, and is what is booked. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arenas.h"
#include "books.h"
#include "cache.h"
#include "classes.h"
#include "frees.h"
#include "hooks.h"
#include "say.h"

#include <jemalloc/jemalloc.h>

/* What is absent in the process cannot be called, except by a program that asks for it weakly, finds ours, and must hear
 * that it does not work. */
#define ABSENT ENOENT

#define FLAGS_CACHE 0x000fff00u /* MALLOCX_TCACHE */
#define FLAGS_ARENA 0xfff00000u /* MALLOCX_ARENA */

static bool chooses(int flags)
{
    return agent.exact && ((unsigned)flags & (FLAGS_ARENA | FLAGS_CACHE)) != 0;
}

/* Books a block that was allocated with flags to the class that its address says. The thread has followed its name before
 * it allocated, and does not now: it would be of another class than the one that jemalloc's counter was read for. */
static void *book(void *pointer, int flags)
{
    const struct thread *thread = thread_tls.record;
    if (pointer == NULL || thread == NULL || !chooses(flags))
        return pointer;
    int saved = errno;
    unsigned owner = region_class(pointer);
    if (owner != thread->home) {
        books_move(thread->alloc_class, owner, agent.jemalloc.sallocx(pointer, 0));
        classes_touch(owner);
    }
    errno = saved;
    return pointer;
}

/* From an arena jemalloc fills the thread's own cache, several blocks at a time, which any malloc() would get later. It does
 * not where that is another class's: the block comes past the cache. */
static int past_cache(const struct thread *thread, int flags)
{
    unsigned arena = ((unsigned)flags & FLAGS_ARENA) >> 20, id = arenas_class(arena - 1);
    if (!agent.exact || arena == 0 || ((unsigned)flags & FLAGS_CACHE) != 0)
        return flags;
    bool own = thread != NULL && thread->home == (classes_row(id)->region ? id : AT_CLASS_UNBOUND);
    return own ? flags : flags | MALLOCX_TCACHE_NONE;
}

/* ---- freeing ---- */

/* The program says which cache the block goes to, or none: it is counted and left to it. */
static void count_named(void *pointer)
{
    struct thread *thread;
    int saved = errno;
    if (threads_fold(pointer))
        return;
    if (frees_is_foreign(pointer, &thread))
        frees_count_foreign(thread, pointer);
    else
        frees_count(1);
    errno = saved;
}

static bool take(void *pointer, int flags)
{
    if (agent.exact && ((unsigned)flags & FLAGS_CACHE) != 0) {
        count_named(pointer);
        return false;
    }
    return frees_take(pointer);
}

static SLOW void dallocx_slowly(void *pointer, int flags)
{
    hooks_ready();
    if (next.dallocx == NULL)
        free(pointer);
    else if (!take(pointer, flags))
        next.dallocx(pointer, flags);
}

HOOK void dallocx(void *pointer, int flags)
{
    if (likely(threads_count_own(pointer)))
        next.dallocx(pointer, flags);
    else
        dallocx_slowly(pointer, flags);
}

static SLOW void sdallocx_slowly(void *pointer, size_t bytes, int flags)
{
    hooks_ready();
    if (next.sdallocx == NULL)
        free(pointer);
    else if (!take(pointer, flags))
        next.sdallocx(pointer, bytes, flags);
}

HOOK void sdallocx(void *pointer, size_t bytes, int flags)
{
    if (likely(threads_count_own(pointer)))
        next.sdallocx(pointer, bytes, flags);
    else
        sdallocx_slowly(pointer, bytes, flags);
}

/* ---- allocating and resizing ---- */

static size_t alignment_of(int flags)
{
    return (size_t)1 << (flags & 63);
}

/* A program that asks for jemalloc's names weakly finds ours, and is right to use them: memory it gets. */
static void *without_jemalloc(size_t bytes, int flags)
{
    size_t alignment = alignment_of(flags);
    void *pointer = alignment > sizeof(max_align_t) ? aligned_alloc(alignment, bytes) : malloc(bytes);
    if (pointer != NULL && (flags & MALLOCX_ZERO) != 0)
        memset(pointer, 0, bytes);
    return pointer;
}

HOOK void *mallocx(size_t bytes, int flags)
{
    hooks_ready();
    if (next.mallocx == NULL)
        return without_jemalloc(bytes, flags);
    if (chooses(flags))
        flags = past_cache(hooks_thread(), flags);
    return book(next.mallocx(bytes, flags), flags);
}

/* A foreign block that cannot be moved stays, if it is as it was asked for. */
static void *move(struct thread *thread, void *pointer, size_t bytes, int flags)
{
    void *fresh = mallocx(bytes, flags);
    if (fresh == NULL && (uintptr_t)pointer % alignment_of(flags) != 0)
        return NULL;
    return frees_move(thread, pointer, fresh, bytes, (int)((unsigned)flags & FLAGS_CACHE));
}

HOOK void *rallocx(void *pointer, size_t bytes, int flags)
{
    struct thread *thread;
    hooks_ready();
    if (next.rallocx == NULL)
        return realloc(pointer, bytes);
    if (agent.exact && !threads_owns(pointer) && frees_is_foreign(pointer, &thread))
        return move(thread, pointer, bytes, flags);
    flags = past_cache(thread_tls.record, flags);
    void *result = book(next.rallocx(pointer, bytes, flags), flags);
    frees_count(result != NULL);
    return result;
}

/* Of a block that jemalloc (5.3.0) made larger, by less than `extra`, it says, and counts, that it has not. */
static void count_growth(const struct thread *thread, size_t said, size_t is)
{
    if (thread != NULL && is != said)
        books_find(thread->alloc_class, is - said);
}

/* A foreign block answers with the size it has: to grow it in place would book the difference to the wrong class. */
HOOK size_t xallocx(void *pointer, size_t bytes, size_t extra, int flags)
{
    struct thread *thread;
    hooks_ready();
    if (next.xallocx == NULL)
        return 0;
    if (!agent.exact)
        return next.xallocx(pointer, bytes, extra, flags);
    size_t before = agent.jemalloc.sallocx(pointer, flags);
    if (!threads_owns(pointer) && frees_is_foreign(pointer, &thread))
        return before;
    size_t after = next.xallocx(pointer, bytes, extra, flags);
    frees_count(after != before);
    count_growth(thread_tls.record, after, agent.jemalloc.sallocx(pointer, flags));
    return after;
}

/* ---- control ---- */

static bool is_mib(const size_t *mib, size_t depth, enum jemalloc_mib which)
{
    const struct jemalloc_mib_cache *cached = &agent.jemalloc.cached[which];
    if (cached->depth == 0 || depth != cached->depth || mib[0] != cached->mib[0])
        return false;
    return mib[depth - 1] == cached->mib[depth - 1];
}

/* Before the program binds its thread to another arena: what is in the thread's cache is of the arena it leaves. Another
 * thread may have renamed this one: it follows its name now, and not when it is bound, which would take it away again. */
static void before_binding(void)
{
    if (hooks_thread() != NULL)
        jemalloc_call(&agent.jemalloc, JEMALLOC_THREAD_TCACHE_FLUSH, NULL, NULL, NULL, 0);
}

static void after_binding(int failed, const void *value)
{
    unsigned arena;
    memcpy(&arena, value, sizeof arena);
    if (failed == 0 && thread_tls.record != NULL)
        place_follow(thread_tls.record, arena);
}

/* The same of a name without an index. */
static bool is_plain_mib(const size_t *mib, size_t depth, enum jemalloc_mib which)
{
    return is_mib(mib, depth, which) && mib[1] == agent.jemalloc.cached[which].mib[1];
}

/* What the program does to its thread's cache is meant for all that the thread has freed. */
static void after_caching(void)
{
    struct thread *thread = thread_tls.record;
    if (!agent.exact || thread == NULL)
        return;
    uint8_t before = threads_begin_change();
    cache_follow(thread);
    threads_end_change(before);
}

static void doubt(const char *done, size_t arena)
{
    unsigned id = arenas_class((uint32_t)arena);
    char name[AT_CLASS_NAME_BYTES];
    if (!classes_downgrade(id, AT_REASON_HOST_ARENA) || !agent.exact)
        return; /* some programs make and destroy arenas all the time */
    classes_name(id, name);
    say_warning("the program %s arena %zu: class %s is an estimate from here on", done, arena, name);
}

/* Memory that goes with its arena is never freed by anyone, so the counters go on having it. */
static void after_reset(int failed, size_t arena)
{
    if (failed == 0)
        doubt("reset", arena);
}

/* An arena of a class has ours, which place its memory where the class's is looked for. */
static void after_hooking(int failed, size_t arena)
{
    if (failed == 0 && arenas_class((uint32_t)arena) != AT_CLASS_UNBOUND)
        doubt("gave its own hooks to", arena);
}

HOOK int mallctlbymib(const size_t *mib, size_t depth, void *old, size_t *old_bytes, void *new, size_t new_bytes)
{
    hooks_ready();
    if (next.mallctlbymib == NULL)
        return ABSENT;
    if (!agent.on)
        return next.mallctlbymib(mib, depth, old, old_bytes, new, new_bytes);
    bool binds = new != NULL &&new_bytes == sizeof(unsigned) && is_mib(mib, depth, JEMALLOC_THREAD_ARENA);
    bool caches = is_plain_mib(mib, depth, JEMALLOC_THREAD_TCACHE_FLUSH) || is_mib(mib, depth, JEMALLOC_THREAD_IDLE) ||
                  (new != NULL &&is_plain_mib(mib, depth, JEMALLOC_THREAD_TCACHE_ENABLED));
    bool resets = is_mib(mib, depth, JEMALLOC_ARENA_RESET) || is_mib(mib, depth, JEMALLOC_ARENA_DESTROY);
    if (binds)
        before_binding();
    int failed = next.mallctlbymib(mib, depth, old, old_bytes, new, new_bytes);
    if (binds)
        after_binding(failed, new);
    if (caches)
        after_caching();
    if (resets)
        after_reset(failed, mib[1]);
    if (new != NULL && is_mib(mib, depth, JEMALLOC_ARENA_EXTENT_HOOKS))
        after_hooking(failed, mib[1]);
    return failed;
}

/* The names whose writing matters go the way of the mib; all others straight on. */
static bool is_watched(const char *name, const void *new)
{
    if (strcmp(name, "thread.tcache.flush") == 0 || strcmp(name, "thread.idle") == 0)
        return true;
    if (new != NULL && (strcmp(name, "thread.arena") == 0 || strcmp(name, "thread.tcache.enabled") == 0))
        return true;
    const char *what = strrchr(name, '.');
    if (what == NULL || strncmp(name, "arena.", 6) != 0)
        return false;
    return strcmp(what, ".reset") == 0 || strcmp(what, ".destroy") == 0 ||
           (new != NULL &&strcmp(what, ".extent_hooks") == 0);
}

HOOK int mallctl(const char *name, void *old, size_t *old_bytes, void *new, size_t new_bytes)
{
    size_t mib[JEMALLOC_MIB_DEPTH];
    size_t depth = JEMALLOC_MIB_DEPTH;
    hooks_ready();
    if (next.mallctl == NULL)
        return ABSENT;
    if (!agent.on || !is_watched(name, new) || agent.jemalloc.nametomib(name, mib, &depth) != 0)
        return next.mallctl(name, old, old_bytes, new, new_bytes);
    return mallctlbymib(mib, depth, old, old_bytes, new, new_bytes);
}
