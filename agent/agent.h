/* agent.h: what is decided once, before main, and read by everybody after that. */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "arenatop.h"
#include "conf.h"
#include "jemalloc.h"
#include "rules.h"

struct agent {
    bool on;              /* threads are sorted and bound; false: every hook only passes on */
    bool exact;           /* foreign frees are kept out of the thread caches */
    bool publishes;       /* a publisher thread runs or will run */
    bool brings_jemalloc; /* which was preloaded with it: the program has none */
    enum at_mode mode;
    enum at_reason reason;
    struct conf conf;
    struct rules rules;
    struct jemalloc jemalloc;
    const struct link_map *self;
};

extern struct agent agent __attribute__((visibility("hidden")));

#endif
