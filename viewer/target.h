/* target.h: from the word a person typed to the thing to open: a process under the agent, the record that a gone one
 * left, or a file. */
#ifndef VIEWER_TARGET_H
#define VIEWER_TARGET_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "fail.h"
#include "procs.h"
#include "segment.h"

enum target_kind {
    TARGET_PROCESS, /* a process that runs under the agent; `path` is its segment */
    TARGET_RECORD,  /* the segment of a process that is gone: a flight recorder */
    TARGET_FILE     /* a copied segment, a recording, or whatever else lies at `path`: opening it will tell */
};

struct target {
    enum target_kind kind;
    char path[PATH_MAX];
    pid_t pid;     /* as the viewer's /proc counts; of a TARGET_RECORD the pid it had in its own namespace; 0 for a
                                TARGET_FILE, and for a process in a namespace that cannot be seen from here */
    char comm[16]; /* the process's name now, or of a record the one in its header; any bytes */
    bool runs;     /* the process is there; a TARGET_RECORD's is when it has become a program without the agent */
    uid_t owner;   /* of the segment, which was found to be believable; not of a TARGET_FILE */
    struct at_header header; /* checked copy, zero for a TARGET_FILE; header.pid is the pid in its own namespace */
};

/* Every process that can be watched, and every record of a gone one, by rising pid; the newest record of a pid first. A
 * process whose agent is of a version that this reader does not know is there too, with little in its header: opening it
 * says so. */
struct target_list {
    struct target *rows;
    size_t count;
    size_t denied;       /* segments that are there but may not be read by this user */
    size_t not_believed; /* files that somebody else put there: trust.h */
};

/* Reads /proc and every /dev/shm that processes see. Returns 0, or -1 with *failure set. target_list_free afterwards. */
int target_list(struct target_list *list, struct failure *failure);

/* The same for what belongs to one pid, without looking at any other process: the quick way. `denied` then counts only
 * segments of the user whose process it is. */
int target_list_of(struct target_list *list, pid_t pid, struct failure *failure);

void target_list_free(struct target_list *list);

enum target_result {
    TARGET_FOUND,
    TARGET_FAILED, /* *failure says why */
    TARGET_COMING, /* the same; but its process began a moment ago, and may be watchable in the next */
    TARGET_SEVERAL /* several watchable processes have that name; *failure lists their pids, for who cannot ask */
};

/* Resolves `word`: a pid, the name of a watchable process, a path. Codes of *failure: EXIT_NO_TARGET with what to do
 * next, EXIT_DENIED, EXIT_USAGE when several have the name. `target` is filled in only for TARGET_FOUND. */
enum target_result target_resolve(struct target *target, const char *word, struct failure *failure);

/* The same for a command line, whose user may have started the process in the line before: what is TARGET_COMING is waited
 * for, two seconds at most. */
enum target_result target_await(struct target *target, const char *word, struct failure *failure);

/* How many running processes a word that is no path means, watchable or not; *proc is one of them when there are any. */
size_t target_process(struct proc *proc, const char *word);

/* Whether a word that is no path means this row of a list: its pid, or its name. */
bool target_is(const struct target *target, const char *word);

/* Looks for a new process to take the place of `old`, which ended: the only watchable process with old's comm and another
 * identity, or the youngest of several. Returns 1 and fills in *target, 0 when there is none yet, -1 with *failure set. */
int target_successor(struct target *target, const struct target *old, struct failure *failure);

#endif
