/* source_open.c: opens a target as what it is, or says in one line why that cannot be. */
#include "source_backend.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

int source_open(struct source **source, const struct target *target, struct failure *failure)
{
    if (target->kind == TARGET_FILE && source_is_recording(target->path))
        return source_recording_open(source, target, failure);
    return source_segment_open(source, target, failure);
}

int source_open_word(struct source **source, const char *word, struct failure *failure)
{
    struct target target;

    *source = NULL;
    return target_await(&target, word, failure) == TARGET_FOUND ? source_open(source, &target, failure) : -1;
}

static int fail_not_ours(const char *path, const struct at_header *header, struct failure *failure)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return fail_set_errno(failure, errno, path);
    if (S_ISDIR(status.st_mode))
        return fail_set_errno(failure, EISDIR, path);
    if (!S_ISREG(status.st_mode))
        return fail_set(failure, EXIT_FAILED, "%s: not an ordinary file", path);
    if (status.st_size == 0)
        return fail_set(failure, EXIT_FAILED, "%s: empty", path);
    if (memcmp(header->magic, AT_MAGIC, sizeof(header->magic)) == 0)
        return fail_set(failure, EXIT_FAILED, "%s: a segment that is damaged or cut short", path);
    return fail_set(failure, EXIT_FAILED, "%s: neither a segment nor a recording of arenatop", path);
}

int source_fail_open(const struct target *target, enum segment_error error, const struct at_header *header,
                     struct failure *failure)
{
    int saved = errno;

    switch (error) {
    case SEGMENT_MISSING:
        /* A process that ended or called exec since it was found has its name no more. */
        if (target->kind == TARGET_PROCESS)
            return fail_set(failure, EXIT_NO_TARGET, "%d (%s): it ended a moment ago", (int)target->pid, target->comm);
        return fail_set_errno(failure, ENOENT, target->path);
    case SEGMENT_DENIED:
        return fail_set_errno(failure, EACCES, target->path);
    case SEGMENT_NEWER:
        if (target->kind == TARGET_PROCESS)
            return fail_set(failure, EXIT_FAILED,
                            "%d (%s): its agent is of another version, format %u; this arenatop reads format %u",
                            (int)target->pid, target->comm, header->version_major, AT_VERSION_MAJOR);
        return fail_set(failure, EXIT_FAILED,
                        "%s: written by another version, format %u; this arenatop reads format %u", target->path,
                        header->version_major, AT_VERSION_MAJOR);
    case SEGMENT_FAILED:
        return fail_set_errno(failure, saved, target->path);
    default:
        return fail_not_ours(target->path, header, failure);
    }
}
