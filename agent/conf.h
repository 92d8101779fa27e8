/* conf.h: ARENATOP_CONF, "key:value,key:value" as MALLOC_CONF has it. */
#ifndef AGENT_CONF_H
#define AGENT_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CONF_PATH_BYTES 4096

struct conf {
    bool enabled;
    bool exact; /* mode:exact */
    bool children;
    bool keep;
    bool quiet;
    bool ring_bytes_set; /* named by the user: forked children get as much, too */
    uint64_t interval_ms;
    uint64_t peak_ms;
    uint64_t arenas_per_class; /* 0: auto */
    uint64_t ring_bytes;
    gid_t group;                 /* (gid_t)-1: none */
    char rules[CONF_PATH_BYTES]; /* path of the rules file; empty: none */
};

/* Called for each key or value that is not understood, with the text of the complaint. */
typedef void conf_complain(void *context, const char *text);

/* Sets every default. */
void conf_default(struct conf *conf);

/* Reads `text` (may be NULL) over what *conf holds. A pair that is not understood is complained of and leaves its
 * default; the others count. Allocates nothing but what getgrnam(3) does for `group`, which is called before main. */
void conf_parse(struct conf *conf, const char *text, conf_complain *complain, void *context);

#endif
