/* commands.c: the table of commands. */
#include "commands.h"

#include <string.h>

const struct command *const commands[] = {
    &command_view, &command_run,    &command_ls,    &command_dump, &command_record,
    &command_diff, &command_report, &command_serve, &command_gc,   &command_doctor,
};
const size_t commands_count = sizeof(commands) / sizeof(commands[0]);

const struct command *commands_find(const char *name)
{
    for (size_t i = 0; i < commands_count; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}
