/* case_jemalloc.c: single cases of programs that talk to jemalloc itself. See case.h. What such a program allocates is
 * booked by its address: in an arena of its own it is nobody's, (unbound). */
#include <jemalloc/jemalloc.h>
#include <sys/resource.h>

#include "case.h"

/* Weak, an extension that these programs need: jemalloc comes by LD_PRELOAD. */
#pragma weak mallctl
#pragma weak mallctlbymib
#pragma weak mallctlnametomib
#pragma weak mallocx
#pragma weak dallocx
#pragma weak sdallocx
#pragma weak rallocx
#pragma weak xallocx

enum { BLOCKS = 500 };

static struct actor a, b;
static void *held[BLOCKS];
static unsigned own_arena, own_cache;

static void control(const char *name, void *old, size_t old_bytes, void *new, size_t new_bytes)
{
    case_expect(mallctl(name, old, old ? &old_bytes : NULL, new, new_bytes) == 0, name);
}

static void take(struct actor *self)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        held[i] = case_malloc(self, 200);
}

/* Takes `count` blocks that are of class `owner`, and frees half of them. */
static void take_as(struct actor *self, enum case_class owner, unsigned from, unsigned count)
{
    struct actor as = {.of = owner};

    for (unsigned i = from; i < from + count; i++)
        held[i] = case_malloc(&as, 300);
    for (unsigned i = from; i < from + count; i += 2)
        case_free(self, owner, held[i]);
}

static void start_both(void)
{
    actor_start(&a, CASE_A);
    actor_start(&b, CASE_B);
    control("arenas.create", &own_arena, sizeof own_arena, NULL, 0);
    control("tcache.create", &own_cache, sizeof own_cache, NULL, 0);
}

/* ---- a thread that binds itself to an arena of the program's, and back: meanwhile it is of no class ---- */

static void bind_by_name(struct actor *self)
{
    unsigned before;

    take_as(self, CASE_A, 0, 100);
    control("thread.arena", &before, sizeof before, &own_arena, sizeof own_arena);
    self->of = CASE_UNBOUND;
    take_as(self, CASE_UNBOUND, 100, 100);
    case_free(self, CASE_A, held[1]);
    control("thread.arena", NULL, 0, &before, sizeof before);
    self->of = CASE_A;
    case_free(self, CASE_UNBOUND, held[101]);
    take_as(self, CASE_A, 200, 100);
}

static void bind_by_mib(struct actor *self)
{
    size_t mib[2], depth = 2;

    take_as(self, CASE_A, 300, 50);
    case_expect(mallctlnametomib("thread.arena", mib, &depth) == 0, "thread.arena");
    case_expect(mallctlbymib(mib, depth, NULL, NULL, &own_arena, sizeof own_arena) == 0, "thread.arena");
    self->of = CASE_UNBOUND;
    take_as(self, CASE_UNBOUND, 350, 50);
}

static void binds(void)
{
    start_both();
    actor_do(&a, bind_by_name);
    actor_do(&a, bind_by_mib);
}

/* ---- a thread that binds itself to a class's arena, and then gets a name that is no class's (ARENATOP_RULES='- name=nobody') ---- */

static unsigned arena_of_a;

static void say_arena(struct actor *self)
{
    (void)self;
    control("thread.arena", &arena_of_a, sizeof arena_of_a, NULL, 0);
}

static void join_and_leave(struct actor *self)
{
    take_as(self, CASE_B, 0, 100);
    control("thread.arena", NULL, 0, &arena_of_a, sizeof arena_of_a);
    self->of = CASE_A;
    take_as(self, CASE_A, 100, 100);
    prctl(PR_SET_NAME, "nobody");
    self->of = CASE_UNBOUND;
    take_as(self, CASE_UNBOUND, 200, 100);
    case_free(self, CASE_A, held[101]);
}

static void change_within(struct actor *self)
{
    take_as(self, CASE_A, 300, 50);
    control("thread.arena", NULL, 0, &arena_of_a, sizeof arena_of_a);
    take_as(self, CASE_A, 350, 50);
}

static void leaves(void)
{
    static struct actor another;

    start_both();
    actor_do(&a, say_arena);
    actor_start(&another, CASE_A);
    actor_do(&another, change_within);
    actor_do(&b, join_and_leave);
}

/* ---- an arena named with each block ---- */

static void take_in_arena(struct actor *self)
{
    struct actor nobody = {.of = CASE_UNBOUND};
    const int flags = (int)MALLOCX_ARENA(own_arena) | MALLOCX_TCACHE_NONE;

    for (unsigned i = 0; i < BLOCKS; i++)
        held[i] = case_keep(&nobody, mallocx(400, flags), 400);
    for (unsigned i = 0; i < 100; i++) {
        books_free(&case_books, CASE_UNBOUND, self->of, held[i]);
        dallocx(held[i], flags);
    }
    for (unsigned i = 100; i < 200; i++)
        case_free(self, CASE_UNBOUND, held[i]);
    for (unsigned i = 200; i < 300; i++) { /* grown where it is */
        books_free(&case_books, CASE_UNBOUND, self->of, held[i]);
        held[i] = case_keep(&nobody, rallocx(held[i], 9000, flags), 9000);
    }
    for (unsigned i = 300; i < 400; i++) { /* moved to its own arena */
        books_free(&case_books, CASE_UNBOUND, self->of, held[i]);
        held[i] = case_keep(self, rallocx(held[i], 9000, 0), 9000);
    }
}

static void arenas(void)
{
    start_both();
    actor_do(&a, take_in_arena);
}

/* ---- the same by turns with blocks of its own: jemalloc would fill the thread's cache from that arena ---- */

static void take_by_turns(struct actor *self)
{
    struct actor nobody = {.of = CASE_UNBOUND};
    const int flags = (int)MALLOCX_ARENA(own_arena);

    for (unsigned i = 0; i < BLOCKS; i += 5) {
        held[i] = case_keep(&nobody, mallocx(200, flags), 200);
        held[i + 1] = case_malloc(self, 200);
        books_free(&case_books, CASE_A, self->of, held[i + 1]);
        held[i + 1] = case_keep(&nobody, rallocx(held[i + 1], 1500, flags), 1500);
        for (unsigned j = 2; j < 5; j++)
            held[i + j] = case_malloc(self, j % 2 ? 200 : 1500);
    }
    for (unsigned i = 0; i < BLOCKS; i += 2)
        case_free(self, i % 5 < 2 ? CASE_UNBOUND : CASE_A, held[i]);
}

static void turns(void)
{
    start_both();
    actor_do(&a, take_by_turns);
}

/* ---- large blocks that grow where they are, by as much as there is room for: of some jemalloc (5.3.0) says, and counts, that
 * they have not ---- */

static void grow_in_place(struct actor *self)
{
    for (unsigned i = 0; i < 20000; i++) {
        const unsigned slot = i * 37 % BLOCKS;
        if (!held[slot]) {
            held[slot] = case_malloc(self, 16384 + i * 4099 % 40000);
        } else if (i % 3 == 0) {
            case_free(self, CASE_A, held[slot]);
            held[slot] = NULL;
        } else {
            const size_t before = malloc_usable_size(held[slot]);
            const size_t said = xallocx(held[slot], 20000 + i * 5003 % 60000, 4096 + i * 13 % 10000, 0);
            const size_t is = malloc_usable_size(held[slot]);
            case_books.freed_bytes[CASE_A][CASE_A] += said != before ? before : 0;
            case_books.freed_count[CASE_A][CASE_A] += said != before;
            case_books.alloc_bytes[CASE_A] += said != before ? is : is - before;
        }
    }
}

static void grows(void)
{
    start_both();
    actor_do(&a, grow_in_place);
}

/* ---- the main thread, which is main whatever its name becomes, stays where it bound itself to, whatever that becomes ---- */

static void main_binds(void)
{
    unsigned arena = 0;

    start_both();
    control("thread.arena", NULL, 0, &own_arena, sizeof own_arena);
    prctl(PR_SET_NAME, "renamed");
    control("thread.arena", &arena, sizeof arena, NULL, 0);
    case_expect(arena == own_arena, "its new name took the main thread to another arena");
}

/* ---- memory of a class that no thread ever was of for long: one that named itself knows its arena ---- */

__attribute__((noinline)) void *passes_through(void *unused);
__attribute__((noinline)) void *passes_through(void *unused)
{
    static struct actor self = {.of = CASE_OTHER};
    unsigned arena;

    control("thread.arena", &arena, sizeof arena, NULL, 0);
    prctl(PR_SET_NAME, case_names[CASE_A]);
    for (unsigned i = 0; i < 100; i++)
        held[i] = case_keep(&self, mallocx(400, (int)MALLOCX_ARENA(arena)), 400);
    self.of = CASE_A;
    for (unsigned i = 0; i < 50; i++)
        case_free(&self, CASE_OTHER, held[i]);
    return unused;
}

static void passed(void)
{
    pthread_t thread;

    start_both();
    actor_do(&a, take); /* from here on there is a class of its name */
    case_expect(pthread_create(&thread, NULL, passes_through, NULL) == 0, "cannot start a thread");
    pthread_join(thread, NULL);
}

/* ---- a cache of the program's, which keeps what it is given: what comes out of it is whose its address says ---- */

static void give_to_cache(struct actor *self)
{
    for (unsigned i = 0; i < 10; i++) {
        books_free(&case_books, CASE_A, self->of, held[i]);
        dallocx(held[i], (int)MALLOCX_TCACHE(own_cache));
    }
}

static void take_from_cache(struct actor *self)
{
    struct actor owner = {.of = CASE_A};

    (void)self;
    for (unsigned i = 0; i < 10; i++) /* last in, first out */
        held[i] = case_keep(&owner, mallocx(200, (int)MALLOCX_TCACHE(own_cache)), 200);
}

static void caches(void)
{
    start_both();
    actor_do(&a, take);
    actor_do(&b, give_to_cache);
    actor_do(&b, take_from_cache);
    actor_do(&a, give_to_cache);
}

/* ---- jemalloc's ways to free and resize, on memory of one's own and of others ---- */

static void give_in_all_ways(struct actor *self)
{
    for (unsigned i = self->of; i < BLOCKS; i += 10) {
        books_free(&case_books, CASE_A, self->of, held[i]);
        dallocx(held[i], 0);
    }
    for (unsigned i = self->of + 2; i < BLOCKS; i += 10) {
        books_free(&case_books, CASE_A, self->of, held[i]);
        sdallocx(held[i], 200, 0);
    }
    for (unsigned i = self->of + 4; i < BLOCKS; i += 10) {
        books_free(&case_books, CASE_A, self->of, held[i]);
        held[i] = case_keep(self, rallocx(held[i], i % 20 < 10 ? 100 : 1000, MALLOCX_ZERO), 1);
    }
    for (unsigned i = self->of + 6; i < BLOCKS; i += 10) {
        const size_t before = malloc_usable_size(held[i]), after = xallocx(held[i], 10000, 0, 0);
        case_expect(after == before && before == malloc_usable_size(held[i]), "a small block grew in place");
    }
}

/* Large blocks can grow and shrink in place: one's own do, another's answer with the size that they have. */
static void take_large(struct actor *self)
{
    for (unsigned i = 0; i < 10; i++)
        held[i] = case_malloc(self, 1 << 20);
}

static void shrink_large(struct actor *self)
{
    for (unsigned i = 0; i < 10; i++) {
        const size_t before = malloc_usable_size(held[i]), after = xallocx(held[i], 1 << 18, 0, 0);
        case_expect(after == malloc_usable_size(held[i]), "xallocx did not say the truth");
        case_expect((after == before) == (self->of != CASE_A), "xallocx did not keep to the owner");
        if (after == before)
            continue;
        case_books.freed_bytes[CASE_A][CASE_A] += before;
        case_books.freed_count[CASE_A][CASE_A]++;
        books_alloc(&case_books, CASE_A, held[i]);
    }
}

/* A block that cannot move, for want of address space, is not said to be aligned as it was asked for. */
static void align_in_vain(struct actor *self)
{
    struct rlimit before, none;
    void *volatile moved;

    (void)self;
    case_expect(getrlimit(RLIMIT_AS, &before) == 0, "no limit");
    none = (struct rlimit){.rlim_cur = 4096, .rlim_max = before.rlim_max};
    case_expect(setrlimit(RLIMIT_AS, &none) == 0, "cannot set a limit");
    moved = rallocx(held[0], 1 << 18, MALLOCX_LG_ALIGN(30));
    case_expect(setrlimit(RLIMIT_AS, &before) == 0, "cannot take a limit back");
    case_expect(moved == NULL, "rallocx moved a block to where nothing is mapped");
}

static void calls(void)
{
    start_both();
    actor_do(&a, take);
    actor_do(&b, give_in_all_ways);
    actor_do(&a, give_in_all_ways);
    actor_do(&a, take_large);
    actor_do(&b, align_in_vain);
    actor_do(&b, shrink_large);
    actor_do(&a, shrink_large);
}

/* ---- no explicit cache is left for the agent: it does without ---- */

static void free_foreign(struct actor *self)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        case_free(self, CASE_A, held[i]);
    for (unsigned i = 0; i < BLOCKS; i++)
        held[i] = case_malloc(self, 200);
}

static void no_caches(void)
{
    unsigned id, made = 0;
    size_t bytes = sizeof id;

    start_both();
    while (made < 10000 && mallctl("tcache.create", &id, &bytes, NULL, 0) == 0)
        made++;
    case_expect(made > 1000 && made < 10000, "ids for caches do not run out");
    actor_do(&a, take);
    actor_do(&b, free_foreign);
}

/* ---- memory that goes with its arena ---- */

static void reset_own(struct actor *self)
{
    unsigned arena;
    char name[64];

    (void)self;
    control("thread.arena", &arena, sizeof arena, NULL, 0);
    snprintf(name, sizeof name, "arena.%u.reset", arena);
    control("thread.tcache.flush", NULL, 0, NULL, 0);
    control(name, NULL, 0, NULL, 0);
}

static void reset(void)
{
    start_both();
    actor_do(&b, take);
    actor_do(&b, reset_own);
}

/* ---- arenas of the program's come and go: what was in them is in no cache by then, if the program sees to that ---- */

enum way { WAY_PAST, WAY_MOVED_PAST, WAY_FLUSHED, WAY_IDLE, WAY_SWITCHED_OFF, WAYS };

static void give_back(void *block, enum way way)
{
    if (way == WAY_PAST)
        dallocx(block, MALLOCX_TCACHE_NONE);
    else if (way == WAY_MOVED_PAST)
        dallocx(rallocx(block, 300, MALLOCX_TCACHE_NONE), MALLOCX_TCACHE_NONE);
    else
        free(block);
}

static void fill(unsigned arena)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        held[i] = mallocx(200, (int)(MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE));
}

static void empty(enum way way)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        give_back(held[i], way);
}

static void destroy_one(enum way way)
{
    bool off = false, on = true;
    unsigned arena;
    char name[64];

    control("arenas.create", &arena, sizeof arena, NULL, 0);
    snprintf(name, sizeof name, "arena.%u.destroy", arena);
    fill(arena);
    if (way == WAY_SWITCHED_OFF)
        control("thread.tcache.enabled", NULL, 0, &off, sizeof off);
    empty(way);
    if (way == WAY_FLUSHED)
        control("thread.tcache.flush", NULL, 0, NULL, 0);
    if (way == WAY_IDLE)
        control("thread.idle", NULL, 0, NULL, 0);
    control(name, NULL, 0, NULL, 0);
    if (way == WAY_SWITCHED_OFF)
        control("thread.tcache.enabled", NULL, 0, &on, sizeof on);
}

static void destroy_all(struct actor *self)
{
    (void)self;
    for (enum way way = 0; way < WAYS; way++) {
        fill(own_arena);
        empty(WAY_FLUSHED); /* the thread has caches */
        destroy_one(way);
    }
    fill(own_arena);
    empty(WAY_FLUSHED);
}

static void destroys(void)
{
    start_both();
    actor_do(&a, destroy_all);
}

int main(int argc, char **argv)
{
    static const struct case_row rows[] = {
        {"binds", binds, CASE_UNBOUND + 1},
        {"main-binds", main_binds, 2},
        {"leaves", leaves, CASE_UNBOUND + 1},
        {"arenas", arenas, CASE_UNBOUND + 1},
        {"turns", turns, CASE_UNBOUND + 1},
        {"grows", grows, 2},
        {"passed", passed, CASE_CLASSES},
        {"caches", caches, 2},
        {"calls", calls, 2},
        {"no-caches", no_caches, 2},
        {"reset", reset, 2},
        {"destroys", destroys, 2},
    };

    case_names[CASE_OTHER] = "passes_through()";
    case_names[CASE_MAIN] = "nobody";
    return case_main(argc, argv, rows, sizeof rows / sizeof rows[0]);
}
