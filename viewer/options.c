/* options.c: getopt_long and --help, both from a command's table. */
#include "options.h"

#include <getopt.h>
#include <string.h>

#include "fail.h"
#include "quantity.h"

enum { ROWS_MAX = 32, FIRST_LONG = 256, HELP_COLUMN = 30, NAME_BYTES = 64, LINE_BYTES = 200 };

/* What every command has, behind its own rows. */
static const struct option_row common_rows[] = {
    {.letter = 'h', .name = "help", .help = "print this help and exit", .kind = OPTION_FLAG},
    {.name = "version", .help = "print the version and exit", .kind = OPTION_FLAG},
};
enum { COMMON_HELP, COMMON_VERSION, COMMON_ROWS };

const struct option_row *options_row(const struct command *command, size_t i)
{
    if (i < command->noptions)
        return &command->options[i];
    return i < command->noptions + COMMON_ROWS ? &common_rows[i - command->noptions] : NULL;
}

/* "arenatop dump", as it stands before the help and in complaints. */
static const char *full_name(const struct command *command, char name[NAME_BYTES])
{
    snprintf(name, NAME_BYTES, "arenatop%s%s", command->name[0] != '\0' ? " " : "", command->name);
    return name;
}

static int complain(const struct command *command, const char *what, const char *why)
{
    char name[NAME_BYTES];
    const char *colon = command->name[0] != '\0' ? ": " : "";

    return fail_with(EXIT_USAGE, "%s%s%s: %s; see '%s --help'", command->name, colon, what, why,
                     full_name(command, name));
}

/* ---- one option ---- */

static int store_number(const struct option_row *row, const char *text, uint64_t *number)
{
    static int (*const readers[])(const char *, uint64_t *) = {
        [OPTION_COUNT] = quantity_count, [OPTION_SECONDS] = quantity_seconds, [OPTION_BYTES] = quantity_bytes};

    if (readers[row->kind](text, number) < 0 || *number < row->min || (row->max != 0 && *number > row->max))
        return -1;
    return 0;
}

static int store_choice(const struct option_row *row, const char *text, int *choice)
{
    for (int i = 0; row->choices[i] != NULL; i++) {
        if (strcmp(row->choices[i], text) == 0) {
            *choice = i;
            return 0;
        }
    }
    return -1;
}

static int store_one_more(struct option_texts *texts, const char *text)
{
    if (texts->count == OPTION_TEXTS_MAX)
        return -1;
    texts->words[texts->count++] = text;
    return 0;
}

static int store(const struct option_row *row, const char *text, void *into)
{
    void *member = (char *)into + row->offset;

    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)member = true;
        return 0;
    case OPTION_TEXT:
    case OPTION_FILE:
        *(const char **)member = text;
        return 0;
    case OPTION_TEXTS:
        return store_one_more(member, text);
    case OPTION_COUNT:
    case OPTION_SECONDS:
    case OPTION_BYTES:
        return store_number(row, text, member);
    case OPTION_CHOICE:
        return store_choice(row, text, member);
    }
    return -1;
}

/* "json, csv or raw": for the help and for who typed something else. */
static void list_choices(const struct option_row *row, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; row->choices[i] != NULL && used < size; i++) {
        const char *between = i == 0 ? "" : row->choices[i + 1] == NULL ? " or " : ", ";
        used += (size_t)snprintf(text + used, size - used, "%s%s", between, row->choices[i]);
    }
}

/* The bounds of a number in the unit that the person types. */
static void list_bounds(const struct option_row *row, char *text, size_t size)
{
    double scale = row->kind == OPTION_SECONDS ? 1e9 : 1;
    int used = snprintf(text, size, "a number");

    if (row->kind == OPTION_SECONDS)
        used = snprintf(text, size, "a number of seconds");
    else if (row->kind == OPTION_BYTES)
        used = snprintf(text, size, "a number of bytes, or of K, M, G or T");
    if (row->kind == OPTION_SECONDS && row->min == 1)
        used += snprintf(text + used, size - (size_t)used, " above 0");
    else if (row->min != 0)
        used += snprintf(text + used, size - (size_t)used, " from %.10g", (double)row->min / scale);
    if (row->max != 0)
        snprintf(text + used, size - (size_t)used, " up to %.10g", (double)row->max / scale);
}

static int refuse_value(const struct command *command, const struct option_row *row, const char *value)
{
    char what[LINE_BYTES], why[2 * LINE_BYTES], wanted[LINE_BYTES];

    snprintf(what, sizeof(what), "--%s", row->name);
    if (row->kind == OPTION_TEXTS) {
        snprintf(why, sizeof(why), "more than the %d that there may be", OPTION_TEXTS_MAX);
        return complain(command, what, why);
    }
    if (row->kind == OPTION_CHOICE)
        list_choices(row, wanted, sizeof(wanted));
    else
        list_bounds(row, wanted, sizeof(wanted));
    snprintf(why, sizeof(why), "'%.100s' is not %s", value, wanted);
    return complain(command, what, why);
}

/* ---- getopt ---- */

/* getopt's two tables, made from ours into zeros; `val` is the number of the row, from FIRST_LONG. */
struct tables {
    struct option names[ROWS_MAX + 1];
    char letters[2 * ROWS_MAX + 3];
};

static void make_tables(const struct command *command, struct tables *tables)
{
    const struct option_row *row;
    char *letter = tables->letters;

    if (command->stop_at_operand)
        *letter++ = '+';
    *letter++ = ':';
    for (size_t i = 0; i < ROWS_MAX && (row = options_row(command, i)) != NULL; i++) {
        int argument = row->kind == OPTION_FLAG ? no_argument : required_argument;

        tables->names[i] = (struct option){row->name, argument, NULL, FIRST_LONG + (int)i};
        if (row->letter != '\0')
            *letter++ = row->letter;
        if (row->letter != '\0' && argument == required_argument)
            *letter++ = ':';
    }
}

/* The row that getopt means by `val`: a letter, or a number from FIRST_LONG. NULL when it means none. */
static const struct option_row *row_of(const struct command *command, int val)
{
    const struct option_row *row = NULL;

    if (val >= FIRST_LONG)
        return options_row(command, (size_t)(val - FIRST_LONG));
    for (size_t i = 0; val != 0 && (row = options_row(command, i)) != NULL && row->letter != val; i++)
        ;
    return row;
}

/* Says what getopt did not like: it returned '?' or ':' and left the culprit in optopt, or in the word it stopped at. */
static int refuse_option(const struct command *command, int got, const char *word)
{
    char what[LINE_BYTES];
    const struct option_row *row = row_of(command, optopt);

    if (row != NULL) {
        snprintf(what, sizeof(what), "--%s", row->name);
        return complain(command, what, got == ':' ? "its argument is missing" : "takes no argument");
    }
    if (optopt != 0)
        snprintf(what, sizeof(what), "-%c", optopt);
    else
        snprintf(what, sizeof(what), "%.*s", (int)sizeof(what) - 1, word);
    return complain(command, what, "no such option, or not the whole of one");
}

static int check_operands(const struct command *command, const struct operands *operands)
{
    if (operands->count < command->operands_min)
        return complain(command, command->operand, "missing");
    bool is_over = command->operands_max >= 0 && operands->count > command->operands_max;
    /* Whoever types two words means a command by the first. */
    if (is_over && command->name[0] == '\0')
        return complain(command, operands->words[0], "no such command");
    if (is_over)
        return complain(command, operands->words[command->operands_max], "one word too many");
    return -1;
}

static int print_and_exit(const struct command *command, const struct option_row *row)
{
    if (row == &common_rows[COMMON_VERSION])
        puts("arenatop " AT_VERSION);
    else
        options_help(command, stdout);
    return EXIT_DONE;
}

int options_parse(const struct command *command, int argc, char **argv, void *into, struct operands *operands)
{
    struct tables tables = {0};
    int got;

    make_tables(command, &tables);
    opterr = 0;
    optind = 0; /* glibc: start anew, also after another table */
    while ((got = getopt_long(argc, argv, tables.letters, tables.names, NULL)) != -1) {
        const struct option_row *row = got == '?' || got == ':' ? NULL : row_of(command, got);

        if (row == NULL)
            return refuse_option(command, got, argv[optind - 1]);
        if (row >= common_rows && row < common_rows + COMMON_ROWS)
            return print_and_exit(command, row);
        if (store(row, optarg, into) < 0)
            return refuse_value(command, row, optarg);
    }
    operands->words = argv + optind;
    operands->count = argc - optind;
    return check_operands(command, operands);
}

/* ---- help ---- */

static void help_row(const struct option_row *row, FILE *to)
{
    char left[LINE_BYTES], choices[LINE_BYTES];
    const char *space = row->argument != NULL ? " " : "";
    const char *argument = row->argument != NULL ? row->argument : "";

    if (row->letter != '\0')
        snprintf(left, sizeof(left), "  -%c, --%s%s%s", row->letter, row->name, space, argument);
    else
        snprintf(left, sizeof(left), "      --%s%s%s", row->name, space, argument);
    fprintf(to, "%-*s%s%s", HELP_COLUMN, left, strlen(left) < HELP_COLUMN ? "" : "  ", row->help);
    if (row->kind == OPTION_CHOICE) {
        list_choices(row, choices, sizeof(choices));
        fprintf(to, ": %s", choices);
    }
    fputc('\n', to);
}

void options_help(const struct command *command, FILE *to)
{
    char name[NAME_BYTES];
    const struct option_row *row;

    fprintf(to, "usage: %s %s\n%s.\n\n", full_name(command, name), command->synopsis, command->summary);
    for (size_t i = 0; (row = options_row(command, i)) != NULL; i++)
        help_row(row, to);
    if (command->details != NULL)
        command->details(to);
}
