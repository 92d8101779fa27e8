/* commands.h: what the program can do. main picks a row and runs it; each row stands in the file of its command. */
#ifndef VIEWER_COMMANDS_H
#define VIEWER_COMMANDS_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"

/* Every command, in the order of the help; the first is the live view, whose name is "". */
extern const struct command *const commands[];
extern const size_t commands_count;

/* The command of that name, or NULL. */
const struct command *commands_find(const char *name);

extern const struct command
    command_view; /* cmd_view.c: options of the live view and of batch mode, and which of them */
extern const struct command command_run;
extern const struct command command_ls;
extern const struct command command_dump;
extern const struct command command_record;
extern const struct command command_serve;
extern const struct command command_diff;
extern const struct command command_report;
extern const struct command command_gc;
extern const struct command command_doctor;

/* What the command line asks of the live view or of batch mode; one table of options serves both. */
struct view_request {
    bool batch;
    uint64_t frames;    /* 0: no end */
    uint64_t delay_ns;  /* between two frames; 0: every snapshot as it comes */
    bool wait;          /* for a process of that name to be there */
    const char *target; /* NULL: let the user pick (live), or a mistake (batch, already refused) */
};

/* The live view and batch mode. Both return the exit code and say their errors themselves. */
int cmd_live(const struct view_request *request);
int cmd_batch(const struct view_request *request);

#endif
