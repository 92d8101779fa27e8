/* cmd_diff.c: arenatop diff: what each class gained between two snapshots; and a failure when it was too much. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "diff.h"
#include "fail.h"
#include "format.h"
#include "json.h"
#include "side.h"
#include "text.h"

#define NO_LIMIT UINT64_MAX

struct diff_options {
    bool json;
    uint64_t fail_over; /* NO_LIMIT: none */
};

static const struct option_row options[] = {
    {0, "json", NULL, "one JSON object", OPTION_FLAG, offsetof(struct diff_options, json), 0, 0, NULL},
    {0, "fail-over", "BYTES", "exit with 5 when a class grew by more than BYTES (K, M, G, T)", OPTION_BYTES,
     offsetof(struct diff_options, fail_over), 0, 0, NULL},
};

static int run(const struct command *command, int argc, char **argv);
static void explain(FILE *to);

const struct command command_diff = {
    .name = "diff",
    .synopsis = "BEFORE AFTER [OPTION]...",
    .summary = "Tell what each class gained between two snapshots",
    .details = explain,
    COMMAND_OPTIONS(options),
    .operand = "BEFORE or AFTER",
    .operands_min = 2,
    .operands_max = 2,
    .run = run,
};

static void explain(FILE *to)
{
    fputs("\nBEFORE and AFTER are targets: processes, recordings, copied segments; or JSON dumps, also through a pipe. "
          "Of each\n"
          "the newest snapshot counts, or another one: TARGET@SEQ, TARGET@19:32, TARGET@2026-11-22T19:32:00 (local; "
          "with Z: UTC).\n",
          to);
}

/* ---- text ---- */

enum { NAME_CELLS = 20 };

static const char *const change_words[] = {[DIFF_STAYED] = "", [DIFF_NEW] = "  new", [DIFF_GONE] = "  gone"};

/* Nothing has no unit, as in the view. */
static char *bytes_or_nothing(char out[FORMAT_BYTES], uint64_t bytes)
{
    return bytes == 0 ? strcpy(out, "0") : format_bytes(out, bytes);
}

static char *signed_bytes(char out[FORMAT_BYTES], struct figure figure)
{
    bytes_or_nothing(out, figure.magnitude);
    return format_sign(out, figure);
}

static void print_side(const char *label, const struct side *side)
{
    char comm[4 * SIDE_NAME_BYTES], time[FORMAT_BYTES];

    text_visible(comm, sizeof(comm), side->comm);
    printf("%-7s%s %ld  #%" PRIu64 "  %s\n", label, comm, side->pid, side->seq, format_time(time, side->time_ns));
}

static void print_row(const char *name, struct figure growth, uint64_t elapsed_ns, const struct at_class *figures[2],
                      const char *remark, bool is_estimate)
{
    char visible[4 * SIDE_NAME_BYTES], cells[4][FORMAT_BYTES];

    text_visible(visible, sizeof(visible), name);
    int blanks = NAME_CELLS - text_cells(visible);
    strcpy(cells[1], "-");
    if (elapsed_ns != 0)
        signed_bytes(cells[1], figure_per_second(growth, elapsed_ns));
    printf("%s%*s %9s %9s %9s %9s%s%s\n", visible, blanks > 0 ? blanks : 0, "", signed_bytes(cells[0], growth),
           cells[1], bytes_or_nothing(cells[2], figures[0]->live), bytes_or_nothing(cells[3], figures[1]->live), remark,
           is_estimate ? "  estimate" : "");
}

static void print_text(const struct diff *diff, const struct side *before, const struct side *after)
{
    struct at_class sums[2] = {0};

    char age[FORMAT_BYTES];

    print_side("before", before);
    print_side("after", after);
    if (diff->elapsed_ns != 0)
        printf("%-7s%s %s\n", "", format_age(age, diff->elapsed_ns), diff->backwards ? "earlier" : "later");
    printf("%-*s %9s %9s %9s %9s\n", NAME_CELLS, "CLASS", "GREW", "/s", "BEFORE", "AFTER");
    for (size_t i = 0; i < diff->count; i++) {
        const struct diff_row *row = &diff->rows[i];
        const struct at_class *figures[2] = {&row->before, &row->after};
        print_row(row->name, row->growth, diff->elapsed_ns, figures, change_words[row->change], row->is_estimate);
        sums[0].live += row->before.live;
        sums[1].live += row->after.live;
    }
    const struct at_class *both[2] = {&sums[0], &sums[1]};
    print_row("all", diff->growth, diff->elapsed_ns, both, "", false);
}

/* ---- JSON ---- */

static json_t *json_of_growth(struct figure figure)
{
    uint64_t magnitude = figure.magnitude > INT64_MAX ? INT64_MAX : figure.magnitude;

    return json_integer(figure.negative ? -(json_int_t)magnitude : (json_int_t)magnitude);
}

/* By second; null where that means nothing. */
static json_t *json_of_rate(struct figure figure, uint64_t elapsed_ns)
{
    return elapsed_ns == 0 ? json_null() : json_of_growth(figure_per_second(figure, elapsed_ns));
}

static json_t *json_of_side(const struct side *side)
{
    json_t *object = json_object();

    json_object_set_new(object, "pid", json_integer(side->pid));
    json_object_set_new(object, "comm", json_of_text(side->comm));
    json_object_set_new(object, "seq", json_of_figure(side->seq));
    json_object_set_new(object, "time", json_of_time(side->time_ns));
    json_object_set_new(object, "time_ns", json_of_figure(side->time_ns));
    json_object_set_new(object, "allocated", json_of_figure(side->process.allocated));
    json_object_set_new(object, "rss", json_of_figure(side->process.rss));
    return object;
}

static json_t *json_of_row(const struct diff_row *row, uint64_t elapsed_ns)
{
    static const char *const words[] = {[DIFF_STAYED] = "stayed", [DIFF_NEW] = "new", [DIFF_GONE] = "gone"};
    const struct at_class *before = &row->before, *after = &row->after;
    json_t *object = json_object();

    json_object_set_new(object, "name", json_of_text(row->name));
    json_object_set_new(object, "change", json_string(words[row->change]));
    json_object_set_new(object, "estimate", json_boolean(row->is_estimate));
    json_object_set_new(object, "live_before", json_of_figure(before->live));
    json_object_set_new(object, "live_after", json_of_figure(after->live));
    json_object_set_new(object, "live_growth", json_of_growth(row->growth));
    json_object_set_new(object, "live_growth_per_s", json_of_rate(row->growth, elapsed_ns));
    json_object_set_new(object, "resident_growth",
                        json_of_growth(figure_difference(after->resident, before->resident)));
    json_object_set_new(object, "alloc_bytes_growth",
                        json_of_growth(figure_difference(after->alloc_bytes, before->alloc_bytes)));
    json_object_set_new(object, "released_bytes_growth",
                        json_of_growth(figure_difference(after->released_bytes, before->released_bytes)));
    return object;
}

static int print_json(const struct diff *diff, const struct side *before, const struct side *after)
{
    json_t *object = json_object(), *classes = json_array();

    json_object_set_new(object, "schema", json_string("arenatop-diff/1"));
    json_object_set_new(object, "before", json_of_side(before));
    json_object_set_new(object, "after", json_of_side(after));
    json_object_set_new(object, "elapsed_ns", diff->elapsed_ns == 0 ? json_null() : json_of_figure(diff->elapsed_ns));
    json_object_set_new(object, "live_growth", json_of_growth(diff->growth));
    for (size_t i = 0; i < diff->count; i++)
        json_array_append_new(classes, json_of_row(&diff->rows[i], diff->elapsed_ns));
    json_object_set_new(object, "classes", classes);
    return json_write_line(object, stdout) < 0 && !ferror(stdout) ? fail_with(EXIT_FAILED, "diff: no memory")
                                                                  : EXIT_DONE;
}

/* ---- the verdict ---- */

static int judge(const struct diff *diff, uint64_t limit)
{
    char growth[FORMAT_BYTES], excess[FORMAT_BYTES], allowed[FORMAT_BYTES];
    const struct diff_row *worst = diff->count > 0 ? &diff->rows[0] : NULL;

    if (limit == NO_LIMIT || worst == NULL || worst->growth.negative || worst->growth.magnitude <= limit)
        return EXIT_DONE;
    /* Rounded, the two may look the same. */
    return fail_with(EXIT_FOUND, "%s: grew by %s, %s more than the %s that --fail-over allows", worst->name,
                     format_bytes(growth, worst->growth.magnitude),
                     format_bytes(excess, worst->growth.magnitude - limit), format_bytes(allowed, limit));
}

static int compare(const struct side *before, const struct side *after, const struct diff_options *chosen)
{
    struct diff diff;
    int status = EXIT_DONE;

    if (diff_make(&diff, before, after) < 0)
        return fail_with(EXIT_FAILED, "diff: no memory");
    if (chosen->json)
        status = print_json(&diff, before, after);
    else
        print_text(&diff, before, after);
    if (status == EXIT_DONE)
        status = judge(&diff, chosen->fail_over);
    diff_free(&diff);
    return status;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct diff_options chosen = {.fail_over = NO_LIMIT};
    struct operands operands;
    struct side before = {0}, after = {0};
    struct failure failure;
    int status = options_parse(command, argc, argv, &chosen, &operands);

    if (status >= 0)
        return status;
    if (side_load(&before, operands.words[0], &failure) < 0 || side_load(&after, operands.words[1], &failure) < 0)
        status = fail_say(&failure);
    else
        status = compare(&before, &after, &chosen);
    side_free(&before);
    side_free(&after);
    return status;
}
