/* arenatop.h: the bytes between the agent and whoever reads them.
 *
 * This file alone is enough to write a reader. All integers are little-endian; times are nanoseconds; sizes are bytes.
 *
 *   POSIX shared memory /arenatop.<pid>.<id>, or a copy of it in a file
 *
 *   0        +------------------------------------------------------+
 *            | struct at_header: who, since when, state, heartbeat  |
 *   4096     +------------------------------------------------------+  AT_HEADER_BYTES
 *            | ring: `ring_bytes` (a power of two) of records       |
 *            |  ...| at_record | payload | at_record | payload |... |
 *            +------------------------------------------------------+
 *
 * The ring is a broadcast buffer with one writer and any number of lossy readers. It descends from Aeron's broadcast
 * buffer (Martin Thompson, Todd Montgomery), with two changes: `head` says where the oldest whole record starts, so that
 * a reader that arrives late has history; and a length is used only after the copy it came from was found valid.
 * Positions are 64-bit and only grow; position p lies at offset p % ring_bytes. A record starts on a multiple of
 * AT_RECORD_ALIGN and never wraps: where it would, a record of type AT_RECORD_PADDING fills the rest of the ring, in the
 * same publication as the record that comes after it. No record is longer than a quarter of the ring.
 *
 *   Writer, to publish a record of n bytes (header included, padded to AT_RECORD_ALIGN):
 *     1. head        := the start of the oldest record that stays whole once [tail, tail + n) is written    (release)
 *     2. tail_intent := tail + n, padding included                                                        (release)
 *     3. every 8-byte word of the record                                                                  (release)
 *     4. latest      := the record's position; tail := tail + n                                           (release)
 *
 *   Reader at position `at`:
 *     1. if at == tail (acquire): nothing new.
 *     2. if tail_intent (acquire) - at > ring_bytes: lapped. Go on at head (acquire); the gap in `sequence` is the loss.
 *     3. copy the 16 bytes of at_record, word by word (acquire); load tail_intent again: if tail_intent - at > ring_bytes
 *        the copy may be torn: lapped, as in 2. Otherwise length and type are true: check them (bounds, alignment).
 *     4. copy the payload in the same way, load tail_intent again, judge in the same way. Only now look at the payload.
 *   Because each word is stored with release after tail_intent was, a reader that saw one new word sees the new
 *   tail_intent too, and rejects its copy. No fence is needed, so a race detector can follow it.
 *
 * A record of type AT_RECORD_SNAPSHOT carries one snapshot:
 *
 *   +--------------------+ 0
 *   | struct at_snapshot |  with `sections` rows of struct at_section: kind, offset, count, stride
 *   +--------------------+ offset of a section, a multiple of 8, from the start of at_snapshot
 *   | rows ...           |  count rows of `stride` bytes each
 *   +--------------------+
 *
 * Every snapshot has a section of classes with at least row 0; any other section may be missing. The table of sections
 * ends before the first row; no row is shorter than what stands before its first figure; strides are multiples of 8.
 *
 * Growth without a new major version: rows may get longer (use `stride`, read what you know, take the rest for 0 where
 * a row is shorter than yours), new kinds of sections and records may come (skip them). A new major version may change
 * anything: refuse it.
 *
 * Believe nothing: a reader checks every offset, count, stride, index and name before it uses them. */
#ifndef ARENATOP_H
#define ARENATOP_H

#include <stddef.h>
#include <stdint.h>

/* C11 and C++11 have the same thing under different names. */
#ifdef __cplusplus
#define AT_ASSERT(condition, words) static_assert(condition, words)
#else
#define AT_ASSERT(condition, words) _Static_assert(condition, words)
#endif

#define AT_MAGIC         "ARENATOP"
#define AT_VERSION_MAJOR 1u
#define AT_VERSION_MINOR 0u

#define AT_HEADER_BYTES      4096u
#define AT_RING_BYTES_MIN    (UINT64_C(1) << 20)
#define AT_RING_BYTES_MAX    (UINT64_C(1) << 30)
#define AT_RECORD_ALIGN      16u
#define AT_CLASS_NAME_BYTES  64u
#define AT_THREAD_NAME_BYTES 16u
#define AT_WARNING_BYTES     160u

/* Rows 0 and up of the class section. Row 0 is always memory of no class. */
#define AT_CLASS_UNBOUND 0u
#define AT_CLASSES_MAX   66u /* (unbound), 64 classes, (other) */

/* ---- states, modes, reasons: each table makes its enum here and its words wherever they are shown ---- */

/* X(value, NAME, word) */
#define AT_STATES(X)           \
    X(0, STARTING, "starting") \
    X(1, LIVE, "live")         \
    X(2, EXITED, "exited")

#define AT_MODES(X)    \
    X(0, NONE, "none") \
    X(1, FLOW, "flow") \
    X(2, EXACT, "exact")

/* Why a process or class is not `exact`. X(value, NAME, text) */
#define AT_REASONS(X)                                                                     \
    X(0, NONE, "")                                                                        \
    X(1, ASKED, "flow mode was asked for")                                                \
    X(2, NO_INTERPOSITION, "the free family is not interposed")                           \
    X(3, PRELOAD_ORDER, "another allocator stands before the agent in the search order")  \
    X(4, STATIC_JEMALLOC, "jemalloc is linked into the executable")                       \
    X(5, NO_REGIONS, "this address space has no room for class regions")                  \
    X(6, REGION_FULL, "the class's address region is full")                               \
    X(7, HOST_ARENA, "the program binds arenas of its own")                               \
    X(8, SHARED_ARENA, "a rule binds the class to an arena that is not its own")          \
    X(9, NOT_JEMALLOC_FREE, "the next free() is not jemalloc's")                          \
    X(10, HPA, "opt.hpa bypasses extent hooks")                                           \
    X(11, POOL, "it shares its address space with a class that is an estimate")           \
    X(12, OTHER_NAMES, "malloc() is not jemalloc's: the program calls it by other names") \
    X(13, SECCOMP, "a seccomp filter forbids the agent's calls: the figures end there")   \
    X(14, GUARDS, "san_guard_small and san_guard_large guard no memory with extent hooks")

#define AT_ENUM_STATE(value, name, word)  AT_STATE_##name = (value),
#define AT_ENUM_MODE(value, name, word)   AT_MODE_##name = (value),
#define AT_ENUM_REASON(value, name, text) AT_REASON_##name = (value),
enum at_state { AT_STATES(AT_ENUM_STATE) AT_STATE_COUNT };
enum at_mode { AT_MODES(AT_ENUM_MODE) AT_MODE_COUNT };
enum at_reason { AT_REASONS(AT_ENUM_REASON) AT_REASON_COUNT };

/* ---- the table of fields: the one place where a figure gets its key, meaning and place ----
 *
 * X(offset, key, KIND, UNIT, heading, help)
 *   offset   of the member `uint64_t key` in its row; asserted below
 *   KIND     GAUGE (may fall), COUNTER (never falls), BALANCE (a gauge that may be negative: int64_t in the same bytes)
 *   UNIT     BYTES, COUNT, NS
 *   heading  of a column, at most 9 characters
 *   help     one sentence: what the figure is and, where people err, what it is not; no full stop at the end
 * JSON keys, CSV columns, metric names, headings, help and manual are made from these rows. */

#define AT_PROCESS_FIELDS(X)                                                                                      \
    X(0, allocated, GAUGE, BYTES, "ALLOC",                                                                        \
      "Bytes that jemalloc counts as allocated by the application, thread caches included")                       \
    X(8, active, GAUGE, BYTES, "ACTIVE", "Bytes in pages that hold at least one allocation")                      \
    X(16, metadata, GAUGE, BYTES, "META", "Bytes that jemalloc uses for its own books")                           \
    X(24, resident, GAUGE, BYTES, "RES", "Bytes that jemalloc reckons to be in physical memory")                  \
    X(32, mapped, GAUGE, BYTES, "MAPPED", "Bytes in active extents that jemalloc has mapped")                     \
    X(40, retained, GAUGE, BYTES, "RETAINED",                                                                     \
      "Bytes of address space that jemalloc keeps for reuse; not physical memory")                                \
    X(48, tcached, GAUGE, BYTES, "TCACHED", "Bytes freed but still held in thread caches, over all arenas")       \
    X(56, internal, GAUGE, BYTES, "INTERNAL", "Bytes that jemalloc allocated for itself and counts as allocated") \
    X(64, stranded, GAUGE, BYTES, "STRANDED",                                                                     \
      "Bytes left by a fork in the caches of threads that this child does not have")                              \
    X(72, unexplained, BALANCE, BYTES, "UNEXPL",                                                                  \
      "What allocated is off from the sum of live, internal, tcached and stranded; zero when the books close")    \
    X(80, rss, GAUGE, BYTES, "RSS", "Resident set size of the process, as the kernel counts it")                  \
    X(88, limit, GAUGE, BYTES, "LIMIT",                                                                           \
      "The smallest memory limit of the process's control groups; 0 when there is none")                          \
    X(96, narenas, GAUGE, COUNT, "ARENAS", "Arenas that jemalloc has")                                            \
    X(104, moved, GAUGE, BYTES, "MOVED",                                                                          \
      "Bytes allocated and freed while this snapshot was read; unexplained may be off by as much")

#define AT_CLASS_FIELDS(X)                                                                                            \
    X(80, threads, GAUGE, COUNT, "THR", "Threads of the class that are alive")                                        \
    X(88, threads_total, COUNTER, COUNT, "THREADS+", "Threads that the class ever had")                               \
    X(96, arenas, GAUGE, COUNT, "ARENAS", "Arenas that belong to the class")                                          \
    X(104, live, GAUGE, BYTES, "LIVE", "Usable bytes that the class's threads allocated and nobody has freed yet")    \
    X(112, cached, GAUGE, BYTES, "CACHED",                                                                            \
      "Bytes freed but still held in thread caches; jemalloc goes on counting them as allocated")                     \
    X(120, allocated, GAUGE, BYTES, "ALLOC",                                                                          \
      "Bytes allocated in the class's arenas, as jemalloc counts them, caches included")                              \
    X(128, active, GAUGE, BYTES, "ACTIVE", "Bytes in pages of the class's arenas that hold at least one allocation")  \
    X(136, dirty, GAUGE, BYTES, "DIRTY", "Bytes in unused pages that jemalloc has not given back to the kernel yet")  \
    X(144, muzzy, GAUGE, BYTES, "MUZZY", "Bytes in unused pages that the kernel may take when it needs them")         \
    X(152, resident, GAUGE, BYTES, "RES",                                                                             \
      "Bytes of the class's arenas that jemalloc reckons to be in physical memory")                                   \
    X(160, mapped, GAUGE, BYTES, "MAPPED", "Bytes in active extents of the class's arenas")                           \
    X(168, retained, GAUGE, BYTES, "RETAINED",                                                                        \
      "Bytes of address space that the class's arenas keep for reuse; not physical memory")                           \
    X(176, metadata, GAUGE, BYTES, "META", "Bytes that jemalloc uses for the books of the class's arenas")            \
    X(184, peak_live, GAUGE, BYTES, "PEAK", "Highest live seen since the snapshot before")                            \
    X(192, alloc_bytes, COUNTER, BYTES, "ALLOC+",                                                                     \
      "Bytes that the class's threads have allocated since the start; less free_bytes it is a balance of trade, not " \
      "what the class holds")                                                                                         \
    X(200, free_bytes, COUNTER, BYTES, "FREE+",                                                                       \
      "Bytes that the class's threads have freed since the start, whoever allocated them")                            \
    X(208, released_bytes, COUNTER, BYTES, "RELEASED+",                                                               \
      "Bytes of the class's memory that anyone has freed since the start; alloc_bytes less this is live where that "  \
      "is exact")                                                                                                     \
    X(216, nmalloc, COUNTER, COUNT, "NMALLOC",                                                                        \
      "Allocations that the class's arenas have served; a thread cache takes many at once")                           \
    X(224, ndalloc, COUNTER, COUNT, "NDALLOC",                                                                        \
      "Allocations that the class's arenas have taken back; a thread cache gives many at once")

#define AT_FLOW_FIELDS(X)                                                             \
    X(8, bytes, COUNTER, BYTES, "BYTES",                                              \
      "Bytes of memory of class `owner` that threads of class `freed_by` have freed") \
    X(16, count, COUNTER, COUNT, "COUNT",                                             \
      "Blocks of memory of class `owner` that threads of class `freed_by` have freed")

#define AT_ARENA_FIELDS(X)                                                                                           \
    X(8, threads, GAUGE, COUNT, "THR", "Threads that are bound to the arena")                                        \
    X(16, allocated, GAUGE, BYTES, "ALLOC", "Bytes allocated in the arena, small and large, thread caches included") \
    X(24, active, GAUGE, BYTES, "ACTIVE", "Bytes in pages of the arena that hold at least one allocation")           \
    X(32, dirty, GAUGE, BYTES, "DIRTY", "Bytes in unused pages that jemalloc has not given back to the kernel yet")  \
    X(40, muzzy, GAUGE, BYTES, "MUZZY", "Bytes in unused pages that the kernel may take when it needs them")         \
    X(48, resident, GAUGE, BYTES, "RES", "Bytes of the arena that jemalloc reckons to be in physical memory")        \
    X(56, mapped, GAUGE, BYTES, "MAPPED", "Bytes in active extents of the arena")                                    \
    X(64, retained, GAUGE, BYTES, "RETAINED",                                                                        \
      "Bytes of address space that the arena keeps for reuse; not physical memory")                                  \
    X(72, metadata, GAUGE, BYTES, "META", "Bytes that jemalloc uses for the arena's books")                          \
    X(80, tcache_bytes, GAUGE, BYTES, "TCACHED", "Bytes in thread caches that are associated with the arena")        \
    X(88, nmalloc, COUNTER, COUNT, "NMALLOC", "Allocations that the arena has served")                               \
    X(96, ndalloc, COUNTER, COUNT, "NDALLOC", "Allocations that the arena has taken back")                           \
    X(104, internal, GAUGE, BYTES, "INTERNAL", "Bytes that jemalloc allocated in the arena for itself")

#define AT_THREAD_FIELDS(X)                                                                              \
    X(24, alloc_bytes, COUNTER, BYTES, "ALLOC+", "Bytes that the thread has allocated since it started") \
    X(32, free_bytes, COUNTER, BYTES, "FREE+",                                                           \
      "Bytes that the thread has freed since it started, whoever allocated them")

#define AT_SIZE_FIELDS(X)                                                                                          \
    X(8, size, GAUGE, BYTES, "SIZE", "Usable bytes of a block of this size class")                                 \
    X(16, blocks, GAUGE, COUNT, "BLOCKS", "Blocks in use, as jemalloc counts them, thread caches included")        \
    X(24, held, GAUGE, BYTES, "HELD", "Bytes of the slabs that the blocks lie in; of a large class of the blocks") \
    X(32, nmalloc, COUNTER, COUNT, "NMALLOC", "Allocations of this size class that the arena has served")          \
    X(40, ndalloc, COUNTER, COUNT, "NDALLOC", "Allocations of this size class that the arena has taken back")

#define AT_AGENT_FIELDS(X)                                                                                          \
    X(0, interval_ns, GAUGE, NS, "INTERVAL", "Time between full snapshots, as stretched by the agent")              \
    X(8, peak_ns, GAUGE, NS, "PEAKEVERY",                                                                           \
      "Time between lock-free looks, as stretched by the agent; 0 when they are off")                               \
    X(16, sample_ns, GAUGE, NS, "SAMPLE", "Time that the newest full snapshot took")                                \
    X(24, look_ns, GAUGE, NS, "LOOK", "Time that the newest lock-free look took")                                   \
    X(32, cpu_ns, COUNTER, NS, "CPU", "CPU time that the agent's own thread has used")                              \
    X(40, samples, COUNTER, COUNT, "SAMPLES", "Full snapshots taken, published or not")                             \
    X(48, threads_left_out, GAUGE, COUNT, "LEFTOUT", "Threads that this snapshot has no row for, to keep it small") \
    X(56, threads_unseen, GAUGE, COUNT, "UNSEEN", "Threads of the process that no hook of the agent has met")

/* ---- the segment's header ---- */

/* The writer's words of the ring, each alone on its cache line pair so that readers' loads do not slow the writer:
 * in a segment, which begins a page. A copy of them may lie anywhere. */
struct at_ring_words {
    uint64_t head; /* position of the oldest whole record */
    uint64_t unused_1[15];
    uint64_t tail_intent;
    uint64_t unused_2[15];
    uint64_t tail;
    uint64_t latest; /* position of the newest record of any type but padding; valid when tail > 0 */
    uint64_t unused_3[14];
};

struct at_header {
    char magic[8];
    uint32_t version_major;
    uint32_t version_minor;
    uint32_t header_bytes; /* AT_HEADER_BYTES */
    uint32_t state;        /* enum at_state; written with release */
    uint64_t ring_bytes;
    uint32_t pid;             /* in the process's own pid namespace */
    uint32_t uid;             /* effective, at creation */
    uint64_t start_ticks;     /* field 22 of /proc/<pid>/stat: clock ticks after boot */
    uint64_t pidns;           /* inode number of /proc/<pid>/ns/pid */
    uint8_t boot_id[16];      /* /proc/sys/kernel/random/boot_id */
    uint64_t created_time_ns; /* CLOCK_REALTIME */
    uint64_t created_mono_ns; /* CLOCK_MONOTONIC */
    uint64_t heartbeat_ns;    /* CLOCK_MONOTONIC; stored with release at each look and snapshot */
    uint32_t mode;            /* enum at_mode */
    uint32_t reason;          /* enum at_reason */
    char comm[16];            /* name of the main thread at creation, NUL-terminated */
    char agent_version[32];
    char jemalloc_version[64];
    char command[256]; /* the command line, arguments separated by spaces, cut off where it is longer */
    /* A process-shared robust pthread mutex that the agent's thread holds while it lives. Its first 32 bits are the futex
     * word: the kernel sets FUTEX_OWNER_DIED (0x40000000) in it when the owner is gone, however it ended, exec included.
     * Readers only look at that word. 0: nobody holds it now, which is no proof of death. */
    uint64_t unused_1[5];
    uint32_t owner_word;
    uint8_t owner_rest[60];
    uint64_t unused_2[8];
    struct at_ring_words ring;
};

#define AT_OWNER_DIED UINT32_C(0x40000000)

/* ---- records and snapshots ---- */

enum at_record_type { AT_RECORD_PADDING = 0, AT_RECORD_SNAPSHOT = 1 };

struct at_record {
    uint32_t
        length; /* bytes, this header included, unpadded; the next record starts at the next multiple of AT_RECORD_ALIGN */
    uint32_t type;     /* enum at_record_type */
    uint64_t sequence; /* 1, 2, 3, ... over the records that are not padding; a padding record has 0 */
};

enum at_section_kind {
    AT_SECTION_AGENT = 1,    /* one struct at_agent */
    AT_SECTION_PROCESS = 2,  /* one struct at_process */
    AT_SECTION_CLASSES = 3,  /* struct at_class; row numbers are what flows, arenas and threads refer to */
    AT_SECTION_FLOWS = 4,    /* struct at_flow: only cells that are not zero */
    AT_SECTION_ARENAS = 5,   /* struct at_arena, by rising index */
    AT_SECTION_THREADS = 6,  /* struct at_thread */
    AT_SECTION_WARNINGS = 7, /* char[AT_WARNING_BYTES], NUL-terminated UTF-8 */
    AT_SECTION_SIZES = 8 /* struct at_size: only what is in use; arena by arena, by rising size. In some snapshots */
};
#define AT_SECTIONS_MAX 16u

/* Size classes are the largest part of a snapshot, and change slowly: an agent puts them into the first one, the last one
 * of a clean end, and in between into one in 30 or so, more often in a young process. */
enum at_size_kind {
    AT_SIZE_BIN = 0,  /* small: blocks share a slab */
    AT_SIZE_LARGE = 1 /* a block is an extent of its own */
};

struct at_section {
    uint32_t kind;
    uint32_t offset;
    uint32_t count;
    uint32_t stride;
};

struct at_snapshot {
    uint32_t bytes;    /* of the whole snapshot */
    uint32_t sections; /* rows of struct at_section that follow, at most AT_SECTIONS_MAX */
    uint64_t seq;      /* the same as the record's sequence */
    uint64_t time_ns;  /* CLOCK_REALTIME */
    uint64_t mono_ns;  /* CLOCK_MONOTONIC */
    uint32_t state;    /* enum at_state: EXITED on the last one of a clean end */
    uint32_t mode;     /* enum at_mode */
    uint32_t reason;   /* enum at_reason */
    uint32_t reserved;
};

#define AT_MEMBER(offset, key, kind, unit, heading, help) uint64_t key;

struct at_agent {
    AT_AGENT_FIELDS(AT_MEMBER)
};
struct at_process {
    AT_PROCESS_FIELDS(AT_MEMBER)
};
struct at_class {
    char name[AT_CLASS_NAME_BYTES]; /* NUL-terminated; any other bytes */
    uint32_t mode;                  /* enum at_mode */
    uint32_t reason;                /* enum at_reason */
    uint64_t reserved;
    AT_CLASS_FIELDS(AT_MEMBER)
};
struct at_flow {
    uint32_t owner;    /* row of the class section */
    uint32_t freed_by; /* row of the class section */
    AT_FLOW_FIELDS(AT_MEMBER)
};
struct at_arena {
    uint32_t index;     /* jemalloc's */
    uint32_t class_row; /* row of the class section */
    AT_ARENA_FIELDS(AT_MEMBER)
};
struct at_thread {
    uint32_t tid;                    /* in the process's own pid namespace */
    uint32_t class_row;              /* row of the class section */
    char name[AT_THREAD_NAME_BYTES]; /* NUL-terminated; any other bytes */
    AT_THREAD_FIELDS(AT_MEMBER)
};
struct at_size {
    uint32_t arena; /* jemalloc's index */
    uint32_t kind;  /* enum at_size_kind */
    AT_SIZE_FIELDS(AT_MEMBER)
};

/* ---- every offset, beside its struct: drift fails the build, not the user ---- */

#define AT_ASSERT_OFFSET(type, member, offset) \
    AT_ASSERT(offsetof(struct type, member) == (offset), #type "." #member " moved")

AT_ASSERT_OFFSET(at_header, magic, 0);
AT_ASSERT_OFFSET(at_header, version_major, 8);
AT_ASSERT_OFFSET(at_header, version_minor, 12);
AT_ASSERT_OFFSET(at_header, header_bytes, 16);
AT_ASSERT_OFFSET(at_header, state, 20);
AT_ASSERT_OFFSET(at_header, ring_bytes, 24);
AT_ASSERT_OFFSET(at_header, pid, 32);
AT_ASSERT_OFFSET(at_header, uid, 36);
AT_ASSERT_OFFSET(at_header, start_ticks, 40);
AT_ASSERT_OFFSET(at_header, pidns, 48);
AT_ASSERT_OFFSET(at_header, boot_id, 56);
AT_ASSERT_OFFSET(at_header, created_time_ns, 72);
AT_ASSERT_OFFSET(at_header, created_mono_ns, 80);
AT_ASSERT_OFFSET(at_header, heartbeat_ns, 88);
AT_ASSERT_OFFSET(at_header, mode, 96);
AT_ASSERT_OFFSET(at_header, reason, 100);
AT_ASSERT_OFFSET(at_header, comm, 104);
AT_ASSERT_OFFSET(at_header, agent_version, 120);
AT_ASSERT_OFFSET(at_header, jemalloc_version, 152);
AT_ASSERT_OFFSET(at_header, command, 216);
AT_ASSERT_OFFSET(at_header, owner_word, 512);
AT_ASSERT_OFFSET(at_header, ring.head, 640);
AT_ASSERT_OFFSET(at_header, ring.tail_intent, 768);
AT_ASSERT_OFFSET(at_header, ring.tail, 896);
AT_ASSERT_OFFSET(at_header, ring.latest, 904);
AT_ASSERT(sizeof(struct at_header) <= AT_HEADER_BYTES, "the header outgrew its page");

AT_ASSERT_OFFSET(at_record, length, 0);
AT_ASSERT_OFFSET(at_record, type, 4);
AT_ASSERT_OFFSET(at_record, sequence, 8);
AT_ASSERT(sizeof(struct at_record) == AT_RECORD_ALIGN, "a record header is one alignment unit");

AT_ASSERT_OFFSET(at_section, kind, 0);
AT_ASSERT_OFFSET(at_section, offset, 4);
AT_ASSERT_OFFSET(at_section, count, 8);
AT_ASSERT_OFFSET(at_section, stride, 12);

AT_ASSERT_OFFSET(at_snapshot, bytes, 0);
AT_ASSERT_OFFSET(at_snapshot, sections, 4);
AT_ASSERT_OFFSET(at_snapshot, seq, 8);
AT_ASSERT_OFFSET(at_snapshot, time_ns, 16);
AT_ASSERT_OFFSET(at_snapshot, mono_ns, 24);
AT_ASSERT_OFFSET(at_snapshot, state, 32);
AT_ASSERT_OFFSET(at_snapshot, mode, 36);
AT_ASSERT_OFFSET(at_snapshot, reason, 40);
AT_ASSERT(sizeof(struct at_snapshot) == 48, "sections follow at 48");

#define AT_ASSERT_PROCESS(offset, key, ...) AT_ASSERT_OFFSET(at_process, key, offset);
#define AT_ASSERT_AGENT(offset, key, ...)   AT_ASSERT_OFFSET(at_agent, key, offset);
#define AT_ASSERT_CLASS(offset, key, ...)   AT_ASSERT_OFFSET(at_class, key, offset);
#define AT_ASSERT_FLOW(offset, key, ...)    AT_ASSERT_OFFSET(at_flow, key, offset);
#define AT_ASSERT_ARENA(offset, key, ...)   AT_ASSERT_OFFSET(at_arena, key, offset);
#define AT_ASSERT_THREAD(offset, key, ...)  AT_ASSERT_OFFSET(at_thread, key, offset);
#define AT_ASSERT_SIZE(offset, key, ...)    AT_ASSERT_OFFSET(at_size, key, offset);
AT_PROCESS_FIELDS(AT_ASSERT_PROCESS)
AT_AGENT_FIELDS(AT_ASSERT_AGENT)
AT_CLASS_FIELDS(AT_ASSERT_CLASS)
AT_FLOW_FIELDS(AT_ASSERT_FLOW)
AT_ARENA_FIELDS(AT_ASSERT_ARENA)
AT_THREAD_FIELDS(AT_ASSERT_THREAD)
AT_SIZE_FIELDS(AT_ASSERT_SIZE)
AT_ASSERT_OFFSET(at_class, name, 0);
AT_ASSERT_OFFSET(at_class, mode, 64);
AT_ASSERT_OFFSET(at_class, reason, 68);
AT_ASSERT_OFFSET(at_flow, owner, 0);
AT_ASSERT_OFFSET(at_flow, freed_by, 4);
AT_ASSERT_OFFSET(at_arena, index, 0);
AT_ASSERT_OFFSET(at_arena, class_row, 4);
AT_ASSERT_OFFSET(at_thread, tid, 0);
AT_ASSERT_OFFSET(at_thread, class_row, 4);
AT_ASSERT_OFFSET(at_thread, name, 8);
AT_ASSERT_OFFSET(at_size, arena, 0);
AT_ASSERT_OFFSET(at_size, kind, 4);

#endif
