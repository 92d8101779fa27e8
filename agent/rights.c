/* rights.c: has the agent's thread give up and take on the rights that the program's main thread does. */
#include "rights.h"

#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "agent.h"
#include "alive.h"
#include "confine.h"
#include "next.h"
#include "publisher.h"
#include "self.h"

struct call {
    long number;
    long argument[5];
    long result;
};

static void make(void *context)
{
    struct call *call = context;
    const long *argument = call->argument;
    call->result = next.syscall(call->number, argument[0], argument[1], argument[2], argument[3], argument[4], 0);
}

/* The last of the program's threads may be another than the main one. */
static bool is_followed(void)
{
    return agent.publishes && !self_is_shut_in() && !confine_forbids(CONFINE_END) &&
           (gettid() == getpid() || alive_count() <= 1);
}

void rights_follow(long number, long a, long b, long c, long d, long e)
{
    struct call call = {.number = number, .argument = {a, b, c, d, e}};
    if (!is_followed() || !publisher_send(make, &call) || call.result == 0)
        return;
    if (!confine_forbids(CONFINE_PUBLISHER) && !confine_forbids(CONFINE_BEGIN) && publisher_pause())
        publisher_resume();
}
