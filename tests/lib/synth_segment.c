/* synth_segment.c: segments that synthetic snapshots are published in, of a live process or as a file, sound or broken. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth.h"

/* The newest payload's first reference to a class, made to point at none. */
static void break_snapshot(unsigned char *payload)
{
    struct at_snapshot *head = (struct at_snapshot *)(void *)payload;
    struct at_section *sections = (struct at_section *)(void *)(payload + sizeof(*head));

    for (uint32_t i = 0; i < head->sections; i++)
        if (sections[i].kind == AT_SECTION_ARENAS)
            ((struct at_arena *)(void *)(payload + sections[i].offset))->class_row = UINT32_MAX;
}

static void tell_lie(enum synth_lie lie, struct at_header *header)
{
    unsigned char *data = (unsigned char *)header + AT_HEADER_BYTES;
    unsigned char *newest = data + header->ring.latest % header->ring_bytes;

    if (lie == SYNTH_LIE_VERSION)
        header->version_major = AT_VERSION_MAJOR + 1;
    if (lie == SYNTH_LIE_RECORD)
        ((struct at_record *)(void *)newest)->length = UINT32_MAX;
    if (lie == SYNTH_LIE_SNAPSHOT)
        break_snapshot(newest + sizeof(struct at_record));
    if (lie == SYNTH_LIE_WORDS)
        header->ring.tail += 8;
}

/* Publishes the history, whose last snapshot says `end`. */
static int publish_history(const struct synth_options *options, struct ring_writer *ring, enum at_state end)
{
    void *buffer = malloc(ring_payload_max(options->ring_bytes));
    int error = buffer == NULL ? -1 : 0;

    for (unsigned i = 1; i <= options->history && error == 0; i++)
        error = synth_publish(options, ring, i == options->history ? end : AT_STATE_LIVE, buffer);
    free(buffer);
    return error;
}

int synth_segment(const struct synth_options *options, struct segment *segment)
{
    const struct segment_options how = {.ring_bytes = options->ring_bytes,
                                        .group = (gid_t)-1,
                                        .agent_version = "synthetic",
                                        .jemalloc_version = "5.3.0-0-synthetic"};
    int error = segment_create(segment, &how);

    if (error != 0)
        return error;
    segment->header->mode = options->mode;
    segment->header->reason = options->reason;
    if (publish_history(options, &segment->ring, AT_STATE_LIVE) != 0) {
        segment_close(segment, true);
        return -EINVAL;
    }
    if (options->history > 0)
        segment_set_state(segment, AT_STATE_LIVE);
    tell_lie(options->lie, segment->header);
    return segment_own(segment);
}

static void describe(struct at_header *header, const struct synth_options *options)
{
    memcpy(header->magic, AT_MAGIC, sizeof(header->magic));
    header->version_major = AT_VERSION_MAJOR;
    header->version_minor = AT_VERSION_MINOR;
    header->header_bytes = AT_HEADER_BYTES;
    header->state = options->end;
    header->ring_bytes = options->ring_bytes;
    header->pid = options->pid;
    header->start_ticks = 1;
    header->pidns = 1;
    memset(header->boot_id, 0xa7, sizeof(header->boot_id)); /* no machine's */
    header->created_time_ns = options->time_ns;
    header->created_mono_ns = options->mono_ns;
    header->heartbeat_ns = options->mono_ns + options->history * options->interval_ms * 1000000;
    header->mode = options->mode;
    header->reason = options->reason;
    snprintf(header->comm, sizeof(header->comm), "%s", options->comm);
    snprintf(header->command, sizeof(header->command), "%s --of synth", options->comm);
    strcpy(header->agent_version, "synthetic");
    strcpy(header->jemalloc_version, "5.3.0-0-synthetic");
}

static int write_whole(const char *path, const void *bytes, size_t count)
{
    FILE *file = fopen(path, "we");

    if (file == NULL)
        return -errno;
    size_t written = fwrite(bytes, 1, count, file);
    return fclose(file) == 0 && written == count ? 0 : -EIO;
}

int synth_file(const struct synth_options *options, const char *path)
{
    struct ring_writer ring;
    size_t bytes = AT_HEADER_BYTES + (size_t)options->ring_bytes;

    if (ring_writer_init(&ring, NULL, NULL, options->ring_bytes) != 0)
        return -EINVAL;
    unsigned char *memory = aligned_alloc(AT_HEADER_BYTES, bytes);
    if (memory == NULL)
        return -ENOMEM;
    memset(memory, 0, bytes);
    struct at_header *header = (struct at_header *)(void *)memory;
    describe(header, options);
    ring_writer_init(&ring, &header->ring, memory + AT_HEADER_BYTES, options->ring_bytes);
    int error = publish_history(options, &ring, options->end) == 0 ? 0 : -EINVAL;
    if (error == 0) {
        tell_lie(options->lie, header);
        error = write_whole(path, memory, bytes);
    }
    free(memory);
    return error;
}
