/* rules.c: parses class rules and finds the one that holds. */
#include "rules.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "glob.h"
#include "lines.h"

struct parser {
    struct rules *rules;
    const char *where;
    rules_complain *complain;
    void *context;
    unsigned line;
    bool counts_rules; /* of a string; lines, as an editor counts them, of a file */
};

static const char *const matcher_keys[RULES_MATCHERS] = {"name=", "start=", "lib=", "from="};

static void complain(const struct parser *parser, const char *what, const char *word)
{
    char text[256];
    snprintf(text, sizeof text, "%s:%u: %s \"%.64s\"", parser->where, parser->line, what, word);
    parser->complain(parser->context, text);
}

#define INDEX_MAX 4094 /* as many arenas as jemalloc can have */

static bool parse_index(const char *digits, uint32_t least, uint32_t *out)
{
    uint32_t number = 0;
    if (*digits == '\0')
        return false;
    for (; *digits != '\0'; digits++) {
        if (*digits < '0' || *digits > '9' || number > INDEX_MAX)
            return false;
        number = number * 10 + (uint32_t)(*digits - '0');
    }
    if (number < least || number > INDEX_MAX)
        return false;
    *out = number;
    return true;
}

static bool parse_option(struct rule *rule, const char *word)
{
    if (strncmp(word, "arenas=", 7) == 0)
        return parse_index(word + 7, 1, &rule->arenas);
    if (strncmp(word, "arena=", 6) == 0)
        return parse_index(word + 6, 0, &rule->arena);
    if (strcmp(word, "mode=flow") == 0)
        return rule->flow = true;
    return strcmp(word, "mode=exact") == 0;
}

static bool parse_matcher(struct rule *rule, const char *word)
{
    for (unsigned i = 0; i < RULES_MATCHERS; i++) {
        size_t key = strlen(matcher_keys[i]);
        if (strncmp(word, matcher_keys[i], key) != 0)
            continue;
        size_t length = strlen(word + key);
        if (length == 0 || length >= RULES_PATTERN_BYTES)
            return false;
        memcpy(rule->pattern[i], word + key, length + 1);
        return true;
    }
    return false;
}

/* A key that is one, with a value that is none. */
static void complain_of(const struct parser *parser, const char *word)
{
    char what[64] = "not a matcher or option:";
    for (unsigned i = 0; i < RULES_MATCHERS; i++)
        if (strncmp(word, matcher_keys[i], strlen(matcher_keys[i])) == 0)
            snprintf(what, sizeof what, "bad value (a pattern of 1 to %d bytes):", RULES_PATTERN_BYTES - 1);
    if (strncmp(word, "arenas=", 7) == 0)
        snprintf(what, sizeof what, "bad value (1 to %d):", INDEX_MAX);
    if (strncmp(word, "arena=", 6) == 0)
        snprintf(what, sizeof what, "bad value (0 to %d):", INDEX_MAX);
    if (strncmp(word, "mode=", 5) == 0)
        snprintf(what, sizeof what, "bad value (exact or flow):");
    complain(parser, what, word);
}

/* Splits at blanks; returns the next word, terminated, or NULL. */
static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t\r");
    if (*word == '\0' || *word == '#')
        return NULL;
    char *end = word + strcspn(word, " \t\r");
    *rest = *end != '\0' ? end + 1 : end;
    *end = '\0';
    return word;
}

static bool parse_words(const struct parser *parser, struct rule *rule, char *rest)
{
    for (char *word = next_word(&rest); word != NULL; word = next_word(&rest)) {
        if (!parse_matcher(rule, word) && !parse_option(rule, word)) {
            complain_of(parser, word);
            return false;
        }
    }
    return true;
}

static bool has_matcher(const struct rule *rule)
{
    for (unsigned i = 0; i < RULES_MATCHERS; i++)
        if (rule->pattern[i][0] != '\0')
            return true;
    return false;
}

/* A rule without a matcher holds, for every thread; but who forgot it sees a single class and wonders why. */
static void keep_rule(const struct parser *parser, const struct rule *rule)
{
    parser->rules->rule[parser->rules->count++] = *rule;
    if (!has_matcher(rule))
        complain(parser, "no matcher, so it takes every thread (name=* if that is meant):", rule->class_name);
}

static void parse_rule(const struct parser *parser, const char *text, size_t length)
{
    struct rules *rules = parser->rules;
    char words[LINES_BYTES], *rest = words;
    memcpy(words, text, length);
    words[length] = '\0';
    char *name = next_word(&rest);
    if (name == NULL)
        return;
    struct rule rule = {.arena = RULES_NO_ARENA, .where = parser->where, .line = parser->line};
    if (strchr(name, '=') != NULL || name[0] == '(') {
        complain(parser, "a rule starts with the class's name, not", name);
    } else if (strlen(name) >= sizeof rule.class_name) {
        complain(parser, "class name is too long:", name);
    } else if (rules->count == rules->capacity) {
        complain(parser, "too many rules; left out:", name);
    } else {
        memcpy(rule.class_name, name, strlen(name) + 1);
        if (parse_words(parser, &rule, rest))
            keep_rule(parser, &rule);
    }
}

/* A rule ends at the next ';', or with its line: a comment may have a ';' in it. */
struct extent {
    size_t rule;  /* up to the comment */
    size_t whole; /* with it */
};

static struct extent find_rule(const char *text)
{
    size_t length = strcspn(text, ";\n");
    for (size_t i = 0; i < length; i++)
        if (text[i] == '#' && (i == 0 || strchr(" \t", text[i - 1]) != NULL))
            return (struct extent){.rule = i, .whole = strcspn(text, "\n")};
    return (struct extent){.rule = length, .whole = length};
}

/* One rule after the other, however many there are. `cut`: of the last there may be only a part. */
static void parse_rules(struct parser *parser, const char *text, bool cut)
{
    for (bool last = false; !last;) {
        const struct extent extent = find_rule(text);
        last = text[extent.whole] == '\0';
        parser->line += parser->counts_rules;
        if (extent.rule >= LINES_BYTES || (cut && last && extent.rule == extent.whole))
            complain(parser, "line is too long; left out from here on:", text);
        else
            parse_rule(parser, text, extent.rule);
        text += extent.whole + 1;
    }
}

static bool parse_line(void *context, char *line, unsigned number)
{
    struct parser *parser = context;
    parser->line = number;
    parse_rules(parser, line, strlen(line) == LINES_BYTES - 1);
    return true;
}

void rules_from_text(struct rules *rules, const char *text, const char *where, rules_complain *report, void *context)
{
    struct parser parser = {
        .rules = rules, .where = where, .complain = report, .context = context, .counts_rules = true};
    parse_rules(&parser, text, false);
}

int rules_from_file(struct rules *rules, const char *path, rules_complain *report, void *context)
{
    struct parser parser = {.rules = rules, .where = path, .complain = report, .context = context};
    return lines_of_file(path, parse_line, &parser);
}

struct rules_options rules_options(const struct rules *rules, const char *class_name)
{
    struct rules_options options = {.arena = RULES_NO_ARENA};
    for (unsigned i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rule[i];
        if (strcmp(rule->class_name, class_name) != 0)
            continue;
        options.arenas = options.arenas != 0 ? options.arenas : rule->arenas;
        options.arena = options.arena != RULES_NO_ARENA ? options.arena : rule->arena;
        options.flow |= rule->flow;
    }
    return options;
}

const struct rule *rules_giving(const struct rules *rules, const char *class_name, uint32_t arena)
{
    for (unsigned i = 0; i < rules->count; i++)
        if (rules->rule[i].arena == arena && strcmp(rules->rule[i].class_name, class_name) == 0)
            return &rules->rule[i];
    return NULL;
}

static bool matches(const char *pattern, const char *text, const char *also)
{
    return pattern[0] == '\0' || glob_matches(pattern, text) || (also != NULL && glob_matches(pattern, also));
}

static bool holds(const struct rule *rule, const struct rules_thread *thread)
{
    for (unsigned i = 0; i < RULES_MATCHERS; i++)
        if (!matches(rule->pattern[i], thread->part[i], thread->also[i]))
            return false;
    return true;
}

const struct rule *rules_match(const struct rules *rules, const struct rules_thread *thread)
{
    for (unsigned i = 0; i < rules->count; i++)
        if (holds(&rules->rule[i], thread))
            return &rules->rule[i];
    return NULL;
}
