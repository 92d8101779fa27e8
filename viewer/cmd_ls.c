/* cmd_ls.c: arenatop ls: the processes that can be watched, and the records of gone ones. */
#include <stdio.h>
#include <time.h>

#include "commands.h"
#include "fail.h"
#include "format.h"
#include "json.h"
#include "source.h"
#include "target.h"
#include "text.h"

struct ls_options {
    bool json;
};

static const struct option_row options[] = {
    {0, "json", NULL, "one JSON array of objects", OPTION_FLAG, offsetof(struct ls_options, json), 0, 0, NULL},
};

static int run(const struct command *command, int argc, char **argv);

const struct command command_ls = {
    .name = "ls",
    .synopsis = "[OPTION]...",
    .summary = "List the processes that can be watched, and the records of those that are gone",
    COMMAND_OPTIONS(options),
    .operands_min = 0,
    .operands_max = 0,
    .run = run,
};

/* A target and what its newest snapshot tells. */
struct listed {
    const struct target *target;
    uint32_t mode;   /* enum at_mode */
    size_t classes;  /* (unbound) is none */
    uint64_t age_ns; /* since its agent started */
};

/* By the clock that nobody sets, as the view has it. */
static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* Whether it is written in the format that this program reads. */
static bool is_readable(const struct target *target)
{
    return target->header.version_major == AT_VERSION_MAJOR;
}

/* Returns false when it ended a moment ago, or is damaged: then it cannot be watched. Of another format there is no more
 * to tell than that it is there, or somebody would look for it in vain. */
static bool look(struct listed *listed, const struct target *target)
{
    struct source *source;
    struct snapshot snapshot = {0};
    struct failure failure;
    uint64_t now = now_ns();

    *listed = (struct listed){.target = target, .mode = target->header.mode};
    if (!is_readable(target))
        return true;
    if (source_open(&source, target, &failure) < 0)
        return false;
    enum source_result result = source_read_latest(source, &snapshot, &failure);
    if (result == SOURCE_OK) {
        listed->mode = snapshot.head.mode;
        listed->classes = snapshot.nclasses > 0 ? snapshot.nclasses - 1 : 0;
    }
    if (now > target->header.created_mono_ns)
        listed->age_ns = now - target->header.created_mono_ns;
    snapshot_free(&snapshot);
    source_close(source);
    return result != SOURCE_FAILED;
}

static const char *state_word(const struct target *target)
{
    if (!is_readable(target))
        return "unreadable";
    if (target->kind == TARGET_RECORD)
        return target->header.state == AT_STATE_EXITED ? "exited" : "gone";
    return at_state_word(target->header.state);
}

static void print_row(const struct listed *listed)
{
    const struct target *target = listed->target;
    char comm[TEXT_NAME_BYTES], age[FORMAT_BYTES];

    text_visible(comm, sizeof(comm), target->comm);
    /* Cells, not bytes: a name may be in any script. */
    int blanks = 16 - text_cells(comm);
    printf("%7d %6u %s%*s ", (int)target->pid, (unsigned)target->owner, comm, blanks > 0 ? blanks : 0, "");
    if (is_readable(target))
        printf("%-5s %7zu %8s %s\n", at_mode_word(listed->mode), listed->classes, format_age(age, listed->age_ns),
               state_word(target));
    else
        printf("%-5s %7s %8s %s: format %u\n", "-", "-", "-", state_word(target),
               (unsigned)target->header.version_major);
}

static json_t *json_of_row(const struct listed *listed)
{
    const struct target *target = listed->target;
    json_t *object = json_object();

    json_object_set_new(object, "pid", json_integer(target->pid));
    json_object_set_new(object, "uid", json_integer(target->owner));
    json_object_set_new(object, "comm", json_of_text(target->comm));
    json_object_set_new(object, "command", json_of_text(target->header.command));
    json_object_set_new(object, "mode", is_readable(target) ? json_string(at_mode_word(listed->mode)) : json_null());
    json_object_set_new(object, "classes", json_integer((json_int_t)listed->classes));
    json_object_set_new(object, "age_ns", json_of_figure(listed->age_ns));
    json_object_set_new(object, "state", json_string(state_word(target)));
    json_object_set_new(object, "format", json_integer(target->header.version_major));
    json_object_set_new(object, "inner_pid", json_integer(target->header.pid));
    json_object_set_new(object, "path", json_of_text(target->path));
    return object;
}

static int print_all(const struct target_list *list, const struct ls_options *chosen)
{
    json_t *array = chosen->json ? json_array() : NULL;

    if (!chosen->json)
        printf("%7s %6s %-16s %-5s %7s %8s %s\n", "PID", "UID", "COMMAND", "MODE", "CLASSES", "AGE", "STATE");
    for (size_t i = 0; i < list->count; i++) {
        struct listed listed;
        if (!look(&listed, &list->rows[i]))
            continue;
        if (chosen->json)
            json_array_append_new(array, json_of_row(&listed));
        else
            print_row(&listed);
    }
    if (chosen->json && json_write_line(array, stdout) < 0 && !ferror(stdout))
        return fail_with(EXIT_FAILED, "ls: no memory for its JSON");
    return EXIT_DONE;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct ls_options chosen = {0};
    struct target_list list;
    struct failure failure;
    struct operands operands;
    int status = options_parse(command, argc, argv, &chosen, &operands);

    if (status >= 0)
        return status;
    if (target_list(&list, &failure) < 0)
        return fail_say(&failure);
    status = print_all(&list, &chosen);
    /* Not an error: what others run is theirs. But who looks for it wants to know. */
    if (list.denied > 0)
        fprintf(stderr, "arenatop: %zu segment%s of other users: not permitted\n", list.denied,
                list.denied == 1 ? "" : "s");
    target_list_free(&list);
    return status;
}
