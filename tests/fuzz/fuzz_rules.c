/* fuzz_rules.c: class rules of any bytes, and a thread whose name, start routine and object are any bytes: what is kept of
 * a rule is whole, matching ends, and a class always has a name that ends.
 *
 * The first line of the input is the thread's name, the second its start routine, the third its object; the rest is
 * rules. */
#include "fuzz.h"
#include "naming.h"
#include "rules.h"

enum { RULES = 16, PARTS = 3, PART_BYTES = 300 };

static void hear(void *context, const char *text)
{
    (void)context;
    require(strlen(text) < 256);
}

/* Takes a line off the front of the input. */
static void take_line(char part[PART_BYTES], const uint8_t **data, size_t *size)
{
    const uint8_t *end = *size > 0 ? memchr(*data, '\n', *size) : NULL;
    size_t length = end != NULL ? (size_t)(end - *data) : *size;
    size_t kept = length < PART_BYTES - 1 ? length : PART_BYTES - 1;

    if (kept > 0)
        memcpy(part, *data, kept);
    part[kept] = '\0';
    *data += end != NULL ? length + 1 : length;
    *size -= end != NULL ? length + 1 : length;
}

static void check_rule(const struct rule *rule)
{
    require(memchr(rule->class_name, '\0', sizeof(rule->class_name)) != NULL && rule->class_name[0] != '\0');
    require(rule->arenas <= 4094 && (rule->arena <= 4094 || rule->arena == RULES_NO_ARENA));
    for (int i = 0; i < RULES_MATCHERS; i++)
        require(memchr(rule->pattern[i], '\0', sizeof(rule->pattern[i])) != NULL);
}

static void check_names(char part[PARTS][PART_BYTES])
{
    char class_name[AT_CLASS_NAME_BYTES], thread_name[AT_THREAD_NAME_BYTES] = "";

    memcpy(thread_name, part[0], sizeof(thread_name) - 1);
    naming_from_name(class_name, thread_name);
    require(memchr(class_name, '\0', sizeof(class_name)) != NULL);
    naming_from_start(class_name, part[1], part[2], 0x1f40);
    require(memchr(class_name, '\0', sizeof(class_name)) != NULL && class_name[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rule table[RULES];
    struct rules rules = {.rule = table, .capacity = RULES};
    char part[PARTS][PART_BYTES];

    for (int i = 0; i < PARTS; i++)
        take_line(part[i], &data, &size);
    char *text = fuzz_text(data, size);
    rules_from_text(&rules, text, "fuzz", hear, NULL);
    require(rules.count <= RULES);
    for (unsigned i = 0; i < rules.count; i++)
        check_rule(&table[i]);
    const struct rules_thread thread = {
        .part = {[RULES_NAME] = part[0], [RULES_START] = part[1], [RULES_LIB] = part[2], [RULES_FROM] = "main"}};
    const struct rule *rule = rules_match(&rules, &thread);
    require(rule == NULL || (rule >= table && rule < table + rules.count));
    check_names(part);
    free(text);
    return 0;
}
