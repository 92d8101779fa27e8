/* bench_reader.c: what a reader pays: attaching to a full ring of 16 MiB, and decoding what is in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "source.h"
#include "synth.h"

enum { TIMES = 41 };

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void die(const char *what)
{
    fprintf(stderr, "bench_reader: %s\n", what);
    exit(1);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A line of the table; `got`'s median is said, and between what the middle half lies. */
static void row(const char *what, const char *goal, double got[TIMES], const char *how)
{
    qsort(got, TIMES, sizeof *got, compare);
    double median = got[TIMES / 2], limit = strtod(goal + 3, NULL);
    FILE *table = getenv("BENCH_TABLE") != NULL ? fopen(getenv("BENCH_TABLE"), "ae") : NULL;
    FILE *const out[] = {stdout, table};
    bool met = goal[0] == '<' ? median <= limit : median >= limit;
    for (unsigned i = 0; i < 2; i++)
        if (out[i] != NULL)
            fprintf(out[i], "%s\t%s\t%.3f\t%.3f to %.3f\t%s\t%s\n", what, goal, median, got[TIMES / 4],
                    got[TIMES * 3 / 4], met ? "yes" : "NO", how);
    if (table != NULL)
        fclose(table);
}

static struct source *attach(const struct target *target, struct source_span *span, struct snapshot *snapshot)
{
    struct failure failure;
    struct source *source;
    if (source_open(&source, target, &failure) != 0 || source_update(source, span, &failure) != 0 ||
        source_read(source, span->end - 1, snapshot, &failure) != SOURCE_OK)
        die("cannot attach");
    return source;
}

/* All history there is, in GB/s of the ring's bytes. */
static double decode(struct source *source, const struct source_span *span, struct snapshot *snapshot)
{
    struct failure failure;
    uint64_t bytes = 0;
    double from = now_ms();
    for (uint64_t place = span->first; place < span->end; place++) {
        if (source_read(source, place, snapshot, &failure) != SOURCE_OK)
            die("cannot read");
        bytes += snapshot->head.bytes;
    }
    return (double)bytes / 1e6 / (now_ms() - from);
}

int main(void)
{
    char folder[] = "/dev/shm/arenatop-bench.XXXXXX";
    struct synth_options options;
    struct target target = {.kind = TARGET_FILE};
    struct snapshot snapshot = {0};
    struct source_span span;
    double attached[TIMES], decoded[TIMES];
    synth_defaults(&options);
    options.classes = 20, options.threads = 10, options.flows = 60, options.ring_bytes = 16 << 20,
    options.history = 2000;
    if (mkdtemp(folder) == NULL)
        die("no folder in /dev/shm");
    snprintf(target.path, sizeof target.path, "%s/segment", folder);
    if (synth_file(&options, target.path) != 0)
        die("no segment");
    for (unsigned i = 0; i < TIMES; i++) {
        double from = now_ms();
        struct source *source = attach(&target, &span, &snapshot);
        attached[i] = now_ms() - from;
        decoded[i] = decode(source, &span, &snapshot);
        source_close(source);
    }
    row("attach to a full ring of 16 MiB, ms CPU", "<= 2", attached, "bench_reader: open, index, newest snapshot");
    row("decode, GB/s of CPU time", ">= 1", decoded,
        "bench_reader: every snapshot of the ring, copied, checked and decoded");
    snapshot_free(&snapshot);
    unlink(target.path);
    rmdir(folder);
    return 0;
}
