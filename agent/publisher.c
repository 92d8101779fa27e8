/* publisher.c: the agent's thread. Two tempos: looks every peak_ms, snapshots every interval_ms. */
#include "publisher.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent.h"
#include "alive.h"
#include "atomics.h"
#include "bind.h"
#include "clock.h"
#include "confine.h"
#include "favour.h"
#include "futex.h"
#include "late.h"
#include "lookup.h"
#include "next.h"
#include "own_segment.h"
#include "own_thread.h"
#include "process.h"
#include "sample.h"
#include "say.h"
#include "self.h"
#include "tempo.h"

#define NS_PER_MS    UINT64_C(1000000)
#define END_PATIENCE (200 * NS_PER_MS) /* of a host that exits, for the last snapshot */
#define ALONE_PAUSE  (100 * NS_PER_MS)
#define SAMPLE_SHARE 100  /* a snapshot may cost 1/100 of the time between two */
#define LOOK_SHARE   1000 /* a look 1/1000 */

enum request { RUN, PAUSE, LEAVE_OFF, END, END_SILENTLY };

static struct publisher {
    pthread_t thread;
    uint32_t running;
    uint32_t request;  /* enum request */
    uint32_t word;     /* what the thread sleeps on */
    uint32_t joined;   /* by the last of the program's threads */
    uint32_t done;     /* the thread has come to its end */
    uint32_t tid;      /* 0: there is none */
    uint32_t last_tid; /* the same, past its end too */
    uint32_t ended;    /* publisher_end was called */
    uint32_t process;  /* self_number() of the one that it belongs to, */
    pid_t pid;         /* and what its children know it by */
    uint64_t due_ns;   /* no segment before that */
    uint64_t ring_bytes;
    struct own_segment own;
    bool has_buffers;
    struct tempo sample;
    struct tempo look;
    uint64_t samples;
    uint64_t last_sample_ns; /* wall time that it took */
    uint64_t last_look_ns;
    bool alone; /* no other thread was there when it was looked for */
} publisher;

uint32_t publisher_tid(void)
{
    return load_relaxed32(&publisher.tid);
}

static void wake(void)
{
    add_seq_cst32(&publisher.word, 1);
    futex_wake(&publisher.word);
}

static void ask(struct publisher *self, enum request request)
{
    store_seq_cst32(&self->request, (uint32_t)request);
    wake();
}

void publisher_wake(void)
{
    if (load_relaxed32(&publisher.running))
        wake();
}

/* ---- the segment ---- */

static void open_segment(struct publisher *self)
{
    if (!own_segment_open(&self->own, self->ring_bytes))
        return;
    struct at_header *header = self->own.segment.header;
    header->mode = (uint32_t)agent.mode;
    header->reason = (uint32_t)agent.reason;
    self->has_buffers = sample_start(ring_payload_max(header->ring_bytes));
}

/* ---- samples and looks ---- */

static uint64_t thread_cpu_ns(void)
{
    return clock_read_ns(CLOCK_THREAD_CPUTIME_ID);
}

static void fill_notes(const struct publisher *self, struct sample_notes *notes, enum at_state state)
{
    *notes = (struct sample_notes){.seq = ring_next_sequence(&self->own.segment.ring),
                                   .state = state,
                                   .interval_ns = self->sample.every_ns,
                                   .peak_ns = self->look.every_ns,
                                   .sample_ns = self->last_sample_ns,
                                   .look_ns = self->last_look_ns,
                                   .cpu_ns = thread_cpu_ns(),
                                   .samples = self->samples,
                                   .own_threads = 1};
}

static void take_sample(struct publisher *self, enum at_state state)
{
    struct sample_notes notes;
    const void *payload;
    uint64_t from = clock_mono_ns(), cpu_from = thread_cpu_ns();
    if (self->own.segment.header == NULL || !self->has_buffers)
        return;
    fill_notes(self, &notes, state);
    size_t bytes = sample_take(&notes, &payload);
    if (bytes > 0 && ring_publish(&self->own.segment.ring, AT_RECORD_SNAPSHOT, payload, bytes) == 0)
        self->samples++;
    self->last_sample_ns = clock_mono_ns() - from;
    segment_beat(&self->own.segment, from + self->last_sample_ns);
    tempo_pace(&self->sample, thread_cpu_ns() - cpu_from, SAMPLE_SHARE, "snapshots", "1 %");
}

static void take_look(struct publisher *self)
{
    uint64_t from = clock_mono_ns();
    if (self->own.segment.header == NULL || !sample_look())
        return;
    self->last_look_ns = clock_mono_ns() - from;
    segment_beat(&self->own.segment, from + self->last_look_ns);
    /* Its CPU time would be another two calls into the kernel. The usual one of several is one that nothing interrupted. */
    tempo_pace(&self->look, self->last_look_ns, LOOK_SHARE, "looks for peaks", "0.1 %");
}

static bool runs_alone(void)
{
    return process_threads_most() <= 2 && process_threads() == 1;
}

/* A thread that ended by the kernel's own exit(2), or by a handler before it began, has told nobody: its end is looked for. */
static void look_for_others(struct publisher *self)
{
    self->alone = runs_alone();
}

static void work(struct publisher *self)
{
    uint64_t now = clock_mono_ns();
    if (now >= self->sample.next_ns) {
        late_settle();
        take_sample(self, AT_STATE_LIVE);
        look_for_others(self);
        tempo_schedule(&self->sample, clock_mono_ns());
    } else if (self->look.wanted_ns != 0 && now >= self->look.next_ns) {
        take_look(self);
        tempo_schedule(&self->look, clock_mono_ns());
    }
}

static uint64_t next_time(const struct publisher *self)
{
    uint64_t next_ns = self->sample.next_ns;
    if (self->look.wanted_ns != 0 && self->look.next_ns < next_ns)
        next_ns = self->look.next_ns;
    return next_ns;
}

/* ---- the thread ---- */

/* True when the program's last thread has ended, the main thread too: libc would end the process now, were it not for us. */
static bool is_alone(const struct publisher *self)
{
    return self->alone || (alive_count() == 0 && runs_alone());
}

static void sleep_until(struct publisher *self, uint64_t until_ns)
{
    uint32_t word = load_acquire32(&self->word);
    lookup_serve();
    favour_run();
    if (load_acquire32(&self->request) == RUN)
        futex_wait(&self->word, word, until_ns);
}

/* While no thread of the program's is known to live, its end may come at any moment, and nobody wakes us for it. */
static uint64_t at_most(uint64_t until_ns)
{
    uint64_t soon = clock_mono_ns() + ALONE_PAUSE;
    return alive_count() == 0 && soon < until_ns ? soon : until_ns;
}

/* Sleeps through the delay, unless it is asked for something. */
static void wait_delay(struct publisher *self)
{
    while (load_acquire32(&self->request) == RUN && clock_mono_ns() < self->due_ns && !is_alone(self))
        sleep_until(self, at_most(self->due_ns));
    look_for_others(self);
}

static void run(struct publisher *self)
{
    if (self->sample.next_ns == 0) /* else it goes on after a pause, in its old rhythm */
        self->sample.next_ns = self->look.next_ns = clock_mono_ns();
    segment_own(&self->own.segment);
    segment_set_state(&self->own.segment, AT_STATE_LIVE);
    while (load_acquire32(&self->request) == RUN && !is_alone(self)) {
        work(self);
        sleep_until(self, at_most(next_time(self)));
    }
}

static void run_without_segment(struct publisher *self)
{
    while (load_acquire32(&self->request) == RUN && !is_alone(self)) {
        sleep_until(self, at_most(clock_mono_ns() + self->sample.every_ns));
        look_for_others(self);
    }
}

static void end_segment(struct publisher *self, bool last_snapshot)
{
    if (last_snapshot)
        take_sample(self, AT_STATE_EXITED);
    own_segment_end(&self->own, agent.conf.keep);
}

static void leave_off(struct publisher *self)
{
    if (self->own.segment.header == NULL) {
        open_segment(self);
        if (self->own.segment.header == NULL)
            return;
        segment_own(&self->own.segment);
        segment_set_state(&self->own.segment, AT_STATE_LIVE);
    }
    self->own.segment.header->mode = (uint32_t)agent.mode;
    self->own.segment.header->reason = (uint32_t)agent.reason;
    take_sample(self, AT_STATE_LIVE);
}

static void pause_segment(struct publisher *self)
{
    segment_let_folder_go(&self->own.segment);
    segment_disown(&self->own.segment);
}

static void *publisher_main(void *argument)
{
    struct publisher *self = argument;
    store_relaxed32(&self->last_tid, (uint32_t)gettid());
    store_relaxed32(&self->tid, self->last_tid);
    bind_own();
    next.pthread_setname_np(pthread_self(), PUBLISHER_NAME);
    own_thread_take_turns();
    self_look();
    bool has_own_descriptors = own_thread_take_descriptors();
    process_hold(has_own_descriptors);
    wait_delay(self);
    if (load_acquire32(&self->request) == RUN && !is_alone(self)) {
        jemalloc_end_cache(&agent.jemalloc); /* else each child of a fork, and theirs, would keep one of no use */
        own_segment_make_room();
        open_segment(self);
        jemalloc_tell_hidden(&agent.jemalloc);
        if (self->own.segment.header != NULL && has_own_descriptors)
            segment_hold_folder(&self->own.segment);
        if (self->own.segment.header != NULL)
            run(self);
        else
            run_without_segment(self);
    }
    uint32_t request = load_acquire32(&self->request);
    if (request == LEAVE_OFF)
        leave_off(self);
    if (request != PAUSE && request != LEAVE_OFF)
        end_segment(self, request != END_SILENTLY);
    else if (self->own.segment.header != NULL)
        pause_segment(self);
    if (request != PAUSE)
        lookup_close();
    store_relaxed32(&self->tid, 0);
    store_seq_cst32(&self->done, 1);
    futex_wake(&self->done);
    if (self->alone &&
        alive_count() != 0) /* libc does not know that we are the last, and the last one's status counts */
        syscall(SYS_exit, process_leader_status());
    return NULL; /* as the last thread left, this is where libc ends the process, with status 0 */
}

/* ---- from outside ---- */

static bool start_thread(struct publisher *self)
{
    store_seq_cst32(&self->request, RUN);
    store_seq_cst32(&self->done, 0);
    lookup_open(wake);
    bool made = own_thread_make(&self->thread, publisher_main, self);
    store_seq_cst32(&self->running, made);
    if (!made)
        lookup_close();
    return made;
}

bool publisher_start(uint64_t delay_ns, uint64_t ring_bytes)
{
    int saved = errno;
    publisher.process = self_number();
    publisher.pid = getpid();
    publisher.due_ns = clock_mono_ns() + delay_ns;
    publisher.ring_bytes = ring_bytes;
    tempo_set(&publisher.sample, agent.conf.interval_ms * NS_PER_MS);
    tempo_set(&publisher.look, agent.conf.peak_ms * NS_PER_MS);
    bool started = start_thread(&publisher);
    if (!started)
        say_warning("the agent's thread could not be made; this process runs on and cannot be watched");
    errno = saved;
    return started;
}

/* The thread is gone only when the kernel has taken it out of its group; pthread_join returns a little earlier. */
static void wait_until_gone(uint32_t tid)
{
    if (confine_forbids(CONFINE_GONE))
        return;
    for (unsigned tries = 0; tries < 10000 && tid != 0 && syscall(SYS_tgkill, getpid(), tid, 0) == 0; tries++)
        sched_yield();
}

/* One after the other: threads that pause at the same time share one pause. */
static pthread_mutex_t pause_mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned pauses;

static void stop_thread(enum request request)
{
    int cancel;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    ask(&publisher, request);
    pthread_join(publisher.thread, NULL);
    /* Known by now: when it was asked it may only just have begun. */
    wait_until_gone(load_relaxed32(&publisher.last_tid));
    store_seq_cst32(&publisher.running, 0);
    pthread_setcancelstate(cancel, NULL);
}

static bool is_running(void)
{
    return load_relaxed32(&publisher.running) && self_is(publisher.process) && !load_acquire32(&publisher.ended);
}

static bool pause_with(enum request request)
{
    int saved = errno;
    if (!self_is(publisher.process))
        return false;
    pthread_mutex_lock(&pause_mutex);
    bool running = is_running();
    if (running)
        stop_thread(request);
    bool paused = running || pauses > 0;
    pauses += paused;
    pthread_mutex_unlock(&pause_mutex);
    errno = saved;
    return paused;
}

bool publisher_pause(void)
{
    return pause_with(PAUSE);
}

bool publisher_send(void (*does)(void *with), void *with)
{
    int saved = errno;
    bool sent = false;
    if (is_running()) { /* a child that fork's handlers know nothing of may find the mutex locked for ever */
        pthread_mutex_lock(&pause_mutex);
        sent = is_running() && favour_send(does, with, wake, &publisher.done);
        pthread_mutex_unlock(&pause_mutex);
    }
    errno = saved;
    return sent;
}

static enum at_mode mode_before;
static enum at_reason reason_before;

bool publisher_leave_off(enum at_reason reason)
{
    mode_before = agent.mode;
    reason_before = agent.reason;
    agent.mode = AT_MODE_NONE;
    agent.reason = reason;
    return pause_with(LEAVE_OFF);
}

void publisher_come_back(void)
{
    agent.mode = mode_before;
    agent.reason = reason_before;
    publisher_resume();
}

/* It would have the filters of the thread that makes it. */
static bool may_start(void)
{
    return !confine_forbids(CONFINE_PUBLISHER) && !confine_forbids(CONFINE_BEGIN);
}

void publisher_resume(void)
{
    int saved = errno;
    pthread_mutex_lock(&pause_mutex);
    if (--pauses == 0 && !load_acquire32(&publisher.ended) && (!may_start() || !start_thread(&publisher)))
        say_warning("the agent's thread could not be started again; the figures end here");
    pthread_mutex_unlock(&pause_mutex);
    errno = saved;
}

static void wait_for_end(void)
{
    uint64_t until_ns = clock_mono_ns() + END_PATIENCE;
    while (load_seq_cst32(&publisher.done) == 0 && clock_mono_ns() < until_ns)
        futex_wait(&publisher.done, 0, until_ns);
}

void publisher_end(bool last_snapshot)
{
    int saved = errno;
    if (confine_forbids(CONFINE_END))
        return; /* it may not even ask who it is: the kernel will tell the readers of its death */
    if (!self_is(publisher.process))
        return;
    bool first = __atomic_exchange_n(&publisher.ended, 1, __ATOMIC_ACQ_REL) == 0;
    if (publisher_tid() != (uint32_t)gettid()) {
        if (load_relaxed32(&publisher.running) && first)
            ask(&publisher, last_snapshot ? END : END_SILENTLY);
        if (load_relaxed32(&publisher.running))
            wait_for_end();
        own_segment_take_away(&publisher.own, agent.conf.keep, !confine_forbids(CONFINE_PUBLISHER));
    }
    errno = saved;
}

/* One that fork's handlers know nothing of: libc takes our thread, which it has not, for alive. Its last threads may come here
 * together, and only one may call exit(): two would share its handlers out among them, and end the process amid the other's. */
static void leave_child(void)
{
    if (__atomic_exchange_n(&publisher.joined, 1, __ATOMIC_ACQ_REL) == 0)
        exit(0);
}

void publisher_leave(void)
{
    int cancel, saved = errno;
    if (!load_relaxed32(&publisher.running))
        return;
    if (publisher.process != self_number()) {
        leave_child();
        return;
    }
    publisher_end(true);
    if (__atomic_exchange_n(&publisher.joined, 1, __ATOMIC_ACQ_REL) != 0)
        return; /* another thread at its end was here before */
    uint64_t until_ns = clock_real_ns() + END_PATIENCE;
    const struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000), .tv_nsec = (long)(until_ns % 1000000000)};
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    pthread_timedjoin_np(publisher.thread, NULL, &until);
    pthread_setcancelstate(cancel, NULL);
    errno = saved;
}

void publisher_forget(void)
{
    pid_t parent = publisher.pid;
    memset(&publisher, 0, sizeof publisher);
    own_segment_forget(&publisher.own, parent);
    pthread_mutex_init(&pause_mutex, NULL);
    pauses = 0;
    lookup_fork_child();
    favour_forget();
    sample_forget();
}
