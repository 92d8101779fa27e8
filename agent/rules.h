/* rules.h: the user's class rules. One rule a line: class, matchers that must all hold, options; first match wins.
 *
 *   io      name=io_thd_*                      arenas=2
 *   decode  start=decode_* lib=libcodec.so*    mode=flow
 *   -       name=jemalloc_bg_thd
 */
#ifndef AGENT_RULES_H
#define AGENT_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "arenatop.h"

#define RULES_MAX           256
#define RULES_PATTERN_BYTES 128
#define RULES_NO_ARENA      UINT32_MAX

enum rules_matcher { RULES_NAME, RULES_START, RULES_LIB, RULES_FROM, RULES_MATCHERS };

struct rule {
    char class_name[AT_CLASS_NAME_BYTES];              /* "-": leave the thread unbound */
    char pattern[RULES_MATCHERS][RULES_PATTERN_BYTES]; /* shell glob; empty: matches all */
    uint32_t arenas;                                   /* cap on the class's arenas; 0: none given */
    uint32_t arena;                                    /* existing arena to bind to, or RULES_NO_ARENA */
    bool flow;                                         /* mode=flow */
    const char *where;                                 /* it was read, as the caller named it, which lives on; */
    unsigned line;                                     /* and its line there */
};

struct rules {
    struct rule *rule; /* array that the caller provides */
    unsigned capacity;
    unsigned count;
};

/* What is known of a thread when it is sorted into a class. Unknown is "". */
struct rules_thread {
    const char *part[RULES_MATCHERS]; /* indexed by enum rules_matcher */
    const char *also[RULES_MATCHERS]; /* what it goes by, too, or NULL: a pattern that matches either matches */
};

/* Called with "<where>:<line>: <what>" for each line that does not parse; the other lines hold. Also for a rule without a
 * matcher, which holds: for every thread. */
typedef void rules_complain(void *context, const char *text);

/* Appends the rules in `text`, or in the file at `path`: they end in newline or ';', comments in newline. `where` or `path`
 * names the source in complaints, and stays the rules'; what ends in ';' counts as a line of `text`. rules_from_file returns 0 or -errno. Neither allocates. */
void rules_from_text(struct rules *rules, const char *text, const char *where, rules_complain *complain, void *context);
int rules_from_file(struct rules *rules, const char *path, rules_complain *complain, void *context);

/* What the rules say of a class: of each option the first that one of its rules has. */
struct rules_options {
    uint32_t arenas;
    uint32_t arena;
    bool flow;
};
struct rules_options rules_options(const struct rules *rules, const char *class_name);

/* The rule that gives a class that arena of the host's, or NULL. */
const struct rule *rules_giving(const struct rules *rules, const char *class_name, uint32_t arena);

/* The first rule that holds for a thread, or NULL. Any thread may call it once the rules are read. */
const struct rule *rules_match(const struct rules *rules, const struct rules_thread *thread);

#endif
