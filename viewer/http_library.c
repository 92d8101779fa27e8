/* http_library.c: libmicrohttpd, loaded when somebody serves. */
#include "http_library.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

/* The version whose header this was compiled with. */
#define LIBRARY "libmicrohttpd.so.12"

struct http_library http_library;

int http_library_load(struct failure *failure)
{
#define HTTP_LIBRARY_SYMBOL(name) {"MHD_" #name, offsetof(struct http_library, name)},
    static const struct {
        const char *symbol;
        size_t offset;
    } functions[] = {HTTP_LIBRARY_FUNCTIONS(HTTP_LIBRARY_SYMBOL)};
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

    if (library == NULL)
        return fail_set(failure, EXIT_FAILED, "%s: %s; install libmicrohttpd12", LIBRARY, dlerror());
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        void *function = dlsym(library, functions[i].symbol);
        if (function == NULL)
            return fail_set(failure, EXIT_FAILED, "%s: it has no %s", LIBRARY, functions[i].symbol);
        memcpy((char *)&http_library + functions[i].offset, &function, sizeof(function));
    }
    return 0;
}
