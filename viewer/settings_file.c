/* settings_file.c: the settings as a file in the user's XDG config directory. */
#include "settings_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ordinary.h"
#include "output.h"
#include "quantity.h"
#include "view.h"

#define LINES_MAX    64
#define DELAY_MAX_NS UINT64_C(3600000000000)

int settings_path(char path[PATH_MAX])
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int length = -1;
    if (config != NULL && config[0] == '/')
        length = snprintf(path, PATH_MAX, "%s/arenatop/settings", config);
    else if (home != NULL && home[0] == '/')
        length = snprintf(path, PATH_MAX, "%s/.config/arenatop/settings", home);
    return length > 0 && length < PATH_MAX ? 0 : -1;
}

/* ---- one value: each parser returns 0, or -1 and leaves what it was given half changed ---- */

static int parse_word(const char *text, const char *(*word_of)(unsigned value), unsigned count, unsigned *value)
{
    for (*value = 0; *value < count; (*value)++)
        if (strcmp(text, word_of(*value)) == 0)
            return 0;
    return -1;
}

static const char *unit_word(unsigned value)
{
    return format_unit_word((enum format_unit)value);
}

static const char *palette_word(unsigned value)
{
    return settings_palette_word((enum palette)value);
}

static const char *flag_word(unsigned value)
{
    return value != 0 ? "yes" : "no";
}

static int parse_columns(struct settings_table *table, enum model_kind kind, char *text)
{
    table->count = 0;
    for (char *rest = text, *key; (key = strsep(&rest, ",")) != NULL;) {
        const struct column *column = columns_find(kind, key);
        if (column == NULL || table->count == TABLE_COLUMNS_MAX)
            return -1;
        for (size_t i = 0; i < table->count; i++)
            if (table->columns[i] == column)
                return -1;
        table->columns[table->count++] = column;
    }
    return table->count > 0 && table->columns[0]->shows == COLUMN_NAME ? 0 : -1;
}

static int parse_order(struct settings_table *table, enum model_kind kind, const char *text)
{
    bool reversed = text[0] == '-';
    const struct column *column = columns_find(kind, text + reversed);
    if (column == NULL || !column_orders(column))
        return -1;
    table->order = (struct column_order){column, reversed};
    return 0;
}

static const struct kind_key {
    const char *columns, *order;
} kind_keys[MODEL_KINDS] = {
    [MODEL_CLASSES] = {"classes.columns", "classes.order"},
    [MODEL_THREADS] = {"threads.columns", "threads.order"},
    [MODEL_ARENAS] = {"arenas.columns", "arenas.order"},
    [MODEL_SIZES] = {"sizes.columns", "sizes.order"},
};

static int parse_table(struct settings *settings, const char *key, char *value)
{
    for (enum model_kind kind = 0; kind < MODEL_KINDS; kind++) {
        if (strcmp(key, kind_keys[kind].columns) == 0)
            return parse_columns(&settings->tables[kind], kind, value);
        if (strcmp(key, kind_keys[kind].order) == 0)
            return parse_order(&settings->tables[kind], kind, value);
    }
    return -1;
}

static int parse_line(struct settings *settings, char *line)
{
    unsigned value = 0;
    char *text = strchr(line, '=');
    if (line[0] == '#' || line[0] == '\0')
        return 0;
    if (text == NULL)
        return -1;
    *text++ = '\0';
    if (strcmp(line, "unit") == 0) {
        int result = parse_word(text, unit_word, FORMAT_UNIT_COUNT, &value);
        settings->unit = (enum format_unit)value;
        return result;
    }
    if (strcmp(line, "palette") == 0) {
        int result = parse_word(text, palette_word, PALETTE_COUNT, &value);
        settings->palette = (enum palette)value;
        return result;
    }
    if (strcmp(line, "hide_idle") == 0) {
        int result = parse_word(text, flag_word, 2, &value);
        settings->hide_idle = value != 0;
        return result;
    }
    if (strcmp(line, "delay") == 0)
        return quantity_seconds(text, &settings->delay_ns) == 0 && settings->delay_ns <= DELAY_MAX_NS ? 0 : -1;
    return parse_table(settings, line, text);
}

/* ---- the file ---- */

int settings_load(struct settings *settings, const char *path, struct failure *failure)
{
    struct settings read = *settings;
    char line[4096];
    int number = 0, result = 0;
    int fd = ordinary_open(path, 0);
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (file == NULL && errno == ENXIO)
        return fail_set(failure, EXIT_FAILED, "%s: not an ordinary file: ignored", path);
    if (file == NULL)
        return errno == ENOENT || errno == ENOTDIR ? 0 : fail_set_errno(failure, errno, path);
    while (result == 0 && fgets(line, sizeof(line), file) != NULL) {
        size_t length = strlen(line);
        bool is_whole = length > 0 && line[length - 1] == '\n';
        line[length - is_whole] = '\0';
        if (++number > LINES_MAX || !is_whole || parse_line(&read, line) != 0)
            result = fail_set(failure, EXIT_FAILED, "%s: damaged in line %d: ignored", path, number);
    }
    if (result == 0 && ferror(file) != 0)
        result = fail_set_errno(failure, EIO, path);
    fclose(file);
    if (result == 0)
        *settings = read;
    return result;
}

static void write_settings(const struct settings *settings, FILE *to)
{
    fputs("# What arenatop remembers; written when it ends.\n", to);
    fprintf(to, "unit=%s\n", format_unit_word(settings->unit));
    fprintf(to, "palette=%s\n", settings_palette_word(settings->palette));
    fprintf(to, "hide_idle=%s\n", flag_word(settings->hide_idle));
    fprintf(to, "delay=%" PRIu64 ".%09" PRIu64 "\n", settings->delay_ns / 1000000000, settings->delay_ns % 1000000000);
    for (enum model_kind kind = 0; kind < MODEL_KINDS; kind++) {
        const struct settings_table *table = &settings->tables[kind];
        fprintf(to, "%s=", kind_keys[kind].columns);
        for (size_t i = 0; i < table->count; i++)
            fprintf(to, "%s%s", i > 0 ? "," : "", table->columns[i]->key);
        fprintf(to, "\n%s=%s%s\n", kind_keys[kind].order, table->order.reversed ? "-" : "", table->order.column->key);
    }
}

/* Makes the directories of a path that are not there, for this user alone. */
static void make_directories(const char *path)
{
    char directory[PATH_MAX];
    snprintf(directory, sizeof(directory), "%s", path);
    for (char *slash = strchr(directory + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(directory, 0700);
        *slash = '/';
    }
}

/* Root with a user's environment (sudo -E, su) would leave folders in that user's home that the user may not enter. */
static bool is_anothers(const char *path)
{
    char folder[PATH_MAX];
    struct stat status;
    char *slash;
    snprintf(folder, sizeof(folder), "%s", path);
    while ((slash = strrchr(folder, '/')) != NULL) {
        *slash = '\0';
        if (stat(folder, &status) == 0)
            return geteuid() == 0 && status.st_uid != 0;
    }
    return false;
}

int settings_save(const struct settings *settings, const char *path, struct failure *failure)
{
    struct output output;
    if (is_anothers(path))
        return fail_set(failure, EXIT_DENIED, "%s: another user's", path);
    make_directories(path);
    if (output_open(&output, path, failure) != 0)
        return -1;
    write_settings(settings, output.stream);
    return output_commit(&output, failure);
}
