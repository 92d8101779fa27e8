/* cmd_doctor.c: arenatop doctor: says, check by check, how far the figures of a process can be trusted, what they cost,
 * and what to do. */
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "doctor_facts.h"
#include "fail.h"
#include "json.h"
#include "text.h"

struct doctor_options {
    bool json;
};

static const struct option_row options[] = {
    {0, "json", NULL, "one JSON object", OPTION_FLAG, offsetof(struct doctor_options, json), 0, 0, NULL},
};

static int run(const struct command *command, int argc, char **argv);
static void explain(FILE *to);

const struct command command_doctor = {
    .name = "doctor",
    .synopsis = "TARGET [OPTION]...",
    .summary = "Say whether attribution is exact, partial or impossible, why, and what to do",
    .details = explain,
    COMMAND_OPTIONS(options),
    COMMAND_ONE_TARGET,
    .run = run,
};

static void explain(FILE *to)
{
    fputs("\nTARGET may be a process without the agent too: then doctor says whether it could be watched, and how to "
          "start\n"
          "it. Exit status: 0 when there is no problem (notes are none), 5 when there is one.\n",
          to);
}

/* ---- text ---- */

enum { WORD_CELLS = 8, NAME_CELLS = 9 };

static void print_finding(const struct doctor_finding *finding)
{
    char clean[2 * sizeof(finding->advice)];

    text_visible(clean, sizeof(clean), finding->text);
    printf("%-*s %-*s %s\n", WORD_CELLS, doctor_level_word(finding->level), NAME_CELLS, finding->name, clean);
    if (finding->advice[0] == '\0')
        return;
    text_visible(clean, sizeof(clean), finding->advice);
    printf("%-*s %-*s -> %s\n", WORD_CELLS, "", NAME_CELLS, "", clean);
}

static void print_text(const struct doctor_facts *facts, const struct doctor_report *report)
{
    char comm[TEXT_NAME_BYTES];
    size_t problems = report->levels[DOCTOR_PROBLEM], notes = report->levels[DOCTOR_NOTE];

    text_visible(comm, sizeof(comm), facts->comm);
    printf("%s, process %d: attribution is %s\n", comm, (int)facts->pid, report->attribution);
    for (size_t i = 0; i < report->count; i++)
        print_finding(&report->findings[i]);
    printf("%zu problem%s, %zu note%s\n", problems, problems == 1 ? "" : "s", notes, notes == 1 ? "" : "s");
}

/* ---- JSON ---- */

static json_t *json_of_finding(const struct doctor_finding *finding)
{
    json_t *object = json_object();

    json_object_set_new(object, "name", json_string(finding->name));
    json_object_set_new(object, "level", json_string(doctor_level_word(finding->level)));
    json_object_set_new(object, "finding", json_of_text(finding->text));
    json_object_set_new(object, "advice", json_of_text(finding->advice));
    return object;
}

static int print_json(const struct doctor_facts *facts, const struct doctor_report *report)
{
    static const char *const subjects[] = {[DOCTOR_PROCESS] = "process",
                                           [DOCTOR_RECORD] = "record",
                                           [DOCTOR_FILE] = "file",
                                           [DOCTOR_UNWATCHED] = "unwatched"};
    json_t *object = json_object(), *array = json_array();

    json_object_set_new(object, "schema", json_string("arenatop-doctor/1"));
    json_object_set_new(object, "pid", json_integer(facts->pid));
    json_object_set_new(object, "comm", json_of_text(facts->comm));
    json_object_set_new(object, "target", json_string(subjects[facts->subject]));
    json_object_set_new(object, "attribution", json_string(report->attribution));
    json_object_set_new(object, "problems", json_integer((json_int_t)report->levels[DOCTOR_PROBLEM]));
    json_object_set_new(object, "notes", json_integer((json_int_t)report->levels[DOCTOR_NOTE]));
    for (size_t i = 0; i < report->count; i++)
        json_array_append_new(array, json_of_finding(&report->findings[i]));
    json_object_set_new(object, "checks", array);
    return json_write_line(object, stdout) < 0 && !ferror(stdout) ? fail_with(EXIT_FAILED, "doctor: no memory")
                                                                  : EXIT_DONE;
}

/* ---- the command ---- */

static int examine(const struct doctor_case *one, const struct doctor_options *chosen)
{
    struct doctor_report report;
    int status = EXIT_DONE;

    if (doctor_examine(&report, &one->facts) < 0)
        return fail_with(EXIT_FAILED, "doctor: no memory");
    if (chosen->json)
        status = print_json(&one->facts, &report);
    else
        print_text(&one->facts, &report);
    if (status == EXIT_DONE && report.levels[DOCTOR_PROBLEM] > 0)
        status = EXIT_FOUND;
    doctor_free(&report);
    return status;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct doctor_options chosen = {0};
    struct doctor_case *one;
    struct operands operands;
    struct failure failure;
    int status = options_parse(command, argc, argv, &chosen, &operands);

    if (status >= 0)
        return status;
    one = malloc(sizeof(*one));
    if (one == NULL)
        return fail_with(EXIT_FAILED, "doctor: no memory");
    if (doctor_case_open(one, operands.words[0], &failure) < 0)
        status = fail_say(&failure);
    else
        status = examine(one, &chosen);
    doctor_case_free(one);
    free(one);
    return status;
}
