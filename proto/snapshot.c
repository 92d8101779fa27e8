/* snapshot.c: reads the payload of a snapshot record, of which nothing is believed before it was checked. */
#include "snapshot.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What we know of a kind of section. `identity_bytes` is the part of a row that no writer leaves out. */
struct kind {
    uint32_t row_bytes;
    uint32_t identity_bytes;
    uint32_t rows_min;
    uint32_t rows_max;
};

#define KINDS (AT_SECTION_SIZES + 1)

static const struct kind kinds[KINDS] = {
    [AT_SECTION_AGENT] = {sizeof(struct at_agent), 8, 0, UINT32_MAX},
    [AT_SECTION_PROCESS] = {sizeof(struct at_process), 8, 0, UINT32_MAX},
    [AT_SECTION_CLASSES] = {sizeof(struct at_class), offsetof(struct at_class, threads), 1, AT_CLASSES_MAX},
    [AT_SECTION_FLOWS] = {sizeof(struct at_flow), offsetof(struct at_flow, bytes), 0, UINT32_MAX},
    [AT_SECTION_ARENAS] = {sizeof(struct at_arena), offsetof(struct at_arena, threads), 0, UINT32_MAX},
    [AT_SECTION_THREADS] = {sizeof(struct at_thread), offsetof(struct at_thread, alloc_bytes), 0, UINT32_MAX},
    [AT_SECTION_WARNINGS] = {AT_WARNING_BYTES, 8, 0, UINT32_MAX},
    [AT_SECTION_SIZES] = {sizeof(struct at_size), offsetof(struct at_size, size), 0, UINT32_MAX},
};

/* Short rows are filled up, so rows can take more memory than the payload had. An honest writer of this version needs no
 * more than the payload; one that promises to blow up to more than this many times as much is not read. */
enum { BLOWUP_MAX = 4 };

/* Where one kind's rows stand in the payload, once the bounds are known to be right. */
struct extent {
    const unsigned char *rows;
    size_t count;
    size_t stride;
};

static bool extent_set(struct extent *extent, const struct at_section *section, const struct kind *kind,
                       const unsigned char *payload, uint64_t rows_at, uint64_t bytes)
{
    uint64_t size = (uint64_t)section->count * section->stride; /* two 32-bit factors: no overflow */

    if (section->stride < kind->identity_bytes || section->stride % 8 != 0 || section->offset % 8 != 0)
        return false;
    if (section->offset < rows_at || section->offset > bytes || size > bytes - section->offset)
        return false;
    if (section->count < kind->rows_min || section->count > kind->rows_max)
        return false;
    extent->rows = payload + section->offset;
    extent->count = section->count;
    extent->stride = section->stride;
    return true;
}

/* Fills extents[] from the table of sections, and checks the table. */
static bool read_table(struct extent extents[KINDS], const struct at_snapshot *head, const unsigned char *payload)
{
    uint64_t rows_at = sizeof(*head) + (uint64_t)head->sections * sizeof(struct at_section);

    if (head->sections > AT_SECTIONS_MAX || rows_at > head->bytes)
        return false;
    for (uint32_t i = 0; i < head->sections; i++) {
        struct at_section section;
        memcpy(&section, payload + sizeof(*head) + i * sizeof(section), sizeof(section));
        if (section.kind >= KINDS || kinds[section.kind].row_bytes == 0 || extents[section.kind].rows != NULL)
            continue;
        if (!extent_set(&extents[section.kind], &section, &kinds[section.kind], payload, rows_at, head->bytes))
            return false;
    }
    return extents[AT_SECTION_CLASSES].rows != NULL;
}

static size_t rows_bytes(const struct snapshot *snapshot)
{
    return snapshot->nclasses * sizeof(*snapshot->classes) + snapshot->nflows * sizeof(*snapshot->flows) +
           snapshot->narenas * sizeof(*snapshot->arenas) + snapshot->nthreads * sizeof(*snapshot->threads) +
           snapshot->nwarnings * sizeof(*snapshot->warnings) + snapshot->nsizes * sizeof(*snapshot->sizes);
}

/* Makes the block large enough for the counts of rows that are set, and the row pointers point into it. What the block
 * held is lost. */
static int make_room(struct snapshot *snapshot)
{
    size_t need = rows_bytes(snapshot);

    if (snapshot->block_bytes < need) {
        free(snapshot->block);
        snapshot->block = malloc(need);
        snapshot->block_bytes = snapshot->block == NULL ? 0 : need;
        if (snapshot->block == NULL)
            return -ENOMEM;
    }
    if (need == 0)
        return 0;
    snapshot->classes = snapshot->block;
    snapshot->arenas = (void *)(snapshot->classes + snapshot->nclasses);
    snapshot->threads = (void *)(snapshot->arenas + snapshot->narenas);
    snapshot->flows = (void *)(snapshot->threads + snapshot->nthreads);
    snapshot->sizes = (void *)(snapshot->flows + snapshot->nflows);
    snapshot->warnings = (void *)(snapshot->sizes + snapshot->nsizes);
    return 0;
}

/* Forgets the rows, keeps the block. */
static void make_empty(struct snapshot *snapshot)
{
    *snapshot = (struct snapshot){.block = snapshot->block, .block_bytes = snapshot->block_bytes};
}

static void copy_rows(void *to, size_t row_bytes, const struct extent *from, size_t count)
{
    size_t known = from->stride < row_bytes ? from->stride : row_bytes;

    for (size_t i = 0; i < count; i++) {
        unsigned char *row = (unsigned char *)to + i * row_bytes;
        memcpy(row, from->rows + i * from->stride, known);
        memset(row + known, 0, row_bytes - known);
    }
}

static void copy_sections(struct snapshot *snapshot, const struct extent extents[KINDS])
{
    const struct extent *agent = &extents[AT_SECTION_AGENT];
    const struct extent *process = &extents[AT_SECTION_PROCESS];

    copy_rows(&snapshot->agent, sizeof(snapshot->agent), agent, agent->count > 0);
    copy_rows(&snapshot->process, sizeof(snapshot->process), process, process->count > 0);
    copy_rows(snapshot->classes, sizeof(*snapshot->classes), &extents[AT_SECTION_CLASSES], snapshot->nclasses);
    copy_rows(snapshot->flows, sizeof(*snapshot->flows), &extents[AT_SECTION_FLOWS], snapshot->nflows);
    copy_rows(snapshot->arenas, sizeof(*snapshot->arenas), &extents[AT_SECTION_ARENAS], snapshot->narenas);
    copy_rows(snapshot->threads, sizeof(*snapshot->threads), &extents[AT_SECTION_THREADS], snapshot->nthreads);
    copy_rows(snapshot->warnings, sizeof(*snapshot->warnings), &extents[AT_SECTION_WARNINGS], snapshot->nwarnings);
    copy_rows(snapshot->sizes, sizeof(*snapshot->sizes), &extents[AT_SECTION_SIZES], snapshot->nsizes);
}

static bool terminated(const char *name, size_t bytes)
{
    return memchr(name, 0, bytes) != NULL;
}

static bool rows_are_sound(struct snapshot *snapshot)
{
    size_t nclasses = snapshot->nclasses;

    for (size_t i = 0; i < nclasses; i++)
        if (!terminated(snapshot->classes[i].name, AT_CLASS_NAME_BYTES))
            return false;
    for (size_t i = 0; i < snapshot->nflows; i++)
        if (snapshot->flows[i].owner >= nclasses || snapshot->flows[i].freed_by >= nclasses)
            return false;
    for (size_t i = 0; i < snapshot->narenas; i++)
        if (snapshot->arenas[i].class_row >= nclasses)
            return false;
    for (size_t i = 0; i < snapshot->nthreads; i++)
        if (snapshot->threads[i].class_row >= nclasses || !terminated(snapshot->threads[i].name, AT_THREAD_NAME_BYTES))
            return false;
    /* A longer row of a newer writer was cut, and may have lost its end. */
    for (size_t i = 0; i < snapshot->nwarnings; i++)
        snapshot->warnings[i][AT_WARNING_BYTES - 1] = '\0';
    return true;
}

int snapshot_decode(struct snapshot *snapshot, const void *payload, size_t bytes)
{
    struct extent extents[KINDS] = {{0}};
    int error = -EBADMSG;

    make_empty(snapshot);
    if (bytes < sizeof(snapshot->head))
        return error;
    memcpy(&snapshot->head, payload, sizeof(snapshot->head));
    if (snapshot->head.bytes > bytes || !read_table(extents, &snapshot->head, payload))
        goto bad;

    snapshot->nclasses = extents[AT_SECTION_CLASSES].count;
    snapshot->nflows = extents[AT_SECTION_FLOWS].count;
    snapshot->narenas = extents[AT_SECTION_ARENAS].count;
    snapshot->nthreads = extents[AT_SECTION_THREADS].count;
    snapshot->nwarnings = extents[AT_SECTION_WARNINGS].count;
    snapshot->nsizes = extents[AT_SECTION_SIZES].count;
    if (rows_bytes(snapshot) > (uint64_t)snapshot->head.bytes * BLOWUP_MAX)
        goto bad;
    error = make_room(snapshot);
    if (error != 0)
        goto bad;
    copy_sections(snapshot, extents);
    if (rows_are_sound(snapshot))
        return 0;
    error = -EBADMSG;
bad:
    make_empty(snapshot);
    return error;
}

static void copy_array(void *to, const void *from, size_t bytes)
{
    if (bytes > 0)
        memcpy(to, from, bytes);
}

int snapshot_copy(struct snapshot *to, const struct snapshot *from)
{
    struct snapshot copy = *from;

    if (to == from)
        return 0;
    copy.block = to->block;
    copy.block_bytes = to->block_bytes;
    if (make_room(&copy) != 0) {
        *to = (struct snapshot){0};
        return -ENOMEM;
    }
    copy_array(copy.classes, from->classes, from->nclasses * sizeof(*from->classes));
    copy_array(copy.flows, from->flows, from->nflows * sizeof(*from->flows));
    copy_array(copy.arenas, from->arenas, from->narenas * sizeof(*from->arenas));
    copy_array(copy.threads, from->threads, from->nthreads * sizeof(*from->threads));
    copy_array(copy.warnings, from->warnings, from->nwarnings * sizeof(*from->warnings));
    copy_array(copy.sizes, from->sizes, from->nsizes * sizeof(*from->sizes));
    *to = copy;
    return 0;
}

void snapshot_free(struct snapshot *snapshot)
{
    free(snapshot->block);
    *snapshot = (struct snapshot){0};
}

long snapshot_class(const struct snapshot *snapshot, const char *name)
{
    for (size_t i = 0; i < snapshot->nclasses; i++)
        if (strcmp(snapshot->classes[i].name, name) == 0)
            return (long)i;
    return -1;
}
