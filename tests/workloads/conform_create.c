/* conform_create.c: making threads: what attributes may be, what a thread finds of them, what it has of its creator, and how
 * it is joined and let go. See conform.h. */
#include <limits.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <threads.h>

#include "conform.h"

static unsigned there, go;

/* The thread says things meanwhile. */
static void try_to_create(const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    pthread_t thread;
    int error = pthread_create(&thread, attributes, start, argument);
    if (error == 0)
        join_and_say(thread);
    say("create: %s\n", error_name(error));
}

/* ---- attributes, set and read back ---- */

static void say_attributes(const pthread_attr_t *attributes)
{
    int detached = -1, inherit = -1, policy = -1, scope = -1;
    struct sched_param parameter = {.sched_priority = -1};
    size_t stack = 0, guard = 0;
    pthread_attr_getdetachstate(attributes, &detached);
    pthread_attr_getinheritsched(attributes, &inherit);
    pthread_attr_getschedpolicy(attributes, &policy);
    pthread_attr_getschedparam(attributes, &parameter);
    pthread_attr_getscope(attributes, &scope);
    pthread_attr_getstacksize(attributes, &stack);
    pthread_attr_getguardsize(attributes, &guard);
    say("detached %d, inherit %d, policy %d, priority %d, scope %d, stack %zu, guard %zu\n", detached, inherit, policy,
        parameter.sched_priority, scope, stack, guard);
}

/* What the thread itself is told of its attributes, and whether it lies where they say. */
static void *say_own(void *argument)
{
    pthread_attr_t attributes;
    void *lowest = NULL;
    size_t bytes = 0;
    char here;
    say("getattr: %s\n", error_name(pthread_getattr_np(pthread_self(), &attributes)));
    say_attributes(&attributes);
    pthread_attr_getstack(&attributes, &lowest, &bytes);
    say("here is %s, of %zu bytes\n", &here >= (char *)lowest && &here < (char *)lowest + bytes ? "inside" : "outside",
        bytes);
    pthread_attr_destroy(&attributes);
    if (argument != NULL)
        set_word(argument, 1);
    return argument;
}

static void create_and_say(const pthread_attr_t *attributes)
{
    pthread_t thread;
    unsigned done = 0;
    int detached = PTHREAD_CREATE_JOINABLE;
    pthread_attr_getdetachstate(attributes, &detached);
    errno = MARK;
    int error = pthread_create(&thread, attributes, say_own, &done);
    int after = errno;
    if (error == 0 && detached == PTHREAD_CREATE_JOINABLE)
        join_and_say(thread);
    else if (error == 0)
        await_word(&done, 1);
    say("create: %s, errno %s\n", error_name(error), error == 0 ? error_name(after) : "-");
}

static const size_t sizes[] = {0,     1,      4096,    16383,    16384,   16385,    20000,   32768,        65536,
                               65537, 131072, 1 << 20, 12345678, 8 << 20, 64 << 20, 1 << 30, SIZE_MAX / 4, SIZE_MAX};

static void stack_sizes(unsigned row)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    say("%zu\n", sizes[row]);
    say_error(pthread_attr_setstacksize(&attributes, sizes[row]));
    create_and_say(&attributes);
    pthread_attr_destroy(&attributes);
}

static const size_t guards[] = {0, 1, 4095, 4096, 4097, 8192, 65536, 1 << 20, SIZE_MAX};

static void guard_sizes(unsigned row)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    say("%zu\n", guards[row]);
    say_error(pthread_attr_setguardsize(&attributes, guards[row]));
    create_and_say(&attributes);
}

static const int numbers[] = {0, 1, 2, 3, -1, 99};

static void detach_states(unsigned row)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    say("%d\n", numbers[row]);
    say_error(pthread_attr_setdetachstate(&attributes, numbers[row]));
    create_and_say(&attributes);
}

static void scopes(unsigned row)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    say("%d\n", numbers[row]);
    say_error(pthread_attr_setscope(&attributes, numbers[row]));
    create_and_say(&attributes);
}

static void inherit_states(unsigned row)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    say("%d\n", numbers[row]);
    say_error(pthread_attr_setinheritsched(&attributes, numbers[row]));
    create_and_say(&attributes);
}

static const struct {
    int policy;
    int priority;
} schedules[] = {{SCHED_OTHER, 0}, {SCHED_OTHER, 1}, {SCHED_BATCH, 0}, {SCHED_IDLE, 0}, {SCHED_FIFO, 1},
                 {SCHED_FIFO, 0},  {SCHED_RR, 1},    {SCHED_RR, 100},  {77, 0},         {-1, 0}};

static void say_schedule(const char *who)
{
    struct sched_param parameter = {.sched_priority = -1};
    int policy = -1;
    int error = pthread_getschedparam(pthread_self(), &policy, &parameter);
    say("%s: %s, policy %d, priority %d\n", who, error_name(error), policy, parameter.sched_priority);
}

static void *say_own_schedule(void *argument)
{
    say_schedule("the thread");
    return argument;
}

/* Where the policy is not to be had, the thread is not made. */
static void explicit_schedules(unsigned row)
{
    const struct sched_param parameter = {.sched_priority = schedules[row].priority};
    pthread_attr_t attributes;
    say("policy %d, priority %d\n", schedules[row].policy, schedules[row].priority);
    pthread_attr_init(&attributes);
    say_error(pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED));
    say_error(pthread_attr_setschedpolicy(&attributes, schedules[row].policy));
    say_error(pthread_attr_setschedparam(&attributes, &parameter));
    try_to_create(&attributes, say_own_schedule, NULL);
}

static void inherited_schedules(unsigned row)
{
    const struct sched_param parameter = {.sched_priority = schedules[row].priority};
    say_error(pthread_setschedparam(pthread_self(), schedules[row].policy, &parameter));
    say_schedule("the creator");
    join_and_say(begin_thread(say_own_schedule, NULL));
}

/* ---- a stack of the program's own ---- */

static const struct {
    size_t offset;
    size_t bytes;
} stacks[] = {{0, 65536}, {0, 16384}, {0, 16383}, {8, 65536}, {16, 65536}, {4096, 131072}, {0, 0}, {1, 20001}};

static void own_stacks(unsigned row)
{
    char *memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    say("%zu bytes at %zu\n", stacks[row].bytes, stacks[row].offset);
    say_error(pthread_attr_setstack(&attributes, memory + stacks[row].offset, stacks[row].bytes));
    void *lowest = NULL;
    size_t bytes = 0;
    pthread_attr_getstack(&attributes, &lowest, &bytes);
    say("getstack: %s, %zu\n", lowest == memory + stacks[row].offset ? "as set" : "not as set", bytes);
    if (bytes != 0)
        create_and_say(&attributes);
}

/* The stack stays the program's: nothing of it may be used once the thread was joined. */
static void stack_is_free(unsigned row)
{
    size_t bytes = (size_t)(32 + 16 * row) << 10;
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, memory, bytes);
    for (unsigned i = 0; i < 10; i++) {
        must(pthread_create(&thread, &attributes, say_own_schedule, NULL) == 0, "pthread_create");
        join_and_say(thread);
        memset(memory, 0xff, bytes);
    }
    say("unmapped: %d\n", munmap(memory, bytes));
    join_and_say(begin_thread(say_own_schedule, NULL));
}

/* ---- masks and processors ---- */

static void say_mask(const char *who)
{
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    say("%s blocks:", who);
    for (int number = 1; number <= SIGRTMAX; number++)
        if (sigismember(&mask, number) == 1)
            say(" %d", number);
    say("\n");
}

static void *say_own_mask(void *argument)
{
    say_mask("the thread");
    return argument;
}

static void fill_mask(sigset_t *mask, unsigned row)
{
    sigemptyset(mask);
    for (int number = 1; number <= SIGRTMAX; number++)
        if (row == 3 || (row == 2 && number % 2) || (row == 1 && number == SIGUSR1))
            sigaddset(mask, number);
}

static void inherited_masks(unsigned row)
{
    sigset_t mask;
    fill_mask(&mask, row);
    say_error(pthread_sigmask(SIG_SETMASK, &mask, NULL));
    join_and_say(begin_thread(say_own_mask, NULL));
    say_mask("the creator");
}

static void given_masks(unsigned row)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t mask;
    fill_mask(&mask, row);
    pthread_attr_init(&attributes);
    say_error(pthread_attr_setsigmask_np(&attributes, &mask));
    must(pthread_create(&thread, &attributes, say_own_mask, NULL) == 0, "pthread_create");
    join_and_say(thread);
    say_mask("the creator");
}

static void *say_own_processors(void *argument)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    int error = pthread_getaffinity_np(pthread_self(), sizeof set, &set);
    say("getaffinity: %s, %s\n", error_name(error), CPU_EQUAL(&set, (cpu_set_t *)argument) ? "as wanted" : "otherwise");
    return NULL;
}

static cpu_set_t first_processor(void)
{
    cpu_set_t all, one;
    CPU_ZERO(&one);
    sched_getaffinity(0, sizeof all, &all);
    for (size_t i = 0; i < CPU_SETSIZE; i++) {
        if (!CPU_ISSET(i, &all))
            continue;
        CPU_SET(i, &one);
        break;
    }
    return one;
}

static void inherited_processors(unsigned row)
{
    cpu_set_t all, set = first_processor();
    sched_getaffinity(0, sizeof all, &all);
    if (row == 0)
        set = all;
    say_error(pthread_setaffinity_np(pthread_self(), sizeof set, &set));
    join_and_say(begin_thread(say_own_processors, &set));
}

static void given_processors(unsigned row)
{
    cpu_set_t set = first_processor();
    pthread_attr_t attributes;
    if (row == 1)
        CPU_ZERO(&set);
    pthread_attr_init(&attributes);
    say_error(pthread_attr_setaffinity_np(&attributes, sizeof set, &set));
    try_to_create(&attributes, say_own_processors, &set);
}

/* ---- names ---- */

static const char *const names[] = {"",
                                    "a",
                                    "fifteen_letters",
                                    "sixteen__letters",
                                    "a name with spaces",
                                    "io_thd_1",
                                    "\xc3\xa4\xc3\xb6\xc3\xbc",
                                    "new\nline",
                                    "(unbound)",
                                    "(other)",
                                    "main"};

static void say_name(const char *who, pthread_t thread)
{
    char name[64] = "", kernels[64] = "";
    int error = pthread_getname_np(thread, name, sizeof name);
    if (pthread_equal(thread, pthread_self()))
        prctl(PR_GET_NAME, kernels);
    say("%s: %s, \"%s\", \"%s\"\n", who, error_name(error), name, kernels);
}

static void *name_self(void *argument)
{
    say_name("begins as", pthread_self());
    say_error(pthread_setname_np(pthread_self(), argument));
    say_name("then", pthread_self());
    return NULL;
}

static void named_by_self(unsigned row)
{
    join_and_say(begin_thread(name_self, (void *)(uintptr_t)names[row]));
    say_name("the main thread", pthread_self());
}

static void *be_named(void *argument)
{
    set_word(&there, 1);
    await_word(&go, 1);
    say_name("finds", pthread_self());
    free(malloc(100));
    say_name("and then", pthread_self());
    return argument;
}

static void named_by_other(unsigned row)
{
    pthread_t thread = begin_thread(be_named, NULL);
    await_word(&there, 1);
    say_error(pthread_setname_np(thread, names[row]));
    say_name("its creator reads", thread);
    set_word(&go, 1);
    join_and_say(thread);
}

static void *name_by_prctl(void *argument)
{
    say_result(prctl(PR_SET_NAME, argument));
    say_name("then", pthread_self());
    return NULL;
}

static void named_by_prctl(unsigned row)
{
    join_and_say(begin_thread(name_by_prctl, (void *)(uintptr_t)names[row]));
}

static void named_main(unsigned row)
{
    name_self((void *)(uintptr_t)names[row]);
    join_and_say(begin_thread(name_self, (void *)(uintptr_t)names[row]));
}

static const size_t name_bytes[] = {0, 1, 15, 16, 17};

static void read_names(unsigned row)
{
    char name[32] = "";
    say_error(pthread_setname_np(pthread_self(), "fifteen_letters"));
    say_error(pthread_getname_np(pthread_self(), name, name_bytes[row]));
    say("\"%s\"\n", name);
}

int main(int argc, char **argv)
{
    static const struct conform_group groups[] = {
        {"stack-size", stack_sizes, ROWS(sizes)},
        {"guard-size", guard_sizes, ROWS(guards)},
        {"detach-state", detach_states, ROWS(numbers)},
        {"scope", scopes, ROWS(numbers)},
        {"inherit-sched", inherit_states, ROWS(numbers)},
        {"explicit-schedule", explicit_schedules, ROWS(schedules)},
        {"inherited-schedule", inherited_schedules, ROWS(schedules)},
        {"own-stack", own_stacks, ROWS(stacks)},
        {"own-stack-afterwards", stack_is_free, 3},
        {"inherited-mask", inherited_masks, 4},
        {"given-mask", given_masks, 4},
        {"inherited-processors", inherited_processors, 2},
        {"given-processors", given_processors, 2},
        {"named-by-self", named_by_self, ROWS(names)},
        {"named-by-other", named_by_other, ROWS(names)},
        {"named-by-prctl", named_by_prctl, ROWS(names)},
        {"named-main", named_main, ROWS(names)},
        {"read-name", read_names, ROWS(name_bytes)},
    };
    return conform_main(argc, argv, groups, ROWS(groups));
}
