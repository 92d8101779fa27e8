/* targets.h: what the tests of targets have in common: real processes, with segments and without, and words for them. */
#ifndef TESTS_TARGETS_H
#define TESTS_TARGETS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "synth.h"
#include "target.h"

/* A process with that name, with a segment of its own unless it is `bare`. */
struct child {
    pid_t pid;
    char path[sizeof("/dev/shm") + SEGMENT_NAME_BYTES];
};

/* The children that are started have this file mapped: NULL for none. */
static const char *loaded;

static inline bool load(void)
{
    int fd = loaded != NULL ? open(loaded, O_RDONLY | O_CLOEXEC) : -1;
    return loaded == NULL || mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED;
}

static inline void live_as(const char *name, bool bare, uid_t uid, int ready)
{
    struct synth_options options;
    struct segment segment = {0};

    /* A test that fails leaves nobody behind. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, name);
    synth_defaults(&options);
    if (!load() || (uid != 0 && setresuid(uid, uid, uid) != 0) || (!bare && synth_segment(&options, &segment) != 0))
        _exit(1);
    if (write(ready, segment.name, sizeof(segment.name)) < 0)
        _exit(1);
    for (;;)
        pause();
}

static inline struct child start(const char *name, bool bare, uid_t uid)
{
    struct child child;
    char segment[SEGMENT_NAME_BYTES];
    int ready[2];

    assert_int_equal(pipe(ready), 0);
    child.pid = fork();
    if (child.pid == 0)
        live_as(name, bare, uid, ready[1]);
    close(ready[1]);
    assert_int_equal(read(ready[0], segment, sizeof(segment)), sizeof(segment));
    close(ready[0]);
    snprintf(child.path, sizeof(child.path), "/dev/shm%s", segment);
    return child;
}

static inline void kill_child(const struct child *child)
{
    kill(child->pid, SIGKILL);
    assert_int_equal(waitpid(child->pid, NULL, 0), child->pid);
}

static inline void end(const struct child *child)
{
    kill_child(child);
    unlink(child->path);
}

static inline const char *word_of(pid_t pid)
{
    static char word[16];

    snprintf(word, sizeof(word), "%d", (int)pid);
    return word;
}

static inline void finds(const char *word, enum target_kind kind, const struct child *child)
{
    struct target target;
    struct failure failure;

    if (target_resolve(&target, word, &failure) != TARGET_FOUND)
        fail_msg("%s", failure.text);
    assert_int_equal(target.kind, kind);
    assert_int_equal(target.pid, child->pid);
    assert_string_equal(target.path, child->path);
}

static inline void refuses(const char *word, enum exit_code code, const char *text)
{
    struct target target;
    struct failure failure;

    if (target_resolve(&target, word, &failure) == TARGET_FOUND)
        fail_msg("%s was found: %s", word, target.path);
    if (failure.code != code || strstr(failure.text, text) == NULL)
        fail_msg("wanted %d with '%s', got %d: %s", code, text, failure.code, failure.text);
}

#endif
