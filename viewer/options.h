/* options.h: one table per command, from which parsing, --help, the manual page and shell completion are made. */
#ifndef VIEWER_OPTIONS_H
#define VIEWER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What an option's argument is, and the type of the member that it is stored in. */
enum option_kind {
    OPTION_FLAG,  /* bool: takes no argument, stores true */
    OPTION_TEXT,  /* const char *: a word of argv */
    OPTION_FILE,  /* const char *: the same; completion offers file names */
    OPTION_TEXTS, /* struct option_texts: the same; may be given several times */
    OPTION_COUNT, /* uint64_t: digits, within `min` and `max` */
    OPTION_SECONDS, /* uint64_t, nanoseconds: a decimal number of seconds, or of min, h, d; `min` and `max` in nanoseconds */
    OPTION_BYTES, /* uint64_t: digits, or a decimal number and K, M, G, T of 1024, within `min` and `max` */
    OPTION_CHOICE /* int: index in `choices` */
};

#define OPTION_TEXTS_MAX 16
struct option_texts {
    const char *words[OPTION_TEXTS_MAX];
    size_t count;
};

struct option_row {
    char letter;          /* -o; 0: none */
    const char *name;     /* --output, without the dashes; never NULL */
    const char *argument; /* name of the argument in the help; NULL for OPTION_FLAG */
    const char *help;     /* one line, no full stop; the help adds the choices */
    enum option_kind kind;
    size_t offset;              /* of the member in the command's own struct */
    uint64_t min, max;          /* OPTION_COUNT, OPTION_SECONDS and OPTION_BYTES; max 0: no limit */
    const char *const *choices; /* OPTION_CHOICE: NULL-terminated */
};

/* An operand, a word that is not an option. */
struct operands {
    char **words;
    int count;
};

struct command {
    const char *name;                 /* "dump"; "" for the program without a command: the live view */
    const char *synopsis;             /* what follows the name: "TARGET [OPTION]..." */
    const char *summary;              /* one line, no full stop */
    void (*details)(FILE *to);        /* writes the rest of the help; may be NULL */
    const struct option_row *options; /* without --help and --version, which every command has */
    size_t noptions;
    const char *operand; /* name of what is missing when there are too few: "TARGET" */
    int operands_min;
    int operands_max;     /* -1: no limit */
    bool stop_at_operand; /* what follows the first operand belongs to it: run */
    int (*run)(const struct command *command, int argc, char **argv); /* argv[0]: the name; returns the exit code */
};

/* Members of a command that several have alike: its table of options, and the one word of those that are about a process
 * or a file. */
#define COMMAND_OPTIONS(rows) .options = (rows), .noptions = sizeof(rows) / sizeof((rows)[0])
#define COMMAND_ONE_TARGET    .operand = "TARGET", .operands_min = 1, .operands_max = 1

/* Parses argv over `into`, the command's own struct with its defaults set. Says what is wrong itself. Returns -1 to go on,
 * or the code to exit with: EXIT_DONE after --help or --version, EXIT_USAGE. The words stay argv's. */
int options_parse(const struct command *command, int argc, char **argv, void *into, struct operands *operands);

/* Row `i` of a command's options, --help and --version last, or NULL behind those. */
const struct option_row *options_row(const struct command *command, size_t i);

/* Writes a command's help. */
void options_help(const struct command *command, FILE *to);

#endif
