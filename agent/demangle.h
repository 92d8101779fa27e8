/* demangle.h: C++ names as people write them, short: no parameters, no const. Names are those of the Itanium C++ ABI, as
 * GCC and Clang make them; what is not understood is left as it is. Nothing is allocated, and little stack is used. */
#ifndef AGENT_DEMANGLE_H
#define AGENT_DEMANGLE_H

#include <stdbool.h>
#include <stddef.h>

/* The name of the function whose symbol is `symbol` (_ZN3app4Pool3runEi -> app::Pool::run), cut to fit name[bytes]. False,
 * and "" in name, when it is no such symbol. */
bool demangle_symbol(const char *symbol, char *name, size_t bytes);

/* What a thread of std::thread will call, as the type that carries it says. */
enum demangle_kind {
    DEMANGLE_NONE,
    DEMANGLE_OBJECT,   /* a lambda or another object: its type has the name */
    DEMANGLE_FUNCTION, /* a pointer to a function */
    DEMANGLE_MEMBER    /* a pointer to a member function; `name` is its class */
};

struct demangle_callee {
    enum demangle_kind kind;
    bool async;    /* called by std::async */
    size_t offset; /* where the pointer lies in the thread's state; 0: not known */
    char name[96];
};

/* Reads the mangled type name of libstdc++'s thread state (NSt6thread11_State_implI...E). */
void demangle_state(const char *type, struct demangle_callee *callee);

/* Reads the symbol of libc++'s start routine (std::__1::__thread_proxy<...>), which is made for each kind of callee. */
void demangle_proxy(const char *symbol, struct demangle_callee *callee);

#endif
