/* synth_main.c: build/tests/synth, a process that looks as if it ran under the agent, with figures to order. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "synth.h"

enum ending { END_EXIT, END_KEEP, END_KILL, END_ABANDON, END_EXEC };

struct program {
    struct synth_options synth;
    const char *file;
    const char *comm;
    uint64_t every_ms;  /* 0: no snapshot by itself */
    uint64_t count;     /* snapshots after the history; then it ends */
    uint64_t at_most_s; /* ends then, so that no test leaves it behind */
    bool counted;
    bool unowned;
    bool silent; /* no heartbeat */
    bool own_time;
    enum ending ending;
};

/* ---- options: one table makes getopt's list, the help and the meaning ---- */

enum kind { NUMBER, UNSIGNED, GROWTHS, CHOICE, TEXT, FLAG, HELP };

struct word {
    const char *word;
    int value;
};

static const struct word name_words[] = {
    {"plain", SYNTH_NAMES_PLAIN}, {"weird", SYNTH_NAMES_WEIRD}, {"long", SYNTH_NAMES_LONG}, {NULL, 0}};
static const struct word lie_words[] = {{"none", SYNTH_LIE_NONE},     {"version", SYNTH_LIE_VERSION},
                                        {"record", SYNTH_LIE_RECORD}, {"snapshot", SYNTH_LIE_SNAPSHOT},
                                        {"words", SYNTH_LIE_WORDS},   {NULL, 0}};
static const struct word mode_words[] = {
    {"exact", AT_MODE_EXACT}, {"flow", AT_MODE_FLOW}, {"none", AT_MODE_NONE}, {NULL, 0}};
static const struct word end_words[] = {{"exit", END_EXIT},       {"keep", END_KEEP}, {"kill", END_KILL},
                                        {"abandon", END_ABANDON}, {"exec", END_EXEC}, {NULL, 0}};

#define AT(member) offsetof(struct program, member)

static const struct choice {
    const char *name;
    const char *argument;
    enum kind kind;
    size_t at;
    const struct word *words;
    const char *help;
} choices[] = {
    {"classes", "N", UNSIGNED, AT(synth.classes), NULL, "classes besides (unbound), 1 to 65 (3)"},
    {"arenas", "N", UNSIGNED, AT(synth.arenas), NULL, "arenas a class (2)"},
    {"threads", "N", UNSIGNED, AT(synth.threads), NULL, "threads a class (2)"},
    {"flows", "N", UNSIGNED, AT(synth.flows), NULL, "cells of the flow matrix off its diagonal (4)"},
    {"warnings", "N", UNSIGNED, AT(synth.warnings), NULL, "warnings in every snapshot (0)"},
    {"history", "N", UNSIGNED, AT(synth.history), NULL, "snapshots before it is ready (60); 0 leaves it STARTING"},
    {"interval", "MS", NUMBER, AT(synth.interval_ms), NULL, "time between snapshots, by their own stamps (1000)"},
    {"ring", "BYTES", NUMBER, AT(synth.ring_bytes), NULL, "size of the ring, a power of two (1M)"},
    {"live", "BYTES", NUMBER, AT(synth.live_bytes), NULL,
     "live of the last class; the one before has twice that, and so on (16M)"},
    {"growth", "LIST", GROWTHS, 0, NULL, "growth of live a snapshot, class by class, the last for the rest (1M,0)"},
    {"traffic", "BYTES", NUMBER, AT(synth.traffic_bytes), NULL, "allocated and freed a snapshot, as --live (4M)"},
    {"wave", "BYTES", NUMBER, AT(synth.wave_bytes), NULL, "live goes up by this in 10 snapshots and down in 10 (0)"},
    {"limit", "BYTES", NUMBER, AT(synth.limit_bytes), NULL, "the memory limit shown (0: none)"},
    {"stranded", "BYTES", NUMBER, AT(synth.stranded_bytes), NULL, "process.stranded (0)"},
    {"unexplained", "BYTES", NUMBER, AT(synth.unexplained_bytes), NULL,
     "what the books are off by, may be negative (0)"},
    {"still", NULL, FLAG, AT(synth.still), NULL, "no figure changes after the history"},
    {"mode", "exact|flow|none", CHOICE, AT(synth.mode), mode_words, "mode of process and classes"},
    {"reason", "N", UNSIGNED, AT(synth.reason), NULL, "why not exact: a value of AT_REASONS (0)"},
    {"flow-class", "ROW", UNSIGNED, AT(synth.flow_class), NULL, "this class is in flow mode: its region is full"},
    {"names", "plain|weird|long", CHOICE, AT(synth.names), name_words, "names of classes and threads"},
    {"lie", "none|version|record|snapshot|words", CHOICE, AT(synth.lie), lie_words, "what is broken"},
    {"time", "SECONDS", NUMBER, AT(synth.time_ns), NULL,
     "CLOCK_REALTIME of snapshot 0 (files: 1790000000; else such that the history ends now)"},
    {"comm", "NAME", TEXT, AT(comm), NULL, "name of the process (synth)"},
    {"file", "PATH", TEXT, AT(file), NULL, "write the segment to a file and end; --end keep makes it one that exited"},
    {"pid", "N", UNSIGNED, AT(synth.pid), NULL, "pid in a file's header (4711)"},
    {"every", "MS", NUMBER, AT(every_ms), NULL, "publish a snapshot every MS; 0: only on SIGUSR1 (1000)"},
    {"count", "N", NUMBER, AT(count), NULL, "end after N snapshots more than the history"},
    {"at-most", "SECONDS", NUMBER, AT(at_most_s), NULL, "end after that time in any case (600)"},
    {"end", "exit|keep|kill|abandon|exec", CHOICE, AT(ending), end_words, "how it ends, see below"},
    {"unowned", NULL, FLAG, AT(unowned), NULL, "do not hold the owner's mutex"},
    {"silent", NULL, FLAG, AT(silent), NULL, "no heartbeat but at snapshots"},
    {"help", NULL, HELP, 0, NULL, "this"},
};

#define CHOICES (sizeof(choices) / sizeof(choices[0]))

static void help(void)
{
    puts(
        "usage: synth [OPTION...]\n"
        "Looks like a process under the agent: makes its own segment, with figures that follow from the options alone\n"
        "and books that close, says `ready PID NAME` on stdout, and publishes until it ends. Sizes take K, M, G.\n");
    for (size_t i = 0; i < CHOICES; i++) {
        char usage[64];
        snprintf(usage, sizeof(usage), "--%s%s%s", choices[i].name, choices[i].argument != NULL ? " " : "",
                 choices[i].argument != NULL ? choices[i].argument : "");
        printf(strlen(usage) > 22 ? "  %s\n                         %s\n" : "  %-22s %s\n", usage, choices[i].help);
    }
    puts("\nSIGUSR1 publishes one snapshot now and says `published SEQ`. SIGTERM and SIGINT end it as --count does:\n"
         "  exit     a last snapshot that says EXITED, segment removed (this is the default)\n"
         "  keep     the same, but the segment stays (remove it yourself)\n"
         "  kill     by SIGKILL in the middle of life; the segment stays, its owner is seen to be dead\n"
         "  abandon  ends with the mutex given back and the state LIVE; the segment stays\n"
         "  exec     becomes `sleep 600` with the same pid; the segment stays, its owner is seen to be dead");
}

/* Reads a whole number with an optional sign and unit. */
static bool read_number(const char *text, int64_t *value)
{
    char *end;

    errno = 0;
    *value = strtoll(text, &end, 10);
    if (end == text || errno != 0)
        return false;
    for (const char *unit = "KMG"; *unit != '\0'; unit++)
        if (*end == *unit) {
            *value *= INT64_C(1) << (10 * (unit - "KMG" + 1));
            end++;
            break;
        }
    return *end == '\0';
}

static bool read_growths(const char *text, struct synth_options *options)
{
    char copy[1024], *rest = copy, *item;

    options->growths = 0;
    snprintf(copy, sizeof(copy), "%s", text);
    while ((item = strsep(&rest, ",")) != NULL) {
        if (options->growths == SYNTH_GROWTHS_MAX || !read_number(item, &options->growth_bytes[options->growths++]))
            return false;
    }
    return true;
}

static bool read_word(const char *text, const struct word *words, int *value)
{
    for (; words->word != NULL; words++)
        if (strcmp(words->word, text) == 0) {
            *value = words->value;
            return true;
        }
    return false;
}

static bool set(struct program *program, const struct choice *choice, const char *text)
{
    unsigned char *member = (unsigned char *)program + choice->at;
    int64_t number = 0;
    int word = 0;

    if (choice->kind == GROWTHS)
        return read_growths(text, &program->synth);
    if ((choice->kind == NUMBER || choice->kind == UNSIGNED) && !read_number(text, &number))
        return false;
    if (choice->kind == UNSIGNED && (number < 0 || number > INT32_MAX))
        return false;
    if (choice->kind == CHOICE && !read_word(text, choice->words, &word))
        return false;
    if (choice->kind == NUMBER)
        memcpy(member, &number, sizeof(number));
    else if (choice->kind == UNSIGNED)
        memcpy(member, &(unsigned){(unsigned)number}, sizeof(unsigned));
    else if (choice->kind == CHOICE)
        memcpy(member, &word, sizeof(word));
    else if (choice->kind == TEXT)
        memcpy(member, &text, sizeof(text));
    else
        *(bool *)member = true;
    program->counted |= strcmp(choice->name, "count") == 0;
    program->own_time |= strcmp(choice->name, "time") == 0;
    return true;
}

static int read_options(struct program *program, int count, char **arguments)
{
    struct option list[CHOICES + 1] = {{0}};
    int found;

    for (size_t i = 0; i < CHOICES; i++)
        list[i] = (struct option){.name = choices[i].name, .has_arg = choices[i].argument != NULL, .val = (int)i + 1};
    while ((found = getopt_long(count, arguments, "", list, NULL)) > 0) {
        if (found == '?')
            return 2;
        const struct choice *choice = &choices[found - 1];
        if (choice->kind == HELP) {
            help();
            exit(0);
        }
        if (!set(program, choice, optarg)) {
            fprintf(stderr, "synth: --%s: %s is no %s\n", choice->name, optarg, choice->argument);
            return 2;
        }
    }
    if (optind != count) {
        fprintf(stderr, "synth: %s: what is that? try --help\n", arguments[optind]);
        return 2;
    }
    if (program->own_time)
        program->synth.time_ns *= UINT64_C(1000000000);
    return 0;
}

/* ---- life ---- */

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static bool publish(const struct program *program, struct segment *segment, enum at_state state, void *buffer)
{
    if (synth_publish(&program->synth, &segment->ring, state, buffer) != 0)
        return false;
    if (state == AT_STATE_LIVE)
        segment_set_state(segment, state);
    segment_beat(segment, clock_ns(CLOCK_MONOTONIC));
    return true;
}

/* Waits for a signal until `until_ns`, at most for a heartbeat's time. Returns the signal, or 0. */
static int wait_for_signal(uint64_t until_ns)
{
    const uint64_t beat_ns = 50000000;
    uint64_t now = clock_ns(CLOCK_MONOTONIC);
    uint64_t wait_ns = until_ns > now ? until_ns - now : 0;
    sigset_t set;

    wait_ns = wait_ns < beat_ns ? wait_ns : beat_ns;
    struct timespec wait = {.tv_nsec = (long)wait_ns};
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    int signal = sigtimedwait(&set, NULL, &wait);
    return signal > 0 ? signal : 0;
}

/* Publishes until it is time to end. Returns false when a snapshot did not fit. */
static bool live(const struct program *program, struct segment *segment, void *buffer)
{
    uint64_t start_ns = clock_ns(CLOCK_MONOTONIC), every_ns = program->every_ms * 1000000, next_ns;
    uint64_t last_ns = start_ns + program->at_most_s * UINT64_C(1000000000);

    next_ns = every_ns != 0 ? start_ns + every_ns : UINT64_MAX;
    for (uint64_t done = 0; !program->counted || done < program->count;) {
        int signal = wait_for_signal(next_ns < last_ns ? next_ns : last_ns);
        uint64_t now = clock_ns(CLOCK_MONOTONIC);
        if (signal == SIGTERM || signal == SIGINT || now >= last_ns)
            break;
        if (!program->silent)
            segment_beat(segment, now);
        if (signal != SIGUSR1 && now < next_ns)
            continue;
        if (!publish(program, segment, AT_STATE_LIVE, buffer))
            return false;
        done++;
        if (signal == SIGUSR1)
            printf("published %llu\n", (unsigned long long)segment->ring.sequence);
        else
            next_ns += every_ns;
    }
    return true;
}

static int end(const struct program *program, struct segment *segment, void *buffer)
{
    switch (program->ending) {
    case END_KILL:
        return raise(SIGKILL);
    case END_EXEC:
        sigprocmask(SIG_SETMASK, &(sigset_t){0}, NULL);
        execl("/bin/sleep", "sleep", "600", (char *)NULL);
        return 1;
    case END_ABANDON:
        if (!program->unowned)
            segment_disown(segment);
        return 0;
    case END_EXIT:
    case END_KEEP:
    default:
        publish(program, segment, AT_STATE_EXITED, buffer);
        segment_set_state(segment, AT_STATE_EXITED);
        if (!program->unowned)
            segment_disown(segment);
        segment_close(segment, program->ending == END_EXIT);
        return 0;
    }
}

static void block_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static int run(struct program *program)
{
    uint64_t history_ns = program->synth.history * program->synth.interval_ms * 1000000;
    struct segment segment;

    block_signals();
    if (program->comm != NULL)
        prctl(PR_SET_NAME, program->comm);
    program->synth.pid = (uint32_t)getpid();
    if (!program->own_time)
        program->synth.time_ns = clock_ns(CLOCK_REALTIME) - history_ns;
    program->synth.mono_ns = clock_ns(CLOCK_MONOTONIC) - history_ns;
    int error = synth_segment(&program->synth, &segment);
    void *buffer = error == 0 ? malloc(ring_payload_max(program->synth.ring_bytes)) : NULL;
    if (buffer == NULL) {
        fprintf(stderr, "synth: cannot make a segment: %s\n", strerror(error == 0 ? ENOMEM : -error));
        return 1;
    }
    if (program->unowned)
        segment_disown(&segment);
    printf("ready %u %s\n", program->synth.pid, segment.name);
    int status = 1;
    if (live(program, &segment, buffer))
        status = end(program, &segment, buffer);
    else
        segment_close(&segment, true);
    free(buffer);
    return status;
}

static int write_file(struct program *program)
{
    if (program->comm != NULL)
        program->synth.comm = program->comm;
    if (program->ending == END_KEEP)
        program->synth.end = AT_STATE_EXITED;
    int error = synth_file(&program->synth, program->file);
    if (error != 0)
        fprintf(stderr, "synth: %s: %s\n", program->file, strerror(-error));
    return error == 0 ? 0 : 1;
}

int main(int count, char **arguments)
{
    struct program program = {.every_ms = 1000, .at_most_s = 600};

    setvbuf(stdout, NULL, _IOLBF, 0);
    synth_defaults(&program.synth);
    int error = read_options(&program, count, arguments);
    if (error != 0)
        return error;
    return program.file != NULL ? write_file(&program) : run(&program);
}
