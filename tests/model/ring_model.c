/* ring_model.c: the ring's own code, checked exhaustively under the memory model of C11. Speaks TAP.
 *
 * proto/ring.c is compiled here over atomics that remember: every store of the writer is kept in one list, and every load
 * of the reader may give any store to that word which the reader could see. All of them are tried, so that the reader
 * meets the writer at every moment, with every delay that acquire and release allow (a thread sanitizer sees only what
 * happened to happen).
 *
 * What makes it small: one writer, which never waits for a reader, makes the same list of stores in every execution. A
 * reader is then described by its own fields and its view: per word, the oldest store it may still see. A load of a word
 * gives any store at or after the view; what it gives, if stored with release and loaded with acquire, brings along
 * everything the writer had stored before (the views of "promising" semantics, Kang et al., POPL 2017, without promises).
 * Two executions that come to the same reader and view at the head of ring_read's loop go on alike: the second is cut off.
 *
 * That the model can find a fault is shown by breaking the order of stores on purpose, each in the way that a comment in
 * ring.c or arenatop.h says is needed. */
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "choices.h"

/* ---- the atomics that remember, in the place of proto/atomics.h ---- */

#define AT_ATOMICS_H

static uint64_t load_acquire64(const uint64_t *word);
static void store_release64(uint64_t *word, uint64_t value);
static void copy_out_release(uint64_t *shared, const uint64_t *from, size_t words);
static void copy_in_acquire(uint64_t *to, const uint64_t *shared, size_t words);

/* The smallest ring that still has all that can happen in one: quarters of four units, records of two to four. */
#include "arenatop.h"
#undef AT_RING_BYTES_MIN
#define AT_RING_BYTES_MIN 256u

#include "ring.c"

enum {
    RING = AT_RING_BYTES_MIN,
    DATA_WORDS = RING / 8,
    HEAD = DATA_WORDS, /* the control words come after the data */
    TAIL_INTENT,
    TAIL,
    LATEST,
    PLACES,
    VIEW_BYTES = (PLACES + 7) / 8 * 8, /* no padding behind it: states are compared as bytes */
    STORES_MAX = 255                   /* a view fits in bytes */
};

/* What is broken on purpose. */
enum fault {
    NO_FAULT,
    DATA_STORED_RELAXED,
    DATA_LOADED_RELAXED,
    TAIL_STORED_RELAXED,
    INTENT_AFTER_DATA,
    HEAD_AFTER_INTENT,
    FAULTS
};

static const char *const fault_names[FAULTS] = {
    "the order as it is",
    "words of the record stored without release",
    "words of the record loaded without acquire",
    "tail stored without release",
    "tail_intent stored after the record",
    "head stored after tail_intent",
};

struct store {
    unsigned place;
    uint64_t value;
    bool release;
};

static struct {
    struct at_ring_words words;
    _Alignas(AT_RECORD_ALIGN) uint64_t data[DATA_WORDS];
} memory;

/* Store 0 stands for the zeroed memory that all begins with. */
static struct {
    struct store store[STORES_MAX + 1];
    unsigned count;
    unsigned seen_with[STORES_MAX + 1][PLACES]; /* what a release store brings along: per place the newest store */
    enum fault fault;
    bool writing;
    uint64_t held_back[PLACES]; /* a store that a fault delays until tail is stored */
    bool holds[PLACES];
} writer_log;

static unsigned place_of(const uint64_t *word)
{
    if (word == &memory.words.head)
        return HEAD;
    if (word == &memory.words.tail_intent)
        return TAIL_INTENT;
    if (word == &memory.words.tail)
        return TAIL;
    if (word == &memory.words.latest)
        return LATEST;
    return (unsigned)(word - memory.data);
}

static void remember(unsigned place, uint64_t value, bool release)
{
    unsigned index = ++writer_log.count;
    if (index > STORES_MAX)
        abort();
    writer_log.store[index] = (struct store){.place = place, .value = value, .release = release};
    memcpy(writer_log.seen_with[index], writer_log.seen_with[index - 1], sizeof writer_log.seen_with[0]);
    writer_log.seen_with[index][place] = index;
}

static bool is_delayed(unsigned place)
{
    return (writer_log.fault == INTENT_AFTER_DATA && place == TAIL_INTENT) ||
           (writer_log.fault == HEAD_AFTER_INTENT && place == HEAD);
}

static bool is_released(unsigned place)
{
    return !(writer_log.fault == DATA_STORED_RELAXED && place < DATA_WORDS) &&
           !(writer_log.fault == TAIL_STORED_RELAXED && place == TAIL);
}

static void let_go(unsigned place)
{
    if (writer_log.holds[place])
        remember(place, writer_log.held_back[place], true);
    writer_log.holds[place] = false;
}

static void store_release64(uint64_t *word, uint64_t value)
{
    unsigned place = place_of(word);
    *word = value;
    if (place == TAIL) {
        let_go(TAIL_INTENT);
        let_go(HEAD);
    }
    if (is_delayed(place)) {
        writer_log.held_back[place] = value;
        writer_log.holds[place] = true;
    } else {
        remember(place, value, is_released(place));
    }
}

static void copy_out_release(uint64_t *shared, const uint64_t *from, size_t words)
{
    for (size_t i = 0; i < words; i++)
        store_release64(&shared[i], from[i]);
}

/* ---- one execution of the reader, driven by choices ---- */

/* All that its further course depends on, as bytes to be compared. */
struct state {
    uint64_t at;
    uint64_t next_sequence;
    uint64_t lost;
    uint64_t last_latest; /* what ring.c has loaded, and may still go by */
    uint64_t last_tail;
    uint32_t laps;        /* of the ring_read that goes on: newest_position is called once a lap */
    uint16_t calls;       /* of the program */
    uint8_t after_latest; /* this load of tail is newest_position's */
    uint8_t stage;        /* of the program */
    uint8_t view[VIEW_BYTES];
};

static struct {
    struct state state;
    struct ring_reader reader;
    jmp_buf cut_off;
    const char *wrong; /* the first thing that was not as it must be */
} run;

static struct {
    struct state *slot;
    bool *used;
    size_t slots;
    size_t count;
} visited;

static uint64_t executions;

static uint64_t hash_of(const struct state *state)
{
    const unsigned char *bytes = (const unsigned char *)state;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < sizeof *state; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 29;
}

static bool visit(const struct state *state)
{
    size_t i = hash_of(state) % visited.slots;
    for (; visited.used[i]; i = (i + 1) % visited.slots)
        if (memcmp(&visited.slot[i], state, sizeof *state) == 0)
            return false;
    if (visited.count++ > visited.slots / 2)
        abort();
    visited.slot[i] = *state;
    visited.used[i] = true;
    return true;
}

/* The head of ring_read's loop, where executions that have come to the same state are one. */
static void cut_off_if_known(void)
{
    run.state.at = run.reader.at;
    run.state.next_sequence = run.reader.next_sequence;
    run.state.lost = run.reader.lost;
    if (choices.depth >= choices.known && !visit(&run.state))
        longjmp(run.cut_off, 1);
}

/* Chooses one of the stores to `place` that may be seen: at or after the view. */
static unsigned choose(unsigned place)
{
    unsigned option[STORES_MAX + 1], options = 0;
    option[options++] = run.state.view[place];
    for (unsigned i = run.state.view[place] + 1u; i <= writer_log.count; i++)
        if (writer_log.store[i].place == place)
            option[options++] = i;
    return option[choices_take(options)];
}

/* What a store that was seen brings along. */
static void widen_view(unsigned place, unsigned seen)
{
    bool acquire = !(writer_log.fault == DATA_LOADED_RELAXED && place < DATA_WORDS);
    run.state.view[place] = (uint8_t)seen;
    if (!acquire || !writer_log.store[seen].release)
        return;
    for (unsigned i = 0; i < PLACES; i++)
        if (writer_log.seen_with[seen][i] > run.state.view[i])
            run.state.view[i] = (uint8_t)writer_log.seen_with[seen][i];
}

static void note_load(unsigned place, uint64_t value)
{
    run.state.after_latest = place == LATEST;
    if (place == LATEST) {
        run.state.laps++;
        run.state.last_latest = value;
    }
    if (place == TAIL)
        run.state.last_tail = value;
}

static uint64_t load_acquire64(const uint64_t *word)
{
    unsigned place = place_of(word);
    if (writer_log.writing)
        return *word;
    if (place == TAIL)
        cut_off_if_known();
    unsigned seen = choose(place);
    widen_view(place, seen);
    uint64_t value = seen == 0 ? 0 : writer_log.store[seen].value;
    note_load(place, value);
    return value;
}

static void copy_in_acquire(uint64_t *to, const uint64_t *shared, size_t words)
{
    for (size_t i = 0; i < words; i++)
        to[i] = load_acquire64(&shared[i]);
}

/* ---- what is written, and what must come of it ---- */

/* Payloads in words: every length, and padding at the end of three rounds of the ring. */
static const unsigned payload_words[] = {1, 6, 3, 2, 6, 4, 1, 5, 6, 6, 2, 3};
enum { RECORDS = sizeof payload_words / sizeof payload_words[0] };

static uint64_t word_of(uint64_t sequence, unsigned index)
{
    return sequence << 32 | (index + 1);
}

static bool is_whole(const struct at_record *record, const uint64_t *payload)
{
    if (record->sequence == 0 || record->sequence > RECORDS || record->type != AT_RECORD_SNAPSHOT)
        return false;
    unsigned words = payload_words[record->sequence - 1];
    if (record->length != sizeof *record + 8 * words)
        return false;
    for (unsigned i = 0; i < words; i++)
        if (payload[i] != word_of(record->sequence, i))
            return false;
    return true;
}

static void write_all(enum fault fault)
{
    struct ring_writer writer;
    memset(&memory, 0, sizeof memory);
    memset(&writer_log, 0, sizeof writer_log);
    writer_log.store[0].release = true;
    writer_log.fault = fault;
    writer_log.writing = true;
    if (ring_writer_init(&writer, &memory.words, memory.data, RING) != 0)
        abort();
    for (uint64_t sequence = 1; sequence <= RECORDS; sequence++) {
        uint64_t payload[RING / 4 / 8];
        for (unsigned i = 0; i < payload_words[sequence - 1]; i++)
            payload[i] = word_of(sequence, i);
        if (ring_publish(&writer, AT_RECORD_SNAPSHOT, payload, 8 * payload_words[sequence - 1]) != 0)
            abort();
    }
    writer_log.writing = false;
}

static void must(bool holds, const char *what)
{
    if (!holds && run.wrong == NULL)
        run.wrong = what;
}

/* ---- the programs of a reader; each is explored from every moment at which it may arrive ---- */

static uint64_t buffer[RING / 4 / 8];

static void begin_call(void)
{
    run.state.calls++;
    run.state.laps = 0;
    run.state.last_latest = run.state.last_tail = 0;
}

static enum ring_result read_one(struct at_record *record, uint64_t *position)
{
    begin_call();
    enum ring_result result = ring_read(&run.reader, buffer, sizeof buffer, record, position);
    must(result == RING_RECORD || result == RING_EMPTY, "a sound ring is called corrupt");
    if (result == RING_RECORD)
        must(is_whole(record, buffer), "a torn record is accepted");
    return result;
}

/* Reads on until there is nothing new, with ordered sequences and, from the start, a full account of what is lost. */
static void read_on(bool from_start)
{
    struct at_record record;
    uint64_t last = 0, seen = 0;
    while (run.wrong == NULL && read_one(&record, NULL) == RING_RECORD) {
        must(record.sequence > last, "records come out of order");
        last = record.sequence;
        seen++;
        if (from_start)
            must(seen + run.reader.lost == record.sequence, "seen and lost do not add up");
    }
}

static void program_read(void)
{
    read_on(run.reader.next_sequence == 1);
}

static void program_latest(void)
{
    run.state.stage = 1;
    ring_seek_latest(&run.reader);
    run.state.stage = 2;
    read_on(false);
}

static void program_end(void)
{
    run.state.stage = 1;
    ring_seek_end(&run.reader);
    uint64_t expected = run.reader.next_sequence, lost = run.reader.lost;
    run.state.stage = 2;
    struct at_record record;
    if (read_one(&record, NULL) == RING_RECORD && expected != 0)
        must(record.sequence == expected + run.reader.lost - lost, "seen and lost do not add up after the end");
}

/* Reads a record where it lies a second time: the same one, or lapped. */
static void program_again(void)
{
    struct at_record first, second;
    uint64_t position;
    if (read_one(&first, &position) != RING_RECORD)
        return;
    run.state.stage = (uint8_t)first.sequence;
    enum ring_result result = ring_read_at(&run.reader, position, buffer, sizeof buffer, &second);
    must(result == RING_RECORD || result == RING_LAPPED, "a record that was there is called corrupt");
    if (result == RING_RECORD)
        must(is_whole(&second, buffer) && second.sequence == first.sequence, "another record is given at its place");
}

/* Keeps where records lie without reading them, and then reads the last: that very one, or lapped. */
static void program_index(void)
{
    struct at_record record, read;
    uint64_t position, last = 0, at = 0, seen = 0;
    bool from_start = run.reader.next_sequence == 1;
    for (;;) {
        begin_call();
        enum ring_result result = ring_skip(&run.reader, &record, &position);
        must(result == RING_RECORD || result == RING_EMPTY, "a sound ring is called corrupt to who skips");
        if (run.wrong != NULL || result != RING_RECORD)
            break;
        must(record.sequence > last, "records are skipped out of order");
        last = record.sequence;
        at = position;
        seen++;
        must(!from_start || seen + run.reader.lost == record.sequence, "skipped and lost do not add up");
    }
    if (last == 0)
        return;
    run.state.stage = (uint8_t)last;
    enum ring_result result = ring_read_at(&run.reader, at, buffer, sizeof buffer, &read);
    must(result == RING_RECORD || result == RING_LAPPED, "a record that was skipped is called corrupt");
    if (result == RING_RECORD)
        must(is_whole(&read, buffer) && read.sequence == last, "another record than the skipped one is at its place");
}

struct program {
    const char *name;
    void (*body)(void);
};

static const struct program programs[] = {
    {"reads on", program_read},
    {"goes to the newest and reads on", program_latest},
    {"goes to the end and reads on", program_end},
    {"reads a record again where it lies", program_again},
    {"skips on and reads the last where it lies", program_index},
};
enum { PROGRAMS = sizeof programs / sizeof programs[0] };

/* ---- all executions ---- */

static void execute(const struct program *program)
{
    choices.depth = 0;
    memset(&run.state, 0, sizeof run.state);
    memset(&run.reader, 0, sizeof run.reader);
    executions++;
    if (setjmp(run.cut_off) != 0)
        return;
    if (ring_reader_init(&run.reader, &memory.words, memory.data, RING) != 0)
        abort();
    program->body();
}

/* Explores every execution of the program, or until one goes wrong. Returns what was wrong, or NULL. */
static const char *explore(const struct program *program)
{
    memset(visited.used, 0, visited.slots * sizeof visited.used[0]);
    visited.count = 0;
    executions = 0;
    choices.known = 0;
    run.wrong = NULL;
    do
        execute(program);
    while (run.wrong == NULL && choices_next());
    return run.wrong;
}

static unsigned results;

static void say(bool good, const char *what, const char *who, const char *wrong)
{
    printf("%s %u - %s: a reader that %s (%zu states, %llu executions)\n", good ? "ok" : "not ok", ++results, what, who,
           visited.count, (unsigned long long)executions);
    if (!good)
        printf("# %s\n", wrong != NULL ? wrong : "no execution shows the fault: the model is blind to it");
    fflush(stdout);
}

static void check_sound(void)
{
    write_all(NO_FAULT);
    for (unsigned i = 0; i < PROGRAMS; i++) {
        const char *wrong = explore(&programs[i]);
        say(wrong == NULL, "every record is whole and accounted for", programs[i].name, wrong);
    }
}

static void check_fault(enum fault fault)
{
    write_all(fault);
    const char *wrong = explore(&programs[0]);
    say(wrong != NULL, fault_names[fault], programs[0].name, wrong);
    if (wrong != NULL)
        printf("# found: %s\n", wrong);
}

int main(void)
{
    visited.slots = (size_t)1 << 24;
    visited.slot = calloc(visited.slots, sizeof visited.slot[0]);
    visited.used = calloc(visited.slots, sizeof visited.used[0]);
    if (visited.slot == NULL || visited.used == NULL)
        abort();
    check_sound();
    for (enum fault fault = NO_FAULT + 1; fault < FAULTS; fault++)
        check_fault(fault);
    printf("1..%u\n", results);
    free(visited.slot);
    free(visited.used);
    return 0;
}
