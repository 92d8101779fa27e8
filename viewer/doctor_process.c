/* doctor_process.c: what /proc tells of a running process: its mappings, its environment, its program. */
#include "doctor_process.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "elf_file.h"
#include "program.h"
#include "start_line.h"

enum { ENVIRONMENT_BYTES = 1 << 20, LINE_BYTES = PATH_MAX + 256 };

/* ---- mappings ---- */

static const char *const other_mallocs[] = {"libtcmalloc", "libmimalloc", "libhoard", "libtbbmalloc",
                                            "libasan",     "libhwasan",   "libtsan"};

static bool begins(const char *text, const char *stem)
{
    return strncmp(text, stem, strlen(stem)) == 0;
}

/* A library is looked into where the process sees it; one that was replaced meanwhile is judged by its name. */
static void judge_library(struct doctor_process *process, pid_t pid, const char *path, const char *name)
{
    char there[PATH_MAX + 64];

    for (size_t i = 0; i < sizeof(other_mallocs) / sizeof(other_mallocs[0]); i++)
        if (begins(name, other_mallocs[i]))
            snprintf(process->other_malloc, sizeof(process->other_malloc), "%s", name);
    if (process->jemalloc[0] != '\0')
        return;
    snprintf(there, sizeof(there), "/proc/%d/root%s", (int)pid, path);
    int defines = elf_defines(there, "mallctl");
    if (defines == 1 || (defines < 0 && begins(name, "libjemalloc")))
        snprintf(process->jemalloc, sizeof(process->jemalloc), "%s", path);
}

static void judge_mapping(struct doctor_process *process, pid_t pid, const char *path)
{
    const char *name = strrchr(path, '/') + 1;

    if (begins(name, "libarenatop.so"))
        process->agent_mapped = true;
    else if (strstr(name, ".so") != NULL)
        judge_library(process, pid, path, name);
}

static void read_maps(struct doctor_process *process, pid_t pid)
{
    char path[64], line[LINE_BYTES], last[LINE_BYTES] = "";

    snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(path, "re");
    if (maps == NULL)
        return;
    process->maps_known = true;
    while (fgets(line, sizeof(line), maps) != NULL) {
        const char *object = strchr(line, '/');
        line[strcspn(line, "\n")] = '\0';
        /* The mappings of one file stand together. */
        if (object == NULL || strcmp(object, last) == 0)
            continue;
        snprintf(last, sizeof(last), "%s", object);
        judge_mapping(process, pid, object);
    }
    process->maps_known = !ferror(maps);
    fclose(maps);
    snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
    process->jemalloc_in_program = elf_defines(path, "mallctl") == 1;
    if (process->jemalloc_in_program && process->jemalloc[0] == '\0')
        snprintf(process->jemalloc, sizeof(process->jemalloc), "%s", path);
}

/* ---- threads ---- */

static void count_by_name(struct doctor_process *process, const char *comm)
{
    process->jemalloc_threads += strcmp(comm, DOCTOR_JEMALLOC_THREAD "\n") == 0;
    process->kernel_threads += strncmp(comm, DOCTOR_KERNEL_THREADS, sizeof(DOCTOR_KERNEL_THREADS) - 1) == 0;
}

/* Threads that the program has not made. */
static void count_others_threads(struct doctor_process *process, pid_t pid)
{
    char path[64], comm[PROCS_COMM_BYTES + 1];
    const struct dirent *entry;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    while (tasks != NULL && (entry = readdir(tasks)) != NULL) {
        char file[sizeof("task//comm") + sizeof(entry->d_name)];
        snprintf(file, sizeof(file), "task/%s/comm", entry->d_name);
        if (entry->d_name[0] != '.' && procfs_read_of((uint32_t)pid, file, comm, sizeof(comm)) > 0)
            count_by_name(process, comm);
    }
    if (tasks != NULL)
        closedir(tasks);
}

/* ---- environment ---- */

void doctor_process_parse_environment(struct doctor_process *process, const char *block, size_t bytes)
{
    const struct {
        const char *name;
        char *value;
    } wanted[] = {{"LD_PRELOAD=", process->preload},
                  {"MALLOC_CONF=", process->malloc_conf},
                  {"ARENATOP_CONF=", process->agent_conf}};

    for (size_t at = 0; at < bytes;) {
        size_t length = strnlen(block + at, bytes - at);
        for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
            size_t name = strlen(wanted[i].name);
            if (length >= name && memcmp(block + at, wanted[i].name, name) == 0)
                snprintf(wanted[i].value, DOCTOR_CONF_BYTES, "%.*s", (int)(length - name), block + at + name);
        }
        at += length + 1;
    }
}

static void read_environment(struct doctor_process *process, pid_t pid)
{
    char *block = malloc(ENVIRONMENT_BYTES);
    ssize_t got = block != NULL ? procfs_read_of((uint32_t)pid, "environ", block, ENVIRONMENT_BYTES) : -1;

    process->environment_known = got >= 0;
    if (got > 0)
        doctor_process_parse_environment(process, block, (size_t)got);
    free(block);
}

void doctor_process_read(struct doctor_process *process, const struct proc *proc)
{
    *process = (struct doctor_process){.there = true,
                                       .state = proc->stat.state,
                                       .uid = proc->uid,
                                       .nested = proc->nested,
                                       .inner_pid = proc->inner_pid};
    count_others_threads(process, proc->pid);
    read_maps(process, proc->pid);
    read_environment(process, proc->pid);
}

/* ---- the program ---- */

static void read_refusal(struct doctor_process *process, pid_t pid)
{
    char path[64], target[8];
    struct program program;
    struct failure failure;

    snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
    process->program_known = true;
    if (readlink(path, target, sizeof(target)) < 0) {
        snprintf(process->program_refusal, sizeof(process->program_refusal), "a thread of the kernel");
    } else if (program_find(&program, path, &failure) < 0) {
        /* "WHAT: WHY; what to do": of which path is no news. */
        const char *why = strstr(failure.text, ": ");
        snprintf(process->program_refusal, sizeof(process->program_refusal), "%.*s",
                 (int)sizeof(process->program_refusal) - 1, why != NULL ? why + 2 : failure.text);
    }
}

void doctor_process_read_program(struct doctor_process *process, const struct proc *proc)
{
    process->command_remark = start_line(process->command, sizeof(process->command), proc->pid);
    if (process->maps_known)
        read_refusal(process, proc->pid);
}
