/* liar.c: a process that looks as if it ran under the agent, and whose segment changes under its readers' eyes: words torn
 * and lied about, the file cut short, made longer, replaced by another, by a link, a pipe or a folder, taken away and put
 * back. Names in it steer terminals.
 *
 *     liar [SECONDS [SEED]]     ends then, or at SIGTERM, and leaves nothing
 *
 * It never touches its own mapping, in which it would meet its own holes. Says `ready PID`. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "synth.h"

#define FILE_BYTES (AT_HEADER_BYTES + AT_RING_BYTES_MIN)

enum { PATH_BYTES = 128, PAYLOAD_BYTES = 1 << 18 };

struct liar {
    struct synth_options options;
    struct ring_writer ring; /* of `sound` */
    unsigned char *sound;    /* what an honest process would show */
    char path[PATH_BYTES], aside[PATH_BYTES];
    uint64_t dice;
};

static volatile sig_atomic_t over;
static _Alignas(8) unsigned char payload[PAYLOAD_BYTES];

static void end(int signal_number)
{
    (void)signal_number;
    over = 1;
}

/* xorshift64 (Marsaglia). */
static uint64_t throw_dice(struct liar *liar, uint64_t sides)
{
    liar->dice ^= liar->dice << 13;
    liar->dice ^= liar->dice >> 7;
    liar->dice ^= liar->dice << 17;
    return liar->dice % sides;
}

/* ---- what it does ---- */

static void write_at(const struct liar *liar, const char *path, const void *bytes, size_t count, uint64_t at)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

    (void)liar;
    if (fd < 0)
        return;
    for (ssize_t wrote = 1; wrote > 0 && count > 0; count -= (size_t)wrote, at += (uint64_t)wrote) {
        wrote = pwrite(fd, bytes, count, (off_t)at);
        bytes = (const char *)bytes + (wrote > 0 ? wrote : 0);
    }
    close(fd);
}

static void publish(struct liar *liar)
{
    synth_publish(&liar->options, &liar->ring, AT_STATE_LIVE, payload);
    write_at(liar, liar->path, liar->sound, FILE_BYTES, 0);
}

/* One word somewhere: of the header, the ring's words, the newest record, or anything. */
static void tear(struct liar *liar)
{
    const struct at_header *header = (const struct at_header *)(const void *)liar->sound;
    static const uint64_t words[] = {offsetof(struct at_header, ring.head),
                                     offsetof(struct at_header, ring.tail_intent),
                                     offsetof(struct at_header, ring.tail), offsetof(struct at_header, ring.latest)};
    const uint64_t newest = AT_HEADER_BYTES + header->ring.latest % AT_RING_BYTES_MIN;
    const uint64_t places[] = {throw_dice(liar, 600), words[throw_dice(liar, 4)], newest + throw_dice(liar, 3) * 8,
                               newest + throw_dice(liar, 400) * 8, throw_dice(liar, FILE_BYTES / 8 - 1) * 8};
    uint64_t at = places[throw_dice(liar, 5)], value;

    memcpy(&value, liar->sound + at, sizeof(value));
    value = throw_dice(liar, 2) == 0 ? throw_dice(liar, UINT64_MAX) : value + throw_dice(liar, 64) - 32;
    write_at(liar, liar->path, &value, sizeof(value), at);
}

static void clear(const struct liar *liar, const char *path)
{
    (void)liar;
    if (unlink(path) != 0)
        rmdir(path);
}

static void cut(struct liar *liar)
{
    int fd = open(liar->path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC); /* never what a link leads to */

    if (fd < 0)
        return; /* it is a folder now, or gone */
    if (ftruncate(fd, (off_t)throw_dice(liar, FILE_BYTES + AT_RING_BYTES_MIN)) != 0)
        clear(liar, liar->path); /* a pipe */
    close(fd);
}

/* Something else in the segment's place, at once. */
static void replace(struct liar *liar)
{
    uint64_t what = throw_dice(liar, 6);
    int made = 0;

    clear(liar, liar->aside);
    if (what == 0)
        made = symlink("/proc/version", liar->aside);
    else if (what == 1)
        made = mkfifo(liar->aside, 0600);
    else if (what == 2)
        made = mkdir(liar->aside, 0700);
    else
        write_at(liar, liar->aside, liar->sound, what == 3 ? throw_dice(liar, 5000) : FILE_BYTES, 0);
    if (what == 2)
        clear(liar, liar->path); /* a folder takes the place of nothing else */
    if (made != 0 || rename(liar->aside, liar->path) != 0)
        clear(liar, liar->path);
}

static void put_back(struct liar *liar)
{
    struct stat status;

    if (lstat(liar->path, &status) != 0 || !S_ISREG(status.st_mode))
        clear(liar, liar->path);
    publish(liar);
}

static void lie(struct liar *liar)
{
    static void (*const ways[])(struct liar * liar) = {publish, publish, tear,    tear,     tear,
                                                       tear,    cut,     replace, put_back, put_back};
    const struct timespec pause = {.tv_nsec = (long)throw_dice(liar, 3000000)};

    ways[throw_dice(liar, sizeof(ways) / sizeof(ways[0]))](liar);
    nanosleep(&pause, NULL);
}

/* ---- beginning ---- */

static int begin(struct liar *liar, struct segment *segment)
{
    synth_defaults(&liar->options);
    liar->options.classes = 13;
    liar->options.names = SYNTH_NAMES_WEIRD;
    liar->options.warnings = 2;
    liar->sound = malloc(FILE_BYTES);
    if (liar->sound == NULL || synth_segment(&liar->options, segment) != 0)
        return -1;
    memcpy(liar->sound, segment->header, FILE_BYTES);
    liar->ring = segment->ring;
    liar->ring.words = &((struct at_header *)(void *)liar->sound)->ring;
    liar->ring.data = liar->sound + AT_HEADER_BYTES;
    snprintf(liar->path, sizeof(liar->path), "/dev/shm%s", segment->name);
    snprintf(liar->aside, sizeof(liar->aside), "/dev/shm/liar.%d", (int)getpid());
    return 0;
}

int main(int count, char **arguments)
{
    struct liar liar = {.dice = count > 2 ? strtoull(arguments[2], NULL, 10) | 1 : 1};
    struct segment segment;

    signal(SIGTERM, end);
    signal(SIGALRM, end);
    alarm(count > 1 ? (unsigned)strtoul(arguments[1], NULL, 10) : 600);
    if (begin(&liar, &segment) != 0)
        return 1;
    printf("ready %d\n", (int)getpid());
    fflush(stdout);
    while (!over)
        lie(&liar);
    clear(&liar, liar.aside);
    clear(&liar, liar.path);
    return 0;
}
