/* cmd_view.c: arenatop without a command: the live view, or with -b batch mode. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "fail.h"

static int run(const struct command *command, int argc, char **argv);
static void list_commands(FILE *to);

static const struct option_row options[] = {
    {'b', "batch", NULL, "write frames as plain text to standard output, as top -b does", OPTION_FLAG,
     offsetof(struct view_request, batch), 0, 0, NULL},
    {'n', "frames", "N", "with -b: end after N frames", OPTION_COUNT, offsetof(struct view_request, frames), 1, 0,
     NULL},
    {'d', "delay", "SECONDS", "time between two frames (default: as snapshots come)", OPTION_SECONDS,
     offsetof(struct view_request, delay_ns), 10000000, UINT64_C(3600000000000), NULL},
    {'w', "wait", NULL, "wait until a process of that name runs under the agent", OPTION_FLAG,
     offsetof(struct view_request, wait), 0, 0, NULL},
};

const struct command command_view = {
    .name = "",
    .synopsis = "[OPTION]... [TARGET]\n"
                "       arenatop COMMAND [OPTION]... [ARGUMENT]...",
    .summary = "Shows a process's memory by thread class, live",
    COMMAND_OPTIONS(options),
    .operand = "TARGET",
    .operands_min = 0,
    .operands_max = 1,
    .details = list_commands,
    .run = run,
};

static void list_commands(FILE *to)
{
    fputs("\nTARGET is a pid, the name of a process that runs under the agent, or a file; without one, pick from a "
          "list.\n"
          "\nCommands (each has --help):\n",
          to);
    for (size_t i = 0; i < commands_count; i++)
        if (commands[i] != &command_view)
            fprintf(to, "  %-10s%s\n", commands[i]->name, commands[i]->summary);
    fputs("\nExit status: 0 done; 1 failed; 2 usage; 3 no such process, or not under the agent; 4 not permitted;\n"
          "5 a check found something.\n",
          to);
}

static int run(const struct command *command, int argc, char **argv)
{
    struct view_request request = {0};
    struct operands operands;
    int status = options_parse(command, argc, argv, &request, &operands);

    if (status >= 0)
        return status;
    if (operands.count > 0)
        request.target = operands.words[0];
    if (request.wait && request.target == NULL)
        return fail_with(EXIT_USAGE, "TARGET: missing, --wait has to know for whom; see 'arenatop --help'");
    if (request.wait && strchr(request.target, '/') != NULL)
        request.wait = false; /* for no process: a file is there or not */
    if (!request.batch && request.frames != 0)
        return fail_with(EXIT_USAGE, "--frames: only with --batch; see 'arenatop --help'");
    if (!request.batch)
        return cmd_live(&request);
    if (request.target == NULL)
        return fail_with(EXIT_USAGE, "TARGET: missing, batch mode cannot ask for one; see 'arenatop --help'");
    return cmd_batch(&request);
}
