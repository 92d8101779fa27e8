/* cmd_gc.c: arenatop gc: removes the segments that gone processes left behind. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "fail.h"
#include "format.h"
#include "target.h"
#include "text.h"

#define PLACE "/dev/shm"

static int run(const struct command *command, int argc, char **argv);

const struct command command_gc = {
    .name = "gc",
    .synopsis = "[OPTION]...",
    .summary = "Remove the segments of processes that are gone",
    .operands_min = 0,
    .operands_max = 0,
    .run = run,
};

/* The user whose segment this is, when this user may remove it; else (uid_t)-1. */
static uid_t removable_owner(const struct target *target)
{
    struct stat status;

    if (target->kind != TARGET_RECORD || strncmp(target->path, PLACE "/", sizeof(PLACE)) != 0 ||
        lstat(target->path, &status) != 0 || (geteuid() != 0 && status.st_uid != geteuid()))
        return (uid_t)-1;
    return status.st_uid;
}

/* Tells what became of a segment. Returns the exit code. */
static int report(const struct target *target)
{
    char visible[TEXT_NAME_BYTES];

    if (access(target->path, F_OK) == 0)
        return fail_with(EXIT_FAILED, "%s: cannot be removed", target->path);
    text_visible(visible, sizeof(visible), target->comm);
    printf("removed %s: %s, process %d\n", target->path, visible, (int)target->pid);
    return EXIT_DONE;
}

/* What is gone is judged, and removed, by the same code that agents have; the list only tells what it was. */
static int collect(const struct target_list *list)
{
    uid_t *owners = calloc(list->count + 1, sizeof(*owners));
    unsigned removed = 0;
    uint64_t bytes = 0;
    char amount[FORMAT_BYTES];
    int status = EXIT_DONE;

    if (owners == NULL)
        return fail_with(EXIT_FAILED, "gc: no memory");
    for (size_t i = 0; i < list->count; i++)
        owners[i] = removable_owner(&list->rows[i]);
    for (size_t i = 0; i < list->count; i++) {
        uint64_t given_back = 0;
        /* One call takes all of a user's; the next finds nothing. */
        if (owners[i] != (uid_t)-1)
            removed += segment_collect_gone(PLACE, owners[i], NULL, 0, 0, &given_back);
        bytes += given_back;
    }
    for (size_t i = 0; i < list->count; i++)
        if (owners[i] != (uid_t)-1 && report(&list->rows[i]) != EXIT_DONE)
            status = EXIT_FAILED;
    free(owners);
    printf("%u segment%s removed, %s given back\n", removed, removed == 1 ? "" : "s", format_bytes(amount, bytes));
    return status;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct target_list list;
    struct failure failure;
    struct operands operands;
    int status = options_parse(command, argc, argv, NULL, &operands);

    if (status >= 0)
        return status;
    if (target_list(&list, &failure) < 0)
        return fail_say(&failure);
    status = collect(&list);
    target_list_free(&list);
    return status;
}
