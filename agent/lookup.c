/* lookup.c: a desk at which one thread at a time asks, and one sits that reads.
 *
 *   CLOSED --open--> IDLE --asked--> ASKED --served--> READING --> ANSWERED --asked--> ...
 *
 * What lies on the desk is the asking thread's, which holds `taken`, in IDLE and ANSWERED, and the reader's in READING. */
#include "lookup.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "atomics.h"
#include "clock.h"
#include "futex.h"
#include "next.h"
#include "self.h"
#include "symtab.h"

#define SYMBOL_BYTES 256
#define TURN_NS      UINT64_C(20000000)
#define TURNS_MOST   100u

enum state { CLOSED, IDLE, ASKED, READING, ANSWERED };

static struct {
    uint32_t state;      /* enum state */
    uint32_t taken;      /* by a thread that asks */
    uint32_t late;       /* one has waited in vain: nobody waits until there is an answer again */
    uint32_t generation; /* rises when an object is unloaded */
    uint32_t process;    /* self_number() of the one that the reader is in */
    void (*ring)(void);
    struct {
        char path[PATH_MAX];
        uint64_t value;
        uint32_t generation; /* when it was asked */
        char symbol[SYMBOL_BYTES];
    } question;
} desk;

static bool moves(enum state from, enum state to)
{
    uint32_t expected = (uint32_t)from;
    return swap_if_seq_cst32(&desk.state, &expected, (uint32_t)to) != 0;
}

/* ---- who asks ---- */

/* Sleeps until *word is something else. Turns are counted, not time: a process that is stopped, or kept from the processor,
 * has not waited meanwhile. False when it is in vain. */
static bool wait_while(uint32_t *word, uint32_t value, unsigned *turns)
{
    while (load_seq_cst32(word) == value) {
        uint64_t until_ns = clock_mono_ns() + TURN_NS;
        if (load_seq_cst32(&desk.late) != 0 || *turns == TURNS_MOST)
            return false;
        futex_wait(word, value, until_ns);
        *turns += clock_mono_ns() >= until_ns;
    }
    return true;
}

static bool take(unsigned *turns)
{
    uint32_t nobody = 0;
    while (!swap_if_seq_cst32(&desk.taken, &nobody, 1)) {
        if (!wait_while(&desk.taken, 1, turns))
            return false;
        nobody = 0;
    }
    return true;
}

static void leave(void)
{
    store_seq_cst32(&desk.taken, 0);
    futex_wake_one(&desk.taken);
}

/* The first of a kind of threads asks twice, and several of them may begin at once. */
static bool is_answered(const char *path, uint64_t value)
{
    return load_seq_cst32(&desk.state) == ANSWERED && desk.question.value == value &&
           desk.question.generation == load_seq_cst32(&desk.generation) && strcmp(desk.question.path, path) == 0;
}

/* Not by snprintf, which takes more stack than some threads have here. */
static void copy(char *to, const char *from, size_t bytes)
{
    size_t length = strnlen(from, bytes - 1);
    memcpy(to, from, length);
    to[length] = '\0';
}

/* Puts the question down. False when there is nobody to answer it. */
static bool put(const char *path, uint64_t value)
{
    enum state state = (enum state)load_seq_cst32(&desk.state);
    if (state == CLOSED)
        return false;
    copy(desk.question.path, path, sizeof desk.question.path);
    desk.question.value = value;
    desk.question.generation = load_seq_cst32(&desk.generation);
    if (!moves(state, ASKED))
        return false;
    __atomic_load_n(&desk.ring, __ATOMIC_RELAXED)();
    return true;
}

/* The desk is the caller's. What somebody who gave up has asked is read to its end first. */
static enum lookup ask(const char *path, uint64_t value, unsigned *turns, char *symbol, size_t bytes)
{
    if (!wait_while(&desk.state, READING, turns))
        return LOOKUP_LATE;
    if (!is_answered(path, value)) {
        if (!put(path, value))
            return LOOKUP_NONE;
        if (!wait_while(&desk.state, ASKED, turns) && moves(ASKED, IDLE))
            return LOOKUP_LATE;
        if (!wait_while(&desk.state, READING, turns))
            return LOOKUP_LATE;
        if (load_seq_cst32(&desk.state) != ANSWERED)
            return LOOKUP_NONE;
    }
    copy(symbol, desk.question.symbol, bytes);
    return symbol[0] != '\0' ? LOOKUP_FOUND : LOOKUP_NONE;
}

/* A signal's handler that asked as well would wait for the thread that it interrupts, and one that leaves by a jump would
 * take the desk with it. */
enum lookup lookup_name(const char *path, uint64_t value, char *symbol, size_t bytes)
{
    sigset_t all, before;
    unsigned turns = 0;
    enum lookup result = LOOKUP_LATE;
    int saved = errno;
    symbol[0] = '\0';
    if (load_seq_cst32(&desk.state) == CLOSED || strlen(path) >= PATH_MAX)
        return LOOKUP_NONE;
    if (load_relaxed32(&desk.process) != self_number())
        return LOOKUP_LATE; /* a fork child, where the agent's handler comes behind another that makes threads */
    sigfillset(&all);
    sigmask_next(SIG_BLOCK, &all, &before);
    if (take(&turns)) {
        result = ask(path, value, &turns, symbol, bytes);
        leave();
    }
    if (result == LOOKUP_LATE)
        store_seq_cst32(&desk.late, 1);
    sigmask_next(SIG_SETMASK, &before, NULL);
    errno = saved;
    return result;
}

void lookup_forget(void)
{
    add_seq_cst32(&desk.generation, 1);
}

/* ---- who reads ---- */

void lookup_open(void (*ring)(void))
{
    /* After a pause, while others read it: it is the same. */
    __atomic_store_n(&desk.ring, ring, __ATOMIC_RELAXED);
    store_relaxed32(&desk.process, self_number());
    moves(CLOSED, IDLE); /* a question may have waited for it */
}

void lookup_serve(void)
{
    if (load_seq_cst32(&desk.late) != 0)
        store_seq_cst32(&desk.late, 0);
    if (load_seq_cst32(&desk.state) != ASKED || !moves(ASKED, READING))
        return;
    symtab_name_at(desk.question.path, desk.question.value, desk.question.symbol, sizeof desk.question.symbol);
    store_seq_cst32(&desk.state, ANSWERED);
    futex_wake(&desk.state);
}

void lookup_close(void)
{
    store_seq_cst32(&desk.state, CLOSED);
    futex_wake(&desk.state);
}

void lookup_fork_child(void)
{
    store_seq_cst32(&desk.state, CLOSED);
    store_seq_cst32(&desk.taken, 0);
    store_seq_cst32(&desk.late, 0);
}
