/* agent.c: the beginning and the clean end. A reader who wants to follow one figure starts here: bind_main gives the main
 * thread its class, hooks_thread.c every other thread; publisher.c reads the books (books.c) and jemalloc's (stats.c). */
#include "agent.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "ancestry.h"
#include "arenas.h"
#include "bind.h"
#include "classes.h"
#include "confine.h"
#include "fork.h"
#include "guest.h"
#include "hooks.h"
#include "next.h"
#include "objects.h"
#include "publisher.h"
#include "region.h"
#include "say.h"
#include "segment.h"
#include "self.h"
#include "snapshot.h"
#include "start.h"

/* A process that ends sooner never pays for a segment. */
#define FIRST_SEGMENT_NS UINT64_C(50000000)

struct agent agent;

static struct rule rule_table[RULES_MAX];

/* ---- what the user asked for ---- */

struct complaints {
    unsigned count;
    char text[SAY_WARNINGS_MAX][AT_WARNING_BYTES];
};

/* Complaints wait until it is known whether the user wants to hear them (`quiet`). */
static void keep_complaint(void *context, const char *text)
{
    struct complaints *complaints = context;
    if (complaints->count < SAY_WARNINGS_MAX)
        snprintf(complaints->text[complaints->count++], AT_WARNING_BYTES, "%s", text);
}

static void complain_now(void *context, const char *text)
{
    (void)context;
    say_warning("%s", text);
}

static void read_conf(void)
{
    struct complaints complaints = {.count = 0};
    conf_default(&agent.conf);
    conf_parse(&agent.conf, getenv("ARENATOP_CONF"), keep_complaint, &complaints);
    say_quiet(agent.conf.quiet);
    for (unsigned i = 0; i < complaints.count; i++)
        say_warning("%s", complaints.text[i]);
}

static void read_rules_file(const char *path)
{
    int failed = rules_from_file(&agent.rules, path, complain_now, NULL);
    if (failed != 0)
        say_warning("rules: %s: %s", path, strerrordesc_np(-failed));
}

/* Inline rules come first: what is typed for one run goes before what lies in a file. */
static void read_rules(void)
{
    /* A program may write its title over its environment. */
    static char path[PATH_MAX];
    const char *inline_rules = getenv("ARENATOP_RULES"), *file = getenv("ARENATOP_RULES_FILE");
    agent.rules = (struct rules){.rule = rule_table, .capacity = RULES_MAX};
    if (inline_rules != NULL)
        rules_from_text(&agent.rules, inline_rules, "ARENATOP_RULES", complain_now, NULL);
    if (agent.conf.rules[0] != '\0')
        read_rules_file(agent.conf.rules);
    if (file == NULL || file[0] == '\0')
        return;
    snprintf(path, sizeof path, "%s", file);
    read_rules_file(path);
}

/* Takes the agent out of an LD_PRELOAD that children would inherit, in place: nothing is allocated. */
static void leave_environment(void)
{
    char *list = getenv("LD_PRELOAD");
    size_t length;
    for (char *entry = list; entry != NULL && *entry != '\0'; entry += length) {
        entry += strspn(entry, " :");
        length = strcspn(entry, " :");
        if (length < sizeof "libarenatop.so" - 1 ||
            strncmp(entry + length - (sizeof "libarenatop.so" - 1), "libarenatop.so", sizeof "libarenatop.so" - 1) != 0)
            continue;
        memmove(entry, entry + length, strlen(entry + length) + 1);
        length = 0;
    }
}

/* The program may take it out of its environment later. */
static bool preloads_jemalloc(void)
{
    const char *at = getenv("LD_PRELOAD");
    for (; at != NULL && (at = strstr(at, "libjemalloc")) != NULL; at++)
        if (at[strcspn(at, "/ :")] != '/')
            return true;
    return false;
}

/* ---- what can be done here ---- */

/* Whoever defines `name` first is whom the program calls. */
static const struct link_map *first_definition(const char *name)
{
    const struct link_map *holder = NULL;
    objects_find_from(objects_first(), name, &holder);
    return holder;
}

/* Whoever the agent passes a free() on to. */
static const struct link_map *next_free_holder(void)
{
    const struct link_map *holder = NULL;
    objects_find_from(agent.self->l_next, "free", &holder);
    return holder;
}

/* Exact attribution needs every free to pass by us and to arrive at this jemalloc. Returns why it does not. */
static enum at_reason why_not_exact(bool regions)
{
    const struct jemalloc *jemalloc = &agent.jemalloc;
    if (!agent.conf.exact)
        return AT_REASON_ASKED;
    if (!jemalloc->serves_malloc)
        return AT_REASON_OTHER_NAMES;
    if (jemalloc->hidden || jemalloc->object == objects_first())
        return AT_REASON_STATIC_JEMALLOC;
    if (first_definition("free") != agent.self || first_definition("realloc") != agent.self)
        return AT_REASON_PRELOAD_ORDER;
    if (next_free_holder() != jemalloc->object || next.direct_realloc == 0 ||
        first_definition("malloc") != jemalloc->object)
        return AT_REASON_NOT_JEMALLOC_FREE;
    if (jemalloc->dallocx == NULL || jemalloc->sallocx == NULL)
        return AT_REASON_NO_INTERPOSITION;
    if (jemalloc->hpa)
        return AT_REASON_HPA;
    if (jemalloc->guards)
        return AT_REASON_GUARDS;
    return regions ? AT_REASON_NONE : AT_REASON_NO_REGIONS;
}

static void decide_mode(bool regions)
{
    agent.reason = why_not_exact(regions);
    agent.exact = agent.reason == AT_REASON_NONE;
    agent.mode = agent.exact ? AT_MODE_EXACT : AT_MODE_FLOW;
    if (agent.conf.exact && !agent.exact)
        say_warning("mode is flow, figures are estimates: %s", at_reason_text(agent.reason));
}

static void say_no_jemalloc(enum jemalloc_found found)
{
    const struct link_map *holder = first_definition("malloc");
    if (found == JEMALLOC_NO_STATISTICS)
        say_warning("the jemalloc of this process, which runs on unwatched, was built without statistics: configure it "
                    "with --enable-stats");
    else if (holder == first_definition("__libc_start_main"))
        say_warning("no jemalloc serves malloc in this process, which runs on unwatched: start it with "
                    "`arenatop run -- COMMAND`, or add libjemalloc.so.2 to LD_PRELOAD");
    else
        say_warning(
            "no jemalloc serves malloc in this process, which runs on unwatched: that of %.40s does; leave it out, "
            "`arenatop run` brings jemalloc",
            objects_name(holder));
}

static bool find_jemalloc(void)
{
    agent.self = objects_holding(&agent);
    enum jemalloc_found found = jemalloc_find(&agent.jemalloc, agent.self);
    if (found == JEMALLOC_USABLE)
        return true;
    segment_remove_former();
    if (ancestry_is_watched()) /* they inherit the agent, wanted or not, and keep their stderr to themselves */
        return false;
    say_no_jemalloc(found);
    return false;
}

static void start_classes(void)
{
    uint32_t cap =
        agent.conf.arenas_per_class != 0 ? (uint32_t)agent.conf.arenas_per_class : agent.jemalloc.narenas_auto;
    bool regions = region_start(&agent.jemalloc);
    decide_mode(regions);
    classes_start(regions && !agent.jemalloc.hpa && !agent.jemalloc.guards, cap);
    arenas_start(&agent.jemalloc);
}

/* A child on our memory does not come here: if one shut itself in, it is the process that goes on after it. */
static void end_cleanly(void)
{
    self_let_out();
    if (agent.publishes)
        publisher_end(true);
}

static void start(void)
{
    if (getauxval(AT_SECURE) != 0)
        return; /* what an unprivileged user's environment says must not move a privileged program */
    confine_start();
    say_start();
    read_conf();
    if (!agent.conf.enabled)
        return;
    agent.brings_jemalloc = preloads_jemalloc();
    if (!agent.conf.children)
        leave_environment();
    if (!find_jemalloc() || !bind_make_key())
        return;
    next_probe(&thread_tls.own_frees, agent.jemalloc.object);
    read_rules();
    start_classes();
    fork_start();
    agent.on = true;
    bind_main();
    if (at_quick_exit(end_cleanly) != 0)
        say_warning("no handler left for quick_exit: a process that ends by it leaves its segment behind");
    agent.publishes = true;
    publisher_start(FIRST_SEGMENT_NS, agent.conf.ring_bytes);
}

/* From the constructor, or from a hook that must know, when a library's constructor comes to it before ours runs. */
void start_once(void)
{
    static bool started;
    if (started)
        return;
    started = true;
    struct guest guest = guest_enter();
    next_resolve();
    objects_start();
    start();
    guest_leave(&guest);
}

__attribute__((constructor)) static void construct(void)
{
    start_once();
}

__attribute__((destructor)) static void destruct(void)
{
    end_cleanly();
}
