/* manual.c: fills the tables of commands, keys and columns into the manual page's template, when arenatop is built.
 *
 *     manual <arenatop.1.in >arenatop.1
 *
 * A line of the template that begins with '@' names what is to stand in its place. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "commands.h"
#include "keys.h"

static void die(const char *what)
{
    fprintf(stderr, "manual: %s\n", what);
    exit(1);
}

/* Text as roff takes it: a backslash, a hyphen that is one, a delta, nothing that begins a request. */
static void put(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    static const char delta[] = "Δ";
    for (; *text != '\0'; text++) {
        if (strncmp(text, delta, strlen(delta)) == 0) {
            fputs("\\(*D", stdout);
            text += strlen(delta) - 1;
        } else if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
    }
}

/* A paragraph with a tag in bold. */
static void put_tag(const char *tag)
{
    fputs(".TP\n\\fB", stdout);
    put(tag);
    fputs("\\fR", stdout);
}

static void put_sentence(const char *text)
{
    put(text);
    puts(".");
}

/* ---- options ---- */

static void put_choices(const struct option_row *row)
{
    for (size_t i = 0; row->choices[i] != NULL; i++) {
        fputs(i == 0 ? "\nOne of " : row->choices[i + 1] != NULL ? ", " : " or ", stdout);
        put(row->choices[i]);
    }
    fputs(".", stdout);
}

static void put_option(const struct option_row *row)
{
    fputs(".TP\n\\fB", stdout);
    if (row->letter != '\0')
        printf("\\-%c\\fR, \\fB", row->letter);
    fputs("\\-\\-", stdout);
    put(row->name);
    fputs("\\fR", stdout);
    if (row->argument != NULL) {
        fputs(" \\fI", stdout);
        put(row->argument);
        fputs("\\fR", stdout);
    }
    putchar('\n');
    putchar(row->help[0] >= 'a' && row->help[0] <= 'z' ? row->help[0] - 'a' + 'A' : row->help[0]);
    put(row->help + 1);
    fputs(".", stdout);
    if (row->kind == OPTION_CHOICE)
        put_choices(row);
    putchar('\n');
}

/* Of a command its own alone; --help and --version are told once, with those of the view. */
static void put_options(const struct command *command)
{
    bool all = command->name[0] == '\0';
    for (size_t i = 0; options_row(command, i) != NULL && (all || i < command->noptions); i++)
        put_option(options_row(command, i));
}

/* ---- commands ---- */

/* The part of a command's help that is its own: lines as they are. */
static void put_details(const struct command *command)
{
    char *text = NULL;
    size_t bytes = 0;
    if (command->details == NULL)
        return;
    FILE *to = open_memstream(&text, &bytes);
    if (to == NULL)
        die("no memory");
    command->details(to);
    if (fclose(to) != 0)
        die("no memory");
    puts(".PP\n.nf");
    for (char *line = text + strspn(text, "\n"); *line != '\0';) {
        size_t length = strcspn(line, "\n");
        bool is_last = line[length] == '\0';
        line[length] = '\0';
        put(line);
        putchar('\n');
        line += length + !is_last;
    }
    puts(".fi");
    free(text);
}

static void put_commands(void)
{
    for (size_t i = 0; i < commands_count; i++) {
        const struct command *command = commands[i];
        if (command->name[0] == '\0')
            continue;
        fputs(".SS ", stdout);
        printf("arenatop %s ", command->name);
        put(command->synopsis);
        putchar('\n');
        put_sentence(command->summary);
        put_options(command);
        put_details(command);
    }
}

/* ---- keys and columns ---- */

static void put_keys(void)
{
    for (size_t i = 0; i < keys_count; i++) {
        put_tag(keys[i].name);
        putchar('\n');
        put_sentence(keys[i].help);
    }
}

static void put_columns(const char *kind_name)
{
    static const char *const names[MODEL_KINDS] = {[MODEL_CLASSES] = "classes@",
                                                   [MODEL_THREADS] = "threads@",
                                                   [MODEL_ARENAS] = "arenas@",
                                                   [MODEL_SIZES] = "sizes@"};
    for (enum model_kind kind = 0; kind < MODEL_KINDS; kind++) {
        size_t count;
        const struct column *columns = columns_of(kind, &count);
        if (strcmp(kind_name, names[kind]) != 0)
            continue;
        for (size_t i = 0; i < count; i++) {
            put_tag(column_title(&columns[i], true));
            if (columns[i].plain != NULL)
                printf(", in ASCII \\fB%s\\fR", columns[i].plain);
            printf("%s\n", columns[i].shown ? "" : " (not shown unless chosen)");
            put_sentence(column_help(&columns[i]));
        }
        return;
    }
    die("no columns of that name");
}

/* ---- the template ---- */

static void put_line(char *line)
{
    static const char version[] = "@VERSION@";
    char *at = strstr(line, version);
    if (strcmp(line, "@OPTIONS@") == 0)
        put_options(commands_find(""));
    else if (strcmp(line, "@COMMANDS@") == 0)
        put_commands();
    else if (strcmp(line, "@KEYS@") == 0)
        put_keys();
    else if (strncmp(line, "@COLUMNS ", 9) == 0)
        put_columns(line + 9);
    else if (line[0] == '@')
        die(line);
    else if (at != NULL)
        printf("%.*s%s%s\n", (int)(at - line), line, AT_VERSION, at + strlen(version));
    else
        puts(line);
}

int main(void)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    while ((length = getline(&line, &capacity, stdin)) > 0) {
        line[length - (line[length - 1] == '\n')] = '\0';
        put_line(line);
    }
    free(line);
    return ferror(stdin) != 0 || fclose(stdout) != 0;
}
