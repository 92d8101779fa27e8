/* fuzz_commands.c: whole commands over a file that lies: each ends with a status of its own; what it writes is text, and JSON
 * where that was asked for; what it says of a failure is one line.
 *
 * The first byte of the input chooses the command; the rest are changes (fuzz_lies.h). */
#include <locale.h>
#include <sys/mman.h>

#include <jansson.h>

#include "commands.h"
#include "fuzz_lies.h"
#include "fuzz_text.h"

enum { HISTORY = 12, ARGUMENTS = 8, STATUS_MAX = 5 };

/* "FILE" stands for the file, and behind '@' for a snapshot in it; "SOUND" for one like it that tells the truth. */
static const struct way {
    const char *arguments[ARGUMENTS];
    bool json, lines; /* it writes JSON: one object, or one in each line */
} ways[] = {
    {{"", "-b", "-n", "1", "FILE"}, false, false}, /* a second frame would be waited for */
    {{"doctor", "FILE"}, false, false},
    {{"doctor", "--json", "FILE"}, true, false},
    {{"diff", "FILE@3", "FILE"}, false, false},
    {{"diff", "--json", "SOUND", "FILE"}, true, false},
    {{"diff", "FILE", "SOUND@2"}, false, false},
    {{"dump", "--all", "FILE"}, false, true},
    {{"dump", "--seq", "5", "FILE"}, false, true},
    {{"dump", "--all", "-f", "csv", "FILE"}, false, false},
    {{"dump", "-f", "openmetrics", "FILE"}, false, false},
    {{"report", "FILE"}, false, false},
};

static char sound[2 * FUZZ_FOLDER_BYTES];
static int written = -1, said = -1, own[3] = {-1, -1, -1};

/* A sanitizer's report is not the command's. */
__attribute__((weak)) void __sanitizer_set_report_fd(void *fd);

static void make_files(void)
{
    struct synth_options options;

    require(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
    lies_make("commands", HISTORY);
    snprintf(sound, sizeof(sound), "%s/sound", fuzz_folder);
    synth_defaults(&options);
    options.history = HISTORY;
    require(synth_file(&options, sound) == 0);
    written = memfd_create("written", MFD_CLOEXEC);
    said = memfd_create("said", MFD_CLOEXEC);
    own[STDOUT_FILENO] = dup(STDOUT_FILENO);
    own[STDERR_FILENO] = dup(STDERR_FILENO);
    require(written >= 0 && said >= 0 && own[STDOUT_FILENO] >= 0 && own[STDERR_FILENO] >= 0);
    if (__sanitizer_set_report_fd != NULL)
        __sanitizer_set_report_fd((void *)(intptr_t)own[STDERR_FILENO]);
}

static void redirect(int to_stdout, int to_stderr)
{
    fflush(stdout);
    require(dup2(to_stdout, STDOUT_FILENO) == STDOUT_FILENO && dup2(to_stderr, STDERR_FILENO) == STDERR_FILENO);
}

static char *word_of(const char *argument, char word[3 * FUZZ_FOLDER_BYTES])
{
    const char *file = "";

    if (strncmp(argument, "FILE", 4) == 0) {
        file = lies.path;
        argument += 4;
    } else if (strncmp(argument, "SOUND", 5) == 0) {
        file = sound;
        argument += 5;
    }
    snprintf(word, 3 * FUZZ_FOLDER_BYTES, "%s%s", file, argument);
    return word;
}

static int run(const struct way *way)
{
    char words[ARGUMENTS][3 * FUZZ_FOLDER_BYTES];
    char *argv[ARGUMENTS + 1] = {NULL};
    int argc = 0;
    const struct command *command = way->arguments[0][0] != '\0' ? commands_find(way->arguments[0]) : &command_view;

    for (; argc < ARGUMENTS && way->arguments[argc] != NULL; argc++)
        argv[argc] = word_of(way->arguments[argc], words[argc]);
    require(command != NULL);
    redirect(written, said);
    int status = command->run(command, argc, argv);
    redirect(own[STDOUT_FILENO], own[STDERR_FILENO]);
    return status;
}

/* All that is in the file, which is emptied for the next. */
static char *take(int fd, size_t *bytes)
{
    off_t end = lseek(fd, 0, SEEK_END);
    char *text = malloc((size_t)end + 1);

    require(text != NULL && pread(fd, text, (size_t)end, 0) == end);
    text[end] = '\0';
    require(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
    *bytes = (size_t)end;
    return text;
}

static void check_objects(const char *text)
{
    while (*text != '\0') {
        const char *end = strchr(text, '\n');
        require(end != NULL);
        json_t *object = json_loadb(text, (size_t)(end - text), JSON_REJECT_DUPLICATES, NULL);
        require(object != NULL);
        json_decref(object);
        text = end + 1;
    }
}

static void check(const struct way *way, int status, const char *out, const char *err)
{
    require(status >= 0 && status <= STATUS_MAX);
    fuzz_require_visible(out, "\n");
    fuzz_require_visible(err, "\n");
    if (way->json || way->lines)
        check_objects(out);
    if (way->json)
        require(out[0] == '\0' || strchr(out, '\n')[1] == '\0');
    if (status == 0 || status == STATUS_MAX)
        require(out[0] != '\0');
    else
        require(strncmp(err, "arenatop: ", 10) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t out_bytes, err_bytes;

    if (lies.map == NULL)
        make_files();
    if (size == 0)
        return 0;
    const struct way *way = &ways[data[0] % (sizeof(ways) / sizeof(ways[0]))];
    lies_tell(data + 1, size - 1);
    int status = run(way);
    lies_take_back();
    char *out = take(written, &out_bytes), *err = take(said, &err_bytes);
    require(strlen(out) == out_bytes && strlen(err) == err_bytes);
    check(way, status, out, err);
    free(out);
    free(err);
    return 0;
}
