/* doctor.h: what is judged of a process and its agent, and the verdicts. Pure: facts come in as plain structs
 * (doctor_facts.h reads them from a real target), findings go out; nothing here asks the system anything. */
#ifndef VIEWER_DOCTOR_H
#define VIEWER_DOCTOR_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "snapshot.h"

/* ---- facts ---- */

enum doctor_subject {
    DOCTOR_PROCESS,  /* runs under the agent */
    DOCTOR_RECORD,   /* the segment of a process that is gone */
    DOCTOR_FILE,     /* a recording, or a copied segment */
    DOCTOR_UNWATCHED /* runs, and publishes nothing */
};

/* The name that jemalloc gives to threads of its own. */
#define DOCTOR_JEMALLOC_THREAD "jemalloc_bg_thd"
/* And the kernel to those that work for io_uring: with the process's threads, but they run nothing of its. */
#define DOCTOR_KERNEL_THREADS "iou-"

#define DOCTOR_COMMAND_BYTES 4096
#define DOCTOR_CONF_BYTES    1024

/* What /proc says of a running process. Texts are any bytes, terminated. */
struct doctor_process {
    bool there;  /* false: all the rest is empty */
    char state;  /* as in /proc/PID/stat */
    uid_t uid;   /* effective */
    bool nested; /* it lives in another pid namespace than the viewer, as `inner_pid` */
    uint32_t inner_pid;
    uint64_t jemalloc_threads; /* jemalloc's own, by their name */
    uint64_t kernel_threads;   /* the kernel's, likewise */
    bool maps_known;           /* false: not permitted; then the next four are empty */
    bool agent_mapped;
    bool jemalloc_in_program;            /* the executable itself defines mallctl */
    char jemalloc[PATH_MAX];             /* the file that defines mallctl; empty: none */
    char other_malloc[64];               /* another malloc library that is mapped; empty: none */
    bool environment_known;              /* false: not permitted; then the next three are empty */
    char preload[DOCTOR_CONF_BYTES];     /* LD_PRELOAD that it was started with */
    char malloc_conf[DOCTOR_CONF_BYTES]; /* MALLOC_CONF */
    char agent_conf[DOCTOR_CONF_BYTES];  /* ARENATOP_CONF */
    bool program_known;                  /* DOCTOR_UNWATCHED only, as the rest */
    char program_refusal[512];           /* why no agent can be preloaded into the program; empty: it can */
    char command[DOCTOR_COMMAND_BYTES];  /* as start_line.h writes it */
    const char *command_remark;          /* and what it says of it; "" or NULL: nothing */
};

/* What one of the newest snapshots says of the books. */
struct doctor_books {
    int64_t unexplained_bytes;
    uint64_t moved_bytes;
    uint64_t threads_unseen;
};
#define DOCTOR_BOOKS 5

struct doctor_facts {
    enum doctor_subject subject;
    const char *own_version; /* of this program */
    pid_t pid;
    char comm[16];
    struct doctor_process process;
    struct at_header header;                 /* all zero when unwatched */
    const struct snapshot *now;              /* the newest; NULL: none */
    const struct snapshot *before;           /* one that is at least DOCTOR_IDLE_NS older; NULL: none */
    struct doctor_books books[DOCTOR_BOOKS]; /* of the newest snapshots */
    size_t nbooks;
    uint64_t silent_ns;  /* since the agent's last sign of life; 0 unless the process runs */
    uint64_t snapshots;  /* that can be read */
    uint64_t history_ns; /* from the oldest to the newest of them */
    uint64_t missing;    /* between the oldest and the newest */
    bool overwritten;    /* there were older ones */
    bool is_recording;   /* what there is to read; else it is a ring */
    bool shm_known;
    bool shm_read_only;
    uint64_t shm_free_bytes, shm_size_bytes; /* of the file system that its segment is in, or would be */
};

/* A class that neither allocates nor frees for so long is idle: jemalloc's own time to give dirty pages back. */
#define DOCTOR_IDLE_NS UINT64_C(10000000000)

/* ---- verdicts ---- */

/* X(NAME, word) */
#define DOCTOR_LEVELS(X)  \
    X(OK, "ok")           \
    X(NOTE, "note")       \
    X(PROBLEM, "problem") \
    X(SKIPPED, "skipped")

#define DOCTOR_LEVEL(name, word) DOCTOR_##name,
enum doctor_level { DOCTOR_LEVELS(DOCTOR_LEVEL) DOCTOR_LEVEL_COUNT };

const char *doctor_level_word(enum doctor_level level);

struct doctor_finding {
    const char *name;                        /* of the check */
    enum doctor_level level;                 /* SKIPPED: it could not be judged, and the text says what it needs */
    char text[1536];                         /* what was found; may hold any bytes that stood in the facts */
    char advice[DOCTOR_COMMAND_BYTES + 512]; /* what to do; empty where nothing needs to be done */
};

struct doctor_report {
    struct doctor_finding *findings;
    size_t count;
    size_t levels[DOCTOR_LEVEL_COUNT]; /* how many findings of each */
    const char *attribution;           /* "exact", "partial" or "impossible" */
};

/* Runs every check that applies to the subject, in the order of the table. Returns 0, or -1: no memory. doctor_free
 * afterwards. */
int doctor_examine(struct doctor_report *report, const struct doctor_facts *facts);
void doctor_free(struct doctor_report *report);

/* One check alone, by its name. Returns false when there is none that applies. */
bool doctor_check(struct doctor_finding *finding, const char *name, const struct doctor_facts *facts);

/* ---- texts that come with a process ---- */

/* Finds `key` in "key:value,key:value"; the last one counts, as for jemalloc. Returns false when it is not in it. */
bool doctor_conf_value(const char *conf, const char *key, char *value, size_t size);

/* Place (0, 1, ...) of the first name in an LD_PRELOAD whose file name begins with `stem`; -1: none. */
int doctor_preload_place(const char *preload, const char *stem);

#endif
