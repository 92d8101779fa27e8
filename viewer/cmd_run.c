/* cmd_run.c: arenatop run: execs a command under the agent, with jemalloc beside it where the command has none. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "fail.h"
#include "loader.h"
#include "program.h"

#define AGENT    "libarenatop.so"
#define JEMALLOC "libjemalloc.so.2"

struct run_options {
    const char *conf;
    const char *rules;
};

static const struct option_row options[] = {
    {0, "conf", "CONF", "settings of the agent, \"key:value,...\", instead of ARENATOP_CONF", OPTION_TEXT,
     offsetof(struct run_options, conf), 0, 0, NULL},
    {0, "rules", "FILE", "file of class rules, which then are all there are", OPTION_FILE,
     offsetof(struct run_options, rules), 0, 0, NULL},
};

static int run(const struct command *command, int argc, char **argv);
static void explain(FILE *to);

const struct command command_run = {
    .name = "run",
    .synopsis = "[OPTION]... [--] COMMAND [ARGUMENT]...",
    .summary = "Run a command under the agent",
    .details = explain,
    COMMAND_OPTIONS(options),
    .operand = "COMMAND",
    .operands_min = 1,
    .operands_max = -1,
    .stop_at_operand = true,
    .run = run,
};

static void explain(FILE *to)
{
    fputs(
        "\nThe agent is preloaded into the command. A command that does not bring jemalloc gets " JEMALLOC " too.\n"
        "--rules goes before ARENATOP_RULES and the settings' \"rules:\", none of which are read then; without it they "
        "are\n"
        "read in this order, ARENATOP_RULES_FILE last, and the first rule that matches a thread is its rule.\n"
        "Exit status: the command's own; 126 when it cannot be run, or not under the agent; 127 when there is none.\n",
        to);
}

/* ---- the agent ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* Beside the program where it was built, in ../lib where it was installed. */
static int find_agent(char agent[PATH_MAX], struct failure *failure)
{
    static const char *const places[] = {"", "../lib/", "../lib64/"};
    char own[PATH_MAX], candidate[PATH_MAX + 32];
    ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);

    own[length > 0 ? length : 0] = '\0';
    char *name = strrchr(own, '/');
    if (name == NULL)
        return fail_set(failure, EXIT_FAILED, "/proc/self/exe: cannot be read, so " AGENT " cannot be found");
    name[1] = '\0';
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        int written = snprintf(candidate, sizeof(candidate), "%s%s" AGENT, own, places[i]);
        if (written > 0 && (size_t)written < sizeof(candidate) && realpath(candidate, agent) != NULL)
            return 0;
    }
    return fail_set(failure, EXIT_FAILED, AGENT ": neither in %s nor in %s../lib; install arenatop whole", own, own);
}

/* ---- LD_PRELOAD: names separated by blanks or colons, which no name in it can hold ---- */

static bool preloads_agent(const char *preload)
{
    for (const char *name = preload; *name != '\0';) {
        char entry[PATH_MAX];
        size_t length = strcspn(name, " :");
        snprintf(entry, sizeof(entry), "%.*s", length < sizeof(entry) ? (int)length : 0, name);
        if (strcmp(base_name(entry), AGENT) == 0)
            return true;
        name += length + (name[length] != '\0');
    }
    return false;
}

/* What is in front wins: the agent, then jemalloc, then what was there. The result is the caller's to free; NULL with
 * *failure set. */
static char *make_preload(const char *agent, bool with_jemalloc, struct failure *failure)
{
    char *preload = NULL;
    const char *before = getenv("LD_PRELOAD");
    const char *between = before != NULL && before[0] != '\0' ? ":" : "";
    int length;

    if (before == NULL)
        before = "";
    if (agent[strcspn(agent, " :")] != '\0') {
        fail_set(failure, EXIT_FAILED,
                 "%s: LD_PRELOAD cannot hold a path with a blank or a colon in it; install arenatop elsewhere", agent);
        return NULL;
    }
    if (preloads_agent(before)) /* run under run: it stays where it is */
        length = asprintf(&preload, "%s%s", before, with_jemalloc ? ":" JEMALLOC : "");
    else
        length = asprintf(&preload, "%s%s%s%s", agent, with_jemalloc ? ":" JEMALLOC : "", between, before);
    if (length >= 0)
        return preload;
    fail_set_errno(failure, ENOMEM, "LD_PRELOAD");
    return NULL;
}

/* ---- jemalloc ---- */

/* A library that has mallctl is jemalloc, whatever it is called; the agent has one of its own, to watch the calls. */
static bool is_jemalloc(const char *object, void *context)
{
    (void)context;
    return strcmp(base_name(object), AGENT) != 0 && elf_defines(object, "mallctl") == 1;
}

/* Whether the command comes with jemalloc: loaded with it, or linked into it. */
static bool brings_jemalloc(const struct program *program)
{
    return elf_defines(program->path, "mallctl") == 1 ||
           loader_list(program->elf.interpreter, program->path, getenv("LD_PRELOAD"), is_jemalloc, NULL) == 1;
}

/* The runtime of a sanitizer that has a malloc of its own, as a library: it ends a process where another comes before it, or
 * crashes. Linked into the command it is in front, and nothing comes of us but a line that says so. */
static bool is_sanitizer(const char *object, void *context)
{
    static const char *const symbols[] = {"__asan_init", "__hwasan_init", "__tsan_init"};

    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++)
        if (elf_defines(object, symbols[i]) == 1) {
            snprintf(context, NAME_MAX, "%s", base_name(object));
            return true;
        }
    return false;
}

static int check_sanitizers(const struct program *program, struct failure *failure)
{
    char runtime[NAME_MAX];

    if (loader_list(program->elf.interpreter, program->path, getenv("LD_PRELOAD"), is_sanitizer, runtime) != 1)
        return 0;
    return fail_set(failure, EXIT_CANNOT_RUN,
                    "%s: has %s, whose malloc cannot be jemalloc's; build it without -fsanitize", program->path,
                    runtime);
}

static char *choose_preload(const struct program *program, struct failure *failure)
{
    if (check_sanitizers(program, failure) < 0)
        return NULL;
    char agent[PATH_MAX] = "";
    bool with_jemalloc = !brings_jemalloc(program);
    char *preload = find_agent(agent, failure) == 0 ? make_preload(agent, with_jemalloc, failure) : NULL;

    if (preload == NULL)
        return NULL;
    /* 0 is the loader's word that it found none; a loader that cannot tell will say so itself when it is run. */
    if (!with_jemalloc || loader_list(program->elf.interpreter, program->path, preload, is_jemalloc, NULL) != 0)
        return preload;
    fail_set(failure, EXIT_FAILED,
             JEMALLOC
             ": not found, and %s has no jemalloc of its own; install it (Debian: apt-get install libjemalloc2)",
             program->path);
    free(preload);
    return NULL;
}

/* ---- the environment, and off ---- */

/* Settings less those of one key: pairs that stay move up. */
static void drop_setting(char *conf, const char *key)
{
    char *to = conf;

    for (const char *pair = conf; *pair != '\0';) {
        size_t length = strcspn(pair, ","), whole = length + (pair[length] != '\0');
        if (strncmp(pair, key, strlen(key)) != 0) {
            memmove(to, pair, whole);
            to += whole;
        }
        pair += whole;
    }
    *to = '\0';
}

/* An option goes before what the environment says: of the agent's three places for rules this file's is the last. */
static int set_rules(const char *path)
{
    char *conf = getenv("ARENATOP_CONF");

    if (conf != NULL && (conf = strdup(conf)) == NULL)
        return -1;
    if (conf != NULL)
        drop_setting(conf, "rules:");
    int failed = conf != NULL ? setenv("ARENATOP_CONF", conf, 1) : 0;
    free(conf);
    return failed != 0 || unsetenv("ARENATOP_RULES") != 0 ? -1 : setenv("ARENATOP_RULES_FILE", path, 1);
}

static int set_environment(const struct run_options *chosen, const char *preload, struct failure *failure)
{
    char rules[PATH_MAX];

    if (chosen->rules != NULL && (realpath(chosen->rules, rules) == NULL || access(rules, R_OK) != 0))
        return fail_set_errno(failure, errno, chosen->rules);
    if (setenv("LD_PRELOAD", preload, 1) != 0 ||
        (chosen->conf != NULL && setenv("ARENATOP_CONF", chosen->conf, 1) != 0) ||
        (chosen->rules != NULL && set_rules(rules) != 0))
        return fail_set_errno(failure, errno, "environment");
    return 0;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct run_options chosen = {0};
    struct operands operands;
    struct program program;
    struct failure failure;
    int status = options_parse(command, argc, argv, &chosen, &operands);

    if (status >= 0)
        return status;
    if (program_find(&program, operands.words[0], &failure) < 0)
        return fail_say(&failure);
    char *preload = choose_preload(&program, &failure);
    int failed = preload != NULL ? set_environment(&chosen, preload, &failure) : -1;
    free(preload);
    if (failed < 0) {
        /* What was not run has no status of its own: 1 would be taken for the command's. */
        failure.code = EXIT_CANNOT_RUN;
        return fail_say(&failure);
    }
    /* words ends in argv's NULL. */
    execvp(operands.words[0], operands.words);
    return fail_with(errno == ENOENT || errno == ENOTDIR ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN, "%s: %s",
                     operands.words[0], strerror(errno));
}
