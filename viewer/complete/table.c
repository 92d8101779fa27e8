/* table.c: prints the commands and their options for the shells' completion, when arenatop is built.
 *
 *     C|COMMAND|OPERANDS|SUMMARY              OPERANDS: none, target, or command (its words are another command's)
 *     O|COMMAND|-X|--NAME|KIND|CHOICES|HELP   KIND: flag, file, choice or value
 *
 * COMMAND is "-" for the program without one. All C rows come first. No text holds a '|' (checked). */
#include <stdlib.h>
#include <string.h>

#include "commands.h"

static const char *field(const char *text)
{
    if (strpbrk(text, "|\n") != NULL) {
        fprintf(stderr, "completion: this text would break the table: %s\n", text);
        exit(1);
    }
    return text;
}

static const char *name_of(const struct command *command)
{
    return command->name[0] != '\0' ? command->name : "-";
}

static void print_command(const struct command *command)
{
    const char *operands = command->operands_max == 0 ? "none" : command->stop_at_operand ? "command" : "target";

    printf("C|%s|%s|%s\n", field(name_of(command)), operands, field(command->summary));
}

static void print_option(const struct command *command, const struct option_row *row)
{
    const char *kind = row->kind == OPTION_FLAG     ? "flag"
                       : row->kind == OPTION_FILE   ? "file"
                       : row->kind == OPTION_CHOICE ? "choice"
                                                    : "value";

    printf("O|%s|", name_of(command));
    if (row->letter != '\0')
        printf("-%c", row->letter);
    printf("|--%s|%s|", field(row->name), kind);
    for (size_t i = 0; row->kind == OPTION_CHOICE && row->choices[i] != NULL; i++)
        printf("%s%s", i == 0 ? "" : " ", field(row->choices[i]));
    printf("|%s\n", field(row->help));
}

int main(void)
{
    for (size_t i = 0; i < commands_count; i++)
        print_command(commands[i]);
    for (size_t i = 0; i < commands_count; i++)
        for (size_t row = 0; options_row(commands[i], row) != NULL; row++)
            print_option(commands[i], options_row(commands[i], row));
    return fclose(stdout) == 0 ? 0 : 1;
}
