/* conform_calls.h: for conform programs whose cases are functions without arguments: each is run by the main thread, and by
 * another. */
#ifndef WORKLOAD_CONFORM_CALLS_H
#define WORKLOAD_CONFORM_CALLS_H

#include "conform.h"

struct conform_call {
    const char *name;
    void (*run)(void);
};

#define CASE(function)      \
    {                       \
#function, function \
    }

static inline void *run_call(void *argument)
{
    ((const struct conform_call *)argument)->run();
    return argument;
}

static inline void run_call_in_thread(const struct conform_call *call)
{
    join_and_say(begin_thread(run_call, (void *)(uintptr_t)call));
}

/* The program's main, for a table of its calls. */
#define CONFORM_CALLS(calls)                                   \
    static void in_main(unsigned row)                          \
    {                                                          \
        say("%s\n", calls[row].name);                          \
        calls[row].run();                                      \
    }                                                          \
    static void in_thread(unsigned row)                        \
    {                                                          \
        say("%s\n", calls[row].name);                          \
        run_call_in_thread(&calls[row]);                       \
    }                                                          \
    int main(int argc, char **argv)                            \
    {                                                          \
        static const struct conform_group groups[] = {         \
            {"in-main", in_main, ROWS(calls)},                 \
            {"in-thread", in_thread, ROWS(calls)},             \
        };                                                     \
        return conform_main(argc, argv, groups, ROWS(groups)); \
    }

#endif
