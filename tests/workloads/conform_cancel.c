/* conform_cancel.c: cancelling threads: states and types, in what order things are undone, what is seen after it. See
 * conform.h. */
#include "conform.h"

static unsigned there, go;
static pthread_key_t key;

static void say_handler(void *text)
{
    say("undone: %s\n", (const char *)text);
}

static void key_ends(void *text)
{
    say("key: %s\n", (const char *)text);
}

static void prepare(void)
{
    pthread_key_create(&key, key_ends);
}

/* ---- states and types ---- */

static const struct {
    bool type;
    int value;
} settings[] = {{false, PTHREAD_CANCEL_ENABLE},  {false, PTHREAD_CANCEL_DISABLE},     {false, 17}, {false, -1},
                {true, PTHREAD_CANCEL_DEFERRED}, {true, PTHREAD_CANCEL_ASYNCHRONOUS}, {true, 17},  {true, -1}};

static void *set_in_thread(void *argument)
{
    unsigned row = *(unsigned *)argument;
    int old = 99, error;
    for (unsigned i = 0; i < 2; i++) {
        error = settings[row].type ? pthread_setcanceltype(settings[row].value, &old)
                                   : pthread_setcancelstate(settings[row].value, &old);
        say("%s %d: %s, was %d\n", settings[row].type ? "type" : "state", settings[row].value, error_name(error), old);
    }
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    say("state at last %d\n", old);
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &old);
    say("type at last %d\n", old);
    return NULL;
}

static void setting(unsigned row)
{
    set_in_thread(&row);
    join_and_say(begin_thread(set_in_thread, &row));
}

/* A thread begins enabled and deferred, whatever its creator is. */
static void *say_states(void *argument)
{
    int state = 99, type = 99;
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &type);
    say("begins in state %d, type %d\n", state, type);
    return argument;
}

static void inherited(unsigned row)
{
    pthread_setcancelstate(row & 1 ? PTHREAD_CANCEL_DISABLE : PTHREAD_CANCEL_ENABLE, NULL);
    pthread_setcanceltype(row & 2 ? PTHREAD_CANCEL_ASYNCHRONOUS : PTHREAD_CANCEL_DEFERRED, NULL);
    join_and_say(begin_thread(say_states, NULL));
}

/* ---- asynchronously ---- */

static void *spin(void *argument)
{
    static char text[] = "spinning";
    pthread_setspecific(key, text);
    pthread_cleanup_push(say_handler, text);
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    set_word(&there, 1);
    for (;;)
        __asm__ volatile("" ::: "memory");
    pthread_cleanup_pop(0);
    return argument;
}

static void asynchronous(unsigned row)
{
    (void)row;
    prepare();
    pthread_t thread = begin_thread(spin, NULL);
    await_word(&there, 1);
    cancel_and_say(thread);
}

static void *become_asynchronous(void *argument)
{
    await_word(&go, 1);
    say("still deferred\n");
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    say("was not cancelled\n");
    return argument;
}

static void asynchronous_pending(unsigned row)
{
    (void)row;
    pthread_t thread = begin_thread(become_asynchronous, NULL);
    pthread_cancel(thread);
    set_word(&go, 1);
    join_and_say(thread);
}

static void *enable_again(void *argument)
{
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    set_word(&there, 1);
    await_word(&go, 1);
    say("disabled\n");
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    say("was not cancelled\n");
    return argument;
}

static void asynchronous_enabled(unsigned row)
{
    (void)row;
    pthread_t thread = begin_thread(enable_again, NULL);
    await_word(&there, 1);
    pthread_cancel(thread);
    set_word(&go, 1);
    join_and_say(thread);
}

/* ---- by itself, and by others too late ---- */

static void *cancel_self(void *argument)
{
    say("cancel: %s\n", error_name(pthread_cancel(pthread_self())));
    say("goes on\n");
    pthread_testcancel();
    say("was not cancelled\n");
    return argument;
}

static void itself(unsigned row)
{
    (void)row;
    join_and_say(begin_thread(cancel_self, NULL));
}

static void *end_with_value(void *argument)
{
    set_word(&there, 1);
    return argument;
}

static void too_late(unsigned row)
{
    pthread_t thread = begin_thread(end_with_value, &row);
    await_word(&there, 1);
    while (pthread_kill(thread, 0) == 0 && pthread_tryjoin_np(thread, NULL) == EBUSY)
        sched_yield();
    say("it has ended\n");
}

static void *cancel_main(void *argument)
{
    pthread_t *of_main = argument;
    cancel_and_say(*of_main);
    say("the main thread has ended\n");
    exit(7);
}

static void main_thread(unsigned row)
{
    static pthread_t own;
    (void)row;
    own = pthread_self();
    begin_thread(cancel_main, &own);
    pthread_cleanup_push(say_handler, (void *)(uintptr_t) "main");
    for (;;)
        pause();
    pthread_cleanup_pop(0);
}

/* ---- handlers ---- */

enum way { BY_RETURN, BY_EXIT, BY_CANCEL, WAYS };

static void key_again(void *text)
{
    static __thread unsigned calls;
    say("key, call %u\n", ++calls);
    if (calls < 3)
        pthread_setspecific(key, text);
}

static void handler_waits(void *text)
{
    say_handler(text);
    pthread_testcancel();
    usleep(1);
    say("and came back\n");
}

static void (*const inner_handlers[])(void *) = {say_handler, handler_waits};

static void *with_handlers(void *argument)
{
    unsigned row = *(unsigned *)argument;
    static char outer[] = "outer", inner[] = "inner", value[] = "value";
    pthread_setspecific(key, value);
    pthread_cleanup_push(say_handler, outer);
    pthread_cleanup_push(inner_handlers[row / WAYS], inner);
    if (row % WAYS == BY_EXIT)
        pthread_exit(value);
    if (row % WAYS == BY_CANCEL) {
        pthread_cancel(pthread_self());
        pthread_testcancel();
    }
    pthread_cleanup_pop(1);
    pthread_cleanup_pop(1);
    return value;
}

static void handlers(unsigned row)
{
    pthread_key_create(&key, key_again);
    join_and_say(begin_thread(with_handlers, &row));
}

static void leave_block(int *value)
{
    say("attribute cleanup %d\n", *value);
}

static void *deep(void *argument);
static void *(*volatile go_deeper)(void *) = deep;

/* Handlers of GCC's attribute run only where code is compiled for exceptions; whichever, both times the same. */
static void *deep(void *argument)
{
    unsigned depth = *(unsigned *)argument;
    int mark __attribute__((cleanup(leave_block))) = (int)depth;
    unsigned further = depth - 1;
    if (depth == 0)
        pthread_exit(NULL);
    pthread_cleanup_push(say_handler, (void *)(uintptr_t) "a frame");
    go_deeper(&further);
    pthread_cleanup_pop(0);
    return NULL;
}

static void from_deep(unsigned row)
{
    unsigned depth = row * 3;
    join_and_say(begin_thread(deep, &depth));
}

int main(int argc, char **argv)
{
    static const struct conform_group groups[] = {
        {"cancel-setting", setting, ROWS(settings)},
        {"cancel-inherited", inherited, 4},
        {"cancel-asynchronous", asynchronous, 1},
        {"cancel-asynchronous-pending", asynchronous_pending, 1},
        {"cancel-asynchronous-enabled", asynchronous_enabled, 1},
        {"cancel-itself", itself, 1},
        {"cancel-too-late", too_late, 1},
        {"cancel-main-thread", main_thread, 1},
        {"cancel-handlers", handlers, WAYS * ROWS(inner_handlers)},
        {"exit-from-deep", from_deep, 4},
    };
    return conform_main(argc, argv, groups, ROWS(groups));
}
