/* conform_masks.c: the mask of signals: how it is changed, asked for, inherited and restored. See conform.h. */
#include <setjmp.h>
#include <sys/prctl.h>

#include "conform.h"

enum { WORDS = sizeof(sigset_t) / sizeof(uint64_t) };

static void say_set(const char *what, const sigset_t *set)
{
    say("%s:", what);
    for (int i = 1; i <= 64; i++)
        if (sigismember(set, i) == 1)
            say(" %d", i);
    say("\n");
}

static void say_mask(const char *what)
{
    sigset_t mask;
    sigemptyset(&mask);
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    say_set(what, &mask);
}

static void block_some(void)
{
    sigset_t some;
    sigemptyset(&some);
    sigaddset(&some, SIGUSR1);
    sigaddset(&some, SIGTERM);
    sigaddset(&some, SIGRTMAX);
    pthread_sigmask(SIG_SETMASK, &some, NULL);
}

/* ---- each way to call it ---- */

static const int hows[] = {SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK, 77};
enum { NO_SET, SOME, FULL, EVERY_BIT, SETS };
enum { NO_BEFORE, BEFORE, THE_SAME, BEFORES };

static sigset_t wanted(unsigned kind)
{
    sigset_t set;
    sigemptyset(&set);
    if (kind == FULL)
        sigfillset(&set);
    if (kind == EVERY_BIT) /* with those that are libc's own, and those that cannot be blocked */
        memset(&set, 0xff, sizeof set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGHUP);
    return set;
}

static void changes(unsigned row)
{
    const int how = hows[row % ROWS(hows)];
    const unsigned kind = row / ROWS(hows) % SETS, where = row / ROWS(hows) / SETS % BEFORES;
    sigset_t set = wanted(kind), other, *before = where == BEFORE ? &other : where == THE_SAME ? &set : NULL;
    uint64_t words[WORDS];
    memset(&other, 0xa5, sizeof other);
    block_some();
    if (row < ROWS(hows) * SETS * BEFORES)
        say_error(pthread_sigmask(how, kind == NO_SET ? NULL : &set, before));
    else
        say_result(sigprocmask(how, kind == NO_SET ? NULL : &set, before));
    say_set("before", where == BEFORE ? &other : &set);
    memcpy(words, &other, sizeof words);
    say("the rest is %s\n", words[1] == words[WORDS - 1] ? "as it was" : "another");
    say_mask("after");
}

/* ---- threads, handlers, jumps ---- */

static void *say_inherited(void *argument)
{
    say_mask("inherited");
    return argument;
}

static void inherits(unsigned row)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t own = wanted(SOME);
    block_some();
    pthread_attr_init(&attributes);
    if (row == 1)
        say_error(pthread_attr_setsigmask_np(&attributes, &own));
    must(pthread_create(&thread, &attributes, say_inherited, NULL) == 0, "pthread_create");
    join_and_say(thread);
    say_mask("its creator's");
}

static sigjmp_buf back;
static unsigned way;

static void change_inside(int number)
{
    sigset_t set;
    if (way == 1)
        sigfillset(&set);
    else
        sigemptyset(&set);
    say("handler of %d\n", number);
    if (way == 1)
        sigprocmask(SIG_BLOCK, &set, NULL);
    else
        pthread_sigmask(SIG_SETMASK, &set, NULL);
    say_mask("in the handler");
    if (way >= 3)
        siglongjmp(back, 1);
}

/* Blocked more in the handler, let through there, left by a return or by a jump that restores the mask or does not. */
static void in_handlers(unsigned row)
{
    struct sigaction action = {.sa_handler = change_inside};
    sigemptyset(&action.sa_mask);
    way = row + 1;
    sigaction(SIGUSR2, &action, NULL);
    block_some();
    if (sigsetjmp(back, way == 3) == 0)
        raise(SIGUSR2);
    say_mask("after it");
    prctl(PR_SET_NAME, "named after"); /* the agent must not take it to be in the handler, nor mind */
    say_inherited(NULL);
}

int main(int argc, char **argv)
{
    static const struct conform_group groups[] = {
        {"change", changes, ROWS(hows) * SETS * BEFORES * 2},
        {"inherited", inherits, 2},
        {"in-handler", in_handlers, 4},
    };
    return conform_main(argc, argv, groups, ROWS(groups));
}
